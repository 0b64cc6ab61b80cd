"""Files: kept once, seen by those who may, read on record, gone when their time is over."""

import io
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from PIL import Image
from sqlalchemy import func, select
from tests.support.stage import Stage, sees

from linli.kernel.errors import NotFound
from linli.kernel.work import Work
from linli.support.audit.contracts import AuditSearch, Entry
from linli.support.audit.store import find
from linli.support.files import policy, service
from linli.support.files.contracts import Attachment, FileKind, Purpose
from linli.support.files.models import file_table
from linli.support.files.ports import Vault
from linli.support.files.public import ContentLost, DeviceEvidence, NoSuchFile, memory_vault

SUNNY, MOONLIT = UUID(int=1), UUID(int=2)
LI, WANG, ZHAO = UUID(int=11), UUID(int=12), UUID(int=13)
INCIDENT = UUID(int=21)


def picture(colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (32, 24), colour).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def vault() -> Vault:
    return memory_vault()


async def audited(work: Work) -> Sequence[Entry]:
    return await find(work.connection, AuditSearch(), after=None, most=10)


async def content_of(work: Work, vault: Vault, file_id: UUID) -> bytes | None:
    statement = select(file_table.c.sha256).where(file_table.c.id == file_id)
    sha256: bytes = (await work.connection.execute(statement)).scalar_one()
    return await vault.get(policy.vault_name(sha256))


async def test_until_it_is_attached_only_its_uploader_sees_a_photo(
    stage: Stage, vault: Vault
) -> None:
    li = await stage.person(sees(LI, SUNNY))
    photo = await service.save_photo(li, vault, Purpose.ORDER_EVIDENCE, picture())
    assert (photo.width, photo.height, photo.kind) == (32, 24, FileKind.PHOTO)
    assert photo.url == f"/api/files/{photo.id}"
    _, content = await service.read(li, vault, photo.id)
    assert len(content) == photo.bytes
    wang = await stage.person(sees(WANG, SUNNY))
    assert await service.describe(wang, [photo.id]) == {}
    with pytest.raises(NotFound):
        await service.read(wang, vault, photo.id)


async def test_an_attached_photo_is_seen_by_those_who_see_what_it_is_attached_to(
    stage: Stage, vault: Vault
) -> None:
    li = await stage.person(sees(LI, SUNNY, permission="see_orders"))
    photo = await service.save_photo(li, vault, Purpose.ORDER_EVIDENCE, picture())
    to = Attachment(SUNNY, ("see_orders", "see_incidents"), incident_id=INCIDENT)
    await service.attach(li, [photo.id], to)
    await service.attach(li, [photo.id], to)
    wang = await stage.person(sees(WANG, SUNNY))
    assert list(await service.describe(wang, [photo.id])) == [photo.id]
    zhao = await stage.person(sees(ZHAO, MOONLIT))
    assert await service.describe(zhao, [photo.id]) == {}
    stranger = await stage.person(sees(ZHAO, SUNNY, permission="see_devices"))
    assert await service.describe(stranger, [photo.id]) == {}


async def test_nobody_attaches_a_photo_that_he_does_not_see(stage: Stage, vault: Vault) -> None:
    li = await stage.person(sees(LI, SUNNY))
    photo = await service.save_photo(li, vault, Purpose.INCIDENT_REPORT, picture())
    wang = await stage.person(sees(WANG, SUNNY))
    to = Attachment(SUNNY, ("see_incidents",))
    for ids in ([photo.id], [uuid4()]):
        with pytest.raises(NoSuchFile):
            await service.attach(wang, ids, to)


async def test_each_reading_is_on_record_with_its_reason(stage: Stage, vault: Vault) -> None:
    li = await stage.person(sees(LI, SUNNY))
    photo = await service.save_photo(li, vault, Purpose.INCIDENT_REPORT, picture())
    await service.read(li, vault, photo.id, reason="核实现场情况")
    (entry,) = await audited(await stage.auditor())
    assert (entry.actor_id, entry.subject_id) == (LI, photo.id)
    assert (entry.action, entry.reason, entry.address) == ("file_seen", "核实现场情况", "10.0.0.7")
    assert entry.subject_title == "上报照片"


async def test_what_a_device_took_is_seen_by_those_who_see_devices(
    stage: Stage, vault: Vault
) -> None:
    machine = await stage.machine()
    film = b"\x00\x00\x00\x18ftypmp42" + bytes(40)
    evidence = DeviceEvidence(content=film, estate_id=SUNNY)
    kept = await service.save_device_evidence(machine, vault, evidence)
    assert (kept.media_type, kept.kind) == ("video/mp4", FileKind.VIDEO)
    li = await stage.person(sees(LI, SUNNY, permission="see_devices"))
    _, content = await service.read(li, vault, kept.id)
    assert content == film
    wang = await stage.person(sees(WANG, SUNNY))
    assert await service.describe(wang, [kept.id]) == {}


async def test_the_same_picture_is_kept_once_until_the_last_file_has_gone(
    stage: Stage, vault: Vault
) -> None:
    work = await stage.machine()
    taken = DeviceEvidence(content=picture(), estate_id=SUNNY)
    first = await service.save_device_evidence(work, vault, taken)
    stage.later(timedelta(days=80))
    work = await stage.machine()
    second = await service.save_device_evidence(work, vault, taken)
    hashes = await work.connection.scalar(select(func.count(file_table.c.sha256.distinct())))
    assert hashes == 1
    stage.later(timedelta(days=11))
    work = await stage.machine()
    assert await service.remove_expired(work, vault) == 1
    assert list(await service.describe(work, [first.id, second.id])) == [second.id]
    assert await content_of(work, vault, second.id) is not None
    stage.later(timedelta(days=80))
    work = await stage.machine()
    name = policy.vault_name(
        (await work.connection.execute(select(file_table.c.sha256))).scalar_one()
    )
    assert await service.remove_expired(work, vault) == 1
    assert await vault.get(name) is None


async def test_what_is_held_or_belongs_to_a_story_stays(stage: Stage, vault: Vault) -> None:
    work = await stage.machine()
    held, told, loose = [
        await service.save_device_evidence(work, vault, DeviceEvidence(picture(colour), SUNNY))
        for colour in ("red", "green", "blue")
    ]
    await service.set_hold(work, held.id, hold=True)
    await service.attach(work, [told.id], Attachment(SUNNY, ("see_incidents",)))
    stage.later(timedelta(days=91))
    work = await stage.machine()
    assert await service.remove_expired(work, vault) == 1
    left = await service.describe(work, [held.id, told.id, loose.id])
    assert left.keys() == {held.id, told.id}
    stage.later(timedelta(days=700))
    work = await stage.machine()
    assert await service.remove_expired(work, vault) == 1
    await service.set_hold(work, held.id, hold=False)
    assert await service.remove_expired(work, vault) == 1


async def test_a_file_whose_bytes_are_lost_says_so(stage: Stage, vault: Vault) -> None:
    li = await stage.person(sees(LI, SUNNY))
    photo = await service.save_photo(li, vault, Purpose.ORDER_EVIDENCE, picture())
    with pytest.raises(ContentLost):
        await service.read(li, memory_vault(), photo.id)


async def test_a_file_that_is_too_large_is_refused(stage: Stage, vault: Vault) -> None:
    li = await stage.person(sees(LI, SUNNY))
    with pytest.raises(service.FileTooLarge):
        await service.save_photo(li, vault, Purpose.ORDER_EVIDENCE, bytes(policy.MOST_BYTES + 1))
