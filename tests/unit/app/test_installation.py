"""An installation's life with the real engine: made, examined, backed up, restored elsewhere."""

import asyncio
import shutil
import tempfile
from collections.abc import Generator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from argon2 import PasswordHasher
from sqlalchemy import text
from tests.conftest import PASSWORDS, TestServer

from linli.app.access import database_access
from linli.app.backup import back_up, restore, verify
from linli.app.doctor import Finding, Verdict, examine, judged_disk
from linli.app.engine.roles import connected, on_database
from linli.app.exposure import has_known_password
from linli.app.founding import Founder, found
from linli.app.keys import generate_keys, make_data_folder, read_keys, write_keys
from linli.app.problems import Problem
from linli.app.settings import Settings
from linli.app.training_county import set_up_training
from linli.kernel.time import SystemClock
from linli_simulator.registration import read

FOUNDER = Founder(name="王主任", login="wang", organisation="示范县", password="山高水长 2026 路远")
NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)


def settings_in(folder: Path, **more: object) -> Settings:
    quick = {"port": 18000, "mqtt_port": 0, "mqtt_websocket_port": 0, "database_durable": False}
    return Settings(data=folder, **{**quick, **more})  # pyright: ignore[reportArgumentType]


async def every_row(url: str) -> Mapping[str, object]:
    """A fingerprint of every table, and the last value of every sequence."""
    async with connected(url) as connection:
        names = await connection.execute(
            text(
                "SELECT quote_ident(relname) FROM pg_class"
                " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            )
        )
        prints: dict[str, object] = {}
        for name in names.scalars().all():
            counted = await connection.execute(
                text(
                    f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {name} t"  # noqa: S608
                )
            )
            prints[str(name)] = tuple(counted.one())
        sequences = await connection.execute(
            text("SELECT sequencename, last_value FROM pg_sequences ORDER BY 1")
        )
        prints["sequences"] = [tuple(row) for row in sequences]
        policies = await connection.execute(
            text("SELECT tablename, policyname, roles::text, qual FROM pg_policies ORDER BY 1, 2")
        )
        prints["policies"] = [tuple(row) for row in policies]
        rights = await connection.execute(
            text(
                "SELECT relname, coalesce(relacl, acldefault('r', relowner))::text,"
                " relrowsecurity, pg_get_userbyid(relowner) FROM pg_class"
                " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')"
            )
        )
        prints |= {f"rights on {row[0]}": tuple(row) for row in rights}
    return prints


def tables_of(prints: Mapping[str, object]) -> Mapping[str, object]:
    return {name: value for name, value in prints.items() if not name.startswith("rights")}


def subjects(findings: list[Finding], verdict: Verdict) -> list[str]:
    return [str(finding) for finding in findings if finding.verdict is verdict]


@pytest.fixture(scope="module")
def shared_folder() -> Generator[Path]:
    """Not below pytest's own folder: the database's system user may not enter that."""
    folder = Path(tempfile.mkdtemp(prefix="linli-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
async def installed(shared_folder: Path) -> Settings:
    return await installation_in(shared_folder / "linli")


async def installation_in(folder: Path) -> Settings:
    settings = settings_in(folder)
    make_data_folder(settings.data)
    # A server has its roles once for all its databases: restored onto the server that other tests
    # use at the same time, this installation must not change their passwords.
    keys = msgspec.structs.replace(
        generate_keys(),
        owner_password=PASSWORDS.owner,
        app_password=PASSWORDS.app,
        gateway_password=PASSWORDS.gateway,
    )
    write_keys(settings.data, keys)
    await found(settings, FOUNDER)
    return settings


async def test_the_first_administrator_can_be_found(installed: Settings) -> None:
    async with database_access(installed, read_keys(installed.data)) as urls:
        async with connected(urls.admin) as connection:
            row = (
                await connection.execute(
                    text(
                        "SELECT a.login, a.display_name, o.title, g.role FROM directory_account a"
                        " JOIN directory_organisation o ON o.id = a.organisation_id"
                        " JOIN directory_grant g ON g.account_id = a.id"
                    )
                )
            ).one()
        assert tuple(row) == ("wang", "王主任", "示范县", "administrator")
        assert not await has_known_password(urls.admin)


async def test_installing_twice_changes_nothing(installed: Settings) -> None:
    with pytest.raises(Problem, match="already"):
        await found(installed, Founder("另一个", "li", "别的县", "风平浪静 2026 月圆"))


@pytest.mark.parametrize("password", ["short", "linli-demo", "wang-wang-wang", "1234567890"])
async def test_a_password_that_would_be_guessed(data_folder: Path, password: str) -> None:
    with pytest.raises(Problem, match="密码"):
        await found(settings_in(data_folder), Founder("王", "wang", "县", password))
    assert not (data_folder / "secrets.json").exists()


async def test_restored_elsewhere_it_is_the_same(installed: Settings, data_folder: Path) -> None:
    evidence = installed.files_folder / "ab" / "abcd"
    evidence.parent.mkdir(parents=True, exist_ok=True)
    evidence.write_bytes(b"\xff\xd8 a photo")
    async with database_access(installed, read_keys(installed.data)) as urls:
        before = await every_row(urls.admin)
        backup = data_folder / "backup"
        manifest = await back_up(installed, backup, now=NOW, version="0.1.0")
    assert {entry.path for entry in manifest.entries} == {
        "database.dump",
        "files/ab/abcd",
        "linli.toml",
        "secrets.json",
    }
    assert (backup / "secrets.json").stat().st_mode & 0o077 == 0

    second = settings_in(data_folder / "second")
    await restore(second, backup)

    async with database_access(second, read_keys(second.data)) as urls:
        assert await every_row(urls.admin) == before
    assert (second.files_folder / "ab" / "abcd").read_bytes() == b"\xff\xd8 a photo"
    assert read_keys(second.data) == read_keys(installed.data)
    with pytest.raises(Problem, match="already holds"):
        await restore(second, backup)
    shutil.rmtree(installed.files_folder)


async def test_a_backup_that_was_touched_is_not_restored(
    installed: Settings, data_folder: Path
) -> None:
    backup = data_folder / "backup"
    await back_up(installed, backup, now=NOW, version="0.1.0")
    with pytest.raises(Problem, match="not empty"):
        await back_up(installed, backup, now=NOW, version="0.1.0")
    with (backup / "database.dump").open("r+b") as dump:
        dump.seek(200)
        byte = dump.read(1)
        dump.seek(200)
        dump.write(bytes([byte[0] ^ 1]))
    with pytest.raises(Problem, match=r"database\.dump"):
        await restore(settings_in(data_folder / "second"), backup)
    assert not (data_folder / "second").exists()

    (backup / "manifest.json").unlink()
    with pytest.raises(Problem, match="not a complete backup"):
        verify(backup)


async def test_a_manifest_may_not_point_outside(installed: Settings, data_folder: Path) -> None:
    backup = data_folder / "backup"
    await back_up(installed, backup, now=NOW, version="0.1.0")
    manifest = backup / "manifest.json"
    manifest.write_text(manifest.read_text().replace("secrets.json", "../../secrets.json"))
    with pytest.raises(Problem, match="must not"):
        verify(backup)


async def test_from_its_own_database_to_one_that_is_there(
    installed: Settings, data_folder: Path, database_server: TestServer
) -> None:
    async with database_access(installed, read_keys(installed.data)) as urls:
        before = await every_row(urls.admin)
    await back_up(installed, data_folder / "backup", now=NOW, version="0.1.0")
    name = database_server.name("restored")
    elsewhere = settings_in(
        data_folder / "second", database_url=on_database(database_server.admin_url, name)
    )
    await restore(elsewhere, data_folder / "backup")
    async with database_access(elsewhere, read_keys(elsewhere.data)) as urls:
        # Another version of PostgreSQL counts other rights among "all"; rows are the same.
        assert tables_of(await every_row(urls.admin)) == tables_of(before)
    with pytest.raises(Problem, match="already holds tables"):
        await restore(
            elsewhere.model_copy(update={"data": data_folder / "third"}), data_folder / "backup"
        )


async def test_the_doctor_finds_a_sound_installation_sound(installed: Settings) -> None:
    findings = await examine(installed, SystemClock().now())
    assert subjects(findings, Verdict.BAD) == []
    assert any("PostgreSQL" in one for one in subjects(findings, Verdict.GOOD))


async def test_the_doctor_sees_open_keys_wrong_clock_and_strong_roles(installed: Settings) -> None:
    keys = installed.data / "secrets.json"
    keys.chmod(0o644)
    async with database_access(installed, read_keys(installed.data)) as urls:
        try:
            async with connected(urls.admin) as connection:
                await connection.execute(text("ALTER ROLE linli_app BYPASSRLS"))
            said = "\n".join(
                subjects(await examine(installed, NOW - timedelta(days=20000)), Verdict.BAD)
            )
        finally:
            keys.chmod(0o600)
            async with connected(urls.admin) as connection:
                await connection.execute(text("ALTER ROLE linli_app NOBYPASSRLS"))
    assert "chmod 600" in said
    assert "timedatectl" in said
    assert "linli_app" in said


async def test_the_doctor_names_who_holds_a_port(installed: Settings) -> None:
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        port = int(server.sockets[0].getsockname()[1])
        taken = installed.model_copy(update={"port": port})
        said = "\n".join(subjects(await examine(taken, SystemClock().now()), Verdict.BAD))
    assert str(port) in said
    assert "LINLI_PORT" in said


async def test_the_doctor_without_installation_or_database(data_folder: Path) -> None:
    missing = await examine(settings_in(data_folder / "none"), SystemClock().now())
    assert "linli init" in "\n".join(subjects(missing, Verdict.BAD))


async def test_the_doctor_when_the_database_is_elsewhere_and_away(
    installed: Settings, data_folder: Path
) -> None:
    shutil.copy2(installed.data / "secrets.json", data_folder / "secrets.json")
    away = settings_in(data_folder, database_url="postgresql://a:b@127.0.0.1:1/linli")
    said = "\n".join(subjects(await examine(away, SystemClock().now()), Verdict.BAD))
    assert "DATABASE_URL" in said


def test_a_full_disk_is_bad_and_a_nearly_full_one_a_warning(tmp_path: Path) -> None:
    assert judged_disk(1 << 29, tmp_path).verdict is Verdict.BAD
    assert judged_disk(3 << 30, tmp_path).verdict is Verdict.WARNING
    assert judged_disk(9 << 30, tmp_path).verdict is Verdict.GOOD


async def test_known_passwords_are_recognised(installed: Settings) -> None:
    change = text("UPDATE directory_account_password SET password_hash = :hash")
    async with (
        database_access(installed, read_keys(installed.data)) as urls,
        connected(urls.admin) as connection,
    ):
        kept = await connection.scalar(text("SELECT password_hash FROM directory_account_password"))
        await connection.execute(change, {"hash": PasswordHasher().hash("linli-demo")})
        try:
            assert await has_known_password(urls.admin)
            opened = installed.model_copy(update={"host": "::"})
            said = "\n".join(subjects(await examine(opened, SystemClock().now()), Verdict.BAD))
            assert "演示密码" in said
        finally:
            await connection.execute(change, {"hash": kept})


async def test_a_county_to_train_in_stands_beside_the_real_one(data_folder: Path) -> None:
    installed = await installation_in(data_folder / "linli")
    accounts = await set_up_training(installed)
    assert [login for _, login, _ in accounts] == ["lx-jiedao", "lx-shequ", "lx-wuye", "lx-weixiu"]
    assert len({password for *_, password in accounts}) == len(accounts)
    world = installed.data / "training" / "estate.json"
    assert world.stat().st_mode & 0o077 == 0, "it holds tokens"
    played = read(world.parent)
    assert played.control is None
    assert set(played.controls) == {"LX"}
    async with database_access(installed, read_keys(installed.data)) as urls:
        async with connected(urls.admin) as connection:
            rows = await connection.execute(
                text("SELECT title, training FROM directory_organisation WHERE kind = 'county'")
            )
            assert {tuple(row) for row in rows} == {("示范县", False), ("练习县", True)}
            changes = await connection.execute(
                text(
                    "SELECT bool_and(p.must_change) FROM directory_account_password p"
                    " JOIN directory_account a ON a.id = p.account_id WHERE a.login LIKE 'lx-%'"
                )
            )
            assert changes.scalar_one()
        with pytest.raises(Problem, match="already"):
            await set_up_training(installed)
        backup = data_folder / "with-training"
        manifest = await back_up(installed, backup, now=NOW, version="0.1.0")
    assert "training/estate.json" in {entry.path for entry in manifest.entries}
