"""The demo's key people: thirty of the estate's people with a basis, a plan, and visits so far.

Invented, and the same every time: what varies is taken from a person's place in the list.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from linli.app.demo.plan import EstatePlan
from linli.directory.key_people.contracts import (
    Basis,
    Carer,
    Finding,
    KeyDraft,
    Outcome,
    ToldBy,
    VisitDraft,
)
from linli.directory.key_people.public import (
    AbsenceDraft,
    enter_many,
    note_absence,
    note_medical,
    record_visit,
    set_carers,
    set_door,
)
from linli.directory.people.contracts import Relation
from linli.directory.sources.contracts import Source, SourceKind
from linli.kernel.scope import MACHINE, Actor
from linli.kernel.time import SHANGHAI
from linli.kernel.work import Work
from linli.support.sealing.ports import Cipher

MANY = 30
UNPLANNED = 11
"""Every so-manieth has no visitor yet."""
SOURCE = Source(SourceKind.DEMO, "演示重点人员台账")
VISITOR = ("wangge", "刘网格")
# Days since the last visits; the first of a list is the newest.
LAST_VISITS = ((2,), (9, 16), (5,), (), (1, 8, 15), (12,), (3, 10), (26,))
OTHERS = ("disabled", "low_income", "elder_80", "bedridden", "special_support")
WORDS = (
    "精神不错，家里整洁",
    "腿脚不便，提醒少下楼",
    "燃气灶已检查",
    "药还够吃一周",
    "已教会使用呼救器",
)


async def seed_key_people(
    work: Work,
    cipher: Cipher,
    estate_id: UUID,
    plan: EstatePlan,
    living: Mapping[str, Sequence[tuple[UUID, Relation]]],
    accounts: Mapping[str, UUID],
) -> None:
    """Enter thirty people, visit most of them, and let one be away."""
    elders = [living[elder.home][0][0] for elder in plan.elders]
    others = [
        person
        for home in dict.fromkeys(person.home for person in plan.people)
        for person, _ in living[home]
        if person not in elders
    ]
    people = [*elders, *others][:MANY]
    visitor_id, visitor_name = accounts[VISITOR[0]], VISITOR[1]
    drafts = [
        KeyDraft(
            person_id=person,
            category="elder_alone" if at < len(elders) else OTHERS[at % len(OTHERS)],
            basis=(Basis.SEPARATE_CONSENT, Basis.STATUTORY_DUTY)[at % 2],
            basis_words="入户登记时签署" if at % 2 == 0 else "社区网格服务职责",
            visitor_id=visitor_id if (at + 1) % UNPLANNED else None,
            visitor_name=visitor_name if (at + 1) % UNPLANNED else "",
        )
        for at, person in enumerate(people)
    ]
    drafts += [
        KeyDraft(
            person_id=person,
            category="elder_80",
            basis=Basis.STATUTORY_DUTY,
            basis_words="高龄津贴名册",
        )
        for at, person in enumerate(elders)
        if plan.elders[at].age >= 80  # noqa: PLR2004 - the category's own age
    ]
    entered = await enter_many(work, cipher, drafts, SOURCE, estate_id)
    keys = [entered.ids[str(person)] for person in people]
    walking = replace(work, actor=Actor(MACHINE.kind, visitor_name, visitor_id))
    for at, key in enumerate(keys):
        for back in reversed(LAST_VISITS[at % len(LAST_VISITS)]):
            visit = _visit(walking, key, at, back)
            # The phone had a network.
            there = replace(walking, now=visit.visited_at)
            await record_visit(there, cipher, visit)
    first = keys[0]
    contact = plan.elders[0].contact
    await set_carers(work, cipher, first, [Carer(contact.name, contact.relation, contact.phone)])
    await set_door(work, cipher, first, "单元门密码 2580#，备用钥匙在物业前台")
    await note_medical(
        work,
        cipher,
        first,
        words="高血压，长期服用降压药；青霉素过敏",
        consent_words="本人书面同意，2026年体检时签署",
    )
    today = work.now.astimezone(SHANGHAI).date()
    await note_absence(
        work,
        cipher,
        keys[-1],
        AbsenceDraft(
            since=today,
            until=today + timedelta(days=12),
            whereto="去女儿家住",
            told_by=ToldBy.CARER,
        ),
    )


def _visit(work: Work, key: UUID, at: int, back: int) -> VisitDraft:
    unmet = (at + back) % 9 == 0
    return VisitDraft(
        id=work.new_id(),
        key_person_id=key,
        visited_at=work.now - timedelta(days=back, minutes=7 * at),
        outcome=Outcome.NOT_HOME if unmet else Outcome.MET,
        findings=() if unmet else (Finding.FALL_RISK if at % 5 == 1 else Finding.WELL,),
        words="敲门无人应，已留联系卡" if unmet else WORDS[(at + back) % len(WORDS)],
    )
