CREATE TABLE responding_hook (
	id UUID NOT NULL, 
	organisation_id UUID NOT NULL, 
	title VARCHAR(80) NOT NULL, 
	url VARCHAR(500) NOT NULL, 
	events TEXT[] NOT NULL, 
	secret_sealed BYTEA NOT NULL, 
	secret_before_sealed BYTEA, 
	secret_before_until TIMESTAMP WITH TIME ZONE, 
	state VARCHAR(20) NOT NULL, 
	last_sequence BIGINT DEFAULT '0' NOT NULL, 
	failing_since TIMESTAMP WITH TIME ZONE, 
	made_by VARCHAR(100) NOT NULL, 
	made_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_responding_hook PRIMARY KEY (id)
)
--
CREATE INDEX ix_responding_hook_organisation ON responding_hook (organisation_id)
--
CREATE TABLE responding_hook_delivery (
	id UUID NOT NULL, 
	hook_id UUID NOT NULL, 
	event_key VARCHAR(200) NOT NULL, 
	sequence BIGINT NOT NULL, 
	event VARCHAR(40) NOT NULL, 
	body TEXT NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	tries INTEGER DEFAULT '0' NOT NULL, 
	made_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	due_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	attempts JSONB DEFAULT '[]' NOT NULL, 
	CONSTRAINT pk_responding_hook_delivery PRIMARY KEY (id), 
	CONSTRAINT fk_responding_hook_delivery_hook_id FOREIGN KEY(hook_id) REFERENCES responding_hook (id)
)
--
CREATE INDEX ix_responding_hook_delivery_due ON responding_hook_delivery (due_at) WHERE state = 'waiting'
--
CREATE INDEX ix_responding_hook_delivery_made ON responding_hook_delivery (made_at)
--
CREATE UNIQUE INDEX uq_responding_hook_delivery_event ON responding_hook_delivery (hook_id, event_key)
--
REVOKE ALL ON responding_hook FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON responding_hook TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON responding_hook TO linli_gateway
--
ALTER TABLE responding_hook ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON responding_hook TO linli_app USING (organisation_id = ANY ((SELECT linli_organisations('manage_accounts'))::uuid[])) WITH CHECK (organisation_id = ANY ((SELECT linli_organisations('manage_accounts'))::uuid[]))
--
CREATE POLICY machine ON responding_hook TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON responding_hook_delivery FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON responding_hook_delivery TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON responding_hook_delivery TO linli_gateway
--
ALTER TABLE responding_hook_delivery ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON responding_hook_delivery TO linli_app USING (hook_id IN (SELECT parent.id FROM responding_hook AS parent)) WITH CHECK (hook_id IN (SELECT parent.id FROM responding_hook AS parent))
--
CREATE POLICY machine ON responding_hook_delivery TO linli_gateway USING (true) WITH CHECK (true)
