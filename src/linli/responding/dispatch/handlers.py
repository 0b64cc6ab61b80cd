"""What dispatch does when somebody leaves."""

from linli.directory.identity.events import AccountLeft
from linli.directory.identity.public import names_of
from linli.kernel.reactions import on
from linli.kernel.work import Work
from linli.responding.dispatch.service import hand_over


async def account_left(work: Work, event: AccountLeft) -> None:
    """Orders in the hands of who left go on; a second telling finds none."""
    names = await names_of(work, {event.account_id, event.successor_id or event.account_id})
    heir = None
    if event.successor_id is not None and event.successor_id in names:
        heir = (event.successor_id, names[event.successor_id])
    words = f"{names.get(event.account_id, '原经办人')}已离职，工单重新派出"
    await hand_over(work, event.account_id, heir, words)


EVENTS = (on(AccountLeft, "dispatch.account_left")(account_left),)
