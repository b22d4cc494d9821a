"""Evidence as it is looked at: one page of a document as a picture, beside the download of the document."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response

from api import evidence, programmes
from api.deps import PEOPLE, Allow, Anybody, Run
from api.pictures import WIDTHS
from api.routers import applications
from api.schemas.common import PROBLEMS, Id
from db.identity import Access

router = APIRouter(prefix="/v1", responses=PROBLEMS)

Readers = Annotated[Access, Depends(Allow(*PEOPLE))]
Page = Annotated[int, Path(ge=1, le=9999, description="From 1; `X-Pages` says how many there are.")]
Turn = Annotated[int, Query(ge=0, le=270, multiple_of=90, description="Degrees clockwise.")]
Zoom = Annotated[
    int, Query(ge=1, le=len(WIDTHS), description=f"Pixels across: {', '.join(map(str, WIDTHS))}.")
]
DRAWN: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}},
        "description": "The page, drawn anew: nothing else of the upload is in it.",
    }
}


@router.get(
    "/programmes/{programme}/evidence/{document}/pages/{page}",
    summary="A page of a document, as a picture",
    tags=["participants"],
    response_class=Response,
    responses=DRAWN,
)
async def of_programme(
    programme: Id, document: Id, page: Page, access: Anybody, runtime: Run, turn: Turn = 0, zoom: Zoom = 1
) -> Response:
    """For whoever may open the document itself. 415 for what cannot be drawn within the limits of time and
    memory that a document from outside gets."""
    async with runtime.db.read() as session:
        found = await programmes.find(session, access, programme)
    return await evidence.picture(
        runtime, access, programme, document, found.case, page=page, turn=turn, zoom=zoom
    )


@router.get(
    "/applications/{application}/evidence/{document}/pages/{page}",
    summary="A page of a document, as a picture",
    tags=["applications"],
    response_class=Response,
    responses=DRAWN,
)
async def of_application(
    application: Id, document: Id, page: Page, access: Readers, runtime: Run, turn: Turn = 0, zoom: Zoom = 1
) -> Response:
    """For whoever may open the document itself. 415 for what cannot be drawn within the limits of time and
    memory that a document from outside gets."""
    async with runtime.db.read() as session:
        case = await applications.find(session, access, application)
    return await evidence.picture(
        runtime, access, application, document, case, page=page, turn=turn, zoom=zoom
    )
