"""Photos are painted anew: nothing of the original file survives but what one sees."""

import asyncio
import io
import struct
import zlib
from dataclasses import dataclass

from PIL import Image, ImageOps

from linli.kernel.errors import BadInput
from linli.support.files.policy import LONGEST_SIDE, MOST_PIXELS

FORMATS = ("JPEG", "PNG", "WEBP")
JPEG_QUALITY = 85
WEBP_QUALITY = 82
MILLION = 1_000_000

# What Pillow raises when it meets bytes that are no picture, or a broken one.
BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error)
BOMB = (Image.DecompressionBombError, Image.DecompressionBombWarning)


class NotAPhoto(BadInput):
    code = "not_a_photo"
    text = "这个文件不是能识别的照片，请上传 JPEG、PNG 或 WebP 照片"


class PhotoTooLarge(BadInput):
    code = "photo_too_large"
    text = f"照片太大，最多 {MOST_PIXELS // MILLION} 百万像素"


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture painted anew, its orientation upright, no side longer than 2560 pixels."""

    content: bytes
    media_type: str
    width: int
    height: int


async def repaint(content: bytes) -> Photo:
    """Decode and encode the picture, off the event loop.

    Raises NotAPhoto and PhotoTooLarge.
    """
    return await asyncio.to_thread(_repaint, content)


def _repaint(content: bytes) -> Photo:
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise PhotoTooLarge(field="file")
            picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            return _paint(upright)
    except BOMB as error:
        raise PhotoTooLarge(field="file") from error
    except BROKEN as error:
        raise NotAPhoto(field="file") from error


def _paint(picture: Image.Image) -> Photo:
    out = io.BytesIO()
    if picture.has_transparency_data:
        media_type = "image/webp"
        picture.convert("RGBA").save(out, "WEBP", quality=WEBP_QUALITY, exif=b"", icc_profile=b"")
    else:
        media_type = "image/jpeg"
        picture.convert("RGB").save(
            out,
            "JPEG",
            quality=JPEG_QUALITY,
            progressive=True,
            exif=b"",
            icc_profile=b"",
            comment=b"",
        )
    return Photo(out.getvalue(), media_type, picture.width, picture.height)
