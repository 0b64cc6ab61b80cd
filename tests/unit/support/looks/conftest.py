"""The county of `tests/unit/directory/town`."""

from tests.unit.directory.conftest import desks, directory_database, town

__all__ = ["desks", "directory_database", "town"]
