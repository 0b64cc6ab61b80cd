"""Every vault keeps the same promises."""

from pathlib import Path

import pytest

from linli.support.files.ports import Vault
from linli.support.files.public import folder_vault, memory_vault, vault_at

KINDS = ("folder", "memory", "url")


@pytest.fixture(params=KINDS)
def vault(request: pytest.FixtureRequest, tmp_path: Path) -> Vault:
    match str(request.param):
        case "folder":
            return folder_vault(tmp_path / "files")
        case "memory":
            return memory_vault()
        case _:
            return vault_at(f"file://{tmp_path}/by-url")


async def test_what_is_put_can_be_got(vault: Vault) -> None:
    await vault.put("ab/cd/abcd", b"\x00\xffcontent")
    assert await vault.get("ab/cd/abcd") == b"\x00\xffcontent"


async def test_putting_the_same_again_is_fine(vault: Vault) -> None:
    await vault.put("ab/cd/abcd", b"content")
    await vault.put("ab/cd/abcd", b"content")
    assert await vault.get("ab/cd/abcd") == b"content"


async def test_what_was_never_there_is_none_and_may_be_deleted(vault: Vault) -> None:
    assert await vault.get("ab/cd/nothing") is None
    await vault.delete("ab/cd/nothing")


async def test_what_is_deleted_is_gone(vault: Vault) -> None:
    await vault.put("ab/cd/abcd", b"content")
    await vault.delete("ab/cd/abcd")
    assert await vault.get("ab/cd/abcd") is None


async def test_a_vault_that_cannot_write_says_so(tmp_path: Path) -> None:
    vault = folder_vault(tmp_path / "files")
    (tmp_path / "files" / "ab").write_bytes(b"a file where a folder should be")
    with pytest.raises(OSError, match="vault"):
        await vault.put("ab/cd/abcd", b"content")


async def test_only_its_owner_enters_a_folder_vault(tmp_path: Path) -> None:
    folder_vault(tmp_path / "files")
    assert (tmp_path / "files").stat().st_mode & 0o777 == 0o700
