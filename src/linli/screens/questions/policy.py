"""Decisions about questions: which clauses can be asked, and how they read. Pure."""

from collections.abc import Mapping, Sequence

from linli.kernel.errors import BadInput
from linli.kernel.questions import Condition, Parameter
from linli.screens.questions.contracts import Clause, Question

MOST_CLAUSES = 8

# Questions that come with linli; one is shown when all its conditions are there.
USUAL: tuple[tuple[str, Question], ...] = (
    (
        "独居老人 · 电梯停用 · 7 天未走访",
        Question(
            (
                Clause("people.group", {"group": "elder_alone"}),
                Clause("facilities.stopped", {"kind": "lift"}),
                Clause("key_people.unvisited", {"days": "7"}),
            )
        ),
    ),
    (
        "独居老人 · 电梯停用",
        Question(
            (
                Clause("people.group", {"group": "elder_alone"}),
                Clause("facilities.stopped", {"kind": "lift"}),
            )
        ),
    ),
    (
        "独居老人 · 所在位置有未办结事件",
        Question(
            (
                Clause("people.group", {"group": "elder_alone"}),
                Clause("incidents.open", {"category": "any"}),
            )
        ),
    ),
    (
        "独居老人 · 烟雾报警器离线",
        Question(
            (
                Clause("people.group", {"group": "elder_alone"}),
                Clause("devices.offline", {"kind": "smoke_alarm"}),
            )
        ),
    ),
    (
        "关照对象没有紧急联系人",
        Question(
            (
                Clause("people.group", {"group": "elder_alone"}),
                Clause("people.without_contact", {}),
            )
        ),
    ),
)


def checked(question: Question, known: Mapping[str, Condition]) -> Question:
    """The question with every parameter filled in.

    Raises:
        BadInput: nothing is asked, or a condition or a value is unknown.
    """
    if not question.clauses or len(question.clauses) > MOST_CLAUSES:
        raise BadInput(f"请选择 1 到 {MOST_CLAUSES} 个条件", field="clauses")
    if all(clause.negated for clause in question.clauses):
        raise BadInput("至少要有一个不带“非”的条件", field="clauses")
    return Question(tuple(_checked(clause, known) for clause in question.clauses))


def _checked(clause: Clause, known: Mapping[str, Condition]) -> Clause:
    condition = known.get(clause.code)
    if condition is None:
        raise BadInput(f"没有“{clause.code}”这个条件", field="clauses")
    values = {
        one.name: _value(one, clause.values.get(one.name, one.usual))
        for one in condition.parameters
    }
    return Clause(clause.code, values, clause.negated)


def _value(parameter: Parameter, given: str) -> str:
    if parameter.choices:
        if all(given != choice.value for choice in parameter.choices):
            raise BadInput(f"“{parameter.title}”不能是“{given}”", field=parameter.name)
        return given
    if not given.isascii() or not given.isdigit():
        raise BadInput(f"“{parameter.title}”应为整数", field=parameter.name)
    if not parameter.low <= int(given) <= parameter.high:
        raise BadInput(
            f"“{parameter.title}”应在 {parameter.low} 到 {parameter.high} 之间",
            field=parameter.name,
        )
    return str(int(given))


def in_words(question: Question, known: Mapping[str, Condition]) -> str:
    """How people read a question: `独居老人 · 所在楼栋电梯停用或维修`."""
    return " · ".join(_said(clause, known[clause.code]) for clause in question.clauses)


def _said(clause: Clause, condition: Condition) -> str:
    shown: dict[str, str] = {}
    for parameter in condition.parameters:
        value = clause.values.get(parameter.name, parameter.usual)
        titles = {choice.value: choice.title for choice in parameter.choices}
        shown[parameter.name] = titles.get(value, value)
    words = condition.title.format(**shown)
    return f"非（{words}）" if clause.negated else words


def askable(question: Question, known: Mapping[str, Condition]) -> bool:
    """Whether all its conditions are there."""
    return all(clause.code in known for clause in question.clauses)


def by_code(conditions: Sequence[Condition]) -> Mapping[str, Condition]:
    """The conditions by their codes.

    Raises:
        ValueError: two have the same one.
    """
    known = {one.code: one for one in conditions}
    if len(known) < len(conditions):
        raise ValueError("two conditions have the same code")
    return known
