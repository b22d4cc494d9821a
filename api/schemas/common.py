"""Parts that many requests and answers share."""

from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from db.reads import MOST, PAGE

MOST_FIELDS = 100
"""Fields of one object; each unknown one would cost an error of its own."""


class Given(BaseModel):
    """Base of what is sent."""

    @model_validator(mode="before")
    @classmethod
    def _few_fields(cls, given: Any) -> Any:
        if isinstance(given, dict) and len(given) > MOST_FIELDS:
            raise PydanticCustomError("too_many_fields", "too many", {"max_length": MOST_FIELDS})
        return given


class Body(Given):
    """A request's body: what is not named here is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class ViolationView(BaseModel):
    """One reason why not."""

    rule: str = Field(examples=["R-30"])
    citation: str = ""
    text: str
    text_en: str
    remedy: str | None = None
    remedy_en: str | None = None
    subject: str = ""
    facts: dict[str, Any] = Field(default_factory=dict)


class Problem(BaseModel):
    """RFC 9457 problem details, in Indonesian and English, with every violation at once."""

    type: str = Field(examples=["urn:asesor:problem:Refused"])
    title: str
    title_en: str
    status: int
    detail: str
    detail_en: str
    instance: str = ""
    violations: list[ViolationView]


PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": text,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, text in {
        401: "Not signed in",
        403: "Not allowed for you",
        404: "No such thing, or not for you",
        409: "A rule, the state or somebody faster says no",
        422: "The shape or a value of the request is wrong",
        429: "Too often (Retry-After)",
        503: "The answer is not known: send again with the same key (Retry-After)",
    }.items()
}

Id = Annotated[str, Path(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9:_-]+$")]
Cursor = Annotated[str, Query(max_length=400, description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=MOST, description="Items a page.")]
DEFAULT_LIMIT = PAGE
