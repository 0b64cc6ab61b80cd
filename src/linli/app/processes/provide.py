"""Provides this machine's vision node once: `python -m linli.app.processes.provide`.

The node is a site gateway of an estate; its credential lies in the data folder. Where there is no
estate yet, it is provided at a later start.
"""

import asyncio

import structlog

from linli.app.keys import Keys
from linli.app.local_node import local_node, write_credential
from linli.app.processes.begin import begin
from linli.app.processes.surroundings import clock_of
from linli.app.settings import Settings, database_urls
from linli.directory.places.public import all_estates
from linli.kernel.database import engine_for
from linli.kernel.work import Work, Workshop
from linli.sensing.devices.contracts import Credential, Registration
from linli.sensing.devices.public import devices_coded, register_device, rotate

DRIVER = "linli_native"

log = structlog.get_logger()


async def provided(work: Work) -> Credential | None:
    """A credential of this machine's node, registered now or before; None without an estate."""
    estates = await all_estates(work)
    if not estates:
        return None
    estate = estates[0]
    code = f"{estate.code.lower()}-vision"
    known = (await devices_coded(work, estate.id, [code])).get(code)
    if known is not None:
        # Its token is nowhere any more: only a new one helps.
        return None if known.connection_id is None else await rotate(work, known.connection_id)
    registered = await register_device(
        work,
        Registration(
            estate_id=estate.id,
            place_id=None,
            kind="site_gateway",
            title="本机视觉节点",
            driver=DRIVER,
            code=code,
        ),
    )
    return registered.credential


async def run(settings: Settings, keys: Keys) -> None:
    """Provide it unless it is there."""
    if local_node(settings) is not None:
        return
    engine = engine_for(database_urls(settings, keys).gateway, connections=1)
    async with Workshop(engine, clock_of(settings)).work() as work:
        credential = await provided(work)
    if credential is not None:
        write_credential(credential.username, credential.token, settings.data)
        log.info("vision_node_provided", connection=credential.username)
    await engine.dispose()


def main() -> None:
    settings, keys = begin("provide")
    asyncio.run(run(settings, keys))


if __name__ == "__main__":
    main()
