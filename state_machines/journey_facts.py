"""What the rules of a journey see, and what they answer: one act's facts, from the case before all else.

Facts from rows only fill in what the case does not know itself.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any, Literal, TypeVar

from domain.cases import Journey, Renewal
from domain.clock import local_day
from domain.commands import ApplicationForm, ScheduleForm, VotesForm
from domain.facts import ClassFacts, Facts, ParticipantFacts, SchemeFacts, VoteFacts
from domain.rules.decisions import result
from domain.rules.matrix import Moment, run
from domain.verdict import Outcome, Verdict, Violation
from state_machines.table import Situation

Form = TypeVar("Form")

EDITABLE = frozenset({"DRAFT", "INVITED", "CORRECTION"})
"""States in which the candidate's own data are read afresh from rows."""
LAPSES = frozenset({"lapses_excused", "lapses_unclear"})
"""R-TECH's sentences for a certificate that ends too early by another's delay: a person decides."""


def journey_of(s: Situation) -> Journey:
    assert isinstance(s.subject, Journey)
    return s.subject


def form_of(s: Situation, kind: type[Form]) -> Form | None:
    """The command's form when it is of that kind."""
    form = getattr(s.command, "form", None)
    return form if isinstance(form, kind) else None


# ---- what the rules see --------------------------------------------------------------------------


def failing(j: Journey) -> tuple[str, ...]:
    """Units that a re-assessment is for: those with BK; when the committee turned down a recommendation K,
    the units that it was about."""
    return tuple(r.unit for r in j.results if r.result == "BK") or j.to_assess


def recommendation(j: Journey) -> Literal["K", "BK"]:
    """K when every required unit's standing result is K; one BK gives BK."""
    return result({r.unit: r.result for r in j.results}, [u.id for u in j.units]).outcome


def renewals(s: Situation) -> tuple[Renewal, ...]:
    """The technical certificates that the candidate renewed, the one that comes with the command last."""
    known, form = journey_of(s).renewed, form_of(s, ApplicationForm)
    if form is None or form.renewed is None:
        return known
    return (*(r for r in known if r.renews != form.renewed.renews), form.renewed)


def _renewed(known: ParticipantFacts, by: Iterable[Renewal]) -> ParticipantFacts:
    """Rows say what the organiser wrote at the request; what was renewed since lasts as long as it says."""
    technical = known.technical
    for renewal in by:
        until = {"valid_until": renewal.valid_until}
        technical = tuple(
            c.model_copy(update=until) if c.valid_until == renewal.renews else c for c in technical
        )
    return known.model_copy(update={"technical": technical})


def participant(s: Situation) -> ParticipantFacts:
    """The candidate as the rules see them: fresh from rows while they may edit, else as reviewed.

    What people decided already (equivalence, field, exception) stays. The workflow's id and the reserved
    pair make this the only application (R-DUP), so unknown means none.
    """
    j = journey_of(s)
    known = j.facts
    if j.state in EDITABLE:
        known = next((p for p in s.facts.participants if p.person == j.person), known)
        known = _renewed(known, renewals(s))
    kept = ("equivalence", "field_accepted", "exception")
    declared = getattr(getattr(s.command, "form", None), "it_declared", None)
    return known.model_copy(
        update={
            **{name: getattr(j.facts, name) for name in kept if getattr(known, name) is None},
            "seat": j.seat,
            "class_id": j.class_id,
            "it_declared": known.it_declared if declared is None else declared,
            "active_elsewhere": bool(known.active_elsewhere),
        }
    )


def _excused_until(s: Situation) -> date | None:
    """The day that an accepted exception covers. One made for something else (R-WIN) excuses no lapse at all;
    older journeys were excused for every later day."""
    return None if s.case.revision < 1 else journey_of(s).exception_until or date.min


def delayed_by(s: Situation) -> Literal["candidate", "organiser", "bnsp"] | None:
    """Whose delay moved the assessment (§ 6): the candidate's after a no-show or an own request, otherwise
    the organiser's. Older journeys leave it open."""
    if s.facts.delayed_by is not None or s.case.revision < 1:
        return s.facts.delayed_by
    j = journey_of(s)
    own = j.no_shows > 0 or j.candidate_delayed or getattr(s.command, "asked_by_candidate", False)
    return "candidate" if own else "organiser"


