-- Façades as cameras see them, and falling objects with their evidence.
-- Statements are separated by a line with two dashes and nothing else.
CREATE TABLE scenes_fall (
	id UUID NOT NULL, 
	estate_id UUID NOT NULL, 
	building_id UUID, 
	incident_id UUID, 
	grade VARCHAR(10) NOT NULL, 
	released_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	impact_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	verdict JSONB NOT NULL, 
	version INTEGER DEFAULT '1' NOT NULL, 
	CONSTRAINT pk_scenes_fall PRIMARY KEY (id)
)
--
CREATE INDEX ix_scenes_fall_building_impact ON scenes_fall (building_id, impact_at)
--
CREATE INDEX ix_scenes_fall_estate_impact ON scenes_fall (estate_id, impact_at)
--
CREATE INDEX ix_scenes_fall_incident_id ON scenes_fall (incident_id)
--
CREATE TABLE scenes_fall_pack (
	id UUID NOT NULL, 
	fall_id UUID NOT NULL, 
	estate_id UUID NOT NULL, 
	file_id UUID NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	key_id VARCHAR(32) NOT NULL, 
	made_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	made_by VARCHAR(80) NOT NULL, 
	reason VARCHAR(500) NOT NULL, 
	CONSTRAINT pk_scenes_fall_pack PRIMARY KEY (id), 
	CONSTRAINT fk_scenes_fall_pack_fall_id FOREIGN KEY(fall_id) REFERENCES scenes_fall (id)
)
--
CREATE INDEX ix_scenes_fall_pack_fall_id ON scenes_fall_pack (fall_id)
--
CREATE TABLE scenes_fall_sighting (
	id UUID NOT NULL, 
	fall_id UUID NOT NULL, 
	estate_id UUID NOT NULL, 
	camera_id UUID NOT NULL, 
	event_id VARCHAR(64) NOT NULL, 
	received_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	seen JSONB NOT NULL, 
	CONSTRAINT pk_scenes_fall_sighting PRIMARY KEY (id), 
	CONSTRAINT uq_scenes_fall_sighting_camera_id_event_id UNIQUE (camera_id, event_id), 
	CONSTRAINT fk_scenes_fall_sighting_fall_id FOREIGN KEY(fall_id) REFERENCES scenes_fall (id)
)
--
CREATE INDEX ix_scenes_fall_sighting_fall_id ON scenes_fall_sighting (fall_id)
--
CREATE TABLE scenes_facade (
	id UUID NOT NULL, 
	estate_id UUID NOT NULL, 
	building_id UUID NOT NULL, 
	camera_id UUID NOT NULL, 
	title VARCHAR(40) NOT NULL, 
	corners JSONB NOT NULL, 
	storeys INTEGER NOT NULL, 
	ground_storey INTEGER NOT NULL, 
	columns INTEGER NOT NULL, 
	storey_height_m FLOAT NOT NULL, 
	width_m FLOAT NOT NULL, 
	error_px FLOAT NOT NULL, 
	mirrored BOOLEAN DEFAULT 'false' NOT NULL, 
	version INTEGER DEFAULT '1' NOT NULL, 
	changed_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	changed_by VARCHAR(80) NOT NULL, 
	removed_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_scenes_facade PRIMARY KEY (id), 
	CONSTRAINT fk_scenes_facade_building_id FOREIGN KEY(building_id) REFERENCES directory_place (id), 
	CONSTRAINT fk_scenes_facade_camera_id FOREIGN KEY(camera_id) REFERENCES sensing_device (id)
)
--
CREATE INDEX ix_scenes_facade_building_id ON scenes_facade (building_id)
--
CREATE INDEX ix_scenes_facade_camera_id ON scenes_facade (camera_id)
--
CREATE INDEX ix_scenes_facade_estate_id ON scenes_facade (estate_id)
--
CREATE TABLE scenes_facade_window (
	facade_id UUID NOT NULL, 
	storey INTEGER NOT NULL, 
	"column" INTEGER NOT NULL, 
	estate_id UUID NOT NULL, 
	home_id UUID, 
	label VARCHAR(40) DEFAULT '' NOT NULL, 
	corrected BOOLEAN DEFAULT 'false' NOT NULL, 
	CONSTRAINT pk_scenes_facade_window PRIMARY KEY (facade_id, storey, "column"), 
	CONSTRAINT fk_scenes_facade_window_facade_id FOREIGN KEY(facade_id) REFERENCES scenes_facade (id), 
	CONSTRAINT fk_scenes_facade_window_home_id FOREIGN KEY(home_id) REFERENCES directory_place (id)
)
--
REVOKE ALL ON scenes_fall FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON scenes_fall TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON scenes_fall TO linli_gateway
--
ALTER TABLE scenes_fall ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON scenes_fall TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_incidents'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_incidents'))::uuid[]))
--
CREATE POLICY machine ON scenes_fall TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON scenes_fall_pack FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON scenes_fall_pack TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON scenes_fall_pack TO linli_gateway
--
ALTER TABLE scenes_fall_pack ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON scenes_fall_pack TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_recordings'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_recordings'))::uuid[]))
--
CREATE POLICY machine ON scenes_fall_pack TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON scenes_fall_sighting FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON scenes_fall_sighting TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON scenes_fall_sighting TO linli_gateway
--
ALTER TABLE scenes_fall_sighting ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON scenes_fall_sighting TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_incidents'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_incidents'))::uuid[]))
--
CREATE POLICY machine ON scenes_fall_sighting TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON scenes_facade FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON scenes_facade TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON scenes_facade TO linli_gateway
--
ALTER TABLE scenes_facade ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON scenes_facade TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_cameras'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_cameras'))::uuid[]))
--
CREATE POLICY machine ON scenes_facade TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON scenes_facade_window FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE, DELETE ON scenes_facade_window TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON scenes_facade_window TO linli_gateway
--
ALTER TABLE scenes_facade_window ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON scenes_facade_window TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_cameras'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_cameras'))::uuid[]))
--
CREATE POLICY machine ON scenes_facade_window TO linli_gateway USING (true) WITH CHECK (true)
