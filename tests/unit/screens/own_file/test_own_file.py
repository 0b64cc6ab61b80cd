"""A person gets everything that is kept about them, and the handing out is on record."""

import io
import json
import zipfile
from datetime import UTC, datetime
from html.parser import HTMLParser
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from tests.unit.directory.browser import application, browser
from tests.unit.directory.town import CIPHER, Offices, Town

from linli.app.assemble import chapters
from linli.directory.people.contracts import ContactDraft, PersonDraft, Relation
from linli.directory.people.public import register_person
from linli.kernel.scope import MACHINE
from linli.screens.own_file import http as own_file
from linli.screens.own_file.contracts import OwnFile, ToldChapter
from linli.screens.own_file.policy import HTML_NAME, JSON_NAME, as_html, as_json
from linli.support.chapters.contracts import Section


class Tags(HTMLParser):
    """The elements of a page, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(f"{tag} {attrs}")


def file_saying(words: str) -> OwnFile:
    section = Section("本人", ((("姓名", words),), (("姓名", words),)), words)
    at = datetime(2026, 11, 23, tzinfo=UTC)
    return OwnFile(UUID(int=1), at, words, words, (ToldChapter("person", words, (section,)),))


@given(words=st.text(min_size=1, max_size=60) | st.just('<script>x</script><b a="1">&lt;'))
def test_whatever_stands_there_does_not_break_the_page(words: str) -> None:
    file = file_saying(words)
    read, plain = Tags(), Tags()
    read.feed(as_html(file))
    plain.feed(as_html(file_saying("x")))
    assert read.seen == plain.seen
    told = json.loads(as_json(file))
    assert told["chapters"][0]["sections"][0]["records"] == [{"姓名": words}] * 2


async def registered(desks: Offices, town: Town) -> UUID:
    async with desks.machine.work(actor=MACHINE) as work:
        return await register_person(
            work,
            CIPHER,
            PersonDraft(
                home_id=town.home,
                name="林<b>秀英",
                phone="13900001234",
                relation=Relation.OWNER,
                valid_from=desks.clock.now(),
                contacts=(ContactDraft("林小红", "女儿", "13900005678"),),
            ),
        )


async def test_the_file_holds_every_chapter_in_both_forms(desks: Offices, town: Town) -> None:
    person = await registered(desks, town)
    app = application(desks)
    app.include_router(own_file.api)
    app.state.chapters = chapters()
    async with browser(app, f"shequ at {town.tag}") as page:
        await page.sign_in(town.login("shequ"))
        answer = await page.post(f"/api/people/{person}/export", {"reason": "本人到窗口索取"})
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/zip"
        short = await page.post(f"/api/people/{person}/export", {"reason": "看"})
        assert short.status_code == 422
    async with browser(app, f"wuye at {town.tag}") as page:
        await page.sign_in(town.login("wuye"))
        refused = await page.post(f"/api/people/{person}/export", {"reason": "本人到窗口索取"})
        assert refused.status_code == 403
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert set(archive.namelist()) == {HTML_NAME, JSON_NAME}
    told = json.loads(archive.read(JSON_NAME))
    assert [one["code"] for one in told["chapters"]] == [
        "person", "holdings", "cards", "care", "looks",
    ]  # fmt: skip
    own = told["chapters"][0]["sections"]
    assert own[0]["records"][0]["电话"] == "13900001234"
    assert own[1]["records"][0]["身份"] == "业主"
    assert own[2]["records"][0]["电话"] == "13900005678"
    (looked,) = told["chapters"][4]["sections"]
    assert [one["理由"] for one in looked["records"]] == ["本人到窗口索取"]
    assert "数据管理员" in looked["note"]
    shown = archive.read(HTML_NAME).decode()
    assert "林&lt;b&gt;秀英" in shown
    async with desks.machine.work() as work:
        audited = await work.connection.scalar(
            text(
                "SELECT count(*) FROM support_audit_entry"
                " WHERE action = 'person_exported' AND subject_id = :person"
            ),
            {"person": person},
        )
    assert audited == 1
