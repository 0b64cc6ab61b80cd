-- People, households, homes, vehicles, enterprises and facilities with their history.
-- Statements are separated by a line with two dashes and nothing else.
CREATE SEQUENCE directory_code_number
--
GRANT USAGE ON SEQUENCE directory_code_number TO linli_app, linli_gateway
--
DROP POLICY people ON directory_person
--
DROP POLICY people ON directory_person_contact
--
ALTER TABLE directory_person
	ADD COLUMN estate_ids UUID[],
	ADD COLUMN code VARCHAR(60),
	ADD COLUMN pinyin VARCHAR(200) DEFAULT '' NOT NULL,
	ADD COLUMN birth_date DATE,
	ADD COLUMN merged_into UUID,
	ADD COLUMN search_version INTEGER DEFAULT 0 NOT NULL,
	ADD COLUMN source_kind VARCHAR(20),
	ADD COLUMN source_title VARCHAR(200) DEFAULT '' NOT NULL,
	ADD COLUMN source_id UUID,
	ADD COLUMN entered_by VARCHAR(100),
	ADD COLUMN entered_at TIMESTAMP WITH TIME ZONE,
	ADD COLUMN version INTEGER DEFAULT 1 NOT NULL,
	ADD CONSTRAINT fk_directory_person_merged_into_directory_person FOREIGN KEY(merged_into) REFERENCES directory_person (id)
--
UPDATE directory_person AS p SET
	code = e.code || '-R' || lpad(nextval('directory_code_number')::text, 6, '0'),
	estate_ids = ARRAY(SELECT DISTINCT h.id FROM (
		SELECT p.estate_id AS id UNION SELECT r.estate_id FROM directory_residence AS r WHERE r.person_id = p.id) AS h),
	source_kind = 'clerk', entered_by = '系统', entered_at = p.created_at
FROM directory_estate AS e WHERE e.id = p.estate_id
--
ALTER TABLE directory_person
	ALTER COLUMN estate_ids SET NOT NULL,
	ALTER COLUMN code SET NOT NULL,
	ALTER COLUMN source_kind SET NOT NULL,
	ALTER COLUMN entered_by SET NOT NULL,
	ALTER COLUMN entered_at SET NOT NULL,
	ADD CONSTRAINT uq_directory_person_estate_id_code UNIQUE (estate_id, code)
--
CREATE INDEX ix_directory_person_source_id ON directory_person (source_id)
--
CREATE INDEX ix_directory_person_search_version ON directory_person (search_version, id)
--
ALTER TABLE directory_residence
	ADD COLUMN source_kind VARCHAR(20),
	ADD COLUMN source_title VARCHAR(200) DEFAULT '' NOT NULL,
	ADD COLUMN source_id UUID,
	ADD COLUMN entered_by VARCHAR(100),
	ADD COLUMN entered_at TIMESTAMP WITH TIME ZONE,
	ADD COLUMN version INTEGER DEFAULT 1 NOT NULL
--
UPDATE directory_residence SET source_kind = 'clerk', entered_by = '系统', entered_at = valid_from
--
ALTER TABLE directory_residence
	ALTER COLUMN source_kind SET NOT NULL,
	ALTER COLUMN entered_by SET NOT NULL,
	ALTER COLUMN entered_at SET NOT NULL,
	ADD CONSTRAINT uq_directory_residence_person_id_home_id_valid_from UNIQUE (person_id, home_id, valid_from)
