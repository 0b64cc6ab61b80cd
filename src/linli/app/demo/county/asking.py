"""What can be asked of the county: to be entered, and to stop."""

from dataclasses import replace

from linli.app.demo.county import store
from linli.app.demo.county.contracts import County, CountyMove
from linli.app.demo.county.policy import UNDER_WAY, moved
from linli.kernel.work import Work
from linli.support.audit.contracts import Action
from linli.support.audit.public import record


async def ask(work: Work) -> County:
    """Ask for the full county; a worker enters it.

    Raises:
        AlreadyThere: it is there, or on its way.
    """
    county = await store.read(work.connection, lock=True)
    asked = replace(
        county,
        state=moved(county.state, CountyMove.ASK),
        asked_by=work.actor.name,
        words="",
        cancelled=False,
        began_at=work.now,
        ended_at=None,
    )
    await store.write(work.connection, asked)
    await _noted(work, "载入全县")
    return asked


async def cancel(work: Work) -> County:
    """Stop after the estates in hand; nothing happens when nothing goes on."""
    county = await store.read(work.connection, lock=True)
    if county.state in UNDER_WAY and not county.cancelled:
        await store.cancel(work.connection)
        await _noted(work, "取消载入全县")
    return await store.read(work.connection)


async def _noted(work: Work, title: str) -> None:
    await record(
        work,
        action=Action.DEMO_PLAYED,
        subject_kind="scene",
        subject_id=None,
        subject_title=title,
    )
