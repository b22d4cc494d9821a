"""What may be asked for in a case, as its API answers say: each command with what it is about, or why not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request

from api.routers import applications, certificates, programmes
from api.runtime import Runtime
from db.identity import Access
from domain import commands as c
from domain.text import Text
from web.commands import command_of
from web.reading import body_of


@dataclass(frozen=True)
class Offer:
    """One move that may be asked for here, or why not."""

    command: str
    about: str
    """Id of the class, seat … it is about."""
    called: str
    """What people call that: a class's label, a participant's name."""
    label: Text
    violations: tuple[Mapping[str, Any], ...]


WHOLE: dict[str, Any] = {
    "programme": programmes.programme,
    "journey": applications.application,
    "certificate": certificates.certificate,
}


async def whole(kind: str, stream: str, request: Request, access: Access, runtime: Runtime) -> dict[str, Any]:
    """The programme, application or certificate, as the API shows it to the one who asks."""
    return body_of(await WHOLE[kind](stream, request, access, runtime))


def called_in(body: Mapping[str, Any]) -> dict[str, str]:
    """What people call the parts of a case, by their ids."""
    called = {one["id"]: one.get("label") or "" for one in body.get("classes", ())}
    for one in (*body.get("seats", ()), *body.get("assignments", ())):
        called[one["id"]] = one.get("name") or one["id"][:8]
    return called


def offers_in(body: Mapping[str, Any]) -> list[Offer]:
    """What has a command of its own; the rest is done in tasks."""
    called = called_in(body)
    found = []
    for offer in body.get("allowed", ()):
        cls = command_of(offer["kind"], offer["trigger"])
        if cls is None or cls is c.SubmitProgramme:
            continue
        found.append(
            Offer(
                str(cls.model_fields["type"].default),
                "" if offer["kind"] in ("programme", "journey", "certificate") else offer["id"],
                called.get(offer["id"], ""),
                Text(id=offer["label"], en=offer["label_en"]),
                tuple(offer["violations"]),
            )
        )
    return found
