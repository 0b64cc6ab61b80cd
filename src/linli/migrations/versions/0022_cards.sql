-- Door cards: their numbers sealed, found by a keyed hash, and gone with who is erased.
-- Statements are separated by a line with two dashes and nothing else.
--
CREATE TABLE directory_door_card (
	id UUID NOT NULL, 
	estate_id UUID NOT NULL, 
	number_hash BYTEA NOT NULL, 
	number_sealed BYTEA NOT NULL, 
	tail VARCHAR(4) NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	home_id UUID, 
	person_id UUID, 
	holder VARCHAR(60) DEFAULT '' NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	state_reason VARCHAR(200) DEFAULT '' NOT NULL, 
	state_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	valid_from DATE, 
	valid_to DATE, 
	note VARCHAR(200) DEFAULT '' NOT NULL, 
	source_kind VARCHAR(20) NOT NULL, 
	source_title VARCHAR(200) DEFAULT '' NOT NULL, 
	source_id UUID, 
	entered_by VARCHAR(100) NOT NULL, 
	entered_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER DEFAULT '1' NOT NULL, 
	CONSTRAINT pk_directory_door_card PRIMARY KEY (id), 
	CONSTRAINT ck_directory_door_card_period CHECK (valid_to IS NULL OR valid_from IS NULL OR valid_to >= valid_from), 
	CONSTRAINT uq_directory_door_card_estate_id_number_hash UNIQUE (estate_id, number_hash), 
	CONSTRAINT fk_directory_door_card_estate_id FOREIGN KEY(estate_id) REFERENCES directory_estate (id), 
	CONSTRAINT fk_directory_door_card_home_id FOREIGN KEY(home_id) REFERENCES directory_place (id), 
	CONSTRAINT fk_directory_door_card_person_id FOREIGN KEY(person_id) REFERENCES directory_person (id)
)
--
CREATE INDEX ix_directory_door_card_estate ON directory_door_card (estate_id, state_at)
--
CREATE INDEX ix_directory_door_card_home_id ON directory_door_card (home_id)
--
CREATE INDEX ix_directory_door_card_person_id ON directory_door_card (person_id)
--
CREATE INDEX ix_directory_door_card_source_id ON directory_door_card (source_id) WHERE source_id IS NOT NULL
--
REVOKE ALL ON directory_door_card FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON directory_door_card TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_door_card TO linli_gateway
--
ALTER TABLE directory_door_card ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_door_card TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_cards'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_cards'))::uuid[]))
--
CREATE POLICY machine ON directory_door_card TO linli_gateway USING (true) WITH CHECK (true)
--
CREATE TRIGGER keep_version AFTER UPDATE ON directory_door_card FOR EACH ROW WHEN (NEW.version <> OLD.version) EXECUTE FUNCTION linli_keep_version()
--
CREATE OR REPLACE FUNCTION linli_erasure_of(person uuid, phone text, id_number text, really boolean)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    nobody CONSTANT text := '已删除的人员';
    called text;
    estates uuid[];
    ids uuid[];
    keys uuid[];
    entries uuid[];
    vehicles uuid[];
    cards uuid[];
    imports uuid[];
    photos uuid[];
    counted jsonb := '{}';
    also jsonb := '{}';
    many bigint;
    pattern text[];
    word text;
