"""What files do by themselves: go, when their time is over."""

from datetime import timedelta

from linli.kernel.reactions import Chore, every
from linli.kernel.work import Work
from linli.support.files import service
from linli.support.files.ports import Vault


def chores(vault: Vault) -> tuple[Chore, ...]:
    """The chores of an installation with this vault."""

    async def remove_expired(work: Work) -> int:
        return await service.remove_expired(work, vault)

    return (every(timedelta(minutes=10), "files.remove_expired")(remove_expired),)
