"""Print the SQL of tables that no migration makes yet: the first draft of the next step.

`python tools/migration.py PREFIX…` prints tables whose names begin with one of the prefixes (all
without one). Changed columns of older tables are written by hand.
"""

import re
import sys
from pathlib import Path

from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from linli.app.tables import load, metadata
from linli.kernel.row_security import statements_for

VERSIONS = Path(__file__).parents[1] / "src/linli/migrations/versions"


def made_already() -> set[str]:
    texts = (step.read_text(encoding="utf-8") for step in VERSIONS.glob("*.sql"))
    return {name for text in texts for name in re.findall(r"CREATE TABLE (\w+)", text)}


def main(prefixes: list[str]) -> None:
    load()
    known = made_already()
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    tables = [
        table
        for table in metadata.sorted_tables
        if table.name not in known and table.name.startswith(tuple(prefixes) or "")
    ]
    statements: list[str] = []
    for table in tables:
        statements.append(str(CreateTable(table).compile(dialect=dialect)).strip())
        statements += [
            str(CreateIndex(index).compile(dialect=dialect))
            for index in sorted(table.indexes, key=lambda one: str(one.name))
        ]
    for table in tables:
        statements += statements_for(table)
    print("\n--\n".join(statements))


if __name__ == "__main__":
    main(sys.argv[1:])