--
CREATE INDEX ix_directory_residence_source_id ON directory_residence (source_id)
--
CREATE TABLE directory_revision (
	table_name TEXT NOT NULL, 
	row_id UUID NOT NULL, 
	version INTEGER NOT NULL, 
	estate_id UUID NOT NULL, 
	row JSONB NOT NULL, 
	replaced_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_directory_revision PRIMARY KEY (table_name, row_id, version)
)
--
CREATE INDEX ix_directory_revision_estate ON directory_revision (estate_id, replaced_at)
--
CREATE TABLE screens_question (
	id UUID NOT NULL, 
	organisation_id UUID NOT NULL, 
	title VARCHAR(80) NOT NULL, 
	clauses JSONB NOT NULL, 
	created_by VARCHAR(100) NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_screens_question PRIMARY KEY (id), 
	CONSTRAINT fk_screens_question_organisation_id FOREIGN KEY(organisation_id) REFERENCES directory_organisation (id)
)
--
CREATE INDEX ix_screens_question_organisation_id ON screens_question (organisation_id)
--
CREATE TABLE directory_person_merge (
	id UUID NOT NULL, 
	estate_id UUID NOT NULL, 
	kept_id UUID NOT NULL, 
	gone_id UUID NOT NULL, 
	reason VARCHAR(200) NOT NULL, 
	merged_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	merged_by VARCHAR(100) NOT NULL, 
	undo_sealed BYTEA NOT NULL, 
	undone_at TIMESTAMP WITH TIME ZONE, 
	undone_by VARCHAR(100), 
	CONSTRAINT pk_directory_person_merge PRIMARY KEY (id), 
	CONSTRAINT fk_directory_person_merge_estate_id FOREIGN KEY(estate_id) REFERENCES directory_estate (id)
)
--
CREATE INDEX ix_directory_person_merge_estate_id ON directory_person_merge (estate_id)
--
CREATE INDEX ix_directory_person_merge_gone_id ON directory_person_merge (gone_id)
--
CREATE INDEX ix_directory_person_merge_kept_id ON directory_person_merge (kept_id)
--
CREATE TABLE screens_completeness (
	estate_id UUID NOT NULL, 
	measure VARCHAR(60) NOT NULL, 
	total INTEGER NOT NULL, 
	have INTEGER NOT NULL, 
	counted_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_screens_completeness PRIMARY KEY (estate_id, measure), 
	CONSTRAINT ck_screens_completeness_figures CHECK (have >= 0 AND have <= total), 
	CONSTRAINT fk_screens_completeness_estate_id FOREIGN KEY(estate_id) REFERENCES directory_estate (id)
)
--
CREATE TABLE directory_enterprise (
	id UUID NOT NULL, 
	estate_id UUID NOT NULL, 
	place_id UUID, 
	code VARCHAR(60) NOT NULL, 
	title VARCHAR(120) NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	credit_code VARCHAR(18), 
	contact VARCHAR(80) DEFAULT '' NOT NULL, 
	phone_sealed BYTEA, 
	phone_hash BYTEA, 
	staff INTEGER, 
	since DATE, 
	state VARCHAR(20) NOT NULL, 
	source_kind VARCHAR(20) NOT NULL, 
	source_title VARCHAR(200) DEFAULT '' NOT NULL, 
	source_id UUID, 
	entered_by VARCHAR(100) NOT NULL, 
	entered_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER DEFAULT '1' NOT NULL, 
	CONSTRAINT pk_directory_enterprise PRIMARY KEY (id), 
	CONSTRAINT ck_directory_enterprise_staff CHECK (staff >= 0), 
	CONSTRAINT uq_directory_enterprise_estate_id_code UNIQUE (estate_id, code), 
	CONSTRAINT fk_directory_enterprise_estate_id FOREIGN KEY(estate_id) REFERENCES directory_estate (id), 
	CONSTRAINT fk_directory_enterprise_place_id FOREIGN KEY(place_id) REFERENCES directory_place (id)
)
--
CREATE INDEX ix_directory_enterprise_credit_code ON directory_enterprise (credit_code)
--
CREATE INDEX ix_directory_enterprise_place_id ON directory_enterprise (place_id)
--
CREATE INDEX ix_directory_enterprise_source_id ON directory_enterprise (source_id)
--
CREATE TABLE directory_facility (
	id UUID NOT NULL, 
	estate_id UUID NOT NULL, 
	place_id UUID, 
	code VARCHAR(60) NOT NULL, 
	title VARCHAR(120) NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	maker VARCHAR(120) DEFAULT '' NOT NULL, 
	model VARCHAR(120) DEFAULT '' NOT NULL, 
	serial VARCHAR(120) DEFAULT '' NOT NULL, 
	installed_on DATE, 
	check_months INTEGER, 
	checked_on DATE, 
	next_check_on DATE, 
	state VARCHAR(20) NOT NULL, 
	state_words VARCHAR(200) DEFAULT '' NOT NULL, 
	source_kind VARCHAR(20) NOT NULL, 
	source_title VARCHAR(200) DEFAULT '' NOT NULL, 
	source_id UUID, 
	entered_by VARCHAR(100) NOT NULL, 
	entered_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER DEFAULT '1' NOT NULL, 
	CONSTRAINT pk_directory_facility PRIMARY KEY (id), 
	CONSTRAINT ck_directory_facility_check_months CHECK (check_months > 0), 
	CONSTRAINT uq_directory_facility_estate_id_code UNIQUE (estate_id, code), 
	CONSTRAINT fk_directory_facility_estate_id FOREIGN KEY(estate_id) REFERENCES directory_estate (id), 
	CONSTRAINT fk_directory_facility_place_id FOREIGN KEY(place_id) REFERENCES directory_place (id)
)
--
CREATE INDEX ix_directory_facility_due ON directory_facility (estate_id, next_check_on)
--
CREATE INDEX ix_directory_facility_kind ON directory_facility (estate_id, kind, state)
--
CREATE INDEX ix_directory_facility_place_id ON directory_facility (place_id)
--
CREATE INDEX ix_directory_facility_source_id ON directory_facility (source_id)
--
CREATE TABLE directory_home (
	id UUID NOT NULL, 
	estate_id UUID NOT NULL, 
	area BIGINT, 
	use VARCHAR(20) NOT NULL, 
	state VARCHAR(20), 
	source_kind VARCHAR(20) NOT NULL, 
	source_title VARCHAR(200) DEFAULT '' NOT NULL, 
	source_id UUID, 
	entered_by VARCHAR(100) NOT NULL, 
	entered_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER DEFAULT '1' NOT NULL, 
	CONSTRAINT pk_directory_home PRIMARY KEY (id), 
	CONSTRAINT ck_directory_home_area CHECK (area > 0), 
	CONSTRAINT fk_directory_home_id FOREIGN KEY(id) REFERENCES directory_place (id), 
	CONSTRAINT fk_directory_home_estate_id FOREIGN KEY(estate_id) REFERENCES directory_estate (id)
)
--
CREATE INDEX ix_directory_home_estate_id ON directory_home (estate_id)
--
CREATE INDEX ix_directory_home_source_id ON directory_home (source_id)
--
CREATE TABLE directory_household (
	id UUID NOT NULL, 
	estate_id UUID NOT NULL, 
	home_id UUID NOT NULL, 
	code VARCHAR(60) NOT NULL, 
	valid_from DATE NOT NULL, 
	valid_to DATE, 
	source_kind VARCHAR(20) NOT NULL, 
	source_title VARCHAR(200) DEFAULT '' NOT NULL, 
	source_id UUID, 
	entered_by VARCHAR(100) NOT NULL, 
	entered_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER DEFAULT '1' NOT NULL, 
	CONSTRAINT pk_directory_household PRIMARY KEY (id), 
	CONSTRAINT ck_directory_household_period CHECK (valid_to IS NULL OR valid_to > valid_from), 
	CONSTRAINT uq_directory_household_estate_id_code UNIQUE (estate_id, code), 
	CONSTRAINT fk_directory_household_estate_id FOREIGN KEY(estate_id) REFERENCES directory_estate (id), 
	CONSTRAINT fk_directory_household_home_id FOREIGN KEY(home_id) REFERENCES directory_place (id)
)
--
CREATE INDEX ix_directory_household_estate_id ON directory_household (estate_id)
--
CREATE INDEX ix_directory_household_home_id ON directory_household (home_id)
--
CREATE INDEX ix_directory_household_source_id ON directory_household (source_id)
--
CREATE TABLE directory_person_correction (
	id UUID NOT NULL, 
	estate_id UUID NOT NULL, 
	person_id UUID NOT NULL, 
	field VARCHAR(20) NOT NULL, 
	value_sealed BYTEA, 
	words VARCHAR(300) NOT NULL, 
	asked_by_kind VARCHAR(20) NOT NULL, 
	asked_by VARCHAR(100) NOT NULL, 
	asked_by_id UUID, 
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	decided_at TIMESTAMP WITH TIME ZONE, 
	decided_by VARCHAR(100), 
	decision VARCHAR(300), 
	version INTEGER DEFAULT '1' NOT NULL, 
	CONSTRAINT pk_directory_person_correction PRIMARY KEY (id), 
	CONSTRAINT fk_directory_person_correction_estate_id FOREIGN KEY(estate_id) REFERENCES directory_estate (id), 
	CONSTRAINT fk_directory_person_correction_person_id FOREIGN KEY(person_id) REFERENCES directory_person (id)
)
--
CREATE INDEX ix_directory_person_correction_estate ON directory_person_correction (estate_id, state, asked_at)
--
CREATE INDEX ix_directory_person_correction_person_id ON directory_person_correction (person_id)
--
CREATE TABLE directory_person_search (
	estate_id UUID NOT NULL, 
	key TEXT COLLATE "C" NOT NULL, 
	person_id UUID NOT NULL, 
	CONSTRAINT pk_directory_person_search PRIMARY KEY (estate_id, key, person_id), 
	CONSTRAINT fk_directory_person_search_person_id FOREIGN KEY(person_id) REFERENCES directory_person (id)
)
--
CREATE INDEX ix_directory_person_search_key ON directory_person_search (key, person_id) INCLUDE (estate_id)
--
CREATE INDEX ix_directory_person_search_person_id ON directory_person_search (person_id)
--
CREATE TABLE directory_person_twin (
	id UUID NOT NULL, 
	estate_id UUID NOT NULL, 
	left_id UUID NOT NULL, 
	right_id UUID NOT NULL, 
	reasons TEXT[] NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	found_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	decided_at TIMESTAMP WITH TIME ZONE, 
	decided_by VARCHAR(100), 
	CONSTRAINT pk_directory_person_twin PRIMARY KEY (id), 
	CONSTRAINT uq_directory_person_twin_left_id_right_id UNIQUE (left_id, right_id), 
	CONSTRAINT ck_directory_person_twin_order CHECK (left_id < right_id), 
	CONSTRAINT fk_directory_person_twin_estate_id FOREIGN KEY(estate_id) REFERENCES directory_estate (id), 
	CONSTRAINT fk_directory_person_twin_left_id FOREIGN KEY(left_id) REFERENCES directory_person (id), 
	CONSTRAINT fk_directory_person_twin_right_id FOREIGN KEY(right_id) REFERENCES directory_person (id)
)
--
CREATE INDEX ix_directory_person_twin_estate_id ON directory_person_twin (estate_id)
--
CREATE INDEX ix_directory_person_twin_right_id ON directory_person_twin (right_id)
--
CREATE TABLE directory_facility_check (
	id UUID NOT NULL, 
	facility_id UUID NOT NULL, 
	estate_id UUID NOT NULL, 
	day DATE NOT NULL, 
	passed BOOLEAN NOT NULL, 
	by VARCHAR(100) NOT NULL, 
	words VARCHAR(300) DEFAULT '' NOT NULL, 
	entered_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_directory_facility_check PRIMARY KEY (id), 
	CONSTRAINT fk_directory_facility_check_facility_id FOREIGN KEY(facility_id) REFERENCES directory_facility (id), 
	CONSTRAINT fk_directory_facility_check_estate_id FOREIGN KEY(estate_id) REFERENCES directory_estate (id)
)
--
CREATE INDEX ix_directory_facility_check_estate_id ON directory_facility_check (estate_id)
--
CREATE INDEX ix_directory_facility_check_facility ON directory_facility_check (facility_id, day)
--
CREATE TABLE directory_facility_device (
	facility_id UUID NOT NULL, 
	device_id UUID NOT NULL, 
	estate_id UUID NOT NULL, 
	CONSTRAINT pk_directory_facility_device PRIMARY KEY (facility_id, device_id), 
	CONSTRAINT fk_directory_facility_device_facility_id FOREIGN KEY(facility_id) REFERENCES directory_facility (id), 
	CONSTRAINT fk_directory_facility_device_estate_id FOREIGN KEY(estate_id) REFERENCES directory_estate (id)
)
--
CREATE INDEX ix_directory_facility_device_device_id ON directory_facility_device (device_id)
--
CREATE INDEX ix_directory_facility_device_estate_id ON directory_facility_device (estate_id)
--
CREATE TABLE directory_household_member (
	id UUID NOT NULL, 
	estate_id UUID NOT NULL, 
	household_id UUID NOT NULL, 
	person_id UUID NOT NULL, 
	role VARCHAR(20) NOT NULL, 
	valid_from DATE NOT NULL, 
	valid_to DATE, 
	source_kind VARCHAR(20) NOT NULL, 
	source_title VARCHAR(200) DEFAULT '' NOT NULL, 
	source_id UUID, 
	entered_by VARCHAR(100) NOT NULL, 
	entered_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER DEFAULT '1' NOT NULL, 
	CONSTRAINT pk_directory_household_member PRIMARY KEY (id), 
	CONSTRAINT ck_directory_household_member_period CHECK (valid_to IS NULL OR valid_to > valid_from), 
	CONSTRAINT uq_directory_household_member_household_id_person_id_valid_from UNIQUE (household_id, person_id, valid_from), 
	CONSTRAINT fk_directory_household_member_estate_id FOREIGN KEY(estate_id) REFERENCES directory_estate (id), 
	CONSTRAINT fk_directory_household_member_household_id FOREIGN KEY(household_id) REFERENCES directory_household (id), 
	CONSTRAINT fk_directory_household_member_person_id FOREIGN KEY(person_id) REFERENCES directory_person (id)
)
--
CREATE INDEX ix_directory_household_member_estate_id ON directory_household_member (estate_id)
--
CREATE INDEX ix_directory_household_member_person_id ON directory_household_member (person_id)
--
CREATE INDEX ix_directory_household_member_source_id ON directory_household_member (source_id)
--
CREATE TABLE directory_lease (
	id UUID NOT NULL, 
	estate_id UUID NOT NULL, 
	home_id UUID NOT NULL, 
	person_id UUID, 
	enterprise_id UUID, 
	valid_from DATE NOT NULL, 
	valid_to DATE, 
	source_kind VARCHAR(20) NOT NULL, 
	source_title VARCHAR(200) DEFAULT '' NOT NULL, 
	source_id UUID, 
	entered_by VARCHAR(100) NOT NULL, 
	entered_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER DEFAULT '1' NOT NULL, 
	CONSTRAINT pk_directory_lease PRIMARY KEY (id), 
	CONSTRAINT ck_directory_lease_period CHECK (valid_to IS NULL OR valid_to > valid_from), 
	CONSTRAINT ck_directory_lease_party CHECK ((person_id IS NULL) <> (enterprise_id IS NULL)), 
	CONSTRAINT uq_directory_lease_lease UNIQUE NULLS NOT DISTINCT (home_id, person_id, enterprise_id, valid_from), 
	CONSTRAINT fk_directory_lease_estate_id FOREIGN KEY(estate_id) REFERENCES directory_estate (id), 
	CONSTRAINT fk_directory_lease_home_id FOREIGN KEY(home_id) REFERENCES directory_place (id), 
	CONSTRAINT fk_directory_lease_person_id FOREIGN KEY(person_id) REFERENCES directory_person (id), 
	CONSTRAINT fk_directory_lease_enterprise_id FOREIGN KEY(enterprise_id) REFERENCES directory_enterprise (id)
)
--
CREATE INDEX ix_directory_lease_enterprise_id ON directory_lease (enterprise_id)
--
CREATE INDEX ix_directory_lease_estate_id ON directory_lease (estate_id)
--
CREATE INDEX ix_directory_lease_home_id ON directory_lease (home_id)
--
CREATE INDEX ix_directory_lease_person_id ON directory_lease (person_id)
--
CREATE INDEX ix_directory_lease_source_id ON directory_lease (source_id)
--
CREATE TABLE directory_ownership (
	id UUID NOT NULL, 
	estate_id UUID NOT NULL, 
	home_id UUID NOT NULL, 
	person_id UUID, 
	enterprise_id UUID, 
	numerator INTEGER NOT NULL, 
	denominator INTEGER NOT NULL, 
	valid_from DATE NOT NULL, 
	valid_to DATE, 
	source_kind VARCHAR(20) NOT NULL, 
	source_title VARCHAR(200) DEFAULT '' NOT NULL, 
	source_id UUID, 
	entered_by VARCHAR(100) NOT NULL, 
	entered_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER DEFAULT '1' NOT NULL, 
	CONSTRAINT pk_directory_ownership PRIMARY KEY (id), 
	CONSTRAINT ck_directory_ownership_part CHECK (numerator > 0 AND numerator <= denominator), 
	CONSTRAINT ck_directory_ownership_period CHECK (valid_to IS NULL OR valid_to > valid_from), 
	CONSTRAINT ck_directory_ownership_party CHECK ((person_id IS NULL) <> (enterprise_id IS NULL)), 
	CONSTRAINT uq_directory_ownership_share UNIQUE NULLS NOT DISTINCT (home_id, person_id, enterprise_id, valid_from), 
	CONSTRAINT fk_directory_ownership_estate_id FOREIGN KEY(estate_id) REFERENCES directory_estate (id), 
	CONSTRAINT fk_directory_ownership_home_id FOREIGN KEY(home_id) REFERENCES directory_place (id), 
	CONSTRAINT fk_directory_ownership_person_id FOREIGN KEY(person_id) REFERENCES directory_person (id), 
	CONSTRAINT fk_directory_ownership_enterprise_id FOREIGN KEY(enterprise_id) REFERENCES directory_enterprise (id)
)
--
CREATE INDEX ix_directory_ownership_enterprise_id ON directory_ownership (enterprise_id)
--
CREATE INDEX ix_directory_ownership_estate_id ON directory_ownership (estate_id)
--
CREATE INDEX ix_directory_ownership_home_id ON directory_ownership (home_id)
--
CREATE INDEX ix_directory_ownership_person_id ON directory_ownership (person_id)
--
CREATE INDEX ix_directory_ownership_source_id ON directory_ownership (source_id)
--
CREATE TABLE directory_vehicle (
	id UUID NOT NULL, 
	estate_id UUID NOT NULL, 
	plate VARCHAR(20) NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	person_id UUID, 
	enterprise_id UUID, 
	home_id UUID, 
	space VARCHAR(40) DEFAULT '' NOT NULL, 
	space_kind VARCHAR(20) NOT NULL, 
	valid_to DATE, 
	source_kind VARCHAR(20) NOT NULL, 
	source_title VARCHAR(200) DEFAULT '' NOT NULL, 
	source_id UUID, 
	entered_by VARCHAR(100) NOT NULL, 
	entered_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER DEFAULT '1' NOT NULL, 
	CONSTRAINT pk_directory_vehicle PRIMARY KEY (id), 
	CONSTRAINT ck_directory_vehicle_party CHECK (person_id IS NULL OR enterprise_id IS NULL), 
	CONSTRAINT uq_directory_vehicle_estate_id_plate UNIQUE (estate_id, plate), 
	CONSTRAINT fk_directory_vehicle_estate_id FOREIGN KEY(estate_id) REFERENCES directory_estate (id), 
	CONSTRAINT fk_directory_vehicle_person_id FOREIGN KEY(person_id) REFERENCES directory_person (id), 
	CONSTRAINT fk_directory_vehicle_enterprise_id FOREIGN KEY(enterprise_id) REFERENCES directory_enterprise (id), 
	CONSTRAINT fk_directory_vehicle_home_id FOREIGN KEY(home_id) REFERENCES directory_place (id)
)
--
CREATE INDEX ix_directory_vehicle_enterprise_id ON directory_vehicle (enterprise_id)
--
CREATE INDEX ix_directory_vehicle_estate_id ON directory_vehicle (estate_id)
--
CREATE INDEX ix_directory_vehicle_home_id ON directory_vehicle (home_id)
--
CREATE INDEX ix_directory_vehicle_person_id ON directory_vehicle (person_id)
--
CREATE INDEX ix_directory_vehicle_source_id ON directory_vehicle (source_id)
--
CREATE POLICY people ON directory_person TO linli_app USING (estate_ids && (SELECT linli_estates('see_people'))::uuid[]) WITH CHECK (estate_ids && (SELECT linli_estates('see_people'))::uuid[])
--
CREATE POLICY people ON directory_person_contact TO linli_app USING (EXISTS (SELECT FROM directory_person AS seen WHERE seen.id = person_id)) WITH CHECK (EXISTS (SELECT FROM directory_person AS seen WHERE seen.id = person_id))
--
REVOKE ALL ON directory_revision FROM PUBLIC
--
GRANT SELECT ON directory_revision TO linli_app
--
GRANT SELECT ON directory_revision TO linli_gateway
--
ALTER TABLE directory_revision ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_revision TO linli_app USING ((estate_id = ANY ((SELECT linli_estates('see_people'))::uuid[])) OR (estate_id = ANY ((SELECT linli_estates('see_places'))::uuid[]) AND table_name IN ('directory_home', 'directory_facility', 'directory_enterprise'))) WITH CHECK ((estate_id = ANY ((SELECT linli_estates('see_people'))::uuid[])) OR (estate_id = ANY ((SELECT linli_estates('see_places'))::uuid[]) AND table_name IN ('directory_home', 'directory_facility', 'directory_enterprise')))
--
CREATE POLICY machine ON directory_revision TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON screens_question FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE, DELETE ON screens_question TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON screens_question TO linli_gateway
--
ALTER TABLE screens_question ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON screens_question TO linli_app USING (organisation_id = ANY ((SELECT linli_organisations('see_people'))::uuid[])) WITH CHECK (organisation_id = ANY ((SELECT linli_organisations('see_people'))::uuid[]))
--
CREATE POLICY machine ON screens_question TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_person_merge FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON directory_person_merge TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_person_merge TO linli_gateway
--
ALTER TABLE directory_person_merge ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_person_merge TO linli_app USING (EXISTS (SELECT FROM directory_person AS seen WHERE seen.id = kept_id) AND EXISTS (SELECT FROM directory_person AS seen WHERE seen.id = gone_id)) WITH CHECK (EXISTS (SELECT FROM directory_person AS seen WHERE seen.id = kept_id) AND EXISTS (SELECT FROM directory_person AS seen WHERE seen.id = gone_id))
--
CREATE POLICY machine ON directory_person_merge TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON screens_completeness FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON screens_completeness TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON screens_completeness TO linli_gateway
--
ALTER TABLE screens_completeness ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON screens_completeness TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_places'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_places'))::uuid[]))
--
CREATE POLICY machine ON screens_completeness TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_enterprise FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON directory_enterprise TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_enterprise TO linli_gateway
--
ALTER TABLE directory_enterprise ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_enterprise TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_places'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_places'))::uuid[]))
--
CREATE POLICY machine ON directory_enterprise TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_facility FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON directory_facility TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_facility TO linli_gateway
--
ALTER TABLE directory_facility ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_facility TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_places'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_places'))::uuid[]))
--
CREATE POLICY machine ON directory_facility TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_home FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON directory_home TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_home TO linli_gateway
--
ALTER TABLE directory_home ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_home TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_places'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_places'))::uuid[]))
--
CREATE POLICY machine ON directory_home TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_household FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON directory_household TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_household TO linli_gateway
--
ALTER TABLE directory_household ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_household TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_people'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_people'))::uuid[]))
--
CREATE POLICY machine ON directory_household TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_person_correction FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON directory_person_correction TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_person_correction TO linli_gateway
--
ALTER TABLE directory_person_correction ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_person_correction TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_people'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_people'))::uuid[]))
--
CREATE POLICY machine ON directory_person_correction TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_person_search FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_person_search TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_person_search TO linli_gateway
--
ALTER TABLE directory_person_search ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_person_search TO linli_app USING (estate_id IN (SELECT unnest(linli_estates('see_people')))) WITH CHECK (estate_id IN (SELECT unnest(linli_estates('see_people'))))
--
CREATE POLICY machine ON directory_person_search TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_person_twin FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON directory_person_twin TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_person_twin TO linli_gateway
--
ALTER TABLE directory_person_twin ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_person_twin TO linli_app USING (EXISTS (SELECT FROM directory_person AS seen WHERE seen.id = left_id) AND EXISTS (SELECT FROM directory_person AS seen WHERE seen.id = right_id)) WITH CHECK (EXISTS (SELECT FROM directory_person AS seen WHERE seen.id = left_id) AND EXISTS (SELECT FROM directory_person AS seen WHERE seen.id = right_id))
--
CREATE POLICY machine ON directory_person_twin TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_facility_check FROM PUBLIC
--
GRANT SELECT, INSERT ON directory_facility_check TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_facility_check TO linli_gateway
--
ALTER TABLE directory_facility_check ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_facility_check TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_places'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_places'))::uuid[]))
--
CREATE POLICY machine ON directory_facility_check TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_facility_device FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_facility_device TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_facility_device TO linli_gateway
--
ALTER TABLE directory_facility_device ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_facility_device TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_places'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_places'))::uuid[]))
--
CREATE POLICY machine ON directory_facility_device TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_household_member FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON directory_household_member TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_household_member TO linli_gateway
--
ALTER TABLE directory_household_member ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_household_member TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_people'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_people'))::uuid[]))
--
CREATE POLICY machine ON directory_household_member TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_lease FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON directory_lease TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_lease TO linli_gateway
--
ALTER TABLE directory_lease ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_lease TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_people'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_people'))::uuid[]))
--
CREATE POLICY machine ON directory_lease TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_ownership FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON directory_ownership TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_ownership TO linli_gateway
--
ALTER TABLE directory_ownership ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_ownership TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_people'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_people'))::uuid[]))
--
CREATE POLICY machine ON directory_ownership TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_vehicle FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON directory_vehicle TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_vehicle TO linli_gateway
--
ALTER TABLE directory_vehicle ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_vehicle TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_people'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_people'))::uuid[]))
--
CREATE POLICY machine ON directory_vehicle TO linli_gateway USING (true) WITH CHECK (true)
--
CREATE FUNCTION linli_keep_version() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
	INSERT INTO directory_revision (table_name, row_id, version, estate_id, row, replaced_at)
	VALUES (TG_TABLE_NAME, OLD.id, OLD.version, OLD.estate_id, to_jsonb(OLD), NEW.entered_at);
	RETURN NULL;
