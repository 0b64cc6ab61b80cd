"""Tables of identity, and the few functions that look across scopes.

Before a session is known nothing is in scope, so sign-in and the resolution of grants go through
functions that run as the owner. Each answers one narrow question; none takes part of a condition.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import (
    Use,
    any_of,
    by_account,
    by_organisation,
    guarded,
    through,
)
from linli.kernel.uniqueness import taken

account_table = Table(
    "directory_account",
    metadata,
    Column("id", Id, primary_key=True),
    Column("login", String(60), nullable=False, unique=True),
    Column("display_name", String(80), nullable=False),
    Column("organisation_id", Id, ForeignKey("directory_organisation.id"), nullable=False),
    Column("phone_sealed", LargeBinary),
    Column("phone_masked", String(20)),
    Column("state", String(20), nullable=False),
    Column("scope_version", BigInteger, nullable=False, server_default="1"),
    Column("last_signed_in_at", Moment),
    Column("created_at", Moment, nullable=False),
    CheckConstraint("state IN ('active', 'locked', 'left')", name="state"),
    CheckConstraint("login = lower(login)", name="login_lower"),
    info=guarded(any_of(by_account("id"), by_organisation("manage_accounts")))
    | taken("uq_directory_account_login", "login", "这个登录名已经被使用"),
)
Index("ix_directory_account_organisation", account_table.c.organisation_id)

password_table = Table(
    "directory_account_password",
    metadata,
    Column("account_id", Id, ForeignKey("directory_account.id"), primary_key=True),
    Column("password_hash", Text, nullable=False),
    Column("must_change", Boolean, nullable=False),
    Column("changed_at", Moment, nullable=False),
    info=guarded(through("directory_account", "account_id")),
)

session_table = Table(
    "directory_session",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("directory_account.id"), nullable=False, index=True),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("address", String(64)),
    # The shared terminal at which somebody signed in.
    Column("terminal_id", Id, ForeignKey("directory_terminal.id"), index=True),
    info=guarded(through("directory_account", "account_id")),
)

grant_table = Table(
    "directory_grant",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("directory_account.id"), nullable=False, index=True),
    Column("role", String(40), nullable=False),
    Column("target_kind", String(20), nullable=False),
    Column("target_id", Id, nullable=False, index=True),
    Column("target_title", String(120), nullable=False),
    Column("valid_from", Moment, nullable=False),
    Column("valid_to", Moment),
    Column("basis", String(200), nullable=False),
    Column("granted_by", Id),
    Column("granted_at", Moment, nullable=False),
    Column("revoked_by", Id),
    Column("revoked_at", Moment),
    CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="period"),
    info=guarded(through("directory_account", "account_id")),
)

key_table = Table(
    "directory_api_key",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("directory_account.id"), nullable=False, index=True),
    Column("title", String(80), nullable=False),
    Column("head", String(20), nullable=False),
    Column("key_hash", LargeBinary, nullable=False, unique=True),
    Column("permissions", ARRAY(Text), nullable=False),
    Column("per_minute", Integer, nullable=False),
    Column("made_by", String(80), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    Column("last_used_at", Moment),
    Column("last_address", String(64)),
    CheckConstraint("per_minute BETWEEN 1 AND 6000", name="per_minute"),
    info=guarded(through("directory_account", "account_id")),
)

leaving_table = Table(
    "directory_leaving",
    metadata,
    Column("account_id", Id, ForeignKey("directory_account.id"), primary_key=True),
    Column("leaves_at", Moment, nullable=False),
    Column("successor_id", Id, ForeignKey("directory_account.id")),
    Column("successor_name", String(80), nullable=False),
    Column("reason", String(200), nullable=False),
    Column("noted_by", String(80), nullable=False),
    Column("noted_at", Moment, nullable=False),
    info=guarded(through("directory_account", "account_id"), app=Use.FULL),
)

sign_in_table = Table(
    "directory_sign_in_try",
    metadata,
    Column("subject", String(80), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_failed_at", Moment),
    Column("blocked_until", Moment),
    info=guarded(None, app=Use.NONE),
)

structure_table = Table(
    "directory_structure",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
    info=guarded(None, app=Use.READ, machine=Use.READ),
)

_BUMP_STRUCTURE = """
CREATE FUNCTION linli_structure_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE directory_structure SET version = version + 1 WHERE id = 1;
    RETURN NULL;
