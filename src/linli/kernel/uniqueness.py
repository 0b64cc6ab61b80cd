"""Unique constraints that people run into: which field of theirs is taken, and in what words.

A service looks first and refuses kindly; when two people enter the same at the same moment only
the database notices. A table says in its `info` what that means, and `transaction` says it.
"""

from typing import Any, Protocol, cast

from sqlalchemy import MetaData
from sqlalchemy.exc import IntegrityError

from linli.kernel.errors import BadInput, FieldFault

KEY = "linli.taken"
UNIQUE_VIOLATION = "23505"


class Taken(BadInput):
    """Somebody else was a moment earlier: what must be unique is in use already."""

    code = "code_taken"
    text = "这个编号已经被使用"


def taken(constraint: str, field: str, words: str) -> dict[str, Any]:
    """What a Table's `info` says of one unique constraint or index, by its name."""
    return {f"{KEY}:{constraint}": FieldFault(field=field, message=words)}


class _DriverError(Protocol):
    """What asyncpg tells of a violated constraint (its PostgresError)."""

    sqlstate: str
    constraint_name: str | None


def refusal_of(error: IntegrityError, tables: MetaData) -> Taken | None:
    """The refusal a person should read; None when the constraint is not one they run into."""
    cause = cast("_DriverError | None", error.orig.__cause__ if error.orig else None)
    if getattr(cause, "sqlstate", None) != UNIQUE_VIOLATION or cause is None:
        return None
    key = f"{KEY}:{cause.constraint_name}"
    for table in tables.tables.values():
        fault = table.info.get(key)
        if isinstance(fault, FieldFault):
            return Taken(fault.message, field=fault.field, remedy="请换一个，再提交一次")
    return None
