"""Places lie in each other as buildings do, and are called what people call them."""

from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.directory.browser import signed_in
from tests.unit.directory.town import Offices, Town

from linli.directory.places import policy
from linli.directory.places.contracts import EstateDraft, Place, PlaceDraft, PlaceKind
from linli.directory.places.policy import WrongParent
from linli.directory.places.public import (
    CodeTaken,
    add_estate,
    add_places,
    estates_named,
    place_of,
    places_in,
    places_named,
    plan_of,
    sizes_of,
)
from linli.kernel.errors import NotFound


def place(kind: PlaceKind, title: str, parent: Place | None = None) -> Place:
    own = uuid4()
    return Place(
        id=own,
        estate_id=UUID(int=1),
        kind=kind,
        code=title,
        title=title,
        path=policy.path_of(title, parent),
        path_ids=(*(parent.path_ids if parent else ()), own),
        parent_id=parent.id if parent else None,
        x=None,
        y=None,
    )


def test_people_say_the_door_not_the_floor() -> None:
    building = place(PlaceKind.BUILDING, "3号楼")
    entrance = place(PlaceKind.ENTRANCE, "1单元", building)
    floor = place(PlaceKind.FLOOR, "5层", entrance)
    assert floor.path == "3号楼 1单元 5层"
    assert place(PlaceKind.HOME, "502室", floor).path == "3号楼 1单元 502室"
    assert place(PlaceKind.LIFT, "3号电梯", entrance).path == "3号楼 1单元 3号电梯"
    assert place(PlaceKind.GATE, "南门").path == "南门"


@given(st.sampled_from(list(PlaceKind)), st.sampled_from([*PlaceKind, None]))
def test_what_may_lie_in_what(kind: PlaceKind, parent_kind: PlaceKind | None) -> None:
    parent = place(parent_kind, "上级") if parent_kind else None
    draft = PlaceDraft(id=uuid4(), kind=kind, title="下级")
    if parent_kind in policy.PARENTS[kind]:
        policy.placed(draft, parent)
        return
    with pytest.raises(WrongParent):
        policy.placed(draft, parent)


def test_people_count_two_before_ten() -> None:
    titles = ["10号楼", "2号楼", "2号楼 10单元", "2号楼 9单元", "南门", "B2层", "1号楼"]
    assert sorted(titles, key=policy.spoken_order) == [
        "B2层",
        "南门",
        "1号楼",
        "2号楼",
        "2号楼 9单元",
        "2号楼 10单元",
        "10号楼",
    ]


@given(st.lists(st.text("0123456789号楼 单元A-", max_size=12)))
def test_any_titles_can_be_put_in_order(titles: list[str]) -> None:
    ordered = sorted(titles, key=policy.spoken_order)
    assert sorted(ordered) == sorted(titles)
    keys = [policy.spoken_order(title) for title in ordered]
    assert all(one <= next_ for one, next_ in pairwise(keys))


def test_homes_hold_nothing_and_every_kind_has_a_place() -> None:
    holders = frozenset[PlaceKind | None]().union(*policy.PARENTS.values())
    assert PlaceKind.HOME not in holders
    assert PlaceKind.LIFT not in holders
    assert set(policy.PARENTS) == set(PlaceKind)


async def test_a_built_estate_is_read_back(desks: Offices, town: Town) -> None:
    sun = town.estates[0].id
    async with desks.as_account(town.accounts["shequ"]) as work:
        home = await place_of(work, town.home)
        (lift,) = await places_in(work, sun, PlaceKind.LIFT)
        above = await places_named(work, home.path_ids)
        sizes = await sizes_of(work, [sun])
        plan = await plan_of(work, sun)
    assert (home.path, home.code) == ("3号楼 1单元 502室", "3号楼1单元502室")
    assert lift.path == "3号楼 1单元 3号电梯"
    assert [above[node].title for node in home.path_ids] == ["3号楼", "1单元", "5层", "502室"]
    assert (sizes[sun].buildings, sizes[sun].homes) == (1, 1)
    assert [(b.title, b.x, b.y, b.w, b.h) for b in plan.buildings] == [("3号楼", 20, 30, 48, 18)]
    assert [(m.title, m.x, m.y) for m in plan.marks] == [("南门", 130, 198)]
    assert (plan.width, plan.height) == (260, 200)


