"""The platform over HTTP: the plan a node runs, and the evidence it hands over."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Self

import httpx
import msgspec

from linli.sensing.vision.node.settings import NodeSettings
from linli.sensing.vision.plan import VisionPlan

ASK_S = 10.0
HALF_SECOND = 0.5  # a date in whole seconds is half of one behind on the average
ROUNDED_OFF_S = 3.0
UPLOAD_S = 120.0
PIECE = 256 << 10
NOT_MODIFIED = 304
# Answers after which sending the same again is of no use.
FINAL = frozenset({400, 404, 405, 409, 413, 415, 422})


class PlatformAway(Exception):
    """The platform does not answer, or not now; try again later."""


class NotTaken(Exception):
    """The platform refused; sending the same again would not help."""


@dataclass(frozen=True, slots=True)
class PlanAnswer:
    """The plan if it changed, its ETag, and how far our clock is ahead of the platform's (s).

    `demo_ahead_s` is how far a demonstration has moved its time ahead of its machine's clock.
    """

    plan: VisionPlan | None
    etag: str
    clock_ahead_s: float | None
    demo_ahead_s: float = 0.0


class Platform:
    """One node's way to the platform. Use it with `async with`."""

    def __init__(self, settings: NodeSettings) -> None:
        self._client = httpx.AsyncClient(
            base_url=settings.platform,
            headers={"Authorization": f"Bearer {settings.connection}:{settings.token}"},
            timeout=ASK_S,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def plan(self, etag: str, now: float, address: str | None = None) -> PlanAnswer:
        """Ask for the plan; `etag` of the one that is known, `now` seconds since 1970.

        `address` tells the platform where those who look find this node.

        Raises:
            PlatformAway: no answer, or one that is not for us now.
            NotTaken: the plan cannot be read.
        """
        headers = {"If-None-Match": etag} if etag else {}
        try:
            params = {"address": address} if address else {}
            answer = await self._client.get(
                "/device/v1/vision/plan", headers=headers, params=params
            )
        except httpx.HTTPError as error:
            raise PlatformAway(type(error).__name__) from error
        theirs = _date(answer)
        ahead = None if theirs is None else now - theirs
        demo = _demo_ahead(answer, theirs)
        if answer.status_code == NOT_MODIFIED:
            return PlanAnswer(None, etag, ahead, demo)
        if not answer.is_success:
            raise PlatformAway(f"HTTP {answer.status_code}")
        try:
            plan = msgspec.json.decode(answer.content, type=VisionPlan)
        except msgspec.MsgspecError as error:
            raise NotTaken(str(error)) from error
        return PlanAnswer(plan, answer.headers.get("ETag", f'"{plan.version}"'), ahead, demo)

    async def keep(self, path: Path, media_type: str) -> str:
        """Hand a file over; returns its id.

        Raises:
            PlatformAway: try again later.
            NotTaken: the platform does not want this file, or it is gone.
        """
        try:
            size = path.stat().st_size  # noqa: ASYNC240 (of a local file)
            answer = await self._client.post(
                "/device/v1/file",
                content=_pieces(path),
                headers={"Content-Type": media_type, "Content-Length": str(size)},
                timeout=UPLOAD_S,
            )
        except FileNotFoundError as error:
            raise NotTaken("文件不在了") from error
        except (httpx.HTTPError, OSError) as error:
            raise PlatformAway(type(error).__name__) from error
        if answer.status_code in FINAL:
            raise NotTaken(f"HTTP {answer.status_code}")
        if not answer.is_success:
            raise PlatformAway(f"HTTP {answer.status_code}")
        try:
            return msgspec.json.decode(answer.content, type=_Kept).id
        except msgspec.MsgspecError as error:
            raise NotTaken(str(error)) from error


class _Kept(msgspec.Struct):
    id: str


async def _pieces(path: Path) -> AsyncGenerator[bytes]:
    # A piece is a quarter of a megabyte from the page cache: no thread is worth it.
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def _date(answer: httpx.Response) -> float | None:
    """The platform's machine time in seconds since 1970, to within half of one."""
    try:
        return parsedate_to_datetime(answer.headers.get("Date", "")).timestamp() + HALF_SECOND
    except ValueError:
        return None


def _demo_ahead(answer: httpx.Response, theirs: float | None) -> float:
    """How far a demonstration's time is ahead of its machine's; what a date rounds off is none."""
    told = answer.headers.get("Linli-Time")
    if told is None or theirs is None:
        return 0.0
    try:
        ahead = datetime.fromisoformat(told).timestamp() - theirs
    except ValueError:
        return 0.0
    return ahead if ahead > ROUNDED_OFF_S else 0.0
