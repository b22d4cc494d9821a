"""The API's model of a command, made from the command's class: no shape is written twice.

A `Sealed` becomes a plain string, which is stored encrypted before the command is made; fields that the
server fills are left out; days, numbers and yes/no must be what JSON calls so (api/schemas/exact.py);
everything else, with its limits, is the command's own.
"""

import types
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Annotated, Any, ClassVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, create_model
from pydantic.fields import FieldInfo

from api.schemas.common import Given
from api.schemas.exact import Day, Whole, YesNo
from domain import commands as c
from domain.cases import Sealed

TEXT_LIMIT = 4000
FreeText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=TEXT_LIMIT),
    Field(
        description="Free text; it is stored encrypted, and events hold only its commitment.",
        examples=["Surat rekomendasi belum ditandatangani."],
    ),
]

FILLED: dict[type[BaseModel], frozenset[str]] = {
    c.SubmitProgramme: frozenset(
        {"programme", "organiser", "track", "classes", "seats", "masters", "request_digest"}
    ),
    c.ResubmitProgrammeForm: frozenset({"classes", "seats", "masters", "request_digest"}),
    c.ClaimTask: frozenset({"task"}),
    c.ReleaseTask: frozenset({"task"}),
    c.ReassignTask: frozenset({"task"}),
    c.CommentTask: frozenset({"task"}),
    c.CompleteTask: frozenset({"task"}),
}
"""Fields that the server fills: what an address names, and what stands in the programme's draft."""
EXACT: dict[Any, Any] = {date: Day, int: Whole, bool: YesNo}
COMMITTEE = Field(max_length=10)
LIMITS: dict[tuple[type[BaseModel], str], Any] = {
    (c.SetCommittee, "committee"): COMMITTEE,
    (c.CompleteTask, "evidence"): Field(max_length=100),
    (c.ReviewForm, "resolved"): Field(max_length=100),
    (c.AttendanceForm, "attended"): Field(max_length=500),
}
"""Limits of what is sent. (Not the commands' own: what a case took before must still be read.)"""


class Derived(Given):
    """Base of every derived model; `command` is the class that it was made from."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    command: ClassVar[type[BaseModel]] = BaseModel


@cache
def request_model(cls: type[BaseModel]) -> type[Derived]:
    """The request's model for a command or form. `type`, which the address says, is left out."""
    filled = FILLED.get(cls, frozenset()) | {"type"}
    fields: dict[str, Any] = {
        name: (_derived(info.annotation, [*info.metadata, *limits_of(cls, name)]), _again(info))
        for name, info in cls.model_fields.items()
        if name not in filled
    }
    model = create_model(
        f"{cls.__name__}Request", __base__=Derived, __doc__=cls.__doc__, __module__=__name__, **fields
    )
    model.command = cls
    return model


def limits_of(cls: type[BaseModel], name: str) -> list[Any]:
    limit = LIMITS.get((cls, name))
    return [] if limit is None else [limit]


def _again(info: FieldInfo) -> Any:
    """The same field, without what its annotation brings along."""
    more: dict[str, Any] = {"description": info.description, "examples": info.examples}
    if info.discriminator is not None:
        more["discriminator"] = info.discriminator
    return Field(... if info.is_required() else info.default, **more)


def _derived(annotation: Any, metadata: list[Any] | tuple[Any, ...] = ()) -> Any:
    """The annotation with sealed texts as strings and nested forms derived."""
    new = _inner(annotation)
    return Annotated[(new, *metadata)] if metadata else new


def _inner(annotation: Any) -> Any:
    if annotation is Sealed:
        return FreeText
    if isinstance(annotation, type) and annotation in EXACT:
        return EXACT[annotation]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return request_model(annotation) if changes(annotation) else annotation
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return Annotated[(_inner(args[0]), *args[1:])]
    if origin in (Union, types.UnionType):
        return Union[tuple(_inner(a) for a in args)]  # noqa: UP007 (its members are computed)
    if origin in (tuple, list, dict):
        return origin[tuple(a if a is Ellipsis else _inner(a) for a in args)]
    return annotation


@cache
def changes(cls: type[BaseModel]) -> bool:
    """Does this class hold a sealed text, a field that the server fills or one of EXACT, at any depth?"""
    return (
        cls in FILLED
        or any(key[0] is cls for key in LIMITS)
        or any(_holds(info.annotation) for info in cls.model_fields.values())
    )


def _holds(annotation: Any) -> bool:
    if annotation is Sealed or (isinstance(annotation, type) and annotation in EXACT):
        return True
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return changes(annotation)
    return any(_holds(a) for a in get_args(annotation) if a is not Ellipsis)


def texts(given: BaseModel, path: str = "") -> dict[str, str]:
    """Every free text of a request by its path in it (`form.points.0`)."""
    if not isinstance(given, Derived):
        return {}
    found: dict[str, str] = {}
    for name, info in given.command.model_fields.items():
        if name in type(given).model_fields:
            found |= _texts_in(info.annotation, getattr(given, name), f"{path}{name}")
    return found


def _texts_in(annotation: Any, value: Any, path: str) -> dict[str, str]:
    if value is None:
        return {}
    if isinstance(value, BaseModel):
        return texts(value, f"{path}.")
    if isinstance(value, tuple):
        inner = get_args(annotation)[0] if get_args(annotation) else Any
        return {
            k: v for n, item in enumerate(value) for k, v in _texts_in(inner, item, f"{path}.{n}").items()
        }
    if isinstance(value, str) and _sealed_here(annotation):
        return {path: value}
    return {}


def _sealed_here(annotation: Any) -> bool:
    return annotation is Sealed or Sealed in get_args(annotation)


def command_of(
    given: BaseModel, sealed: Mapping[str, Sealed], filled: Mapping[str, Any], path: str = ""
) -> Any:
    """The command: texts replaced by what they were sealed as, the server's fields by path in `filled`."""
    if not isinstance(given, Derived):
        return given
    values: dict[str, Any] = {}
    for name in given.command.model_fields:
        here = f"{path}{name}"
        if here in filled:
            values[name] = filled[here]
        elif name in type(given).model_fields:
            values[name] = _value(getattr(given, name), sealed, filled, here)
    return given.command.model_validate(values)


def _value(value: Any, sealed: Mapping[str, Sealed], filled: Mapping[str, Any], path: str) -> Any:
    if path in sealed:
        return sealed[path]
    if isinstance(value, Derived):
        return command_of(value, sealed, filled, f"{path}.")
    if isinstance(value, tuple):
        return tuple(_value(item, sealed, filled, f"{path}.{n}") for n, item in enumerate(value))
    return value
