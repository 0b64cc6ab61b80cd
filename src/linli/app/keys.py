"""The installation's keys, in `secrets.json` of the data folder, readable by its owner only.

Without them neither the database nor sealed fields open: they belong in every backup.
"""

import os
import secrets
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from linli.app.engine.urls import Passwords
from linli.app.problems import Problem

FILE = "secrets.json"
KEY_BYTES = 32


class Keys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an installation keeps secret.

    `master_keys` are 32 bytes each, by number; new seals use `current`, hashes always `hashing`.
    """

    admin_password: str
    owner_password: str
    app_password: str
    gateway_password: str
    master_keys: dict[int, bytes]
    current: int = 1
    hashing: int = 1

    @property
    def passwords(self) -> Passwords:
        """The passwords of the database's roles."""
        return Passwords(
            owner=self.owner_password, app=self.app_password, gateway=self.gateway_password
        )

    def derived(self, purpose: str) -> bytes:
        """32 bytes for one purpose, the same at every start; says nothing about the others."""
        return self.derived_of(self.hashing, purpose)

    def derived_of(self, number: int, purpose: str) -> bytes:
        """The same, of one master key: a new master key makes new ones, the old stay known."""
        derivation = HKDF(
            algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode()
        )
        return derivation.derive(self.master_keys[number])


def generate_keys() -> Keys:
    """Make new keys."""
    return Keys(
        admin_password=secrets.token_urlsafe(24),
        owner_password=secrets.token_urlsafe(24),
        app_password=secrets.token_urlsafe(24),
        gateway_password=secrets.token_urlsafe(24),
        master_keys={1: secrets.token_bytes(KEY_BYTES)},
    )


def read_keys(data: Path) -> Keys:
    """Read the keys of the installation in this data folder.

    Raises:
        Problem: there are none, or they cannot be read.
    """
    path = data / FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Keys)
    except FileNotFoundError as error:
        raise Problem(
            f"{data} 里还没有安装",
            f"there is no installation in {data}",
            remedy_chinese="执行 linli init（正式安装）或 linli up --demo（演示）",
            remedy_english="run linli init (a real installation) or linli up --demo",
        ) from error
    except (OSError, msgspec.DecodeError) as error:
        raise Problem(
            f"读不了密钥文件 {path}：{error}",
            f"cannot read the keys in {path}: {error}",
            remedy_chinese="用安装时的用户运行；文件损坏时从备份恢复",
            remedy_english="run as the user who installed; restore a damaged file from the backup",
        ) from error


def write_keys(data: Path, keys: Keys) -> None:
    """Write the keys; the file appears whole or not at all, for its owner's eyes only."""
    path, made = data / FILE, data / f"{FILE}.new"
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(keys), indent=2))
        file.flush()
        os.fsync(file.fileno())
    made.replace(path)


def ensure_keys(data: Path) -> Keys:
    """Read the keys, or make them at the first start."""
    if not (data / FILE).exists():
        make_data_folder(data)
        write_keys(data, generate_keys())
    return read_keys(data)


def make_data_folder(data: Path) -> None:
    """Make the data folder: others may pass through (the database's user) but not look in.

    Raises:
        Problem: it cannot be made or written.
    """
    try:
        data.mkdir(mode=0o711, parents=True, exist_ok=True)
        probe = data / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise Problem(
            f"不能在数据文件夹 {data} 里写文件：{error.strerror}",
            f"cannot write in the data folder {data}: {error.strerror}",
            remedy_chinese="换一个文件夹（--data 或 LINLI_DATA），"
            "或把它的所有者改成运行 linli 的用户",
            remedy_english="choose another folder (--data or LINLI_DATA), or give it to the user "
            "who runs linli",
        ) from error