END $$
"""

_BUMP_ACCOUNT = """
CREATE FUNCTION linli_grant_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE directory_account SET scope_version = scope_version + 1
    WHERE id = coalesce(NEW.account_id, OLD.account_id);
    RETURN NULL;
END $$
"""

# Audit knows addresses and titles, not people: identity tells it whose organisation an act was,
# or, when linli itself acted, whom it was about.
_AUDIT_ORGANISATION = """
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
"""

_FIND_LOGIN = """
CREATE FUNCTION linli_find_login(wanted text)
RETURNS TABLE (
    account_id uuid, login text, display_name text, state text, password_hash text
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.id, a.login, a.display_name, a.state, p.password_hash
    FROM directory_account AS a JOIN directory_account_password AS p ON p.account_id = a.id
    WHERE a.login = wanted
$$
"""

_SIGN_IN_TRIES = """
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
"""

_SET_SIGN_IN_TRIES = """
CREATE FUNCTION linli_set_sign_in_tries(
    wanted text, failed integer, failed_at timestamptz, blocked timestamptz
) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE directory_sign_in_try
    SET failures = failed, last_failed_at = failed_at, blocked_until = blocked
    WHERE subject = wanted
$$
"""

# A session is looked up at every request, so being seen is written at most once a minute.
# At a shared terminal `idle_there` is the limit, and the terminal's end is the session's.
_OPEN_SESSION = """
CREATE FUNCTION linli_open_session(
    token bytea, at timestamptz, idle interval, idle_there interval, by_person boolean
)
RETURNS TABLE (
    session_id uuid, account_id uuid, display_name text, scope_version bigint, has_factor boolean,
    terminal_id uuid, terminal text
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    UPDATE directory_session AS s SET last_seen_at = at
    WHERE by_person AND s.token_hash = token AND s.ended_at IS NULL AND s.expires_at > at
        AND s.last_seen_at > at - CASE WHEN s.terminal_id IS NULL THEN idle ELSE idle_there END
        AND s.last_seen_at < at - interval '1 minute';
    RETURN QUERY
        SELECT s.id, a.id, a.display_name::text, a.scope_version + w.version,
            EXISTS (SELECT FROM directory_second_factor AS f
                WHERE f.account_id = a.id AND f.confirmed_at IS NOT NULL),
            t.id, t.title::text
        FROM directory_session AS s
        JOIN directory_account AS a ON a.id = s.account_id AND a.state = 'active'
        LEFT JOIN directory_terminal AS t ON t.id = s.terminal_id
        CROSS JOIN directory_structure AS w
        WHERE s.token_hash = token AND s.ended_at IS NULL AND s.expires_at > at
            AND t.ended_at IS NULL
            AND s.last_seen_at > at - CASE WHEN s.terminal_id IS NULL THEN idle ELSE idle_there END;
END $$
"""

# Being used is written at most once a minute.
_OPEN_KEY = """
CREATE FUNCTION linli_open_key(secret bytea, at timestamptz, came_from text)
RETURNS TABLE (
    key_id uuid, account_id uuid, display_name text, title text, permissions text[],
    per_minute integer, scope_version bigint
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    UPDATE directory_api_key AS k SET last_used_at = at, last_address = left(came_from, 64)
    WHERE k.key_hash = secret AND k.revoked_at IS NULL AND k.expires_at > at
        AND (k.last_used_at IS NULL OR k.last_used_at < at - interval '1 minute');
    RETURN QUERY
        SELECT k.id, a.id, a.display_name::text, k.title::text, k.permissions,
            k.per_minute, a.scope_version + w.version
        FROM directory_api_key AS k
        JOIN directory_account AS a ON a.id = k.account_id AND a.state = 'active'
        CROSS JOIN directory_structure AS w
        WHERE k.key_hash = secret AND k.revoked_at IS NULL AND k.expires_at > at;
END $$
"""

# Who shows the token owns the session.
_END_SESSION = """
CREATE FUNCTION linli_end_session(token bytea, at timestamptz)
RETURNS TABLE (session_id uuid, account_id uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE directory_session AS s SET ended_at = at
    WHERE s.token_hash = token AND s.ended_at IS NULL
    RETURNING s.id, s.account_id
$$
"""

_SCOPE_VERSION = """
CREATE FUNCTION linli_scope_version(wanted uuid) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.scope_version + w.version
    FROM directory_account AS a CROSS JOIN directory_structure AS w WHERE a.id = wanted
$$
"""

# One row for each grant of an active account that is in force, with all it reaches:
# `estates` by the tree, by contract (with the duties, space-separated) or by name (a company's
# people only while their company has a contract there);
# `organisations` at and below the target; `around`: organisations one may know of, because they
# stand above, or serve the same estates.
_STANDING = """
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
"""

# When this account's standing changes by the mere passing of time.
_NEXT_CHANGE = """
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
"""

# Staff of one organisation with all they reach. A session may ask about organisations it knows;
# linli itself (the gateway's role, or whoever stands above it) about any.
_STAFF = """
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
"""

_NAMES = """
CREATE FUNCTION linli_account_names(wanted uuid[])
RETURNS TABLE (account_id uuid, display_name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.id, a.display_name::text FROM directory_account AS a WHERE a.id = ANY (wanted)
$$
"""

# Who dispatches on an estate may ask anybody in to one incident there, and nothing else.
_INVITE = """
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
"""

# The lock makes two administrators who remove each other at once take turns.
_ADMINISTRATORS = """
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
"""

_OPEN_TO_SERVERS = (
    "linli_find_login(text)",
    "linli_sign_in_tries(text[])",
    "linli_set_sign_in_tries(text, integer, timestamptz, timestamptz)",
    "linli_open_session(bytea, timestamptz, interval, interval, boolean)",
    "linli_open_key(bytea, timestamptz, text)",
    "linli_end_session(bytea, timestamptz)",
    "linli_scope_version(uuid)",
    "linli_standing(uuid, timestamptz)",
    "linli_next_change(uuid, timestamptz)",
    "linli_staff(uuid, timestamptz)",
    "linli_account_names(uuid[])",
    "linli_administrators(uuid, timestamptz)",
    "linli_invite(uuid, uuid, uuid, text, uuid, timestamptz, timestamptz, text, uuid)",
)

_SHUT = (
    *_OPEN_TO_SERVERS,
    "linli_structure_changed()",
    "linli_grant_changed()",
    "linli_audit_organisation()",
)


def _structure_trigger(table: str) -> str:
    return (
        f"CREATE TRIGGER structure_changed AFTER INSERT OR UPDATE OR DELETE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION linli_structure_changed()"
    )


EXTRA_SQL: tuple[str, ...] = (
    "INSERT INTO directory_structure (id, version) VALUES (1, 1)",
    _BUMP_STRUCTURE,
    _BUMP_ACCOUNT,
    _AUDIT_ORGANISATION,
    _FIND_LOGIN,
    _SIGN_IN_TRIES,
    _SET_SIGN_IN_TRIES,
    _OPEN_SESSION,
    _OPEN_KEY,
    _END_SESSION,
    _SCOPE_VERSION,
    _STANDING,
    _NEXT_CHANGE,
    _STAFF,
    _NAMES,
    _ADMINISTRATORS,
    _INVITE,
    *(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC" for name in _SHUT),
    *(f"GRANT EXECUTE ON FUNCTION {name} TO linli_app, linli_gateway" for name in _OPEN_TO_SERVERS),
    _structure_trigger("directory_organisation"),
    _structure_trigger("directory_estate"),
    _structure_trigger("directory_service_contract"),
    (
        "CREATE TRIGGER grant_changed AFTER INSERT OR UPDATE OR DELETE ON directory_grant "
        "FOR EACH ROW EXECUTE FUNCTION linli_grant_changed()"
    ),
    (
        "CREATE TRIGGER audit_organisation BEFORE INSERT ON support_audit_entry "
        "FOR EACH ROW EXECUTE FUNCTION linli_audit_organisation()"
    ),
)
