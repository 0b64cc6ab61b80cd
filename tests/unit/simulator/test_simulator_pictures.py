from io import BytesIO

import pytest
from PIL import Image
from tests.unit.simulator.conftest import FileDoor, Upload

from linli_simulator.deeds import Picture
from linli_simulator.evidence import EvidenceDoor
from linli_simulator.pictures import Caption, draw
from linli_simulator.registration import Account

CAPTION = Caption("3号楼 3号电梯摄像机", 1_795_363_200.0)
CAMERA = Account("yg-3-lift3-cam", "secret")


@pytest.mark.parametrize("picture", Picture)
def test_a_still_is_a_picture_of_its_moment(picture: Picture) -> None:
    jpeg = draw(picture, CAPTION)
    image = Image.open(BytesIO(jpeg))
    assert (image.format, image.size) == ("JPEG", (960, 540))
    assert len(image.convert("L").getcolors(256) or ()) > 50
    assert jpeg == draw(picture, CAPTION)
    assert jpeg != draw(picture, Caption(CAPTION.title, CAPTION.at + 1))


async def test_a_still_is_handed_in_with_the_cameras_own_account(file_door: FileDoor) -> None:
    assert await EvidenceDoor(file_door.url).upload(CAMERA, b"jpeg") == "0198-file"
    (upload,) = file_door.uploads
    assert upload == Upload(
        "/device/v1/file", "Bearer yg-3-lift3-cam:secret", "image/jpeg", b"jpeg"
    )


async def test_a_refusal_is_no_evidence(file_door: FileDoor) -> None:
    file_door.status = 401
    assert await EvidenceDoor(file_door.url).upload(CAMERA, b"jpeg") is None


@pytest.mark.parametrize("answer", [b"", b"7", b"{}", b'{"id": 5}', b"<html>"])
async def test_an_answer_without_an_id_is_no_evidence(file_door: FileDoor, answer: bytes) -> None:
    file_door.answer = answer
    assert await EvidenceDoor(file_door.url).upload(CAMERA, b"jpeg") is None


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://127.0.0.1:x", "", "nonsense"])
async def test_nobody_at_the_door_is_no_evidence(url: str) -> None:
    assert await EvidenceDoor(url).upload(CAMERA, b"jpeg") is None
