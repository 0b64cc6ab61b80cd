"""Another system is told of an incident, checks who sent it, and sees nobody else's."""

import ipaddress
import json
import re
import ssl
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from prometheus_client import CollectorRegistry
from tests.support.mqtt_certificate import certificate
from tests.unit.responding.office import Office, office_on

from linli.app.engine.roles import DatabaseUrls
from linli.app.worker.counting import WorkerCounts
from linli.app.worker.hooks import HookPost, usual_trust
from linli.kernel.errors import Forbidden, NotFound
from linli.responding.hooks import handlers, policy, service, store
from linli.responding.hooks.contracts import DeliveryState, Hook, HookState
from linli.responding.incidents.events import IncidentChanged
from linli.support.sealing.contracts import Keys
from linli.support.sealing.public import AesGcmCipher

CIPHER = AesGcmCipher(Keys.of(bytes(range(32))))
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
GUIDE = Path(__file__).parents[4] / "docs" / "integrators.md"


@pytest.fixture
async def office(morning_database: DatabaseUrls) -> AsyncGenerator[Office]:
    async with office_on(morning_database) as office:
        yield office


async def subscribed(office: Office, url: str) -> tuple[Hook, str]:
    async with office.as_("xian") as work:
        ((county,),) = await office.rows(
            "SELECT id FROM directory_organisation WHERE kind = 'county'"
        )
        hook = Hook(
            id=work.new_id(),
            organisation_id=UUID(str(county)),
            title="城运平台",
            url=url,
            events=("incident.opened",),
            state=HookState.ACTIVE,
            failing_since=None,
            made_by="",
            made_at=work.now,
        )
        return hook, await service.subscribe(work, CIPHER, hook)


async def opened(office: Office, hook: Hook) -> None:
    async with office.machine.work() as work:
        event = IncidentChanged(
            estate_id=office.estate_id,
            happened_at=work.now,
            incident_id=hook.id,
            version=1,
            severity="urgent",
            state="open",
            level="property",
            change="opened",
        )
        await handlers.incident_changed(work, event)
        await handlers.incident_changed(work, event)


