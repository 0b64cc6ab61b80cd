"""Verbs of questions."""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Select,
    Text,
    any_,
    delete,
    false,
    func,
    insert,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy import cast as cast_to
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on

from linli.directory.people.public import living_now
from linli.kernel.database import Id, among
from linli.kernel.errors import BadInput, Forbidden, NotFound
from linli.kernel.questions import About, Asked, Condition
from linli.kernel.work import Work
from linli.screens.questions import policy
from linli.screens.questions.contracts import (
    Answer,
    Clause,
    Found,
    Question,
    SavedQuestion,
    Spot,
)
from linli.screens.questions.models import question_table
from linli.support.audit.contracts import Action
from linli.support.audit.public import record

SEE = "see_people"
MOST_SPOTS = 500

q = question_table.c

Known = Mapping[str, Condition]


async def answer(
    work: Work,
    known: Known,
    question: Question,
    *,
    estate_id: UUID | None = None,
    most: int = 50,
    skip: int = 0,
) -> Answer:
    """The people for whom every clause holds, by address; those in sight only.

    Raises:
        BadInput: the question cannot be asked so.
        Forbidden: a condition asks for what the session may not see.
    """
    wanted = _found(work, known, policy.checked(question, known), estate_id)
    each = wanted.subquery("found")
    one = (
        select(each)
        .ext(distinct_on(each.c.person_id))
        .order_by(each.c.person_id, each.c.home_title)
        .cte("one")
    )
    no_id, no_words = cast_to(null(), Id), cast_to(null(), Text)
    page = (
        select(
            literal("row").label("kind"),
            one.c.estate_id,
            one.c.person_id,
            one.c.home_id,
            one.c.home_title,
            func.row_number()
            .over(order_by=(one.c.estate_id, one.c.home_title, one.c.person_id))
            .label("number"),
        )
        .order_by(one.c.estate_id, one.c.home_title, one.c.person_id)
        .limit(most)
        .offset(skip)
    )
    building = one.c.home_path[1]
    spots = (
        select(
            literal("spot").label("kind"),
            one.c.estate_id,
            no_id.label("person_id"),
            building.label("home_id"),
            no_words.label("home_title"),
            func.count().label("number"),
        )
        .group_by(one.c.estate_id, building)
        .order_by(func.count().desc())
        .limit(MOST_SPOTS)
    )
    whole = select(
        literal("total").label("kind"),
        no_id.label("estate_id"),
        no_id.label("person_id"),
        no_id.label("home_id"),
        no_words.label("home_title"),
        func.count().label("number"),
    ).select_from(one)
    # One statement: who it is is found out once, and then listed, counted and put on the plan.
    told = union_all(page.subquery().select(), spots.subquery().select(), whole)
    rows: list[tuple[int, Found]] = []
    marks: list[Spot] = []
    total = 0
    for row in await work.connection.execute(told):
        match row.kind:
            case "row":
                found = Found(row.person_id, row.home_id, row.estate_id, row.home_title)
                rows.append((row.number, found))
            case "spot":
                marks.append(Spot(row.estate_id, row.home_id, row.number))
            case _:
                total = row.number
    return Answer(
        rows=tuple(found for _, found in sorted(rows, key=itemgetter(0))),
        total=total,
        spots=tuple(sorted(marks, key=lambda spot: -spot.people)),
    )


def _found(work: Work, known: Known, question: Question, estate_id: UUID | None) -> Select[Any]:
    """Residences of now for which all clauses hold."""
    estates = sorted(work.scope.estates_for(SEE))
    if estate_id is not None:
        estates = [one for one in estates if one == estate_id]
    lives = living_now(work.now).subquery("lives")
    conditions: list[ColumnElement[bool]] = [among(lives.c.estate_id, estates)]
    begun = False
    for clause in question.clauses:
        condition = known[clause.code]
        if not work.scope.may_anywhere(condition.needs):
            raise Forbidden
        asked = Asked(clause.values, work.now, estates)
        must_hold = clause.negated == condition.lacking
        if must_hold and condition.about is About.PERSON and not begun:
            begun = True
            conditions.append(_one_of(lives, condition, asked))
            continue
        holds = _holds(lives, condition, asked)
        conditions.append(holds if must_hold else ~holds)
    return select(lives).where(*conditions)


