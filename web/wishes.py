"""The classes of a request as a form would leave them: what is saved, and what rules are asked of before."""

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import FormData

from api.drafts import ClassWish
from api.schemas.programmes import NewProgramme
from web import acts
from web.draft_forms import PREFIXES, Mapped, wishes_of
from web.forms import parse


def typed_class(sent: FormData) -> dict[str, Any]:
    """What was typed of a class."""
    return parse(ClassWish, sent, PREFIXES["classes"])


def with_class(content: Mapped, was: str, typed: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All classes with this one in the place of that which was called `was`, or added. Its committee and its
    zone are not asked here and stay. Malformed for what was typed wrong."""
    wish = acts.validated(ClassWish, typed).model_dump(mode="json")
    classes = wishes_of(content)
    if not was:
        return [*classes, wish]
    return [
        {**wish, "zone": c["zone"], "committee": c["committee"]} if c["label"] == was else c for c in classes
    ]


def wanted(content: Mapped, sent: FormData) -> dict[str, Any]:
    """The change that a form asks for (`part` says which one it is), as the API takes it."""
    version = content.get("version", 0)
    if sent.get("part") == "classes":
        classes = with_class(content, str(sent.get("was", "")), typed_class(sent))
        return {"version": version, "classes": classes}
    return {**parse(NewProgramme, sent, PREFIXES["basis"]), "version": version}
