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
