"""The vaults: one port, filled by obstore for folders, memory and S3-compatible stores."""

from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore, ObjectStore, from_url

from linli.support.files.ports import Vault


class StoreVault:
    """A vault in one of obstore's stores."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put(self, name: str, content: bytes) -> None:
        try:
            await obstore.put_async(self._store, name, content)
        except BaseError as error:
            raise OSError(f"vault does not take {name}") from error

    async def put_file(self, name: str, file: Path) -> None:
        try:
            await obstore.put_async(self._store, name, file)
        except BaseError as error:
            raise OSError(f"vault does not take {name}") from error

    async def get_part(self, name: str, first: int, length: int) -> bytes | None:
        try:
            part = await obstore.get_range_async(self._store, name, start=first, length=length)
            return bytes(part)
        except FileNotFoundError:
            return None
        except BaseError as error:
            raise OSError(f"vault does not give {name}") from error

    async def get(self, name: str) -> bytes | None:
        try:
            found = await obstore.get_async(self._store, name)
            return bytes(await found.bytes_async())
        except FileNotFoundError:
            return None
        except BaseError as error:
            raise OSError(f"vault does not give {name}") from error

    async def delete(self, name: str) -> None:
        try:
            await obstore.delete_async(self._store, name)
        except FileNotFoundError:
            return
        except BaseError as error:
            raise OSError(f"vault does not delete {name}") from error


def folder_vault(folder: Path) -> Vault:
    """A vault in a folder, made when it is not there (0700)."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return StoreVault(LocalStore(folder))


def memory_vault() -> Vault:
    """A vault that forgets with its process, for demonstrations and tests."""
    return StoreVault(MemoryStore())


def vault_at(url: str) -> Vault:
    """The vault a URL names: `s3://bucket/prefix`, `file:///folder` or `memory:///`.

    Keys and the address of an S3-compatible store come from the usual environment
    (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_ENDPOINT_URL`, …).
    """
    if url.startswith("file://"):
        return folder_vault(Path(url.removeprefix("file://")))
    return StoreVault(from_url(url))
