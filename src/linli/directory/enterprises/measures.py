"""What should be known of enterprises."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, GenerativeSelect, func, select

from linli.directory.enterprises.contracts import EnterpriseState
from linli.directory.enterprises.models import enterprise_table
from linli.kernel.measures import Measure

e = enterprise_table.c
WORKING = e.state != EnterpriseState.CLOSED.value


def _measure(code: str, title: str, has: ColumnElement[bool]) -> Measure:
    def counted(now: datetime, estate: UUID | None) -> GenerativeSelect:
        del now
        wanted = select(
            e.estate_id, func.count().label("total"), func.count().filter(has).label("have")
        ).where(WORKING)
        if estate is not None:
            wanted = wanted.where(e.estate_id == estate)
        return wanted.group_by(e.estate_id)

    def lacking(now: datetime, estate: UUID) -> GenerativeSelect:
        del now
        return select(e.id, e.title).where(WORKING, e.estate_id == estate, ~has).order_by(e.title)

    return Measure(code, title, "企业商铺", 1, "see_places", "enterprise", counted, lacking)


MEASURES = (
    _measure("enterprises.credit_code", "企业商铺有信用代码", e.credit_code.is_not(None)),
    _measure("enterprises.phone", "企业商铺有联系电话", e.phone_hash.is_not(None)),
)
