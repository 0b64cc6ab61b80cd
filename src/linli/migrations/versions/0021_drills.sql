-- Counties that are for training only, and the drills played there.
-- Statements are separated by a line with two dashes and nothing else.
--
ALTER TABLE directory_organisation ADD COLUMN training BOOLEAN DEFAULT 'false' NOT NULL
--
CREATE TABLE responding_drill (
	id UUID NOT NULL, 
	estate_id UUID NOT NULL, 
	scenario VARCHAR(40) NOT NULL, 
	title VARCHAR(80) NOT NULL, 
	device_id UUID NOT NULL, 
	device_title VARCHAR(200) NOT NULL, 
	place_path VARCHAR(200) NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	version INTEGER NOT NULL, 
	started_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	started_by_id UUID, 
	started_by VARCHAR(100) NOT NULL, 
	incident_id UUID, 
	incident_code VARCHAR(60) DEFAULT '' NOT NULL, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	points INTEGER, 
	grade VARCHAR(20) DEFAULT '' NOT NULL, 
	marks JSONB DEFAULT '[]' NOT NULL, 
	remark VARCHAR(500) DEFAULT '' NOT NULL, 
	CONSTRAINT pk_responding_drill PRIMARY KEY (id), 
	CONSTRAINT ck_responding_drill_points CHECK (points BETWEEN 0 AND 100), 
	CONSTRAINT fk_responding_drill_estate_id FOREIGN KEY(estate_id) REFERENCES directory_estate (id), 
	CONSTRAINT fk_responding_drill_incident_id FOREIGN KEY(incident_id) REFERENCES responding_incident (id)
)
--
CREATE INDEX ix_responding_drill_estate ON responding_drill (estate_id, started_at)
--
CREATE UNIQUE INDEX uq_responding_drill_device ON responding_drill (device_id) WHERE ended_at IS NULL
--
CREATE UNIQUE INDEX uq_responding_drill_incident ON responding_drill (incident_id)
--
REVOKE ALL ON responding_drill FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON responding_drill TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON responding_drill TO linli_gateway
--
ALTER TABLE responding_drill ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON responding_drill TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_incidents'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_incidents'))::uuid[]))
--
CREATE POLICY machine ON responding_drill TO linli_gateway USING (true) WITH CHECK (true)
