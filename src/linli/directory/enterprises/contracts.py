"""What others may know of enterprises and shops."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from linli.directory.sources.contracts import Source


class EnterpriseKind(StrEnum):
    """What an enterprise does."""

    SHOP = "shop"
    RESTAURANT = "restaurant"
    SERVICE = "service"
    OFFICE = "office"
    SCHOOL = "school"
    CLINIC = "clinic"
    STORE = "store"


KIND_TITLES: Mapping[EnterpriseKind, str] = {
    EnterpriseKind.SHOP: "商铺",
    EnterpriseKind.RESTAURANT: "餐饮",
    EnterpriseKind.SERVICE: "便民服务",
    EnterpriseKind.OFFICE: "办公企业",
    EnterpriseKind.SCHOOL: "学校幼托",
    EnterpriseKind.CLINIC: "医疗诊所",
    EnterpriseKind.STORE: "仓储",
}


class EnterpriseState(StrEnum):
    """Whether it works."""

    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"


STATE_TITLES: Mapping[EnterpriseState, str] = {
    EnterpriseState.OPEN: "营业",
    EnterpriseState.PAUSED: "停业",
    EnterpriseState.CLOSED: "已注销",
}


@dataclass(frozen=True, slots=True)
class Enterprise:
    """An enterprise at a place; the contact as others may see it (`王*`, `138****0001`)."""

    id: UUID
    estate_id: UUID
    place_id: UUID | None
    code: str
    title: str
    kind: EnterpriseKind
    credit_code: str | None
    contact: str
    phone_masked: str | None
    staff: int | None
    since: date | None
    state: EnterpriseState
    version: int
    source: Source
    entered_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterpriseEntry:
    """An enterprise to be entered, known by its credit code, else by `code` in the estate.

    `phone` None leaves the number that is known.
    """

    title: str
    kind: EnterpriseKind = EnterpriseKind.SHOP
    credit_code: str | None = None
    code: str | None = None
    place_id: UUID | None = None
    contact: str = ""
    phone: str | None = None
    staff: int | None = None
    since: date | None = None
    state: EnterpriseState = EnterpriseState.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterpriseFilter:
    """Which enterprises a list shows; `words` in title, code, credit code or contact."""

    estate_id: UUID | None = None
    place_ids: tuple[UUID, ...] | None = None
    words: str = ""
    kind: EnterpriseKind | None = None
    state: EnterpriseState | None = None
    sort: str = "title"
    most: int = 50
    skip: int = 0
