"""Values as JSON payloads, by pydantic: the SDK's converter, with one set of encoders a process.

The SDK makes a converter anew for every activation of a workflow; the pydantic one then builds a serialiser
and forgets every type that it has met. That was an eighth of a worker's time.
"""

from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import CompositePayloadConverter

_ENCODERS = tuple(PydanticPayloadConverter().converters.values())
"""They hold no state but the cache of type adapters, which is safe to share (also between threads)."""


class PayloadConverter(CompositePayloadConverter):
    """As `temporalio.contrib.pydantic.PydanticPayloadConverter`; making one costs nothing."""

    def __init__(self) -> None:
        super().__init__(*_ENCODERS)
