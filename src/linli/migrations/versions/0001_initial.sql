-- The first schema: tables, the functions and policies of row security, and what contexts add.
-- Statements are separated by a line with two dashes and nothing else.
--
CREATE SEQUENCE sensing_device_number
--
CREATE TABLE kernel_event (
	id BIGINT GENERATED ALWAYS AS IDENTITY,
	event_offset BIGINT,
	name VARCHAR(80) NOT NULL,
	topics TEXT[] NOT NULL,
	estate_id UUID,
	happened_at TIMESTAMP WITH TIME ZONE NOT NULL,
	payload JSONB NOT NULL,
	CONSTRAINT pk_kernel_event PRIMARY KEY (id),
	CONSTRAINT uq_kernel_event_event_offset UNIQUE (event_offset)
)
--
CREATE INDEX ix_kernel_event_waiting ON kernel_event (id) WHERE event_offset IS NULL
--
CREATE TABLE kernel_event_sequence (
	id INTEGER NOT NULL,
	last_offset BIGINT NOT NULL,
	CONSTRAINT pk_kernel_event_sequence PRIMARY KEY (id)
)
--
CREATE TABLE kernel_event_consumer (
	name VARCHAR(80) NOT NULL,
	event_offset BIGINT NOT NULL,
	CONSTRAINT pk_kernel_event_consumer PRIMARY KEY (name)
)
--
CREATE TABLE kernel_deadline (
	kind VARCHAR(60) NOT NULL,
	subject_id UUID NOT NULL,
	detail VARCHAR(80) DEFAULT '' NOT NULL,
	due_at TIMESTAMP WITH TIME ZONE NOT NULL,
	context JSONB DEFAULT '{}' NOT NULL,
	attempts INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT pk_kernel_deadline PRIMARY KEY (kind, subject_id, detail)
)
--
CREATE INDEX ix_kernel_deadline_due ON kernel_deadline (due_at)
--
CREATE TABLE kernel_event_failure (
	consumer VARCHAR(80) NOT NULL,
	event_offset BIGINT NOT NULL,
	event_name VARCHAR(80) NOT NULL,
	attempts INTEGER NOT NULL,
	error TEXT NOT NULL,
	failed_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_kernel_event_failure PRIMARY KEY (consumer, event_offset)
)
--
CREATE TABLE kernel_chore (
	name VARCHAR(80) NOT NULL,
	due_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_kernel_chore PRIMARY KEY (name)
)
--
CREATE TABLE kernel_idempotency (
	account_id UUID NOT NULL,
	key VARCHAR(100) NOT NULL,
	request_hash BYTEA NOT NULL,
	status INTEGER NOT NULL,
	body BYTEA NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_kernel_idempotency PRIMARY KEY (account_id, key)
)
--
CREATE INDEX ix_kernel_idempotency_created_at ON kernel_idempotency (created_at)
--
CREATE TABLE directory_sign_in_try (
	subject VARCHAR(80) NOT NULL,
	failures INTEGER NOT NULL,
	last_failed_at TIMESTAMP WITH TIME ZONE,
	blocked_until TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_directory_sign_in_try PRIMARY KEY (subject)
)
--
CREATE TABLE directory_structure (
	id INTEGER NOT NULL,
	version BIGINT NOT NULL,
	CONSTRAINT pk_directory_structure PRIMARY KEY (id),
	CONSTRAINT ck_directory_structure_one_row CHECK (id = 1)
)
--
CREATE TABLE directory_organisation (
	id UUID NOT NULL,
	parent_id UUID,
	kind VARCHAR(20) NOT NULL,
	title VARCHAR(80) NOT NULL,
	path UUID[] NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_directory_organisation PRIMARY KEY (id),
	CONSTRAINT fk_directory_organisation_parent_id FOREIGN KEY(parent_id) REFERENCES directory_organisation (id)
)
--
CREATE INDEX ix_directory_organisation_path ON directory_organisation USING gin (path)
--
CREATE INDEX ix_directory_organisation_parent_id ON directory_organisation (parent_id)
--
CREATE TABLE responding_alert (
	id UUID NOT NULL,
	estate_id UUID NOT NULL,
	rule_id UUID NOT NULL,
	device_id UUID NOT NULL,
	category VARCHAR(40) NOT NULL,
	severity VARCHAR(20) NOT NULL,
	finding JSONB NOT NULL,
	state VARCHAR(20) NOT NULL,
	times_seen INTEGER NOT NULL,
	found_at TIMESTAMP WITH TIME ZONE NOT NULL,
	last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
	told_at TIMESTAMP WITH TIME ZONE NOT NULL,
	cleared_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_responding_alert PRIMARY KEY (id)
)
--
CREATE INDEX ix_responding_alert_rule_found ON responding_alert (rule_id, found_at)
--
CREATE UNIQUE INDEX ix_responding_alert_ringing ON responding_alert (device_id, rule_id) WHERE state = 'ringing'
--
CREATE TABLE responding_order (
	id UUID NOT NULL,
	code VARCHAR(60) NOT NULL,
	subject_id UUID NOT NULL,
	estate_id UUID NOT NULL,
	company_id UUID NOT NULL,
	assignee_id UUID,
	severity VARCHAR(20) NOT NULL,
	offer JSONB NOT NULL,
	state VARCHAR(20) NOT NULL,
	version INTEGER NOT NULL,
	offered_at TIMESTAMP WITH TIME ZONE NOT NULL,
	offered_by VARCHAR(100) NOT NULL,
	accepted_at TIMESTAMP WITH TIME ZONE,
	arrived_at TIMESTAMP WITH TIME ZONE,
	fixed_at TIMESTAMP WITH TIME ZONE,
	ended_at TIMESTAMP WITH TIME ZONE,
	fixed_by UUID,
	result TEXT DEFAULT '' NOT NULL,
	evidence UUID[] DEFAULT '{}' NOT NULL,
	follows UUID,
	CONSTRAINT pk_responding_order PRIMARY KEY (id),
	CONSTRAINT uq_responding_order_code UNIQUE (code)
)
--
CREATE INDEX ix_responding_order_subject ON responding_order (subject_id)
--
CREATE INDEX ix_responding_order_active ON responding_order (estate_id, company_id) WHERE ended_at IS NULL
--
CREATE INDEX ix_responding_order_assignee ON responding_order (assignee_id) WHERE ended_at IS NULL
--
CREATE TABLE responding_incident (
	id UUID NOT NULL,
	code VARCHAR(60) NOT NULL,
	estate_id UUID NOT NULL,
	estate_title VARCHAR(80) NOT NULL,
	place_id UUID,
	place_path VARCHAR(200) NOT NULL,
	category VARCHAR(40) NOT NULL,
	severity VARCHAR(20) NOT NULL,
	severity_rank INTEGER NOT NULL,
	what TEXT NOT NULL,
	line TEXT NOT NULL,
	duty VARCHAR(20) NOT NULL,
	state VARCHAR(20) NOT NULL,
	version INTEGER NOT NULL,
	level VARCHAR(20) NOT NULL,
	owner_id UUID NOT NULL,
	owner_title VARCHAR(80) NOT NULL,
	opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
	received_at TIMESTAMP WITH TIME ZONE NOT NULL,
	last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
	times_seen INTEGER NOT NULL,
	ringing BOOLEAN NOT NULL,
	source_kind VARCHAR(20) NOT NULL,
	source_title VARCHAR(120) NOT NULL,
	source_device_id UUID,
	evidence UUID[] DEFAULT '{}' NOT NULL,
	taken_by_id UUID,
	taken_by VARCHAR(100) DEFAULT '' NOT NULL,
	stage VARCHAR(20),
	due_at TIMESTAMP WITH TIME ZONE,
	overdue BOOLEAN NOT NULL,
	accepted_at TIMESTAMP WITH TIME ZONE,
	resolved_at TIMESTAMP WITH TIME ZONE,
	ended_at TIMESTAMP WITH TIME ZONE,
	merged_into UUID,
	reopened_times INTEGER DEFAULT '0' NOT NULL,
	steps INTEGER NOT NULL,
	chain VARCHAR(64) NOT NULL,
	CONSTRAINT pk_responding_incident PRIMARY KEY (id),
	CONSTRAINT uq_responding_incident_code UNIQUE (code)
)
--
CREATE INDEX ix_responding_incident_ended ON responding_incident (estate_id, ended_at)
--
CREATE INDEX ix_responding_incident_estate ON responding_incident (estate_id, opened_at DESC)
--
CREATE INDEX ix_responding_incident_active ON responding_incident (estate_id, severity_rank DESC, opened_at DESC) WHERE ended_at IS NULL
--
CREATE TABLE responding_incident_alert (
	alert_id UUID NOT NULL,
	incident_id UUID NOT NULL,
	CONSTRAINT pk_responding_incident_alert PRIMARY KEY (alert_id)
)
--
CREATE INDEX ix_responding_incident_alert_incident_id ON responding_incident_alert (incident_id)
--
CREATE TABLE responding_incident_place (
	incident_id UUID NOT NULL,
	place_id UUID NOT NULL,
	estate_id UUID NOT NULL,
	CONSTRAINT pk_responding_incident_place PRIMARY KEY (incident_id, place_id)
)
--
CREATE INDEX ix_responding_incident_place_place_id ON responding_incident_place (place_id)
--
CREATE TABLE responding_incident_step (
	incident_id UUID NOT NULL,
	seq INTEGER NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
	actor_id UUID,
	actor_name VARCHAR(100) NOT NULL,
	actor_kind VARCHAR(20) NOT NULL,
	kind VARCHAR(40) NOT NULL,
	title VARCHAR(120) NOT NULL,
	words TEXT NOT NULL,
	evidence UUID[] NOT NULL,
	detail JSONB NOT NULL,
	hash VARCHAR(64) NOT NULL,
	CONSTRAINT pk_responding_incident_step PRIMARY KEY (incident_id, seq)
)
--
CREATE TABLE responding_incident_counter (
	estate_id UUID NOT NULL,
	day DATE NOT NULL,
	last INTEGER NOT NULL,
	CONSTRAINT pk_responding_incident_counter PRIMARY KEY (estate_id, day)
)
--
CREATE TABLE responding_rule (
	id UUID NOT NULL,
	code VARCHAR(60) NOT NULL,
	draft JSONB NOT NULL,
	version INTEGER NOT NULL,
	enabled BOOLEAN NOT NULL,
	changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_responding_rule PRIMARY KEY (id),
	CONSTRAINT uq_responding_rule_code UNIQUE (code)
)
--
CREATE TABLE responding_rule_version (
	rule_id UUID NOT NULL,
	version INTEGER NOT NULL,
	draft JSONB NOT NULL,
	enabled BOOLEAN NOT NULL,
	changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
	changed_by VARCHAR(100) NOT NULL,
	CONSTRAINT pk_responding_rule_version PRIMARY KEY (rule_id, version)
)
--
CREATE TABLE responding_rule_state (
	device_id UUID NOT NULL,
	rule_id UUID NOT NULL,
	phase VARCHAR(20) NOT NULL,
	since TIMESTAMP WITH TIME ZONE NOT NULL,
	value FLOAT,
	CONSTRAINT pk_responding_rule_state PRIMARY KEY (device_id, rule_id)
)
--
CREATE INDEX ix_responding_rule_state_rule_id ON responding_rule_state (rule_id)
--
CREATE SEQUENCE sensing_register_version
--
CREATE TABLE sensing_connection (
	id UUID NOT NULL,
	estate_id UUID NOT NULL,
	code VARCHAR(64) NOT NULL,
	kind VARCHAR(20) NOT NULL,
	driver VARCHAR(40) NOT NULL,
	settings JSONB DEFAULT '{}' NOT NULL,
	token_hash BYTEA NOT NULL,
	token_previous_hash BYTEA,
	previous_valid_until TIMESTAMP WITH TIME ZONE,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	rotated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	revoked_at TIMESTAMP WITH TIME ZONE,
	connected_since TIMESTAMP WITH TIME ZONE,
	last_disconnected_at TIMESTAMP WITH TIME ZONE,
	last_reason VARCHAR(40),
	address VARCHAR(80),
	version BIGINT NOT NULL,
	CONSTRAINT pk_sensing_connection PRIMARY KEY (id),
	CONSTRAINT uq_sensing_connection_code UNIQUE (code)
)
--
CREATE INDEX ix_sensing_connection_estate_id ON sensing_connection (estate_id)
--
CREATE INDEX ix_sensing_connection_token_hash ON sensing_connection (token_hash)
--
CREATE TABLE sensing_quarantine (
	id UUID NOT NULL,
	first_received_at TIMESTAMP WITH TIME ZONE NOT NULL,
	received_at TIMESTAMP WITH TIME ZONE NOT NULL,
	connection_id UUID,
	estate_id UUID,
	topic TEXT NOT NULL,
	payload BYTEA NOT NULL,
	bytes INTEGER NOT NULL,
	reason VARCHAR(40) NOT NULL,
	reason_title VARCHAR(60) NOT NULL,
	words VARCHAR(500) NOT NULL,
	digest BYTEA NOT NULL,
	times_seen BIGINT NOT NULL,
	state VARCHAR(10) NOT NULL,
	version INTEGER DEFAULT '1' NOT NULL,
	CONSTRAINT pk_sensing_quarantine PRIMARY KEY (id)
)
--
CREATE UNIQUE INDEX uq_sensing_quarantine_once ON sensing_quarantine (connection_id, reason, digest) NULLS NOT DISTINCT
--
CREATE INDEX ix_sensing_quarantine_estate_id ON sensing_quarantine (estate_id)
--
CREATE INDEX ix_sensing_quarantine_asked ON sensing_quarantine (id) WHERE state = 'asked'
--
CREATE INDEX ix_sensing_quarantine_connection ON sensing_quarantine (connection_id, received_at)
--
CREATE TABLE sensing_quarantine_count (
	id UUID NOT NULL,
	connection_id UUID,
	estate_id UUID,
	reason VARCHAR(40) NOT NULL,
	times_seen BIGINT NOT NULL,
	last_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_sensing_quarantine_count PRIMARY KEY (id)
)
--
CREATE UNIQUE INDEX uq_sensing_quarantine_count_once ON sensing_quarantine_count (connection_id, reason) NULLS NOT DISTINCT
--
CREATE TABLE sensing_telemetry_reading (
	series_id INTEGER NOT NULL,
	observed_at TIMESTAMP WITH TIME ZONE NOT NULL,
	received_at TIMESTAMP WITH TIME ZONE NOT NULL,
	recorded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	value DOUBLE PRECISION NOT NULL,
	clock SMALLINT NOT NULL
)
 PARTITION BY RANGE (received_at)