BEGIN
    SELECT p.name, p.estate_ids INTO called, estates FROM directory_person AS p
    WHERE p.id = person AND p.merged_into IS NULL FOR UPDATE;
    -- All of the person's estates: what lies out of reach could not be erased with them.
    IF called IS NULL OR NOT estates <@ (SELECT linli_estates('manage_people')) THEN
        RAISE EXCEPTION 'not theirs to erase' USING ERRCODE = 'insufficient_privilege';
    END IF;
    WITH RECURSIVE same(id) AS (
        SELECT person
        UNION
        SELECT p.id FROM directory_person AS p JOIN same ON p.merged_into = same.id
    )
    SELECT array_agg(same.id) INTO ids FROM same;
    SELECT coalesce(array_agg(k.id), '{}') INTO keys
    FROM directory_key_person AS k WHERE k.person_id = ANY (ids);
    SELECT coalesce(array_agg(e.id), '{}') INTO entries
    FROM directory_key_entry AS e WHERE e.key_person_id = ANY (keys);
    SELECT coalesce(array_agg(v.id), '{}') INTO vehicles
    FROM directory_vehicle AS v WHERE v.person_id = ANY (ids);
    -- Also those on which the name is only written down, in the homes where the person lived.
    SELECT coalesce(array_agg(c.id), '{}') INTO cards FROM directory_door_card AS c
    WHERE c.person_id = ANY (ids) OR c.holder <> '' AND c.holder IN (
        SELECT p.name FROM directory_person AS p WHERE p.id = ANY (ids)
        UNION SELECT r.row ->> 'name' FROM directory_revision AS r
        WHERE r.table_name = 'directory_person' AND r.row_id = ANY (ids)
    ) AND c.home_id IN (
        SELECT d.home_id FROM directory_residence AS d WHERE d.person_id = ANY (ids)
    );
    SELECT coalesce(array_agg(DISTINCT found.import), '{}') INTO imports FROM (
        SELECT p.source_id AS import FROM directory_person AS p
        WHERE p.id = ANY (ids) AND p.source_id IS NOT NULL
        UNION SELECT (r.row ->> 'source_id')::uuid FROM directory_revision AS r
        WHERE r.table_name = 'directory_person' AND r.row_id = ANY (ids)
          AND r.row ->> 'source_id' IS NOT NULL
        UNION SELECT m.import_id FROM support_sheets_made AS m WHERE m.row_id = ANY (ids)
    ) AS found;
    -- A photo that an incident holds as evidence stays with the incident.
    SELECT coalesce(array_agg(DISTINCT f.id), '{}') INTO photos
    FROM directory_key_visit AS v JOIN support_file AS f ON f.id = ANY (v.file_ids)
    WHERE v.key_person_id = ANY (keys) AND NOT f.hold AND NOT EXISTS (
        SELECT FROM support_file_use AS u WHERE u.file_id = f.id AND u.incident_id IS NOT NULL
    );
    SELECT array_agg(DISTINCT one) INTO pattern FROM (
        SELECT p.name AS one FROM directory_person AS p WHERE p.id = ANY (ids)
        UNION SELECT r.row ->> 'name' FROM directory_revision AS r
        WHERE r.table_name = 'directory_person' AND r.row_id = ANY (ids)
        UNION SELECT phone UNION SELECT id_number
    ) AS words WHERE length(one) >= 2;
    many := cardinality(ids);
    counted := counted || jsonb_build_object('directory_person', many);
    SELECT count(*) INTO many FROM directory_person_contact AS c WHERE c.person_id = ANY (ids);
    counted := counted || jsonb_build_object('directory_person_contact', many);
    SELECT count(*) INTO many FROM directory_person_search AS s WHERE s.person_id = ANY (ids);
    counted := counted || jsonb_build_object('directory_person_search', many);
    SELECT count(*) INTO many FROM directory_person_twin AS w
    WHERE w.left_id = ANY (ids) OR w.right_id = ANY (ids);
    counted := counted || jsonb_build_object('directory_person_twin', many);
    SELECT count(*) INTO many FROM directory_person_merge AS m
    WHERE m.kept_id = ANY (ids) OR m.gone_id = ANY (ids);
    counted := counted || jsonb_build_object('directory_person_merge', many);
    SELECT count(*) INTO many FROM directory_person_correction AS c WHERE c.person_id = ANY (ids);
    counted := counted || jsonb_build_object('directory_person_correction', many);
    SELECT count(*) INTO many FROM directory_revision AS r
    WHERE r.row_id = ANY (ids || keys || entries || vehicles || cards);
    counted := counted || jsonb_build_object('directory_revision', many);
    counted := counted || jsonb_build_object('directory_key_person', cardinality(keys));
    SELECT count(*) INTO many FROM directory_key_medical AS m WHERE m.key_person_id = ANY (keys);
    counted := counted || jsonb_build_object('directory_key_medical', many);
    SELECT count(*) INTO many FROM directory_key_visit AS v WHERE v.key_person_id = ANY (keys);
    counted := counted || jsonb_build_object('directory_key_visit', many);
    counted := counted || jsonb_build_object('directory_vehicle', cardinality(vehicles));
    counted := counted || jsonb_build_object('directory_door_card', cardinality(cards));
    counted := counted || jsonb_build_object('support_file', cardinality(photos));
    SELECT count(*) INTO many FROM support_sheets_content AS c WHERE c.import_id = ANY (imports);
    counted := counted || jsonb_build_object('support_sheets_content', many);
    IF NOT really THEN
        RETURN counted;
    END IF;
    UPDATE support_file SET retain_until = now() WHERE id = ANY (photos);
    DELETE FROM directory_key_medical WHERE key_person_id = ANY (keys);
    DELETE FROM directory_key_visit WHERE key_person_id = ANY (keys);
    DELETE FROM directory_key_absence WHERE key_person_id = ANY (keys);
    DELETE FROM directory_key_story WHERE key_person_id = ANY (keys);
    DELETE FROM directory_key_entry WHERE key_person_id = ANY (keys);
    DELETE FROM directory_key_person WHERE id = ANY (keys);
    UPDATE directory_vehicle SET plate = '已删' || right(id::text, 12), version = version + 1
    WHERE id = ANY (vehicles);
    -- A card is worthless without its number: the row goes, and so do its former versions below.
    DELETE FROM directory_door_card WHERE id = ANY (cards);
    DELETE FROM directory_person_contact WHERE person_id = ANY (ids);
    DELETE FROM directory_person_search WHERE person_id = ANY (ids);
    DELETE FROM directory_person_twin WHERE left_id = ANY (ids) OR right_id = ANY (ids);
    DELETE FROM directory_person_merge WHERE kept_id = ANY (ids) OR gone_id = ANY (ids);
    UPDATE directory_person_correction
    SET value_sealed = NULL, words = '', asked_by = nobody, decision = NULL
    WHERE person_id = ANY (ids);
    DELETE FROM support_sheets_content WHERE import_id = ANY (imports);
    DELETE FROM support_sheets_made WHERE row_id = ANY (ids || keys || entries || vehicles || cards);
    -- The code goes too: a list that still has it must not fill the empty row again.
    UPDATE directory_person SET
        name = nobody, pinyin = '', birth_date = NULL, code = 'X-' || right(id::text, 12),
        phone_sealed = NULL, phone_hash = NULL, phone_tail_hash = NULL,
        id_number_sealed = NULL, id_number_hash = NULL, tags = '{}',
        source_kind = 'clerk', source_title = '', source_id = NULL, version = version + 1
    WHERE id = ANY (ids);
    -- Last: the changes above leave former versions behind.
    DELETE FROM directory_revision WHERE row_id = ANY (ids || keys || entries || vehicles || cards);
    -- Asking for the erasure writes some of these: they are counted now, not when it is asked for.
    SELECT count(*) INTO many FROM support_message AS m
    WHERE (m.estate_id = ANY (estates) OR m.estate_id IS NULL AND m.account_id IN (
            SELECT unnest(ARRAY[a.asker_id, a.decided_by]) FROM support_approval AS a
            WHERE a.estate_ids && estates))
      AND EXISTS (SELECT FROM unnest(pattern) AS w
                  WHERE position(w IN m.words) > 0 OR position(w IN m.title) > 0
                     OR position(w IN m.address) > 0);
    also := also || jsonb_build_object('support_message', many);
    SELECT count(*) INTO many FROM support_sheets_import AS i
    WHERE i.estate_id = ANY (estates) AND EXISTS (
        SELECT FROM unnest(pattern) AS w WHERE position(w IN i.fault_list::text) > 0);
    also := also || jsonb_build_object('support_sheets_import', many);
    SELECT count(*) INTO many FROM support_approval AS a
    WHERE a.estate_ids && estates AND a.ended_at IS NOT NULL AND EXISTS (
        SELECT FROM unnest(pattern) AS w WHERE position(
            w IN a.title || a.reason || a.answer || a.said::text || a.request::text) > 0);
    also := also || jsonb_build_object('support_approval', many);
    FOREACH word IN ARRAY pattern LOOP
        UPDATE support_message SET
            title = left(replace(title, word, nobody), 120), words = replace(words, word, nobody),
            address = CASE WHEN position(word IN address) > 0 THEN '' ELSE address END
        WHERE (estate_id = ANY (estates) OR estate_id IS NULL AND account_id IN (
                SELECT unnest(ARRAY[a.asker_id, a.decided_by]) FROM support_approval AS a
                WHERE a.estate_ids && estates))
          AND (position(word IN words) > 0 OR position(word IN title) > 0
               OR position(word IN address) > 0);
        UPDATE support_sheets_import SET fault_list = '[]'
        WHERE estate_id = ANY (estates) AND position(word IN fault_list::text) > 0;
        UPDATE support_approval SET
            title = left(replace(title, word, nobody), 200), said = '[]', request = '{}',
            reason = left(replace(reason, word, nobody), 300),
            answer = left(replace(answer, word, nobody), 300)
        WHERE estate_ids && estates AND ended_at IS NOT NULL
          AND position(word IN title || reason || answer || said::text || request::text) > 0;
    END LOOP;
    -- Answers kept for replays: they may hold what was shown of the person.
    DELETE FROM kernel_idempotency AS k
    WHERE EXISTS (SELECT FROM unnest(ids::text[] || ARRAY[phone, id_number]) AS w
                  WHERE length(w) > 0 AND position(convert_to(w, 'UTF8') IN k.body) > 0);
    GET DIAGNOSTICS many = ROW_COUNT;
    also := also || jsonb_build_object('kernel_idempotency', many);
    RETURN counted || jsonb_build_object('also', also);
END $$
