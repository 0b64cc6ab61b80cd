CREATE TABLE directory_terminal (
	id UUID NOT NULL, 
	organisation_id UUID NOT NULL, 
	title VARCHAR(40) NOT NULL, 
	token_hash BYTEA NOT NULL, 
	registered_by VARCHAR(80) NOT NULL, 
	registered_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	last_used_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_directory_terminal PRIMARY KEY (id), 
	CONSTRAINT fk_directory_terminal_organisation_id FOREIGN KEY(organisation_id) REFERENCES directory_organisation (id), 
	CONSTRAINT uq_directory_terminal_token_hash UNIQUE (token_hash)
)
--
CREATE INDEX ix_directory_terminal_organisation ON directory_terminal (organisation_id)
--
CREATE TABLE directory_terminal_pin (
	account_id UUID NOT NULL, 
	pin_hash TEXT NOT NULL, 
	failures INTEGER DEFAULT '0' NOT NULL, 
	set_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_directory_terminal_pin PRIMARY KEY (account_id), 
	CONSTRAINT ck_directory_terminal_pin_failures CHECK (failures >= 0), 
	CONSTRAINT fk_directory_terminal_pin_account_id FOREIGN KEY(account_id) REFERENCES directory_account (id)
)
--
REVOKE ALL ON directory_terminal FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON directory_terminal TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_terminal TO linli_gateway
--
ALTER TABLE directory_terminal ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_terminal TO linli_app USING (organisation_id = ANY ((SELECT linli_organisations('manage_accounts'))::uuid[])) WITH CHECK (organisation_id = ANY ((SELECT linli_organisations('manage_accounts'))::uuid[]))
--
CREATE POLICY machine ON directory_terminal TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_terminal_pin FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_terminal_pin TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_terminal_pin TO linli_gateway
--
ALTER TABLE directory_terminal_pin ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_terminal_pin TO linli_app USING (account_id IN (SELECT parent.id FROM directory_account AS parent)) WITH CHECK (account_id IN (SELECT parent.id FROM directory_account AS parent))
--
CREATE POLICY machine ON directory_terminal_pin TO linli_gateway USING (true) WITH CHECK (true)
--
ALTER TABLE directory_session ADD COLUMN terminal_id UUID CONSTRAINT fk_directory_session_terminal_id REFERENCES directory_terminal (id)
--
CREATE INDEX ix_directory_session_terminal_id ON directory_session (terminal_id)
--
ALTER TABLE support_audit_entry ADD COLUMN terminal VARCHAR(40)
--
DROP FUNCTION linli_open_session(bytea, timestamptz, interval, boolean)
--
CREATE FUNCTION linli_open_session(
    token bytea, at timestamptz, idle interval, idle_there interval, by_person boolean
)
RETURNS TABLE (
    session_id uuid, account_id uuid, display_name text, scope_version bigint, has_factor boolean,
    terminal_id uuid, terminal text
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    UPDATE directory_session AS s SET last_seen_at = at
    WHERE by_person AND s.token_hash = token AND s.ended_at IS NULL AND s.expires_at > at
        AND s.last_seen_at > at - CASE WHEN s.terminal_id IS NULL THEN idle ELSE idle_there END
        AND s.last_seen_at < at - interval '1 minute';
    RETURN QUERY
        SELECT s.id, a.id, a.display_name::text, a.scope_version + w.version,
            EXISTS (SELECT FROM directory_second_factor AS f
                WHERE f.account_id = a.id AND f.confirmed_at IS NOT NULL),
            t.id, t.title::text
        FROM directory_session AS s
        JOIN directory_account AS a ON a.id = s.account_id AND a.state = 'active'
        LEFT JOIN directory_terminal AS t ON t.id = s.terminal_id
        CROSS JOIN directory_structure AS w
        WHERE s.token_hash = token AND s.ended_at IS NULL AND s.expires_at > at
            AND t.ended_at IS NULL
            AND s.last_seen_at > at - CASE WHEN s.terminal_id IS NULL THEN idle ELSE idle_there END;
END $$
--
CREATE FUNCTION linli_terminal_open(token bytea, at timestamptz, unused interval, used boolean)
RETURNS TABLE (terminal_id uuid, title text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    UPDATE directory_terminal AS t SET last_used_at = at
    WHERE used AND t.token_hash = token AND t.ended_at IS NULL AND t.last_used_at > at - unused;
    RETURN QUERY
        SELECT t.id, t.title::text FROM directory_terminal AS t
        WHERE t.token_hash = token AND t.ended_at IS NULL AND t.last_used_at > at - unused;
END $$
--
CREATE FUNCTION linli_terminal_people(token bytea, at timestamptz, lately interval)
RETURNS TABLE (account_id uuid, display_name text, roles text[], has_pin boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT a.id, a.display_name::text,
            coalesce((SELECT array_agg(DISTINCT g.role::text ORDER BY g.role::text)
                FROM directory_grant AS g
                WHERE g.account_id = a.id AND g.revoked_at IS NULL
                    AND g.valid_from <= at AND (g.valid_to IS NULL OR g.valid_to > at)), '{}'),
            EXISTS (SELECT FROM directory_terminal_pin AS p WHERE p.account_id = a.id)
        FROM directory_terminal AS t
        JOIN directory_session AS s ON s.terminal_id = t.id AND s.created_at > at - lately
        JOIN directory_account AS a ON a.id = s.account_id AND a.state = 'active'
        WHERE t.token_hash = token AND t.ended_at IS NULL
        GROUP BY a.id, a.display_name
        ORDER BY max(s.created_at) DESC, a.id;
END $$
--
CREATE FUNCTION linli_terminal_try(
    token bytea, wanted uuid, at timestamptz, lately interval, most integer
)
RETURNS TABLE (
    account_id uuid, login text, display_name text, state text, password_hash text,
    pin_hash text, failures integer
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    before integer;
BEGIN
    SELECT p.failures INTO before FROM directory_terminal_pin AS p
    WHERE p.account_id = wanted AND EXISTS (
        SELECT FROM directory_terminal AS t
        JOIN directory_session AS s ON s.terminal_id = t.id AND s.created_at > at - lately
        WHERE t.token_hash = token AND t.ended_at IS NULL AND s.account_id = wanted)
    FOR UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE directory_terminal_pin AS p SET failures = least(before + 1, most)
    WHERE p.account_id = wanted;
    RETURN QUERY
        SELECT a.id, a.login::text, a.display_name::text, a.state::text, w.password_hash,
            p.pin_hash, before
        FROM directory_account AS a
        JOIN directory_account_password AS w ON w.account_id = a.id
        JOIN directory_terminal_pin AS p ON p.account_id = a.id
        WHERE a.id = wanted;
END $$
--
REVOKE ALL ON FUNCTION linli_terminal_open(bytea, timestamptz, interval, boolean) FROM PUBLIC
--
REVOKE ALL ON FUNCTION linli_terminal_people(bytea, timestamptz, interval) FROM PUBLIC
--
REVOKE ALL ON FUNCTION linli_terminal_try(bytea, uuid, timestamptz, interval, integer) FROM PUBLIC
--
REVOKE ALL ON FUNCTION linli_open_session(bytea, timestamptz, interval, interval, boolean) FROM PUBLIC
--
GRANT EXECUTE ON FUNCTION linli_terminal_open(bytea, timestamptz, interval, boolean) TO linli_app, linli_gateway
--
GRANT EXECUTE ON FUNCTION linli_terminal_people(bytea, timestamptz, interval) TO linli_app, linli_gateway
--
GRANT EXECUTE ON FUNCTION linli_terminal_try(bytea, uuid, timestamptz, interval, integer) TO linli_app, linli_gateway
--
GRANT EXECUTE ON FUNCTION linli_open_session(bytea, timestamptz, interval, interval, boolean) TO linli_app, linli_gateway
