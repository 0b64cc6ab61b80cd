-- The list of people goes out as every other list does. What was asked for in its own form ends:
-- the same request is asked anew.
-- Statements are separated by a line with two dashes and nothing else.
--
UPDATE support_approval
SET state = 'expired', ended_at = now(), version = version + 1
WHERE purpose = 'export_people' AND ended_at IS NULL
--
UPDATE support_approval SET purpose = 'export_list' WHERE purpose = 'export_people'