--
CREATE INDEX ix_sensing_telemetry_reading_series ON sensing_telemetry_reading (series_id, observed_at)
--
CREATE TABLE sensing_receipt (
	connection_id UUID NOT NULL,
	packet_id INTEGER NOT NULL,
	digest BYTEA NOT NULL,
	received_at TIMESTAMP WITH TIME ZONE NOT NULL,
	copies INTEGER NOT NULL,
	CONSTRAINT pk_sensing_receipt PRIMARY KEY (connection_id, packet_id)
)
 WITH (fillfactor = 70)
--
CREATE TABLE support_audit_entry (
	id UUID NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	actor_id UUID,
	actor_name VARCHAR(80) NOT NULL,
	action VARCHAR(40) NOT NULL,
	subject_kind VARCHAR(40) NOT NULL,
	subject_id UUID,
	subject_title VARCHAR(200) NOT NULL,
	reason VARCHAR(500),
	address VARCHAR(64),
	outcome VARCHAR(20) NOT NULL,
	estate_id UUID,
	organisation_id UUID,
	CONSTRAINT pk_support_audit_entry PRIMARY KEY (id)
)
--
CREATE INDEX ix_support_audit_entry_at ON support_audit_entry (at, id)
--
CREATE INDEX ix_support_audit_entry_subject ON support_audit_entry (subject_id, at)
--
CREATE INDEX ix_support_audit_entry_actor ON support_audit_entry (actor_id, at)
--
CREATE TABLE support_file (
	id UUID NOT NULL,
	sha256 BYTEA NOT NULL,
	purpose VARCHAR(40) NOT NULL,
	lawful_basis VARCHAR(80) NOT NULL,
	media_type VARCHAR(40) NOT NULL,
	bytes INTEGER NOT NULL,
	width INTEGER,
	height INTEGER,
	retain_until TIMESTAMP WITH TIME ZONE NOT NULL,
	hold BOOLEAN DEFAULT 'false' NOT NULL,
	uploaded_by UUID,
	estate_id UUID,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_support_file PRIMARY KEY (id)
)
--
CREATE INDEX ix_support_file_expiring ON support_file (retain_until) WHERE hold IS false
--
CREATE INDEX ix_support_file_sha256 ON support_file (sha256)
--
CREATE TABLE support_message (
	id UUID NOT NULL,
	channel VARCHAR(20) NOT NULL,
	account_id UUID,
	estate_id UUID,
	address VARCHAR(120) NOT NULL,
	address_masked VARCHAR(120) NOT NULL,
	template VARCHAR(60) NOT NULL,
	title VARCHAR(120) NOT NULL,
	words TEXT NOT NULL,
	incident_id UUID,
	order_id UUID,
	urgency VARCHAR(20) NOT NULL,
	state VARCHAR(20) NOT NULL,
	attempts INTEGER NOT NULL,
	next_attempt_at TIMESTAMP WITH TIME ZONE,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	sent_at TIMESTAMP WITH TIME ZONE,
	delivered_at TIMESTAMP WITH TIME ZONE,
	read_at TIMESTAMP WITH TIME ZONE,
	failed_at TIMESTAMP WITH TIME ZONE,
	once BYTEA NOT NULL,
	CONSTRAINT pk_support_message PRIMARY KEY (id),
	CONSTRAINT uq_support_message_once UNIQUE (once)
)
--
CREATE INDEX ix_support_message_outgoing ON support_message (estate_id, created_at) WHERE channel != 'in_app'
--
CREATE INDEX ix_support_message_mine ON support_message (account_id, created_at)
--
CREATE INDEX ix_support_message_due ON support_message (next_attempt_at) WHERE state = 'queued'
--
CREATE TABLE directory_account (
	id UUID NOT NULL,
	login VARCHAR(60) NOT NULL,
	display_name VARCHAR(80) NOT NULL,
	organisation_id UUID NOT NULL,
	phone_sealed BYTEA,
	phone_masked VARCHAR(20),
	state VARCHAR(20) NOT NULL,
	scope_version BIGINT DEFAULT '1' NOT NULL,
	last_signed_in_at TIMESTAMP WITH TIME ZONE,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_directory_account PRIMARY KEY (id),
	CONSTRAINT ck_directory_account_state CHECK (state IN ('active', 'locked', 'left')),
	CONSTRAINT ck_directory_account_login_lower CHECK (login = lower(login)),
	CONSTRAINT uq_directory_account_login UNIQUE (login),
	CONSTRAINT fk_directory_account_organisation_id FOREIGN KEY(organisation_id) REFERENCES directory_organisation (id)
)
--
CREATE INDEX ix_directory_account_organisation ON directory_account (organisation_id)
--
CREATE TABLE directory_estate (
	id UUID NOT NULL,
	code VARCHAR(20) NOT NULL,
	title VARCHAR(80) NOT NULL,
	community_id UUID NOT NULL,
	width_m FLOAT NOT NULL,
	height_m FLOAT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_directory_estate PRIMARY KEY (id),
	CONSTRAINT uq_directory_estate_code UNIQUE (code),
	CONSTRAINT fk_directory_estate_community_id FOREIGN KEY(community_id) REFERENCES directory_organisation (id)
)
--
CREATE INDEX ix_directory_estate_community_id ON directory_estate (community_id)
--
CREATE TABLE sensing_device (
	id UUID NOT NULL,
	estate_id UUID NOT NULL,
	place_id UUID,
	code VARCHAR(64) NOT NULL,
	title VARCHAR(100) NOT NULL,
	kind VARCHAR(40) NOT NULL,
	driver VARCHAR(40) NOT NULL,
	connection_id UUID,
	external_code VARCHAR(64),
	state VARCHAR(10) NOT NULL,
	state_since TIMESTAMP WITH TIME ZONE NOT NULL,
	last_seen_at TIMESTAMP WITH TIME ZONE,
	firmware VARCHAR(60),
	version INTEGER DEFAULT '1' NOT NULL,
	CONSTRAINT pk_sensing_device PRIMARY KEY (id),
	CONSTRAINT uq_sensing_device_estate_id_code UNIQUE (estate_id, code),
	CONSTRAINT fk_sensing_device_connection_id FOREIGN KEY(connection_id) REFERENCES sensing_connection (id)
)
 WITH (fillfactor = 80)
