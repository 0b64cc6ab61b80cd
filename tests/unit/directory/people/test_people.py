"""People are masked until somebody says why, and what is stored gives nothing away."""

import secrets
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from tests.unit.directory.browser import signed_in
from tests.unit.directory.town import CIPHER, Offices, Town

from linli.directory.people import policy
from linli.directory.people.contracts import (
    ContactDraft,
    PeopleSearch,
    PersonDraft,
    Relation,
    Tag,
)
from linli.directory.people.policy import BadIdNumber, BadPhone
from linli.directory.people.public import (
    AlreadyRegistered,
    find_people,
    people_at,
    person_masked,
    register_person,
    reveal,
)
from linli.directory.places.contracts import PlaceKind
from linli.directory.places.public import place_of, places_in
from linli.kernel.errors import BadInput, Forbidden, NotFound
from linli.support.looks.contracts import ReasonNeeded, reason_given

ID_NUMBER = "11010519491231002X"  # the sample number of GB 11643-1999
REASON = "老人按了呼叫器，需要联系家属"


async def move_in(
    desks: Offices,
    home: UUID,
    name: str,
    phone: str | None = "138-1234-0001",
    *,
    id_number: str | None = None,
    tags: tuple[Tag, ...] = (),
    days: int | None = None,
) -> UUID:
    async with desks.machine.work() as work:
        return await register_person(
            work,
            CIPHER,
            PersonDraft(
                name=name,
                home_id=home,
                relation=Relation.OWNER,
                valid_from=work.now,
                valid_to=work.now + timedelta(days=days) if days else None,
                phone=phone,
                id_number=id_number,
                tags=tags,
                contacts=(ContactDraft("王小丽", "女儿", "13987654321"),),
            ),
        )


def new_id_number() -> str:
    """A valid number that no other test has: towns share a database."""
    stem = "110105" + f"{secrets.randbelow(10**11):011}"
    return next(stem + check for check in "0123456789X" if _valid(stem + check))


def _valid(number: str) -> bool:
    try:
        return policy.id_number(number) == number
    except BadIdNumber:
        return False


async def home_in(desks: Offices, estate_id: UUID) -> UUID:
    async with desks.machine.work() as work:
        (home,) = await places_in(work, estate_id, PlaceKind.HOME)
    return home.id


@pytest.mark.parametrize(
    ("name", "shown"),
    [("王晓明", "王*明"), ("王明", "王*"), ("欧阳晓明", "欧**明"), ("王", "王*"), ("", "*")],
)
def test_a_name_shows_its_first_and_last(name: str, shown: str) -> None:
    assert policy.masked_name(name) == shown


@pytest.mark.parametrize(
    ("written", "digits"),
    [("138 1234 0001", "13812340001"), ("+86 138-1234-0001", "13812340001"), ("12345", "12345")],
)
def test_phones_are_stored_as_digits(written: str, digits: str) -> None:
    assert policy.phone_digits(written) == digits


@pytest.mark.parametrize("written", ["", "1234", "abc", "1" * 16, "一三八"])
def test_what_is_no_phone_is_refused(written: str) -> None:
    with pytest.raises(BadPhone):
        policy.phone_digits(written)


def test_an_identity_number_carries_its_own_check() -> None:
    assert policy.id_number(" 11010519491231002x ") == ID_NUMBER
    assert policy.masked_id_number(ID_NUMBER) == "1101************2X"


@given(st.integers(0, 17), st.integers(1, 9))
def test_one_wrong_digit_in_an_identity_number_is_noticed(at: int, shift: int) -> None:
    digits = list(ID_NUMBER)
    if at == len(digits) - 1:
        digits[at] = str(shift)
    else:
        digits[at] = str((int(digits[at]) + shift) % 10)
    with pytest.raises(BadIdNumber):
        policy.id_number("".join(digits))


@pytest.mark.parametrize("reason", ["", "  ", "看看", " a b "])
def test_no_look_without_a_reason(reason: str) -> None:
    with pytest.raises(ReasonNeeded):
        reason_given(reason)


