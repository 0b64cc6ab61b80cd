"""The door for guests: who shows a link's token is let in to its one order, and to nothing else."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import Request

from linli.kernel.errors import NotSignedIn
from linli.kernel.scope import NOBODY, Actor, Scope
from linli.kernel.work import Work, Workshop
from linli.responding.guests import policy, store
from linli.responding.guests.contracts import LinkState, Use

TOKEN_HEADER = "X-Guest-Token"  # noqa: S105 - the name of a header
LONGEST_TOKEN = 100


class GuestDoor:
    """Fills `linli.kernel.web.Door` with guest links; the guest is left in `request.state.guest`.

    The token comes in a header and not in the address, so that no log of addresses holds it.
    """

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop

    @asynccontextmanager
    async def enter(self, request: Request) -> AsyncGenerator[Work]:
        """Open the guest's unit of work.

        Raises:
            NotSignedIn: no token.
            LinkOver: nobody's, expired or revoked; that is written down.
        """
        token = request.headers.get(TOKEN_HEADER, "")
        if not token:
            raise NotSignedIn("请用派单的人发给您的链接打开")
        address = request.client.host if request.client else None
        guest = None
        if len(token) <= LONGEST_TOKEN:
            visitor = Actor(kind="visitor", name="未登录", address=address)
            async with self._workshop.work(actor=visitor, scope=NOBODY) as work:
                use = Use(work.new_id(), work.new_id(), work.now, "refused", address or "")
                guest = await store.open_link(work.connection, policy.hash_of(token), use)
        if guest is None or guest.state is not LinkState.OPEN:
            raise policy.LinkOver
        request.state.guest = guest
        actor = Actor(kind="guest", name=guest.name, account_id=guest.link_id, address=address)
        # The guest's own id is all their scope: rows of the order that bears it, nothing else.
        scope = Scope(account_id=guest.link_id)
        async with self._workshop.work(actor=actor, scope=scope) as work:
            yield work