--
CREATE UNIQUE INDEX uq_sensing_device_on_connection ON sensing_device (connection_id, external_code) NULLS NOT DISTINCT WHERE connection_id IS NOT NULL
--
CREATE INDEX ix_sensing_device_place_id ON sensing_device (place_id)
--
CREATE TABLE sensing_mqtt_session (
	connection_id UUID NOT NULL,
	client_id TEXT NOT NULL,
	expiry_seconds BIGINT NOT NULL,
	subscriptions JSONB NOT NULL,
	received INTEGER[] NOT NULL,
	will_topic TEXT,
	will_payload BYTEA,
	will_qos INTEGER,
	will_retained BOOLEAN,
	will_delay_seconds BIGINT,
	gateway TEXT,
	ends_at TIMESTAMP WITH TIME ZONE,
	will_due_at TIMESTAMP WITH TIME ZONE,
	claimed_until TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_sensing_mqtt_session PRIMARY KEY (connection_id, client_id),
	CONSTRAINT fk_sensing_mqtt_session_connection_id FOREIGN KEY(connection_id) REFERENCES sensing_connection (id)
)
--
CREATE INDEX ix_sensing_mqtt_session_due ON sensing_mqtt_session (least(ends_at, will_due_at)) WHERE gateway IS NULL
--
CREATE TABLE sensing_presence (
	connection_id UUID NOT NULL,
	client_id TEXT NOT NULL,
	gateway TEXT NOT NULL,
	address VARCHAR(80) NOT NULL,
	since TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_sensing_presence PRIMARY KEY (connection_id, client_id),
	CONSTRAINT fk_sensing_presence_connection_id FOREIGN KEY(connection_id) REFERENCES sensing_connection (id)
)
--
CREATE INDEX ix_sensing_presence_gateway ON sensing_presence (gateway)
--
CREATE TABLE support_file_use (
	file_id UUID NOT NULL,
	estate_id UUID NOT NULL,
	permission VARCHAR(40) NOT NULL,
	incident_id UUID,
	CONSTRAINT pk_support_file_use PRIMARY KEY (file_id, estate_id, permission),
	CONSTRAINT fk_support_file_use_file_id FOREIGN KEY(file_id) REFERENCES support_file (id) ON DELETE CASCADE
)
--
CREATE TABLE support_message_attempt (
	message_id UUID NOT NULL,
	attempt INTEGER NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	state VARCHAR(20) NOT NULL,
	reference VARCHAR(120),
	error VARCHAR(300),
	CONSTRAINT pk_support_message_attempt PRIMARY KEY (message_id, attempt),
	CONSTRAINT fk_support_message_attempt_message_id FOREIGN KEY(message_id) REFERENCES support_message (id)
)
--
CREATE TABLE directory_account_password (
	account_id UUID NOT NULL,
	password_hash TEXT NOT NULL,
	must_change BOOLEAN NOT NULL,
	changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_directory_account_password PRIMARY KEY (account_id),
	CONSTRAINT fk_directory_account_password_account_id FOREIGN KEY(account_id) REFERENCES directory_account (id)
)
--
CREATE TABLE directory_session (
	id UUID NOT NULL,
	account_id UUID NOT NULL,
	token_hash BYTEA NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	ended_at TIMESTAMP WITH TIME ZONE,
	address VARCHAR(64),
	CONSTRAINT pk_directory_session PRIMARY KEY (id),
	CONSTRAINT fk_directory_session_account_id FOREIGN KEY(account_id) REFERENCES directory_account (id),
	CONSTRAINT uq_directory_session_token_hash UNIQUE (token_hash)
)
--
CREATE INDEX ix_directory_session_account_id ON directory_session (account_id)
--
CREATE TABLE directory_grant (
	id UUID NOT NULL,
	account_id UUID NOT NULL,
	role VARCHAR(40) NOT NULL,
	target_kind VARCHAR(20) NOT NULL,
	target_id UUID NOT NULL,
	target_title VARCHAR(120) NOT NULL,
	valid_from TIMESTAMP WITH TIME ZONE NOT NULL,
	valid_to TIMESTAMP WITH TIME ZONE,
	basis VARCHAR(200) NOT NULL,
	granted_by UUID,
	granted_at TIMESTAMP WITH TIME ZONE NOT NULL,
	revoked_by UUID,
	revoked_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_directory_grant PRIMARY KEY (id),
	CONSTRAINT ck_directory_grant_period CHECK (valid_to IS NULL OR valid_to > valid_from),
	CONSTRAINT fk_directory_grant_account_id FOREIGN KEY(account_id) REFERENCES directory_account (id)
)
--
CREATE INDEX ix_directory_grant_account_id ON directory_grant (account_id)
--
CREATE INDEX ix_directory_grant_target_id ON directory_grant (target_id)
--
CREATE TABLE directory_service_contract (
	id UUID NOT NULL,
	company_id UUID NOT NULL,
	estate_id UUID NOT NULL,
	duties TEXT[] NOT NULL,
	valid_from TIMESTAMP WITH TIME ZONE NOT NULL,
	valid_to TIMESTAMP WITH TIME ZONE,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_directory_service_contract PRIMARY KEY (id),
	CONSTRAINT ck_directory_service_contract_period CHECK (valid_to IS NULL OR valid_to > valid_from),
	CONSTRAINT fk_directory_service_contract_company_id FOREIGN KEY(company_id) REFERENCES directory_organisation (id),
	CONSTRAINT fk_directory_service_contract_estate_id FOREIGN KEY(estate_id) REFERENCES directory_estate (id)
)
--
CREATE INDEX ix_directory_service_contract_estate_id ON directory_service_contract (estate_id)
--
CREATE INDEX ix_directory_service_contract_company_id ON directory_service_contract (company_id)
--
CREATE TABLE directory_person (
	id UUID NOT NULL,
	estate_id UUID NOT NULL,
	name VARCHAR(80) NOT NULL,
	phone_sealed BYTEA,
	phone_hash BYTEA,
	phone_tail_hash BYTEA,
	id_number_sealed BYTEA,
	id_number_hash BYTEA,
	tags TEXT[] DEFAULT '{}' NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_directory_person PRIMARY KEY (id),
	CONSTRAINT fk_directory_person_estate_id FOREIGN KEY(estate_id) REFERENCES directory_estate (id)
)
--
CREATE INDEX ix_directory_person_estate_id ON directory_person (estate_id)
--
CREATE INDEX ix_directory_person_id_number_hash ON directory_person (id_number_hash)
--
CREATE INDEX ix_directory_person_phone_hash ON directory_person (phone_hash)
--
CREATE INDEX ix_directory_person_phone_tail_hash ON directory_person (phone_tail_hash)
--
CREATE TABLE directory_place (
	id UUID NOT NULL,
	estate_id UUID NOT NULL,
	parent_id UUID,
	kind VARCHAR(20) NOT NULL,
	code VARCHAR(80) NOT NULL,
	title VARCHAR(80) NOT NULL,
	path VARCHAR(200) NOT NULL,
	path_ids UUID[] NOT NULL,
	x FLOAT,
	y FLOAT,
	w FLOAT,
	h FLOAT,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_directory_place PRIMARY KEY (id),
	CONSTRAINT uq_directory_place_estate_id_code UNIQUE (estate_id, code),
	CONSTRAINT fk_directory_place_estate_id FOREIGN KEY(estate_id) REFERENCES directory_estate (id),
	CONSTRAINT fk_directory_place_parent_id FOREIGN KEY(parent_id) REFERENCES directory_place (id)
)
--
CREATE INDEX ix_directory_place_parent_id ON directory_place (parent_id)
--
CREATE INDEX ix_directory_place_path_ids ON directory_place USING gin (path_ids)
--
CREATE INDEX ix_directory_place_estate_kind ON directory_place (estate_id, kind)
--
CREATE TABLE sensing_command (
	id UUID NOT NULL,
	device_id UUID NOT NULL,
	estate_id UUID NOT NULL,
	connection_id UUID NOT NULL,
	name VARCHAR(40) NOT NULL,
	params JSONB DEFAULT '{}' NOT NULL,
	state VARCHAR(10) NOT NULL,
	asked_by UUID,
	asked_by_name VARCHAR(80) NOT NULL,
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	sent_at TIMESTAMP WITH TIME ZONE,
	sent_client TEXT,
	sent_packet INTEGER,
	delivered_at TIMESTAMP WITH TIME ZONE,
	finished_at TIMESTAMP WITH TIME ZONE,
	reference VARCHAR(100),
	words VARCHAR(500),
	version INTEGER DEFAULT '1' NOT NULL,
	CONSTRAINT pk_sensing_command PRIMARY KEY (id),
	CONSTRAINT fk_sensing_command_device_id FOREIGN KEY(device_id) REFERENCES sensing_device (id)
)
--
CREATE INDEX ix_sensing_command_open ON sensing_command (connection_id) WHERE state IN ('waiting', 'sent')
--
CREATE INDEX ix_sensing_command_device ON sensing_command (device_id, asked_at)
--
CREATE TABLE sensing_device_fault (
	device_id UUID NOT NULL,
	code VARCHAR(60) NOT NULL,
	estate_id UUID NOT NULL,
	since TIMESTAMP WITH TIME ZONE NOT NULL,
	sentence VARCHAR(500) NOT NULL,
	CONSTRAINT pk_sensing_device_fault PRIMARY KEY (device_id, code),
	CONSTRAINT fk_sensing_device_fault_device_id FOREIGN KEY(device_id) REFERENCES sensing_device (id)
)
--
CREATE TABLE sensing_series (
	id INTEGER GENERATED ALWAYS AS IDENTITY,
	device_id UUID NOT NULL,
	estate_id UUID NOT NULL,
	property VARCHAR(40) NOT NULL,
	CONSTRAINT pk_sensing_series PRIMARY KEY (id),
	CONSTRAINT uq_sensing_series_device_id_property UNIQUE (device_id, property),
	CONSTRAINT fk_sensing_series_device_id FOREIGN KEY(device_id) REFERENCES sensing_device (id)
)
--
CREATE TABLE sensing_device_event (
	id UUID NOT NULL,
	device_id UUID NOT NULL,
	estate_id UUID NOT NULL,
	event VARCHAR(40) NOT NULL,
	external_id TEXT NOT NULL,
	observed_at TIMESTAMP WITH TIME ZONE NOT NULL,
	received_at TIMESTAMP WITH TIME ZONE NOT NULL,
	clock SMALLINT NOT NULL,
	fields JSONB NOT NULL,
	evidence UUID[] NOT NULL,
	CONSTRAINT pk_sensing_device_event PRIMARY KEY (id),
	CONSTRAINT uq_sensing_device_event_device_id_event_external_id UNIQUE (device_id, event, external_id),
	CONSTRAINT fk_sensing_device_event_device_id FOREIGN KEY(device_id) REFERENCES sensing_device (id)
)
--
CREATE INDEX ix_sensing_device_event_recent ON sensing_device_event (device_id, observed_at)
--
CREATE TABLE sensing_device_clock (
	device_id UUID NOT NULL,
	estate_id UUID NOT NULL,
	clock SMALLINT NOT NULL,
	offset_s DOUBLE PRECISION,
	received_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_sensing_device_clock PRIMARY KEY (device_id),
	CONSTRAINT fk_sensing_device_clock_device_id FOREIGN KEY(device_id) REFERENCES sensing_device (id)
)
--
CREATE TABLE directory_residence (
	id UUID NOT NULL,
	person_id UUID NOT NULL,
	estate_id UUID NOT NULL,
	home_id UUID NOT NULL,
	home_title VARCHAR(200) NOT NULL,
	home_path UUID[] NOT NULL,
	relation VARCHAR(20) NOT NULL,
	valid_from TIMESTAMP WITH TIME ZONE NOT NULL,
	valid_to TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_directory_residence PRIMARY KEY (id),
	CONSTRAINT ck_directory_residence_period CHECK (valid_to IS NULL OR valid_to > valid_from),
	CONSTRAINT fk_directory_residence_person_id FOREIGN KEY(person_id) REFERENCES directory_person (id),
	CONSTRAINT fk_directory_residence_estate_id FOREIGN KEY(estate_id) REFERENCES directory_estate (id),
	CONSTRAINT fk_directory_residence_home_id FOREIGN KEY(home_id) REFERENCES directory_place (id)
)
--
CREATE INDEX ix_directory_residence_home_id ON directory_residence (home_id)
--
CREATE INDEX ix_directory_residence_estate ON directory_residence (estate_id, person_id)
--
CREATE INDEX ix_directory_residence_person_id ON directory_residence (person_id)
--
CREATE TABLE directory_person_contact (
	id UUID NOT NULL,
	person_id UUID NOT NULL,
	name VARCHAR(80) NOT NULL,
	relation VARCHAR(40) NOT NULL,
	phone_sealed BYTEA NOT NULL,
	CONSTRAINT pk_directory_person_contact PRIMARY KEY (id),
	CONSTRAINT fk_directory_person_contact_person_id FOREIGN KEY(person_id) REFERENCES directory_person (id)
)
--
CREATE INDEX ix_directory_person_contact_person_id ON directory_person_contact (person_id)
--
CREATE TABLE sensing_last_value (
	series_id INTEGER NOT NULL,
	observed_at TIMESTAMP WITH TIME ZONE NOT NULL,
	received_at TIMESTAMP WITH TIME ZONE NOT NULL,
	since TIMESTAMP WITH TIME ZONE NOT NULL,
	first_at TIMESTAMP WITH TIME ZONE NOT NULL,
	value DOUBLE PRECISION NOT NULL,
	CONSTRAINT pk_sensing_last_value PRIMARY KEY (series_id),
	CONSTRAINT fk_sensing_last_value_series_id FOREIGN KEY(series_id) REFERENCES sensing_series (id)
)
 WITH (fillfactor = 50)