async def test_codes_are_unique_in_an_estate_and_free_in_the_next(
    desks: Offices, town: Town
) -> None:
    draft = PlaceDraft(id=uuid4(), kind=PlaceKind.GATE, title="北门", code="G2")
    twin = PlaceDraft(id=uuid4(), kind=PlaceKind.GATE, title="东门", code="G2")
    async with desks.machine.work() as work:
        await add_places(work, town.estates[0].id, [draft])
    with pytest.raises(CodeTaken):
        async with desks.machine.work() as work:
            await add_places(work, town.estates[0].id, [twin])
    twins = [PlaceDraft(id=uuid4(), kind=PlaceKind.GATE, title="西门") for _ in range(2)]
    with pytest.raises(CodeTaken):
        async with desks.machine.work() as work:
            await add_places(work, town.estates[1].id, twins)
    async with desks.machine.work() as work:
        await add_places(work, town.estates[1].id, [twin])
    taken = EstateDraft(town.estates[0].code, "别处", town.communities[1].id, 1, 1)
    with pytest.raises(CodeTaken):
        async with desks.machine.work() as work:
            await add_estate(work, taken)


async def test_a_parent_in_another_estate_does_not_exist(desks: Offices, town: Town) -> None:
    async with desks.machine.work() as work:
        (building,) = await places_in(work, town.estates[1].id, PlaceKind.BUILDING)
    draft = PlaceDraft(id=uuid4(), kind=PlaceKind.ENTRANCE, title="2单元", parent_id=building.id)
    with pytest.raises(NotFound):
        async with desks.machine.work() as work:
            await add_places(work, town.estates[0].id, [draft])


async def test_a_foreign_estate_looks_absent(desks: Offices, town: Town) -> None:
    north = town.estates[2].id
    async with desks.machine.work() as work:
        (gate,) = await places_in(work, north, PlaceKind.GATE)
    async with desks.as_account(town.accounts["jiedao"]) as work:
        assert await estates_named(work, [north]) == {}
        assert await places_in(work, north) == ()
        for look in (place_of(work, gate.id), plan_of(work, north)):
            with pytest.raises(NotFound):
                await look


async def test_places_over_http(desks: Offices, town: Town) -> None:
    sun, north = town.estates[0].id, town.estates[2].id
    async with signed_in(desks, town, "wuye") as page:
        outer = (await page.get("/api/places", estate_id=str(sun))).json()
        assert [(p["title"], p["kind"], p["children"]) for p in outer] == [
            ("3号楼", "building", 1),
            ("南门", "gate", 0),
        ]
        inner = (await page.get("/api/places", estate_id=str(sun), parent_id=outer[0]["id"])).json()
        assert [p["path"] for p in inner] == ["3号楼 1单元"]
        homes = (await page.get("/api/places", estate_id=str(sun), kind="home")).json()
        detail = (await page.get(f"/api/places/{homes[0]['id']}")).json()
        assert detail["estate_title"] == "阳光花园"
        assert [p["title"] for p in detail["above"]] == ["3号楼", "1单元", "5层"]
        assert (await page.get("/api/places", estate_id=str(north))).json() == []
        assert (await page.get(f"/api/estates/{north}/plan")).status_code == 403
        plan = (await page.get(f"/api/estates/{sun}/plan")).json()
        assert [b["title"] for b in plan["buildings"]] == ["3号楼"]
        (estate,) = (await page.get("/api/estates")).json()
    assert estate["community"]["title"] == "仁里社区"
    assert estate["company"]["title"] == "安居物业"
    assert (estate["buildings"], estate["homes"]) == (1, 1)
