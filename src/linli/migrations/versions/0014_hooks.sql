-- Web hooks.
-- Statements are separated by a line with two dashes and nothing else.
--
SELECT 1
