"""What must be unique: the words of every table name a constraint that is there."""

from sqlalchemy import UniqueConstraint

from linli.app.tables import load, metadata
from linli.kernel.uniqueness import KEY


def test_what_a_table_calls_taken_is_one_of_its_unique_constraints() -> None:
    load()
    told = 0
    for table in metadata.sorted_tables:
        unique = {
            str(each.name) for each in table.constraints if isinstance(each, UniqueConstraint)
        } | {str(index.name) for index in table.indexes if index.unique}
        unique.add(str(table.primary_key.name))
        for key in table.info:
            if str(key).startswith(KEY):
                told += 1
                assert str(key).partition(":")[2] in unique, key
    assert told >= 6
