"""`linli init`: a real installation, with its keys, its top organisation, its administrator."""

from dataclasses import dataclass, field

import structlog
from sqlalchemy import func, select

from linli.app.access import database_access
from linli.app.engine.roles import ensure_roles_and_database
from linli.app.exposure import KNOWN_PASSWORD
from linli.app.keys import FILE as KEYS_FILE
from linli.app.keys import Keys, generate_keys, make_data_folder, read_keys, write_keys
from linli.app.migrate import upgrade_database
from linli.app.problems import Problem
from linli.app.settings import FILE as SETTINGS_FILE
from linli.app.settings import Settings
from linli.app.tables import load
from linli.directory.identity import policy
from linli.directory.identity.contracts import AccountDraft, GrantDraft, Role, TargetKind
from linli.directory.identity.models import account_table
from linli.directory.identity.public import Passwords, create_account, grant_role
from linli.directory.organisation.contracts import OrganisationDraft, OrganisationKind
from linli.directory.organisation.public import add_organisation
from linli.kernel.database import engine_for
from linli.kernel.errors import Refusal
from linli.kernel.time import SystemClock
from linli.kernel.work import Workshop
from linli.support.sealing.contracts import Keys as SealingKeys
from linli.support.sealing.public import AesGcmCipher

BASIS = "系统安装"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Founder:
    """The first administrator, and the organisation at the top (a county, a district)."""

    name: str
    login: str
    organisation: str
    password: str = field(repr=False)


async def found(settings: Settings, founder: Founder) -> None:
    """Make the installation in the data folder. An interrupted one may be repeated.

    Raises:
        Problem: the password is too weak, there is an installation already, or the database
            cannot be set up.
    """
    require_fit(founder)
    make_data_folder(settings.data)
    keys = _new_keys(settings)
    async with database_access(settings, keys) as urls:
        await ensure_roles_and_database(urls.admin, keys.passwords, urls.name)
        await upgrade_database(urls.owner)
        await _first_account(urls.owner, keys, founder)
    mark = settings.data / SETTINGS_FILE
    if not mark.exists():
        mark.write_text(_SETTINGS, encoding="utf-8")
    log.info("installed", data=str(settings.data), administrator=founder.login)


def require_fit(founder: Founder) -> None:
    """Refuse a login that cannot be one, or a password that a stranger would try.

    Raises:
        Problem: one of them does not do.
    """
    try:
        policy.acceptable(founder.password, policy.login_given(founder.login))
    except Refusal as refusal:
        raise _unfit(refusal.message) from refusal
    if founder.password == KNOWN_PASSWORD:
        raise _unfit("这是演示用的密码")


def _unfit(why: str) -> Problem:
    return Problem(
        f"管理员的登录名或密码不合适：{why}",
        f"the administrator's login or password does not do: {why}",
        remedy_chinese=f"密码至少 {policy.SHORTEST_PASSWORD} 个字，例如几个不相干的词",
        remedy_english=f"a password of {policy.SHORTEST_PASSWORD} characters or more, such as a "
        "few unrelated words",
    )


def _new_keys(settings: Settings) -> Keys:
    if not (settings.data / KEYS_FILE).exists():
        write_keys(settings.data, generate_keys())
    return read_keys(settings.data)


async def _first_account(url: str, keys: Keys, founder: Founder) -> None:
    load()
    password_hash = await Passwords().hashed(founder.password)
    cipher = AesGcmCipher(
        SealingKeys(current=keys.current, keys=keys.master_keys, hashing=keys.hashing)
    )
    engine = engine_for(url, connections=1)
    try:
        async with Workshop(engine, SystemClock()).work() as work:
            there = await work.connection.scalar(select(func.count()).select_from(account_table))
            if there:
                raise Problem(
                    "这里已有安装，没有改动",
                    "there is an installation already; nothing was changed",
                    remedy_chinese="要再装一套，用 --data 指定另一个文件夹",
                    remedy_english="for another one, name another folder with --data",
                )
            top = await add_organisation(
                work,
                OrganisationDraft(
                    kind=OrganisationKind.COUNTY, title=founder.organisation, parent_id=None
                ),
            )
            account = await create_account(
                work,
                cipher,
                AccountDraft(
                    login=founder.login, display_name=founder.name, organisation_id=top.id
                ),
                password_hash=password_hash,
                must_change=False,
            )
            await grant_role(
                work,
                account.id,
                GrantDraft(
                    role=Role.ADMINISTRATOR,
                    target_kind=TargetKind.ORGANISATION,
                    target_id=top.id,
                    valid_from=work.now,
                    basis=BASIS,
                ),
            )
    finally:
        await engine.dispose()


_SETTINGS = """# 邻里 linli 的设置 / settings. 环境变量 LINLI_… 优先 / LINLI_… variables win.
# host = "0.0.0.0"            # 监听地址，默认只有本机 / default: this machine only
# port = 8000
# tls_certificate = "/etc/linli/fullchain.pem"
# tls_key = "/etc/linli/privkey.pem"
# public_url = "https://linli.example.cn"
# mqtt_port = 1883            # 0 = 关闭 / closed
# log_format = "json"
"""
