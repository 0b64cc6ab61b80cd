"""How every process begins: settings from the environment, logs, and no open demo."""

import asyncio
import sys

from linli.app.demo.moved import refuse_moved_clock
from linli.app.demo_exposure import refuse_demo_beyond_loopback
from linli.app.exposure import refuse_known_passwords_beyond_loopback
from linli.app.keys import Keys, read_keys
from linli.app.logs import configure_logs
from linli.app.problems import Problem
from linli.app.settings import Settings, database_urls, load_settings


def begin(process: str) -> tuple[Settings, Keys]:
    """Read settings and keys and set up logging.

    Ends the process with a plain sentence when the installation has a fault.
    """
    try:
        settings = load_settings()
        configure_logs(process, settings.log_format, settings.log_level)
        refuse_demo_beyond_loopback(settings)
        keys = read_keys(settings.data)
        urls = database_urls(settings, keys)
        asyncio.run(_refuse_what_may_not_serve(settings, urls.admin))
    except Problem as problem:
        sys.exit(str(problem))
    return settings, keys


async def _refuse_what_may_not_serve(settings: Settings, admin_url: str) -> None:
    await refuse_known_passwords_beyond_loopback(settings, admin_url)
    await refuse_moved_clock(settings, admin_url)
