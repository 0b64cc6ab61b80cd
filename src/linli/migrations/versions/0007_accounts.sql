-- Second factor, leavers, programs' keys and outgoing hooks.
-- Statements are separated by a line with two dashes and nothing else.
-- What linli did to somebody of no known county is shown to no county.
ALTER POLICY people ON support_audit_entry USING ((actor_id = (SELECT linli_account())) OR (organisation_id = ANY ((SELECT linli_organisations('see_audit'))::uuid[])) OR (estate_id = ANY ((SELECT linli_estates('see_audit'))::uuid[])) OR (organisation_id IS NULL AND estate_id IS NULL AND subject_id IS NULL AND cardinality((SELECT linli_organisations('see_audit'))::uuid[]) > 0)) WITH CHECK ((actor_id = (SELECT linli_account())) OR (organisation_id = ANY ((SELECT linli_organisations('see_audit'))::uuid[])) OR (estate_id = ANY ((SELECT linli_estates('see_audit'))::uuid[])) OR (organisation_id IS NULL AND estate_id IS NULL AND subject_id IS NULL AND cardinality((SELECT linli_organisations('see_audit'))::uuid[]) > 0))
--
CREATE TABLE directory_recovery_code (
	account_id UUID NOT NULL, 
	code_hash BYTEA NOT NULL, 
	used_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_directory_recovery_code PRIMARY KEY (account_id, code_hash), 
	CONSTRAINT fk_directory_recovery_code_account_id FOREIGN KEY(account_id) REFERENCES directory_account (id)
)
--
CREATE TABLE directory_second_factor (
	account_id UUID NOT NULL, 
	secret_sealed BYTEA NOT NULL, 
	begun_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	confirmed_at TIMESTAMP WITH TIME ZONE, 
	last_step BIGINT NOT NULL, 
	CONSTRAINT pk_directory_second_factor PRIMARY KEY (account_id), 
	CONSTRAINT fk_directory_second_factor_account_id FOREIGN KEY(account_id) REFERENCES directory_account (id)
)
--
REVOKE ALL ON directory_recovery_code FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_recovery_code TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_recovery_code TO linli_gateway
--
ALTER TABLE directory_recovery_code ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_recovery_code TO linli_app USING (account_id IN (SELECT parent.id FROM directory_account AS parent)) WITH CHECK (account_id IN (SELECT parent.id FROM directory_account AS parent))
--
CREATE POLICY machine ON directory_recovery_code TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_second_factor FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_second_factor TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_second_factor TO linli_gateway
--
ALTER TABLE directory_second_factor ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_second_factor TO linli_app USING (account_id IN (SELECT parent.id FROM directory_account AS parent)) WITH CHECK (account_id IN (SELECT parent.id FROM directory_account AS parent))
--
CREATE POLICY machine ON directory_second_factor TO linli_gateway USING (true) WITH CHECK (true)
--
DROP FUNCTION linli_open_session(bytea, timestamptz, interval, boolean)
--
CREATE FUNCTION linli_open_session(
    token bytea, at timestamptz, idle interval, by_person boolean
)
RETURNS TABLE (
    session_id uuid, account_id uuid, display_name text, scope_version bigint, has_factor boolean
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    UPDATE directory_session AS s SET last_seen_at = at
    WHERE by_person AND s.token_hash = token AND s.ended_at IS NULL AND s.expires_at > at
        AND s.last_seen_at > at - idle AND s.last_seen_at < at - interval '1 minute';
    RETURN QUERY
        SELECT s.id, a.id, a.display_name::text, a.scope_version + w.version,
            EXISTS (SELECT FROM directory_second_factor AS f
                WHERE f.account_id = a.id AND f.confirmed_at IS NOT NULL)
        FROM directory_session AS s
        JOIN directory_account AS a ON a.id = s.account_id AND a.state = 'active'
        CROSS JOIN directory_structure AS w
        WHERE s.token_hash = token AND s.ended_at IS NULL AND s.expires_at > at
            AND s.last_seen_at > at - idle;
END $$
--
REVOKE ALL ON FUNCTION linli_open_session(bytea, timestamptz, interval, boolean) FROM PUBLIC
--
GRANT EXECUTE ON FUNCTION linli_open_session(bytea, timestamptz, interval, boolean)
    TO linli_app, linli_gateway
--
CREATE TABLE directory_leaving (
	account_id UUID NOT NULL, 
	leaves_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	successor_id UUID, 
	successor_name VARCHAR(80) NOT NULL, 
	reason VARCHAR(200) NOT NULL, 
	noted_by VARCHAR(80) NOT NULL, 
	noted_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_directory_leaving PRIMARY KEY (account_id), 
	CONSTRAINT fk_directory_leaving_account_id FOREIGN KEY(account_id) REFERENCES directory_account (id), 
	CONSTRAINT fk_directory_leaving_successor_id FOREIGN KEY(successor_id) REFERENCES directory_account (id)
)
--
REVOKE ALL ON directory_leaving FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_leaving TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_leaving TO linli_gateway
--
ALTER TABLE directory_leaving ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_leaving TO linli_app USING (account_id IN (SELECT parent.id FROM directory_account AS parent)) WITH CHECK (account_id IN (SELECT parent.id FROM directory_account AS parent))
--
CREATE POLICY machine ON directory_leaving TO linli_gateway USING (true) WITH CHECK (true)
--
CREATE TABLE directory_api_key (
	id UUID NOT NULL, 
	account_id UUID NOT NULL, 
	title VARCHAR(80) NOT NULL, 
	head VARCHAR(20) NOT NULL, 
	key_hash BYTEA NOT NULL, 
	permissions TEXT[] NOT NULL, 
	per_minute INTEGER NOT NULL, 
	made_by VARCHAR(80) NOT NULL, 
	made_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	revoked_at TIMESTAMP WITH TIME ZONE, 
	last_used_at TIMESTAMP WITH TIME ZONE, 
	last_address VARCHAR(64), 
	CONSTRAINT pk_directory_api_key PRIMARY KEY (id), 
	CONSTRAINT ck_directory_api_key_per_minute CHECK (per_minute BETWEEN 1 AND 6000), 
	CONSTRAINT fk_directory_api_key_account_id FOREIGN KEY(account_id) REFERENCES directory_account (id), 
	CONSTRAINT uq_directory_api_key_key_hash UNIQUE (key_hash)
)
--
CREATE INDEX ix_directory_api_key_account_id ON directory_api_key (account_id)
--
REVOKE ALL ON directory_api_key FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON directory_api_key TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_api_key TO linli_gateway
--
ALTER TABLE directory_api_key ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_api_key TO linli_app USING (account_id IN (SELECT parent.id FROM directory_account AS parent)) WITH CHECK (account_id IN (SELECT parent.id FROM directory_account AS parent))
--
CREATE POLICY machine ON directory_api_key TO linli_gateway USING (true) WITH CHECK (true)
--
CREATE FUNCTION linli_open_key(secret bytea, at timestamptz, came_from text)
RETURNS TABLE (
    key_id uuid, account_id uuid, display_name text, title text, permissions text[],
    per_minute integer, scope_version bigint
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    UPDATE directory_api_key AS k SET last_used_at = at, last_address = left(came_from, 64)
    WHERE k.key_hash = secret AND k.revoked_at IS NULL AND k.expires_at > at
        AND (k.last_used_at IS NULL OR k.last_used_at < at - interval '1 minute');
    RETURN QUERY
        SELECT k.id, a.id, a.display_name::text, k.title::text, k.permissions,
            k.per_minute, a.scope_version + w.version
        FROM directory_api_key AS k
        JOIN directory_account AS a ON a.id = k.account_id AND a.state = 'active'
        CROSS JOIN directory_structure AS w
        WHERE k.key_hash = secret AND k.revoked_at IS NULL AND k.expires_at > at;
END $$
--
REVOKE ALL ON FUNCTION linli_open_key(bytea, timestamptz, text) FROM PUBLIC
--
GRANT EXECUTE ON FUNCTION linli_open_key(bytea, timestamptz, text) TO linli_app, linli_gateway
