"""Where evidence is kept: the installation's folder, another one, or an S3-compatible store."""

import asyncio
import os
import re
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from linli.app import doctor
from linli.app.doctor import Verdict
from linli.app.problems import Problem
from linli.app.processes.surroundings import vault_of
from linli.app.settings import Settings, load_settings

PHOTO = b"\xff\xd8 a photo"


@pytest.fixture(autouse=True)
def bare_environment() -> Generator[None]:
    kept = dict(os.environ)
    for name in kept:
        if name.startswith(("LINLI_", "AWS_")):
            del os.environ[name]
    yield
    os.environ.clear()
    os.environ.update(kept)


@dataclass(slots=True)
class Bucket:
    """As much of an S3 server as keeping objects needs; keys are not checked."""

    kept: dict[str, bytes] = field(default_factory=dict[str, bytes])
    refuses: bool = False
    signed: list[str] = field(default_factory=list[str])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = head[0].split(" ")
        fields = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in head}
        body = await reader.readexactly(int(fields.get("content-length", "0")))
        self.signed.append(fields.get("authorization", ""))
        status, said = self.answer(method, path.partition("?")[0], body)
        writer.write(
            f'HTTP/1.1 {status} x\r\nETag: "1"\r\nLast-Modified: Sun, 22 Nov 2026 04:00:00 GMT\r\n'
            f"Content-Length: {len(said)}\r\nConnection: close\r\n\r\n".encode()
            + said
        )
        await writer.drain()
        writer.close()

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        if self.refuses:
            return 403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>"
        if method == "PUT":
            self.kept[path] = body
            return 200, b""
        if method == "POST":  # DeleteObjects
            keys: list[str] = re.findall(r"<Key>(.*?)</Key>", body.decode())
            for key in keys:
                self.kept.pop(f"{path.rstrip('/')}/{key}", None)
            gone = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
            return 200, f"<DeleteResult>{gone}</DeleteResult>".encode()
        found = self.kept.get(path)
        if found is None:
            return 404, b"<Error><Code>NoSuchKey</Code></Error>"
        return 200, found


@asynccontextmanager
async def bucket() -> AsyncGenerator[Bucket]:
    made = Bucket()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "cn-north-1",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    async with server:
        yield made


def placed(tmp_path: Path, url: str | None) -> Settings:
    return load_settings({"data": tmp_path / "data", "files_url": url})


async def test_files_lie_in_the_data_folder_or_where_the_settings_say(tmp_path: Path) -> None:
    for url, folder in (
        (None, tmp_path / "data" / "files"),
        (str(tmp_path / "disk"), tmp_path / "disk"),
        (f"file://{tmp_path}/mounted", tmp_path / "mounted"),
    ):
        settings = placed(tmp_path, url)
        await vault_of(settings).put("ab/cd/abcd", PHOTO)
        assert (folder / "ab" / "cd" / "abcd").read_bytes() == PHOTO
        [found] = await doctor.files(settings)
        assert found.verdict is Verdict.GOOD


async def test_files_lie_in_a_bucket(tmp_path: Path) -> None:
    async with bucket() as there:
        settings = placed(tmp_path, "s3://evidence/linli")
        vault = vault_of(settings)
        await vault.put("ab/cd/abcd", PHOTO)
        assert there.kept == {"/evidence/linli/ab/cd/abcd": PHOTO}
        assert await vault.get("ab/cd/abcd") == PHOTO
        [found] = await doctor.files(settings)
        assert found.verdict is Verdict.GOOD, str(found)
        await vault.delete("ab/cd/abcd")
        assert await vault.get("ab/cd/abcd") is None
        assert all(said.startswith("AWS4-HMAC-SHA256 Credential=key/") for said in there.signed)
    assert not settings.files_folder.exists()


async def test_the_doctor_says_that_a_bucket_lets_nobody_in(tmp_path: Path) -> None:
    async with bucket() as there:
        there.refuses = True
        [found] = await doctor.files(placed(tmp_path, "s3://evidence"))
    assert found.verdict is Verdict.BAD
    assert "AWS_ACCESS_KEY_ID" in str(found)


async def test_the_doctor_says_that_a_folder_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "disk").write_bytes(b"a file where a folder should be")
    [found] = await doctor.files(placed(tmp_path, str(tmp_path / "disk" / "files")))
    assert found.verdict is Verdict.BAD


@pytest.mark.parametrize("url", ["ftp://disk/files", "http://store/bucket", "file://relative"])
def test_another_kind_of_place_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(Problem, match="files_url"):
        placed(tmp_path, url)


def test_a_hook_in_the_clear_is_warned_of(tmp_path: Path) -> None:
    for url, verdict in (
        ("http://sms.example/send", Verdict.WARNING),
        ("https://sms.example/send", Verdict.GOOD),
        ("http://127.0.0.1:9000/send", Verdict.GOOD),
    ):
        settings = load_settings(
            {"data": tmp_path, "webhook_url": url, "webhook_secret": "sixteen letters!"}
        )
        assert [found.verdict for found in doctor.carriers(settings)] == [verdict]
