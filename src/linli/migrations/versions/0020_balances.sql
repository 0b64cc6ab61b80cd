-- What homes owed when linli took over.
-- Statements are separated by a line with two dashes and nothing else.
--
CREATE TABLE directory_opening_balance (
	id UUID NOT NULL, 
	estate_id UUID NOT NULL, 
	home_id UUID NOT NULL, 
	item VARCHAR(40) NOT NULL, 
	since DATE, 
	until DATE, 
	fen BIGINT NOT NULL, 
	as_of DATE NOT NULL, 
	note VARCHAR(200) NOT NULL, 
	corrects UUID, 
	source_kind VARCHAR(20) NOT NULL, 
	source_title VARCHAR(200) DEFAULT '' NOT NULL, 
	source_id UUID, 
	entered_by VARCHAR(100) NOT NULL, 
	entered_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER DEFAULT '1' NOT NULL, 
	CONSTRAINT pk_directory_opening_balance PRIMARY KEY (id), 
	CONSTRAINT ck_directory_opening_balance_amount CHECK (fen <> 0), 
	CONSTRAINT ck_directory_opening_balance_period CHECK (until IS NULL OR since IS NULL OR until >= since), 
	CONSTRAINT fk_directory_opening_balance_estate_id FOREIGN KEY(estate_id) REFERENCES directory_estate (id), 
	CONSTRAINT fk_directory_opening_balance_home_id FOREIGN KEY(home_id) REFERENCES directory_place (id), 
	CONSTRAINT fk_directory_opening_balance_corrects FOREIGN KEY(corrects) REFERENCES directory_opening_balance (id)
)
--
CREATE INDEX ix_directory_opening_balance_corrects ON directory_opening_balance (corrects)
--
CREATE INDEX ix_directory_opening_balance_estate ON directory_opening_balance (estate_id, id)
--
CREATE INDEX ix_directory_opening_balance_home_id ON directory_opening_balance (home_id)
--
CREATE INDEX ix_directory_opening_balance_source_id ON directory_opening_balance (source_id) WHERE source_id IS NOT NULL
--
CREATE UNIQUE INDEX uq_directory_opening_balance_line ON directory_opening_balance (home_id, item, since, until, as_of) NULLS NOT DISTINCT WHERE corrects IS NULL
--
REVOKE ALL ON directory_opening_balance FROM PUBLIC
--
GRANT SELECT, INSERT ON directory_opening_balance TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_opening_balance TO linli_gateway
--
ALTER TABLE directory_opening_balance ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_opening_balance TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_arrears'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_arrears'))::uuid[]))
--
CREATE POLICY machine ON directory_opening_balance TO linli_gateway USING (true) WITH CHECK (true)
