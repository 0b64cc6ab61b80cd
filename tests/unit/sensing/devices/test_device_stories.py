"""Devices are registered, sign in, are told things, fall silent, and are cut off."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.unit.directory.town import Offices, Town

from linli.kernel.errors import BadInput, IllegalMove, NotFound, StaleVersion
from linli.kernel.work import Work
from linli.sensing.devices import public as devices
from linli.sensing.devices.contracts import (
    Command,
    CommandAnswer,
    CommandMove,
    CommandSending,
    CommandState,
    Device,
    DeviceFault,
    DeviceFilter,
    DeviceState,
    Registered,
    Registration,
    Sign,
)
from linli.sensing.devices.public import DeviceRegister, KeptSession, KeptWill, SignsOfLife

MINUTE = timedelta(minutes=1)


def meter(town: Town, **changes: object) -> Registration:
    given: dict[str, object] = {
        "estate_id": town.estates[0].id,
        "place_id": town.home,
        "kind": "water_meter",
        "title": "502 水表",
        "driver": "linli_native",
    }
    return Registration(**(given | changes))  # pyright: ignore[reportArgumentType]


async def registered(desks: Offices, draft: Registration) -> Registered:
    async with desks.machine.work() as work:
        return await devices.register_device(work, draft)


async def signs_in(desks: Offices, username: str, token: str) -> bool:
    async with desks.machine.work() as work:
        return await devices.sign_in(work, username, token) is not None


async def events(desks: Offices, device_id: UUID) -> list[str]:
    """The states in which a device was told to have changed, in order."""
    async with desks.machine.work() as work:
        rows = await work.connection.execute(
            text(
                "SELECT payload->>'state' FROM kernel_event WHERE name = 'device_changed'"
                " AND payload->>'device_id' = :device ORDER BY id"
            ),
            {"device": str(device_id)},
        )
        return list(rows.scalars())


async def test_a_new_device_gets_a_code_and_a_credential_that_is_kept_as_a_hash_only(
    desks: Offices, town: Town
) -> None:
    made = await registered(desks, meter(town))
    assert made.credential is not None
    assert made.device.code.startswith(town.estates[0].code.lower())
    assert made.device.state is DeviceState.NEVER
    assert await signs_in(desks, made.credential.username, made.credential.token)
    assert not await signs_in(desks, made.credential.username, made.credential.token + "x")
    assert not await signs_in(desks, "nobody", made.credential.token)
    async with desks.machine.work() as work:
        kept = await work.connection.scalar(
            text("SELECT row_to_json(c)::text FROM sensing_connection AS c WHERE id = :id"),
            {"id": made.credential.connection_id},
        )
    assert made.credential.token not in str(kept)
    assert await events(desks, made.device.id) == ["never"]


async def test_two_devices_cannot_share_a_code(desks: Offices, town: Town) -> None:
    await registered(desks, meter(town, code="w502"))
    with pytest.raises(devices.CodeTaken):
        await registered(desks, meter(town, code="w502"))
    other = await registered(
        desks, meter(town, code="w502", estate_id=town.estates[1].id, place_id=None)
    )
    assert other.device.code == "w502"


async def test_a_place_in_another_estate_is_refused(desks: Offices, town: Town) -> None:
    with pytest.raises(BadInput) as refused:
        await registered(desks, meter(town, estate_id=town.estates[1].id))
    assert refused.value.field == "place_id"


async def gateway_with_lamp(desks: Offices, town: Town) -> tuple[Registered, Registered]:
    gateway = await registered(
        desks,
        meter(town, kind="site_gateway", title="网关", driver="zigbee2mqtt", place_id=None),
    )
    alarm = await registered(
        desks,
        meter(
            town,
            kind="smoke_alarm",
            title="厨房烟感",
            connection_id=gateway.device.connection_id,
            external_code="kitchen",
        ),
    )
    return gateway, alarm


async def test_a_child_speaks_through_its_gateway_and_its_driver(
    desks: Offices, town: Town
) -> None:
    gateway, alarm = await gateway_with_lamp(desks, town)
    assert alarm.credential is None
    assert alarm.device.driver == "zigbee2mqtt"
    assert alarm.device.connection_id == gateway.device.connection_id
    register = DeviceRegister(desks.machine)
    assert gateway.device.connection_id is not None
    known = await register.load(gateway.device.connection_id)
    assert known is not None
    assert known.device_for("kitchen") == alarm.device
    assert known.device_for(None) == gateway.device
    assert known.device_for("attic") is None
    kind = known.kind_of("kitchen")
    assert kind is not None
    assert kind.code == "smoke_alarm"
    with pytest.raises(devices.CodeTaken) as refused:
        await registered(
            desks,
            meter(town, connection_id=gateway.device.connection_id, external_code="kitchen"),
        )
    assert refused.value.field == "external_code"


async def test_children_hang_on_gateways_of_their_own_estate_only(
    desks: Offices, town: Town
) -> None:
    gateway, _ = await gateway_with_lamp(desks, town)
    single = await registered(desks, meter(town))
    with pytest.raises(NotFound):
        await registered(
            desks,
            meter(
                town,
                estate_id=town.estates[1].id,
                place_id=None,
                connection_id=gateway.device.connection_id,
                external_code="x",
            ),
        )
    with pytest.raises(BadInput, match="网关"):
        await registered(
            desks, meter(town, connection_id=single.device.connection_id, external_code="x")
        )


async def test_a_rotated_token_ends_the_old_one_at_once_or_after_a_grace(
    desks: Offices, town: Town
) -> None:
    made = await registered(desks, meter(town))
    old = made.credential
    assert old is not None
    async with desks.machine.work() as work:
        new = await devices.rotate(work, old.connection_id)
    assert not await signs_in(desks, old.username, old.token)
    assert await signs_in(desks, new.username, new.token)
    async with desks.machine.work() as work:
        newer = await devices.rotate(work, old.connection_id, grace=MINUTE)
    assert await signs_in(desks, old.username, new.token)
    desks.clock.move(MINUTE)
    assert not await signs_in(desks, old.username, new.token)
    assert await signs_in(desks, old.username, newer.token)


async def test_who_was_revoked_is_out_and_the_doors_hear_of_it(desks: Offices, town: Town) -> None:
    made = await registered(desks, meter(town))
    credential = made.credential
    assert credential is not None
    register = DeviceRegister(desks.machine)
    await register.load(credential.connection_id)
    assert (await register.refresh()).changed == frozenset()
    async with desks.machine.work() as work:
        await devices.revoke(work, credential.connection_id)
    refreshed = await register.refresh()
    assert refreshed.ended == frozenset({credential.connection_id})
    assert not await signs_in(desks, credential.username, credential.token)
    with pytest.raises(IllegalMove):
        async with desks.machine.work() as work:
            await devices.revoke(work, credential.connection_id)
    async with desks.machine.work() as work:
        again = await devices.rotate(work, credential.connection_id)
    assert await signs_in(desks, again.username, again.token)


async def test_a_child_registered_later_is_known_after_a_refresh(
    desks: Offices, town: Town
) -> None:
    gateway, _ = await gateway_with_lamp(desks, town)
    connection_id = gateway.device.connection_id
    assert connection_id is not None
    register = DeviceRegister(desks.machine)
    await register.load(connection_id)
    late = await registered(desks, meter(town, connection_id=connection_id, external_code="bath"))
    refreshed = await register.refresh()
    assert refreshed.changed == frozenset({connection_id})
    assert refreshed.ended == frozenset()
    known = register.get(connection_id)
    assert known is not None
    assert known.device_for("bath") == late.device


async def test_a_renamed_device_needs_the_version_that_was_read(desks: Offices, town: Town) -> None:
    device = (await registered(desks, meter(town))).device
    async with desks.machine.work() as work:
        changed = await devices.change_device(
            work, device.id, title="新水表", place_id=None, expected_version=1
        )
    assert (changed.title, changed.place_id, changed.version) == ("新水表", None, 2)
    with pytest.raises(StaleVersion):
        async with desks.machine.work() as work:
            await devices.change_device(
                work, device.id, title="旧水表", place_id=None, expected_version=1
            )


# Signs of life


async def seen(desks: Offices, device: Device) -> Device:
    async with desks.machine.work() as work:
        return await devices.device_of(work, device.id)


async def test_a_device_comes_online_with_its_first_word_and_offline_with_its_silence(
    desks: Offices, town: Town
) -> None:
    device = (await registered(desks, meter(town, kind="gate_controller"))).device
    signs = SignsOfLife()
    first = desks.clock.now()
    for _ in range(3):
        async with desks.machine.work() as work:
            await signs.heard(work, [Sign(device.id, desks.clock.now())])
        desks.clock.move(timedelta(seconds=10))
    now = await seen(desks, device)
    assert (now.state, now.last_seen_at) == (DeviceState.ONLINE, first)
    desks.clock.move(MINUTE)
    async with desks.machine.work() as work:
        await signs.heard(work, [Sign(device.id, desks.clock.now(), firmware="1.2.0")])
    later = await seen(desks, device)
    assert (later.last_seen_at, later.firmware) == (desks.clock.now(), "1.2.0")
    async with desks.machine.work() as work:
        await devices.fall_silent(work)
    assert (await seen(desks, device)).state is DeviceState.ONLINE
    desks.clock.move(devices.all_kinds()["gate_controller"].offline_after + MINUTE)
    async with desks.machine.work() as work:
        await devices.fall_silent(work)
    silent = await seen(desks, device)
    assert (silent.state, silent.state_since) == (DeviceState.OFFLINE, desks.clock.now())
    assert await events(desks, device.id) == ["never", "online", "offline"]


async def test_a_last_will_says_at_once_that_a_device_is_gone(desks: Offices, town: Town) -> None:
    device = (await registered(desks, meter(town))).device
    signs = SignsOfLife()
    for online, state in ((None, "online"), (False, "offline"), (None, "online")):
        async with desks.machine.work() as work:
            await signs.heard(work, [Sign(device.id, desks.clock.now(), online=online)])
        assert (await seen(desks, device)).state == state


async def test_a_connection_is_there_until_its_last_client_left(desks: Offices, town: Town) -> None:
    device = (await registered(desks, meter(town))).device
    connection_id = device.connection_id
    assert connection_id is not None
    at = desks.clock.now()

    async def arrives(gateway: str, client: str) -> None:
        async with desks.machine.work() as work:
            await devices.client_arrived(
                work,
                gateway=gateway,
                connection_id=connection_id,
                client_id=client,
                address="10.0.0.8",
                at=at,
            )

    async def leaves(gateway: str, client: str) -> None:
        async with desks.machine.work() as work:
            await devices.client_left(
                work,
                gateway=gateway,
                connection_id=connection_id,
                client_id=client,
                reason="keep_alive",
                at=at + MINUTE,
            )

    async def since() -> object:
        async with desks.machine.work() as work:
            return (await devices.connection_of(work, connection_id)).connected_since

    await arrives("g1", "a")
    await arrives("g1", "b")
    await leaves("g1", "a")
    assert await since() == at
    await arrives("g2", "b")
    await leaves("g1", "b")  # the first gateway notices late that g2 took the client over
    assert await since() == at
    async with desks.machine.work() as work:
        assert await devices.gateway_started(work, "g2", at + MINUTE) == 1
    assert await since() is None


# Commands


async def told(
    desks: Offices, device: Device, name: str = "close_valve", **params: str | bool | float
) -> Command:
    async with desks.machine.work() as work:
        return await devices.command_device(work, device.id, name, params)


async def outgoing(desks: Offices, device: Device) -> list[UUID]:
    assert device.connection_id is not None
    async with desks.machine.work() as work:
        found = await devices.outgoing_commands(work, [device.connection_id])
    return [one.command.id for one in found]


async def sent(
    desks: Offices, commands: Sequence[Command], *, packet_id: int = 4, answers: bool = True
) -> None:
    async with desks.machine.work() as work:
        await devices.commands_sent(
            work,
            [
                CommandSending(
                    command.id, "client", packet_id, work.now, str(command.id) if answers else None
                )
                for command in commands
            ],
        )


async def state_of(desks: Offices, command: Command) -> CommandState:
    async with desks.machine.work() as work:
        [found] = [
            one
            for one in await devices.commands_of(work, command.device_id)
            if one.id == command.id
        ]
    return found.state


async def answers(
    desks: Offices, command: Command, move: CommandMove | None, words: str = ""
) -> bool:
    async with desks.machine.work() as work:
        answer = CommandAnswer(command.device_id, str(command.id), move, work.now, words)
        return await devices.answered(work, answer)


async def test_a_command_waits_is_sent_and_done(desks: Offices, town: Town) -> None:
    device = (await registered(desks, meter(town))).device
    first, second = await told(desks, device), await told(desks, device, "open_valve")
    # Both were asked for at the same moment of this test's clock: then their ids give the order.
    both = sorted((first.id, second.id))
    assert await outgoing(desks, device) == both
    await sent(desks, [first])
    assert await state_of(desks, first) is CommandState.SENT
    assert await outgoing(desks, device) == both, "out, but not confirmed"
    async with desks.machine.work() as work:
        await devices.commands_delivered(work, [first.id])
    assert await outgoing(desks, device) == [second.id]
    assert await answers(desks, first, None)
    assert await state_of(desks, first) is CommandState.SENT
    assert await answers(desks, first, CommandMove.FINISH, "阀门已关")
    assert await answers(desks, first, CommandMove.FAIL), "a second answer changes nothing"
    assert await state_of(desks, first) is CommandState.DONE
    async with desks.machine.work() as work:
        [found] = [one for one in await devices.commands_of(work, device.id) if one.id == first.id]
    assert found.words == "阀门已关"


async def test_an_answer_to_nothing_is_not_believed(desks: Offices, town: Town) -> None:
    device = (await registered(desks, meter(town))).device
    other = (await registered(desks, meter(town))).device
    command = await told(desks, device)
    await sent(desks, [command])
    async with desks.machine.work() as work:
        strange = CommandAnswer(other.id, str(command.id), CommandMove.FINISH, work.now)
        assert not await devices.answered(work, strange)
    assert await state_of(desks, command) is CommandState.SENT


async def test_a_command_nobody_fetched_expires(desks: Offices, town: Town) -> None:
    device = (await registered(desks, meter(town))).device
    command = await told(desks, device)
    desks.clock.move(timedelta(minutes=5))
    assert await outgoing(desks, device) == []
    async with desks.machine.work() as work:
        await devices.expire_commands(work)
    assert await state_of(desks, command) is CommandState.EXPIRED


async def test_what_a_protocol_without_answers_delivered_does_not_expire(
    desks: Offices, town: Town
) -> None:
    device = (await registered(desks, meter(town))).device
    command = await told(desks, device)
    await sent(desks, [command], packet_id=0, answers=False)
    assert await outgoing(desks, device) == []
    desks.clock.move(timedelta(hours=1))
    async with desks.machine.work() as work:
        await devices.expire_commands(work)
    assert await state_of(desks, command) is CommandState.SENT


async def test_what_the_other_side_turns_away_is_refused(desks: Offices, town: Town) -> None:
    device = (await registered(desks, meter(town))).device
    command = await told(desks, device)
    await sent(desks, [command])
    async with desks.machine.work() as work:
        await devices.command_failed(work, command.id, "设备拒收", refused=True)
    assert await state_of(desks, command) is CommandState.REFUSED


# Faults


async def test_a_fault_is_noted_once_and_mended_once(desks: Offices, town: Town) -> None:
    device = (await registered(desks, meter(town))).device
    fault = DeviceFault(device.id, "battery_low", desks.clock.now(), "电量只剩 8 %")
    wanted = DeviceFilter(estate_id=town.estates[0].id, state="fault")

    async def in_work(work: Work) -> tuple[bool, bool, int]:
        first = await devices.note_fault(work, fault)
        second = await devices.note_fault(work, fault)
        return first, second, (await devices.list_devices(work, wanted)).total

    async with desks.machine.work() as work:
        assert await in_work(work) == (True, False, 1)
        [noted] = (await devices.faults_of(work, [device.id]))[device.id]
        assert noted == fault
    async with desks.machine.work() as work:
        assert await devices.clear_fault(work, device.id, "battery_low")
        assert not await devices.clear_fault(work, device.id, "battery_low")
        assert (await devices.count_devices(work, wanted)).fault == 0


# MQTT sessions


def kept(connection_id: UUID, client: str = "c", **changes: object) -> KeptSession:
    fields: dict[str, object] = {
        "connection_id": connection_id,
        "client_id": client,
        "expiry_seconds": 600,
        "subscriptions": (("linli/v1/command", 1, 0),),
        "received": frozenset({3, 70}),
        "will": None,
        "gateway": "g1",
        "ends_at": None,
        "will_due_at": None,
    }
    return KeptSession(**(fields | changes))  # pyright: ignore[reportArgumentType]


WILL = KeptWill("linli/v1/state", b'{"online":false}', 1, retained=False, delay_seconds=30)


async def test_a_session_is_kept_as_it_was(desks: Offices, town: Town) -> None:
    device = (await registered(desks, meter(town))).device
    assert device.connection_id is not None
    session = kept(device.connection_id, will=WILL)
    async with desks.machine.work() as work:
        await devices.save_session(work.connection, session)
        await devices.save_session(work.connection, session)
    async with desks.machine.work() as work:
        loaded = await devices.load_session(work.connection, device.connection_id, "c")
        assert loaded == session
        await devices.remove_session(work.connection, device.connection_id, "c")
        assert await devices.load_session(work.connection, device.connection_id, "c") is None


async def test_a_gateway_that_starts_again_finds_its_sessions_and_their_wills(
    desks: Offices, town: Town
) -> None:
    device = (await registered(desks, meter(town))).device
    assert device.connection_id is not None
    now = desks.clock.now()
    mine = f"g-{town.tag}"
    async with desks.machine.work() as work:
        for session in (
            kept(device.connection_id, "with will", will=WILL, expiry_seconds=0, gateway=mine),
            kept(device.connection_id, "without", gateway=mine),
            kept(device.connection_id, "elsewhere", gateway="another"),
        ):
            await devices.save_session(work.connection, session)
        assert await devices.reclaim_sessions(work.connection, mine, now, now + MINUTE) == 2
    async with desks.machine.work() as work:
        willed = await devices.load_session(work.connection, device.connection_id, "with will")
        plain = await devices.load_session(work.connection, device.connection_id, "without")
    assert willed is not None
    assert plain is not None
    assert (willed.gateway, willed.ends_at, willed.will_due_at) == (
        None,
        now + MINUTE,
        now + MINUTE,
    )
    assert (plain.ends_at, plain.will_due_at) == (now + timedelta(seconds=600), None)


async def test_a_due_session_is_given_to_one_gateway_for_a_minute(
    desks: Offices, town: Town
) -> None:
    device = (await registered(desks, meter(town))).device
    connection_id = device.connection_id
    assert connection_id is not None
    now = desks.clock.now()
    async with desks.machine.work() as work:
        await devices.save_session(
            work.connection,
            kept(connection_id, gateway=None, will=WILL, ends_at=now + MINUTE, will_due_at=now),
        )

    async def due(after: timedelta) -> int:
        async with desks.machine.work() as work:
            found = await devices.due_sessions(work.connection, now + after, 100)
        return sum(1 for one in found if one.connection_id == connection_id)

    assert [await due(after * MINUTE) for after in (0, 0.5, 1)] == [1, 0, 1]
