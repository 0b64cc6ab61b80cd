"""Verbs of files."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import msgspec

from linli.kernel.errors import BadInput, NotFound, Refusal
from linli.kernel.work import Work
from linli.support.audit.contracts import Action
from linli.support.audit.public import record
from linli.support.files import policy, store
from linli.support.files.contracts import PURPOSE_TITLES, Attachment, Content, Purpose, StoredFile
from linli.support.files.photos import Photo, repaint
from linli.support.files.ports import Vault
from linli.support.looks.contracts import LookDraft, What
from linli.support.looks.public import looked

SEE_DEVICES = "see_devices"
SEE_RECORDINGS = "see_recordings"
PART_BYTES = 1_048_576
MEGABYTE = 1_000_000
REMOVED_AT_ONCE = 200


class FileTooLarge(Refusal):
    status = 413
    code = "file_too_large"
    text = f"文件太大，最多 {policy.MOST_BYTES // MEGABYTE} MB"


class NotAFilm(BadInput):
    code = "not_a_film"
    text = "只收 MP4 短片和 JSON 记录"


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


@dataclass(frozen=True, slots=True)
class SpooledFile:
    """A file that came in and lies on this machine's disk until it is kept.

    `head` is its beginning.
    """

    path: Path
    sha256: bytes
    head: bytes
    size: int


@dataclass(frozen=True, slots=True)
class Reading:
    """A file that may be read: its content comes in parts by `parts`."""

    file: StoredFile
    sha256: bytes
    vault: Vault

    async def parts(self, span: policy.Span | None = None) -> AsyncGenerator[bytes]:
        """The content, or a stretch of it, a megabyte at a time.

        Raises ContentLost; OSError when the vault is away.
        """
        first = span.first if span else 0
        end = span.last + 1 if span else self.file.bytes
        while first < end:
            length = min(PART_BYTES, end - first)
            part = await self.vault.get_part(policy.vault_name(self.sha256), first, length)
            if not part:
                raise ContentLost
            yield part
            first += len(part)


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


async def save_device_file(
    work: Work, vault: Vault, spooled: SpooledFile, estate_id: UUID
) -> StoredFile:
    """Keep a film (MP4) or record (JSON object) that a device made, up to 64 MB.

    Those who may see the estate's recordings may see it. Raises FileTooLarge, NotAFilm; OSError
    when the vault is away.
    """
    if policy.is_mp4(spooled.head):
        media_type, most = "video/mp4", policy.MOST_FILM_BYTES
    elif policy.is_record(spooled.head):
        media_type, most = "application/json", policy.MOST_RECORD_BYTES
        await asyncio.to_thread(_check_record, spooled)
    else:
        raise NotAFilm(field="file")
    if spooled.size > most:
        raise FileTooLarge(f"文件太大，最多 {most // MEGABYTE} MB", field="file")
    file = StoredFile(
        id=work.new_id(),
        purpose=Purpose.DEVICE_EVIDENCE,
        media_type=media_type,
        bytes=spooled.size,
        width=None,
        height=None,
        uploaded_by=None,
        estate_id=estate_id,
        created_at=work.now,
    )
    await store.lock_content(work.connection, spooled.sha256)
    await vault.put_file(policy.vault_name(spooled.sha256), spooled.path)
    await store.add(work.connection, _new(work, file, spooled.sha256))
    seen_by = Attachment(estate_id=estate_id, permissions=(SEE_RECORDINGS,))
    await store.attach(work.connection, [file.id], seen_by)
    return file


def _check_record(spooled: SpooledFile) -> None:
    if spooled.size > policy.MOST_RECORD_BYTES:
        return
    try:
        msgspec.json.decode(spooled.path.read_bytes(), type=dict[str, object])
    except (msgspec.DecodeError, RecursionError) as error:
        raise NotAFilm("这份记录不是完整的 JSON", field="file") from error


async def save_made(
    work: Work, vault: Vault, content: bytes, *, media_type: str, seen_by: Attachment
) -> StoredFile:
    """Keep what linli itself made (an evidence pack) for those named in `seen_by`.

    OSError when the vault is away.
    """
    file = StoredFile(
        id=work.new_id(),
        purpose=Purpose.EVIDENCE_PACK,
        media_type=media_type,
        bytes=len(content),
        width=None,
        height=None,
        uploaded_by=work.scope.account_id,
        estate_id=seen_by.estate_id,
        created_at=work.now,
    )
    await _keep(work, vault, file, content)
    await store.attach(work.connection, [file.id], seen_by)
    return file


async def contents_of(work: Work, ids: Sequence[UUID]) -> Mapping[UUID, Content]:
    """Hash, size and keeping of those files that this work's scope sees."""
    return await store.contents(work.connection, ids) if ids else {}


async def begin_reading(work: Work, vault: Vault, file_id: UUID) -> Reading:
    """Get ready to read a file in parts; `look` puts it on record.

    Raises NotFound outside this work's scope.
    """
    found = await store.find_content(work.connection, file_id)
    if found is None:
        raise NotFound
    return Reading(file=found[0], sha256=found[1], vault=vault)


async def look(work: Work, file: StoredFile, reason: str | None) -> None:
    """Put on record that this work's actor looks at a file."""
    await record(
        work,
        action=Action.FILE_SEEN,
        subject_kind="file",
        subject_id=file.id,
        subject_title=PURPOSE_TITLES[file.purpose],
        reason=reason,
        estate_id=file.estate_id,
    )
    await looked(
        work,
        LookDraft(
            what=What.FILE,
            subject_kind="file",
            subject_id=file.id,
            subject_title=PURPOSE_TITLES[file.purpose],
            reason=reason,
            estate_id=file.estate_id,
        ),
    )


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
    await look(work, file, reason)
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
    new = _new(work, file, hashlib.sha256(content).digest())
    await store.lock_content(work.connection, new.sha256)
    await vault.put(policy.vault_name(new.sha256), content)
    await store.add(work.connection, new)
    return file


def _new(work: Work, file: StoredFile, sha256: bytes) -> store.NewFile:
    keeping = policy.KEEPING[file.purpose]
    return store.NewFile(
        file=file,
        sha256=sha256,
        lawful_basis=keeping.lawful_basis,
        retain_until=work.now + keeping.time,
    )


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
