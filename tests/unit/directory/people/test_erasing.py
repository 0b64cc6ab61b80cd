"""A person's data goes when a second person agreed, and is found only where it may be kept."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.unit.directory.browser import signed_in
from tests.unit.directory.town import CIPHER, Offices, Town, appoint, hire

from linli.app.engine.roles import DatabaseUrls, connected
from linli.directory.cards.contracts import CardEntry, CardState
from linli.directory.cards.public import enter as enter_cards
from linli.directory.cards.store import number_hash
from linli.directory.identity.contracts import Role
from linli.directory.key_people import service as key_people
from linli.directory.key_people.contracts import Basis as KeyBasis
from linli.directory.key_people.contracts import Finding, KeyDraft, Outcome, VisitDraft
from linli.directory.people import erasing, policy, service, store
from linli.directory.people.contracts import (
    ContactDraft,
    PersonChange,
    PersonDraft,
    PersonField,
    Relation,
)
from linli.directory.people.erasing import Basis, Link
from linli.directory.sources.contracts import CLERK
from linli.kernel.errors import BadInput
from linli.support.approvals import service as approvals
from linli.support.approvals.policy import SecondPairNeeded
from linli.support.messaging.contracts import About, Channel, Message
from linli.support.messaging.public import send

NAME = "欧阳不忘"
PHONE = "13977770123"
NUMBER = "110101194912317330"
KEPT = frozenset({"support_audit_entry"})
"""Where the kept list lets the name stand: the record of acts, for three years."""


async def registered(
    desks: Offices, town: Town, name: str = "别人", phone: str = "13811112222", number: str = ""
) -> UUID:
    """Somebody who moved out, was renamed once, and was written about."""
    async with desks.machine.work() as work:
        person = await service.register_person(
            work,
            CIPHER,
            PersonDraft(
                home_id=town.home,
                name=name,
                phone=phone,
                id_number=number or None,
                relation=Relation.TENANT,
                valid_from=work.now - timedelta(days=90),
                contacts=(ContactDraft("欧阳小红", "女儿", "13900005678"),),
            ),
        )
        await service.change_person(work, CIPHER, person, PersonChange(phone="13977770999"))
        await service.change_person(work, CIPHER, person, PersonChange(phone=phone))
        await enter_cards(
            work,
            CIPHER,
            town.estates[0].id,
            [
                CardEntry(
                    number=f"{phone}01",
                    home_id=town.home,
                    person_id=person,
                    state=CardState.RETURNED,
                ),
                CardEntry(number=f"{phone}02", home_id=town.home, holder=name),
            ],
            CLERK,
        )
        await work.connection.execute(
            text(
                "INSERT INTO kernel_idempotency"
                " (account_id, key, request_hash, status, body, created_at)"
                " VALUES (:account, :key, '', 200, :body, :now)"
            ),
            {
                "account": town.accounts["shequ"],
                "key": str(person),
                "body": f'{{"id": "{person}", "name": "{name}"}}'.encode(),
                "now": work.now,
            },
        )
        await send(
            work,
            Message(
                channel=Channel.IN_APP,
                template="visit",
                title=f"请走访{name}",
                words=f"{name}（{phone}）多日未见",
                about=About(subject_id=person, estate_id=town.estates[0].id),
                account_id=town.accounts["wangge"],
            ),
        )
    return person


async def moved_out(desks: Offices, person: UUID) -> None:
    async with desks.machine.work() as work:
        await work.connection.execute(
            text("UPDATE directory_residence SET valid_to = :now WHERE person_id = :person"),
            {"now": work.now, "person": person},
        )


async def agreed(desks: Offices, town: Town, person: UUID, reason: str = "本人申请") -> None:
    async with desks.as_account(town.accounts["shequ"]) as work:
        approval = await erasing.ask_to_erase(
            work, CIPHER, person, basis=Basis.CONSENT_WITHDRAWN, reason=reason
        )
    if "shuju" not in town.accounts:
        async with desks.machine.work() as work:
            officer = await hire(work, town.login("shuju"), town.communities[0], "x")
            await appoint(work, officer, Role.DATA_OFFICER, town.communities[0])
        town.accounts["shuju"] = officer
    async with desks.as_account(town.accounts["shuju"]) as work:
        await approvals.decide(
            work, approval.id, approve=True, answer="", expected_version=approval.version
        )


async def erased(desks: Offices, town: Town, person: UUID) -> erasing.Proof:
    async with desks.as_account(town.accounts["shequ"]) as work:
        return await erasing.erase_person(work, CIPHER, person, basis=Basis.CONSENT_WITHDRAWN)


async def found_in(database: DatabaseUrls, traces: Iterable[str]) -> set[str]:
    """Every table with a trace in any column of text, JSON, bytes or lists of them."""
    tables: set[str] = set()
    # As the server's own master: no table and no row is out of sight.
    async with connected(database.admin) as connection:
        columns = await connection.execute(
            text(
                "SELECT c.relname, a.attname FROM pg_attribute AS a"
                " JOIN pg_class AS c ON c.oid = a.attrelid"
                " WHERE c.relnamespace = CAST('public' AS regnamespace) AND c.relkind = 'r'"
                " AND a.attnum > 0 AND NOT a.attisdropped AND CAST(a.atttypid AS regtype)"
                " = ANY (ARRAY['text', 'varchar', 'json', 'jsonb', 'bytea', 'text[]',"
                " 'varchar[]', 'bytea[]']::regtype[])"
            )
        )
        for table, column in columns.all():
            hit = await connection.scalar(
                text(
                    f'SELECT EXISTS (SELECT FROM "{table}" WHERE'  # noqa: S608 - names of the catalogue
                    f' CAST("{column}" AS text) ~ :traces)'
                ),
                {"traces": "|".join(traces)},
            )
            if hit:
                tables.add(str(table))
    return tables


def traces() -> tuple[str, ...]:
    hashes = (
        store.phone_hash(CIPHER, PHONE),
        store.id_hash(CIPHER, NUMBER),
        *(number_hash(CIPHER, f"{PHONE}{last}") for last in ("01", "02")),
    )
    plain = (NAME, "ouyangbuwang", PHONE, NUMBER)
    # Bytes are compared as PostgreSQL writes them: in hexadecimal.
    return (*plain, *(one.encode().hex() for one in plain), *(one.hex() for one in hashes))


async def test_after_the_erasure_the_person_is_found_only_where_the_law_keeps_it(
    desks: Offices, town: Town, directory_database: DatabaseUrls
) -> None:
    person = await registered(desks, town, NAME, PHONE, NUMBER)
    await moved_out(desks, person)
    before = await found_in(directory_database, traces())
    assert before >= {
        "directory_door_card",
        "directory_person",
        "directory_revision",
        "kernel_idempotency",
        "support_message",
    }
    await agreed(desks, town, person, f"{NAME}到窗口申请，{PHONE}")
    proof = await erased(desks, town, person)
    assert await found_in(directory_database, traces()) <= KEPT
    assert proof.intact
    assert proof.told.rows["directory_person_contact"] == 1
    assert proof.told.rows["directory_door_card"] == 2
    assert proof.told.rows["directory_revision"] == 2
    assert proof.told.also["kernel_idempotency"] == 1
    # The visit asked for, and what the asker was told of the decision.
    assert proof.told.also["support_message"] >= 1
    assert proof.told.also["support_approval"] == 1
    async with desks.as_account(town.accounts["shequ"]) as work:
        told = await service.person_masked(work, CIPHER, person)
        with pytest.raises(policy.Erased):
            await service.change_person(work, CIPHER, person, PersonChange(name="又来了"))
        with pytest.raises(erasing.ErasedAlready):
            await erasing.erase_person(work, CIPHER, person, basis=Basis.CONSENT_WITHDRAWN)
    assert told.name == policy.TOMBSTONE
    assert (told.phone, told.contacts) == (None, ())
    assert [home.home_id for home in told.residences] == [town.home]


async def test_who_still_lives_there_is_not_erased(desks: Offices, town: Town) -> None:
    person = await registered(desks, town)
    async with desks.as_account(town.accounts["shequ"]) as work:
        assert (await erasing.look(work, CIPHER, person)).in_use == ("仍登记住在小区",)
        with pytest.raises(erasing.StillUsed):
            await erasing.ask_to_erase(
                work, CIPHER, person, basis=Basis.PURPOSE_OVER, reason="本人申请"
            )


async def test_nothing_goes_but_what_was_agreed_to(desks: Offices, town: Town) -> None:
    person = await registered(desks, town)
    await moved_out(desks, person)
    with pytest.raises(SecondPairNeeded):
        await erased(desks, town, person)
    await agreed(desks, town, person)
    async with desks.machine.work() as work:
        await service.change_person(work, CIPHER, person, PersonChange(phone="13977770555"))
    with pytest.raises(SecondPairNeeded):
        await erased(desks, town, person)
    with pytest.raises(DBAPIError):
        async with desks.as_account(town.accounts["shequ"]) as work:
            await work.connection.execute(
                text("SELECT linli_erase_person(:id, :id, :person, '', '', now())"),
                {"id": work.new_id(), "person": person},
            )


async def test_the_care_of_former_days_goes_too(desks: Offices, town: Town) -> None:
    person = await registered(desks, town, "司马照护", "13822223333")
    async with desks.as_account(town.accounts["shequ"]) as work:
        key = await key_people.enter(
            work,
            CIPHER,
            KeyDraft(person_id=person, category="elder_alone", basis=KeyBasis.SEPARATE_CONSENT),
        )
        await key_people.note_medical(
            work, CIPHER, key.id, words="高血压", consent_words="本人签字同意"
        )
        await key_people.record_visit(
            work,
            CIPHER,
            VisitDraft(
                id=work.new_id(),
                key_person_id=key.id,
                visited_at=work.now,
                outcome=Outcome.MET,
                findings=(Finding.WELL,),
                words="司马照护精神很好",
            ),
        )
    await moved_out(desks, person)
    async with desks.as_account(town.accounts["shequ"]) as work:
        assert (await erasing.look(work, CIPHER, person)).in_use == ("仍是重点人员",)
        (entry,) = (await key_people.read(work, CIPHER, key.id)).entries
        await key_people.end_entry(work, CIPHER, key.id, entry.id, reason="已经搬走了")
    await agreed(desks, town, person)
    rows = (await erased(desks, town, person)).told.rows
    gone = ("directory_key_person", "directory_key_medical", "directory_key_visit")
    assert [rows[table] for table in gone] == [1, 1, 1]
    async with desks.machine.work() as work:
        for table in ("medical", "visit", "absence", "story", "entry"):
            left = await work.connection.scalar(
                text(f"SELECT count(*) FROM directory_key_{table} WHERE key_person_id = :key"),  # noqa: S608 - names from above
                {"key": key.id},
            )
            assert left == 0, table


async def test_the_clerk_sees_what_would_go_and_then_the_proof(desks: Offices, town: Town) -> None:
    person = await registered(desks, town, "上官办事", "13833334444")
    await moved_out(desks, person)
    path = f"/api/people/{person}/erasure"
    async with signed_in(desks, town, "shequ") as page:
        seen = (await page.get(path)).json()
        assert (seen["proof"], seen["in_use"]) == (None, [])
        assert {"directory_person_contact", "directory_revision"} <= {
            one["table"] for one in seen["going"]
        }
        early = await page.post(path, {"basis": "consent_withdrawn"})
        assert early.json()["code"] == "second_pair_needed"
    await agreed(desks, town, person)
    async with signed_in(desks, town, "shequ") as page:
        done = await page.post(path, {"basis": "consent_withdrawn"})
        assert done.status_code == 200, done.text
        proof = (await page.get(path)).json()["proof"]
    assert proof == done.json()["proof"]
    assert proof["intact"]
    assert "上官" not in done.text
    async with signed_in(desks, town, "wangge") as page:
        assert (await page.get(path)).status_code == 403


def test_a_chain_that_somebody_touched_is_not_intact() -> None:
    chain: list[Link] = []
    before = ""
    for number in (1, 2):
        body = json.dumps(
            {
                "number": number,
                "estate_id": str(UUID(int=1)),
                "person_id": str(UUID(int=number)),
                "at": "2026-11-23T00:00:00Z",
                "basis": "term_over",
                "rows": {"directory_person": 1},
                "also": {"support_message": 1},
                "asked_by": "甲",
                "asked_at": "2026-11-23T00:00:00Z",
                "approved_by": "乙",
                "approved_at": "2026-11-23T00:00:00Z",
                "approval_id": str(UUID(int=3)),
            },
            ensure_ascii=False,
        )
        digest = hashlib.sha256((before + body).encode()).hexdigest()
        chain.append(Link(number, UUID(int=1), UUID(int=number), body, before, digest))
        before = digest
    assert erasing.intact(chain)
    assert not erasing.intact(chain[1:])
    assert erasing.whole(chain) == len(chain)
    assert erasing.whole([chain[0], replace(chain[1], hash="0" * 64)]) == 1
    assert not erasing.intact([replace(chain[0], body=chain[0].body.replace("甲", "丙")), chain[1]])
    assert not erasing.intact([replace(chain[0], person_id=UUID(int=9)), chain[1]])


@pytest.mark.parametrize("name", [policy.TOMBSTONE, f" {policy.TOMBSTONE} "])
async def test_the_name_of_erased_rows_is_nobody_elses(
    desks: Offices, town: Town, name: str
) -> None:
    person = await registered(desks, town)
    async with desks.as_account(town.accounts["shequ"]) as work:
        with pytest.raises(policy.NameTaken):
            await service.change_person(work, CIPHER, person, PersonChange(name=name))
        with pytest.raises(BadInput) as wrong:
            policy.checked_value(PersonField.NAME, name)
    assert wrong.value.field == "value"


async def test_the_data_officer_sees_every_proof_of_their_estates(
    desks: Offices, town: Town
) -> None:
    gone: list[UUID] = []
    for phone in ("13911112222", "13911113333"):
        person = await registered(desks, town, phone=phone)
        await moved_out(desks, person)
        await agreed(desks, town, person)
        await erased(desks, town, person)
        gone.append(person)
    async with desks.as_account(town.accounts["shuju"]) as work:
        proofs, total = await erasing.erasures(work, most=1, skip=0)
        rest, _ = await erasing.erasures(work, most=50, skip=1)
    assert total == 1 + len(rest) >= len(gone)
    assert [*proofs, *rest][0].told.person_id == gone[-1]
    assert all(proof.intact for proof in (*proofs, *rest))
    async with desks.as_account(town.accounts["shequ"]) as work:
        assert await erasing.erasures(work, most=50, skip=0) == ([], 0)