async def test_lists_and_details_are_masked(desks: Offices, town: Town) -> None:
    number = new_id_number()
    person_id = await move_in(desks, town.home, "王晓明", id_number=number, tags=(Tag.ELDER_ALONE,))
    async with desks.as_account(town.accounts["wuye"]) as work:
        page = await find_people(work, CIPHER, PeopleSearch(estate_id=town.estates[0].id))
        masked = await person_masked(work, CIPHER, person_id)
    (row,) = page.rows
    assert (row.name_masked, row.phone_masked, row.home_title) == (
        "王*明",
        "138****0001",
        "3号楼 1单元 502室",
    )
    assert row.tags == (Tag.ELDER_ALONE,)
    assert (masked.name, masked.phone, masked.id_number) == (
        "王*明",
        "138****0001",
        policy.masked_id_number(number),
    )
    assert [(c.name, c.relation, c.phone) for c in masked.contacts] == [
        ("王*丽", "女儿", "139****4321")
    ]
    assert "王晓明" not in repr(masked)


async def test_the_disk_holds_no_number(desks: Offices, town: Town) -> None:
    number = new_id_number()
    person_id = await move_in(desks, town.home, "王晓明", id_number=number)
    async with desks.machine.work() as work:
        rows = await work.connection.execute(
            text(
                "SELECT p::text || c::text FROM directory_person AS p"
                " JOIN directory_person_contact AS c ON c.person_id = p.id WHERE p.id = :id"
            ),
            {"id": person_id},
        )
        (stored,) = rows.scalars().all()
    for secret in ("13812340001", number, "13987654321"):
        assert secret not in stored
        assert secret.encode().hex() not in stored


async def test_a_full_look_leaves_its_reason_in_the_same_transaction(
    desks: Offices, town: Town
) -> None:
    number = new_id_number()
    person_id = await move_in(desks, town.home, "王晓明", id_number=number)
    told = await desks.events("person_revealed")
    async with desks.as_account(town.accounts["shequ"]) as work:
        person = await reveal(work, CIPHER, person_id, reason=REASON)
    assert (person.name, person.phone, person.id_number) == ("王晓明", "13812340001", number)
    assert [contact.phone for contact in person.contacts] == ["13987654321"]
    assert await desks.events("person_revealed") == told + 1
    async with desks.machine.work() as work:
        entry = (
            await work.connection.execute(
                text(
                    "SELECT actor_id, reason, address, subject_title FROM support_audit_entry"
                    " WHERE action = 'person_revealed' AND subject_id = :id"
                ),
                {"id": person_id},
            )
        ).one()
    assert tuple(entry) == (town.accounts["shequ"], REASON, "10.0.0.7", "王*明")


@pytest.mark.parametrize("login", ["wuye", "jiedao", "xian", "wangge"])
async def test_who_sees_masked_people_does_not_see_them_in_full(
    desks: Offices, town: Town, login: str
) -> None:
    person_id = await move_in(desks, town.home, "王晓明")
    async with desks.as_account(town.accounts[login]) as work:
        assert (await person_masked(work, CIPHER, person_id)).name == "王*明"
    with pytest.raises(Forbidden):
        async with desks.as_account(town.accounts[login]) as work:
            await reveal(work, CIPHER, person_id, reason=REASON)


@pytest.mark.parametrize("login", ["weixiu", "dianti", "admin"])
async def test_for_others_people_do_not_exist(desks: Offices, town: Town, login: str) -> None:
    person_id = await move_in(desks, town.home, "王晓明")
    async with desks.as_account(town.accounts[login]) as work:
        assert (await find_people(work, CIPHER, PeopleSearch())).total == 0
        with pytest.raises(NotFound):
            await person_masked(work, CIPHER, person_id)


