"""Decisions about files: what comes in, on what basis it is kept, and for how long."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from linli.support.files.contracts import Purpose

MOST_BYTES = 20_000_000
MOST_FILM_BYTES = 64 * 1024 * 1024
MOST_RECORD_BYTES = 4_000_000
MOST_PIXELS = 20_000_000
LONGEST_SIDE = 2560


@dataclass(frozen=True, slots=True)
class Keeping:
    """On what basis a file is kept, and how long."""

    lawful_basis: str
    time: timedelta


KEEPING: Mapping[Purpose, Keeping] = {
    Purpose.ORDER_EVIDENCE: Keeping("履行物业服务合同", timedelta(days=730)),
    Purpose.INCIDENT_REPORT: Keeping("维护公共安全", timedelta(days=730)),
    # Pictures of public places that nothing came of go soon.
    Purpose.DEVICE_EVIDENCE: Keeping("维护公共安全", timedelta(days=90)),
    Purpose.EVIDENCE_PACK: Keeping("维护公共安全", timedelta(days=730)),
}
# A file that belongs to an incident or an order stays as long as their story.
KEPT_WITH_ITS_STORY = timedelta(days=730)

MP4_BRAND = b"ftyp"
MP4_BRAND_AT = 4


def is_mp4(content: bytes) -> bool:
    """Whether the bytes begin as ISO base media files do (ISO/IEC 14496-12, §4.3)."""
    return content[MP4_BRAND_AT : MP4_BRAND_AT + len(MP4_BRAND)] == MP4_BRAND


def is_record(content: bytes) -> bool:
    """Whether the bytes begin as a JSON object does."""
    return content.lstrip()[:1] == b"{"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a file, both ends included, as `Content-Range` says it."""

    first: int
    last: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1


def span_of(header: str | None, size: int) -> Span | None:
    """The one stretch a `Range` header asks for (RFC 9110, 14.1.2).

    None: no header, or one that may be passed over (another unit, several stretches).

    Raises:
        NoSuchSpan: the stretch lies outside the file.
    """
    if header is None or size == 0:
        return None
    unit, equals, asked = header.partition("=")
    first, dash, last = asked.strip().partition("-")
    if unit.strip().lower() != "bytes" or not equals or not dash or "," in asked:
        return None
    if not all(part == "" or (part.isascii() and part.isdecimal()) for part in (first, last)):
        return None
    if not first:
        if not last or int(last) == 0:
            raise NoSuchSpan(size)
        return Span(max(size - int(last), 0), size - 1)
    begin = int(first)
    end = min(int(last), size - 1) if last else size - 1
    if last and int(last) < begin:
        return None
    if begin >= size:
        raise NoSuchSpan(size)
    return Span(begin, end)


class NoSuchSpan(Exception):
    """The stretch asked for lies outside the file of this size."""

    def __init__(self, size: int) -> None:
        self.size = size
        super().__init__(f"outside of {size} bytes")


def vault_name(sha256: bytes) -> str:
    """Where content lies in the vault: by its hash, in folders of manageable size."""
    digest = sha256.hex()
    return f"{digest[:2]}/{digest[2:4]}/{digest}"
