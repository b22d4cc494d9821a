"""Completing a task: the command's own model, and what an act on behalf adds."""

from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict, Field

from api.schemas.derive import request_model
from api.schemas.exact import YesNo
from domain import commands as c

CompleteTaskRequest = request_model(c.CompleteTask)

if TYPE_CHECKING:
    from api.schemas.derive import Derived as _Base
else:
    _Base = CompleteTaskRequest


class Complete(_Base):
    """Complete a human task with one of its decisions; a negative one needs a reason."""

    on_behalf: YesNo = Field(
        False, description="The organiser answers for its participant (`confirm_seat`); recorded as such."
    )

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"decision": "recommend"},
                {"decision": "send_back", "form": {"form": "points", "points": ["Surat belum bertanggal."]}},
                {"decision": "reject", "reason": "Skema belum dilisensi."},
            ]
        }
    )

    def command_request(self) -> Any:
        """The same without what is not the command's."""
        values = {name: getattr(self, name) for name in CompleteTaskRequest.model_fields}
        return CompleteTaskRequest.model_construct(**values)
