"""Two years of an invented estate: what happened, who came, how it ended, each told step by step.

A story is made by the same steps as a lived one, and its hashes by the incidents' own rule.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.app.demo.county.pouring import Cells, pour
from linli.app.demo.county.standing import Standing
from linli.directory.organisation.contracts import Organisation
from linli.directory.places.contracts import Estate, Place
from linli.kernel.ids import new_id
from linli.kernel.time import SHANGHAI
from linli.responding.alerts.contracts import Category, Severity
from linli.responding.dispatch.contracts import Offer, OrderState
from linli.responding.dispatch.models import order_table
from linli.responding.incidents import policy
from linli.responding.incidents.contracts import IncidentState, Level, Stage, StepDraft
from linli.responding.incidents.models import (
    counter_table,
    incident_table,
    place_table,
    step_table,
)

TWO_YEARS = timedelta(days=730)
OPEN = 0.0005
"""Part of what happened that still waits; all of it is young and of little weight."""
LONGEST = timedelta(days=5)
"""No story is longer; those of the last days are told in less."""
FALSE = 0.12
DESK = ("王值班", "李值班", "陈值班")
WORKERS = ("张维修", "刘维修", "赵秩序", "孙秩序", "周电工")
REPORTERS = ("居民来电", "物业巡查", "网格巡查")
CLOCK = "时限"
HOURS = (2, 1, 1, 1, 1, 2, 5, 8, 9, 8, 7, 7, 8, 7, 6, 6, 7, 9, 10, 10, 8, 6, 4, 3)

_INCIDENT = (
    *("id", "code", "estate_id", "estate_title", "place_id", "place_path", "category"),
    *("severity", "severity_rank", "what", "line", "duty", "state", "version", "level"),
    *("owner_id", "owner_title", "opened_at", "received_at", "last_seen_at", "times_seen"),
    *("ringing", "source_kind", "source_title", "source_device_id", "stage", "due_at"),
    *("overdue", "accepted_at", "resolved_at", "ended_at", "steps", "chain"),
)
_STEP = (
    *("incident_id", "seq", "at", "recorded_at", "actor_name", "actor_kind", "kind", "title"),
    *("words", "evidence", "detail", "hash"),
)
_PLACE = ("incident_id", "place_id", "estate_id")
_ORDER = (
    *("id", "code", "subject_id", "estate_id", "company_id", "severity", "offer", "state"),
    *("version", "offered_at", "offered_by", "accepted_at", "arrived_at", "fixed_at"),
    *("ended_at", "result"),
)
_COUNTER = ("estate_id", "day", "last")
NO_LIST = "{}"


@dataclass(frozen=True, slots=True)
class Matter:
    """Something that happens: how often, by which kind of device (none: people tell)."""

    weight: int
    category: Category
    severity: Severity
    what: str
    action: str
    duty: str
    kind: str | None
    rule: str
    result: str
    mistake: str = ""


C, V = Category, Severity
MATTERS = (
    Matter(20, C.REPORT, V.NOTICE, "楼道灯不亮", "", "property", None, "", "已更换灯泡"),
    Matter(14, C.REPORT, V.NOTICE, "楼道堆放杂物", "", "property", None, "", "已清理并告知住户"),
    Matter(12, C.WATER, V.WARNING, "水管漏水", "", "repair", None, "", "已更换阀门，不再漏水"),
    Matter(9, C.WATER, V.WARNING, "夜间持续用水，可能漏水", "请上门查看", "repair", "water_meter",
           "夜间持续用水", "马桶水箱漏水，已修", "住户夜间洗衣"),
    Matter(10, C.DEVICE_FAULT, V.NOTICE, "设备电量低", "请更换电池", "repair", "smoke_alarm",
           "电量低", "已更换电池"),
    Matter(8, C.DEVICE_FAULT, V.WARNING, "设备离线", "请检查供电和网络", "repair", "smoke_alarm",
           "设备离线", "重新接通，已上线"),
    Matter(7, C.ACCESS, V.WARNING, "单元门长时间未关", "请到场关门", "security", "door_contact",
           "单元门未关", "闭门器松动，已调整", "住户搬家具"),
    Matter(6, C.LIFT, V.WARNING, "电梯门反复开关", "请维保人员到场", "lift", "lift_controller",
           "电梯门异常", "清理地坎异物，运行正常"),
    Matter(2, C.LIFT, V.CRITICAL, "电梯困人", "请立即安抚并救援", "lift", "lift_controller",
           "电梯困人", "人员已救出，无受伤", "检修时误触发"),
    Matter(4, C.FIRE, V.CRITICAL, "烟雾报警", "请立即到场核实", "fire", "smoke_alarm",
           "烟雾报警", "厨房油烟，已通风，无明火", "做饭油烟，无火情"),
    Matter(3, C.RESCUE, V.CRITICAL, "老人按下呼救按钮", "请立即联系并上门", "security",
           "sos_button", "一键呼救", "已上门，老人平安", "误碰按钮"),
    Matter(3, C.COVER, V.WARNING, "井盖下水位过高", "请到场查看", "repair", "manhole_cover",
           "井内水位高", "已疏通，水位下降"),
    Matter(3, C.CHARGING, V.DANGER, "充电桩温度过高", "请断电并查看", "security", "charging_pile",
           "充电温度高", "已断电，更换插座"),
    Matter(2, C.ACCESS, V.DANGER, "大门被强行打开", "请到场查看", "security", "gate_controller",
           "强行开门", "道闸杆已复位"),
)  # fmt: skip
SMALL_MATTER = MATTERS[0]


@dataclass(frozen=True, slots=True)
class Where:
    """The estate whose past is told, and who answers for it."""

    estate: Estate
    company: Organisation
    places: Sequence[Place]
    devices: Sequence[Standing]


@dataclass(frozen=True, slots=True)
class Past:
    """The rows of a past. `due` is what still waits: incident and when."""

    incidents: list[Cells]
    steps: list[Cells]
    places: list[Cells]
    orders: list[Cells]
    counters: list[Cells]
    due: list[tuple[UUID, datetime]]


async def write_down(connection: AsyncConnection, past: Past) -> None:
    """Add what happened to the tables of incidents and orders."""
    await pour(connection, incident_table, _INCIDENT, past.incidents)
    await pour(connection, step_table, _STEP, past.steps)
    await pour(connection, place_table, _PLACE, past.places)
    await pour(connection, order_table, _ORDER, past.orders)
    await pour(connection, counter_table, _COUNTER, past.counters)


def happened(where: Where, many: int, chance: Random, now: datetime) -> Past:
    """So many incidents of two years, oldest first."""
    by_kind: dict[str, list[Standing]] = {}
    for device in where.devices:
        by_kind.setdefault(device.kind.code, []).append(device)
    possible = [one for one in MATTERS if one.kind is None or one.kind in by_kind]
    weights = [one.weight for one in possible]
    waiting = sum(chance.random() < OPEN for _ in range(many))
    moments = sorted(_moment(chance, now) for _ in range(many - waiting))
    moments += sorted(now - timedelta(minutes=chance.uniform(3, 40)) for _ in range(waiting))
    past = Past([], [], [], [], [], [])
    numbers: dict[date, int] = {}
    for at, moment in enumerate(moments):
        still = at >= len(moments) - waiting
        matter = SMALL_MATTER if still else chance.choices(possible, weights)[0]
        device = chance.choice(by_kind[matter.kind]) if matter.kind else None
        day = moment.astimezone(SHANGHAI).date()
        numbers[day] = numbers.get(day, 0) + 1
        lived = _Lived(where, matter, device, moment, numbers[day], chance, past, now)
        lived.tell(waits=still)
    past.counters.extend((where.estate.id, day, last) for day, last in numbers.items())
    return past


def _moment(chance: Random, now: datetime) -> datetime:
    """A moment of the last two years, more by day than by night, all over by now."""
    day = now - timedelta(days=chance.uniform(0, TWO_YEARS.days))
    hour = chance.choices(range(24), HOURS)[0]
    local = day.astimezone(SHANGHAI).replace(
        hour=hour, minute=chance.randrange(60), second=chance.randrange(60), microsecond=0
    )
    found = local.astimezone(now.tzinfo)
    return found if found < now - timedelta(hours=1) else found - timedelta(days=1)


class _Lived:
    """One incident while it is told."""

    def __init__(
        self,
        where: Where,
        matter: Matter,
        device: Standing | None,
        at: datetime,
        number: int,
        chance: Random,
        past: Past,
        now: datetime,
    ) -> None:
        self._where, self._matter, self._device = where, matter, device
        self._opened, self._chance, self._past, self._now = at, chance, past, now
        self._place = device.place if device else chance.choice(where.places)
        self._id = new_id(at, chance.getrandbits)
        day = at.astimezone(SHANGHAI).date()
        self._code = f"{where.estate.code}-{day:%Y%m%d}-{number:04d}"
        self._line = policy.line_of(
            where.estate.title, self._place.path, matter.what, matter.action
        )
        self._chain, self._seq = "", 0

    def tell(self, *, waits: bool) -> None:
        """Write the whole story down: how it was answered, or that it waits."""
        matter, at = self._matter, self._opened
        if self._device:
            self._step(at, "alert", matter.what, "", matter.rule, "rule")
        else:
            reporter = self._chance.choice(REPORTERS)
            self._step(at, "reported", "人工上报", matter.what, reporter, "person")
        if waits:
            self._keep(IncidentState.OPEN, None, None, None)
        elif matter.mistake and self._chance.random() < FALSE * 3:
            seen = self._after(at, 40, 600)
            desk = self._chance.choice(DESK)
            self._step(seen, "mark_false_alarm", "误报", matter.mistake, desk, "person")
            self._keep(IncidentState.FALSE_ALARM, None, None, seen)
        else:
            self._answered()

    def _answered(self) -> None:
        matter, chance = self._matter, self._chance
        desk, worker = chance.choice(DESK), chance.choice(WORKERS)
        due = policy.due_times(matter.severity, self._opened)
        pace = {Severity.CRITICAL: 0.3, Severity.DANGER: 0.4}.get(matter.severity, 1.0)
        offered = self._after(self._opened, 10, 90 * pace)
        span = due[Stage.ACCEPT] - self._opened
        accepted = offered + span * self._late(0.1, 0.8)
        arrived = accepted + (due[Stage.ARRIVE] - self._opened) * self._late(0.2, 0.8)
        fixed = arrived + (due[Stage.FIX] - due[Stage.ARRIVE]) * chance.uniform(0.03, 0.4)
        verified = self._after(fixed, 120, 3_600)
        confirmed = self._after(verified, 300, 20_000)
        closed = confirmed + policy.CLOSE_AFTER * chance.uniform(0.2, 1)
        offered, accepted, arrived, fixed, verified, confirmed, closed = (
            self._over_by_now(at)
            for at in (offered, accepted, arrived, fixed, verified, confirmed, closed)
        )
        company = self._where.company.title
        order = new_id(offered, chance.getrandbits)
        code = f"{self._code}-1"
        by = f"{company} {worker}"
        self._step(
            *(offered, "dispatched", f"派单给{by}", "", desk, "person"), f'{{"order":"{code}"}}'
        )
        said = (
            (accepted, "accept", "接单", "", OrderState.ACCEPTED),
            (arrived, "arrive", "到达现场", "", OrderState.ARRIVED),
            (fixed, "fix", "处理完成", matter.result, OrderState.FIXED),
        )
        for at, move, title, words, state in said:
            self._order_step(order, at, move, f"{by} {title}", words, state, worker)
        title = f"{company} {desk} 核实通过"
        self._order_step(order, verified, "verify", title, "", OrderState.VERIFIED, desk)
        self._step(confirmed, "confirm", "确认已解决", "", desk, "person")
        self._step(closed, "close", "到期自动办结", "", CLOCK, "clock")
        self._keep(IncidentState.CLOSED, accepted, verified, closed)
        offer = Offer(
            subject_id=self._id,
            subject_code=self._code,
            estate_id=self._where.estate.id,
            place_id=self._place.id,
            company_id=self._where.company.id,
            company_title=company,
            duty=matter.duty,
            severity=matter.severity,
            line=self._line,
            what=matter.what,
            estate_title=self._where.estate.title,
            place_path=self._place.path,
            words="",
            due={str(stage): moment for stage, moment in due.items()},
            assignee_name=worker,
        )
        self._past.orders.append(
            (
                *(order, code, self._id, self._where.estate.id, self._where.company.id),
                *(matter.severity.value, msgspec.json.encode(offer).decode()),
                *(OrderState.VERIFIED.value, 5, offered, desk, accepted, arrived, fixed),
                *(verified, matter.result),
            )
        )

    def _order_step(
        self,
        order: UUID,
        at: datetime,
        move: str,
        title: str,
        words: str,
        state: OrderState,
        who: str,
    ) -> None:
        detail = f'{{"order_id":"{order}","order_state":"{state.value}"}}'
        self._step(at, f"order_{move}", title, words, who, "person", detail)

    def _step(
        self,
        at: datetime,
        kind: str,
        title: str,
        words: str,
        who: str,
        who_kind: str,
        detail: str = "{}",
    ) -> None:
        self._seq += 1
        said = StepDraft(
            kind,
            title,
            words,
            detail=msgspec.json.decode(detail, type=dict[str, str]),
            at=at,
            actor_name=who,
            actor_kind=who_kind,
        )
        self._chain = policy.step_hash(self._chain, self._id, self._seq, said, at)
        self._past.steps.append(
            (
                *(self._id, self._seq, at, at, who, who_kind, kind, title, words),
                *(NO_LIST, detail, self._chain),
            )
        )

    def _keep(
        self,
        state: IncidentState,
        accepted: datetime | None,
        resolved: datetime | None,
        ended: datetime | None,
    ) -> None:
        matter, where, device = self._matter, self._where, self._device
        due = None if ended else policy.due_times(matter.severity, self._opened)[Stage.ACCEPT]
        if due is not None:
            self._past.due.append((self._id, due))
        self._past.incidents.append(
            (
                *(self._id, self._code, where.estate.id, where.estate.title, self._place.id),
                *(self._place.path, matter.category.value, matter.severity.value),
                *(matter.severity.rank, matter.what, self._line, matter.duty, state.value),
                *(self._seq, Level.PROPERTY.value, where.company.id, where.company.title),
                *(self._opened, self._opened, self._opened, 1, False),
                "device" if device else "person",
                device.title if device else "人工上报",
                *(device.id if device else None, Stage.ACCEPT.value if due else None, due),
                *(False, accepted, resolved, ended, self._seq, self._chain),
            )
        )
        self._past.places.append((self._id, self._place.id, where.estate.id))

    def _over_by_now(self, at: datetime) -> datetime:
        room = min(1.0, (self._now - self._opened) / LONGEST)
        told = self._opened + (at - self._opened) * room
        return told.replace(microsecond=0) if room == 1 else told

    def _after(self, at: datetime, least_s: float, most_s: float) -> datetime:
        return at + timedelta(seconds=round(self._chance.uniform(least_s, max(least_s, most_s))))

    def _late(self, low: float, high: float) -> float:
        """Most keep to the time; some do not."""
        return self._chance.uniform(low, high) * (2.2 if self._chance.random() < FALSE / 2 else 1)
