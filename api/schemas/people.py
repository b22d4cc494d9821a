"""Requests about accounts, organisations, schemes and persons."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from api.schemas.common import Body
from db.registry import OrganisationData, SchemeData
from domain.commands import Id, Number
from domain.days import Day
from domain.facts import OrganiserKind

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class SignIn(Body):
    """Name and password of an account. `cookie`: let the browser keep the session, too."""

    username: Annotated[str, Field(min_length=1, max_length=200, repr=False)]
    password: Annotated[str, Field(min_length=1, max_length=400, repr=False)]
    cookie: bool = False

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
    days: Annotated[int, Field(ge=1, le=366)] = 90


class OrganisationChange(Body):
    """What changes; `version` is the one that you saw."""

    version: Annotated[int, Field(ge=1)]
    kind: OrganiserKind | None = None
    name: Name | None = None
    licence: Literal["NONE", "IN_PROCESS", "ACTIVE", "SUSPENDED", "REVOKED", "EXPIRED"] | None = None
    licence_valid_until: Day | None = None
    approved_to_recommend: bool | None = None
    bnsp_confirmed: bool | None = None
    licensed_schemes: tuple[Id, ...] | None = None
    verified_schemes: tuple[Id, ...] | None = None


class NewOrganisation(OrganisationData):
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


class NewScheme(SchemeData):
    """One version of a scheme; a changed scheme is a new version."""


class NewPerson(Body):
    """Somebody who is to be named in a request: a committee member, a master assessor."""

    full_name: Annotated[Name, Field(repr=False, examples=["Budi Contoh"])]
    nik: Annotated[str | None, Field(pattern=r"^[0-9]{16}$", repr=False)] = None
    email: Annotated[str, Field(max_length=254, repr=False)] = ""
    phone: Annotated[str, Field(max_length=40, repr=False)] = ""


class Reveal(Body):
    """Why the whole NIK must be seen; it is recorded."""

    reason: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=5, max_length=1000),
        Field(examples=["Mencocokkan dengan KTP atas permintaan peserta."]),
    ]


class MasterAssessorRecord(Body):
    """What BNSP knows of a master assessor."""

    fields: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=80)], ...], Field(max_length=50)]
    certificate_state: Literal["ACTIVE", "SUSPENDED", "REVOKED", "EXPIRED"]
    certificate_valid_until: Day | None = None
    registration_number: Number | None = None
