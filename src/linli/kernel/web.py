"""One request is one unit of work.

Every router in linli uses `WorkRoute`: it asks the application's door for a `Work` in the scope of
the request's session, runs the endpoint, and commits before the answer leaves. An
`Idempotency-Key` makes a repeated write answer what the first one answered.
"""

import hashlib
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Any, Protocol, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute
from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, select
from sqlalchemy.dialects.postgresql import insert

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.errors import BadInput, Forbidden, NotSignedIn, Refusal
from linli.kernel.row_security import by_account, guarded
from linli.kernel.work import Work

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
KEY_HEADER = "Idempotency-Key"
KEY_LENGTH = 100
SHOWN_ONCE = "X-Shown-Once"
"""An endpoint sets this header when its answer holds a secret: then the answer is not kept."""
SECRET = -1

idempotency_table = Table(
    "kernel_idempotency",
    metadata,
    Column("account_id", Id, primary_key=True),
    Column("key", String(KEY_LENGTH), primary_key=True),
    Column("request_hash", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
    info=guarded(by_account()),
)
Index("ix_kernel_idempotency_created_at", idempotency_table.c.created_at)


class Door(Protocol):
    """Who is let in: turns a request into a unit of work in the scope of its session."""

    def enter(self, request: Request) -> AbstractAsyncContextManager[Work]:
        """Open the request's unit of work.

        Raises NotSignedIn for a request without a valid session (unless the path is public) and
        Forbidden for a write without its CSRF token.
        """
        ...


class KeyReused(BadInput):
    code = "idempotency_key_reused"
    text = "同一个操作编号被用于不同的内容，请刷新页面后重试"


class ShownBefore(Refusal):
    """The first answer held a secret, which is kept nowhere and told only once."""

    status = 409
    code = "shown_once"
    text = "已经办好，但凭证只显示一次；没有记下的话，请更换凭证"


class WorkRoute(APIRoute):
    """Runs each endpoint inside the request's unit of work.

    `door` names in `app.state` who lets its requests in.
    """

    door = "door"

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        endpoint = super().get_route_handler()

        async def handle(request: Request) -> Response:
            door = cast("Door", getattr(request.app.state, self.door))
            async with door.enter(request) as work:
                request.state.work = work
                key = request.headers.get(KEY_HEADER)
                if request.method in SAFE_METHODS or key is None or work.scope.account_id is None:
                    return await endpoint(request)
                return await _once(work, request, key, endpoint)

        return handle


async def _once(
    work: Work, request: Request, key: str, endpoint: Callable[[Request], Awaitable[Response]]
) -> Response:
    account_id = cast("UUID", work.scope.account_id)
    if len(key) > KEY_LENGTH:
        raise BadInput(f"{KEY_HEADER} 最长 {KEY_LENGTH} 个字符", field=KEY_HEADER)
    request_hash = await _hash_of(request)
    k = idempotency_table.c
    claim: dict[str, Any] = {
        "account_id": account_id,
        "key": key,
        "request_hash": request_hash,
        "status": 0,
        "body": b"",
        "created_at": work.now,
    }
    # The row lock of the first request makes a second one wait for its outcome.
    claimed = await work.connection.execute(
        insert(idempotency_table).values(claim).on_conflict_do_nothing().returning(k.key)
    )
    mine = (k.account_id == account_id, k.key == key)
    if claimed.first() is None:
        first = (
            await work.connection.execute(select(k.request_hash, k.status, k.body).where(*mine))
        ).one()
        if first.request_hash != request_hash:
            raise KeyReused(field=KEY_HEADER)
        if first.status == SECRET:
            raise ShownBefore
        return Response(first.body, first.status, media_type="application/json")
    response = await endpoint(request)
    secret = response.headers.get(SHOWN_ONCE) is not None
    await work.connection.execute(
        idempotency_table.update()
        .where(*mine)
        .values(
            status=SECRET if secret else response.status_code,
            body=b"" if secret else response.body,
        )
    )
    return response


async def _hash_of(request: Request) -> bytes:
    """The same for requests that say the same: browsers draw a new multipart boundary each time."""
    body = await request.body()
    content_type = request.headers.get("Content-Type", "")
    _, found, boundary = content_type.partition("boundary=")
    if found and content_type.startswith("multipart/"):
        body = body.replace(boundary.strip('"').encode(), b"")
    return hashlib.sha256(f"{request.method} {request.url.path}\n".encode() + body).digest()


def _work_of(request: Request) -> Work:
    return cast("Work", request.state.work)


CurrentWork = Annotated[Work, Depends(_work_of)]


def router(prefix: str, *, tag: str) -> APIRouter:
    """A router whose endpoints each run in one unit of work."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=WorkRoute)


def require(work: Work, permission: str, estate_id: UUID | None = None) -> None:
    """Refuse unless the session holds the permission (in this estate, when one is given)."""
    if work.scope.account_id is None:
        raise NotSignedIn
    held = (
        work.scope.may_anywhere(permission)
        if estate_id is None
        else work.scope.may(permission, estate_id)
    )
    if not held:
        raise Forbidden
