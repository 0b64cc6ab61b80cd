"""What is kept about people goes when its time is over, and not a day before."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.directory.browser import application, browser
from tests.unit.directory.town import Offices, Town

from linli.app.assemble import purposes
from linli.kernel.retention import Purpose
from linli.kernel.work import Work
from linli.support.looks.contracts import LookDraft, What
from linli.support.looks.public import looked
from linli.support.retention import http as retention
from linli.support.retention.contracts import Term, TermTooShort
from linli.support.retention.policy import over_before, terms_of
from linli.support.retention.service import enforce

NOW = datetime(2026, 11, 23, tzinfo=UTC)


async def nothing(work: Work, before: datetime) -> int:
    del work, before
    return 0


DAYS = st.integers(1, 4000)


@given(days=DAYS, least=DAYS, chosen=st.none() | DAYS)
def test_no_term_is_shorter_than_the_law_demands(days: int, least: int, chosen: int | None) -> None:
    days = max(days, least)
    purpose = Purpose("x", "x", "x", "x", days, nothing, least)
    choice = {} if chosen is None else {"x": chosen}
    if chosen is not None and chosen < least:
        with pytest.raises(TermTooShort):
            terms_of([purpose], choice)
        return
    (term,) = terms_of([purpose], choice)
    assert term.days == (chosen or days)
    assert NOW - over_before(term, NOW) >= timedelta(days=least)


def test_a_choice_for_something_unknown_is_refused() -> None:
    with pytest.raises(TermTooShort):
        terms_of(purposes(), {"nothing of ours": 3})


def test_every_purpose_says_why_and_by_which_law() -> None:
    known = purposes()
    assert {"looks", "messages", "sessions", "corrections"} <= {one.code for one in known}
    for purpose in known:
        assert purpose.why
        assert purpose.law
        assert purpose.days >= purpose.least


def term_of(code: str) -> Term:
    return next(term for term in terms_of(purposes(), {}) if term.purpose.code == code)


async def look(work: Work, town: Town) -> None:
    await looked(
        work,
        LookDraft(
            what=What.FILE,
            subject_kind="file",
            subject_id=work.new_id(),
            subject_title="照片",
            estate_id=town.estates[0].id,
        ),
    )


async def test_looks_go_after_three_years_and_the_report_says_so(
    desks: Offices, town: Town
) -> None:
    term = term_of("looks")
    async with desks.as_account(town.accounts["shequ"]) as work:
        await look(work, town)
    app = application(desks)
    app.include_router(retention.api)
    app.state.terms = (term,)

    async def officer_sees(path: str) -> list[dict[str, Any]]:
        async with browser(app, f"officer {town.tag}") as page:
            await page.sign_in(town.login("xian"))
            answer: Any = (await page.get(path)).json()
            if isinstance(answer, dict):
                return cast("dict[str, list[dict[str, Any]]]", answer)["items"]
            return cast("list[dict[str, Any]]", answer)

    desks.clock.move(timedelta(days=term.days - 1))
    async with desks.machine.work() as work:
        kept = await enforce(work, term)
    desks.clock.move(timedelta(days=2))
    async with desks.machine.work() as work:
        gone = await enforce(work, term)
    assert (kept, gone >= 1) == (0, True)
    desks.clock.move(timedelta(seconds=1))
    async with desks.machine.work() as work:
        assert await enforce(work, term) == 0
    (shown,) = await officer_sees("/api/retention")
    assert (shown["code"], shown["days"]) == ("looks", term.days)
    assert shown["removed"] == gone
    runs = await officer_sees("/api/retention/runs")
    assert [run["removed"] for run in runs][:2] == [0, gone]
    async with browser(app, f"officer {town.tag}") as page:
        await page.sign_in(town.login("xian"))
        paper = (await page.post("/api/retention/runs/print")).json()
        title = term.purpose.title
        assert [(row[1], row[4]) for row in paper["rows"][:2]] == [(title, "0"), (title, f"{gone}")]
        [row] = (await page.post("/api/retention/print")).json()["rows"]
        assert (row[0], row[2], row[5]) == (title, f"{term.days}", f"{gone}")
    async with browser(app, f"clerk {town.tag}") as page:
        await page.sign_in(town.login("shequ"))
        assert (await page.get("/api/retention")).status_code == 403
        assert (await page.post("/api/retention/runs/print")).status_code == 403
