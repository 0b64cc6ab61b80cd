"""Files over HTTP."""

from collections.abc import AsyncGenerator
from enum import StrEnum
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Form, Header, Query, Request, Response, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from linli.kernel.errors import Forbidden, NotSignedIn
from linli.kernel.web import CurrentWork, router
from linli.support.audit.public import Lately
from linli.support.files import policy, service
from linli.support.files.contracts import Purpose
from linli.support.files.ports import Vault

api = router("/api/files", tag="files")

ENDINGS = {
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "video/mp4": "mp4",
    "application/json": "json",
    "application/zip": "zip",
}


class UploadPurpose(StrEnum):
    """What people upload files for."""

    ORDER_EVIDENCE = Purpose.ORDER_EVIDENCE
    INCIDENT_REPORT = Purpose.INCIDENT_REPORT


class FileView(BaseModel):
    """A kept photo: where it is read, its size in pixels and bytes (after repainting)."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    url: str
    width: int | None
    height: int | None
    bytes: int


def _vault_of(request: Request) -> Vault:
    return cast("Vault", request.app.state.vault)


CurrentVault = Annotated[Vault, Depends(_vault_of)]


@api.post("")
async def upload_file(
    work: CurrentWork,
    vault: CurrentVault,
    file: UploadFile,
    purpose: Annotated[UploadPurpose, Form()],
) -> FileView:
    """Upload a photo (JPEG, PNG or WebP, at most 20 MB and 20 million pixels) as `file`.

    It is painted anew: position, device and other hidden fields are gone. Until it is attached
    to a report or an order only the uploader sees it.
    """
    if work.scope.account_id is None:
        raise NotSignedIn
    if not work.scope.permissions():
        raise Forbidden
    stored = await service.save_photo(work, vault, Purpose(purpose), await file.read())
    return FileView(
        id=stored.id,
        url=stored.url,
        width=stored.width,
        height=stored.height,
        bytes=stored.bytes,
    )


def _lately_of(request: Request) -> Lately:
    found: object = getattr(request.app.state, "lately", None)
    if isinstance(found, Lately):
        return found
    made = Lately()
    request.app.state.lately = made
    return made


@api.get(
    "/{file_id}",
    response_class=Response,
    responses={200: {"description": "文件内容"}, 206: {"description": "文件的一段"}},
)
async def read_file(
    work: CurrentWork,
    vault: CurrentVault,
    request: Request,
    file_id: UUID,
    reason: Annotated[str | None, Query(max_length=200)] = None,
    range_: Annotated[str | None, Header(alias="Range")] = None,
) -> Response:
    """The photo, film or record itself, for those who see what it is attached to.

    A `Range` of bytes answers 206 with that stretch. Who read it, when, from where and why
    (`reason`) goes into the audit; the many requests of one player are one entry.
    """
    reading = await service.begin_reading(work, vault, file_id)
    file = reading.file
    try:
        span = policy.span_of(range_, file.bytes)
    except policy.NoSuchSpan as outside:
        headers = {"Content-Range": f"bytes */{outside.size}"}
        return Response(status_code=416, headers=headers)
    account_id = work.scope.account_id
    if (
        span is None
        or account_id is None
        or _lately_of(request).is_new(account_id, file.id, work.now)
    ):
        await service.look(work, file, reason)
    parts = reading.parts(span)
    # The first part now: what is lost is said before an answer has begun.
    first = await anext(parts, b"")
    ending = ENDINGS.get(file.media_type, "bin")
    headers = {
        "Content-Disposition": f'inline; filename="{file.id}.{ending}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        # Kept by nobody: each reading is on record.
        "Cache-Control": "no-store",
        "Accept-Ranges": "bytes",
        "Content-Length": str(span.length if span else file.bytes),
    }
    if span is not None:
        headers["Content-Range"] = f"bytes {span.first}-{span.last}/{file.bytes}"
    return StreamingResponse(
        _after(first, parts),
        status_code=200 if span is None else 206,
        media_type=file.media_type,
        headers=headers,
    )


async def _after(first: bytes, rest: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    yield first
    async for part in rest:
        yield part
