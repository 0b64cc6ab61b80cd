"""Addresses as people write them in lists: `3`, `3栋`, `3号楼`; `1`, `1单元`; `502`, `502室`."""

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass

from linli.kernel.errors import BadInput

_BUILDING = re.compile(r"0*([0-9]+)(?:号楼|栋|幢|座|号|楼|#)?")
_ENTRANCE = re.compile(r"0*([0-9]+)(?:单元|门)?")
_HOME = re.compile(r"(.+?)(?:室|号|房)?")
_WHOLE = re.compile(
    r"(?P<building>[^-\s]+?(?:号楼|栋|幢|座)|[^-\s]+?(?=-))-?"
    r"(?:(?P<entrance>[0-9]+)(?:单元|-))?(?P<home>[^-\s]+)"
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """An address in the words on the doors: `3号楼`, `1单元`, `502`."""

    building: str
    entrance: str | None
    home: str

    @property
    def said(self) -> str:
        """As people say it, without blanks."""
        return f"{self.building}{self.entrance or ''}{self.home}".replace(" ", "")

    @property
    def buildings(self) -> tuple[str, ...]:
        """What the building may be called: `3号楼` here is `3栋` elsewhere."""
        number = self.building.removesuffix("号楼")
        if not number.isdecimal():
            return (self.building,)
        return tuple(number + word for word in ("号楼", "栋", "幢", "座"))

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes the home may have in its estate, the usual one first."""
        entrance = self.entrance or ""
        return tuple(
            f"{building}{entrance}{self.home}{word}".replace(" ", "")
            for building in self.buildings
            for word in ("", "室")
        )


def spoken(building: str, entrance: str, home: str) -> Spoken:
    """An address from three cells; or from the last alone (`3-1-502`, `3号楼1单元502`).

    Raises:
        BadInput: it says no home.
    """
    parts = [unicodedata.normalize("NFKC", one).strip() for one in (building, entrance, home)]
    if not parts[0] and parts[2]:
        found = _WHOLE.fullmatch(parts[2].replace(" ", ""))
        if found is None:
            raise BadInput("房屋写成 3号楼、1单元、502 三列，或 3-1-502", field="home")
        parts = [found["building"], found["entrance"] or "", found["home"]]
    if not parts[0]:
        raise BadInput("请填写楼栋", field="building")
    if not parts[2]:
        raise BadInput("请填写房号", field="home")
    block = _BUILDING.fullmatch(parts[0])
    door = _ENTRANCE.fullmatch(parts[1])
    number = _HOME.fullmatch(parts[2])
    return Spoken(
        f"{block[1]}号楼" if block else parts[0],
        (f"{door[1]}单元" if door else parts[1]) or None,
        number[1] if number else parts[2],
    )


def meant(text: str) -> tuple[str, ...]:
    """The codes a place may have that people call so, the words themselves first."""
    bare = unicodedata.normalize("NFKC", text).replace(" ", "")
    codes = [bare]
    number = _BUILDING.fullmatch(bare)
    if number is not None:
        codes += Spoken(f"{number[1]}号楼", None, "").buildings
    with suppress(BadInput):
        codes += spoken("", "", bare).codes
    return tuple(dict.fromkeys(codes))
