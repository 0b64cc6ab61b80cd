"""Enters the training county: apart from all that is real, with an estate that can be played."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from linli.app.demo.accounts import DemoAccount
from linli.app.demo.base import seed_people
from linli.app.demo.entering import (
    SeededEstate,
    enter_accounts,
    enter_devices,
    enter_estate,
    enter_organisations,
    enter_places,
    enter_simulator,
)
from linli.app.demo.plan import read_plan
from linli.directory.identity.contracts import Role, TargetKind
from linli.directory.identity.public import Passwords
from linli.directory.organisation.public import all_organisations
from linli.kernel.work import Work
from linli.support.sealing.ports import Cipher

PLAN = "estate_lx.json"

ACCOUNTS = (
    DemoAccount(
        "lx-jiedao", "练习街道", "主持演练", "13800007101", Role.STREET_OFFICER, "street"
    ),
    DemoAccount(
        "lx-shequ", "练习值班", "练习值班", "13800007102", Role.DUTY_OFFICER, "community"
    ),
    DemoAccount(
        "lx-wuye", "练习经理", "练习派单", "13800007103", Role.PROPERTY_MANAGER, "company",
        TargetKind.COMPANY,
    ),
    DemoAccount(
        "lx-weixiu", "练习维修", "练习处置", "13800007104", Role.PROPERTY_STAFF, "company",
        TargetKind.COMPANY,
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entrance:
    """How the accounts get in: their passwords by login, and whether each is to be changed."""

    passwords: Mapping[str, str] = field(repr=False)
    must_change: bool


async def is_there(work: Work) -> bool:
    """Whether there is a training county already."""
    return any(one.training for one in await all_organisations(work))


async def seed_training(
    work: Work, cipher: Cipher, passwords: Passwords, entrance: Entrance
) -> SeededEstate:
    """Enter the training county; answers what the simulator plays."""
    plan = read_plan(PLAN)
    organisations = await enter_organisations(work, plan, training=True)
    estate = await enter_estate(work, plan.estate, organisations)
    hashes = {one: await passwords.hashed(entrance.passwords[one.login]) for one in ACCOUNTS}
    await enter_accounts(
        work, cipher, organisations, hashes, basis="练习账号", must_change=entrance.must_change
    )
    places = await enter_places(work, estate, plan.estate)
    await seed_people(work, cipher, estate.id, plan.estate, places)
    devices = await enter_devices(work, estate, plan.estate, places)
    control = await enter_simulator(work, estate, "练习模拟器")
    return SeededEstate(estate.code, estate.title, devices, control)
