"""The evidence pack: one signed zip. What is in it, and how anybody checks it.

`manifest.json` names every file with size and SHA-256; `manifest.sig` is the Ed25519 signature of
the manifest's bytes (base64), `public_key.json` the key. A pack is true when the signature fits
the manifest, the manifest fits the files, nothing is missing and nothing is added.
"""

import base64
import binascii
import hashlib
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path

import msgspec
from PIL import Image, ImageDraw

from linli.kernel.errors import BadInput
from linli.scenes.falling_objects.contracts import Corner, PackedFile, Sighting
from linli.sensing.vision.public import TrackFile
from linli.support.signing.contracts import BadSignature, Signature
from linli.support.signing.public import check, key_id

FORMAT = "linli-pack-1"
MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
KEY = "public_key.json"
SIGNED_APART = frozenset({MANIFEST, SIGNATURE, KEY})
JPEG_QUALITY = 88
LARGEST_PACK = 1_000_000_000
# Zip keeps moments without a zone; a fixed one makes the same pack the same bytes.
DATE = (2025, 1, 1, 0, 0, 0)
PATH_COLOUR = (220, 38, 38)
BAND_COLOUR = (245, 158, 11)
RELEASE_COLOUR = (37, 99, 235)


# What the standard library raises when it meets bytes that are no zip, or a damaged one.
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


class BrokenPack(BadInput):
    code = "broken_pack"
    text = "这个证据包不完整，或被改动过"


class ManifestFile(msgspec.Struct, frozen=True):
    """One file of the pack."""

    name: str
    title: str
    sha256: str
    size: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What the pack holds and where it comes from; moments are ISO 8601 UTC."""

    format: str
    installation: str
    fall_id: str
    incident: str
    made_at: str
    made_by: str
    reason: str
    key_id: str
    files: tuple[ManifestFile, ...]


class WrittenKey(msgspec.Struct, frozen=True):
    """The public key beside the signature; `raw` is base64."""

    id: str
    algorithm: str
    raw: str


def packed(name: str, title: str, content: bytes) -> PackedFile:
    """A file's line in the manifest."""
    return PackedFile(name, title, hashlib.sha256(content).hexdigest(), len(content))


