"""`linli doctor`: what is wrong with an installation, and what to do about it."""

import asyncio
import os
import shutil
import ssl
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from linli.app.access import database_access
from linli.app.addresses import listening, refused_port
from linli.app.doctor_hooks import hooks
from linli.app.doctor_vision import vision
from linli.app.engine.account import closed_folder, service_account
from linli.app.engine.roles import connected
from linli.app.engine.urls import Role
from linli.app.exposure import has_known_password
from linli.app.findings import Finding, Verdict, good
from linli.app.health import State, read_health
from linli.app.keys import FILE as KEYS_FILE
from linli.app.keys import read_keys
from linli.app.problems import Problem
from linli.app.settings import Settings, is_loopback
from linli.app.web.readiness import newest_schema
from linli.support.files.public import vault_at

GIGABYTE = 1 << 30
FULL_BELOW = GIGABYTE
NEARLY_FULL_BELOW = 5 * GIGABYTE
CERTIFICATE_RENEWAL = timedelta(days=30)
OLDEST_SERVER = 150_000
MOST_CLOCK_DIFFERENCE = timedelta(seconds=2)
STORE_S = 20
NOBODYS_FILE = "linli-doctor/nothing"
# No clock that is right shows a time before this release was written.
WRITTEN = datetime(2026, 11, 22, tzinfo=UTC)


async def examine(settings: Settings, now: datetime) -> list[Finding]:
    """Make every check that can be made without changing anything.

    linli's own database is started for the look, and stopped again, when it is not running.
    """
    findings = [
        *data_folder(settings),
        *disk(settings),
        *clock(settings, now),
        *ports(settings),
        *certificates(settings, now),
        *processes(settings),
        *vision(settings),
    ]
    findings += await files(settings)
    findings += carriers(settings)
    findings += await database(settings, now)
    return findings


def data_folder(settings: Settings) -> Iterator[Finding]:
    """The data folder is there, ours to write, and its keys are for our eyes only."""
    subject = f"数据文件夹 / data folder {settings.data}"
    if not settings.data.is_dir():
        yield Finding(subject, Verdict.BAD, _nothing_installed(settings.data))
        return
    if not os.access(settings.data, os.W_OK | os.X_OK):
        yield Finding(
            subject,
            Verdict.BAD,
            Problem(
                "当前用户不能写数据文件夹",
                "this user may not write the data folder",
                remedy_chinese=f"用安装时的用户运行，或执行 chown -R 用户 {settings.data}",
                remedy_english=f"run as the user who installed, or: chown -R USER {settings.data}",
            ),
        )
        return
    account = service_account(settings.data / "postgres")
    closed = None if account is None else closed_folder(account, settings.data / "postgres")
    if closed is not None and settings.embedded:
        yield Finding(
            subject,
            Verdict.BAD,
            Problem(
                f"数据库的系统用户进不了 {closed}",
                f"the database's system user may not enter {closed}",
                remedy_chinese=f"执行 chmod o+x {closed}，或换一个数据文件夹",
                remedy_english=f"run: chmod o+x {closed}, or choose another data folder",
            ),
        )
        return
    keys = settings.data / KEYS_FILE
    if not keys.exists():
        yield Finding(subject, Verdict.BAD, _nothing_installed(settings.data))
        return
    if keys.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Finding(
            subject,
            Verdict.BAD,
            Problem(
                "别的用户能读密钥文件",
                "other users may read the keys",
                remedy_chinese=f"执行 chmod 600 {keys}",
                remedy_english=f"run: chmod 600 {keys}",
            ),
        )
        return
    yield good(subject)


def disk(settings: Settings) -> Iterator[Finding]:
    """There is room on the disk of the data folder."""
    folder = settings.data
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    yield judged_disk(free, folder)


def judged_disk(free: int, folder: Path) -> Finding:
    """Judge the free bytes: below 1 GiB is bad, below 5 GiB a warning."""
    subject = f"磁盘剩余 / free disk {free / GIGABYTE:.1f} GiB"
    if free >= NEARLY_FULL_BELOW:
        return good(subject)
    return Finding(
        subject,
        Verdict.BAD if free < FULL_BELOW else Verdict.WARNING,
        Problem(
            "磁盘快满了；写满后数据库停止接收",
            "the disk is nearly full; when it is, the database takes nothing in",
            remedy_chinese=f"在 {folder} 所在的磁盘上腾出空间或换更大的磁盘",
            remedy_english=f"free space on the disk of {folder}, or move to a larger one",
        ),
    )


def clock(settings: Settings, now: datetime) -> Iterator[Finding]:
    """The machine's clock cannot be right when it shows a time that has passed already."""
    latest = WRITTEN
    seen = settings.run_folder / "processes.json"
    if seen.exists():
        latest = max(latest, datetime.fromtimestamp(seen.stat().st_mtime, UTC))
    subject = f"时钟 / clock {now.isoformat(timespec='seconds')}"
    if now < latest - timedelta(minutes=1):
        yield Finding(subject, Verdict.BAD, _wrong_clock())
    else:
        yield good(subject)


