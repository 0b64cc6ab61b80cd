"""Checking an evidence pack on any machine, with the keys of an installation or published ones."""

import base64
import binascii
from pathlib import Path

from linli.app.keys import FILE, read_keys
from linli.app.problems import Problem
from linli.app.processes.surroundings import signer_of
from linli.app.settings import Settings
from linli.scenes.falling_objects.packing import BrokenPack, Manifest, verify


def known_keys(settings: Settings, given: str | None) -> tuple[bytes, ...]:
    """The public keys that are believed: those given, or this installation's own.

    Raises:
        Problem: a given key is none.
    """
    if given is not None:
        try:
            return tuple(base64.b64decode(one, validate=True) for one in given.split(","))
        except binascii.Error as error:
            raise Problem(
                "公钥不是 base64",
                "a public key is not base64",
                remedy_chinese="从导出方的 /api/signing-keys 复制",
                remedy_english="copy it from /api/signing-keys of the installation that exported",
            ) from error
    if not (settings.data / FILE).exists():
        return ()
    return tuple(key.raw for key in signer_of(read_keys(settings.data)).public_keys)


def verify_pack(settings: Settings, file: Path, given: str | None) -> tuple[Manifest, bool]:
    """Check a pack; answers its manifest, and whether a believed key signed it.

    Raises:
        Problem: it is not whole, or somebody changed it.
    """
    if not file.is_file():
        raise Problem(
            f"没有文件 {file}",
            f"there is no file {file}",
            remedy_chinese="写对证据包的路径",
            remedy_english="name the pack's file",
        )
    try:
        return verify(file, known_keys(settings, given))
    except BrokenPack as error:
        raise Problem(
            f"核对不通过：{error.message}",
            f"the pack is not what was exported: {error.message}",
            remedy_chinese="不要采信这份文件，请向导出方重新索取",
            remedy_english="do not rely on this file; ask for another copy",
        ) from error
