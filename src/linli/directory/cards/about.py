"""What the register of door cards tells a person about themselves."""

from linli.directory.cards import policy, service
from linli.directory.cards.contracts import CARD_TITLES, STATE_TITLES, CardSearch
from linli.kernel.work import Work
from linli.support.chapters.contracts import Asked, Chapter, Section
from linli.support.chapters.public import said
from linli.support.sealing.ports import Cipher

MOST = 100


async def tell_cards(work: Work, cipher: Cipher, asked: Asked) -> tuple[Section, ...]:
    """The cards the person holds; only the last four, as on the card's list."""
    search = CardSearch(person_id=asked.person_id)
    cards, _ = await service.find(work, cipher, search, most=MOST, skip=0)
    return (
        Section(
            "门卡",
            tuple(
                (
                    ("卡号", policy.masked(one.tail)),
                    ("种类", CARD_TITLES[one.kind]),
                    ("状态", STATE_TITLES[one.state]),
                    ("从", said(one.valid_from)),
                    ("到", said(one.valid_to)),
                )
                for one in cards
            ),
        ),
    )


CHAPTERS = (Chapter(code="cards", title="门卡", place=25, tell=tell_cards),)
