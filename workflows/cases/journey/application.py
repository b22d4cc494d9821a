"""Steps 1 and 2: the application is received and its documents are reviewed."""

from collections.abc import Iterable
from typing import Any

from domain.cases import DocumentFinding, Errand, Journey, Renewal, Task
from domain.commands import ApplicationForm, CompleteTask, PointsForm, ReviewerForm, ReviewForm
from domain.openings import JourneyOpening
from domain.rules.questions import ASKED
from domain.verdict import Outcome, Verdict
from state_machines.journey_facts import application_verdicts, participant, renewals, sod
from state_machines.journey_guards.application import reviewer_is_free
from state_machines.table import refusal
from state_machines.tables import TABLES
from state_machines.turn import Turn
from workflows.cases.journey.assessment import open_scheduling, watch_certificate
from workflows.cases.journey.ending import withdrawn
from workflows.cases.journey.forms import need

WORST_FIRST = (Outcome.FAIL, Outcome.NEEDS_HUMAN, Outcome.PASS, Outcome.NOT_APPLICABLE)


def open_journey(turn: Turn, start: JourneyOpening) -> str:
    """The first event of a journey that a programme's seat opens: the candidate is invited."""
    turn.add(
        "journey",
        start.application,
        state="INVITED",
        **start.model_dump(exclude={"application", "workflow_id", "hands", "facts", "units"}),
        facts=start.facts,
        units=start.units,
    )
    for step, persons in start.hands.items():
        turn.hand(step, *persons)
    turn.hand("candidate", start.person)
    task = turn.open_task("submit_application", start.application, person=start.person)
    turn.wait("application", start.application, task.due_at)
    return "journey_opened"


# ---- the candidate ------------------------------------------------------------------------------


def sent(turn: Turn, task: Task, command: CompleteTask) -> str:
    """The formal submission: FR.APL.01, FR.APL.02 and the consent; or the candidate withdraws."""
    if command.decision == "withdraw":
        return withdrawn(turn)
    _file(turn, need(command, ApplicationForm), "submit", submitted_at=turn.now)
    turn.stop_waiting("application")
    turn.open_task("assign_reviewer", task.subject)
    turn.notify(f"person:{turn.case.journey.person}", "application_received")
    return "application_submitted"


def corrected(turn: Turn, task: Task, command: CompleteTask) -> str:
    """The corrected application goes back to the same reviewer; its form may stay as it was."""
    if command.decision == "withdraw":
        return withdrawn(turn)
    form = command.form if command.form is None else need(command, ApplicationForm)
    _file(turn, form, "resubmit")
    turn.stop_waiting("correction")
    give_to_reviewer(turn)
    return "application_resubmitted"


def _file(turn: Turn, form: ApplicationForm | None, trigger: str, **patch: Any) -> None:
    """Judge the application by the rules of submission, keep what was filed, have the documents checked."""
    j = turn.case.journey
    situation = turn.situation("journey", j.id)
    verdicts = application_verdicts(situation)
    turn.found(verdicts)
    if form is not None:
        patch["forms"] = {
            **j.forms,
            turn.policy.form("FR.APL.01").key: form.apl01,
            turn.policy.form("FR.APL.02").key: form.apl02,
        }
        patch["consent_version"] = form.consent_version
        if form.renewed is not None:
            patch["renewed"] = renewals(situation)
    facts = participant(situation)
    # A refused exception was about the certificate of then. (Older journeys kept it for good.)
    if turn.case.revision >= 1 and trigger == "resubmit" and facts.exception == "refused":
        facts = facts.model_copy(update={"exception": None})
    findings = _with_renewal(_for_a_person(verdicts), renewals(situation))
    turn.fire("journey", j.id, trigger, facts=facts, findings=findings, **patch)
    turn.hand("submitter", *sorted(turn.actor.hands))
    j = turn.case.journey
    turn.ask(
        "review_documents",
        j.id,
        application=j.id,
        person=j.person,
        facts=j.facts,
        policy_version=turn.case.policy_version,
        seat=j.seat,
    )


def _for_a_person(verdicts: Iterable[Verdict]) -> tuple[DocumentFinding, ...]:
    """What the rules left to the reviewer."""
    return tuple(
        DocumentFinding(requirement=v.rule, outcome=v.outcome.value, facts=v.facts)
        for v in verdicts
        if v.outcome is Outcome.NEEDS_HUMAN
    )


def _with_renewal(
    findings: tuple[DocumentFinding, ...], renewed: tuple[Renewal, ...]
) -> tuple[DocumentFinding, ...]:
    """A renewed certificate is the candidate's word until the reviewer has looked at its document."""
    if not renewed:
        return findings
    latest = renewed[-1]
    asked: dict[str, Any] = {"renewed_until": latest.valid_until.isoformat(), "document": latest.document}
    for finding in findings:
        if finding.requirement == "R-TECH":
            asked = {**finding.facts, **asked}
    rest = tuple(f for f in findings if f.requirement != "R-TECH")
    return (*rest, DocumentFinding(requirement="R-TECH", outcome=Outcome.NEEDS_HUMAN.value, facts=asked))


# ---- the machine's check ------------------------------------------------------------------------


