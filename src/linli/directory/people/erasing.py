"""A person's data goes for good, as a second person agreed to, and what was done can be proven.

The row stays as "已删除的人员" so that incidents, homes and votes keep what they refer to. The
deletion itself stands in the database (`linli_erase_person`): it reaches what the session may not
read, does nothing without the approval, and writes the proof in the same transaction.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from types import MappingProxyType
from uuid import UUID

import msgspec
from sqlalchemy import select, text

from linli.directory.people import policy, store
from linli.directory.people.contracts import Person
from linli.directory.people.models import erasure_table, person_table
from linli.directory.people.service import MANAGE
from linli.kernel.errors import Forbidden, IllegalMove, NotFound
from linli.kernel.time import SHANGHAI
from linli.kernel.work import Work
from linli.support.approvals.contracts import Approval, Json, Purpose, Said, Wanted
from linli.support.approvals.public import ask, use
from linli.support.audit.contracts import Action
from linli.support.audit.public import record
from linli.support.sealing.ports import Cipher

e = erasure_table.c
SEE_LOOKS = "see_looks"
NEEDS = (MANAGE, "see_key_people", "see_cards")
"""Without these a session would not see that the person is cared for, or holds a card, still."""


class Basis(StrEnum):
    """Why the law lets a person's data go: the items of article 47 of the law (PIPL)."""

    PURPOSE_OVER = "purpose_over"
    TERM_OVER = "term_over"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    UNLAWFUL = "unlawful"


BASIS_TITLES: Mapping[Basis, str] = MappingProxyType(
    {
        Basis.PURPOSE_OVER: "处理目的已经实现或不再需要（个人信息保护法第四十七条第一项）",
        Basis.TERM_OVER: "停止服务或保存期限已满（第四十七条第二项）",
        Basis.CONSENT_WITHDRAWN: "本人撤回同意（第四十七条第三项）",
        Basis.UNLAWFUL: "收集或使用违反法律或约定（第四十七条第四项）",
    }
)
ROW_TITLES: Mapping[str, str] = MappingProxyType(
    {
        "directory_person": "姓名、电话、身份证号、出生日期、类别",
        "directory_person_contact": "紧急联系人",
        "directory_person_search": "搜索用的索引",
        "directory_person_twin": "疑似重复的比对",
        "directory_person_merge": "合并记录（含撤销用的旧值）",
        "directory_person_correction": "更正申请里的内容",
        "directory_revision": "历次修改前的旧版本",
        "directory_key_person": "重点人员档案",
        "directory_key_medical": "健康备注",
        "directory_key_visit": "走访记录",
        "directory_vehicle": "车牌号",
        "directory_door_card": "门卡号和持卡人",
        "support_file": "走访照片",
        "support_sheets_content": "导入时的原始表格",
        "support_message": "消息里的姓名和号码",
        "support_approval": "审批里的姓名和号码",
        "support_sheets_import": "导入报错里的内容",
        "kernel_idempotency": "防重复提交的暂存回答",
    }
)
KEPT: tuple[Said, ...] = (
    Said("事件、工单和任务的经过", "处置经过连成证据链，不能改写；经过里若写有姓名，随经过保留"),
    Said(
        "查看记录和操作审计",
        "处理情况记录至少保存三年（个人信息保护法第五十六条），姓名已隐去；当时填写的理由原样保留",
    ),
    Said("房屋、产权、租赁和住户关系", "只留“已删除的人员”，不再指向任何人"),
    Said("在别人资料里的联系方式", "作为他人的紧急联系人，由那位本人决定"),
    Said("还没执行的导入表格", "加密保存，到期自动销毁"),
)
IN_USE: tuple[tuple[str, str], ...] = (
    (
        "仍登记住在小区",
        (
            "SELECT count(*) FROM directory_residence WHERE person_id = :person"
            " AND (valid_to IS NULL OR valid_to > :now)"
        ),
    ),
    (
        "仍是业主",
        (
            "SELECT count(*) FROM directory_ownership WHERE person_id = :person"
            " AND (valid_to IS NULL OR valid_to > :today)"
        ),
    ),
    (
        "租约还没到期",
        (
            "SELECT count(*) FROM directory_lease WHERE person_id = :person"
            " AND (valid_to IS NULL OR valid_to > :today)"
        ),
    ),
    (
        "仍在户内",
        (
            "SELECT count(*) FROM directory_household_member WHERE person_id = :person"
            " AND (valid_to IS NULL OR valid_to > :today)"
        ),
    ),
    (
        "仍有在用的车辆",
        (
            "SELECT count(*) FROM directory_vehicle WHERE person_id = :person"
            " AND (valid_to IS NULL OR valid_to > :today)"
        ),
    ),
    (
        "仍持有在用的门卡",
        "SELECT count(*) FROM directory_door_card WHERE person_id = :person AND state = 'active'",
    ),
    (
        "仍是重点人员",
        (
            "SELECT count(*) FROM directory_key_person WHERE person_id = :person"
            " AND cardinality(categories) > 0"
        ),
    ),
)


