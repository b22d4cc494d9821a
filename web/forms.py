"""A form from the schema of what it sends: a command that gets a field later has it here at once.

The shape, its limits and what is required come from the JSON Schema of the API's request model; labels and
helps from `web.labels`; what can be chosen (persons, documents, units …) from the page that shows the form.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pydantic import BaseModel
from starlette.datastructures import FormData

from api.schemas.derive import TEXT_LIMIT
from domain.text import Text
from domain.verdict import Violation
from web.labels import help_of, label_of

DIGEST = "^[0-9a-f]{64}$"
BLANKS = 3
"""Empty places that a list shows beside what it holds, for whoever has no script."""
_WHOLE = re.compile(r"-?[0-9]{1,9}")

Kind = Literal[
    "text", "long", "number", "day", "yes", "choice", "choices", "list", "rows", "group", "matrix", "fixed"
]


@dataclass(frozen=True)
class Option:
    value: str
    label: Text
    hint: Text | None = None


@dataclass(frozen=True)
class Choices:
    """What can be chosen, by the field's path without numbers (`form.votes.person`), or by its last name.

    `rows` holds, for a list whose length is given by the case (units, members, seats), the values that each
    row begins with; the fields named there are shown and not asked.
    """

    options: Mapping[str, Sequence[Option]] = field(default_factory=dict)
    rows: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    def of(self, path: str) -> Sequence[Option] | None:
        plain = ".".join(part for part in path.split(".") if not part.isdigit())
        return self.options.get(plain, self.options.get(plain.rpartition(".")[2]))


@dataclass(frozen=True)
class Field:
    """One question of a form. `name` is the path of its value in the request (`form.votes.0.person`)."""

    name: str
    kind: Kind
    label: Text
    help: Text | None = None
    required: bool = False
    value: Any = None
    options: tuple[Option, ...] = ()
    fields: tuple["Field", ...] = ()
    """Of a group; of a list and of rows: one for each item, the blank ones at the end."""
    columns: tuple[Option, ...] = ()
    """Of a matrix: what can be ticked in each row."""
    longest: int | None = None
    least: int | None = None
    most: int | None = None
    pattern: str = ""
    auto: str = ""
    """What the browser may fill in of the one who types (WCAG 1.3.5), such as `tel`."""
    errors: tuple[Text, ...] = ()

    @property
    def id(self) -> str:
        """Its id in the page, which the error summary links to."""
        return "f-" + self.name.replace(".", "-")

    @property
    def wrong(self) -> bool:
        return bool(self.errors) or any(f.wrong for f in self.fields)


@dataclass(frozen=True)
class Form:
    """The questions of one model."""

    fields: tuple[Field, ...]
    errors: tuple[Violation, ...] = ()
    """Every violation, for the summary at the top."""


def form_of(
    model: type[BaseModel],
    *,
    choices: Choices | None = None,
    values: Mapping[str, Any] | None = None,
    violations: Sequence[Violation] = (),
    prefix: str = "",
    leave_out: Iterable[str] = (),
) -> Form:
    """The form of a request model, with what was typed and what is wrong with it."""
    schema = model.model_json_schema()
    maker = _Maker(schema.get("$defs", {}), choices or Choices(), _by_field(violations))
    fields = maker.properties(schema, prefix, values or {}, frozenset(leave_out))
    return Form(tuple(fields), tuple(violations))


def _by_field(violations: Sequence[Violation]) -> dict[str, list[Text]]:
    """Violations by the path of the field that they name (`form.points[0]` is `form.points.0`)."""
    found: dict[str, list[Text]] = {}
    for violation in violations:
        path = str(violation.facts.get("field", "")).replace("[", ".").replace("]", "")
        if path:
            found.setdefault(path, []).append(without_path(violation))
    return found


def without_path(violation: Violation) -> Text:
    """What is wrong, without the field's path in front: beside the field, that is said already."""
    said = f"{violation.facts.get('field', '')}: "
    return Text(id=violation.text.id.removeprefix(said), en=violation.text.en.removeprefix(said))


