-- What the main job still needed.
-- Statements are separated by a line with two dashes and nothing else.
CREATE TABLE app_demo_clock (
    id SMALLINT NOT NULL,
    serial BIGINT NOT NULL,
    ahead INTERVAL NOT NULL,
    next_ahead INTERVAL,
    next_at_machine TIMESTAMP WITH TIME ZONE,
    held_at TIMESTAMP WITH TIME ZONE,
    from_at TIMESTAMP WITH TIME ZONE,
    goal_at TIMESTAMP WITH TIME ZONE,
    from_event BIGINT,
    asked_by_name VARCHAR(80),
    cancelled BOOLEAN DEFAULT 'false' NOT NULL,
    outcome VARCHAR(20),
    words TEXT,
    ended_at TIMESTAMP WITH TIME ZONE,
    rang INTEGER,
    CONSTRAINT pk_app_demo_clock PRIMARY KEY (id),
    CONSTRAINT ck_app_demo_clock_single CHECK (id = 1),
    CONSTRAINT ck_app_demo_clock_ahead CHECK (ahead >= interval '0'),
    CONSTRAINT ck_app_demo_clock_forward CHECK (next_ahead >= ahead),
    CONSTRAINT ck_app_demo_clock_next CHECK ((next_ahead IS NULL) = (next_at_machine IS NULL))
)
--
CREATE TABLE app_demo_clock_follower (
    process VARCHAR(200) NOT NULL,
    serial BIGINT NOT NULL,
    seen_at_machine TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_app_demo_clock_follower PRIMARY KEY (process)
)
--
REVOKE ALL ON app_demo_clock FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON app_demo_clock TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON app_demo_clock TO linli_gateway
--
REVOKE ALL ON app_demo_clock_follower FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE, DELETE ON app_demo_clock_follower TO linli_gateway
--
DROP FUNCTION linli_open_session(bytea, timestamptz, interval)
--
CREATE FUNCTION linli_open_session(
    token bytea, at timestamptz, idle interval, by_person boolean
)
RETURNS TABLE (
    session_id uuid, account_id uuid, display_name text, scope_version bigint
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    UPDATE directory_session AS s SET last_seen_at = at
    WHERE by_person AND s.token_hash = token AND s.ended_at IS NULL AND s.expires_at > at
        AND s.last_seen_at > at - idle AND s.last_seen_at < at - interval '1 minute';
    RETURN QUERY
        SELECT s.id, a.id, a.display_name::text, a.scope_version + w.version
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
