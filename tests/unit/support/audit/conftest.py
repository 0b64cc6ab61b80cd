"""The audit is read by people of a county, as `tests/unit/directory/town` builds it."""

from tests.unit.directory.conftest import desks, directory_database, town

__all__ = ["desks", "directory_database", "town"]
