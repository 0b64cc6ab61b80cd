-- The cockpit: numbers that change slowly, and the daily safety index.
-- Statements are separated by a line with two dashes and nothing else.
--
CREATE TABLE screens_cockpit_count (
	estate_id UUID NOT NULL, 
	figure VARCHAR(60) NOT NULL, 
	needs VARCHAR(40) NOT NULL, 
	total INTEGER NOT NULL, 
	counted_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_screens_cockpit_count PRIMARY KEY (estate_id, figure), 
	CONSTRAINT ck_screens_cockpit_count_total CHECK (total >= 0), 
	CONSTRAINT fk_screens_cockpit_count_estate_id FOREIGN KEY(estate_id) REFERENCES directory_estate (id)
)
--
CREATE TABLE screens_cockpit_index (
	estate_id UUID NOT NULL, 
	day DATE NOT NULL, 
	formula VARCHAR(20) NOT NULL, 
	counts JSONB NOT NULL, 
	score INTEGER NOT NULL, 
	made_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_screens_cockpit_index PRIMARY KEY (estate_id, day), 
	CONSTRAINT ck_screens_cockpit_index_score CHECK (score BETWEEN 0 AND 100000), 
	CONSTRAINT fk_screens_cockpit_index_estate_id FOREIGN KEY(estate_id) REFERENCES directory_estate (id)
)
--
REVOKE ALL ON screens_cockpit_count FROM PUBLIC
--
GRANT SELECT ON screens_cockpit_count TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON screens_cockpit_count TO linli_gateway
--
ALTER TABLE screens_cockpit_count ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON screens_cockpit_count TO linli_app USING ((needs = 'see_places' AND estate_id = ANY ((SELECT linli_estates('see_places'))::uuid[])) OR (needs = 'see_people' AND estate_id = ANY ((SELECT linli_estates('see_people'))::uuid[])) OR (needs = 'see_key_people' AND estate_id = ANY ((SELECT linli_estates('see_key_people'))::uuid[])) OR (needs = 'see_devices' AND estate_id = ANY ((SELECT linli_estates('see_devices'))::uuid[])) OR (needs = 'see_incidents' AND estate_id = ANY ((SELECT linli_estates('see_incidents'))::uuid[]))) WITH CHECK ((needs = 'see_places' AND estate_id = ANY ((SELECT linli_estates('see_places'))::uuid[])) OR (needs = 'see_people' AND estate_id = ANY ((SELECT linli_estates('see_people'))::uuid[])) OR (needs = 'see_key_people' AND estate_id = ANY ((SELECT linli_estates('see_key_people'))::uuid[])) OR (needs = 'see_devices' AND estate_id = ANY ((SELECT linli_estates('see_devices'))::uuid[])) OR (needs = 'see_incidents' AND estate_id = ANY ((SELECT linli_estates('see_incidents'))::uuid[])))
--
CREATE POLICY machine ON screens_cockpit_count TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON screens_cockpit_index FROM PUBLIC
--
GRANT SELECT ON screens_cockpit_index TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON screens_cockpit_index TO linli_gateway
--
ALTER TABLE screens_cockpit_index ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON screens_cockpit_index TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_incidents'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_incidents'))::uuid[]))
--
CREATE POLICY machine ON screens_cockpit_index TO linli_gateway USING (true) WITH CHECK (true)
--
ALTER TABLE directory_place ADD COLUMN storeys INTEGER
--
ALTER TABLE directory_place ADD COLUMN outline DOUBLE PRECISION[]
--
ALTER TABLE directory_place ADD CONSTRAINT ck_directory_place_storeys CHECK (storeys BETWEEN 1 AND 200)
--
ALTER TABLE directory_place ADD CONSTRAINT ck_directory_place_outline CHECK (cardinality(outline) >= 6 AND cardinality(outline) % 2 = 0)
--
UPDATE directory_place AS building SET storeys = floors.storeys
FROM (
	SELECT path_ids[1] AS id, least(count(DISTINCT title), 200) AS storeys
	FROM directory_place WHERE kind = 'floor' GROUP BY path_ids[1]
) AS floors
WHERE building.id = floors.id AND building.kind = 'building'
