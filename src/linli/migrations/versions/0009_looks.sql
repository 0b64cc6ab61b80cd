-- Who looked at whom, and how long things are kept.
-- Statements are separated by a line with two dashes and nothing else.
CREATE TABLE scenes_looking_unusual (
	id UUID NOT NULL, 
	account_id UUID NOT NULL, 
	oddity VARCHAR(20) NOT NULL, 
	day DATE NOT NULL, 
	estate_id UUID NOT NULL, 
	persons INTEGER NOT NULL, 
	from_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	to_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	found_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	incident_id UUID, 
	CONSTRAINT pk_scenes_looking_unusual PRIMARY KEY (id), 
	CONSTRAINT uq_scenes_looking_unusual_account_id_oddity_day UNIQUE (account_id, oddity, day)
)
--
CREATE INDEX ix_scenes_looking_unusual_found_at ON scenes_looking_unusual (found_at)
--
CREATE TABLE support_look (
	id UUID NOT NULL, 
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	account_id UUID, 
	actor_name VARCHAR(80) NOT NULL, 
	what VARCHAR(20) NOT NULL, 
	person_id UUID, 
	subject_kind VARCHAR(40) NOT NULL, 
	subject_id UUID NOT NULL, 
	subject_title VARCHAR(200) NOT NULL, 
	reason VARCHAR(500), 
	address VARCHAR(64), 
	estate_id UUID, 
	CONSTRAINT pk_support_look PRIMARY KEY (id)
)
--
CREATE INDEX ix_support_look_account ON support_look (account_id, at)
--
CREATE INDEX ix_support_look_at ON support_look (at, id)
--
CREATE INDEX ix_support_look_estate ON support_look (estate_id, at)
--
CREATE INDEX ix_support_look_person ON support_look (person_id, at)
--
REVOKE ALL ON scenes_looking_unusual FROM PUBLIC
--
GRANT SELECT ON scenes_looking_unusual TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON scenes_looking_unusual TO linli_gateway
--
ALTER TABLE scenes_looking_unusual ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON scenes_looking_unusual TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_looks'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_looks'))::uuid[]))
--
CREATE POLICY machine ON scenes_looking_unusual TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON support_look FROM PUBLIC
--
GRANT SELECT, INSERT ON support_look TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON support_look TO linli_gateway
--
ALTER TABLE support_look ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON support_look TO linli_app USING ((account_id = (SELECT linli_account())) OR (estate_id = ANY ((SELECT linli_estates('see_looks'))::uuid[]))) WITH CHECK ((account_id = (SELECT linli_account())) OR (estate_id = ANY ((SELECT linli_estates('see_looks'))::uuid[])))
--
CREATE POLICY machine ON support_look TO linli_gateway USING (true) WITH CHECK (true)
--
CREATE TABLE support_retention_run (
	id UUID NOT NULL, 
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	code VARCHAR(40) NOT NULL, 
	days INTEGER NOT NULL, 
	before TIMESTAMP WITH TIME ZONE NOT NULL, 
	removed INTEGER NOT NULL, 
	CONSTRAINT pk_support_retention_run PRIMARY KEY (id)
)
--
CREATE INDEX ix_support_retention_run_code ON support_retention_run (code, at)
--
REVOKE ALL ON support_retention_run FROM PUBLIC
--
GRANT SELECT ON support_retention_run TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON support_retention_run TO linli_gateway
--
ALTER TABLE support_retention_run ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON support_retention_run TO linli_app USING ((SELECT linli_account()) IS NOT NULL) WITH CHECK ((SELECT linli_account()) IS NOT NULL)
--
CREATE POLICY machine ON support_retention_run TO linli_gateway USING (true) WITH CHECK (true)
