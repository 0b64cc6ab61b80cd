"""The demo accounts: one for every work-place. Their password is known to everybody."""

from dataclasses import dataclass

from linli.directory.identity.contracts import Role, TargetKind

PASSWORD = "linli-demo"  # noqa: S105 - known on purpose; such an installation stays on loopback


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An account to sign in with, and where it belongs."""

    login: str
    name: str
    title: str
    phone: str
    role: Role
    organisation: str
    target: TargetKind = TargetKind.ORGANISATION


ACCOUNTS = (
    DemoAccount("shequ", "王值班", "社区值班员", "13800000001", Role.DUTY_OFFICER, "community"),
    DemoAccount(
        "wuye", "陈经理", "物业经理", "13800000002", Role.PROPERTY_MANAGER, "company",
        TargetKind.COMPANY,
    ),
    DemoAccount(
        "weixiu", "张维修", "物业维修", "13800000003", Role.PROPERTY_STAFF, "company",
        TargetKind.COMPANY,
    ),
    DemoAccount(
        "anbao", "李强", "物业秩序员", "13800000004", Role.PROPERTY_STAFF, "company",
        TargetKind.COMPANY,
    ),
    DemoAccount("wangge", "刘网格", "网格员", "13800000005", Role.GRID_WORKER, "community"),
    DemoAccount("jiedao", "赵主任", "街道", "13800000006", Role.STREET_OFFICER, "street"),
    DemoAccount("xian", "孙科长", "县级", "13800000007", Role.COUNTY_OFFICER, "county"),
    # What the first one asks for over all estates somebody else has to agree to.
    DemoAccount("xian2", "钱副科长", "县级二", "13800000010", Role.COUNTY_OFFICER, "county"),
    DemoAccount("admin", "系统管理员", "系统管理员", "13800000008", Role.ADMINISTRATOR, "county"),
    DemoAccount("shuju", "周数据", "数据管理员", "13800000009", Role.DATA_OFFICER, "county"),
)  # fmt: skip
