"""Files over HTTP."""

from enum import StrEnum
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Form, Query, Request, Response, UploadFile
from pydantic import BaseModel, ConfigDict

from linli.kernel.errors import Forbidden, NotSignedIn
from linli.kernel.web import CurrentWork, router
from linli.support.files import service
from linli.support.files.contracts import Purpose
from linli.support.files.ports import Vault

api = router("/api/files", tag="files")

ENDINGS = {"image/jpeg": "jpg", "image/webp": "webp", "video/mp4": "mp4"}


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


@api.get("/{file_id}", response_class=Response, responses={200: {"description": "文件内容"}})
async def read_file(
    work: CurrentWork,
    vault: CurrentVault,
    file_id: UUID,
    reason: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """The photo or film itself, for those who see what it is attached to.

    Who read it, when, from where and why (`reason`) goes into the audit.
    """
    file, content = await service.read(work, vault, file_id, reason=reason)
    ending = ENDINGS.get(file.media_type, "bin")
    return Response(
        content,
        media_type=file.media_type,
        headers={
            "Content-Disposition": f'inline; filename="{file.id}.{ending}"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
            # Kept by nobody: each reading is on record.
            "Cache-Control": "no-store",
        },
    )
