"""Decisions about partners. Pure."""

from datetime import timedelta

from linli.kernel.errors import BadInput

SHORTEST_HOURS = 1
LONGEST_HOURS = 72
LONGEST_BASIS = 200


def given(login: str, basis: str, hours: int) -> tuple[str, str, timedelta]:
    """What was filled in, checked. Raises BadInput naming the field."""
    wanted, why = login.strip().lower(), basis.strip()
    if not wanted:
        raise BadInput("请填写对方的登录名", field="login")
    if not why or len(why) > LONGEST_BASIS:
        raise BadInput("请写明为什么请对方协助", field="basis", remedy="例如“派出所联合处置”")
    if not SHORTEST_HOURS <= hours <= LONGEST_HOURS:
        raise BadInput(f"有效时间应为 {SHORTEST_HOURS} 到 {LONGEST_HOURS} 小时", field="hours")
    return wanted, why, timedelta(hours=hours)
