"""The forms of a request that is being written; one that was refused holds what was typed."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import create_model

from api.drafts import ClassWish
from api.evidence import Dated, Requirement
from api.schemas.common import Body
from api.schemas.people import NewPerson
from api.schemas.programmes import NewParticipant, NewProgramme, ParticipantChange
from domain.document_names import document_name
from domain.policy import CURRENT
from domain.text import Text
from domain.verdict import Violation
from web.choices import plain
from web.forms import Choices, Form, Option, form_of

Mapped = Mapping[str, Any]
Errors = Sequence[Violation]
PREFIXES: dict[str, str] = {
    "basis": "basis.",
    "classes": "classes.",
    "member": "member.",
    "document": "document.",
    "participant": "participant.",
}
"""What the names of a form's fields begin with."""
SEXES = (
    Option("L", Text(id="L – laki-laki", en="L – male")),
    Option("P", Text(id="P – perempuan", en="P – female")),
)
ONLY_RECERTIFICATION = ("assessor_certificate_until", "evidence", "kit")

DocumentOf = create_model(
    "DocumentOf",
    __base__=Body,
    requirement=(Requirement, ...),
    dated=(Dated, None),
    seats=(tuple[str, ...], ()),
)
"""What is said of a document that is handed in with the request."""
Member = NewPerson
"""Somebody named as a member of a class's committee."""


def wishes_of(content: Mapped) -> list[dict[str, Any]]:
    """The classes of a draft, in the shape in which they are sent."""
    return [
        {
            **{name: one[name] for name in ("label", "days", "start_hour", "venue", "zone")},
            "committee": [p["person"] for p in one["committee"]],
            "masters": [{"person": m["person"], "kind": m["kind"]} for m in one["masters"]],
        }
        for one in content["classes"]
    ]


def basis_form(schemes: Sequence[Mapped], values: Mapped | None, errors: Errors) -> Form:
    """Scheme, track, venue and time zone of a request."""
    options = tuple(
        Option(
            s["id"],
            Text(id=s["name_id"], en=s["name_en"]),
            Text(id=f"v{s['version']}", en=f"v{s['version']}"),
        )
        for s in schemes
    )
    return form_of(
        NewProgramme,
        choices=Choices({"scheme": options}),
        values=values,
        violations=errors,
        prefix=PREFIXES["basis"],
        leave_out=("classes", "scheme_version"),
    )


def class_form(masters: tuple[Option, ...], values: Mapped | None, errors: Errors) -> Form:
    """Label, days, hour, venue and proposed master assessors; the committee has forms of its own."""
    return form_of(
        ClassWish,
        choices=Choices({f"{PREFIXES['classes']}masters.person": masters}),
        values=values,
        violations=errors,
        prefix=PREFIXES["classes"],
        leave_out=("committee", "zone"),
    )


def member_form(values: Mapped | None, errors: Errors) -> Form:
    return form_of(Member, values=values, violations=errors, prefix=PREFIXES["member"])


def document_form(people: Sequence[Mapped], values: Mapped | None, errors: Errors) -> Form:
    """What a document is and for whom."""
    asked = dict.fromkeys(name for r in CURRENT.requirements for name in r.documents)
    seats = tuple(plain(p["id"], p.get("name", p["id"][:8])) for p in people)
    choices = Choices(
        {"requirement": tuple(Option(name, document_name(name)) for name in asked), "seats": seats}
    )
    return form_of(DocumentOf, choices=choices, values=values, violations=errors, prefix=PREFIXES["document"])


def _participant_choices(content: Mapped) -> dict[str, tuple[Option, ...]]:
    return {
        "class_label": tuple(plain(c["label"], c["label"]) for c in content["classes"]),
        "kit": tuple(Option(name, document_name(name)) for name in CURRENT.kit),
        "evidence": tuple(Option(name, document_name(name)) for name in CURRENT.direct_evidence),
    }


def participant_form(
    content: Mapped, organisations: Sequence[Mapped], values: Mapped | None, errors: Errors
) -> Form:
    """The questions about one participant, as the columns of a roster ask them."""
    choices = {
        **_participant_choices(content),
        "sex": SEXES,
        "recommending": tuple(plain(o["id"], f"{o['name']} ({o['id']})") for o in organisations),
    }
    return form_of(
        NewParticipant,
        choices=Choices(choices),
        values=values,
        violations=errors,
        prefix=PREFIXES["participant"],
        leave_out=() if content["track"] == "recertification" else ONLY_RECERTIFICATION,
    )


def change_form(content: Mapped, values: Mapped | None, errors: Errors) -> Form:
    """What can be changed of a participant: class and place, and what a recertification asks besides."""
    return form_of(
        ParticipantChange,
        choices=Choices(_participant_choices(content)),
        values=values,
        violations=errors,
        prefix=PREFIXES["participant"],
        leave_out=() if content["track"] == "recertification" else ONLY_RECERTIFICATION,
    )