--
CREATE FUNCTION linli_account() RETURNS uuid LANGUAGE sql STABLE AS
    $$ SELECT nullif(current_setting('linli.account', true), '')::uuid $$
--
CREATE FUNCTION linli_estates(permission text) RETURNS uuid[] LANGUAGE sql STABLE AS
    $$ SELECT coalesce(
        nullif(current_setting('linli.estates.' || permission, true), ''), '{}')::uuid[] $$
--
CREATE FUNCTION linli_organisations(permission text) RETURNS uuid[] LANGUAGE sql STABLE AS
    $$ SELECT coalesce(
        nullif(current_setting('linli.organisations.' || permission, true), ''), '{}')::uuid[] $$
--
CREATE FUNCTION linli_incidents(permission text) RETURNS uuid[] LANGUAGE sql STABLE AS
    $$ SELECT coalesce(
        nullif(current_setting('linli.incidents.' || permission, true), ''), '{}')::uuid[] $$
--
REVOKE ALL ON directory_organisation FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON directory_organisation TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_organisation TO linli_gateway
--
ALTER TABLE directory_organisation ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_organisation TO linli_app USING ((id = ANY ((SELECT linli_organisations('see_places'))::uuid[])) OR (parent_id = ANY ((SELECT linli_organisations('manage_organisations'))::uuid[]))) WITH CHECK ((id = ANY ((SELECT linli_organisations('see_places'))::uuid[])) OR (parent_id = ANY ((SELECT linli_organisations('manage_organisations'))::uuid[])))
--
CREATE POLICY machine ON directory_organisation TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_sign_in_try FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_sign_in_try TO linli_gateway
--
REVOKE ALL ON directory_structure FROM PUBLIC
--
GRANT SELECT ON directory_structure TO linli_app
--
GRANT SELECT ON directory_structure TO linli_gateway
--
REVOKE ALL ON kernel_chore FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE, DELETE ON kernel_chore TO linli_gateway
--
REVOKE ALL ON kernel_deadline FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE, DELETE ON kernel_deadline TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON kernel_deadline TO linli_gateway
--
REVOKE ALL ON kernel_event FROM PUBLIC
--
GRANT SELECT, INSERT ON kernel_event TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON kernel_event TO linli_gateway
--
REVOKE ALL ON kernel_event_consumer FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE, DELETE ON kernel_event_consumer TO linli_gateway
--
REVOKE ALL ON kernel_event_failure FROM PUBLIC
--
GRANT SELECT ON kernel_event_failure TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON kernel_event_failure TO linli_gateway
--
REVOKE ALL ON kernel_event_sequence FROM PUBLIC
--
GRANT SELECT ON kernel_event_sequence TO linli_app
--
GRANT SELECT, INSERT, UPDATE ON kernel_event_sequence TO linli_gateway
--
REVOKE ALL ON kernel_idempotency FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON kernel_idempotency TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON kernel_idempotency TO linli_gateway
--
ALTER TABLE kernel_idempotency ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON kernel_idempotency TO linli_app USING (account_id = (SELECT linli_account())) WITH CHECK (account_id = (SELECT linli_account()))
--
CREATE POLICY machine ON kernel_idempotency TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON responding_alert FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON responding_alert TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON responding_alert TO linli_gateway
--
ALTER TABLE responding_alert ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON responding_alert TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_incidents'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_incidents'))::uuid[]))
--
CREATE POLICY machine ON responding_alert TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON responding_incident FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON responding_incident TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON responding_incident TO linli_gateway
--
ALTER TABLE responding_incident ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON responding_incident TO linli_app USING ((estate_id = ANY ((SELECT linli_estates('see_incidents'))::uuid[])) OR (id = ANY ((SELECT linli_incidents('see_incidents'))::uuid[]))) WITH CHECK ((estate_id = ANY ((SELECT linli_estates('see_incidents'))::uuid[])) OR (id = ANY ((SELECT linli_incidents('see_incidents'))::uuid[])))
--
CREATE POLICY machine ON responding_incident TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON responding_incident_alert FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON responding_incident_alert TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON responding_incident_alert TO linli_gateway
--
ALTER TABLE responding_incident_alert ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON responding_incident_alert TO linli_app USING (incident_id IN (SELECT parent.id FROM responding_incident AS parent)) WITH CHECK (incident_id IN (SELECT parent.id FROM responding_incident AS parent))
--
CREATE POLICY machine ON responding_incident_alert TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON responding_incident_counter FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON responding_incident_counter TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON responding_incident_counter TO linli_gateway
--
ALTER TABLE responding_incident_counter ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON responding_incident_counter TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_incidents'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_incidents'))::uuid[]))
--
CREATE POLICY machine ON responding_incident_counter TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON responding_incident_place FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON responding_incident_place TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON responding_incident_place TO linli_gateway
--
ALTER TABLE responding_incident_place ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON responding_incident_place TO linli_app USING (incident_id IN (SELECT parent.id FROM responding_incident AS parent)) WITH CHECK (incident_id IN (SELECT parent.id FROM responding_incident AS parent))
--
CREATE POLICY machine ON responding_incident_place TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON responding_incident_step FROM PUBLIC
--
GRANT SELECT, INSERT ON responding_incident_step TO linli_app
--
GRANT SELECT, INSERT ON responding_incident_step TO linli_gateway
--
ALTER TABLE responding_incident_step ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON responding_incident_step TO linli_app USING (incident_id IN (SELECT parent.id FROM responding_incident AS parent)) WITH CHECK (incident_id IN (SELECT parent.id FROM responding_incident AS parent))
--
CREATE POLICY machine ON responding_incident_step TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON responding_order FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON responding_order TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON responding_order TO linli_gateway
--
ALTER TABLE responding_order ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON responding_order TO linli_app USING ((estate_id = ANY ((SELECT linli_estates('see_orders'))::uuid[])) OR (assignee_id = (SELECT linli_account()))) WITH CHECK ((estate_id = ANY ((SELECT linli_estates('see_orders'))::uuid[])) OR (assignee_id = (SELECT linli_account())))
--
CREATE POLICY machine ON responding_order TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON responding_rule FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON responding_rule TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON responding_rule TO linli_gateway
--
ALTER TABLE responding_rule ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON responding_rule TO linli_app USING ((SELECT linli_account()) IS NOT NULL) WITH CHECK ((SELECT linli_account()) IS NOT NULL)
--
CREATE POLICY machine ON responding_rule TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON responding_rule_state FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE, DELETE ON responding_rule_state TO linli_gateway
--
REVOKE ALL ON responding_rule_version FROM PUBLIC
--
GRANT SELECT, INSERT ON responding_rule_version TO linli_app
--
GRANT SELECT, INSERT ON responding_rule_version TO linli_gateway
--
ALTER TABLE responding_rule_version ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON responding_rule_version TO linli_app USING ((SELECT linli_account()) IS NOT NULL) WITH CHECK ((SELECT linli_account()) IS NOT NULL)
--
CREATE POLICY machine ON responding_rule_version TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON sensing_connection FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON sensing_connection TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON sensing_connection TO linli_gateway
--
ALTER TABLE sensing_connection ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON sensing_connection TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_devices'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_devices'))::uuid[]))
--
CREATE POLICY machine ON sensing_connection TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON sensing_quarantine FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON sensing_quarantine TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON sensing_quarantine TO linli_gateway
--
ALTER TABLE sensing_quarantine ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON sensing_quarantine TO linli_app USING ((estate_id = ANY ((SELECT linli_estates('see_quarantine'))::uuid[])) OR (estate_id IS NULL AND cardinality((SELECT linli_organisations('see_quarantine'))::uuid[]) > 0)) WITH CHECK ((estate_id = ANY ((SELECT linli_estates('see_quarantine'))::uuid[])) OR (estate_id IS NULL AND cardinality((SELECT linli_organisations('see_quarantine'))::uuid[]) > 0))
--
CREATE POLICY machine ON sensing_quarantine TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON sensing_quarantine_count FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON sensing_quarantine_count TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON sensing_quarantine_count TO linli_gateway
--
ALTER TABLE sensing_quarantine_count ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON sensing_quarantine_count TO linli_app USING ((estate_id = ANY ((SELECT linli_estates('see_quarantine'))::uuid[])) OR (estate_id IS NULL AND cardinality((SELECT linli_organisations('see_quarantine'))::uuid[]) > 0)) WITH CHECK ((estate_id = ANY ((SELECT linli_estates('see_quarantine'))::uuid[])) OR (estate_id IS NULL AND cardinality((SELECT linli_organisations('see_quarantine'))::uuid[]) > 0))
--
CREATE POLICY machine ON sensing_quarantine_count TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON sensing_receipt FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE, DELETE ON sensing_receipt TO linli_gateway
--
REVOKE ALL ON sensing_telemetry_reading FROM PUBLIC
--
GRANT SELECT, INSERT ON sensing_telemetry_reading TO linli_gateway
--
REVOKE ALL ON support_audit_entry FROM PUBLIC
--
GRANT SELECT, INSERT ON support_audit_entry TO linli_app
--
GRANT SELECT, INSERT ON support_audit_entry TO linli_gateway
--
ALTER TABLE support_audit_entry ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON support_audit_entry TO linli_app USING ((actor_id = (SELECT linli_account())) OR (organisation_id = ANY ((SELECT linli_organisations('see_audit'))::uuid[])) OR (estate_id = ANY ((SELECT linli_estates('see_audit'))::uuid[])) OR (organisation_id IS NULL AND estate_id IS NULL AND cardinality((SELECT linli_organisations('see_audit'))::uuid[]) > 0)) WITH CHECK ((actor_id = (SELECT linli_account())) OR (organisation_id = ANY ((SELECT linli_organisations('see_audit'))::uuid[])) OR (estate_id = ANY ((SELECT linli_estates('see_audit'))::uuid[])) OR (organisation_id IS NULL AND estate_id IS NULL AND cardinality((SELECT linli_organisations('see_audit'))::uuid[]) > 0))
--
CREATE POLICY machine ON support_audit_entry TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON support_file FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON support_file TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON support_file TO linli_gateway
--
ALTER TABLE support_file ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON support_file TO linli_app USING ((uploaded_by = (SELECT linli_account())) OR (id IN (SELECT parent.file_id FROM support_file_use AS parent))) WITH CHECK ((uploaded_by = (SELECT linli_account())) OR (id IN (SELECT parent.file_id FROM support_file_use AS parent)))
--
CREATE POLICY machine ON support_file TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON support_message FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON support_message TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON support_message TO linli_gateway
--
ALTER TABLE support_message ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON support_message TO linli_app USING ((account_id = (SELECT linli_account())) OR (channel <> 'in_app' AND estate_id = ANY ((SELECT linli_estates('see_incidents'))::uuid[]))) WITH CHECK ((account_id = (SELECT linli_account())) OR (channel <> 'in_app' AND estate_id = ANY ((SELECT linli_estates('see_incidents'))::uuid[])))
--
CREATE POLICY machine ON support_message TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_account FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON directory_account TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_account TO linli_gateway
--
ALTER TABLE directory_account ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_account TO linli_app USING ((id = (SELECT linli_account())) OR (organisation_id = ANY ((SELECT linli_organisations('manage_accounts'))::uuid[]))) WITH CHECK ((id = (SELECT linli_account())) OR (organisation_id = ANY ((SELECT linli_organisations('manage_accounts'))::uuid[])))
--
CREATE POLICY machine ON directory_account TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_estate FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON directory_estate TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_estate TO linli_gateway
--
ALTER TABLE directory_estate ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_estate TO linli_app USING ((id = ANY ((SELECT linli_estates('see_places'))::uuid[])) OR (community_id = ANY ((SELECT linli_organisations('manage_organisations'))::uuid[]))) WITH CHECK ((id = ANY ((SELECT linli_estates('see_places'))::uuid[])) OR (community_id = ANY ((SELECT linli_organisations('manage_organisations'))::uuid[])))
--
CREATE POLICY machine ON directory_estate TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON sensing_device FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON sensing_device TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON sensing_device TO linli_gateway
--
ALTER TABLE sensing_device ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON sensing_device TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_devices'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_devices'))::uuid[]))
--
CREATE POLICY machine ON sensing_device TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON sensing_mqtt_session FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE, DELETE ON sensing_mqtt_session TO linli_gateway
--
ALTER TABLE sensing_mqtt_session ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON sensing_mqtt_session TO linli_app USING (connection_id IN (SELECT parent.id FROM sensing_connection AS parent)) WITH CHECK (connection_id IN (SELECT parent.id FROM sensing_connection AS parent))
--
CREATE POLICY machine ON sensing_mqtt_session TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON sensing_presence FROM PUBLIC
--
GRANT SELECT ON sensing_presence TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON sensing_presence TO linli_gateway
--
ALTER TABLE sensing_presence ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON sensing_presence TO linli_app USING (connection_id IN (SELECT parent.id FROM sensing_connection AS parent)) WITH CHECK (connection_id IN (SELECT parent.id FROM sensing_connection AS parent))
--
CREATE POLICY machine ON sensing_presence TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON support_file_use FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON support_file_use TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON support_file_use TO linli_gateway
--
ALTER TABLE support_file_use ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON support_file_use TO linli_app USING ((estate_id = ANY (linli_estates(permission))) OR (incident_id = ANY (linli_incidents(permission)))) WITH CHECK ((estate_id = ANY (linli_estates(permission))) OR (incident_id = ANY (linli_incidents(permission))))
--
CREATE POLICY machine ON support_file_use TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON support_message_attempt FROM PUBLIC
--
GRANT SELECT ON support_message_attempt TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON support_message_attempt TO linli_gateway
--
ALTER TABLE support_message_attempt ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON support_message_attempt TO linli_app USING (message_id IN (SELECT parent.id FROM support_message AS parent)) WITH CHECK (message_id IN (SELECT parent.id FROM support_message AS parent))
--
CREATE POLICY machine ON support_message_attempt TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_account_password FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON directory_account_password TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_account_password TO linli_gateway
--
ALTER TABLE directory_account_password ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_account_password TO linli_app USING (account_id IN (SELECT parent.id FROM directory_account AS parent)) WITH CHECK (account_id IN (SELECT parent.id FROM directory_account AS parent))
--
CREATE POLICY machine ON directory_account_password TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_grant FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON directory_grant TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_grant TO linli_gateway
--
ALTER TABLE directory_grant ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_grant TO linli_app USING (account_id IN (SELECT parent.id FROM directory_account AS parent)) WITH CHECK (account_id IN (SELECT parent.id FROM directory_account AS parent))
--
CREATE POLICY machine ON directory_grant TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_person FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON directory_person TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_person TO linli_gateway
--
ALTER TABLE directory_person ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_person TO linli_app USING ((estate_id = ANY ((SELECT linli_estates('see_people'))::uuid[])) OR (id IN (SELECT parent.person_id FROM directory_residence AS parent))) WITH CHECK ((estate_id = ANY ((SELECT linli_estates('see_people'))::uuid[])) OR (id IN (SELECT parent.person_id FROM directory_residence AS parent)))
--
CREATE POLICY machine ON directory_person TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_place FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON directory_place TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_place TO linli_gateway
--
ALTER TABLE directory_place ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_place TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_places'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_places'))::uuid[]))
--
CREATE POLICY machine ON directory_place TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_service_contract FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON directory_service_contract TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_service_contract TO linli_gateway
--
ALTER TABLE directory_service_contract ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_service_contract TO linli_app USING ((estate_id = ANY ((SELECT linli_estates('see_places'))::uuid[])) OR (company_id = ANY ((SELECT linli_organisations('manage_organisations'))::uuid[]))) WITH CHECK ((estate_id = ANY ((SELECT linli_estates('see_places'))::uuid[])) OR (company_id = ANY ((SELECT linli_organisations('manage_organisations'))::uuid[])))
--
CREATE POLICY machine ON directory_service_contract TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_session FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON directory_session TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_session TO linli_gateway
--
ALTER TABLE directory_session ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_session TO linli_app USING (account_id IN (SELECT parent.id FROM directory_account AS parent)) WITH CHECK (account_id IN (SELECT parent.id FROM directory_account AS parent))
--
CREATE POLICY machine ON directory_session TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON sensing_command FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON sensing_command TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON sensing_command TO linli_gateway
--
ALTER TABLE sensing_command ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON sensing_command TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_devices'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_devices'))::uuid[]))
--
CREATE POLICY machine ON sensing_command TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON sensing_device_clock FROM PUBLIC
--
GRANT SELECT ON sensing_device_clock TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON sensing_device_clock TO linli_gateway
--
ALTER TABLE sensing_device_clock ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON sensing_device_clock TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_devices'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_devices'))::uuid[]))
--
CREATE POLICY machine ON sensing_device_clock TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON sensing_device_event FROM PUBLIC
--
GRANT SELECT ON sensing_device_event TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON sensing_device_event TO linli_gateway
--
ALTER TABLE sensing_device_event ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON sensing_device_event TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_devices'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_devices'))::uuid[]))
--
CREATE POLICY machine ON sensing_device_event TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON sensing_device_fault FROM PUBLIC
--
GRANT SELECT ON sensing_device_fault TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON sensing_device_fault TO linli_gateway
--
ALTER TABLE sensing_device_fault ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON sensing_device_fault TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_devices'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_devices'))::uuid[]))
--
CREATE POLICY machine ON sensing_device_fault TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON sensing_series FROM PUBLIC
--
GRANT SELECT ON sensing_series TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON sensing_series TO linli_gateway
--
ALTER TABLE sensing_series ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON sensing_series TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_devices'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_devices'))::uuid[]))
--
CREATE POLICY machine ON sensing_series TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_person_contact FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON directory_person_contact TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_person_contact TO linli_gateway
--
ALTER TABLE directory_person_contact ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_person_contact TO linli_app USING (person_id IN (SELECT parent.id FROM directory_person AS parent)) WITH CHECK (person_id IN (SELECT parent.id FROM directory_person AS parent))
--
CREATE POLICY machine ON directory_person_contact TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON directory_residence FROM PUBLIC
--
GRANT SELECT, INSERT, UPDATE ON directory_residence TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_residence TO linli_gateway
--
ALTER TABLE directory_residence ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON directory_residence TO linli_app USING (estate_id = ANY ((SELECT linli_estates('see_people'))::uuid[])) WITH CHECK (estate_id = ANY ((SELECT linli_estates('see_people'))::uuid[]))
--
CREATE POLICY machine ON directory_residence TO linli_gateway USING (true) WITH CHECK (true)
--
REVOKE ALL ON sensing_last_value FROM PUBLIC
--
GRANT SELECT ON sensing_last_value TO linli_app
--
GRANT SELECT, INSERT, UPDATE, DELETE ON sensing_last_value TO linli_gateway
--
ALTER TABLE sensing_last_value ENABLE ROW LEVEL SECURITY
--
CREATE POLICY people ON sensing_last_value TO linli_app USING (series_id IN (SELECT parent.id FROM sensing_series AS parent)) WITH CHECK (series_id IN (SELECT parent.id FROM sensing_series AS parent))
--
CREATE POLICY machine ON sensing_last_value TO linli_gateway USING (true) WITH CHECK (true)
--
INSERT INTO directory_structure (id, version) VALUES (1, 1)
--
CREATE FUNCTION linli_structure_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE directory_structure SET version = version + 1 WHERE id = 1;
    RETURN NULL;