def documents_checked(turn: Turn, errand: Errand, answer: dict[str, Any]) -> str:
    """Findings of the machine's check, beside what the rules left open; the worst of each requirement
    counts. An answer to an earlier application is passed over."""
    j = turn.case.journey
    newer = any(
        e.kind == errand.kind and e.state == "ASKED" and e.id != errand.id for e in turn.case.errands.values()
    )
    if newer or j.state in TABLES["journey"].terminal:
        return "documents_check_superseded"
    found = tuple(DocumentFinding.model_validate(f) for f in answer["findings"])
    findings = worst(*j.findings, *found)
    turn.set("journey", j.id, findings=findings)
    turn.notify(
        f"person:{j.reviewer}" if j.reviewer else "role:operations",
        "documents_checked",
        open=sum(f.outcome in (Outcome.FAIL, Outcome.NEEDS_HUMAN) for f in findings),
    )
    return "documents_checked"


def worst(*findings: DocumentFinding) -> tuple[DocumentFinding, ...]:
    """One finding for each requirement, the worst; an outcome that is not known needs a person."""

    def rank(finding: DocumentFinding) -> int:
        known = [o.value for o in WORST_FIRST]
        return known.index(finding.outcome) if finding.outcome in known else known.index("needs_human")

    by_requirement: dict[str, DocumentFinding] = {}
    for finding in findings:
        there = by_requirement.get(finding.requirement)
        if there is None or rank(finding) < rank(there):
            by_requirement[finding.requirement] = finding
    return tuple(by_requirement.values())


# ---- the reviewer -------------------------------------------------------------------------------


def reviewer_assigned(turn: Turn, task: Task, command: CompleteTask) -> str:
    """Operations name the reviewer; during the review they name another one (a hand in the training
    came to light)."""
    form = need(command, ReviewerForm)
    if turn.case.journey.state == "RECEIVED":
        turn.fire("journey", task.subject, "assign_reviewer", reviewer=form.reviewer)
    else:
        violations = reviewer_is_free(turn.situation("journey", task.subject))
        if violations:
            raise refusal(violations)
        turn.set("journey", task.subject, reviewer=form.reviewer)
        turn.cancel_tasks("review_documents")
    give_to_reviewer(turn)
    return "reviewer_assigned"


def give_to_reviewer(turn: Turn) -> None:
    """The documents are the reviewer's to review; when R-SOD bars the one who was named, operations name
    another."""
    j = turn.case.journey
    if not j.reviewer or sod(turn.situation("journey", j.id), "reviewer", (j.reviewer,)):
        turn.cancel_tasks("review_documents")
        turn.open_task("assign_reviewer", j.id)
        return
    turn.open_task("review_documents", j.id, person=j.reviewer)


def reviewed(turn: Turn, task: Task, command: CompleteTask) -> str:
    """accept, send_back (with points) or reject (with a reason)."""
    j = turn.case.journey
    if turn.case.revision >= 1 and turn.actor.person != j.reviewer:
        # Operations gave the review to another: a correction comes back to the one who asked for it. (Before,
        # it went to the one first named.)
        turn.set("journey", j.id, reviewer=turn.actor.person)
    if command.decision == "accept":
        return _accepted(turn, j, command)
    if command.decision == "send_back":
        form = need(command, PointsForm)
        turn.fire("journey", j.id, "send_back")
        turn.set("journey", j.id, send_backs=j.send_backs + 1)
        mend = turn.open_task("correct_application", j.id, person=j.person, points=form.points)
        turn.wait("correction", j.id, mend.due_at)
        return "application_sent_back"
    turn.fire("journey", j.id, "reject")
    until = turn.wait_days("appeal", j.id, turn.policy.term("appeal"))
    turn.notify(f"person:{j.person}", "application_rejected", appeal_until=until)
    return "application_rejected"


def _accepted(turn: Turn, j: Journey, command: CompleteTask) -> str:
    resolved = command.form.resolved if isinstance(command.form, ReviewForm) else ()
    turn.fire("journey", j.id, "accept")
    turn.payload["resolved"] = sorted(resolved)
    # what the reviewer decided holds for the rules that run again at the schedule
    decided = dict.fromkeys(_questions(turn, resolved), "accepted")
    if decided:
        turn.set("journey", j.id, facts=j.facts.model_copy(update=decided))
    turn.notify(f"person:{j.person}", "documents_accepted")
    open_scheduling(turn)
    watch_certificate(turn)
    return "documents_accepted"


def _questions(turn: Turn, resolved: Iterable[str]) -> tuple[str, ...]:
    """The facts that the resolved findings asked about: a paper that others handed in, too, says nothing of
    equivalence or of the field."""
    if turn.case.revision < 1:  # every resolved finding of these rules counted as the answer
        answers = {"R-Q3": "equivalence", "R-TECH": "field_accepted"}
        return tuple(answers[rule] for rule in resolved if rule in answers)
    sentences = {f.requirement: str(f.facts.get("sentence", "")) for f in turn.case.journey.findings}
    asked = [(rule, sentences.get(rule, "")) for rule in resolved]
    return tuple(ASKED[question] for question in asked if question in ASKED)
