"""Questions over HTTP."""

from collections.abc import Mapping, Sequence
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from linli.directory.organisation.public import organisations_named
from linli.directory.people.public import people_named
from linli.directory.places.public import estates_named, places_named
from linli.kernel.questions import About, Condition, Parameter
from linli.kernel.web import CurrentWork, require, router
from linli.screens.questions import policy, service
from linli.screens.questions.contracts import Clause, Question
from linli.support.sealing.ports import Cipher

api = router("/api/questions", tag="questions")

SEE = "see_people"


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class ChoiceView(Shape):
    """A value and its name."""

    value: str
    title: str


class ParameterView(Shape):
    """What is to be filled into a condition: one of `choices`, or a whole number in bounds."""

    name: str
    title: str
    usual: str
    choices: tuple[ChoiceView, ...]
    low: int
    high: int
    unit: str


class ConditionView(Shape):
    """One thing that can be asked; `title` names its parameters in braces."""

    code: str
    title: str
    group: str
    about: About
    parameters: tuple[ParameterView, ...]


class ClauseBody(Shape):
    """A condition with its parameters; `negated` asks for the opposite."""

    code: Annotated[str, Field(max_length=60)]
    values: Annotated[Mapping[str, str], Field(max_length=8)] = {}
    negated: bool = False


class QuestionBody(Shape):
    """Clauses that all must hold."""

    clauses: Annotated[tuple[ClauseBody, ...], Field(min_length=1, max_length=8)]


class SaveBody(QuestionBody):
    """A question to be kept by an organisation."""

    organisation_id: UUID
    title: Annotated[str, Field(min_length=1, max_length=80)]


class SavedView(Shape):
    """A kept question; without an id it comes with linli."""

    id: UUID | None
    organisation_id: UUID | None
    title: str
    words: str
    clauses: tuple[ClauseBody, ...]
    created_by: str
    created_at: AwareDatetime | None


class KeeperView(Shape):
    """An organisation that may keep questions."""

    id: UUID
    title: str


class QuestionsView(Shape):
    """What can be asked, what is kept, and by whom something can be kept."""

    conditions: tuple[ConditionView, ...]
    saved: tuple[SavedView, ...]
    keepers: tuple[KeeperView, ...]


class FoundView(Shape):
    """A person found, masked, with the home."""

    person_id: UUID
    name_masked: str
    phone_masked: str | None
    tags: tuple[str, ...]
    home_id: UUID
    home_title: str
    estate_id: UUID
    estate_title: str


class SpotView(Shape):
    """How many were found in a building."""

    estate_id: UUID
    place_id: UUID
    title: str
    people: int


class AnswerView(Shape):
    """The people for whom every clause holds, by address, and where they are."""

    words: str
    items: tuple[FoundView, ...]
    next_cursor: str | None
    total: int
    spots: tuple[SpotView, ...]


def _cipher_of(request: Request) -> Cipher:
    return cast("Cipher", request.app.state.cipher)


def _conditions_of(request: Request) -> Sequence[Condition]:
    return cast("Sequence[Condition]", request.app.state.conditions)


InstallationCipher = Annotated[Cipher, Depends(_cipher_of)]
Conditions = Annotated[Sequence[Condition], Depends(_conditions_of)]


@api.get("")
async def list_questions(work: CurrentWork, conditions: Conditions) -> QuestionsView:
    """What can be asked, and the questions that are kept."""
    require(work, SEE)
    allowed = service.allowed(work, conditions)
    known = policy.by_code(allowed)
    keepers = await organisations_named(work, work.scope.organisations_for(SEE))
    return QuestionsView(
        conditions=tuple(_condition(one) for one in allowed),
        saved=tuple(
            SavedView(
                id=one.id,
                organisation_id=one.organisation_id,
                title=one.title,
                words=policy.in_words(one.question, known),
                clauses=tuple(
                    ClauseBody(code=c.code, values=dict(c.values), negated=c.negated)
                    for c in one.question.clauses
                ),
                created_by=one.created_by,
                created_at=one.created_at,
            )
            for one in await service.saved(work, known)
        ),
        keepers=tuple(KeeperView(id=one.id, title=one.title) for one in keepers.values()),
    )


@api.post("/answer")
async def answer(
    work: CurrentWork,
    cipher: InstallationCipher,
    conditions: Conditions,
    body: QuestionBody,
    *,
    estate_id: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[int, Query(ge=0, lt=1 << 31)] = 0,
) -> AnswerView:
    """Ask: who is it that all the clauses hold for. Changes nothing."""
    require(work, SEE)
    known = policy.by_code(conditions)
    question = _question(body)
    found = await service.answer(
        work, known, question, estate_id=estate_id, most=limit, skip=cursor
    )
    people = await people_named(work, cipher, [row.person_id for row in found.rows])
    estates = await estates_named(work, {row.estate_id for row in found.rows})
    places = await places_named(work, {spot.place_id for spot in found.spots})
    return AnswerView(
        words=policy.in_words(question, known),
        items=tuple(
            FoundView(
                person_id=row.person_id,
                name_masked=people[row.person_id].name_masked,
                phone_masked=people[row.person_id].phone_masked,
                tags=tuple(people[row.person_id].tags),
                home_id=row.home_id,
                home_title=row.home_title,
                estate_id=row.estate_id,
                estate_title=estates[row.estate_id].title if row.estate_id in estates else "",
            )
            for row in found.rows
            if row.person_id in people
        ),
        next_cursor=str(cursor + limit) if cursor + limit < found.total else None,
        total=found.total,
        spots=tuple(
            SpotView(
                estate_id=spot.estate_id,
                place_id=spot.place_id,
                title=places[spot.place_id].path if spot.place_id in places else "",
                people=spot.people,
            )
            for spot in found.spots
        ),
    )


@api.post("", status_code=201)
async def save(work: CurrentWork, conditions: Conditions, body: SaveBody) -> KeeperView:
    """Keep a question for an organisation and all who see people there."""
    require(work, SEE)
    known = policy.by_code(conditions)
    question_id = await service.save(work, known, body.organisation_id, body.title, _question(body))
    return KeeperView(id=question_id, title=body.title.strip())


@api.delete("/{question_id}", status_code=204)
async def forget(work: CurrentWork, question_id: UUID) -> None:
    """Keep a question no longer."""
    require(work, SEE)
    await service.forget(work, question_id)


def _question(body: QuestionBody) -> Question:
    return Question(tuple(Clause(one.code, dict(one.values), one.negated) for one in body.clauses))


def _condition(one: Condition) -> ConditionView:
    return ConditionView(
        code=one.code,
        title=one.title,
        group=one.group,
        about=one.about,
        parameters=tuple(_parameter(each) for each in one.parameters),
    )


def _parameter(one: Parameter) -> ParameterView:
    return ParameterView(
        name=one.name,
        title=one.title,
        usual=one.usual,
        choices=tuple(ChoiceView(value=c.value, title=c.title) for c in one.choices),
        low=one.low,
        high=one.high,
        unit=one.unit,
    )
