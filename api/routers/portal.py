"""What an organisation sees of itself over all its programmes: its assessors, what ends soon, its classes."""

from datetime import date, timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Response

from api import assessors, ics, listings, views
from api.deps import Organiser, Run
from api.schemas.common import PROBLEMS
from api.schemas.exact import Day
from db import reads
from domain.clock import local_day
from domain.errors import Malformed

router = APIRouter(prefix="/v1/organisation", tags=["organisation"], responses=PROBLEMS)
SOON = timedelta(days=90)
"""What ends within so many days is told beforehand: as early as a certificate's first reminder."""
LONGEST = timedelta(days=400)


@router.get("/assessors", summary="My assessors, and when they can be certified again")
async def my_assessors(access: Organiser, runtime: Run) -> dict[str, Any]:
    """Persons whom this organisation recommended and who were certified. `opens` and `closes` are the first
    and the last day of the window (R-WIN, by the policy in force); `days` counts to its end when it is
    `open`, to its beginning when it comes `later`, and since its end when it is `closed`. Nobody else's."""
    return {"items": await assessors.windows(runtime, access)}


@router.get("/ending", summary="What ends soon")
async def ending(access: Organiser, runtime: Run) -> dict[str, Any]:
    """The organisation's licence and the open windows of its assessors, the next end first: what ends within
    90 days, or has ended."""
    today = local_day(await runtime.gateway.business_now())
    async with runtime.db.read() as session:
        own = await listings.organisation(session, access.hat.organisation)
    found: list[dict[str, Any]] = []
    if own is not None and own.licence_valid_until and own.licence_valid_until <= today + SOON:
        found.append(_ends("licence", own.licence_valid_until, today, own.id))
    for one in await assessors.windows(runtime, access):
        if one["window"] == "open" and not one["application"]:
            closes = date.fromisoformat(one["closes"])
            found.append({**_ends("window", closes, today, one["certificate"]), "name": one.get("name")})
    return {"items": sorted(found, key=lambda one: str(one["ends"]))}


def _ends(what: str, day: date, today: date, subject: str) -> dict[str, Any]:
    return {"what": what, "ends": day.isoformat(), "days": (day - today).days, "subject": subject}


First = Annotated[Day, Query(description="The first day that is looked at.")]
Last = Annotated[Day, Query(description="The last one.")]


@router.get("/classes", summary="My classes between two days")
async def classes(access: Organiser, runtime: Run, first: First, last: Last) -> dict[str, Any]:
    """Classes of all programmes of this organisation of which a day lies between these two; the earliest
    first. Days are local to each class's zone."""
    if not first <= last <= first + LONGEST:
        raise Malformed.because(
            "A-RANGE",
            f"Rentang harus maju dan paling panjang {LONGEST.days} hari.",
            f"The range must go forward, and at most {LONGEST.days} days.",
        )
    async with runtime.db.read() as session:
        rows = await reads.classes_between(session, access.hat.organisation, first, last)
    wanted = {(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)}
    return {
        "items": [
            {
                "programme": row.stream,
                "id": row.id,
                **views.state_json("class", row.state),
                "label": row.label,
                "scheme": row.scheme,
                "days": row.days,
                "start_hour": row.start_hour,
                "zone": row.zone,
                "venue": row.venue,
                "venue_confirmed": row.venue_confirmed,
            }
            for row in rows
            if wanted & set(row.days)
        ]
    }


@router.get("/classes.ics", summary="My classes as a calendar file", response_class=Response)
async def classes_file(access: Organiser, runtime: Run, first: First, last: Last) -> Response:
    """The same as an iCalendar file, for the calendar on one's desk or phone."""
    found = (await classes(access, runtime, first, last))["items"]
    host = urlsplit(runtime.settings.public_url).hostname or "asesor"
    text = ics.calendar(found, made=runtime.now(), host=host)
    headers = {"Content-Disposition": 'attachment; filename="kelas.ics"', "Cache-Control": "no-store"}
    return Response(text, media_type=ics.MEDIA_TYPE, headers=headers)
