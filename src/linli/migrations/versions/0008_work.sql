-- Rosters, working days, grids and tasks.
-- Statements are separated by a line with two dashes and nothing else.
--
CREATE TABLE responding_handover (
	id UUID NOT NULL, 
	organisation_id UUID NOT NULL, 
	shift_id UUID NOT NULL, 
	from_account UUID NOT NULL, 
	from_name VARCHAR(100) NOT NULL, 
	note TEXT NOT NULL, 
	matters JSONB NOT NULL, 
	given_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	to_account UUID, 
	to_name VARCHAR(100) DEFAULT '' NOT NULL, 
	taken_at TIMESTAMP WITH TIME ZONE, 
	remark VARCHAR(500) DEFAULT '' NOT NULL, 
	CONSTRAINT pk_responding_handover PRIMARY KEY (id), 
	CONSTRAINT uq_responding_handover_shift_id UNIQUE (shift_id)
)
--
CREATE INDEX ix_responding_handover_organisation ON responding_handover (organisation_id, given_at)
--
CREATE TABLE responding_shift (
	id UUID NOT NULL, 
	organisation_id UUID NOT NULL, 
	account_id UUID NOT NULL, 
	name VARCHAR(100) NOT NULL, 
	title VARCHAR(40) NOT NULL, 
	post VARCHAR(40) NOT NULL, 
	starts_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	ends_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	version INTEGER NOT NULL, 
	checked_in_at TIMESTAMP WITH TIME ZONE, 
	checked_out_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_responding_shift PRIMARY KEY (id)
)
--
CREATE INDEX ix_responding_shift_account ON responding_shift (account_id, starts_at)
--
CREATE INDEX ix_responding_shift_organisation ON responding_shift (organisation_id, starts_at)
--
CREATE TABLE responding_shift_pattern (
	id UUID NOT NULL, 
	organisation_id UUID NOT NULL, 
	title VARCHAR(40) NOT NULL, 
	post VARCHAR(40) NOT NULL, 
	starts_at INTEGER NOT NULL, 
	minutes INTEGER NOT NULL, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_responding_shift_pattern PRIMARY KEY (id)
)
--
CREATE UNIQUE INDEX uq_responding_shift_pattern_title ON responding_shift_pattern (organisation_id, title) WHERE ended_at IS NULL
--
CREATE TABLE responding_shift_swap (
	id UUID NOT NULL, 
	organisation_id UUID NOT NULL, 
	shift_id UUID NOT NULL, 
	in_return UUID, 
	asker_id UUID NOT NULL, 
	asker_name VARCHAR(100) NOT NULL, 
	colleague_id UUID NOT NULL, 
	colleague_name VARCHAR(100) NOT NULL, 
	reason VARCHAR(200) NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	version INTEGER NOT NULL, 
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	answer VARCHAR(200) DEFAULT '' NOT NULL, 
	CONSTRAINT pk_responding_shift_swap PRIMARY KEY (id)
)
--
CREATE INDEX ix_responding_shift_swap_organisation ON responding_shift_swap (organisation_id, asked_at)
--
CREATE UNIQUE INDEX uq_responding_shift_swap_open ON responding_shift_swap (shift_id) WHERE ended_at IS NULL
--
REVOKE ALL ON responding_handover FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON responding_handover TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON responding_handover TO linli_gateway
--
ALTER TABLE responding_handover ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON responding_handover TO linli_app USING ((organisation_id = ANY ((SELECT linli_organisations('see_rosters'))::uuid[])) OR (from_account = (SELECT linli_account())) OR (to_account = (SELECT linli_account()))) WITH CHECK ((organisation_id = ANY ((SELECT linli_organisations('see_rosters'))::uuid[])) OR (from_account = (SELECT linli_account())) OR (to_account = (SELECT linli_account())))
--
CREATE POLICY machine ON responding_handover TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON responding_shift FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON responding_shift TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON responding_shift TO linli_gateway
--
ALTER TABLE responding_shift ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON responding_shift TO linli_app USING ((organisation_id = ANY ((SELECT linli_organisations('see_rosters'))::uuid[])) OR (account_id = (SELECT linli_account()))) WITH CHECK ((organisation_id = ANY ((SELECT linli_organisations('see_rosters'))::uuid[])) OR (account_id = (SELECT linli_account())))
--
CREATE POLICY machine ON responding_shift TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON responding_shift_pattern FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON responding_shift_pattern TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON responding_shift_pattern TO linli_gateway
--
ALTER TABLE responding_shift_pattern ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON responding_shift_pattern TO linli_app USING (organisation_id = ANY ((SELECT linli_organisations('see_rosters'))::uuid[])) WITH CHECK (organisation_id = ANY ((SELECT linli_organisations('see_rosters'))::uuid[]))
--
CREATE POLICY machine ON responding_shift_pattern TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON responding_shift_swap FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON responding_shift_swap TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON responding_shift_swap TO linli_gateway
--
ALTER TABLE responding_shift_swap ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON responding_shift_swap TO linli_app USING ((organisation_id = ANY ((SELECT linli_organisations('see_rosters'))::uuid[])) OR (asker_id = (SELECT linli_account())) OR (colleague_id = (SELECT linli_account()))) WITH CHECK ((organisation_id = ANY ((SELECT linli_organisations('see_rosters'))::uuid[])) OR (asker_id = (SELECT linli_account())) OR (colleague_id = (SELECT linli_account())))
--
CREATE POLICY machine ON responding_shift_swap TO linli_gateway USING (true) WITH CHECK (true)
--
CREATE TABLE responding_guest_link (
	id UUID NOT NULL, 
	order_id UUID NOT NULL, 
	estate_id UUID NOT NULL, 
	token_hash BYTEA NOT NULL, 
	guest_name VARCHAR(40) NOT NULL, 
	firm VARCHAR(60) NOT NULL, 
	made_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	made_by VARCHAR(100) NOT NULL, 
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	before_id UUID, 
	before_name VARCHAR(100) DEFAULT '' NOT NULL, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	ended_by VARCHAR(100) DEFAULT '' NOT NULL, 
	revoked BOOLEAN DEFAULT 'false' NOT NULL, 
	CONSTRAINT pk_responding_guest_link PRIMARY KEY (id), 
	CONSTRAINT fk_responding_guest_link_order_id FOREIGN KEY(order_id) REFERENCES responding_order (id), 
	CONSTRAINT uq_responding_guest_link_token_hash UNIQUE (token_hash)
)
--
CREATE INDEX ix_responding_guest_link_order_id ON responding_guest_link (order_id)
--
CREATE UNIQUE INDEX uq_responding_guest_link_open ON responding_guest_link (order_id) WHERE ended_at IS NULL
--
CREATE TABLE responding_guest_use (
	id UUID NOT NULL, 
	link_id UUID NOT NULL, 
	estate_id UUID NOT NULL, 
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	act VARCHAR(20) NOT NULL, 
	address VARCHAR(64) DEFAULT '' NOT NULL, 
	CONSTRAINT pk_responding_guest_use PRIMARY KEY (id), 
	CONSTRAINT fk_responding_guest_use_link_id FOREIGN KEY(link_id) REFERENCES responding_guest_link (id)
)
--
CREATE INDEX ix_responding_guest_use_link ON responding_guest_use (link_id, at)
--
REVOKE ALL ON responding_guest_link FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON responding_guest_link TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON responding_guest_link TO linli_gateway
--
ALTER TABLE responding_guest_link ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON responding_guest_link TO linli_app USING (estate_id = ANY ((SELECT linli_estates('dispatch_orders'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('dispatch_orders'))::uuid[]))
--
CREATE POLICY machine ON responding_guest_link TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON responding_guest_use FROM PUBLIC
--
GRANT SELECT, INSERT ON responding_guest_use TO linli_app
--
GRANT SELECT, INSERT ON responding_guest_use TO linli_gateway
--
ALTER TABLE responding_guest_use ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON responding_guest_use TO linli_app USING ((estate_id = ANY ((SELECT linli_estates('dispatch_orders'))::uuid[])) OR (link_id = (SELECT linli_account()))) WITH CHECK ((estate_id = ANY ((SELECT linli_estates('dispatch_orders'))::uuid[])) OR (link_id = (SELECT linli_account())))
--
CREATE POLICY machine ON responding_guest_use TO linli_gateway USING (true) WITH CHECK (true)
--
CREATE FUNCTION linli_guest_link(token bytea, at_moment timestamptz, use_id uuid, said text)
RETURNS TABLE (
    link_id uuid, order_id uuid, estate_id uuid, guest_name text, state text
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    INSERT INTO responding_guest_use (id, link_id, estate_id, at, act, address)
    SELECT use_id, l.id, l.estate_id, at_moment, 'refused', left(said, 64)
    FROM responding_guest_link AS l
    WHERE l.token_hash = token AND (l.ended_at IS NOT NULL OR l.expires_at <= at_moment);
    RETURN QUERY
        SELECT l.id, l.order_id, l.estate_id, l.guest_name::text,
            CASE WHEN l.revoked THEN 'revoked'
                 WHEN l.ended_at IS NOT NULL OR l.expires_at <= at_moment THEN 'expired'
                 ELSE 'open' END
        FROM responding_guest_link AS l WHERE l.token_hash = token;
END $$
--
REVOKE ALL ON FUNCTION linli_guest_link(bytea, timestamptz, uuid, text) FROM PUBLIC
--
GRANT EXECUTE ON FUNCTION linli_guest_link(bytea, timestamptz, uuid, text) TO linli_app, linli_gateway
--
CREATE TABLE responding_task (
	id UUID NOT NULL, 
	organisation_id UUID NOT NULL, 
	estate_id UUID, 
	place_id UUID, 
	place_path VARCHAR(200) DEFAULT '' NOT NULL, 
	title VARCHAR(80) NOT NULL, 
	words TEXT DEFAULT '' NOT NULL, 
	giver_id UUID, 
	giver_name VARCHAR(100) NOT NULL, 
	assignee_id UUID NOT NULL, 
	assignee_name VARCHAR(100) NOT NULL, 
	given_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	due_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	version INTEGER NOT NULL, 
	done_at TIMESTAMP WITH TIME ZONE, 
	result TEXT DEFAULT '' NOT NULL, 
	evidence UUID[] DEFAULT '{}' NOT NULL, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	remark VARCHAR(500) DEFAULT '' NOT NULL, 
	CONSTRAINT pk_responding_task PRIMARY KEY (id)
)
--
CREATE INDEX ix_responding_task_assignee ON responding_task (assignee_id, due_at) WHERE ended_at IS NULL
--
CREATE INDEX ix_responding_task_organisation ON responding_task (organisation_id, due_at)
--
CREATE TABLE directory_grid (
	id UUID NOT NULL, 
	community_id UUID NOT NULL, 
	title VARCHAR(40) NOT NULL, 
	made_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_directory_grid PRIMARY KEY (id), 
	CONSTRAINT fk_directory_grid_community_id FOREIGN KEY(community_id) REFERENCES directory_organisation (id)
)
--
CREATE UNIQUE INDEX uq_directory_grid_title ON directory_grid (community_id, title) WHERE ended_at IS NULL
--
CREATE TABLE directory_grid_worker (
	grid_id UUID NOT NULL, 
	account_id UUID NOT NULL, 
	community_id UUID NOT NULL, 
	name VARCHAR(100) NOT NULL, 
	place INTEGER NOT NULL, 
	CONSTRAINT pk_directory_grid_worker PRIMARY KEY (grid_id, account_id), 
	CONSTRAINT fk_directory_grid_worker_grid_id FOREIGN KEY(grid_id) REFERENCES directory_grid (id)
)
--
CREATE TABLE directory_grid_building (
	place_id UUID NOT NULL, 
	grid_id UUID NOT NULL, 
	estate_id UUID NOT NULL, 
	community_id UUID NOT NULL, 
	CONSTRAINT pk_directory_grid_building PRIMARY KEY (place_id), 
	CONSTRAINT fk_directory_grid_building_place_id FOREIGN KEY(place_id) REFERENCES directory_place (id), 
	CONSTRAINT fk_directory_grid_building_grid_id FOREIGN KEY(grid_id) REFERENCES directory_grid (id)
)
--
CREATE INDEX ix_directory_grid_building_grid_id ON directory_grid_building (grid_id)
--
REVOKE ALL ON responding_task FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON responding_task TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON responding_task TO linli_gateway
--
ALTER TABLE responding_task ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON responding_task TO linli_app USING ((organisation_id = ANY ((SELECT linli_organisations('manage_rosters'))::uuid[])) OR (assignee_id = (SELECT linli_account())) OR (giver_id = (SELECT linli_account()))) WITH CHECK ((organisation_id = ANY ((SELECT linli_organisations('manage_rosters'))::uuid[])) OR (assignee_id = (SELECT linli_account())) OR (giver_id = (SELECT linli_account())))
--
CREATE POLICY machine ON responding_task TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_grid FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON directory_grid TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_grid TO linli_gateway
--
ALTER TABLE directory_grid ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_grid TO linli_app USING (community_id = ANY ((SELECT linli_organisations('see_places'))::uuid[])) WITH CHECK (community_id = ANY ((SELECT linli_organisations('see_places'))::uuid[]))
--
CREATE POLICY machine ON directory_grid TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_grid_worker FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_grid_worker TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_grid_worker TO linli_gateway
--
ALTER TABLE directory_grid_worker ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_grid_worker TO linli_app USING (community_id = ANY ((SELECT linli_organisations('see_places'))::uuid[])) WITH CHECK (community_id = ANY ((SELECT linli_organisations('see_places'))::uuid[]))
--
CREATE POLICY machine ON directory_grid_worker TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_grid_building FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_grid_building TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_grid_building TO linli_gateway
--
ALTER TABLE directory_grid_building ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_grid_building TO linli_app USING ((estate_id = ANY ((SELECT linli_estates('see_places'))::uuid[])) OR (community_id = ANY ((SELECT linli_organisations('see_places'))::uuid[]))) WITH CHECK ((estate_id = ANY ((SELECT linli_estates('see_places'))::uuid[])) OR (community_id = ANY ((SELECT linli_organisations('see_places'))::uuid[])))
--
CREATE POLICY machine ON directory_grid_building TO linli_gateway USING (true) WITH CHECK (true)
--
CREATE TABLE responding_partner (
	id UUID NOT NULL, 
	incident_id UUID NOT NULL, 
	estate_id UUID NOT NULL, 
	account_id UUID NOT NULL, 
	name VARCHAR(100) NOT NULL, 
	house VARCHAR(80) NOT NULL, 
	basis VARCHAR(200) NOT NULL, 
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	asked_by VARCHAR(100) NOT NULL, 
	valid_to TIMESTAMP WITH TIME ZONE NOT NULL, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	ended_by VARCHAR(100) DEFAULT '' NOT NULL, 
	CONSTRAINT pk_responding_partner PRIMARY KEY (id), 
	CONSTRAINT fk_responding_partner_incident_id FOREIGN KEY(incident_id) REFERENCES responding_incident (id)
)
--
CREATE INDEX ix_responding_partner_incident ON responding_partner (incident_id, asked_at)
--
REVOKE ALL ON responding_partner FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON responding_partner TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON responding_partner TO linli_gateway
--
ALTER TABLE responding_partner ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON responding_partner TO linli_app USING ((estate_id = ANY ((SELECT linli_estates('dispatch_orders'))::uuid[])) OR (account_id = (SELECT linli_account()))) WITH CHECK ((estate_id = ANY ((SELECT linli_estates('dispatch_orders'))::uuid[])) OR (account_id = (SELECT linli_account())))
--
CREATE POLICY machine ON responding_partner TO linli_gateway USING (true) WITH CHECK (true)
--
CREATE FUNCTION linli_partner_named(wanted text)
RETURNS TABLE (account_id uuid, display_name text, house text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.id, a.display_name::text, o.title::text
    FROM directory_account AS a JOIN directory_organisation AS o ON o.id = a.organisation_id
    WHERE a.login = wanted AND a.state = 'active'
        AND cardinality(linli_estates('dispatch_orders')) > 0
$$
--
CREATE FUNCTION linli_end_help(help uuid, at_moment timestamptz, ender uuid) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE directory_grant AS g SET revoked_at = at_moment, revoked_by = ender
    FROM responding_partner AS h
    WHERE h.id = help AND g.id = h.id AND g.account_id = h.account_id
        AND g.target_kind = 'incident' AND g.target_id = h.incident_id AND g.revoked_at IS NULL
        AND h.estate_id = ANY (linli_estates('dispatch_orders'))
    RETURNING true
$$
--
REVOKE ALL ON FUNCTION linli_partner_named(text) FROM PUBLIC
--
REVOKE ALL ON FUNCTION linli_end_help(uuid, timestamptz, uuid) FROM PUBLIC
--
GRANT EXECUTE ON FUNCTION linli_partner_named(text) TO linli_app, linli_gateway
--
GRANT EXECUTE ON FUNCTION linli_end_help(uuid, timestamptz, uuid) TO linli_app, linli_gateway
