"""Findings, orders and incidents that the stories of this room begin with."""

from datetime import UTC, datetime
from uuid import UUID

from linli.responding.alerts.contracts import (
    Category,
    Explanation,
    Finding,
    RuleName,
    Severity,
)
from linli.responding.dispatch.contracts import Offer, Order, OrderState
from linli.responding.incidents.contracts import Incident, IncidentState, Level
from linli.responding.incidents.policy import due_times

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
ESTATE = UUID(int=1)
COMPANY = UUID(int=2)
DEVICE = UUID(int=3)
ZHANG = UUID(int=11)
LI = UUID(int=12)

SMOKE = Finding(
    rule=RuleName(id=UUID(int=5), code="smoke", title="烟雾报警", version=1),
    estate_id=ESTATE,
    place_id=None,
    device_id=DEVICE,
    category=Category.FIRE,
    severity=Severity.CRITICAL,
    what="烟感报警，可能起火",
    action="请立即上门查看并拨打119",
    duty="security",
    found_at=AT,
    received_at=AT,
    explanation=Explanation(sentence="烟雾报警器的烟雾变为“有烟”", facts=()),
)

ORDER = Order(
    id=UUID(int=21),
    code="YG-20261122-0001-1",
    offer=Offer(
        subject_id=UUID(int=31),
        subject_code="YG-20261122-0001",
        estate_id=ESTATE,
        place_id=None,
        company_id=COMPANY,
        company_title="安居物业",
        duty="security",
        severity=Severity.DANGER,
        line="阳光花园 3号楼 3号电梯 发现电动自行车进入，请及时处置",
        what="发现电动自行车进入",
        estate_title="阳光花园",
        place_path="3号楼 3号电梯",
        words="",
        due={str(stage): at for stage, at in due_times(Severity.DANGER, AT).items()},
    ),
    state=OrderState.OFFERED,
    version=1,
    offered_at=AT,
    offered_by="王值班",
)

INCIDENT = Incident(
    id=UUID(int=31),
    code="YG-20261122-0001",
    estate_id=ESTATE,
    estate_title="阳光花园",
    place_id=None,
    place_path="3号楼 3号电梯",
    category=Category.E_BIKE,
    severity=Severity.DANGER,
    what="发现电动自行车进入",
    line="阳光花园 3号楼 3号电梯 发现电动自行车进入，请及时处置",
    duty="security",
    state=IncidentState.OPEN,
    version=1,
    level=Level.PROPERTY,
    owner_id=COMPANY,
    owner_title="安居物业",
    opened_at=AT,
    received_at=AT,
    last_seen_at=AT,
    times_seen=1,
    ringing=True,
    source_kind="device",
    source_title="3号电梯摄像机",
    source_device_id=DEVICE,
)
