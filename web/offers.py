"""What may be asked of a programme, and of its classes and seats, from the API's `allowed`: with the page of
each command, or why not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.text import Text
from web.commands import command_of, subject_of


@dataclass(frozen=True)
class Offer:
    """One act, or the reasons against it."""

    command: str
    about: str
    """Id of the class or seat; empty for the programme itself."""
    label: Text
    violations: tuple[Mapping[str, Any], ...]

    @property
    def ok(self) -> bool:
        return not self.violations


class Offers:
    """The acts of one programme, by what they are about."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self.stream = str(body["id"])
        self.all: list[Offer] = []
        for given in body.get("allowed", ()):
            cls = command_of(given["kind"], given["trigger"])
            if cls is None:
                continue
            self.all.append(
                Offer(
                    str(cls.model_fields["type"].default),
                    given["id"] if subject_of(cls, given["id"]) else "",
                    Text(id=given["label"], en=given["label_en"]),
                    tuple(given["violations"]),
                )
            )

    def about(self, id_: str = "") -> list[Offer]:
        """The acts about this class or seat; without an id, those about the programme."""
        return [offer for offer in self.all if offer.about == id_]

    def find(self, command: str, id_: str = "") -> Offer | None:
        """That act, if it is one that may be asked for here."""
        return next((o for o in self.all if o.command == command and o.about == id_), None)
