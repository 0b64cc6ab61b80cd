"""Whom PostgreSQL runs as: it refuses to be root, so root lends it a system user."""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

SYSTEM_USERS = ("linli", "postgres", "nobody")
NUMERIC_FALLBACK = 65534


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the operating system."""

    uid: int
    gid: int


def service_account(cluster: Path) -> Account | None:
    """Choose the user for the cluster in this folder; None means: as we are.

    An existing cluster keeps its owner, so that a new system user does not shut it out.
    """
    if os.geteuid() != 0:
        return None
    if cluster.exists():
        owner = cluster.stat()
        if owner.st_uid != 0:
            return Account(owner.st_uid, owner.st_gid)
    for name in SYSTEM_USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    return Account(NUMERIC_FALLBACK, NUMERIC_FALLBACK)


def closed_folder(account: Account, path: Path) -> Path | None:
    """Return the first folder on the way to `path` that `account` may not enter, if any."""
    for folder in reversed(path.absolute().parents):
        if folder.exists() and not _allows(account, folder.stat(), stat.S_IXUSR):
            return folder
    return None


def can_reach(account: Account, program: Path) -> bool:
    """Say whether `account` may enter every folder above `program` and run it."""
    for path in (program, program.resolve()):
        if closed_folder(account, path) is not None:
            return False
    return _allows(account, program.stat(), stat.S_IXUSR)


def _allows(account: Account, status: os.stat_result, permission: int) -> bool:
    """Judge by the permission bits, as the kernel does (access lists are not looked at)."""
    if account.uid == status.st_uid:
        return bool(status.st_mode & permission)
    if account.gid == status.st_gid:
        return bool(status.st_mode & (permission >> 3))
    return bool(status.st_mode & (permission >> 6))
