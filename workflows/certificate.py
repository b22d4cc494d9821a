"""The Temporal workflow of one certificate; what a command does stands in workflows/cases."""

from temporalio import workflow

from workflows.case_workflow import CaseWorkflow

with workflow.unsafe.imports_passed_through():
    from workflows.cases.certificate import CERTIFICATE_LOGIC
    from workflows.model import CaseStart


@workflow.defn(name="Certificate")
class Certificate(CaseWorkflow):
    logic = CERTIFICATE_LOGIC

    @workflow.init
    def __init__(self, start: CaseStart) -> None:
        self.begin(start)

    @workflow.run
    async def run(self, start: CaseStart) -> str:
        """Ends in one of the machine's terminal states, never FAILED."""
        return await self.live()
