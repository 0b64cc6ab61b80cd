"""Messages that leave the house: signed, with the real number, tried again, and on record."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import select

from linli.app.problems import Problem
from linli.app.settings import load_settings
from linli.app.worker.counting import WorkerCounts
from linli.app.worker.delivery import Delivery
from linli.kernel.work import Workshop
from linli.support.messaging.contracts import (
    DEFAULT_TEMPLATE,
    About,
    Channel,
    Message,
    parsed_template,
)
from linli.support.messaging.models import attempt_table, message_table
from linli.support.messaging.public import Webhook, WebhookCarrier, send
from linli.support.messaging.webhook import filled, signature

SECRET = "a secret that is long enough"
NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
LI, WANG = UUID(int=1), UUID(int=2)
WORDS = '【危急】阳光花园 3号楼 "3号" 电梯 {to} 困人\n请处置'


@dataclass(slots=True)
class Provider:
    """A provider's web address: answers what is next on its list and keeps what came."""

    answers: list[tuple[int, str]]
    heads: list[Mapping[str, str]] = field(default_factory=list[Mapping[str, str]])
    bodies: list[bytes] = field(default_factory=list[bytes])
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
        fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in head)}
        self.heads.append(fields)
        self.bodies.append(await reader.readexactly(int(fields["content-length"])))
        status, said = self.answers.pop(0)
        writer.write(
            f"HTTP/1.1 {status} x\r\nContent-Length: {len(said)}\r\n"
            f"Connection: close\r\n\r\n{said}".encode()
        )
        await writer.drain()
        writer.close()


@asynccontextmanager
async def provider(*answers: tuple[int, str]) -> AsyncGenerator[Provider]:
    made = Provider(list(answers))
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/send"
    async with server:
        yield made


class Numbers:
    """Knows one number."""

    async def number_of(self, account_id: UUID) -> str | None:
        return "13812345678" if account_id == LI else None


def carrier(url: str, template: str = DEFAULT_TEMPLATE) -> WebhookCarrier:
    hook = Webhook(url=url, secret=SECRET, template=parsed_template(template))
    return WebhookCarrier(hook, Numbers(), lambda: NOON)


@pytest.fixture
def machine(workshops: tuple[Workshop, Workshop]) -> Workshop:
    return workshops[1]


def delivery(machine: Workshop, url: str) -> Delivery:
    carriers = {Channel.SMS: carrier(url)}
    return Delivery(machine, carriers, asyncio.Event(), WorkerCounts(CollectorRegistry()))


async def post(machine: Workshop, account_id: UUID) -> None:
    async with machine.work() as work:
        message = Message(
            channel=Channel.SMS,
            template="incident_opened",
            title="新事件",
            words=WORDS,
            about=About(incident_id=UUID(int=7)),
            account_id=account_id,
            address="138****5678",
        )
        assert await send(work, message)


async def at_once(machine: Workshop) -> None:
    """The time to try again has come."""
    async with machine.work() as work:
        m = message_table.c
        await work.connection.execute(
            message_table.update().where(m.state == "queued").values(next_attempt_at=work.now)
        )


async def record(machine: Workshop) -> tuple[str, str, list[tuple[str, str | None]]]:
    """The message's state, what is stored of its address, and its attempts with references."""
    async with machine.work() as work:
        m, a = message_table.c, attempt_table.c
        row = (await work.connection.execute(select(m.state, m.address, m.address_masked))).one()
        tries = await work.connection.execute(select(a.state, a.reference).order_by(a.attempt))
        return row.state, row.address + row.address_masked, [(t.state, t.reference) for t in tries]


async def test_a_message_goes_out_signed_with_the_real_number_that_is_stored_nowhere(
    machine: Workshop,
) -> None:
    await post(machine, LI)
    async with provider((200, '{"id": "P-1"}')) as there:
        assert await delivery(machine, there.url).deliver()
    said = json.loads(there.bodies[0])
    assert said["to"] == "13812345678"
    assert said["text"] == WORDS
    assert (said["channel"], said["urgency"]) == ("sms", "normal")
    head = there.heads[0]
    assert head["idempotency-key"] == said["id"]
    timestamp = head["x-linli-timestamp"]
    assert timestamp == str(int(NOON.timestamp()))
    assert head["x-linli-signature"] == signature(SECRET, timestamp, there.bodies[0])
    state, stored, tries = await record(machine)
    assert state == "sent"
    assert "13812345678" not in stored
    assert tries == [("sent", "P-1")]


async def test_a_busy_provider_is_asked_again_with_the_same_key(machine: Workshop) -> None:
    await post(machine, LI)
    async with provider((503, ""), (429, ""), (202, "queued")) as there:
        deliveries = delivery(machine, there.url)
        for state in ("queued", "queued", "sent"):
            await deliveries.deliver()
            assert (await record(machine))[0] == state
            await at_once(machine)
        assert not await deliveries.deliver()
    assert len({head["idempotency-key"] for head in there.heads}) == 1
    assert [state for state, _ in (await record(machine))[2]] == ["queued", "queued", "sent"]


async def test_a_provider_that_is_not_there_is_asked_five_times(machine: Workshop) -> None:
    await post(machine, LI)
    async with provider() as gone:
        pass
    deliveries = delivery(machine, gone.url)
    for _ in range(5):
        await deliveries.deliver()
        await at_once(machine)
    state, _, tries = await record(machine)
    assert (state, len(tries)) == ("failed", 5)


@pytest.mark.parametrize("status", [301, 400, 401, 404])
async def test_a_final_no_is_final(machine: Workshop, status: int) -> None:
    await post(machine, LI)
    async with provider((status, "")) as there:
        await delivery(machine, there.url).deliver()
    assert (await record(machine))[0] == "failed"


async def test_who_has_no_number_is_not_called(machine: Workshop) -> None:
    await post(machine, WANG)
    async with provider() as there:
        await delivery(machine, there.url).deliver()
        assert there.bodies == []
    assert (await record(machine))[0] == "failed"


def test_a_template_of_ones_own_may_nest_and_a_value_is_never_a_template() -> None:
    template = parsed_template('{"phones": ["{to}"], "params": {"p1": "[{title}]"}, "sign": 3}')
    values = {"to": "1", "title": "{to}", "text": "", "id": ""}
    assert filled(template, values) == {"phones": ["1"], "params": {"p1": "[{to}]"}, "sign": 3}


@pytest.mark.parametrize("text", ["{to}", '{"to": "{nobody}"}', '{"text": "{text}"}', '["{to}"'])
def test_a_template_that_cannot_work_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="模板"):
        parsed_template(text)


def test_settings_name_a_hook_with_its_secret_only(tmp_path: Path) -> None:
    url = "https://sms.example/send"
    with pytest.raises(Problem, match="webhook_secret"):
        load_settings({"data": tmp_path, "webhook_url": url})
    with pytest.raises(Problem, match="webhook_template"):
        load_settings({"data": tmp_path, "webhook_template": "{to}"})
    made = load_settings({"data": tmp_path, "webhook_url": url, "webhook_secret": SECRET})
    told = made.as_environment()
    assert told["LINLI_WEBHOOK_CHANNELS"] == '["sms", "phone", "wechat"]'
    assert SECRET not in repr(made)
