-- A search for people reads ranges of keys. With the usual hundred samples PostgreSQL expects one
-- row where fifty thousand are, and asks in the wrong order.
-- Statements are separated by a line with two dashes and nothing else.
--
ALTER TABLE directory_person_search ALTER COLUMN key SET STATISTICS 300
