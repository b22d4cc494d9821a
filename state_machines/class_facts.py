"""What the rules of a class see, made of the case itself: who is named, who has a letter, who accepted.

Facts from rows only tell what a case cannot know of a master assessor: fields, certificate and days that
others took.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal

from domain.cases import Assignment, Class
from domain.clock import local_day
from domain.facts import AssessorFacts, ClassFacts, Facts, ParticipantFacts, SchemeFacts
from domain.rules.matrix import Moment, run
from domain.verdict import Verdict
from state_machines.table import Situation

STANDING = frozenset({"PROPOSED", "ASSIGNED", "ACCEPTED"})
"""States of an assignment that still bind a master assessor."""
BOUND = frozenset({"ASSIGNED", "ACCEPTED", "DONE"})
"""States of an assignment whose surat tugas counts for its class; a proposal does not yet."""
SEATED = frozenset({"PROPOSED", "VERIFIED", "WAITLISTED", "OFFERED", "CONFIRMED", "ATTENDED"})
"""States of a seat whose participant still takes part."""
_BOTH = ("few_trainers", "few_assessors")
WANTED = {
    **dict.fromkeys(("SCHEDULED", "READY", "RUNNING", "INTERRUPTED"), _BOTH),
    "DONE": ("few_assessors",),
}
"""R-MA's sentences for which a class in that state is to get further master assessors."""


def ready_verdicts(s: Situation, class_: Class) -> list[Verdict]:
    """Every rule of READY (R-2, R-MA) about this class; the other classes count by their committees."""
    mine = [a for a in s.case.assignments.values() if a.class_id == class_.id and a.state in STANDING]
    here = [x.state for x in s.case.seats.values() if x.class_id == class_.id]
    facts = _facts(s, STANDING, [_assessor(s, a) for a in mine], seats_of=class_.id).model_copy(
        update={
            "class_id": class_.id,
            "seats_confirmed": here.count("CONFIRMED"),
            "seats_offered": here.count("OFFERED"),
        }
    )
    return [v for v in run(Moment.class_ready, facts) if v.subject == class_.id]


def letter_verdicts(s: Situation, assignment: Assignment) -> list[Verdict]:
    """What R-MA says of this one person for that class: field, certificate, free days, other hat."""
    person = assignment.person
    facts = _facts(s, BOUND, [_assessor(s, assignment)], also=(assignment,))
    # who joins a class that has begun is judged by what is left of it, or by today when nothing is
    left = tuple(
        k.model_copy(update={"days": days_left(k.days, s.now) or own_day})
        for k in facts.classes
        for own_day in [(local_day(s.now),) if k.id == assignment.class_id else ()]
    )
    found = run(Moment.assign, facts.model_copy(update={"classes": left}))
    return [
        v
        for v in found
        if v.subject == assignment.class_id
        and (v.facts.get("person") == person or person in v.facts.get("persons", ()))
    ]


def override_verdicts(s: Situation, assignment: Assignment) -> list[Verdict]:
    """What R-SOD says of the person of this assignment, who has the other hat of the class, too."""
    other = "trainer" if assignment.kind == "assessor" else "assessor"
    facts = _facts(s, (), ()).model_copy(
        update={
            "hands": {other: (assignment.person,)},
            "step": assignment.kind,
            "actor_hands": (assignment.person,),
            "class_id": assignment.class_id,
        }
    )
    return [v.model_copy(update={"subject": assignment.id}) for v in run(Moment.act, facts)]


def short_of_masters(s: Situation) -> bool:
    """Are the letters not enough for some class: too few trainers (until it is done), or too few assessors
    (R-MA)?"""
    return any(lacks_masters(s, k) for k in s.case.classes.values())


def lacks_masters(s: Situation, class_: Class) -> bool:
    """Is this class, as it stands, to get further master assessors?"""
    wanted = WANTED.get(class_.state, ())
    if not wanted:
        return False
    facts = _facts(s, BOUND, (), seats_of=class_.id)
    own = tuple(k for k in facts.classes if k.id == class_.id)
    found = run(Moment.assign, facts.model_copy(update={"classes": own}))
    return any(v.facts.get("sentence") in wanted for v in found)


def days_left(days: tuple[date, ...], now: datetime) -> tuple[date, ...]:
    """Those of a class's days that have not passed (`now` UTC; its day in WIB)."""
    return tuple(d for d in days if d >= local_day(now))


def _facts(
    s: Situation,
    states: Iterable[str],
    assessors: Iterable[AssessorFacts],
    *,
    also: tuple[Assignment, ...] = (),
    seats_of: str = "",
) -> Facts:
    """The classes that are not cancelled, with the people of the assignments in these states, and the
    participants of the class `seats_of`."""
    programme = s.case.programme
    named = [a for a in s.case.assignments.values() if a.state in states] + list(also)

    def people(class_: Class, kind: Literal["trainer", "assessor"]) -> tuple[str, ...]:
        mine = (a.person for a in named if a.class_id == class_.id and a.kind == kind)
        return tuple(dict.fromkeys(mine))

    return Facts(
        policy=s.policy,
        calendar=s.case.calendar,
        today=local_day(s.now),
        track=programme.track,
        scheme=SchemeFacts(
            id=programme.scheme,
            version=programme.scheme_version,
            field=programme.field,
            units=programme.units,
        ),
        hands=dict(s.case.hands),
        overrides=s.case.overrides,
        classes=tuple(
            ClassFacts(
                id=k.id,
                days=k.days,
                start_hour=k.start_hour,
                zone=k.zone,
                committee=k.committee,
                trainers=people(k, "trainer"),
                assessors=people(k, "assessor"),
            )
            for k in s.case.classes.values()
            if k.state != "CANCELLED"
        ),
        participants=tuple(
            ParticipantFacts(person=x.person, seat=x.id, class_id=x.class_id, kind=x.kind)
            for x in s.case.seats.values()
            if x.state in SEATED and x.class_id == seats_of
        ),
        assessors=tuple(assessors),
    )


def _assessor(s: Situation, assignment: Assignment) -> AssessorFacts:
    """This assignment, with what rows know of the person; nothing known is no certificate and no field."""
    known = next(
        (a for a in s.facts.assessors if a.person == assignment.person),
        AssessorFacts(person=assignment.person, kind=assignment.kind),
    )
    return known.model_copy(
        update={
            "kind": assignment.kind,
            "class_id": assignment.class_id,
            "letter_issued": bool(assignment.letter_number),
            "accepted": assignment.state == "ACCEPTED",
        }
    )
