"""How numbers of estates become numbers of levels. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from linli.directory.organisation.contracts import Organisation, OrganisationKind
from linli.directory.places.contracts import Estate
from linli.screens.workplace.contracts import Ground, Level

LEVELS: Mapping[OrganisationKind, Level] = {
    OrganisationKind.COUNTY: Level.COUNTY,
    OrganisationKind.STREET: Level.STREET,
    OrganisationKind.COMMUNITY: Level.COMMUNITY,
}
Counts = Mapping[UUID | None, int]
"""How many there are in each estate; None: not of an estate but of a person."""


@dataclass(frozen=True, slots=True)
class Land:
    """The estates in sight and the organisations above them, as one tree."""

    organisations: Mapping[UUID, Organisation]
    estates: Mapping[UUID, Estate]

    def path_to(self, estate: Estate) -> tuple[UUID, ...]:
        """From the county down to the estate, as far as it is in sight."""
        community = self.organisations.get(estate.community_id)
        above = community.path if community else ()
        return (*(one for one in above if one in self.organisations), estate.id)

    def ground(self, id_: UUID) -> Ground | None:
        """The organisation or estate of this id. A company stands outside the tree."""
        estate = self.estates.get(id_)
        if estate is not None:
            return Ground(estate.id, Level.ESTATE, estate.title, estate.community_id)
        found = self.organisations.get(id_)
        if found is None:
            return None
        level = LEVELS.get(found.kind, Level.COMPANY)
        parent = None if level is Level.COMPANY else found.parent_id
        return Ground(found.id, level, found.title, parent)

    def estates_of(self, ground: Ground) -> frozenset[UUID]:
        """The estates on this ground; a company's are all that its people see."""
        if ground.level is Level.COMPANY:
            return frozenset(self.estates)
        return frozenset(
            estate.id for estate in self.estates.values() if ground.id in self.path_to(estate)
        )

    def parts(self, ground: Ground) -> tuple[tuple[Ground, frozenset[UUID]], ...]:
        """The next level down, each with its estates: no estate in two of them, none left out."""
        below: dict[UUID, set[UUID]] = {}
        for estate_id in self.estates_of(ground):
            if estate_id == ground.id:
                continue
            path = self.path_to(self.estates[estate_id])
            step = path.index(ground.id) + 1 if ground.id in path else len(path) - 1
            below.setdefault(path[step], set()).add(estate_id)
        made = [(self.ground(id_), frozenset(estates)) for id_, estates in below.items()]
        found = [(part, estates) for part, estates in made if part is not None]
        return tuple(sorted(found, key=lambda one: (one[0].title, one[0].id)))

    def above(self, ground: Ground, own: Ground) -> tuple[Ground, ...]:
        """The way from one's own ground down to this one, both included."""
        way = [ground]
        while way[-1].id != own.id and way[-1].parent_id is not None:
            parent = self.ground(way[-1].parent_id)
            if parent is None or own.level in {Level.COMPANY, Level.ESTATE}:
                break
            way.append(parent)
        if way[-1].id != own.id and own.level is Level.COMPANY:
            way.append(own)
        return tuple(reversed(way))


def total_of(counts: Counts, estates: frozenset[UUID], *, personal: bool) -> int:
    """The sum over these estates, and what belongs to the person where that is asked too."""
    return sum(
        number
        for estate_id, number in counts.items()
        if (personal if estate_id is None else estate_id in estates)
    )


def nonzero_first(totals: Sequence[tuple[str, int]]) -> tuple[str, ...]:
    """Codes in their order, those with something to do before those without."""
    return tuple(code for code, _ in sorted(totals, key=lambda one: one[1] == 0))
