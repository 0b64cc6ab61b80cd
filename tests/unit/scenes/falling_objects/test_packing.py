"""A pack is true, or it says so."""

import base64
import zipfile
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.scenes.falling_objects import packing
from linli.scenes.falling_objects.packing import BrokenPack, Manifest, ManifestFile
from linli.support.signing.public import Ed25519Signer

OURS = Ed25519Signer({1: bytes(range(32))}, current=1)
THEIRS = Ed25519Signer({1: bytes(32)}, current=1)
CONTENTS = {"camera-1/clip.mp4": b"\0\0\0\x18ftypisom" + b"x" * 500, "report.pdf": b"%PDF-1.7 ..."}


def pack(signer: Ed25519Signer = OURS) -> bytes:
    files = [packing.packed(name, name, raw) for name, raw in CONTENTS.items()]
    manifest = packing.manifest_bytes(
        Manifest(
            format=packing.FORMAT,
            installation="邻里",
            fall_id="f",
            incident="YG-20261122-0001",
            made_at="2026-11-22T04:00:00+00:00",
            made_by="王值班",
            reason="移交派出所",
            key_id=signer.public_keys[0].id,
            files=tuple(ManifestFile(f.name, f.title, f.sha256, f.size) for f in files),
        )
    )
    key = signer.public_keys[0].raw
    return packing.pack_of(manifest, signer.sign(manifest), key, CONTENTS)


def opened(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def closed(contents: dict[str, bytes]) -> BytesIO:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return out


def test_a_pack_as_exported_is_whole_and_ours() -> None:
    manifest, known = packing.verify(BytesIO(pack()), [OURS.public_keys[0].raw])
    assert known
    assert manifest.incident == "YG-20261122-0001"


def test_another_installations_pack_is_whole_and_not_known() -> None:
    _, known = packing.verify(BytesIO(pack(THEIRS)), [OURS.public_keys[0].raw])
    assert not known


GOOD = opened(pack())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("report.pdf", CONTENTS["report.pdf"] + b" "),
        ("report.pdf", None),
        ("added.txt", b"x"),
        ("manifest.sig", None),
        ("manifest.sig", base64.b64encode(bytes(64))),
        ("manifest.sig", b"not base64"),
        ("manifest.json", GOOD["manifest.json"].replace(b"f", b"g", 1)),
        ("public_key.json", opened(pack(THEIRS))["public_key.json"]),
        ("public_key.json", b'{"id": "x"}'),
    ],
)
def test_what_was_changed_is_found(name: str, content: bytes | None) -> None:
    changed = {**GOOD, name: content}
    with pytest.raises(BrokenPack):
        packing.verify(closed({n: raw for n, raw in changed.items() if raw is not None}))


@given(st.binary(max_size=400))
def test_rubbish_is_no_pack(content: bytes) -> None:
    with pytest.raises(BrokenPack):
        packing.verify(BytesIO(content))


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_flipped_byte_goes_unseen(at: int, by: int) -> None:
    content = bytearray(pack())
    place = at % len(content)
    content[place] ^= by
    try:
        manifest, known = packing.verify(BytesIO(bytes(content)), [OURS.public_keys[0].raw])
    except BrokenPack:
        return
    # What the zip says around its files (times, rights) is no evidence.
    assert known
    assert manifest == packing.verify(BytesIO(pack()))[0]