class StillUsed(IllegalMove):
    code = "still_used"
    text = "这位人员的资料还在使用，不能删除"


class ErasedAlready(IllegalMove):
    code = "erased_already"
    text = "这位人员的资料已经删除"


class Told(msgspec.Struct, frozen=True):
    """What a proof says, without personal data of who was erased.

    `rows` went as agreed; of the rows of `also` only what named the person was taken out.
    """

    number: int
    estate_id: UUID
    person_id: UUID
    at: datetime
    basis: Basis
    rows: dict[str, int]
    also: dict[str, int]
    asked_by: str
    asked_at: datetime
    approved_by: str
    approved_at: datetime
    approval_id: UUID


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof of erasure. `intact`: it and all before it in its estate are as they were written."""

    told: Told
    hash: str
    intact: bool


@dataclass(frozen=True, slots=True)
class Look:
    """What an erasure would do: why not yet, rows that go by table; the proof once it is done."""

    person: Person
    in_use: tuple[str, ...]
    rows: Mapping[str, int]
    proof: Proof | None


@dataclass(frozen=True, slots=True)
class Link:
    """One link of an estate's chain of proofs, as it is stored."""

    number: int
    estate_id: UUID
    person_id: UUID
    body: str
    hash_before: str
    hash: str


def whole(chain: Sequence[Link]) -> int:
    """How many of an estate's proofs, by number from the first, are as they were written. Pure."""
    before = ""
    for number, link in enumerate(chain, 1):
        wanted = hashlib.sha256((before + link.body).encode()).hexdigest()
        told = msgspec.json.decode(link.body, type=Told)
        said = (told.number, told.estate_id, told.person_id)
        if (link.hash_before, link.hash, link.number) != (before, wanted, number):
            return number - 1
        if said != (number, link.estate_id, link.person_id):
            return number - 1
        before = link.hash
    return len(chain)


def intact(chain: Sequence[Link]) -> bool:
    """Whether all of an estate's proofs are as they were written. Pure."""
    return whole(chain) == len(chain)


async def look(work: Work, cipher: Cipher, person_id: UUID) -> Look:
    """What would go, what stands against it; after the erasure its proof, checked anew.

    Raises:
        NotFound: absent, out of sight, or merged into another record.
        Forbidden: the actor does not manage people in all their estates.
    """
    person = await store.person(work.connection, cipher, person_id, lock=True)
    if person is None or person.merged_into is not None:
        raise NotFound
    estates = await work.connection.scalar(
        select(person_table.c.estate_ids).where(person_table.c.id == person_id)
    )
    if not all(work.scope.estates_for(need).issuperset(estates or ()) for need in NEEDS):
        raise Forbidden
    proof = await _proof(work, person)
    if proof is not None:
        return Look(person, (), {}, proof)
    bound = {"person": person_id, "now": work.now, "today": work.now.astimezone(SHANGHAI).date()}
    used = [
        title
        for title, question in IN_USE
        if await work.connection.scalar(
            text(question), {name: bound[name] for name in bound if f":{name}" in question}
        )
    ]
    rows = await work.connection.scalar(
        text("SELECT CAST(linli_erasure_look(:person) AS text)"), {"person": person_id}
    )
    return Look(person, tuple(used), msgspec.json.decode(str(rows), type=dict[str, int]), None)


