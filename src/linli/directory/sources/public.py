"""The door of sources: enter facts by natural key, make codes, read versions.

`source_columns` are what a table of facts carries; `keeps_versions` is the SQL that makes it leave
its former versions behind.
"""

from linli.directory.sources.models import source_columns
from linli.directory.sources.policy import TwiceInList
from linli.directory.sources.service import (
    Register,
    enter_rows,
    fresh_codes,
    told_by,
    versions_of,
)
from linli.directory.sources.undoing import LaterWork, find_entered, take_back, used_by

__all__ = [
    "LaterWork",
    "Register",
    "TwiceInList",
    "enter_rows",
    "find_entered",
    "fresh_codes",
    "source_columns",
    "take_back",
    "told_by",
    "used_by",
    "versions_of",
]
