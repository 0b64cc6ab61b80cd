"""Verbs of a person's own file."""

from collections.abc import Iterable

from linli.directory.people.public import person_masked
from linli.kernel.errors import NotAtTerminal
from linli.kernel.work import Work
from linli.screens.own_file.contracts import OwnFile, ToldChapter
from linli.support.audit.contracts import Action
from linli.support.audit.public import record
from linli.support.chapters.contracts import Asked, Chapter
from linli.support.sealing.ports import Cipher


async def gather(work: Work, cipher: Cipher, chapters: Iterable[Chapter], asked: Asked) -> OwnFile:
    """Everything that is kept about a person, as far as this session may see it.

    Handing it out is in the audit, and every look behind it on record for the person.

    Raises:
        NotFound: the person is absent, or out of sight.
        Forbidden: the session may not see people in full there.
        ReasonNeeded: no reason was given.
        NotAtTerminal: it does not leave from a shared terminal.
    """
    if work.actor.terminal is not None:
        raise NotAtTerminal
    told = [
        ToldChapter(chapter.code, chapter.title, await chapter.tell(work, cipher, asked))
        for chapter in sorted(chapters, key=lambda one: one.place)
    ]
    person = await person_masked(work, cipher, asked.person_id)
    await record(
        work,
        action=Action.PERSON_EXPORTED,
        subject_kind="person",
        subject_id=person.id,
        subject_title=person.name,
        reason=asked.reason,
        estate_id=person.estate_id,
    )
    return OwnFile(
        person_id=asked.person_id,
        made_at=work.now,
        made_by=work.actor.name,
        reason=asked.reason,
        chapters=tuple(told),
    )