async def erasures(work: Work, *, most: int, skip: int) -> tuple[Sequence[Proof], int]:
    """The proofs of the estates whose looks the actor sees, and how many there are.

    The latest stands first; each is checked anew. An estate's chain is read whole: a proof is
    worth what all before it are worth. An erasure is rare, a community sees a few a month.
    """
    rows = await work.connection.execute(
        select(e.number, e.estate_id, e.person_id, e.body, e.hash_before, e.hash)
        .where(e.estate_id.in_(work.scope.estates_for(SEE_LOOKS)))
        .order_by(e.estate_id, e.number)
    )
    proofs: list[Proof] = []
    for _, links in groupby((Link(*row) for row in rows), key=lambda link: link.estate_id):
        chain = list(links)
        good = whole(chain)
        proofs += (
            Proof(msgspec.json.decode(link.body, type=Told), link.hash, at < good)
            for at, link in enumerate(chain)
        )
    proofs.sort(key=lambda proof: (proof.told.at, proof.told.number), reverse=True)
    return proofs[skip : skip + most], len(proofs)


async def ask_to_erase(
    work: Work, cipher: Cipher, person_id: UUID, *, basis: Basis, reason: str
) -> Approval:
    """Ask a second person to agree to exactly what the look shows now.

    Raises:
        NotFound, Forbidden, StillUsed, ErasedAlready: as `erase_person`.
        BadInput: no reason.
    """
    seen = await _erasable(work, cipher, person_id)
    rows = [
        Said(ROW_TITLES[table], f"{many} 条") for table, many in sorted(seen.rows.items()) if many
    ]
    return await ask(
        work,
        Wanted(
            purpose=Purpose.ERASE_PERSON,
            title="删除一位人员的全部资料",
            request=_request(seen, basis),
            total=sum(seen.rows.values()),
            reason=reason.strip(),
            said=(Said("人员编号", seen.person.code), Said("依据", BASIS_TITLES[basis]), *rows),
            needs=NEEDS,
            estate_ids=tuple(
                sorted({seen.person.estate_id, *(r.estate_id for r in seen.person.residences)})
            ),
        ),
    )


async def erase_person(work: Work, cipher: Cipher, person_id: UUID, *, basis: Basis) -> Proof:
    """Erase the person, exactly as a second person agreed; answers the proof.

    Raises:
        NotFound, Forbidden: as `look`.
        StillUsed: a purpose still needs the data.
        ErasedAlready: it was done before.
        SecondPairNeeded: nobody agreed to exactly this; what is kept may have changed since.
    """
    seen = await _erasable(work, cipher, person_id)
    approval = await use(work, Purpose.ERASE_PERSON, _request(seen, basis))
    await work.connection.execute(
        text("SELECT linli_erase_person(:proof, :approval, :person, :phone, :number, :at)"),
        {
            "proof": work.new_id(),
            "approval": approval.id,
            "person": person_id,
            "phone": seen.person.phone or "",
            "number": seen.person.id_number or "",
            "at": work.now,
        },
    )
    await record(
        work,
        action=Action.PERSON_ERASED,
        subject_kind="person",
        subject_id=person_id,
        subject_title=policy.TOMBSTONE,
        reason=BASIS_TITLES[basis],
        estate_id=seen.person.estate_id,
    )
    proof = await _proof(work, seen.person)
    if proof is None:
        raise NotFound
    return proof


async def _erasable(work: Work, cipher: Cipher, person_id: UUID) -> Look:
    seen = await look(work, cipher, person_id)
    if seen.proof is not None:
        raise ErasedAlready
    if seen.in_use:
        raise StillUsed("、".join(seen.in_use) + "，先办完再删除")
    return seen


def _request(seen: Look, basis: Basis) -> dict[str, Json]:
    return {
        "person_id": str(seen.person.id),
        "basis": basis.value,
        "rows": dict[str, Json](seen.rows),
    }


async def _proof(work: Work, person: Person) -> Proof | None:
    rows = await work.connection.execute(
        select(e.number, e.estate_id, e.person_id, e.body, e.hash_before, e.hash)
        .where(e.estate_id == person.estate_id)
        .order_by(e.number)
    )
    chain = [Link(*row) for row in rows]
    for at, link in enumerate(chain, 1):
        if link.person_id == person.id:
            told = msgspec.json.decode(link.body, type=Told)
            return Proof(told, link.hash, intact(chain[:at]))
    return None


__all__ = [
    "BASIS_TITLES",
    "KEPT",
    "ROW_TITLES",
    "Basis",
    "ErasedAlready",
    "Look",
    "Proof",
    "StillUsed",
    "ask_to_erase",
    "erase_person",
    "erasures",
    "intact",
    "look",
]
