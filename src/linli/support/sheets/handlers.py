"""What sheets do by themselves."""

from datetime import timedelta

from linli.kernel.reactions import every
from linli.kernel.work import Work
from linli.support.sheets import store


async def forget_files(work: Work) -> int:
    """Uploaded files name people: they go when their time is over."""
    return await store.forget_contents(work.connection, work.now)


CHORES = (every(timedelta(hours=1), "sheets.forget_files")(forget_files),)
