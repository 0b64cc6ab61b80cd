"""What `linli doctor` says about this machine's vision node."""

from pathlib import Path

from linli.app.doctor_vision import judged_room, vision
from linli.app.findings import Verdict
from linli.app.local_node import TOKEN_FILE, write_credential
from linli.app.settings import Settings

GIGABYTE = 1 << 30


def test_where_no_node_runs_nothing_is_said(tmp_path: Path) -> None:
    assert list(vision(Settings(data=tmp_path))) == []


def test_a_node_with_its_token_and_room_is_good(tmp_path: Path) -> None:
    write_credential("yg-vision", "token", tmp_path)
    [finding] = vision(Settings(data=tmp_path, vision_keep_free_gb=0.0))
    assert finding.verdict is Verdict.GOOD


def test_a_token_others_may_read_is_bad_and_says_the_remedy(tmp_path: Path) -> None:
    write_credential("yg-vision", "token", tmp_path)
    (tmp_path / "vision" / TOKEN_FILE).chmod(0o644)
    [finding] = vision(Settings(data=tmp_path))
    assert finding.verdict is Verdict.BAD
    assert "chmod 600" in str(finding)


def test_a_lost_token_is_bad(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, vision_connection="yg-vision")
    [finding] = vision(settings)
    assert finding.verdict is Verdict.BAD


def test_too_little_room_is_a_warning() -> None:
    assert judged_room(3 * GIGABYTE, 2.0, "node").verdict is Verdict.GOOD
    assert judged_room(1 * GIGABYTE, 2.0, "node").verdict is Verdict.WARNING
