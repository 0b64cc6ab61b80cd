DROP INDEX ix_directory_person_estate_id
--
DROP INDEX ix_directory_person_phone_tail_hash
--
DROP INDEX ix_directory_residence_person_id
--
DROP INDEX ix_directory_person_id_number_hash
--
CREATE INDEX ix_directory_person_id_number_hash ON directory_person (id_number_hash) WHERE id_number_hash IS NOT NULL
--
DROP INDEX ix_directory_person_source_id
--
CREATE INDEX ix_directory_person_source_id ON directory_person (source_id) WHERE source_id IS NOT NULL
--
DROP INDEX ix_directory_residence_source_id
--
CREATE INDEX ix_directory_residence_source_id ON directory_residence (source_id) WHERE source_id IS NOT NULL
--
DROP INDEX ix_directory_enterprise_source_id
--
CREATE INDEX ix_directory_enterprise_source_id ON directory_enterprise (source_id) WHERE source_id IS NOT NULL
--
DROP INDEX ix_directory_facility_source_id
--
CREATE INDEX ix_directory_facility_source_id ON directory_facility (source_id) WHERE source_id IS NOT NULL
--
DROP INDEX ix_directory_home_source_id
--
CREATE INDEX ix_directory_home_source_id ON directory_home (source_id) WHERE source_id IS NOT NULL
--
DROP INDEX ix_directory_household_source_id
--
CREATE INDEX ix_directory_household_source_id ON directory_household (source_id) WHERE source_id IS NOT NULL
--
DROP INDEX ix_directory_household_member_source_id
--
CREATE INDEX ix_directory_household_member_source_id ON directory_household_member (source_id) WHERE source_id IS NOT NULL
--
DROP INDEX ix_directory_lease_source_id
--
CREATE INDEX ix_directory_lease_source_id ON directory_lease (source_id) WHERE source_id IS NOT NULL
--
DROP INDEX ix_directory_ownership_source_id
--
CREATE INDEX ix_directory_ownership_source_id ON directory_ownership (source_id) WHERE source_id IS NOT NULL
--
DROP INDEX ix_directory_vehicle_source_id
--
CREATE INDEX ix_directory_vehicle_source_id ON directory_vehicle (source_id) WHERE source_id IS NOT NULL
--
DROP INDEX ix_directory_key_person_source_id
--
CREATE INDEX ix_directory_key_person_source_id ON directory_key_person (source_id) WHERE source_id IS NOT NULL
--
DROP INDEX ix_directory_key_entry_source_id
--
CREATE INDEX ix_directory_key_entry_source_id ON directory_key_entry (source_id) WHERE source_id IS NOT NULL
--
DROP FUNCTION linli_county_analyse()
--
CREATE FUNCTION linli_county_analyse(of_people boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF of_people THEN
        ANALYZE directory_person, directory_residence, directory_person_search,
            directory_household, directory_household_member, directory_ownership,
            directory_lease, directory_key_person, directory_key_entry,
            directory_key_visit, directory_key_story;
    ELSE
        ANALYZE directory_estate, directory_place, directory_home, directory_facility,
            sensing_device, sensing_series, sensing_last_value, responding_incident,
            responding_incident_step, responding_incident_place, responding_order;
    END IF;
END $$
--
REVOKE ALL ON FUNCTION linli_county_analyse(boolean) FROM PUBLIC
--
GRANT EXECUTE ON FUNCTION linli_county_analyse(boolean) TO linli_gateway
