"""What the register of people tells a person about themselves, and who looked."""

from linli.directory.people import correcting, service
from linli.directory.people.contracts import RELATION_TITLES, TAG_TITLES
from linli.directory.sources.contracts import KIND_TITLES
from linli.kernel.work import Work
from linli.support.chapters.contracts import Asked, Chapter, Section
from linli.support.chapters.public import said
from linli.support.looks.contracts import WHAT_TITLES
from linli.support.sealing.ports import Cipher

SEE_LOOKS = "see_looks"
MOST_CORRECTIONS = 200
MOST_LOOKS = 2_000


async def tell_person(work: Work, cipher: Cipher, asked: Asked) -> tuple[Section, ...]:
    """Name, numbers, homes and contacts in full; asking is a look and on record."""
    person = await service.reveal(work, cipher, asked.person_id, reason=asked.reason)
    own = (
        ("姓名", person.name),
        ("编号", person.code),
        ("电话", person.phone or ""),
        ("身份证号", person.id_number or ""),
        ("出生日期", said(person.birth_date)),
        ("标签", "、".join(TAG_TITLES[tag] for tag in person.tags)),
        ("来源", person.source.title or KIND_TITLES[person.source.kind]),
        ("登记时间", said(person.entered_at)),
    )
    homes = tuple(
        (
            ("房屋", home.home_title),
            ("身份", RELATION_TITLES[home.relation]),
            ("从", said(home.valid_from)),
            ("到", said(home.valid_to)),
        )
        for home in person.residences
    )
    contacts = tuple(
        (("姓名", one.name), ("关系", one.relation), ("电话", one.phone)) for one in person.contacts
    )
    corrections = await correcting.list_corrections(
        work, cipher, state=None, person_id=person.id, most=MOST_CORRECTIONS
    )
    return (
        Section("本人", (own,)),
        Section("住过的房屋", homes),
        Section("联系人", contacts),
        Section(
            "更正申请",
            tuple(
                (
                    ("申请时间", said(one.asked_at)),
                    ("说明", one.words),
                    ("处理时间", said(one.decided_at)),
                    ("处理意见", one.decision or ""),
                )
                for one in corrections.rows
            ),
        ),
    )


async def tell_looks(work: Work, cipher: Cipher, asked: Asked) -> tuple[Section, ...]:
    """Who looked; this session's own looks only, unless it may see all."""
    person = await service.person_masked(work, cipher, asked.person_id)
    looks, total = await service.looks_at_person(work, cipher, person.id, most=MOST_LOOKS)
    all_of_them = work.scope.may(SEE_LOOKS, person.estate_id)
    note = "" if all_of_them else "这里只有经办人自己的查看；全部记录请向数据管理员索取。"
    if total > MOST_LOOKS:
        note += f"共 {total} 次，这里是最近的 {MOST_LOOKS} 次。"
    return (
        Section(
            "查看记录",
            tuple(
                (
                    ("时间", said(look.at)),
                    ("谁看的", look.actor_name),
                    ("看了什么", WHAT_TITLES[look.what]),
                    ("理由", look.reason or ""),
                )
                for look in looks
            ),
            note,
        ),
    )


CHAPTERS = (
    Chapter(code="person", title="登记资料", place=10, tell=tell_person),
    Chapter(code="looks", title="谁看过", place=90, tell=tell_looks),
)
