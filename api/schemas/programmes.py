"""Requests about a programme's draft and its participants."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from api.drafts import ClassWish, Label
from api.schemas.common import Body
from api.schemas.exact import Day, Whole, YesNo
from domain.clock import Zone
from domain.commands import Id

_CLASSES: list[Any] = [
    {
        "label": "A",
        "days": ["2026-11-16", "2026-11-17", "2026-11-18"],
        "start_hour": 8,
        "committee": ["4be0643f-1d98-573b-97cd-ca98a65347dd", "1b671a64-40d5-491e-99b0-da01ff1f3341"],
        "masters": [
            {"person": "c73bcdcc-2669-4bf6-81d3-e4ae73fb11fd", "kind": "trainer"},
            {"person": "9c5b94b1-35ad-49bb-b118-8e8fc24abf80", "kind": "assessor"},
        ],
    }
]


class NewProgramme(Body):
    """A new draft of the organiser who asks. Venue and zone are those of every class that names none."""

    track: Literal["new", "recertification"] = "new"
    scheme: Id
    scheme_version: Annotated[str, Field(max_length=40)] = ""
    venue: Id | None = None
    zone: Zone = Zone.WIB
    classes: Annotated[tuple[ClassWish, ...], Field(max_length=20)] = ()

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "track": "new",
                    "scheme": "asesor-kompetensi",
                    "venue": "TUK-BANDUNG",
                    "zone": "WIB",
                    "classes": _CLASSES,
                }
            ]
        }
    )


class ProgrammeChange(Body):
    """What changes; fields that are not sent stay. `classes` are all of them; a class keeps its
    participants as long as it keeps its label."""

    version: Annotated[Whole, Field(ge=1, description="The version that you saw.")]
    track: Literal["new", "recertification"] | None = None
    scheme: Id | None = None
    scheme_version: Annotated[str, Field(max_length=40)] | None = None
    venue: Id | None = None
    zone: Zone | None = None
    classes: Annotated[tuple[ClassWish, ...], Field(max_length=20)] | None = None


class Submit(Body):
    """`version` is the draft that you saw; an older one is refused, so that nobody submits another's
    half-done change."""

    version: Annotated[Whole, Field(ge=1)] | None = None


class PeriodGiven(Body):
    """Work in a field, first and last day both worked; without `last` it still runs."""

    field: Annotated[str, Field(max_length=200)]
    first: Day
    last: Day | None = None


class NewParticipant(Body):
    """One participant, as a row of the roster says it."""

    full_name: Annotated[str, Field(max_length=200, repr=False)]
    nik: Annotated[str, Field(max_length=30, repr=False)]
    sex: Literal["L", "P"]
    birth_date: Annotated[Day, Field(repr=False)]
    email: Annotated[str, Field(max_length=254, repr=False)]
    phone: Annotated[str, Field(max_length=40, repr=False)]
    recommending: Annotated[str, Field(max_length=40)]
    letter_number: Annotated[str, Field(max_length=60)]
    letter_date: Day
    signatory: Annotated[str, Field(max_length=200, repr=False)]
    qualification: Literal["SMA", "SMK", "D1", "D2", "D3", "D4", "S1", "S2", "S3", "PROFESI", "KKNI"]
    kkni_level: Annotated[Whole, Field(ge=1, le=9)] | None = None
    technical_field: Annotated[str, Field(max_length=200)]
    certificate_number: Annotated[str, Field(max_length=60, repr=False)]
    certificate_valid_until: Day
    experience: Annotated[tuple[PeriodGiven, ...], Field(min_length=1, max_length=3)]
    computer_declaration: YesNo
    class_label: Label
    kind: Literal["main", "reserve"] = "main"
    assessor_certificate_until: Day | None = None
    evidence: Annotated[tuple[Id, ...], Field(max_length=20)] = ()
    kit: Annotated[tuple[Id, ...], Field(max_length=20)] = ()

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "full_name": "Siti Contoh",
                    "nik": "3171014101909001",
                    "sex": "P",
                    "birth_date": "1990-01-01",
                    "email": "siti@example.org",
                    "phone": "081200000001",
                    "recommending": "LSP-TIK",
                    "letter_number": "012/LSP-TIK/II/2026",
                    "letter_date": "2026-02-16",
                    "signatory": "Budi Contoh",
                    "qualification": "S1",
                    "technical_field": "TIK",
                    "certificate_number": "62010 2512 0000001 2024",
                    "certificate_valid_until": "2027-12-31",
                    "experience": [{"field": "TIK", "first": "2019-07-01", "last": "2022-12-31"}],
                    "computer_declaration": True,
                    "class_label": "A",
                    "kind": "main",
                }
            ]
        }
    )


class ParticipantChange(Body):
    """Move a participant, or add what a roster has no column for (track `recertification`). Fields that are
    not sent stay; `assessor_certificate_until: null` takes it away."""

    class_label: Label | None = None
    kind: Literal["main", "reserve"] | None = None
    assessor_certificate_until: Day | None = None
    evidence: Annotated[tuple[Id, ...], Field(max_length=20)] = ()
    kit: Annotated[tuple[Id, ...], Field(max_length=20)] = ()