END $$
--
CREATE FUNCTION linli_grant_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE directory_account SET scope_version = scope_version + 1
    WHERE id = coalesce(NEW.account_id, OLD.account_id);
    RETURN NULL;
END $$
--
CREATE FUNCTION linli_audit_organisation() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    NEW.organisation_id := coalesce(
        (
            SELECT a.organisation_id FROM directory_account AS a
            WHERE a.id = coalesce(
                NEW.actor_id, CASE WHEN NEW.subject_kind = 'account' THEN NEW.subject_id END)
        ),
        CASE WHEN NEW.subject_kind = 'organisation' THEN NEW.subject_id END
    );
    RETURN NEW;
END $$
--
CREATE FUNCTION linli_find_login(wanted text)
RETURNS TABLE (
    account_id uuid, login text, display_name text, state text, password_hash text
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.id, a.login, a.display_name, a.state, p.password_hash
    FROM directory_account AS a JOIN directory_account_password AS p ON p.account_id = a.id
    WHERE a.login = wanted
$$
--
CREATE FUNCTION linli_sign_in_tries(subjects text[])
RETURNS TABLE (
    subject text, failures integer, last_failed_at timestamptz, blocked_until timestamptz
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    INSERT INTO directory_sign_in_try (subject, failures)
    SELECT s, 0 FROM unnest(subjects) AS s ORDER BY s
    ON CONFLICT DO NOTHING;
    RETURN QUERY
        SELECT t.subject::text, t.failures, t.last_failed_at, t.blocked_until
        FROM directory_sign_in_try AS t
        WHERE t.subject = ANY (subjects)
        ORDER BY t.subject
        FOR UPDATE;
END $$
--
CREATE FUNCTION linli_set_sign_in_tries(
    wanted text, failed integer, failed_at timestamptz, blocked timestamptz
) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE directory_sign_in_try
    SET failures = failed, last_failed_at = failed_at, blocked_until = blocked
    WHERE subject = wanted
$$
--
CREATE FUNCTION linli_open_session(token bytea, at timestamptz, idle interval)
RETURNS TABLE (
    session_id uuid, account_id uuid, display_name text, scope_version bigint
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    UPDATE directory_session AS s SET last_seen_at = at
    WHERE s.token_hash = token AND s.ended_at IS NULL AND s.expires_at > at
        AND s.last_seen_at > at - idle AND s.last_seen_at < at - interval '1 minute';
    RETURN QUERY
        SELECT s.id, a.id, a.display_name::text, a.scope_version + w.version
        FROM directory_session AS s
        JOIN directory_account AS a ON a.id = s.account_id AND a.state = 'active'
        CROSS JOIN directory_structure AS w
        WHERE s.token_hash = token AND s.ended_at IS NULL AND s.expires_at > at
            AND s.last_seen_at > at - idle;
END $$
--
CREATE FUNCTION linli_end_session(token bytea, at timestamptz)
RETURNS TABLE (session_id uuid, account_id uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE directory_session AS s SET ended_at = at
    WHERE s.token_hash = token AND s.ended_at IS NULL
    RETURNING s.id, s.account_id
$$
--
CREATE FUNCTION linli_scope_version(wanted uuid) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.scope_version + w.version
    FROM directory_account AS a CROSS JOIN directory_structure AS w WHERE a.id = wanted
$$
--
CREATE FUNCTION linli_standing(wanted uuid, at timestamptz)
RETURNS TABLE (
    grant_id uuid, role text, target_kind text, target_id uuid,
    estates uuid[], duties text[], organisations uuid[], around uuid[]
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH held AS (
        SELECT g.*, o.id AS employer, o.kind AS employer_kind
        FROM directory_grant AS g
        JOIN directory_account AS a ON a.id = g.account_id AND a.state = 'active'
        JOIN directory_organisation AS o ON o.id = a.organisation_id
        WHERE g.account_id = wanted AND g.revoked_at IS NULL
            AND g.valid_from <= at AND (g.valid_to IS NULL OR g.valid_to > at)
    ), reached AS (
        SELECT h.id AS grant_id, e.id AS estate_id, NULL::text AS duties
        FROM held AS h
        JOIN directory_organisation AS c ON h.target_id = ANY (c.path)
        JOIN directory_estate AS e ON e.community_id = c.id
        WHERE h.target_kind = 'organisation'
        UNION ALL
        SELECT h.id, k.estate_id, string_agg(array_to_string(k.duties, ' '), ' ')
        FROM held AS h JOIN directory_service_contract AS k ON k.company_id = h.target_id
        WHERE h.target_kind = 'company'
            AND k.valid_from <= at AND (k.valid_to IS NULL OR k.valid_to > at)
        GROUP BY h.id, k.estate_id
        UNION ALL
        SELECT h.id, e.id, NULL
        FROM held AS h JOIN directory_estate AS e ON e.id = h.target_id
        WHERE h.target_kind = 'estate' AND h.employer_kind <> 'company'
        UNION ALL
        SELECT h.id, k.estate_id, string_agg(array_to_string(k.duties, ' '), ' ')
        FROM held AS h
        JOIN directory_service_contract AS k
            ON k.estate_id = h.target_id AND k.company_id = h.employer
        WHERE h.target_kind = 'estate' AND h.employer_kind = 'company'
            AND k.valid_from <= at AND (k.valid_to IS NULL OR k.valid_to > at)
        GROUP BY h.id, k.estate_id
    ), below AS (
        SELECT h.id AS grant_id, o.id AS organisation_id
        FROM held AS h JOIN directory_organisation AS o ON h.target_id = ANY (o.path)
        WHERE h.target_kind IN ('organisation', 'company')
    ), around AS (
        SELECT h.id AS grant_id, unnest(o.path) AS organisation_id
        FROM held AS h JOIN directory_organisation AS o ON o.id = h.target_id
        WHERE h.target_kind IN ('organisation', 'company')
        UNION
        SELECT r.grant_id, unnest(c.path)
        FROM reached AS r
        JOIN directory_estate AS e ON e.id = r.estate_id
        JOIN directory_organisation AS c ON c.id = e.community_id
        UNION
        SELECT r.grant_id, k.company_id
        FROM reached AS r JOIN directory_service_contract AS k ON k.estate_id = r.estate_id
        WHERE k.valid_from <= at AND (k.valid_to IS NULL OR k.valid_to > at)
    )
    SELECT h.id, h.role::text, h.target_kind::text, h.target_id,
        coalesce((SELECT array_agg(r.estate_id ORDER BY r.estate_id)
            FROM reached AS r WHERE r.grant_id = h.id), '{}'),
        coalesce((SELECT array_agg(coalesce(r.duties, '') ORDER BY r.estate_id)
            FROM reached AS r WHERE r.grant_id = h.id), '{}'),
        coalesce((SELECT array_agg(b.organisation_id)
            FROM below AS b WHERE b.grant_id = h.id), '{}'),
        coalesce((SELECT array_agg(n.organisation_id)
            FROM around AS n WHERE n.grant_id = h.id), '{}')
    FROM held AS h ORDER BY h.id
$$
--
CREATE FUNCTION linli_next_change(wanted uuid, at timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT min(moment) FROM (
        SELECT unnest(ARRAY[g.valid_from, g.valid_to]) AS moment
        FROM directory_grant AS g WHERE g.account_id = wanted AND g.revoked_at IS NULL
        UNION ALL
        SELECT unnest(ARRAY[k.valid_from, k.valid_to])
        FROM directory_grant AS g
        JOIN directory_account AS a ON a.id = g.account_id
        JOIN directory_service_contract AS k
            ON k.company_id = CASE g.target_kind
                WHEN 'company' THEN g.target_id WHEN 'estate' THEN a.organisation_id END
        WHERE g.account_id = wanted AND g.revoked_at IS NULL
    ) AS m WHERE m.moment > at
$$
--
CREATE FUNCTION linli_staff(wanted uuid, at timestamptz)
RETURNS TABLE (
    account_id uuid, display_name text, phone_masked text,
    grant_id uuid, role text, target_kind text, target_id uuid,
    estates uuid[], duties text[], organisations uuid[], around uuid[]
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.id, a.display_name::text, a.phone_masked::text, s.*
    FROM directory_account AS a CROSS JOIN LATERAL linli_standing(a.id, at) AS s
    WHERE a.organisation_id = wanted AND a.state = 'active'
        AND (pg_has_role(session_user, 'linli_gateway', 'MEMBER')
            OR wanted = ANY (linli_organisations('see_places')))
    ORDER BY a.display_name, a.id
$$
--
CREATE FUNCTION linli_account_names(wanted uuid[])
RETURNS TABLE (account_id uuid, display_name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.id, a.display_name::text FROM directory_account AS a WHERE a.id = ANY (wanted)
$$
--
CREATE FUNCTION linli_administrators(target uuid, at timestamptz)
RETURNS TABLE (grant_id uuid, account_id uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('linli_administrators'));
    RETURN QUERY
        SELECT g.id, a.id
        FROM directory_organisation AS o
        JOIN directory_grant AS g ON g.target_id = ANY (o.path)
        JOIN directory_account AS a ON a.id = g.account_id AND a.state = 'active'
        WHERE o.id = target AND g.role = 'administrator' AND g.target_kind = 'organisation'
            AND g.revoked_at IS NULL AND g.valid_from <= at AND g.valid_to IS NULL;
END $$
--
CREATE FUNCTION linli_invite(
    new_id uuid, invited uuid, incident uuid, title text, estate uuid,
    begins timestamptz, ends timestamptz, why text, inviter uuid
) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO directory_grant (
        id, account_id, role, target_kind, target_id, target_title,
        valid_from, valid_to, basis, granted_by, granted_at
    )
    SELECT new_id, a.id, 'invited_helper', 'incident', incident, title,
        begins, ends, why, inviter, begins
    FROM directory_account AS a
    WHERE a.id = invited AND ends > begins
        AND (pg_has_role(session_user, 'linli_gateway', 'MEMBER')
            OR estate = ANY (linli_estates('dispatch_orders')))
    RETURNING true
$$
--
REVOKE ALL ON FUNCTION linli_find_login(text) FROM PUBLIC
--
REVOKE ALL ON FUNCTION linli_sign_in_tries(text[]) FROM PUBLIC
--
REVOKE ALL ON FUNCTION linli_set_sign_in_tries(text, integer, timestamptz, timestamptz) FROM PUBLIC
--
REVOKE ALL ON FUNCTION linli_open_session(bytea, timestamptz, interval) FROM PUBLIC
--
REVOKE ALL ON FUNCTION linli_end_session(bytea, timestamptz) FROM PUBLIC
--
REVOKE ALL ON FUNCTION linli_scope_version(uuid) FROM PUBLIC
--
REVOKE ALL ON FUNCTION linli_standing(uuid, timestamptz) FROM PUBLIC
--
REVOKE ALL ON FUNCTION linli_next_change(uuid, timestamptz) FROM PUBLIC
--
REVOKE ALL ON FUNCTION linli_staff(uuid, timestamptz) FROM PUBLIC
--
REVOKE ALL ON FUNCTION linli_account_names(uuid[]) FROM PUBLIC
--
REVOKE ALL ON FUNCTION linli_administrators(uuid, timestamptz) FROM PUBLIC
--
REVOKE ALL ON FUNCTION linli_invite(uuid, uuid, uuid, text, uuid, timestamptz, timestamptz, text, uuid) FROM PUBLIC
--
REVOKE ALL ON FUNCTION linli_structure_changed() FROM PUBLIC
--
REVOKE ALL ON FUNCTION linli_grant_changed() FROM PUBLIC
--
REVOKE ALL ON FUNCTION linli_audit_organisation() FROM PUBLIC
--
GRANT EXECUTE ON FUNCTION linli_find_login(text) TO linli_app, linli_gateway
--
GRANT EXECUTE ON FUNCTION linli_sign_in_tries(text[]) TO linli_app, linli_gateway
--
GRANT EXECUTE ON FUNCTION linli_set_sign_in_tries(text, integer, timestamptz, timestamptz) TO linli_app, linli_gateway
--
GRANT EXECUTE ON FUNCTION linli_open_session(bytea, timestamptz, interval) TO linli_app, linli_gateway
--
GRANT EXECUTE ON FUNCTION linli_end_session(bytea, timestamptz) TO linli_app, linli_gateway
--
GRANT EXECUTE ON FUNCTION linli_scope_version(uuid) TO linli_app, linli_gateway
--
GRANT EXECUTE ON FUNCTION linli_standing(uuid, timestamptz) TO linli_app, linli_gateway
--
GRANT EXECUTE ON FUNCTION linli_next_change(uuid, timestamptz) TO linli_app, linli_gateway
--
GRANT EXECUTE ON FUNCTION linli_staff(uuid, timestamptz) TO linli_app, linli_gateway
--
GRANT EXECUTE ON FUNCTION linli_account_names(uuid[]) TO linli_app, linli_gateway
--
GRANT EXECUTE ON FUNCTION linli_administrators(uuid, timestamptz) TO linli_app, linli_gateway
--
GRANT EXECUTE ON FUNCTION linli_invite(uuid, uuid, uuid, text, uuid, timestamptz, timestamptz, text, uuid) TO linli_app, linli_gateway
--
CREATE TRIGGER structure_changed AFTER INSERT OR UPDATE OR DELETE ON directory_organisation FOR EACH STATEMENT EXECUTE FUNCTION linli_structure_changed()
--
CREATE TRIGGER structure_changed AFTER INSERT OR UPDATE OR DELETE ON directory_estate FOR EACH STATEMENT EXECUTE FUNCTION linli_structure_changed()
--
CREATE TRIGGER structure_changed AFTER INSERT OR UPDATE OR DELETE ON directory_service_contract FOR EACH STATEMENT EXECUTE FUNCTION linli_structure_changed()
--
CREATE TRIGGER grant_changed AFTER INSERT OR UPDATE OR DELETE ON directory_grant FOR EACH ROW EXECUTE FUNCTION linli_grant_changed()
--
CREATE TRIGGER audit_organisation BEFORE INSERT ON support_audit_entry FOR EACH ROW EXECUTE FUNCTION linli_audit_organisation()
--
GRANT USAGE ON SEQUENCE sensing_register_version TO linli_app, linli_gateway
--
GRANT USAGE ON SEQUENCE sensing_device_number TO linli_app, linli_gateway
--
CREATE TABLE sensing_telemetry_reading_stray PARTITION OF sensing_telemetry_reading DEFAULT
--
REVOKE ALL ON sensing_telemetry_reading_stray FROM PUBLIC
--
CREATE FUNCTION linli_readings_prepare(first date, days integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET lock_timeout = '3s' AS $$
DECLARE
    day date;
    part text;
    made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('linli_readings'));
    FOR offset_days IN 0 .. days - 1 LOOP
        day := first + offset_days;
        part := 'sensing_telemetry_reading_' || to_char(day, 'YYYYMMDD');
        CONTINUE WHEN to_regclass(part) IS NOT NULL;
        EXECUTE format(
            'CREATE TABLE %I (LIKE sensing_telemetry_reading INCLUDING DEFAULTS)', part);
        EXECUTE format('REVOKE ALL ON %I FROM PUBLIC', part);
        EXECUTE format(
            'WITH moved AS (DELETE FROM sensing_telemetry_reading_stray'
            ' WHERE received_at >= %1$L AND received_at < %2$L RETURNING *)'
            ' INSERT INTO %3$I SELECT * FROM moved',
            day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC', part);
        EXECUTE format(
            'ALTER TABLE sensing_telemetry_reading ATTACH PARTITION %I'
            ' FOR VALUES FROM (%L) TO (%L)',
            part, day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
        made := made + 1;
    END LOOP;
    RETURN made;
END $$
--
CREATE FUNCTION linli_readings_forget(before date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET lock_timeout = '3s' AS $$
DECLARE
    part text;
    dropped integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('linli_readings'));
    FOR part IN
        SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'sensing_telemetry_reading'::regclass
          AND c.relname ~ '^sensing_telemetry_reading_[0-9]{8}$'
          AND to_date(right(c.relname, 8), 'YYYYMMDD') < before
    LOOP
        EXECUTE format('DROP TABLE %I', part);
        dropped := dropped + 1;
    END LOOP;
    DELETE FROM sensing_telemetry_reading_stray
    WHERE received_at < before::timestamp AT TIME ZONE 'UTC';
    RETURN dropped;
END $$
--
REVOKE ALL ON FUNCTION linli_readings_prepare(date, integer) FROM PUBLIC
--
REVOKE ALL ON FUNCTION linli_readings_forget(date) FROM PUBLIC
--
GRANT EXECUTE ON FUNCTION linli_readings_prepare(date, integer) TO linli_gateway
--
GRANT EXECUTE ON FUNCTION linli_readings_forget(date) TO linli_gateway
--
CREATE VIEW sensing_reading_seen WITH (security_barrier) AS
SELECT r.series_id, r.observed_at, r.received_at, r.recorded_at, r.value, r.clock
FROM sensing_telemetry_reading AS r
JOIN sensing_series AS s ON s.id = r.series_id
WHERE s.estate_id = ANY ((SELECT linli_estates('see_devices'))::uuid[])
   OR (SELECT current_user) = 'linli_gateway'
--
REVOKE ALL ON sensing_reading_seen FROM PUBLIC
--
GRANT SELECT ON sensing_reading_seen TO linli_app, linli_gateway
--
SELECT linli_readings_prepare((now() AT TIME ZONE 'UTC')::date - 1, 9)
--
CREATE POLICY recording ON support_audit_entry FOR INSERT TO linli_app WITH CHECK (actor_id IS NOT DISTINCT FROM (SELECT linli_account()))
--
CREATE FUNCTION linli_audit_stands() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND current_user = 'linli_retention' THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'audit entries are never changed' USING ERRCODE = 'insufficient_privilege';
    END $$
--
CREATE TRIGGER audit_stands BEFORE UPDATE OR DELETE ON support_audit_entry FOR EACH ROW EXECUTE FUNCTION linli_audit_stands()
--
CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON support_audit_entry FOR EACH STATEMENT EXECUTE FUNCTION linli_audit_stands()
--
CREATE POLICY attaching ON support_file_use FOR INSERT TO linli_app WITH CHECK (file_id IN (SELECT f.id FROM support_file AS f))
--
CREATE POLICY telling ON support_message FOR INSERT TO linli_app WITH CHECK ((SELECT linli_account()) IS NOT NULL)
--
INSERT INTO kernel_event_sequence (id, last_offset) VALUES (1, 0)
--
GRANT SELECT ON alembic_version TO linli_app, linli_gateway
