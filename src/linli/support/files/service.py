"""Verbs of files."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from linli.kernel.errors import BadInput, NotFound, Refusal
from linli.kernel.work import Work
from linli.support.audit.contracts import Action
from linli.support.audit.public import record
from linli.support.files import policy, store
from linli.support.files.contracts import PURPOSE_TITLES, Attachment, Purpose, StoredFile
from linli.support.files.photos import Photo, repaint
from linli.support.files.ports import Vault

SEE_DEVICES = "see_devices"
MEGABYTE = 1_000_000
REMOVED_AT_ONCE = 200


class FileTooLarge(Refusal):
    status = 413
    code = "file_too_large"
    text = f"文件太大，最多 {policy.MOST_BYTES // MEGABYTE} MB"


class NoSuchFile(BadInput):
    code = "no_such_file"
    text = "照片不存在，或者不是您上传的，请重新选择照片"


class ContentLost(Refusal):
    """The file is on record, its bytes are not in the vault."""

    status = 410
    code = "content_lost"
    text = "这个文件的内容已经找不到了"


@dataclass(frozen=True, slots=True)
class DeviceEvidence:
    """A picture (JPEG, PNG, WebP) or film (MP4) that a device took in an estate."""

    content: bytes
    estate_id: UUID


async def save_photo(work: Work, vault: Vault, purpose: Purpose, content: bytes) -> StoredFile:
    """Keep a photo that the actor of this work uploads; it is painted anew first.

    Raises FileTooLarge, NotAPhoto, PhotoTooLarge; OSError when the vault is away.
    """
    _check_size(content)
    photo = await repaint(content)
    return await _keep(work, vault, _photo_file(work, purpose, photo, None), photo.content)


async def save_device_evidence(work: Work, vault: Vault, evidence: DeviceEvidence) -> StoredFile:
    """Keep what a device took; those who see the estate's devices may see it.

    Raises FileTooLarge, NotAPhoto, PhotoTooLarge; OSError when the vault is away.
    """
    _check_size(evidence.content)
    purpose, estate_id = Purpose.DEVICE_EVIDENCE, evidence.estate_id
    if policy.is_mp4(evidence.content):
        content = evidence.content
        file = StoredFile(
            id=work.new_id(),
            purpose=purpose,
            media_type="video/mp4",
            bytes=len(content),
            width=None,
            height=None,
            uploaded_by=None,
            estate_id=estate_id,
            created_at=work.now,
        )
    else:
        photo = await repaint(evidence.content)
        content = photo.content
        file = _photo_file(work, purpose, photo, estate_id)
    kept = await _keep(work, vault, file, content)
    seen_by = Attachment(estate_id=estate_id, permissions=(SEE_DEVICES,))
    await store.attach(work.connection, [kept.id], seen_by)
    return kept


async def describe(work: Work, ids: Sequence[UUID]) -> Mapping[UUID, StoredFile]:
    """Those of the files that this work's scope sees, by id."""
    return await store.find(work.connection, ids) if ids else {}


async def attach(work: Work, ids: Sequence[UUID], to: Attachment) -> None:
    """Show the files to whoever may see what they are attached to; again is fine.

    They are then kept for two years. Raises NoSuchFile for a file outside this work's scope.
    """
    if not ids:
        return
    found = await store.find(work.connection, ids)
    if set(ids) - found.keys():
        raise NoSuchFile(field="evidence")
    await store.attach(work.connection, ids, to)
    await store.keep_until(work.connection, ids, work.now + policy.KEPT_WITH_ITS_STORY)


async def read(
    work: Work, vault: Vault, file_id: UUID, *, reason: str | None = None
) -> tuple[StoredFile, bytes]:
    """The file and its content; the reading goes into the audit.

    Raises NotFound outside this work's scope, ContentLost, and OSError when the vault is away.
    """
    found = await store.find_content(work.connection, file_id)
    if found is None:
        raise NotFound
    file, sha256 = found
    content = await vault.get(policy.vault_name(sha256))
    if content is None:
        raise ContentLost
    await record(
        work,
        action=Action.FILE_SEEN,
        subject_kind="file",
        subject_id=file.id,
        subject_title=PURPOSE_TITLES[file.purpose],
        reason=reason,
        estate_id=file.estate_id,
    )
    return file, content


async def set_hold(work: Work, file_id: UUID, *, hold: bool) -> None:
    """Keep the file whatever its time (`hold`), or let its time count again.

    Raises NotFound outside this work's scope.
    """
    if not await store.set_hold(work.connection, file_id, hold):
        raise NotFound


async def remove_expired(work: Work, vault: Vault) -> int:
    """Remove files whose time is over and that nobody holds; answers how many."""
    removed = await store.expired(work.connection, work.now, most=REMOVED_AT_ONCE)
    for file_id, sha256 in removed:
        await store.lock_content(work.connection, sha256)
        await store.remove(work.connection, file_id)
        if not await store.is_kept(work.connection, sha256):
            await vault.delete(policy.vault_name(sha256))
    return len(removed)


async def _keep(work: Work, vault: Vault, file: StoredFile, content: bytes) -> StoredFile:
    keeping = policy.KEEPING[file.purpose]
    new = store.NewFile(
        file=file,
        sha256=hashlib.sha256(content).digest(),
        lawful_basis=keeping.lawful_basis,
        retain_until=work.now + keeping.time,
    )
    await store.lock_content(work.connection, new.sha256)
    await vault.put(policy.vault_name(new.sha256), content)
    await store.add(work.connection, new)
    return file


def _photo_file(work: Work, purpose: Purpose, photo: Photo, estate_id: UUID | None) -> StoredFile:
    return StoredFile(
        id=work.new_id(),
        purpose=purpose,
        media_type=photo.media_type,
        bytes=len(photo.content),
        width=photo.width,
        height=photo.height,
        uploaded_by=work.scope.account_id,
        estate_id=estate_id,
        created_at=work.now,
    )


def _check_size(content: bytes) -> None:
    if len(content) > policy.MOST_BYTES:
        raise FileTooLarge(field="file")
