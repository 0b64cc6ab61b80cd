"""Whom a list means: by identity number, by code, or by name and home."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from linli.directory.people import policy, store
from linli.kernel.work import Work
from linli.support.sealing.ports import Cipher


@dataclass(frozen=True, slots=True)
class Meant:
    """A person as a list names them."""

    name: str
    id_number: str | None = None
    code: str | None = None
    home_id: UUID | None = None


async def people_meant(
    work: Work, cipher: Cipher, estate_id: UUID, said: Sequence[Meant]
) -> Mapping[Meant, UUID]:
    """The registered people in sight a list means; who is unknown, or not sure, is missing."""
    hashes = {
        one: store.id_hash(cipher, policy.id_number(one.id_number)) for one in said if one.id_number
    }
    by_number = await store.with_id_hashes(work.connection, set(hashes.values()))
    codes = {(estate_id, one.code) for one in said if one.code}
    by_code = await store.with_codes(work.connection, codes)
    homes = {one.home_id for one in said if one.home_id is not None}
    at_home: dict[tuple[str, UUID], set[UUID]] = {}
    for (name, home_id, _), person in (await store.at_homes(work.connection, homes)).items():
        at_home.setdefault((name, home_id), set()).add(person)
    found: dict[Meant, UUID] = {}
    for one in said:
        if one.id_number:
            person = by_number.get(hashes[one])
        elif one.code:
            person = by_code.get((estate_id, one.code))
        else:
            named = at_home.get((one.name, one.home_id), set()) if one.home_id else set[UUID]()
            person = next(iter(named)) if len(named) == 1 else None
        if person is not None:
            found[one] = person
    return found
