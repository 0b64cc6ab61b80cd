"""How terminals take commands: an answer, and what happens to the device because of it."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from linli_simulator.deeds import Deed, Freeze, Happen, Pause, Release, Show
from linli_simulator.registration import Kind
from linli_simulator.sayings import Command, Value, Values

LONGEST_HOLD = 600
GATE_STAYS_OPEN = 5
SYLLABLES_A_SECOND = 4
RECORDING_SECONDS = 20
SECONDS_A_STOREY = 2


@dataclass(frozen=True, slots=True)
class Reaction:
    """The answer (done or refused, with words) and the deeds that follow from it."""

    status: str
    words: str = ""
    deeds: tuple[Deed, ...] = ()


def react(kind: Kind, command: Command, values: Values, at: float) -> Reaction:
    """What a device of this kind with these readings does when told so at this time."""
    if command.expires is not None and command.expires < at:
        return Reaction("refused", "命令已过期")
    obey = OBEDIENCE.get((kind, command.name))
    if obey is None:
        return Reaction("refused", "本设备不支持这个命令")
    return obey(command.params, values)


def _number(params: Mapping[str, object], name: str, otherwise: float) -> float:
    value = params.get(name)
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        return otherwise
    return float(value)


def _fixed(words: str, *deeds: Deed) -> Callable[[Mapping[str, object], Values], Reaction]:
    return lambda _params, _values: Reaction("done", words, deeds)


def _open_gate(params: Mapping[str, object], values: Values) -> Reaction:
    if values.get("locked_down"):
        return Reaction("refused", "已锁闭，请先解除锁闭")
    seconds = min(_number(params, "seconds", GATE_STAYS_OPEN), LONGEST_HOLD)
    return Reaction(
        "done",
        "已开门",
        (
            Show({"open": True}),
            Happen("passage", {"direction": "in", "means": "remote"}),
            Pause(seconds),
            Show({"open": False}),
            Release(("open",)),
        ),
    )


def _hold_door(params: Mapping[str, object], values: Values) -> Reaction:
    if values.get("people_trapped"):
        return Reaction("refused", "电梯故障停机，门机不响应")
    seconds = min(_number(params, "seconds", LONGEST_HOLD), LONGEST_HOLD)
    return Reaction(
        "done",
        "门已保持打开",
        (
            Freeze(("floor", "trips")),
            Show({"door_open": True, "moving": False}),
            Pause(seconds),
            Release(("floor", "trips", "door_open", "moving")),
        ),
    )


def _go_to_floor(params: Mapping[str, object], values: Values) -> Reaction:
    if values.get("people_trapped"):
        return Reaction("refused", "电梯故障停机，不能运行")
    here, there = float(values.get("floor", 1)), _number(params, "floor", 1)
    return Reaction(
        "done",
        f"正前往{there:g}层",
        (
            Show({"moving": True, "door_open": False}),
            Pause(1 + SECONDS_A_STOREY * abs(there - here)),
            Show({"floor": int(there), "moving": False, "door_open": True}),
            Pause(10),
            Release(("floor", "moving", "door_open")),
        ),
    )


def _speak(params: Mapping[str, object], values: Values) -> Reaction:
    words = params.get("text")
    if not isinstance(words, str) or not words:
        return Reaction("refused", "没有要朗读的文字")
    return _sound(params, values, len(words) / SYLLABLES_A_SECOND)


def _play(params: Mapping[str, object], values: Values) -> Reaction:
    return _sound(params, values, RECORDING_SECONDS)


def _sound(params: Mapping[str, object], values: Values, seconds: float) -> Reaction:
    volume = _number(params, "volume", float(values.get("volume", 60)))
    broadcast = params.get("broadcast")
    fields: dict[str, str | Value] = {"broadcast": broadcast} if isinstance(broadcast, str) else {}
    return Reaction(
        "done",
        "开始播放",
        (
            Show({"playing": True, "volume": volume}),
            Pause(seconds * max(1.0, _number(params, "times", 1))),
            Show({"playing": False}),
            Happen("play_finished", fields),
            Release(("playing", "volume")),
        ),
    )


def _silence(_params: Mapping[str, object], values: Values) -> Reaction:
    if not values.get("smoke"):
        return Reaction("done", "当前没有鸣响")
    return Reaction(
        "done",
        "已消音，10分钟后自动恢复",
        (Show({"silenced": True}), Pause(LONGEST_HOLD), Show({"silenced": False})),
    )


OBEDIENCE: Mapping[tuple[Kind, str], Callable[[Mapping[str, object], Values], Reaction]] = {
    (Kind.GATE_CONTROLLER, "open_gate"): _open_gate,
    (Kind.GATE_CONTROLLER, "lock_down"): _fixed(
        "已锁闭", Show({"open": False, "locked_down": True})
    ),
    (Kind.GATE_CONTROLLER, "release"): _fixed(
        "已解除锁闭", Show({"locked_down": False}), Release(("open", "forced"))
    ),
    (Kind.LIFT_CONTROLLER, "hold_door"): _hold_door,
    (Kind.LIFT_CONTROLLER, "release_door"): _fixed(
        "恢复正常", Release(("floor", "trips", "door_open", "moving"))
    ),
    (Kind.LIFT_CONTROLLER, "go_to_floor"): _go_to_floor,
    (Kind.PUBLIC_SPEAKER, "speak"): _speak,
    (Kind.PUBLIC_SPEAKER, "play"): _play,
    (Kind.PUBLIC_SPEAKER, "stop"): _fixed(
        "已停止", Show({"playing": False}), Release(("playing", "volume"))
    ),
    (Kind.SMOKE_ALARM, "silence"): _silence,
    (Kind.SMOKE_ALARM, "self_test"): _fixed("自检通过", Happen("tested", {"passed": True})),
    (Kind.SOS_BUTTON, "confirm"): _fixed("已点亮"),
    (Kind.WATER_METER, "close_valve"): _fixed(
        "阀门已关", Freeze(("water_total",)), Show({"valve_open": False, "flow": 0})
    ),
    (Kind.WATER_METER, "open_valve"): _fixed(
        "阀门已开", Show({"valve_open": True}), Release(("water_total", "valve_open", "flow"))
    ),
    (Kind.LIFT_CAMERA, "learn_view"): _fixed("已重新学习画面", Release(("picture_ok",))),
    (Kind.FALLING_OBJECT_CAMERA, "learn_view"): _fixed("已重新学习画面", Release(("picture_ok",))),
    (Kind.SITE_GATEWAY, "plan_changed"): _fixed("本网关没有摄像机，没有要取的计划"),
    (Kind.CHARGING_PILE, "stop_charging"): _fixed(
        "已断电",
        Freeze(("energy_total",)),
        Release(("temperature",)),
        Show({"port_in_use": False, "output_on": False, "power": 0}),
        Happen("charging_ended", {"reason": "平台命令"}),
        Pause(6 * LONGEST_HOLD),
        Release(("energy_total", "port_in_use", "output_on", "power")),
    ),
    (Kind.CHARGING_PILE, "start_charging"): _fixed(
        "开始充电",
        Release(("energy_total",)),
        Show({"port_in_use": True, "output_on": True, "power": 420}),
        Happen("charging_started"),
        Pause(6 * LONGEST_HOLD),
        Release(("port_in_use", "output_on", "power")),
    ),
    (Kind.LIFT_CAMERA, "snapshot"): _fixed("已拍摄"),
    (Kind.FALLING_OBJECT_CAMERA, "snapshot"): _fixed("已拍摄"),
    (Kind.SITE_GATEWAY, "restart"): _fixed("正在重启"),
}