def prefixed(violations: Iterable[Violation], prefix: str) -> list[Violation]:
    """The same violations about the fields of a form that begins all its names with `prefix`."""

    def one(violation: Violation) -> Violation:
        field = str(violation.facts.get("field", ""))
        if not field:
            return violation
        facts = {**violation.facts, "field": f"{prefix}{field}"}
        return violation.model_copy(update={"facts": facts, "text": without_path(violation)})

    return [one(violation) for violation in violations]


def _resolved(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema itself: references followed, and of "this or null" the this."""
    if "$ref" in schema:
        target = defs[schema["$ref"].rpartition("/")[2]]
        return _resolved({**target, **{k: v for k, v in schema.items() if k != "$ref"}}, defs)
    some = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    if len(some) == 1:
        return _resolved({**some[0], **{k: v for k, v in schema.items() if k != "anyOf"}}, defs)
    return schema


class _Maker:
    """Questions from a schema."""

    def __init__(
        self, defs: Mapping[str, Any], choices: Choices, errors: Mapping[str, Sequence[Text]]
    ) -> None:
        self.defs, self.choices, self.errors = defs, choices, errors

    def properties(
        self, schema: Mapping[str, Any], prefix: str, values: Mapping[str, Any], leave_out: frozenset[str]
    ) -> list[Field]:
        required = set(schema.get("required", ()))
        return [
            self.field(f"{prefix}{name}", one, values.get(name), required=name in required)
            for name, one in schema.get("properties", {}).items()
            if name not in leave_out and "const" not in _resolved(one, self.defs)
        ]

    def field(self, path: str, given: Mapping[str, Any], value: Any, *, required: bool) -> Field:
        schema = _resolved(given, self.defs)
        same: dict[str, Any] = {
            "name": path,
            "label": label_of(path),
            "help": help_of(path),
            "required": required,
            "errors": tuple(self.errors.get(path, ())),
        }
        if value is None:
            value = schema.get("default")
        if (options := self.choices.of(path)) is not None and schema.get("type") != "object":
            if schema.get("type") == "array" and "properties" not in _resolved(schema["items"], self.defs):
                return Field(kind="choices", options=tuple(options), value=tuple(value or ()), **same)
            if schema.get("type") != "array":
                return Field(kind="choice", options=tuple(options), value=value, **same)
        return self._shaped(path, schema, value, same)

    def _shaped(self, path: str, schema: Mapping[str, Any], value: Any, same: dict[str, Any]) -> Field:
        match schema:
            case {"enum": allowed}:
                options = tuple(Option(str(one), label_of(str(one))) for one in allowed)
                same["required"] |= schema.get("default") is not None  # it is never left empty
                return Field(kind="choice", options=options, value=value, **same)
            case {"type": "boolean"}:
                return Field(kind="yes", value=bool(value), **same)
            case {"type": "integer"}:
                least, most = schema.get("minimum"), schema.get("maximum")
                same["required"] |= schema.get("default") is not None
                return Field(kind="number", value=value, least=least, most=most, **same)
            case {"type": "string", "format": "date"}:
                return Field(kind="day", value=value, **same)
            case {"type": "string"}:
                longest = schema.get("maxLength")
                kind: Kind = "long" if longest == TEXT_LIMIT else "text"
                return Field(
                    kind=kind, value=value, longest=longest, pattern=str(schema.get("pattern", "")), **same
                )
            case {"type": "array"}:
                return self._list(path, schema, value, same)
            case {"type": "object", "properties": _}:
                fields = self.properties(schema, f"{path}.", value or {}, frozenset())
                return Field(kind="group", fields=tuple(fields), **same)
            case {"type": "object"}:
                rows, columns = self.choices.of(path) or (), self.choices.of(f"{path}.*") or ()
                return Field(
                    kind="matrix", options=tuple(rows), columns=tuple(columns), value=value or {}, **same
                )
        raise TypeError(f"{path}: no form for {schema}")

    def _list(self, path: str, schema: Mapping[str, Any], value: Any, same: dict[str, Any]) -> Field:
        item = _resolved(schema["items"], self.defs)
        held = list(value or ())
        if "properties" not in item:
            places = [*held, *[None] * BLANKS]
            fields = [self.field(f"{path}.{n}", item, one, required=False) for n, one in enumerate(places)]
            return Field(kind="list", fields=tuple(replace(f, help=None) for f in fields), **same)
        given = self.choices.rows.get(path)
        if given is None:
            places = [*held, *[{}] * BLANKS]
            rows = [self._row(f"{path}.{n}.", item, one, {}) for n, one in enumerate(places)]
        else:
            typed = dict(enumerate(held))
            rows = [
                self._row(f"{path}.{n}.", item, {**typed.get(n, {}), **fixed}, fixed)
                for n, fixed in enumerate(given)
            ]
        return Field(kind="rows", fields=tuple(rows), **same)

    def _row(
        self, prefix: str, item: Mapping[str, Any], values: Mapping[str, Any], fixed: Mapping[str, Any]
    ) -> Field:
        fields = []
        for one in self.properties(item, prefix, values, frozenset()):
            fields.append(_fixed(one) if one.name.rpartition(".")[2] in fixed else one)
        name = prefix.rstrip(".")
        return Field(name, "group", label_of(name), fields=tuple(fields))


def _fixed(field: Field) -> Field:
    """The same as something said and not asked."""
    shown = next((o.label for o in field.options if o.value == field.value), None)
    said = shown or Text(id=str(field.value), en=str(field.value))
    return Field(field.name, "fixed", field.label, value=field.value, options=(Option("", said),))


# ---- back again ----------------------------------------------------------------------------------


def parse(model: type[BaseModel], sent: FormData, prefix: str = "") -> dict[str, Any]:
    """What was typed, in the shape of the request: what is empty is left out, and what has the wrong type
    stays as it was typed, for the model to refuse."""
    schema = model.model_json_schema()
    return _Reader(schema.get("$defs", {}), sent).read(schema, prefix)


class _Reader:
    """Answers in the shape of a schema."""

    def __init__(self, defs: Mapping[str, Any], sent: FormData) -> None:
        self.defs, self.sent = defs, sent
        self.names = [str(name) for name in sent]

    def read(self, schema: Mapping[str, Any], prefix: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, given in schema.get("properties", {}).items():
            value = self.value(f"{prefix}{name}", _resolved(given, self.defs))
            if value is not None:
                found[name] = value
        return found

    def value(self, path: str, schema: Mapping[str, Any]) -> Any:
        match schema:
            case {"const": constant}:
                return constant
            case {"type": "boolean"}:
                return self._yes(path)
            case {"type": "integer"}:
                text = self._text(path)
                return int(text) if text and _WHOLE.fullmatch(text) else text
            case {"type": "array"}:
                return self._items(path, _resolved(schema["items"], self.defs))
            case {"type": "object", "properties": _}:
                inner = self.read(schema, f"{path}.")
                return inner if self._there(path) else None
            case {"type": "object"}:
                rows = {name[len(path) + 1 :] for name in self.names if name.startswith(f"{path}.")}
                return {row: [v for v in self._all(f"{path}.{row}") if v] for row in sorted(rows)}
        return self._text(path)

    def _text(self, path: str) -> str | None:
        value = self.sent.get(path)
        return value.strip() or None if isinstance(value, str) else None

    def _all(self, path: str) -> list[str]:
        return [v.strip() for v in self.sent.getlist(path) if isinstance(v, str)]

    def _yes(self, path: str) -> bool | None:
        """A box that is not ticked sends nothing: a hidden `no` before it says that it was asked."""
        values = self._all(path)
        return None if not any(values) else "yes" in values

    def _there(self, path: str) -> bool:
        """Was anything of this part typed? A group of which all is empty was not filled in."""
        return any(
            isinstance(v, str) and v.strip() not in ("", "no")
            for name, v in self.sent.multi_items()
            if name.startswith(f"{path}.")
        )

    def _items(self, path: str, item: Mapping[str, Any]) -> list[Any] | None:
        if "properties" not in item and path in self.names:
            return [v for v in self._all(path) if v] or None
        numbers = sorted(
            {
                int(head)
                for name in self.names
                if name.startswith(f"{path}.")
                and (head := name[len(path) + 1 :].partition(".")[0]).isdigit()
                and len(head) < 5
            }
        )
        found = []
        for number in numbers:
            if not self._there(f"{path}.{number}") and not self._text(f"{path}.{number}"):
                continue
            if (value := self.value(f"{path}.{number}", item)) is not None:
                found.append(value)
        return found or None
