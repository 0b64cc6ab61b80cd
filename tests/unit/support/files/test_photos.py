"""Photos are painted anew: hidden fields go, bombs and broken files are refused."""

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from linli.kernel.errors import Refusal
from linli.support.files.photos import NotAPhoto, PhotoTooLarge, repaint


def encoded(picture: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def red(width: int = 64, height: int = 48, mode: str = "RGB") -> Image.Image:
    return Image.new(mode, (width, height), "red")


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is very large."""

    def chunk(name: bytes, body: bytes) -> bytes:
        checksum = zlib.crc32(name + body)
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\x00" * 1000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
async def test_photos_of_every_usual_format_come_in(form: str) -> None:
    photo = await repaint(encoded(red(), form))
    assert (photo.media_type, photo.width, photo.height) == ("image/jpeg", 64, 48)
    with Image.open(io.BytesIO(photo.content)) as picture:
        assert picture.format == "JPEG"
        assert picture.size == (64, 48)


async def test_nothing_hidden_survives() -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretPhone"
    exif.get_ifd(0x8825)[2] = (39.0, 54.0, 0.0)
    original = encoded(red(), "JPEG", exif=exif, comment=b"my home")
    assert b"SecretPhone" in original
    photo = await repaint(original)
    assert b"SecretPhone" not in photo.content
    assert b"my home" not in photo.content
    with Image.open(io.BytesIO(photo.content)) as picture:
        assert not picture.getexif()


async def test_a_photo_taken_sideways_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = await repaint(encoded(red(80, 40), "JPEG", exif=exif))
    assert (photo.width, photo.height) == (40, 80)


async def test_a_large_photo_becomes_smaller() -> None:
    photo = await repaint(encoded(red(4000, 3000), "JPEG"))
    assert (photo.width, photo.height) == (2560, 1920)


async def test_a_transparent_picture_stays_transparent() -> None:
    photo = await repaint(encoded(Image.new("RGBA", (10, 10), (255, 0, 0, 0)), "PNG"))
    assert photo.media_type == "image/webp"


async def test_an_animation_becomes_its_first_picture() -> None:
    frames = [red(), Image.new("RGB", (64, 48), "blue")]
    moving = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:])
    photo = await repaint(moving)
    with Image.open(io.BytesIO(photo.content)) as picture:
        assert not getattr(picture, "is_animated", False)


@pytest.mark.parametrize("side", [4473, 10_000, 60_000])
async def test_a_picture_of_too_many_pixels_is_refused_before_it_is_painted(side: int) -> None:
    with pytest.raises(PhotoTooLarge):
        await repaint(png_claiming(side, side))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a picture",
        b"\xff\xd8\xff\xe0",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"GIF89a\x01\x00\x01\x00\x00\x00\x00;",
        encoded(red(), "JPEG")[:200],
        png_claiming(2000, 2000),
    ],
)
async def test_what_is_no_whole_photo_is_refused(content: bytes) -> None:
    with pytest.raises(NotAPhoto):
        await repaint(content)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["JPEG", "PNG", "WEBP"]), st.data())
async def test_a_damaged_photo_is_painted_or_refused_never_a_crash(
    form: str, draw: st.DataObject
) -> None:
    content = bytearray(encoded(red(), form))
    for _ in range(draw.draw(st.integers(1, 8))):
        content[draw.draw(st.integers(0, len(content) - 1))] = draw.draw(st.integers(0, 255))
    try:
        photo = await repaint(bytes(content))
    except Refusal:
        return
    assert photo.content
