"""Decisions about organisations and contracts. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from linli.directory.organisation.contracts import (
    ContractDraft,
    Duty,
    Organisation,
    OrganisationKind,
    ServiceContract,
)
from linli.kernel.errors import BadInput

K = OrganisationKind

# Under what an organisation may stand; None is the root.
PARENTS: Mapping[OrganisationKind, frozenset[OrganisationKind | None]] = {
    K.COUNTY: frozenset({None}),
    K.STREET: frozenset({K.COUNTY}),
    K.COMMUNITY: frozenset({K.STREET}),
    K.COMPANY: frozenset({K.COUNTY, K.STREET, K.COMMUNITY, K.COMPANY}),
    K.OWNERS_COMMITTEE: frozenset({K.COMMUNITY}),
}
GOVERNING = frozenset({K.COUNTY, K.STREET, K.COMMUNITY})


class WrongParent(BadInput):
    code = "wrong_parent"
    text = "这类组织不能设在这里"


class NotACompany(BadInput):
    code = "not_a_company"
    text = "服务合同只能与服务企业签订"


class NoDuties(BadInput):
    code = "no_duties"
    text = "请至少选择一项服务内容"


class WrongPeriod(BadInput):
    code = "wrong_period"
    text = "结束时间必须晚于开始时间"


class TrainingApart(BadInput):
    code = "training_apart"
    text = "练习县与真实的区县是分开的，不能互相授权或签合同"


def placed(kind: OrganisationKind, parent: Organisation | None) -> None:
    """Refuse an organisation that cannot stand under its parent."""
    if (parent.kind if parent else None) not in PARENTS[kind]:
        raise WrongParent(field="parent_id")


def signable(draft: ContractDraft, company: Organisation) -> None:
    """Refuse a contract that makes no sense."""
    if company.kind is not K.COMPANY:
        raise NotACompany(field="company_id")
    if not draft.duties:
        raise NoDuties(field="duties")
    if draft.valid_to is not None and draft.valid_to <= draft.valid_from:
        raise WrongPeriod(field="valid_to")


def same_world(one: Organisation, other: Organisation, field: str) -> None:
    """Refuse to tie what is for training to what is real."""
    if one.training is not other.training:
        raise TrainingApart(field=field, remedy="在同一边另选一个对象")


def in_force(contract: ServiceContract, at: datetime) -> bool:
    """From `valid_from` on, until just before `valid_to`."""
    return contract.valid_from <= at and (contract.valid_to is None or at < contract.valid_to)


def company_on_duty(
    contracts: Iterable[ServiceContract], duty: Duty, at: datetime
) -> ServiceContract | None:
    """Who answers for a duty: the newest contract in force that names it."""
    fitting = [c for c in contracts if duty in c.duties and in_force(c, at)]
    return max(fitting, key=lambda c: (c.valid_from, c.id), default=None)
