-- Key people, visits and who cares.
-- Statements are separated by a line with two dashes and nothing else.
CREATE TABLE directory_key_person (
	id UUID NOT NULL,
	estate_id UUID NOT NULL,
	person_id UUID NOT NULL,
	home_id UUID,
	categories TEXT[] DEFAULT '{}' NOT NULL,
	risk VARCHAR(10) NOT NULL,
	risk_by_hand BOOLEAN DEFAULT 'false' NOT NULL,
	risk_reasons TEXT[] DEFAULT '{}' NOT NULL,
	every_days INTEGER,
	visitor_id UUID,
	visitor_name VARCHAR(100) DEFAULT '' NOT NULL,
	door_sealed BYTEA,
	carers_sealed BYTEA,
	last_visit_at TIMESTAMP WITH TIME ZONE,
	next_visit_on DATE,
	away_until DATE,
	review_on DATE,
	review_told DATE,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	source_kind VARCHAR(20) NOT NULL,
	source_title VARCHAR(200) DEFAULT '' NOT NULL,
	source_id UUID,
	entered_by VARCHAR(100) NOT NULL,
	entered_at TIMESTAMP WITH TIME ZONE NOT NULL,
	version INTEGER DEFAULT '1' NOT NULL,
	CONSTRAINT pk_directory_key_person PRIMARY KEY (id),
	CONSTRAINT ck_directory_key_person_every_days CHECK (every_days IS NULL OR every_days BETWEEN 1 AND 366),
	CONSTRAINT fk_directory_key_person_estate_id FOREIGN KEY(estate_id) REFERENCES directory_estate (id),
	CONSTRAINT uq_directory_key_person_person_id UNIQUE (person_id),
	CONSTRAINT fk_directory_key_person_person_id FOREIGN KEY(person_id) REFERENCES directory_person (id),
	CONSTRAINT fk_directory_key_person_home_id FOREIGN KEY(home_id) REFERENCES directory_place (id)
)
--
CREATE INDEX ix_directory_key_person_due ON directory_key_person (estate_id, next_visit_on, id)
--
CREATE INDEX ix_directory_key_person_home_id ON directory_key_person (home_id)
--
CREATE INDEX ix_directory_key_person_next ON directory_key_person (next_visit_on, id)
--
CREATE INDEX ix_directory_key_person_source_id ON directory_key_person (source_id)
--
CREATE INDEX ix_directory_key_person_visitor ON directory_key_person (visitor_id, next_visit_on)
--
CREATE TABLE directory_key_absence (
	id UUID NOT NULL,
	key_person_id UUID NOT NULL,
	estate_id UUID NOT NULL,
	home_id UUID,
	since DATE NOT NULL,
	until DATE NOT NULL,
	whereto VARCHAR(200) NOT NULL,
	told_by VARCHAR(20) NOT NULL,
	noted_by VARCHAR(100) NOT NULL,
	noted_at TIMESTAMP WITH TIME ZONE NOT NULL,
	ended_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_directory_key_absence PRIMARY KEY (id),
	CONSTRAINT ck_directory_key_absence_days CHECK (until >= since),
	CONSTRAINT fk_directory_key_absence_key_person_id FOREIGN KEY(key_person_id) REFERENCES directory_key_person (id),
	CONSTRAINT fk_directory_key_absence_estate_id FOREIGN KEY(estate_id) REFERENCES directory_estate (id)
)
--
CREATE INDEX ix_directory_key_absence_home_id ON directory_key_absence (home_id)
--
CREATE INDEX ix_directory_key_absence_key_person_id ON directory_key_absence (key_person_id)
--
CREATE TABLE directory_key_entry (
	id UUID NOT NULL,
	key_person_id UUID NOT NULL,
	estate_id UUID NOT NULL,
	category VARCHAR(40) NOT NULL,
	basis VARCHAR(40) NOT NULL,
	basis_words VARCHAR(200) DEFAULT '' NOT NULL,
	since DATE NOT NULL,
	review_on DATE NOT NULL,
	expires_on DATE,
	state VARCHAR(20) DEFAULT 'active' NOT NULL,
	ended_at TIMESTAMP WITH TIME ZONE,
	end_reason VARCHAR(200) DEFAULT '' NOT NULL,
	source_kind VARCHAR(20) NOT NULL,
	source_title VARCHAR(200) DEFAULT '' NOT NULL,
	source_id UUID,
	entered_by VARCHAR(100) NOT NULL,
	entered_at TIMESTAMP WITH TIME ZONE NOT NULL,
	version INTEGER DEFAULT '1' NOT NULL,
	CONSTRAINT pk_directory_key_entry PRIMARY KEY (id),
	CONSTRAINT uq_directory_key_entry_key_person_id_category UNIQUE (key_person_id, category),
	CONSTRAINT ck_directory_key_entry_period CHECK (expires_on IS NULL OR expires_on > since),
	CONSTRAINT fk_directory_key_entry_key_person_id FOREIGN KEY(key_person_id) REFERENCES directory_key_person (id),
	CONSTRAINT fk_directory_key_entry_estate_id FOREIGN KEY(estate_id) REFERENCES directory_estate (id)
)
--
CREATE INDEX ix_directory_key_entry_expiry ON directory_key_entry (expires_on) WHERE state = 'active'
--
CREATE INDEX ix_directory_key_entry_key_person_id ON directory_key_entry (key_person_id)
--
CREATE INDEX ix_directory_key_entry_source_id ON directory_key_entry (source_id)
--
CREATE TABLE directory_key_medical (
	key_person_id UUID NOT NULL,
	estate_id UUID NOT NULL,
	words_sealed BYTEA NOT NULL,
	consent_words VARCHAR(200) NOT NULL,
	noted_by VARCHAR(100) NOT NULL,
	noted_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_directory_key_medical PRIMARY KEY (key_person_id),
	CONSTRAINT fk_directory_key_medical_key_person_id FOREIGN KEY(key_person_id) REFERENCES directory_key_person (id),
	CONSTRAINT fk_directory_key_medical_estate_id FOREIGN KEY(estate_id) REFERENCES directory_estate (id)
)
--
CREATE INDEX ix_directory_key_medical_estate_id ON directory_key_medical (estate_id)
--
CREATE TABLE directory_key_story (
	id UUID NOT NULL,
	key_person_id UUID NOT NULL,
	estate_id UUID NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	by VARCHAR(100) NOT NULL,
	change VARCHAR(40) NOT NULL,
	words VARCHAR(400) NOT NULL,
	CONSTRAINT pk_directory_key_story PRIMARY KEY (id),
	CONSTRAINT fk_directory_key_story_key_person_id FOREIGN KEY(key_person_id) REFERENCES directory_key_person (id),
	CONSTRAINT fk_directory_key_story_estate_id FOREIGN KEY(estate_id) REFERENCES directory_estate (id)
)
--
CREATE INDEX ix_directory_key_story_key_person_id ON directory_key_story (key_person_id)
--
CREATE TABLE directory_key_visit (
	id UUID NOT NULL,
	key_person_id UUID NOT NULL,
	estate_id UUID NOT NULL,
	visitor_id UUID,
	visitor_name VARCHAR(100) NOT NULL,
	visited_at TIMESTAMP WITH TIME ZONE NOT NULL,
	received_at TIMESTAMP WITH TIME ZONE NOT NULL,
	outcome VARCHAR(20) NOT NULL,
	findings TEXT[] NOT NULL,
	words_sealed BYTEA,
	file_ids UUID[] DEFAULT '{}' NOT NULL,
	latitude FLOAT,
	longitude FLOAT,
	accuracy FLOAT,
	problem BOOLEAN NOT NULL,
	problem_words VARCHAR(1000) DEFAULT '' NOT NULL,
	problem_taken_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_directory_key_visit PRIMARY KEY (id),
	CONSTRAINT fk_directory_key_visit_key_person_id FOREIGN KEY(key_person_id) REFERENCES directory_key_person (id),
	CONSTRAINT fk_directory_key_visit_estate_id FOREIGN KEY(estate_id) REFERENCES directory_estate (id)
)
--
CREATE INDEX ix_directory_key_visit_estate ON directory_key_visit (estate_id, visited_at)
--
CREATE INDEX ix_directory_key_visit_person ON directory_key_visit (key_person_id, visited_at)
--
REVOKE ALL ON directory_key_person FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON directory_key_person TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_key_person TO linli_gateway
--
ALTER TABLE directory_key_person ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_key_person TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_key_people'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_key_people'))::uuid[]))
--
CREATE POLICY machine ON directory_key_person TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_key_absence FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON directory_key_absence TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_key_absence TO linli_gateway
--
ALTER TABLE directory_key_absence ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_key_absence TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_key_people'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_key_people'))::uuid[]))
--
CREATE POLICY machine ON directory_key_absence TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_key_entry FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON directory_key_entry TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_key_entry TO linli_gateway
--
ALTER TABLE directory_key_entry ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_key_entry TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_key_people'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_key_people'))::uuid[]))
--
CREATE POLICY machine ON directory_key_entry TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_key_medical FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON directory_key_medical TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_key_medical TO linli_gateway
--
ALTER TABLE directory_key_medical ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_key_medical TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_medical_notes'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_medical_notes'))::uuid[]))
--
CREATE POLICY machine ON directory_key_medical TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_key_story FROM PUBLIC
--
GRANT SELECT, INSERT ON directory_key_story TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_key_story TO linli_gateway
--
ALTER TABLE directory_key_story ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_key_story TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_key_people'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_key_people'))::uuid[]))
--
CREATE POLICY machine ON directory_key_story TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_key_visit FROM PUBLIC
--
GRANT SELECT, INSERT ON directory_key_visit TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_key_visit TO linli_gateway
--
ALTER TABLE directory_key_visit ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_key_visit TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_key_people'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_key_people'))::uuid[]))
--
CREATE POLICY machine ON directory_key_visit TO linli_gateway USING (true) WITH CHECK (true)
