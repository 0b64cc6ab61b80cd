"""A person's own file over HTTP."""

from collections.abc import Sequence
from typing import Annotated, cast
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field

from linli.kernel.web import SHOWN_ONCE, CurrentWork, require, router
from linli.screens.own_file import policy, service
from linli.support.chapters.contracts import Asked, Chapter
from linli.support.sealing.ports import Cipher

api = router("/api/people", tag="people")

SEE_FULL = "see_people_full"


class ReasonBody(BaseModel):
    """Why everything about a person is handed out."""

    model_config = ConfigDict(frozen=True)

    reason: Annotated[str, Field(min_length=1, max_length=500)]


@api.post(
    "/{person_id}/export",
    response_class=Response,
    responses={200: {"content": {"application/zip": {}}}},
)
async def export_person(
    work: CurrentWork, request: Request, person_id: UUID, body: ReasonBody
) -> Response:
    """Everything that is kept about one person, as a ZIP with a page to read and JSON.

    Needs `see_people_full` on an estate of theirs; looks and handing out are on record.
    """
    require(work, SEE_FULL)
    file = await service.gather(
        work,
        cast("Cipher", request.app.state.cipher),
        cast("Sequence[Chapter]", request.app.state.chapters),
        Asked(person_id, body.reason.strip()),
    )
    return Response(
        policy.as_zip(file),
        media_type="application/zip",
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": 'attachment; filename="personal-data.zip"',
            # The answer is not kept for replays.
            SHOWN_ONCE: "1",
        },
    )
