"""Decisions about files: what comes in, on what basis it is kept, and for how long."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from linli.support.files.contracts import Purpose

MOST_BYTES = 20_000_000
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
}
# A file that belongs to an incident or an order stays as long as their story.
KEPT_WITH_ITS_STORY = timedelta(days=730)

MP4_BRAND = b"ftyp"
MP4_BRAND_AT = 4


def is_mp4(content: bytes) -> bool:
    """Whether the bytes begin as ISO base media files do (ISO/IEC 14496-12, §4.3)."""
    return content[MP4_BRAND_AT : MP4_BRAND_AT + len(MP4_BRAND)] == MP4_BRAND


def vault_name(sha256: bytes) -> str:
    """Where content lies in the vault: by its hash, in folders of manageable size."""
    digest = sha256.hex()
    return f"{digest[:2]}/{digest[2:4]}/{digest}"
