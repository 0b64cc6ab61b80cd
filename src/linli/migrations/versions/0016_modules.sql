-- Modules of an estate.
-- Statements are separated by a line with two dashes and nothing else.
--
CREATE TABLE directory_module_switch (
	id UUID NOT NULL, 
	estate_id UUID NOT NULL, 
	module VARCHAR(40) NOT NULL, 
	off_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	off_by VARCHAR(100) NOT NULL, 
	reason TEXT NOT NULL, 
	approved_by VARCHAR(100) NOT NULL, 
	on_at TIMESTAMP WITH TIME ZONE, 
	on_by VARCHAR(100) NOT NULL, 
	on_reason TEXT NOT NULL, 
	CONSTRAINT pk_directory_module_switch PRIMARY KEY (id), 
	CONSTRAINT fk_directory_module_switch_estate_id FOREIGN KEY(estate_id) REFERENCES directory_estate (id)
)
--
CREATE UNIQUE INDEX uq_directory_module_switch_off ON directory_module_switch (estate_id, module) WHERE on_at IS NULL
--
CREATE TABLE responding_rule_hushed (
	switch_id UUID NOT NULL, 
	device_id UUID NOT NULL, 
	rule_id UUID NOT NULL, 
	estate_id UUID NOT NULL, 
	module VARCHAR(40) NOT NULL, 
	finding JSONB NOT NULL, 
	times INTEGER NOT NULL, 
	first_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	last_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	ended BOOLEAN NOT NULL, 
	CONSTRAINT pk_responding_rule_hushed PRIMARY KEY (switch_id, device_id, rule_id), 
	CONSTRAINT fk_responding_rule_hushed_switch_id FOREIGN KEY(switch_id) REFERENCES directory_module_switch (id)
)
--
CREATE INDEX ix_responding_rule_hushed_device ON responding_rule_hushed (device_id, last_at)
--
CREATE INDEX ix_responding_rule_hushed_estate ON responding_rule_hushed (estate_id)
--
REVOKE ALL ON directory_module_switch FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON directory_module_switch TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_module_switch TO linli_gateway
--
ALTER TABLE directory_module_switch ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_module_switch TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_places'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_places'))::uuid[]))
--
CREATE POLICY machine ON directory_module_switch TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON responding_rule_hushed FROM PUBLIC
--
GRANT SELECT ON responding_rule_hushed TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON responding_rule_hushed TO linli_gateway
--
ALTER TABLE responding_rule_hushed ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON responding_rule_hushed TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_devices'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_devices'))::uuid[]))
--
CREATE POLICY machine ON responding_rule_hushed TO linli_gateway USING (true) WITH CHECK (true)