END $$
--
REVOKE ALL ON FUNCTION linli_keep_version() FROM PUBLIC
--
CREATE TRIGGER keep_version AFTER UPDATE ON directory_person FOR EACH ROW WHEN (NEW.version <> OLD.version) EXECUTE FUNCTION linli_keep_version()
--
CREATE TRIGGER keep_version AFTER UPDATE ON directory_residence FOR EACH ROW WHEN (NEW.version <> OLD.version) EXECUTE FUNCTION linli_keep_version()
--
CREATE TRIGGER keep_version AFTER UPDATE ON directory_enterprise FOR EACH ROW WHEN (NEW.version <> OLD.version) EXECUTE FUNCTION linli_keep_version()
--
CREATE TRIGGER keep_version AFTER UPDATE ON directory_facility FOR EACH ROW WHEN (NEW.version <> OLD.version) EXECUTE FUNCTION linli_keep_version()
--
CREATE TRIGGER keep_version AFTER UPDATE ON directory_home FOR EACH ROW WHEN (NEW.version <> OLD.version) EXECUTE FUNCTION linli_keep_version()
--
CREATE TRIGGER keep_version AFTER UPDATE ON directory_household FOR EACH ROW WHEN (NEW.version <> OLD.version) EXECUTE FUNCTION linli_keep_version()
--
CREATE TRIGGER keep_version AFTER UPDATE ON directory_household_member FOR EACH ROW WHEN (NEW.version <> OLD.version) EXECUTE FUNCTION linli_keep_version()
--
CREATE TRIGGER keep_version AFTER UPDATE ON directory_lease FOR EACH ROW WHEN (NEW.version <> OLD.version) EXECUTE FUNCTION linli_keep_version()
--
CREATE TRIGGER keep_version AFTER UPDATE ON directory_ownership FOR EACH ROW WHEN (NEW.version <> OLD.version) EXECUTE FUNCTION linli_keep_version()
--
CREATE TRIGGER keep_version AFTER UPDATE ON directory_vehicle FOR EACH ROW WHEN (NEW.version <> OLD.version) EXECUTE FUNCTION linli_keep_version()