class Post(HookPost):
    """The worker's post, with its counts at hand."""

    def __init__(
        self,
        office: Office,
        allowed: Sequence[policy.Network] = LOOPBACK,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self.registry = CollectorRegistry()
        counts = WorkerCounts(self.registry)
        super().__init__(office.machine, CIPHER, allowed, trust or usual_trust(), counts)

    def counted(self, outcome: str) -> float:
        return self.registry.get_sample_value("linli_hook_tries_total", {"outcome": outcome}) or 0


Got = list[tuple[dict[str, str], bytes]]


@contextmanager
def receiver(secured: ssl.SSLContext | None = None) -> Generator[tuple[int, Got]]:
    """Another system on a port of this machine, and what it was sent."""
    got: Got = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((dict(self.headers.items()), body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the library's name)
            del format, args

    class Server(HTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """A caller who does not trust us hangs up: nothing to print."""

    server = Server(("127.0.0.1", 0), Receiver)
    if secured is not None:
        server.socket = secured.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_port, got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def guides_own_check() -> Callable[..., bool]:
    (sample,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    guide: dict[str, Any] = {}
    exec(sample, guide)  # noqa: S102 (the guide's own sample is what is tried)
    return guide["is_from_linli"]


async def test_what_was_delivered_passes_the_guides_own_check(office: Office) -> None:
    post = Post(office)
    with receiver() as (port, got):
        hook, secret = await subscribed(office, f"http://127.0.0.1:{port}/told")
        await opened(office, hook)
        await post.deliver()

    ((headers, body),) = got
    said = json.loads(body)
    assert (said["event"], said["sequence"]) == ("incident.opened", 1)
    assert said["id"] == headers["X-Linli-Id"]
    assert post.counted("delivered") == 1
    check, now = guides_own_check(), office.clock.now().timestamp()
    assert check(secret, headers, body, now)
    assert not check(secret, headers, body + b" ", now)
    assert not check(secret, headers, body, now + 301)
    async with office.as_("xian") as work:
        (one,) = await service.deliveries(work, hook.id)
        assert one.state is DeliveryState.DELIVERED
        assert one.attempts[0].status == 204
        await service.replay(work, one.id)
    async with office.machine.work() as work:
        (again,) = await service.claim(work, most=9)
        assert str(again.id) == said["id"]


async def test_for_a_day_a_changed_secret_breaks_neither_side(office: Office) -> None:
    check = guides_own_check()
    with receiver() as (port, got):
        hook, old = await subscribed(office, f"http://127.0.0.1:{port}/told")
        async with office.as_("xian") as work:
            new = await service.rotate(work, CIPHER, hook.id)
            await service.ping(work, hook.id)
        await Post(office).deliver()
        office.later(policy.OLD_SECRET_SIGNS_FOR)
        async with office.as_("xian") as work:
            await service.ping(work, hook.id)
        await Post(office).deliver()
    (first, second), now = got, office.clock.now().timestamp()
    before = now - policy.OLD_SECRET_SIGNS_FOR.total_seconds()
    assert [check(secret, *first, before) for secret in (new, old)] == [True, True]
    assert [check(secret, *second, now) for secret in (new, old)] == [True, False]


async def test_https_goes_to_the_address_looked_at_under_the_name_subscribed(
    office: Office, tmp_path: Path
) -> None:
    """A real TLS server: its certificate holds for the name, not for the address."""
    secured, authority = certificate(tmp_path)
    trust = ssl.create_default_context(cafile=authority)
    both = (*LOOPBACK, ipaddress.ip_network("::1/128"))
    with receiver(secured) as (port, got):
        named, _ = await subscribed(office, f"https://localhost:{port}/told")
        await opened(office, named)
        stranger = Post(office, both)
        await stranger.deliver()
        assert (stranger.counted("waiting"), got) == (1, [])
        office.later(policy.FIRST_WAIT)
        friend = Post(office, both, trust)
        await friend.deliver()
        ((headers, _),) = got
        assert headers["Host"] == f"localhost:{port}"
        bare, _ = await subscribed(office, f"https://127.0.0.1:{port}/told")
        async with office.as_("xian") as work:
            await service.ping(work, bare.id)
        await friend.deliver()
        assert (friend.counted("delivered"), friend.counted("waiting"), len(got)) == (1, 1, 1)


async def test_a_private_address_is_refused_and_three_days_of_failing_suspend(
    office: Office,
) -> None:
    hook, _ = await subscribed(office, "https://127.0.0.1:1/told")
    await opened(office, hook)
    post = Post(office, ())
    assert await post.deliver()
    assert not await post.deliver()
    office.later(timedelta(days=3, seconds=1))
    assert await post.deliver()
    async with office.as_("xian") as work:
        (seen,) = await service.listed(work)
        assert seen.state is HookState.SUSPENDED
        told = await office.rows(
            "SELECT title, words FROM support_message WHERE template = 'hook_suspended' ORDER BY id"
        )
        assert told, "who can mend it was told"
        assert hook.title in str(told[0][0])
        (one,) = await service.deliveries(work, hook.id)
        assert "内网" in one.attempts[0].error
        assert len(one.attempts) == 2
        await service.move(work, hook.id, HookState.ACTIVE)
    async with office.machine.work() as work:
        assert await store.forget(work.connection, work.now) == 1


async def test_others_neither_see_nor_make_it(office: Office) -> None:
    hook, _ = await subscribed(office, "https://example.invalid/told")
    async with office.as_("shequ") as work:
        assert await service.listed(work) == []
        with pytest.raises(NotFound):
            await service.deliveries(work, hook.id)
        with pytest.raises(Forbidden):
            await service.subscribe(work, CIPHER, hook)


@pytest.mark.parametrize(
    "text",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "224.0.0.1", "0.0.0.1",
     "::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::"],
)  # fmt: skip
def test_no_private_address_in_any_dress(text: str) -> None:
    assert not policy.reachable(ipaddress.ip_address(text), "https", ())


def test_the_internet_only_by_https() -> None:
    assert policy.reachable(ipaddress.ip_address("93.184.216.34"), "https", ())
    assert not policy.reachable(ipaddress.ip_address("93.184.216.34"), "http", ())


async def test_the_doctor_learns_who_is_not_told_and_what_waits(office: Office) -> None:
    hook, _ = await subscribed(office, "https://8.8.8.8/told")
    async with office.as_("xian") as work:
        await service.ping(work, hook.id)
    async with office.machine.work() as work:
        found = await store.standing(work.connection, work.now)
        assert (found.hooks, found.waiting, found.overdue) == (1, 1, 0)
        later = await store.standing(work.connection, work.now + timedelta(hours=1))
        assert later.overdue == 1
        (claimed,) = await service.claim(work, most=5)
        await service.record(work, claimed, None, "no answer")
        assert (await store.standing(work.connection, work.now)).failing == ("城运平台",)
    office.later(policy.SUSPENDS_AFTER)
    async with office.machine.work() as work:
        (claimed,) = await service.claim(work, most=5)
        await service.record(work, claimed, 500, "")
        found = await store.standing(work.connection, work.now)
    # What waits for a suspended hook is nobody's fault but the hook's.
    assert (found.suspended, found.failing, found.waiting) == (("城运平台",), (), 1)
    office.later(timedelta(days=1))
    async with office.machine.work() as work:
        assert (await store.standing(work.connection, work.now)).overdue == 0
