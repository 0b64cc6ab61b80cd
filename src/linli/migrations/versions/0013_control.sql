-- Two pairs of eyes.
-- Statements are separated by a line with two dashes and nothing else.
--
CREATE TABLE support_approval (
	id UUID NOT NULL,
	purpose VARCHAR(40) NOT NULL,
	title VARCHAR(200) NOT NULL,
	request JSONB NOT NULL,
	request_hash BYTEA NOT NULL,
	said JSONB NOT NULL,
	reason VARCHAR(300) NOT NULL,
	total INTEGER NOT NULL,
	needs TEXT[] NOT NULL,
	estate_ids UUID[] NOT NULL,
	asker_id UUID NOT NULL,
	asker_name VARCHAR(100) NOT NULL,
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
	state VARCHAR(20) NOT NULL,
	version INTEGER NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	decided_by UUID,
	decided_name VARCHAR(100) DEFAULT '' NOT NULL,
	decided_at TIMESTAMP WITH TIME ZONE,
	answer VARCHAR(300) DEFAULT '' NOT NULL,
	ended_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_support_approval PRIMARY KEY (id),
	CONSTRAINT ck_support_approval_two CHECK (decided_by <> asker_id)
)
--
CREATE INDEX ix_support_approval_asked ON support_approval (asked_at)
--
CREATE UNIQUE INDEX uq_support_approval_open ON support_approval (asker_id, request_hash) WHERE ended_at IS NULL
--
REVOKE ALL ON support_approval FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON support_approval TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON support_approval TO linli_gateway
--
ALTER TABLE support_approval ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON support_approval TO linli_app USING ((asker_id = (SELECT linli_account())) OR (cardinality(needs) > 0 AND cardinality(estate_ids) > 0 AND NOT EXISTS (SELECT 1 FROM unnest(needs) AS need WHERE NOT estate_ids <@ linli_estates(need)))) WITH CHECK ((asker_id = (SELECT linli_account())) OR (cardinality(needs) > 0 AND cardinality(estate_ids) > 0 AND NOT EXISTS (SELECT 1 FROM unnest(needs) AS need WHERE NOT estate_ids <@ linli_estates(need))))
--
CREATE POLICY machine ON support_approval TO linli_gateway USING (true) WITH CHECK (true)
