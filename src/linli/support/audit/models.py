"""The audit's table: written once, never changed."""

from sqlalchemy import Column, Index, String, Table

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import Use, any_of, by_account, by_estate, by_organisation, guarded

entry_table = Table(
    "support_audit_entry",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("actor_id", Id),
    Column("actor_name", String(80), nullable=False),
    Column("action", String(40), nullable=False),
    Column("subject_kind", String(40), nullable=False),
    Column("subject_id", Id),
    Column("subject_title", String(200), nullable=False),
    Column("reason", String(500)),
    Column("address", String(64)),
    Column("outcome", String(20), nullable=False),
    Column("estate_id", Id),
    # Filled by a trigger: the organisation of who acted.
    Column("organisation_id", Id),
    # What the shared terminal is called at which it was done.
    Column("terminal", String(40)),
    info=guarded(
        any_of(
            by_account("actor_id"),
            by_organisation("see_audit"),
            by_estate("see_audit"),
            # About nobody's: an unknown login was tried. What is about somebody and of no known
            # county is shown to none.
            "organisation_id IS NULL AND estate_id IS NULL AND subject_id IS NULL"
            " AND cardinality((SELECT linli_organisations('see_audit'))::uuid[]) > 0",
        ),
        app=Use.APPEND,
        machine=Use.APPEND,
    ),
)
Index("ix_support_audit_entry_at", entry_table.c.at, entry_table.c.id)
Index("ix_support_audit_entry_actor", entry_table.c.actor_id, entry_table.c.at)
Index("ix_support_audit_entry_subject", entry_table.c.subject_id, entry_table.c.at)

EXTRA_SQL: tuple[str, ...] = (
    # Everybody's acts are recorded, also of those who may not read the audit; in one's own name.
    (
        "CREATE POLICY recording ON support_audit_entry FOR INSERT TO linli_app"
        " WITH CHECK (actor_id IS NOT DISTINCT FROM (SELECT linli_account()))"
    ),
    """
    CREATE FUNCTION linli_audit_stands() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND current_user = 'linli_retention' THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'audit entries are never changed' USING ERRCODE = 'insufficient_privilege';
    END $$
    """,
    (
        "CREATE TRIGGER audit_stands BEFORE UPDATE OR DELETE ON support_audit_entry"
        " FOR EACH ROW EXECUTE FUNCTION linli_audit_stands()"
    ),
    (
        "CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON support_audit_entry"
        " FOR EACH STATEMENT EXECUTE FUNCTION linli_audit_stands()"
    ),
)
