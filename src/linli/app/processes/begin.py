"""How every process begins: settings from the environment, logs, and no open demo."""

import asyncio
import sys

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
        asyncio.run(refuse_known_passwords_beyond_loopback(settings, urls.admin))
    except Problem as problem:
        sys.exit(str(problem))
    return settings, keys