def facts_of(s: Situation, *, step: str = "", persons: Iterable[str] = (), **more: Any) -> Facts:
    """The facts of one act, with what the case knows put over what rows said."""
    j = journey_of(s)
    return s.facts.model_copy(
        update={
            "policy": s.policy,
            "calendar": s.case.calendar,
            "today": local_day(s.now),
            "submitted_on": local_day(j.submitted_at) if j.submitted_at else None,
            "track": j.track,
            "scheme": s.facts.scheme
            or SchemeFacts(id=j.scheme, version=j.scheme_version, field=j.field, units=j.units),
            "participants": (participant(s),),
            "exception_until": _excused_until(s),
            "classes": (),
            "class_id": "",
            "assessors": (),
            "assessment_day": j.assessment_day,
            "delayed_by": delayed_by(s),
            "hands": _hands(s),
            "overrides": s.case.overrides,
            "step": step,
            "actor_hands": tuple(sorted(persons)),
            "reassessments": j.reassessments,
            "first_decision_on": local_day(j.first_decided_at) if j.first_decided_at else None,
            "failing_units": failing(j),
            "requested_units": (),
            **more,
        }
    )


def _hands(s: Situation) -> dict[str, tuple[str, ...]]:
    """Who had a hand in which step; whoever belongs to the recommending institution recommended, too."""
    hands = dict(s.case.hands)
    if s.case.revision >= 1 and s.facts.recommenders:
        hands["recommender"] = (*hands.get("recommender", ()), *s.facts.recommenders)
    return hands


def application_verdicts(s: Situation) -> list[Verdict]:
    """Every rule of an application's submission (the planned assessment day is the last class day, or
    today when that has passed)."""
    j = journey_of(s)
    class_ = ClassFacts(
        id=j.class_id, days=j.class_days, zone=j.zone, trainers=j.trainers, assessors=j.assessors
    )
    facts = facts_of(
        s,
        step="submitter",
        persons=s.actor.hands,
        classes=(class_,) if j.class_id else (),
        assessment_day=max(*j.class_days, local_day(s.now)) if j.class_days else None,
    )
    return run(Moment.application_submit, facts)


def schedule_verdicts(s: Situation) -> list[Verdict]:
    """Every rule of one assessment's schedule: certificate through that day, master assessor, R-SOD.

    One assessment is judged by itself: the class's numbers are no matter of it (R-MA). A reschedule asks
    the same: licence and committee are the class's matter.
    """
    form = form_of(s, ScheduleForm)
    facts = facts_of(
        s,
        step="assessor",
        persons=(form.assessor,) if form else (),
        assessment_day=form.day if form else None,
        assessors=tuple(
            a.model_copy(update={"class_id": ""})
            for a in s.facts.assessors
            if form and a.person == form.assessor and a.kind == "assessor"
        ),
    )
    return run(Moment.schedule, facts)


def vote_verdicts(s: Situation) -> list[Verdict]:
    """The rules of a decision over the votes of the command."""
    j, form = journey_of(s), form_of(s, VotesForm)
    votes = form.votes if form else ()
    facts = facts_of(
        s,
        step="decision",
        persons=s.actor.hands,
        members=j.members,
        chair=j.chair,
        votes=tuple(VoteFacts(person=v.person, competent=v.competent) for v in votes),
        recommendation=recommendation(j),
        decision=getattr(s.command, "decision", ""),
    )
    return run(Moment.decide, facts)


def reassess_verdicts(s: Situation) -> list[Verdict]:
    """R-BK for the day of the command, or for today."""
    form = form_of(s, ScheduleForm)
    day: date | None = form.day if form else None
    persons = (form.assessor,) if form else ()
    return run(Moment.reassess, facts_of(s, step="assessor", persons=persons, assessment_day=day))


def sod(s: Situation, step: str, persons: Iterable[str]) -> list[Violation]:
    """R-SOD: has one of these persons had a hand in a step that is kept apart from this one?"""
    j = journey_of(s)
    # Before the training its proposed to accepted trainers count (§ 5).
    before = bool(j.class_id) and not j.training_recorded
    classes = (ClassFacts(id=j.class_id, trainers=j.trainers),) if before else ()
    return failures(s, run(Moment.act, facts_of(s, step=step, persons=persons, classes=classes)))


def failures(
    s: Situation, verdicts: Iterable[Verdict], *, also: frozenset[str] = frozenset()
) -> list[Violation]:
    """The verdicts that stand in the way; `also` names sentences that do until a person decides."""
    return [
        v.violation().model_copy(update={"subject": v.subject or s.subject.id})
        for v in verdicts
        if v.outcome is Outcome.FAIL or v.facts.get("sentence") in also
    ]
