"""Serving the web application with granian, in this process and on its loop.

One process on purpose: when the supervisor dies, the kernel's death signal reaches the whole of
it, and no worker is left behind.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import structlog
from fastapi import FastAPI
from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.server.embed import Server

from linli.app.live.stream import Live
from linli.app.web.application import following

# Streams end at once; what is still being answered then has this long.
GRACE_S = 3.0
BACKLOG = 1024

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen; with a certificate and its key (PEM files) by HTTPS."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None


async def serve(app: FastAPI, address: Address, stop: asyncio.Event) -> None:
    """Serve until `stop` is set; then end all streams, let requests finish, and return within 5 s.

    Raises OSError when the port is taken.
    """
    server = Server(
        app,
        address=address.host,
        port=address.port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.auto,
        websockets=True,
        backlog=BACKLOG,
        log_enabled=False,
        ssl_cert=address.certificate,
        ssl_key=address.key,
        ssl_protocol_min=SSLProtocols.tls12,
    )
    async with following(app):
        serving = asyncio.ensure_future(server.serve())
        stopping = asyncio.ensure_future(stop.wait())
        log.info("web_listening", host=address.host, port=address.port)
        await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if serving.done():
            await serving
            raise RuntimeError("the web server ended by itself")
        live: Live = app.state.live
        live.hub.close()
        server.interrupt_signal = True
        server.main_loop_interrupt.set()
        done, _ = await asyncio.wait((serving,), timeout=GRACE_S)
        if not done:
            log.warning("web_stopped_with_open_requests")
            serving.cancel()
