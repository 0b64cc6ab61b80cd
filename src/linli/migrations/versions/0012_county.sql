-- The full county of the demo.
-- Statements are separated by a line with two dashes and nothing else.
--
CREATE TABLE app_demo_county (
	id SMALLINT NOT NULL,
	state VARCHAR(20) NOT NULL,
	seed BIGINT NOT NULL,
	asked_by_name VARCHAR(100) NOT NULL,
	at INTEGER NOT NULL,
	"of" INTEGER NOT NULL,
	title VARCHAR(80) NOT NULL,
	words TEXT NOT NULL,
	cancelled BOOLEAN NOT NULL,
	counts JSONB NOT NULL,
	began_at TIMESTAMP WITH TIME ZONE,
	ended_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_app_demo_county PRIMARY KEY (id),
	CONSTRAINT ck_app_demo_county_single CHECK (id = 1),
	CONSTRAINT ck_app_demo_county_at CHECK (at BETWEEN 0 AND "of")
)
--
REVOKE ALL ON app_demo_county FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON app_demo_county TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON app_demo_county TO linli_gateway
--
CREATE FUNCTION linli_county_analyse() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    ANALYZE directory_estate, directory_place, directory_home, directory_facility,
        directory_person, directory_residence, directory_person_search,
        directory_household, directory_household_member, directory_ownership,
        directory_lease, directory_key_person, directory_key_entry, directory_key_visit,
        directory_key_story, sensing_device, sensing_series, sensing_last_value,
        responding_incident, responding_incident_step, responding_incident_place,
        responding_order;
END $$
--
REVOKE ALL ON FUNCTION linli_county_analyse() FROM PUBLIC
--
GRANT EXECUTE ON FUNCTION linli_county_analyse() TO linli_gateway
