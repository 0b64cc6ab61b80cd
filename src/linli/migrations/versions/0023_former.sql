-- What rows were that an import changed, where nothing else keeps it.
-- Statements are separated by a line with two dashes and nothing else.
--
ALTER TABLE support_sheets_made ADD COLUMN former JSONB
