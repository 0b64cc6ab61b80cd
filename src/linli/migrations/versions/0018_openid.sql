CREATE TABLE directory_identity (
	id UUID NOT NULL, 
	account_id UUID NOT NULL, 
	issuer VARCHAR(300) NOT NULL, 
	subject VARCHAR(255) NOT NULL, 
	title VARCHAR(120) NOT NULL, 
	linked_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	last_used_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_directory_identity PRIMARY KEY (id), 
	CONSTRAINT uq_directory_identity_issuer_subject UNIQUE (issuer, subject), 
	CONSTRAINT fk_directory_identity_account_id FOREIGN KEY(account_id) REFERENCES directory_account (id)
)
--
CREATE INDEX ix_directory_identity_account_id ON directory_identity (account_id)
--
REVOKE ALL ON directory_identity FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_identity TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_identity TO linli_gateway
--
ALTER TABLE directory_identity ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_identity TO linli_app USING (account_id IN (SELECT parent.id FROM directory_account AS parent)) WITH CHECK (account_id IN (SELECT parent.id FROM directory_account AS parent))
--
CREATE POLICY machine ON directory_identity TO linli_gateway USING (true) WITH CHECK (true)
--
CREATE FUNCTION linli_find_identity(wanted_issuer text, wanted_subject text, at timestamptz)
RETURNS TABLE (
    account_id uuid, login text, display_name text, state text, password_hash text
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    UPDATE directory_identity AS i SET last_used_at = at
    WHERE i.issuer = wanted_issuer AND i.subject = wanted_subject;
    RETURN QUERY
        SELECT a.id, a.login::text, a.display_name::text, a.state::text, p.password_hash
        FROM directory_identity AS i
        JOIN directory_account AS a ON a.id = i.account_id
        JOIN directory_account_password AS p ON p.account_id = a.id
        WHERE i.issuer = wanted_issuer AND i.subject = wanted_subject;
END $$
--
REVOKE ALL ON FUNCTION linli_find_identity(text, text, timestamptz) FROM PUBLIC
--
GRANT EXECUTE ON FUNCTION linli_find_identity(text, text, timestamptz) TO linli_app, linli_gateway
