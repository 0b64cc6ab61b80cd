"""Verbs of shared terminals, in the caller's transaction. `at` is the machine's time."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from linli.directory.organisation.public import organisation_of
from linli.directory.terminals import store
from linli.directory.terminals.contracts import (
    Colleague,
    PinState,
    PinTry,
    Seat,
    Terminal,
    TerminalSearch,
)
from linli.kernel.errors import BadInput, Forbidden, NotFound
from linli.kernel.work import Work
from linli.support.audit.contracts import Action
from linli.support.audit.public import record

MANAGE = "manage_accounts"


async def register(
    work: Work, *, title: str, organisation_id: UUID, token_hash: bytes, at: datetime
) -> Terminal:
    """Make the browser that keeps this token a shared terminal of an organisation.

    Raises:
        NotFound: the organisation is absent or out of sight.
        Forbidden: the actor does not manage its accounts. BadInput: no title.
    """
    organisation = await organisation_of(work, organisation_id)
    if organisation.id not in work.scope.organisations_for(MANAGE):
        raise Forbidden
    if not title.strip():
        raise BadInput("请写明这台终端在哪里，例如：东门值班室", field="title")
    terminal = Terminal(
        id=work.new_id(),
        organisation_id=organisation.id,
        title=title.strip(),
        registered_by=work.actor.name,
        registered_at=at,
        last_used_at=at,
        ended_at=None,
    )
    await store.add(work.connection, terminal, token_hash)
    await _record(work, Action.TERMINAL_REGISTERED, terminal.id, terminal.title)
    return terminal


async def terminals_of(
    work: Work, search: TerminalSearch, *, most: int, skip: int
) -> tuple[Sequence[Terminal], int]:
    """The terminals in sight that are in use and match, and how many there are."""
    return await store.terminals(work.connection, search, most=most, skip=skip)


async def end_terminal(work: Work, terminal_id: UUID, at: datetime) -> None:
    """The browser is no terminal any more; whoever is on it is out at their next request.

    Raises:
        NotFound: absent, ended already, or out of sight.
    """
    title = await store.end(work.connection, terminal_id, at)
    if title is None:
        raise NotFound
    await _record(work, Action.TERMINAL_ENDED, terminal_id, title)


async def seat_of(work: Work, token_hash: bytes, at: datetime, *, used: bool) -> Seat | None:
    """The terminal whose browser keeps this token; `used`: somebody signs in there now."""
    return await store.seat(work.connection, token_hash, at, used=used)


async def people_of(work: Work, token_hash: bytes, at: datetime) -> Sequence[Colleague]:
    """Who used the terminal lately, the last one first."""
    return await store.people(work.connection, token_hash, at)


async def try_pin(work: Work, token_hash: bytes, account_id: UUID, at: datetime) -> PinTry | None:
    """Count a try of somebody's code at this terminal; None when they have none, or none here."""
    return await store.try_pin(work.connection, token_hash, account_id, at)


async def set_pin(work: Work, account_id: UUID, pin_hash: str) -> None:
    """Sign in at shared terminals with this code from now on."""
    await store.set_pin(work.connection, account_id, pin_hash, work.now)


async def forgive_pin(work: Work, account_id: UUID) -> None:
    """Forget wrong tries: the account has proven who it is."""
    await store.forgive(work.connection, account_id)


async def remove_pin(work: Work, account_id: UUID) -> bool:
    """Have no code any more; answers whether there was one."""
    return await store.remove_pins(work.connection, [account_id])


async def pin_state_of(work: Work, account_id: UUID) -> PinState:
    """Whether the account has a code, and whether wrong tries have locked it."""
    return await store.pin_state(work.connection, account_id)


async def _record(work: Work, action: Action, terminal_id: UUID, title: str) -> None:
    await record(
        work,
        action=action,
        subject_kind="terminal",
        subject_id=terminal_id,
        subject_title=title,
    )
