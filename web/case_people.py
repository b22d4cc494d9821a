"""Who has to do with a case: by name where the one who asks may know it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api import sight
from api.programmes import names
from api.runtime import Runtime
from db.identity import Access
from domain.roles import LABELS, Role
from domain.text import Text

TRAINER = Text(id="Pelatih (master asesor)", en="Trainer (master assessor)")
ASSESSOR = Text(id="Asesor (master asesor)", en="Assessor (master assessor)")
COMMITTEE = Text(id="Panitia", en="Committee")
HOLDER = Text(id="Memegang tugas", en="Holds a task")


@dataclass(frozen=True)
class Somebody:
    """One person in one part; `about` names the assignment that can be given to somebody else."""

    part: Text
    name: str
    state: Mapping[str, Any] | None = None
    about: str = ""
    task: str = ""
    """The task that is held."""


async def people_of(
    access: Access, runtime: Runtime, head: Mapping[str, Any], body: Mapping[str, Any]
) -> tuple[Somebody, ...]:
    """For BNSP and organisers; others see of a case what is their own."""
    if not sight.staff(access) and access.hat.role is not Role.ORGANISER:
        return ()
    found: list[tuple[Text, str, Mapping[str, Any] | None, str, str]] = []
    if head["kind"] == "journey":
        found += [
            (LABELS[Role.CANDIDATE], body["person"], None, "", ""),
            (LABELS[Role.REVIEWER], body["reviewer"], None, "", ""),
            (ASSESSOR, body["assessor"], None, "", ""),
        ]
    for one in body.get("assignments", ()):
        part = TRAINER if one["kind"] == "trainer" else ASSESSOR
        found.append((part, one["person"], one, one["id"], ""))
    for class_ in body.get("classes", ()):
        found += [(COMMITTEE, one["person"], None, "", "") for one in class_["committee"]]
    for task in body.get("tasks", ()):
        if task["holder"] and not task["ended"]:
            found.append((HOLDER, task["holder"], None, "", task["id"]))
    async with runtime.db.read() as session:
        known = await names(session, runtime, access, {person for _, person, *_ in found if person})
    return tuple(
        Somebody(part, known.get(person, {}).get("name", person[:8]), state, about, task)
        for part, person, state, about, task in found
        if person
    )
