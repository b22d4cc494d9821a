"""What commands and forms are written in: ids, numbers and digests; never free text."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Id = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9:_-]+$")]
Number = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9./ -]+$")]
"""A letter's, minutes' or certificate's number as given; never free text."""
DIGEST = StringConstraints(pattern=r"^[0-9a-f]{64}$")
Digest = Annotated[str, DIGEST]
"""SHA-256 of a document that was uploaded."""


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
