"""`linli training`: a county to train in beside the real one, in the same installation."""

import secrets

from linli.app.access import database_access
from linli.app.demo.entering import SeededDoor, SeededWorld, write_world
from linli.app.demo.training import ACCOUNTS, Entrance, is_there, seed_training
from linli.app.keys import read_keys
from linli.app.problems import Problem
from linli.app.processes.surroundings import cipher_of
from linli.app.settings import Settings
from linli.app.tables import load
from linli.app.up import TRAINING
from linli.directory.identity.public import Passwords
from linli.kernel.database import engine_for
from linli.kernel.time import SystemClock
from linli.kernel.work import Workshop

PASSWORD_BYTES = 9


async def set_up_training(settings: Settings) -> list[tuple[str, str, str]]:
    """Enter the county and leave the simulator its file; answers title, login, first password.

    Raises:
        Problem: it is there already (a demo has it from the start).
    """
    load()
    keys = read_keys(settings.data)
    entrance = Entrance(
        {one.login: secrets.token_urlsafe(PASSWORD_BYTES) for one in ACCOUNTS}, must_change=True
    )
    async with database_access(settings, keys) as urls:
        engine = engine_for(urls.gateway, connections=1)
        try:
            async with Workshop(engine, SystemClock()).work() as work:
                if await is_there(work):
                    raise Problem(
                        "已经有练习县，没有改动",
                        "there is a county to train in already; nothing was changed",
                        remedy_chinese="练习账号在“账号”页面重置密码",
                        remedy_english="reset the passwords of its accounts on the accounts page",
                    )
                estate = await seed_training(work, cipher_of(keys), Passwords(), entrance)
        finally:
            await engine.dispose()
    door = SeededDoor(settings.host, settings.mqtt_port)
    url = f"http://{settings.host}:{settings.port}"
    world = SeededWorld(door, url, (estate,), control=None, vision=None)
    write_world(world, settings.data / TRAINING)
    return [(one.title, one.login, entrance.passwords[one.login]) for one in ACCOUNTS]