def _one_of(lives: Any, condition: Condition, asked: Asked) -> ColumnElement[bool]:  # noqa: ANN401 - a subquery
    """Begin with these people, one by one: joined, PostgreSQL would read all who live anywhere."""
    people = func.array(condition.select(asked).scalar_subquery(), type_=ARRAY(Id))
    return cast("ColumnElement[bool]", lives.c.person_id == any_(people))


def _holds(lives: Any, condition: Condition, asked: Asked) -> ColumnElement[bool]:  # noqa: ANN401 - a subquery
    ids = condition.select(asked)
    if condition.about is About.PERSON:
        return cast("ColumnElement[bool]", lives.c.person_id.in_(ids))
    places = ids.subquery()
    # An array, made once: whether a home's path touches it is then quickly said.
    all_places = select(func.array_agg(places.c[0], type_=ARRAY(Id))).scalar_subquery()
    touches = lives.c.home_path.bool_op("&&")(all_places)
    return func.coalesce(touches, false(), type_=Boolean)


async def saved(work: Work, known: Known) -> tuple[SavedQuestion, ...]:
    """The questions kept by organisations in sight, then those that come with linli."""
    rows = await work.connection.execute(select(question_table).order_by(q.title, q.id))
    kept = [
        SavedQuestion(
            id=row.id,
            organisation_id=row.organisation_id,
            title=row.title,
            question=_read(row.clauses),
            created_by=row.created_by,
            created_at=row.created_at,
        )
        for row in rows
    ]
    usual = [
        SavedQuestion(None, None, title, question, "", None)
        for title, question in policy.USUAL
        if policy.askable(question, known)
    ]
    return (*(one for one in kept if policy.askable(one.question, known)), *usual)


async def save(
    work: Work, known: Known, organisation_id: UUID, title: str, question: Question
) -> UUID:
    """Keep a question for an organisation; answers its id.

    Raises:
        BadInput: it cannot be asked, or has no title.
        Forbidden: the session does not see people of that organisation.
    """
    if organisation_id not in work.scope.organisations_for(SEE):
        raise Forbidden
    if not title.strip():
        raise BadInput("请给这个查询起个名字", field="title")
    whole = policy.checked(question, known)
    question_id = work.new_id()
    await work.connection.execute(
        insert(question_table).values(
            id=question_id,
            organisation_id=organisation_id,
            title=title.strip(),
            clauses=[
                {"code": one.code, "values": dict(one.values), "negated": one.negated}
                for one in whole.clauses
            ],
            created_by=work.actor.name,
            created_at=work.now,
        )
    )
    await record(
        work,
        action=Action.QUESTION_SAVED,
        subject_kind="question",
        subject_id=question_id,
        subject_title=title.strip(),
        reason=policy.in_words(whole, known),
    )
    return question_id


async def forget(work: Work, question_id: UUID) -> None:
    """Keep a question no longer.

    Raises:
        NotFound: no such question in sight.
    """
    gone = await work.connection.execute(
        delete(question_table).where(q.id == question_id).returning(q.id)
    )
    if gone.first() is None:
        raise NotFound


def allowed(work: Work, conditions: Sequence[Condition]) -> tuple[Condition, ...]:
    """The conditions that the session may ask."""
    return tuple(one for one in conditions if work.scope.may_anywhere(one.needs))


def _read(clauses: Any) -> Question:  # noqa: ANN401 - JSON, as it was written by `save`
    return Question(
        tuple(
            Clause(
                one["code"],
                {str(name): str(value) for name, value in one["values"].items()},
                bool(one["negated"]),
            )
            for one in clauses
        )
    )
