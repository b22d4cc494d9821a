"""The Temporal workflow of one programme; what a command does stands in workflows/cases."""

from temporalio import workflow

from workflows.case_workflow import CaseWorkflow

with workflow.unsafe.imports_passed_through():
    from workflows.cases.programme import PROGRAMME_LOGIC
    from workflows.model import CaseStart


@workflow.defn(name="TrainingProgramme")
class TrainingProgramme(CaseWorkflow):
    logic = PROGRAMME_LOGIC

    @workflow.init
    def __init__(self, start: CaseStart) -> None:
        self.begin(start)

    @workflow.run
    async def run(self, start: CaseStart) -> str:
        """Ends in one of the machine's terminal states, never FAILED."""
        return await self.live()