def ports(settings: Settings) -> Iterator[Finding]:
    """Every port can be had, or is held by this very installation."""
    health = read_health(settings.run_folder)
    if health is not None and health.supervised:
        yield good("端口由运行中的 linli 使用 / ports are held by the running linli")
        return
    for one in listening(settings):
        problem = refused_port(settings.host, one)
        subject = f"端口 / port {settings.host}:{one.port} {one.what}"
        yield good(subject) if problem is None else Finding(subject, Verdict.BAD, problem)
    if settings.demo and not is_loopback(settings.host):
        yield Finding("演示 / demo", Verdict.BAD, _open_demo(settings.host))


def certificates(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Certificates can be read, fit their keys, and last."""
    pairs = {
        ("HTTPS", settings.tls_certificate, settings.tls_key),
        ("MQTT TLS", settings.mqtt_tls_certificate, settings.mqtt_tls_key),
    }
    for what, certificate, key in sorted(pairs, key=lambda pair: pair[0]):
        if certificate is None or key is None:
            continue
        subject = f"证书 / certificate {what} {certificate}"
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
            ends = x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
        except (OSError, ValueError) as error:
            yield Finding(
                subject,
                Verdict.BAD,
                Problem(
                    f"证书用不了：{error}",
                    f"the certificate cannot be used: {error}",
                    remedy_chinese="检查两个文件的路径、权限，以及私钥与证书是否配对",
                    remedy_english="check both paths, their permissions, and that the key fits",
                ),
            )
            continue
        if ends - now > CERTIFICATE_RENEWAL:
            yield good(subject)
            continue
        yield Finding(
            subject,
            Verdict.BAD if ends <= now else Verdict.WARNING,
            Problem(
                f"证书到期时间：{ends:%Y-%m-%d}",
                f"the certificate ends on {ends:%Y-%m-%d}",
                remedy_chinese="换上新证书后重启 linli",
                remedy_english="put a new certificate in its place and start linli anew",
            ),
        )


async def files(settings: Settings) -> list[Finding]:
    """The place of evidence and photos can be used; nothing is written for the look."""
    store = settings.files_store
    if store is None:
        folder = settings.files_folder
        subject = f"文件 / files {folder}"
        there = folder
        while not there.exists():
            there = there.parent
        if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
            return [good(subject)]
        return [Finding(subject, Verdict.BAD, _no_files(f"{there} 不能写 / cannot be written"))]
    subject = f"文件 / files {store}"
    try:
        async with asyncio.timeout(STORE_S):
            await vault_at(store).get(NOBODYS_FILE)
    except TimeoutError:
        return [Finding(subject, Verdict.BAD, _no_files("没有回答 / no answer"))]
    except OSError as error:
        said = str(error.__cause__ or error).splitlines()[0]
        return [Finding(subject, Verdict.BAD, _no_files(said))]
    return [good(subject)]


def carriers(settings: Settings) -> list[Finding]:
    """Messages that leave the house have a way out, and not in the clear."""
    subject = "短信、电话、微信 / messages"
    url = settings.webhook_url
    if settings.demo or url is None:
        return []
    if url.startswith("https://") or is_loopback(urlsplit(url).hostname or ""):
        return [good(f"{subject} {url}")]
    return [
        Finding(
            f"{subject} {url}",
            Verdict.WARNING,
            Problem(
                "电话号码和内容在网络上不加密",
                "numbers and words travel in the clear",
                remedy_chinese="把 LINLI_WEBHOOK_URL 换成 https:// 的地址",
                remedy_english="use an https:// address in LINLI_WEBHOOK_URL",
            ),
        )
    ]


def _no_files(said: str) -> Problem:
    return Problem(
        f"照片和录像没有地方放：{said}",
        f"there is no place for photos and recordings: {said}",
        remedy_chinese="检查 LINLI_FILES_URL；s3:// 还要有 AWS_ACCESS_KEY_ID、"
        "AWS_SECRET_ACCESS_KEY、AWS_REGION，自建存储加 AWS_ENDPOINT_URL",
        remedy_english="check LINLI_FILES_URL; s3:// also needs AWS_ACCESS_KEY_ID,"
        " AWS_SECRET_ACCESS_KEY, AWS_REGION, and AWS_ENDPOINT_URL of a store of one's own",
    )


def processes(settings: Settings) -> Iterator[Finding]:
    """What the supervisor says of its processes, when it runs."""
    health = read_health(settings.run_folder)
    if health is None or not health.supervised:
        return
    for one in health.processes:
        subject = f"进程 / process {one.name} {one.state.value}"
        if one.state is not State.WAITING:
            yield good(subject)
            continue
        yield Finding(
            subject,
            Verdict.BAD,
            Problem(
                f"反复退出（{one.restarts} 次）：{one.last_error}",
                f"it keeps ending ({one.restarts} times): {one.last_error}",
                remedy_chinese="看 linli up 的输出里这个进程的最后几行",
                remedy_english="read this process's last lines in the output of linli up",
            ),
        )


async def database(settings: Settings, now: datetime) -> list[Finding]:
    """The database answers, is new enough, has the newest schema and roles that are weak."""
    subject = "数据库 / database"
    if not (settings.data / KEYS_FILE).exists():
        return []
    try:
        keys = read_keys(settings.data)
        async with database_access(settings, keys) as urls:
            return [
                *await _server(urls.admin, now),
                *await _roles(urls.admin),
                *await _schema(urls.owner),
                *await _passwords(settings, urls.admin),
                *await hooks(urls.gateway, now),
            ]
    except Problem as problem:
        return [Finding(subject, Verdict.BAD, problem)]
    except (OSError, DBAPIError, TimeoutError) as error:
        return [Finding(subject, Verdict.BAD, unreachable(error))]


def unreachable(error: BaseException) -> Problem:
    """The problem behind a database that does not let us in, or does not answer."""
    said = str(error).splitlines()[0] if str(error) else type(error).__name__
    return Problem(
        f"连不上数据库：{said}",
        f"the database cannot be reached: {said}",
        remedy_chinese="检查 DATABASE_URL 的地址、用户和密码，以及数据库是否在运行",
        remedy_english="check DATABASE_URL (address, user, password) and whether the database runs",
    )


async def _server(url: str, now: datetime) -> list[Finding]:
    async with connected(url) as connection:
        row = (
            await connection.execute(
                text("SELECT current_setting('server_version_num')::int, version(), now()")
            )
        ).one()
    number, version, there = int(row[0]), str(row[1]).split(" on ")[0], row[2]
    findings: list[Finding] = []
    if number < OLDEST_SERVER:
        findings.append(
            Finding(
                version,
                Verdict.BAD,
                Problem(
                    "数据库版本太旧，需要 PostgreSQL 15 或更新",
                    "the database is too old; PostgreSQL 15 or newer is needed",
                    remedy_chinese="升级数据库",
                    remedy_english="upgrade the database",
                ),
            )
        )
    else:
        findings.append(good(version))
    if abs(there - now) > MOST_CLOCK_DIFFERENCE + timedelta(seconds=60):
        findings.append(Finding("数据库的时钟 / the database's clock", Verdict.BAD, _wrong_clock()))
    return findings


async def _roles(url: str) -> list[Finding]:
    async with connected(url) as connection:
        strong = await connection.execute(
            text(
                "SELECT rolname FROM pg_roles WHERE rolname = ANY(:roles)"
                " AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)"
            ),
            {"roles": [Role.APP.value, Role.GATEWAY.value]},
        )
        names = [str(name) for name in strong.scalars()]
    if not names:
        return [good("数据库角色 / roles")]
    return [
        Finding(
            "数据库角色 / roles",
            Verdict.BAD,
            Problem(
                f"{'、'.join(names)} 的权限过大，行级保护会失效",
                f"{', '.join(names)} may do too much; row security would not hold",
                remedy_chinese="执行 linli migrate，它会收回这些权限",
                remedy_english="run linli migrate; it takes these rights away",
            ),
        )
    ]


async def _schema(url: str) -> list[Finding]:
    async with connected(url) as connection:
        there = await connection.scalar(
            text("SELECT to_regclass('public.alembic_version') IS NOT NULL")
        )
        version = (
            await connection.scalar(text("SELECT version_num FROM alembic_version"))
            if there
            else None
        )
    if version == await asyncio.to_thread(newest_schema):
        return [good(f"数据库结构 / schema {version}")]
    return [
        Finding(
            f"数据库结构 / schema {version}",
            Verdict.BAD,
            Problem(
                "数据库结构不是最新",
                "the schema is not the newest",
                remedy_chinese="执行 linli migrate",
                remedy_english="run linli migrate",
            ),
        )
    ]


async def _passwords(settings: Settings, url: str) -> list[Finding]:
    if is_loopback(settings.host) or not await has_known_password(url):
        return []
    return [Finding("密码 / passwords", Verdict.BAD, _open_demo(settings.host))]


def _nothing_installed(data: Path) -> Problem:
    return Problem(
        f"{data} 里还没有安装",
        f"there is no installation in {data}",
        remedy_chinese="执行 linli init（正式安装）或 linli up --demo（演示）",
        remedy_english="run linli init (a real installation) or linli up --demo",
    )


def _open_demo(host: str) -> Problem:
    return Problem(
        f"有账号在用演示密码，却在 {host} 上对外开放",
        f"an account has the demo's password while others can reach {host}",
        remedy_chinese="改掉这些密码，或把 host 改回 127.0.0.1",
        remedy_english="change these passwords, or set host back to 127.0.0.1",
    )


def _wrong_clock() -> Problem:
    return Problem(
        "时钟不对；时限和消息的先后都靠它",
        "the clock is wrong; deadlines and the order of messages depend on it",
        remedy_chinese="开启自动对时（timedatectl set-ntp true），再重启 linli",
        remedy_english="turn on time synchronisation (timedatectl set-ntp true), then start anew",
    )
