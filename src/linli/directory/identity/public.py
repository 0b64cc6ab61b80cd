"""The door of identity: who may what, who can be sent, and the accounts and grants behind it."""

from linli.directory.identity.contracts import Staff
from linli.directory.identity.passwords import HashCost, Passwords
from linli.directory.identity.service import (
    account_of,
    create_account,
    grant_role,
    grants_of,
    holders,
    invite_to_incident,
    lock_account,
    names_of,
    phones_of,
    reset_password,
    resolve_scope,
    revoke_grant,
    staff_of,
    unlock_account,
)

__all__ = [
    "HashCost",
    "Passwords",
    "Staff",
    "account_of",
    "create_account",
    "grant_role",
    "grants_of",
    "holders",
    "invite_to_incident",
    "lock_account",
    "names_of",
    "phones_of",
    "reset_password",
    "resolve_scope",
    "revoke_grant",
    "staff_of",
    "unlock_account",
]
