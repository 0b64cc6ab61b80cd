"""`linli doctor` on this machine's vision node: its folder, its disk, its credentials."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from linli.app.findings import Finding, Verdict, good
from linli.app.local_node import TOKEN_FILE, local_node
from linli.app.problems import Problem
from linli.app.settings import Settings

GIGABYTE = 1 << 30


def vision(settings: Settings) -> Iterator[Finding]:
    """The node's folder can be written, its token is for our eyes, recordings have room.

    Says nothing where no node runs on this machine.
    """
    if local_node(settings) is None:
        return
    folder = settings.vision_folder or settings.data / "vision"
    subject = f"视觉节点 / vision node {folder}"
    if not _writable(folder):
        yield Finding(subject, Verdict.BAD, _unwritable(folder))
        return
    token = settings.vision_token_file or settings.data / "vision" / TOKEN_FILE
    if settings.vision_token is None and not token.is_file():
        yield Finding(subject, Verdict.BAD, _no_token(token))
        return
    if token.is_file() and token.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Finding(subject, Verdict.BAD, _open_token(token))
        return
    there = folder if folder.exists() else folder.parent
    yield judged_room(shutil.disk_usage(there).free, settings.vision_keep_free_gb, subject)


def judged_room(free: int, keep_free_gb: float, subject: str) -> Finding:
    """Below the reserve, old recordings are already being removed before their time."""
    if free >= keep_free_gb * GIGABYTE:
        return good(subject)
    return Finding(
        subject,
        Verdict.WARNING,
        Problem(
            f"磁盘只剩 {free / GIGABYTE:.1f} GB，最早的录像正在提前删除",
            f"only {free / GIGABYTE:.1f} GB are free: the oldest recordings go before their time",
            remedy_chinese="换更大的磁盘（LINLI_VISION_FOLDER），或在摄像机设置里减少录像",
            remedy_english="use a larger disk (LINLI_VISION_FOLDER), or record less",
        ),
    )


def _writable(folder: Path) -> bool:
    while not folder.exists():
        folder = folder.parent
    return os.access(folder, os.W_OK | os.X_OK)


def _unwritable(folder: Path) -> Problem:
    return Problem(
        f"视觉节点写不了 {folder}，录像和证据存不下来",
        f"the vision node cannot write {folder}: nothing can be recorded",
        remedy_chinese="用运行 linli 的用户执行 chown，或换一个 LINLI_VISION_FOLDER",
        remedy_english="give the folder to the user who runs linli, or set LINLI_VISION_FOLDER",
    )


def _no_token(token: Path) -> Problem:
    return Problem(
        f"视觉节点的令牌文件 {token} 不在",
        f"the vision node's token file {token} is missing",
        remedy_chinese="在“设备”里给这个现场网关换新令牌，写进这个文件",
        remedy_english="rotate the site gateway's token under devices and write it into this file",
    )


def _open_token(token: Path) -> Problem:
    return Problem(
        "别的用户能读视觉节点的令牌",
        "other users may read the vision node's token",
        remedy_chinese=f"执行 chmod 600 {token}",
        remedy_english=f"run: chmod 600 {token}",
    )
