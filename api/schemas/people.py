"""Requests about accounts, organisations, schemes and persons."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from api.schemas.common import Body
from api.schemas.derive import request_model
from api.schemas.exact import Day, Whole, YesNo
from db.registry import OrganisationData, PersonField, SchemeData
from domain.commands import Id, Number
from domain.facts import OrganiserKind

if TYPE_CHECKING:
    from api.schemas.derive import Derived as _Organisation
    from api.schemas.derive import Derived as _Scheme
else:
    _Organisation, _Scheme = request_model(OrganisationData), request_model(SchemeData)

Schemes = Annotated[tuple[Id, ...], Field(max_length=500)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class SignIn(Body):
    """Name and password of an account. `cookie`: let the browser keep the session, too."""

    username: Annotated[str, Field(min_length=1, max_length=200, repr=False)]
    password: Annotated[str, Field(min_length=1, max_length=400, repr=False)]
    cookie: YesNo = False

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"username": "verifikator", "password": "…", "cookie": False}]}
    )


class WearHat(Body):
    """The hat that the session wears from now on."""

    role: str = Field(max_length=40, examples=["organiser"])
    organisation: str = Field("", max_length=80, examples=["LSP-TIK"])


class NewTokenRequest(Body):
    """A token for programs; it acts in the hat that you wear now."""

    label: Annotated[str, Field(min_length=1, max_length=80, examples=["sistem absensi"])]
    scopes: Annotated[tuple[Literal["read", "write"], ...], Field(min_length=1, max_length=2)] = ("read",)
    days: Annotated[Whole, Field(ge=1, le=366)] = 90


class OrganisationChange(Body):
    """What changes; `version` is the one that you saw."""

    version: Annotated[Whole, Field(ge=1)]
    kind: OrganiserKind | None = None
    name: Name | None = None
    licence: Literal["NONE", "IN_PROCESS", "ACTIVE", "SUSPENDED", "REVOKED", "EXPIRED"] | None = None
    licence_valid_until: Day | None = None
    approved_to_recommend: YesNo | None = None
    bnsp_confirmed: YesNo | None = None
    licensed_schemes: Schemes | None = None
    verified_schemes: Schemes | None = None


class NewOrganisation(_Organisation):
    licensed_schemes: Schemes = ()
    verified_schemes: Schemes = ()

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "LSP-TIK",
                    "kind": "LSP",
                    "name": "LSP Contoh TIK",
                    "licence": "ACTIVE",
                    "licence_valid_until": "2028-12-31",
                    "licensed_schemes": ["asesor-kompetensi"],
                }
            ]
        }
    )


class NewUnit(Body):
    """A competency unit of a scheme."""

    id: Id
    ability: Annotated[str, Field(min_length=1, max_length=20)]
    code: Annotated[str, Field(max_length=40)] | None = None
    title: Annotated[str, Field(max_length=200)] = ""
    verified: YesNo = False


class NewScheme(_Scheme):
    """One version of a scheme; a changed scheme is a new version."""

    units: Annotated[tuple[NewUnit, ...], Field(min_length=1, max_length=40)]


class NewPerson(Body):
    """Somebody who is to be named in a request: a committee member, a master assessor."""

    full_name: Annotated[Name, Field(repr=False, examples=["Budi Contoh"])]
    nik: Annotated[str | None, Field(pattern=r"^[0-9]{16}$", repr=False)] = None
    email: Annotated[str, Field(max_length=254, repr=False)] = ""
    phone: Annotated[str, Field(max_length=40, repr=False)] = ""


Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=5, max_length=1000),
    Field(examples=["Mencocokkan dengan KTP atas permintaan peserta."]),
]


class RevealReason(Body):
    """Why it must be so; it is recorded."""

    reason: Reason


class Reveal(RevealReason):
    """Which of a person's data must be seen whole, and why; it is recorded."""

    fields: Annotated[tuple[PersonField, ...], Field(min_length=1, max_length=4)] = ("nik",)


class RegistrationNumber(Body):
    """The right registration number of a person whose recorded one is wrong, and why it is."""

    number: Annotated[Number, Field(max_length=40)]
    reason: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=5, max_length=1000),
        Field(examples=["Salah ketik: dua angka tertukar."]),
    ]


class MasterAssessorRecord(Body):
    """What BNSP knows of a master assessor."""

    fields: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=80)], ...], Field(max_length=50)]
    certificate_state: Literal["ACTIVE", "SUSPENDED", "REVOKED", "EXPIRED"]
    certificate_valid_until: Day | None = None
    registration_number: Annotated[Number, Field(max_length=40)] | None = None


class LicenceMove(RevealReason):
    """One move of an organisation's licence. `version`: the record as the asker saw it."""

    trigger: Annotated[str, Field(max_length=20, examples=["suspend"])]
    valid_until: Day | None = None
    version: Whole
