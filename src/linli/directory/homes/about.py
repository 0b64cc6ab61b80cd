"""What the register of homes tells a person about themselves."""

from uuid import UUID

from linli.directory.homes import service
from linli.directory.homes.contracts import ROLE_TITLES, VEHICLE_TITLES
from linli.directory.places.public import places_named
from linli.kernel.work import Work
from linli.support.chapters.contracts import Asked, Chapter, Section
from linli.support.chapters.public import said
from linli.support.sealing.ports import Cipher


async def tell_holdings(work: Work, cipher: Cipher, asked: Asked) -> tuple[Section, ...]:
    """What the person owns, rents, belongs to and drives, now and before."""
    del cipher
    held = await service.holdings_of(work, person_id=asked.person_id, full=True)
    homes = await places_named(
        work,
        {
            *(one.home_id for one in held.ownerships),
            *(one.home_id for one in held.leases),
            *(one.home_id for one in held.households),
        },
    )

    def home(home_id: UUID) -> str:
        return homes[home_id].path if home_id in homes else ""

    return (
        Section(
            "产权",
            tuple(
                (
                    ("房屋", home(one.home_id)),
                    ("份额", str(one.share.part)),
                    ("从", said(one.share.valid_from)),
                    ("到", said(one.share.valid_to)),
                )
                for one in held.ownerships
            ),
        ),
        Section(
            "租约",
            tuple(
                (
                    ("房屋", home(one.home_id)),
                    ("从", said(one.valid_from)),
                    ("到", said(one.valid_to)),
                )
                for one in held.leases
            ),
        ),
        Section(
            "家庭户",
            tuple(
                (("房屋", home(one.home_id)), ("身份", ROLE_TITLES[member.role]))
                for one in held.households
                for member in one.members
                if member.person_id == asked.person_id
            ),
        ),
        Section(
            "车辆",
            tuple(
                (("车牌", one.plate), ("种类", VEHICLE_TITLES[one.kind])) for one in held.vehicles
            ),
        ),
    )


CHAPTERS = (Chapter(code="holdings", title="房屋和车辆", place=20, tell=tell_holdings),)