async def test_people_of_a_foreign_estate_do_not_exist(desks: Offices, town: Town) -> None:
    home = await home_in(desks, town.estates[2].id)
    person_id = await move_in(desks, home, "李远方")
    with pytest.raises(NotFound):
        async with desks.as_account(town.accounts["shequ"]) as work:
            await reveal(work, CIPHER, person_id, reason=REASON)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("晓明", ["王*明"]),
        ("0001", ["王*明"]),
        ("13812340001", ["王*明"]),
        ("3812340001", []),
        ("0009", ["赵*"]),
        ("3号楼1单元", ["王*明", "赵*"]),
        ("502室", ["王*明", "赵*"]),
        ("502室 赵", ["赵*"]),
        ("4号楼", []),
        ("%", []),
        ("", ["王*明", "赵*"]),
    ],
)
async def test_people_are_found_by_name_address_and_phone(
    desks: Offices, town: Town, words: str, found: list[str]
) -> None:
    await move_in(desks, town.home, "王晓明")
    await move_in(desks, town.home, "赵六", "13900000009")
    async with desks.as_account(town.accounts["shequ"]) as work:
        page = await find_people(work, CIPHER, PeopleSearch(words=words))
    assert sorted(row.name_masked for row in page.rows) == sorted(found)
    assert page.total == len(found)


async def test_who_is_at_a_place_includes_all_inside_it(desks: Offices, town: Town) -> None:
    await move_in(desks, town.home, "王晓明")
    async with desks.as_account(town.accounts["shequ"]) as work:
        home = await place_of(work, town.home)
        counts = [len(await people_at(work, CIPHER, node)) for node in home.path_ids]
        assert await people_at(work, CIPHER, uuid4()) == ()
    assert counts == [1, 1, 1, 1]


async def test_who_moved_out_keeps_the_record_but_not_the_address(
    desks: Offices, town: Town
) -> None:
    await move_in(desks, town.home, "孙租客", days=30)
    desks.clock.move(timedelta(days=31))
    async with desks.as_account(town.accounts["shequ"]) as work:
        assert await people_at(work, CIPHER, town.home) == ()
        (row,) = (await find_people(work, CIPHER, PeopleSearch(words="孙租客"))).rows
    assert (row.home_id, row.home_title) == (None, "")


async def test_the_list_goes_on_where_it_stopped(desks: Offices, town: Town) -> None:
    for number in range(7):
        await move_in(desks, town.home, f"张{number // 2}", phone=None)
    seen: list[UUID] = []
    after = None
    async with desks.as_account(town.accounts["shequ"]) as work:
        while True:
            page = await find_people(work, CIPHER, PeopleSearch(), most=3, after=after)
            seen += [row.id for row in page.rows]
            assert page.total == 7
            if page.after is None:
                break
            after = page.after
    assert len(seen) == len(set(seen)) == 7


async def test_nobody_is_registered_twice_or_in_a_gate(desks: Offices, town: Town) -> None:
    other = new_id_number()
    await move_in(desks, town.home, "王晓明", id_number=other)
    with pytest.raises(AlreadyRegistered):
        await move_in(desks, town.home, "王晓明", id_number=other)
    async with desks.machine.work() as work:
        (gate,) = await places_in(work, town.estates[0].id, PlaceKind.GATE)
    with pytest.raises(BadInput):
        await move_in(desks, gate.id, "门卫")


async def test_people_over_http(desks: Offices, town: Town) -> None:
    person_id = await move_in(desks, town.home, "王晓明", tags=(Tag.ELDER_ALONE,))
    async with signed_in(desks, town, "shequ") as page:
        listed = (await page.get("/api/people", q="0001")).json()
        assert (listed["total"], listed["items"][0]["tag_titles"]) == (1, ["独居老人"])
        masked = (await page.get(f"/api/people/{person_id}")).json()
        assert (masked["masked"], masked["name"], masked["may_reveal"]) == (True, "王*明", True)
        bare = await page.post(f"/api/people/{person_id}/reveal", {"reason": "看"})
        assert (bare.status_code, bare.json()["field"]) == (422, "reason")
        full = (await page.post(f"/api/people/{person_id}/reveal", {"reason": REASON})).json()
        assert (full["masked"], full["name"], full["phone"]) == (False, "王晓明", "13812340001")
    async with signed_in(desks, town, "wuye") as page:
        assert (await page.get(f"/api/people/{person_id}")).json()["may_reveal"] is False
        refused = await page.post(f"/api/people/{person_id}/reveal", {"reason": REASON})
        assert refused.status_code == 403
    async with signed_in(desks, town, "weixiu") as page:
        assert (await page.get("/api/people")).status_code == 403
