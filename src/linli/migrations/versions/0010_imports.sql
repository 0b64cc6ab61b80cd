-- Tables that come in and go out.
-- Statements are separated by a line with two dashes and nothing else.
CREATE TABLE support_sheets_header (
	account_id UUID NOT NULL, 
	header_hash BYTEA NOT NULL, 
	sheet VARCHAR(40), 
	columns JSONB NOT NULL, 
	changed_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_support_sheets_header PRIMARY KEY (account_id, header_hash)
)
--
CREATE TABLE support_sheets_import (
	id UUID NOT NULL, 
	estate_id UUID NOT NULL, 
	account_id UUID NOT NULL, 
	entered_by VARCHAR(100) NOT NULL, 
	title VARCHAR(200) NOT NULL, 
	size INTEGER NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	tables JSONB NOT NULL, 
	mapping JSONB NOT NULL, 
	reports JSONB DEFAULT '[]' NOT NULL, 
	fault_list JSONB DEFAULT '[]' NOT NULL, 
	faults INTEGER DEFAULT '0' NOT NULL, 
	done_rows INTEGER DEFAULT '0' NOT NULL, 
	total_rows INTEGER DEFAULT '0' NOT NULL, 
	failure TEXT, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	changed_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER DEFAULT '1' NOT NULL, 
	CONSTRAINT pk_support_sheets_import PRIMARY KEY (id), 
	CONSTRAINT fk_support_sheets_import_estate_id FOREIGN KEY(estate_id) REFERENCES directory_estate (id)
)
--
CREATE INDEX ix_support_sheets_import_account ON support_sheets_import (account_id, created_at)
--
CREATE INDEX ix_support_sheets_import_state ON support_sheets_import (state)
--
CREATE TABLE support_sheets_content (
	import_id UUID NOT NULL, 
	sealed BYTEA NOT NULL, 
	keep_until TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_support_sheets_content PRIMARY KEY (import_id), 
	CONSTRAINT fk_support_sheets_content_import_id FOREIGN KEY(import_id) REFERENCES support_sheets_import (id)
)
--
CREATE TABLE support_sheets_made (
	import_id UUID NOT NULL, 
	sheet VARCHAR(40) NOT NULL, 
	row_id UUID NOT NULL, 
	number INTEGER NOT NULL, 
	CONSTRAINT pk_support_sheets_made PRIMARY KEY (import_id, sheet, row_id), 
	CONSTRAINT fk_support_sheets_made_import_id FOREIGN KEY(import_id) REFERENCES support_sheets_import (id)
)
--
REVOKE ALL ON support_sheets_header FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON support_sheets_header TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON support_sheets_header TO linli_gateway
--
ALTER TABLE support_sheets_header ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON support_sheets_header TO linli_app USING (account_id = (SELECT linli_account())) WITH CHECK (account_id = (SELECT linli_account()))
--
CREATE POLICY machine ON support_sheets_header TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON support_sheets_import FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON support_sheets_import TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON support_sheets_import TO linli_gateway
--
ALTER TABLE support_sheets_import ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON support_sheets_import TO linli_app USING (account_id = (SELECT linli_account())) WITH CHECK (account_id = (SELECT linli_account()))
--
CREATE POLICY machine ON support_sheets_import TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON support_sheets_content FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE, DELETE ON support_sheets_content TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON support_sheets_content TO linli_gateway
--
ALTER TABLE support_sheets_content ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON support_sheets_content TO linli_app USING (import_id IN (SELECT parent.id FROM support_sheets_import AS parent)) WITH CHECK (import_id IN (SELECT parent.id FROM support_sheets_import AS parent))
--
CREATE POLICY machine ON support_sheets_content TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON support_sheets_made FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON support_sheets_made TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON support_sheets_made TO linli_gateway
--
ALTER TABLE support_sheets_made ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON support_sheets_made TO linli_app USING (import_id IN (SELECT parent.id FROM support_sheets_import AS parent)) WITH CHECK (import_id IN (SELECT parent.id FROM support_sheets_import AS parent))
--
CREATE POLICY machine ON support_sheets_made TO linli_gateway USING (true) WITH CHECK (true)
