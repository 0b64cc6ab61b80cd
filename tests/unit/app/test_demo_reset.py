"""A demo begins anew; nothing else is ever emptied."""

from pathlib import Path

import pytest

from linli.app.demo_reset import forget_demo
from linli.app.problems import Problem
from linli.app.settings import Settings
from linli.app.up import only_one


def demo_in(folder: Path, mark: str = "demo = true\n", url: str | None = None) -> Settings:
    (folder / "postgres" / "data").mkdir(parents=True)
    (folder / "demo").mkdir()
    (folder / "demo" / "estate.json").write_text("{}")
    (folder / "secrets.json").write_text("{}")
    (folder / "linli.toml").write_text(mark)
    return Settings(data=folder, demo=True, database_url=url)


def left(folder: Path) -> set[str]:
    return {one.name for one in folder.iterdir()} - {"run"}


def test_everything_goes_but_the_settings(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("x")
    settings = demo_in(tmp_path / "demo")
    (settings.data / "files").symlink_to(outside)
    forget_demo(settings)
    assert left(settings.data) == {"linli.toml"}
    assert (outside / "kept").exists()
    forget_demo(settings)
    assert left(settings.data) == {"linli.toml"}


def test_a_demo_that_runs_stays(tmp_path: Path) -> None:
    settings = demo_in(tmp_path / "demo")
    with only_one(settings), pytest.raises(Problem, match="already runs"):
        forget_demo(settings)
    assert "secrets.json" in left(settings.data)


def test_a_real_installation_is_never_emptied(tmp_path: Path) -> None:
    settings = demo_in(tmp_path / "real", mark="# settings\n")
    with pytest.raises(Problem, match="is no demo"):
        forget_demo(settings)
    (settings.data / "linli.toml").unlink()
    with pytest.raises(Problem, match="is no demo"):
        forget_demo(settings)
    assert "secrets.json" in left(settings.data)


def test_a_database_of_others_is_not_emptied(tmp_path: Path) -> None:
    url = "postgresql://somebody@127.0.0.1/other"
    settings = demo_in(tmp_path / "demo", url=url)
    with pytest.raises(Problem, match="not linli's own"):
        forget_demo(settings)
    assert "secrets.json" in left(settings.data)


def test_where_there_is_nothing_nothing_is_done(tmp_path: Path) -> None:
    forget_demo(Settings(data=tmp_path / "none", demo=True))
    assert not (tmp_path / "none").exists()
