-- Cameras, the nodes that run them, recordings and picture health.
-- Statements are separated by a line with two dashes and nothing else.
CREATE TABLE sensing_vision_node (
	connection_id UUID NOT NULL, 
	estate_id UUID NOT NULL, 
	address VARCHAR(500), 
	plan_version VARCHAR(80), 
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_sensing_vision_node PRIMARY KEY (connection_id), 
	CONSTRAINT fk_sensing_vision_node_connection_id FOREIGN KEY(connection_id) REFERENCES sensing_connection (id)
)
--
CREATE INDEX ix_sensing_vision_node_estate_id ON sensing_vision_node (estate_id)
--
CREATE TABLE sensing_camera (
	device_id UUID NOT NULL, 
	estate_id UUID NOT NULL, 
	source_kind VARCHAR(10) NOT NULL, 
	source_sealed BYTEA NOT NULL, 
	source_shown VARCHAR(500) NOT NULL, 
	source_loop BOOLEAN DEFAULT 'false' NOT NULL, 
	work TEXT[] NOT NULL, 
	masks JSONB DEFAULT '[]' NOT NULL, 
	blind JSONB DEFAULT '[]' NOT NULL, 
	blind_judged BOOLEAN DEFAULT 'false' NOT NULL, 
	record_enabled BOOLEAN DEFAULT 'true' NOT NULL, 
	keep_days INTEGER NOT NULL, 
	segment_s INTEGER NOT NULL, 
	before_s FLOAT NOT NULL, 
	after_s FLOAT NOT NULL, 
	sensitivity INTEGER NOT NULL, 
	confidence INTEGER NOT NULL, 
	priority INTEGER NOT NULL, 
	version INTEGER DEFAULT '1' NOT NULL, 
	changed_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_sensing_camera PRIMARY KEY (device_id), 
	CONSTRAINT fk_sensing_camera_device_id FOREIGN KEY(device_id) REFERENCES sensing_device (id)
)
--
CREATE INDEX ix_sensing_camera_estate_id ON sensing_camera (estate_id)
--
CREATE TABLE sensing_camera_sign (
	id UUID NOT NULL, 
	camera_id UUID NOT NULL, 
	estate_id UUID NOT NULL, 
	sign_text VARCHAR(300) NOT NULL, 
	place VARCHAR(300) NOT NULL, 
	purpose VARCHAR(300) NOT NULL, 
	legal_basis VARCHAR(300) NOT NULL, 
	answers VARCHAR(300) NOT NULL, 
	phone VARCHAR(40) NOT NULL, 
	photo_id UUID, 
	put_up_on DATE NOT NULL, 
	recorded_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	recorded_by VARCHAR(80) NOT NULL, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_sensing_camera_sign PRIMARY KEY (id), 
	CONSTRAINT fk_sensing_camera_sign_camera_id FOREIGN KEY(camera_id) REFERENCES sensing_camera (device_id)
)
--
CREATE INDEX ix_sensing_camera_sign_camera ON sensing_camera_sign (camera_id, recorded_at)
--
REVOKE ALL ON sensing_vision_node FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON sensing_vision_node TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON sensing_vision_node TO linli_gateway
--
ALTER TABLE sensing_vision_node ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON sensing_vision_node TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_cameras'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_cameras'))::uuid[]))
--
CREATE POLICY machine ON sensing_vision_node TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON sensing_camera FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON sensing_camera TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON sensing_camera TO linli_gateway
--
ALTER TABLE sensing_camera ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON sensing_camera TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_cameras'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_cameras'))::uuid[]))
--
CREATE POLICY machine ON sensing_camera TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON sensing_camera_sign FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON sensing_camera_sign TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON sensing_camera_sign TO linli_gateway
--
ALTER TABLE sensing_camera_sign ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON sensing_camera_sign TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_cameras'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_cameras'))::uuid[]))
--
CREATE POLICY machine ON sensing_camera_sign TO linli_gateway USING (true) WITH CHECK (true)
