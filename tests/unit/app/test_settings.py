"""Settings: who wins, what is refused, and that a child process reads the same."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest

from linli.app.keys import ensure_keys, generate_keys, read_keys, write_keys
from linli.app.problems import Problem
from linli.app.settings import Settings, database_urls, is_loopback, load_settings


@pytest.fixture(autouse=True)
def bare_environment() -> Generator[None]:
    """The developer's own LINLI_… variables take no part."""
    kept = dict(os.environ)
    for name in kept:
        if name.startswith("LINLI_") or name == "DATABASE_URL":
            del os.environ[name]
    yield
    os.environ.clear()
    os.environ.update(kept)


def test_flag_beats_environment_beats_file_beats_default(tmp_path: Path) -> None:
    (tmp_path / "linli.toml").write_text("port = 8001\nmqtt_port = 2001\nhost = '127.0.0.2'\n")
    os.environ["LINLI_DATA"] = str(tmp_path)
    os.environ["LINLI_MQTT_PORT"] = "2002"
    os.environ["LINLI_PORT"] = "8002"
    settings = load_settings({"port": 8003, "host": None})
    assert (settings.port, settings.mqtt_port, settings.host) == (8003, 2002, "127.0.0.2")
    assert settings.mqtt_websocket_port == 8083


def test_a_child_reads_the_same_settings(tmp_path: Path) -> None:
    settings = load_settings(
        {
            "data": tmp_path,
            "demo": True,
            "database_url": "postgresql://a:b@db.example:5433/linli",
            "proxies": ("10.0.0.0/8", "fd00::/8"),
            "log_format": "json",
        }
    )
    os.environ.update(settings.as_environment())
    assert load_settings() == settings


def test_database_url_by_its_usual_name(tmp_path: Path) -> None:
    os.environ["DATABASE_URL"] = "postgresql://a@db.example/x"
    settings = load_settings({"data": tmp_path})
    assert not settings.embedded
    keys = generate_keys()
    urls = database_urls(settings, keys)
    assert urls.app == f"postgresql://linli_app:{keys.app_password}@db.example/x"
    assert urls.name == "x"


@pytest.mark.parametrize(
    "wrong",
    [
        {"port": "many"},
        {"port": 70000},
        {"tls_certificate": "/a.pem"},
        {"log_format": "xml"},
    ],
)
def test_nonsense_is_named(tmp_path: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(Problem) as caught:
        load_settings({"data": tmp_path, **wrong})
    assert next(iter(wrong)) in str(caught.value) or "settings" in str(caught.value)


def test_a_misspelt_name_in_the_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "linli.toml").write_text("prot = 8001\n")
    with pytest.raises(Problem, match="prot"):
        load_settings({"data": tmp_path})


def test_a_broken_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "linli.toml").write_text("port = \n")
    with pytest.raises(Problem, match=r"linli\.toml"):
        load_settings({"data": tmp_path})


def test_mqtt_uses_the_pages_certificate_unless_it_has_its_own() -> None:
    settings = Settings(tls_certificate=Path("/c"), tls_key=Path("/k"))
    assert settings.mqtt_certificate == (Path("/c"), Path("/k"))
    assert settings.address.startswith("https://")
    own = Settings(mqtt_tls_certificate=Path("/mc"), mqtt_tls_key=Path("/mk"))
    assert own.mqtt_certificate == (Path("/mc"), Path("/mk"))
    assert own.address.startswith("http://")


@pytest.mark.parametrize(
    ("host", "alone"),
    [
        ("127.0.0.1", True),
        ("127.3.2.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104 (judged, not used)
        ("::", False),
        ("10.1.2.3", False),
        ("linli.example", False),
    ],
)
def test_who_is_alone_on_an_address(host: str, alone: bool) -> None:
    assert is_loopback(host) is alone


def test_keys_are_made_once_for_one_pair_of_eyes(tmp_path: Path) -> None:
    first = ensure_keys(tmp_path / "new")
    assert ensure_keys(tmp_path / "new") == first
    assert (tmp_path / "new" / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert first.derived("csrf") != first.derived("session")
    assert first.derived("csrf") == read_keys(tmp_path / "new").derived("csrf")
    assert len({first.admin_password, first.owner_password, first.app_password}) == 3


def test_damaged_or_missing_keys_are_explained(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="linli init"):
        read_keys(tmp_path)
    write_keys(tmp_path, generate_keys())
    (tmp_path / "secrets.json").write_text("{")
    with pytest.raises(Problem, match="backup"):
        read_keys(tmp_path)
