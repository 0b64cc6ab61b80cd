"""Verbs of the work-place. It only reads."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import GenerativeSelect, Select, func, select
from sqlalchemy import Row as DatabaseRow

from linli.directory.identity.public import account_of
from linli.directory.organisation.public import all_organisations
from linli.directory.places.public import all_estates
from linli.kernel.errors import Forbidden, NotFound, NotSignedIn
from linli.kernel.tallies import Asker, Tally, TallyKind
from linli.kernel.work import Work
from linli.screens.workplace import policy
from linli.screens.workplace.contracts import Ground, Level, Line, Part, Row, Workplace


async def workplace(work: Work, tallies: Sequence[Tally], at: UUID | None = None) -> Workplace:
    """The numbers of one's own ground, or of the organisation or estate `at` inside it.

    Raises:
        NotFound: `at` is out of sight.
    """
    land, own, ground = await _stand(work, at)
    estates = land.estates_of(ground)
    whole = ground.id == own.id
    counts: dict[str, policy.Counts] = {}
    asked = [one for one in tallies if work.scope.may_anywhere(one.needs)]
    for tally in asked:
        rows = await _rows(work, tally.counted(await _asker(work, tally, estates)))
        counts[tally.code] = {row.estate_id: int(row.total) for row in rows}
    lines = {
        one.code: Line(
            code=one.code,
            title=one.title,
            kind=one.kind,
            opens=one.opens,
            listed=one.listed is not None,
            good=one.good,
            total=policy.total_of(counts[one.code], estates, personal=whole),
        )
        for one in asked
    }
    order = policy.nonzero_first([(one.code, lines[one.code].total) for one in asked])
    figures = [one.code for one in asked if one.kind is TallyKind.FIGURE]
    return Workplace(
        ground=ground,
        above=land.above(ground, own),
        lines=tuple(
            [lines[code] for code in order if lines[code].kind is TallyKind.WAITS]
            + [lines[code] for code in figures]
        ),
        parts=tuple(
            Part(
                part,
                {code: policy.total_of(counts[code], inside, personal=False) for code in figures},
            )
            for part, inside in land.parts(ground)
        ),
        counted_at=work.now,
    )


async def listed(
    work: Work,
    tallies: Sequence[Tally],
    code: str,
    at: UUID | None = None,
    *,
    most: int = 50,
    skip: int = 0,
) -> tuple[tuple[Row, ...], int]:
    """What stands behind a number, the most urgent first, and how many there are.

    Raises:
        NotFound: no such tally, it is listed elsewhere, or `at` is out of sight.
        Forbidden: the session lacks the tally's right.
    """
    tally = next((one for one in tallies if one.code == code), None)
    if tally is None or tally.listed is None:
        raise NotFound
    if not work.scope.may_anywhere(tally.needs):
        raise Forbidden
    land, _, ground = await _stand(work, at)
    wanted = tally.listed(await _asker(work, tally, land.estates_of(ground)))
    total = await work.connection.scalar(
        select(func.count()).select_from(wanted.order_by(None).subquery("listed"))
    )
    rows = await _rows(work, wanted.limit(most).offset(skip))
    return tuple(
        Row(
            id=row.id,
            title=row.title,
            detail=row.detail or "",
            at=row.at,
            estate_id=row.estate_id,
            opens=tally.opens.replace("{id}", str(row.id)),
        )
        for row in rows
    ), int(total or 0)


async def _stand(work: Work, at: UUID | None) -> tuple[policy.Land, Ground, Ground]:
    if work.scope.account_id is None:
        raise NotSignedIn
    account = await account_of(work, work.scope.account_id)
    land = policy.Land(
        organisations={one.id: one for one in await all_organisations(work)},
        estates={one.id: one for one in await all_estates(work)},
    )
    # Who was asked in to one incident does not see even their own house in the tree.
    own = land.ground(account.organisation_id) or Ground(
        account.id, Level.COMPANY, account.display_name, None
    )
    ground = own if at is None else land.ground(at)
    if ground is None:
        raise NotFound
    return land, own, ground


async def _asker(work: Work, tally: Tally, estates: frozenset[UUID]) -> Asker:
    account_id = work.scope.account_id
    if account_id is None:
        raise NotSignedIn
    account = await account_of(work, account_id)
    return Asker(
        account_id=account_id,
        organisation_id=account.organisation_id,
        organisations=work.scope.organisations_for(tally.needs),
        estates=work.scope.estates_for(tally.needs) & estates,
        now=work.now,
    )


async def _rows(work: Work, statement: GenerativeSelect) -> Sequence[DatabaseRow[Any]]:
    wanted = cast("Select[Any]", statement)
    return (await work.connection.execute(wanted)).all()
