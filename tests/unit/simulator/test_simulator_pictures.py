import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

import pytest
from PIL import Image

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


class FileDoor(BaseHTTPRequestHandler):
    """The file door as `protocols/native.md` has it, for one account."""

    received: list[bytes]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        allowed = self.headers["Authorization"] == "Bearer yg-3-lift3-cam:secret"
        if allowed and self.path == "/device/v1/file":
            self.received.append(body)
            self.send_response(201)
            self.end_headers()
            self.wfile.write(b'{"id": "0198-file"}')
        else:
            self.send_response(401)
            self.end_headers()
            self.wfile.write(b'{"id": "not yours"}')

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass


@pytest.fixture
def file_door() -> Iterator[tuple[str, list[bytes]]]:
    received: list[bytes] = []
    handler = type("Door", (FileDoor,), {"received": received})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", received
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_still_is_handed_in_with_the_cameras_own_account(
    file_door: tuple[str, list[bytes]],
) -> None:
    url, received = file_door
    assert EvidenceDoor(url).upload(CAMERA, b"jpeg") == "0198-file"
    assert received == [b"jpeg"]


def test_a_refusal_is_no_evidence(file_door: tuple[str, list[bytes]]) -> None:
    url, _ = file_door
    assert EvidenceDoor(url).upload(Account("another", "secret"), b"jpeg") is None


def test_nobody_at_the_door_is_no_evidence() -> None:
    assert EvidenceDoor("http://127.0.0.1:9").upload(CAMERA, b"jpeg") is None
