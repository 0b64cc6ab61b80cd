"""Runs a step's SQL, which lies beside the step."""

from pathlib import Path

from alembic import op

SEPARATOR = "\n--\n"


def run_sql_beside(step: str) -> None:
    """Run the statements of `<step>.sql`; a line with two dashes and nothing else separates them.

    `step` is the `__file__` of the migration. Fails as the statement fails; nothing of the step
    remains then.
    """
    text = Path(step).with_suffix(".sql").read_text(encoding="utf-8")
    connection = op.get_bind()
    for statement in text.split(SEPARATOR):
        connection.exec_driver_sql(statement)