def manifest_bytes(manifest: Manifest) -> bytes:
    """The manifest as it is signed."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1)


def pack_of(
    manifest: bytes, signature: Signature, public_key: bytes, contents: Mapping[str, bytes]
) -> bytes:
    """The zip. Films and photos are stored as they are, texts are deflated."""
    key = WrittenKey(
        id=signature.key_id,
        algorithm=signature.algorithm,
        raw=base64.b64encode(public_key).decode(),
    )
    everything = {
        MANIFEST: manifest,
        SIGNATURE: base64.b64encode(signature.raw),
        KEY: msgspec.json.encode(key),
        **contents,
    }
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in everything.items():
            entry = zipfile.ZipInfo(name, DATE)
            stored = name.endswith((".mp4", ".jpg", ".pdf"))
            entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return out.getvalue()


def verify(pack: Path | BytesIO, known_keys: Sequence[bytes] = ()) -> tuple[Manifest, bool]:
    """Check a pack; answers its manifest, and whether one of the `known_keys` signed it.

    Without known keys the pack only proves that it is whole and that the key inside signed it.

    Raises:
        BrokenPack: it is not whole, something was changed, added or left out.
    """
    try:
        with zipfile.ZipFile(pack) as archive:
            return _verified(archive, known_keys)
    except UNREADABLE as error:
        raise BrokenPack("这不是证据包，或文件已损坏") from error


def _verified(archive: zipfile.ZipFile, known_keys: Sequence[bytes]) -> tuple[Manifest, bool]:
    names = archive.namelist()
    if len(set(names)) != len(names) or not set(names) >= SIGNED_APART:
        raise BrokenPack
    if sum(entry.file_size for entry in archive.infolist()) > LARGEST_PACK:
        raise BrokenPack("证据包大得不合理")
    said = archive.read(MANIFEST)
    try:
        key = msgspec.json.decode(archive.read(KEY), type=WrittenKey)
        manifest = msgspec.json.decode(said, type=Manifest)
        raw = base64.b64decode(key.raw, validate=True)
        signature = base64.b64decode(archive.read(SIGNATURE), validate=True)
        check(said, signature, raw)
    except (msgspec.DecodeError, binascii.Error, ValueError) as error:
        raise BrokenPack from error
    except BadSignature as error:
        raise BrokenPack("签名不符：清单被改动过") from error
    if manifest.format != FORMAT or not manifest.key_id == key.id == key_id(raw):
        raise BrokenPack("签名密钥的编号不符")
    listed = {file.name for file in manifest.files}
    if listed != set(names) - SIGNED_APART:
        raise BrokenPack("文件与清单不符：多了或少了文件")
    for file in manifest.files:
        content = archive.read(file.name)
        if len(content) != file.size or hashlib.sha256(content).hexdigest() != file.sha256:
            raise BrokenPack(f"{file.name} 被改动过")
    return manifest, raw in known_keys


# ── the annotated still ──


def annotated(still: bytes, sighting: Sighting, track: TrackFile | None) -> bytes:
    """The still with the wall, the band and the path drawn over it (JPEG)."""
    with Image.open(BytesIO(still)) as picture:
        image = picture.convert("RGB")
    draw = ImageDraw.Draw(image)
    width, height = image.size
    line = max(2, width // 640)
    facade, band = sighting.facade, sighting.band
    if facade is not None and band is not None:
        top = facade.ground_storey + facade.storeys
        wall = [(x * width, y * height) for x, y in facade.corners]
        draw.line([*wall, wall[0]], fill=BAND_COLOUR, width=line)
        shares = (
            (band.column_low - 1) / facade.columns,
            min(band.column_high / facade.columns, 1.0),
            max((top - 1 - band.storey_high) / facade.storeys, 0.0),
            min((top - band.storey_low) / facade.storeys, 1.0),
        )
        box = quad(facade.corners, shares)
        points = [(x * width, y * height) for x, y in box]
        draw.line([*points, points[0]], fill=BAND_COLOUR, width=line * 2)
    if track is not None and track.fallen.points:
        scale = (width / track.width, height / track.height)
        path = [(point.x * scale[0], point.y * scale[1]) for point in track.fallen.points]
        if len(path) > 1:
            draw.line(path, fill=PATH_COLOUR, width=line)
        for x, y in path:
            draw.ellipse((x - line * 2, y - line * 2, x + line * 2, y + line * 2), fill=PATH_COLOUR)
        x, y = path[0]
        reach = line * 8
        draw.ellipse(
            (x - reach, y - reach, x + reach, y + reach), outline=RELEASE_COLOUR, width=line
        )
    out = BytesIO()
    image.save(out, "JPEG", quality=JPEG_QUALITY)
    return out.getvalue()


def quad(
    corners: tuple[Corner, Corner, Corner, Corner], shares: tuple[float, float, float, float]
) -> tuple[Corner, ...]:
    """The picture of a rectangle on the wall; `shares` are left, right, top, bottom from 0 to 1."""
    left, right, top, bottom = shares
    return tuple(
        on_wall(corners, across, down)
        for across, down in ((left, top), (right, top), (right, bottom), (left, bottom))
    )


def on_wall(corners: tuple[Corner, Corner, Corner, Corner], across: float, down: float) -> Corner:
    """Where a point of the wall (shares from the top left) lies in the picture.

    The projective map of the unit square onto the corners (Heckbert 1989, 2.2.3).
    """
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners
    dx1, dx2, dx3 = x1 - x2, x3 - x2, x0 - x1 + x2 - x3
    dy1, dy2, dy3 = y1 - y2, y3 - y2, y0 - y1 + y2 - y3
    under = dx1 * dy2 - dx2 * dy1
    g = (dx3 * dy2 - dx2 * dy3) / under
    h = (dx1 * dy3 - dx3 * dy1) / under
    a, b = x1 - x0 + g * x1, x3 - x0 + h * x3
    d, e = y1 - y0 + g * y1, y3 - y0 + h * y3
    scale = g * across + h * down + 1
    return ((a * across + b * down + x0) / scale, (d * across + e * down + y0) / scale)
