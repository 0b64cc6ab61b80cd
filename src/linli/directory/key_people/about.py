"""What the register of key people tells a person about themselves."""

from linli.directory.key_people import service
from linli.directory.key_people.contracts import ENTRY_TITLES, OUTCOME_TITLES, RISK_TITLES
from linli.kernel.errors import NotFound
from linli.kernel.work import Work
from linli.support.chapters.contracts import Asked, Chapter, Section
from linli.support.chapters.public import said
from linli.support.sealing.ports import Cipher


async def tell_care(work: Work, cipher: Cipher, asked: Asked) -> tuple[Section, ...]:
    """Categories with their basis, carers, visits and absences; notes as far as one may see."""
    try:
        masked = await service.read_of(work, cipher, asked.person_id)
    except NotFound:
        return (Section("关爱档案", (), "没有关爱档案，或经办人无权查看。"),)
    record = await service.look(work, cipher, masked.key.id, reason=asked.reason)
    secrets = record.secrets
    return (
        Section(
            "关爱档案",
            (
                (
                    ("关注程度", RISK_TITLES[record.key.risk]),
                    ("走访人", record.key.visitor_name),
                    ("门锁说明", secrets.door),
                    ("健康备注", secrets.medical or ""),
                ),
            ),
            "经办人无权查看健康备注，请向有权的人员索取。" if secrets.medical is None else "",
        ),
        Section(
            "列入类别",
            tuple(
                (
                    ("类别", entry.title),
                    ("依据", entry.basis_words),
                    ("列入", said(entry.since)),
                    ("状态", ENTRY_TITLES[entry.state]),
                    ("退出原因", entry.end_reason),
                )
                for entry in record.entries
            ),
        ),
        Section(
            "照护人",
            tuple(
                (("姓名", one.name), ("关系", one.relation), ("电话", one.phone))
                for one in secrets.carers
            ),
        ),
        Section(
            "走访",
            tuple(
                (
                    ("时间", said(visit.visited_at)),
                    ("走访人", visit.visitor_name),
                    ("结果", OUTCOME_TITLES[visit.outcome]),
                    ("记录", visit.words or ""),
                )
                for visit in record.visits
            ),
        ),
        Section(
            "外出报备",
            tuple(
                (("从", said(one.since)), ("到", said(one.until)), ("去向", one.whereto))
                for one in record.absences
            ),
        ),
    )


CHAPTERS = (Chapter(code="care", title="关爱服务", place=40, tell=tell_care),)
