"""Which identities an account signs in with."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, insert, select

from linli.directory.openid.contracts import Identity, Link
from linli.directory.openid.models import link_table
from linli.kernel.errors import NotFound
from linli.kernel.work import Work

x = link_table.c


async def link(work: Work, account_id: UUID, identity: Identity) -> Link:
    """Let the account sign in with this identity.

    Raises:
        Taken: it belongs to an account already.
    """
    made = Link(work.new_id(), account_id, identity.title, work.now, None)
    await work.connection.execute(
        insert(link_table).values(
            id=made.id,
            account_id=account_id,
            issuer=identity.issuer,
            subject=identity.subject,
            title=identity.title,
            linked_at=made.linked_at,
        )
    )
    return made


async def links_of(work: Work, account_id: UUID) -> Sequence[Link]:
    """The account's identities, the oldest first."""
    rows = await work.connection.execute(
        select(x.id, x.account_id, x.title, x.linked_at, x.last_used_at)
        .where(x.account_id == account_id)
        .order_by(x.linked_at, x.id)
    )
    return [Link(*row) for row in rows]


async def unlink(work: Work, account_id: UUID, link_id: UUID) -> str:
    """Sign in with this identity no more; answers what it was called.

    Raises:
        NotFound: the account has no such identity.
    """
    title = await work.connection.scalar(
        delete(link_table).where(x.id == link_id, x.account_id == account_id).returning(x.title)
    )
    if title is None:
        raise NotFound
    return title


async def unlink_all(work: Work, account_id: UUID) -> int:
    """Sign in with no identity any more; answers how many there were."""
    gone = await work.connection.scalars(
        delete(link_table).where(x.account_id == account_id).returning(x.id)
    )
    return len(gone.all())
