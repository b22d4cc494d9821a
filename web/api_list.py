"""The API's OpenAPI document as a list for people: addresses by group, with their parameters and bodies."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Item:
    """One field of a body."""

    name: str
    kind: str
    required: bool
    help: str


@dataclass(frozen=True)
class Operation:
    """One address and method."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Schema, ...]
    bodies: tuple[tuple[str, tuple[Item, ...]], ...]
    """Media type and fields of each body that it takes."""


def operations(schema: Schema) -> dict[str, tuple[Operation, ...]]:
    """Operations by tag, in the order in which they stand in the document."""
    groups: dict[str, tuple[Operation, ...]] = {}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            body = operation.get("requestBody", {}).get("content", {})
            one = Operation(
                id=operation.get("operationId", ""),
                method=method.upper(),
                path=path,
                summary=operation.get("summary", ""),
                description=operation.get("description", ""),
                parameters=tuple(operation.get("parameters", ())),
                bodies=tuple(
                    (media, _fields(schema, content.get("schema", {}))) for media, content in body.items()
                ),
            )
            tag = (operation.get("tags") or ["–"])[0]
            groups[tag] = (*groups.get(tag, ()), one)
    return groups


def _fields(schema: Schema, shape: Schema) -> tuple[Item, ...]:
    """The fields of a body: name, kind, whether it is required."""
    for part in (shape, *shape.get("anyOf", ())):
        if "$ref" in part:
            shape = schema["components"]["schemas"][part["$ref"].rpartition("/")[2]]
    required = set(shape.get("required", ()))
    return tuple(
        Item(name, _kind(field), name in required, field.get("description", ""))
        for name, field in shape.get("properties", {}).items()
    )


def _kind(field: Schema) -> str:
    if "$ref" in field:
        return str(field["$ref"].rpartition("/")[2])
    if "enum" in field:
        return " | ".join(map(str, field["enum"]))
    if "anyOf" in field or "oneOf" in field:
        return " | ".join(_kind(f) for f in field.get("anyOf") or field["oneOf"])
    if field.get("type") == "array":
        return f"[{_kind(field.get('items', {}))}]"
    return str(field.get("format") or field.get("const") or field.get("type") or "–")
