-- Modules of an estate.
-- Statements are separated by a line with two dashes and nothing else.
--
SELECT 1
