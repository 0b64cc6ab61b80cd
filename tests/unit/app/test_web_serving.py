"""Serving: HTTPS with one's own certificate, HTTP/2, and an end that nobody can hold up."""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from httpx import AsyncClient, HTTPError
from tests.unit.app.web_process import WHO, NamedDoor, Served, free_port, sees

from linli.app.web.application import WebContext, create_app
from linli.app.web.serving import GRACE_S, Address, serve
from linli.kernel.time import SystemClock
from linli.kernel.work import Workshop
from linli.support.files.public import memory_vault


@dataclass(frozen=True, slots=True)
class Certificate:
    certificate: Path
    key: Path


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    """A certificate of one's own for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "linli")])
    now = SystemClock().now()
    address = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    files = Certificate(tmp_path / "certificate.pem", tmp_path / "key.pem")
    files.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


@asynccontextmanager
async def served_by_https(
    workshop: Workshop, certificate: Certificate, folder: Path
) -> AsyncGenerator[int]:
    context = WebContext(
        workshop=workshop,
        door=NamedDoor(workshop),
        vault=memory_vault(),
        routers=(),
        folder=folder,
    )
    port, stop = free_port(), asyncio.Event()
    address = Address("127.0.0.1", port, certificate.certificate, certificate.key)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(serve(create_app(context), address, stop))
        try:
            yield port
        finally:
            stop.set()


async def test_pages_come_by_https_with_the_installations_certificate(
    workshops: tuple[Workshop, Workshop], certificate: Certificate, tmp_path: Path
) -> None:
    trusted = ssl.create_default_context(cafile=str(certificate.certificate))
    async with (
        served_by_https(workshops[0], certificate, tmp_path) as port,
        AsyncClient(base_url=f"https://127.0.0.1:{port}", verify=trusted) as client,
        asyncio.timeout(20),
    ):
        while True:
            try:
                answer = await client.get("/healthz")
            except HTTPError:
                await asyncio.sleep(0.01)
            else:
                break
        assert answer.json() == {"status": "ok"}
        assert "max-age" in answer.headers["Strict-Transport-Security"]


async def test_a_browser_that_does_not_read_does_not_hold_up_the_end(served: Served) -> None:
    served.door.scopes["li"] = sees(UUID(int=11), "see_incidents", UUID(int=1))
    host, port = served.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=64)
    request = f"GET /api/live HTTP/1.1\r\nHost: {host}\r\n{WHO}: li\r\n\r\n"
    writer.write(request.encode())
    await writer.drain()
    assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
    served.stop.set()
    async with asyncio.timeout(GRACE_S + 20):
        await served.ended.wait()
    writer.close()


async def test_http_2_is_spoken_without_asking(served: Served) -> None:
    host, port = served.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00")
    await writer.drain()
    settings = await reader.readexactly(9)
    assert settings[3] == 4  # a SETTINGS frame (RFC 9113, §6.5)
    writer.close()
