-- Long lists.
-- Statements are separated by a line with two dashes and nothing else.
--
CREATE INDEX ix_responding_incident_past ON responding_incident (opened_at DESC, id)
--
ALTER TABLE directory_person_search DROP CONSTRAINT fk_directory_person_search_person_id
