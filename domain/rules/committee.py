"""The committee (panitia) of a class (R-2)."""

from datetime import date

from domain.facts import ClassFacts, Facts
from domain.rules.rule import ask_human, no, rule, yes
from domain.text import Text
from domain.verdict import Verdict


@rule(
    id="R-2",
    title=Text(id="Paling sedikit dua orang panitia per kelas", en="At least two committee members a class"),
    reading=Text(
        id="Paling sedikit dua orang yang berbeda; bukan peserta, pelatih, atau asesor kelas itu, dan tidak "
        "bertugas pada kelas lain di hari yang sama.",
        en="At least two distinct people; not participant, trainer or assessor of that class, and not on "
        "another class on the same days.",
    ),
    mark=("S", "D"),
    bases=("LB-2",),
    citation="[S] Penyelenggara Pelatihan: minimal 2 orang panitia per kelas; [D] perangkapan; "
    "PP 10/2018 (LB-2)",
    per="class",
    parameters=("committee_minimum",),
    sentences={
        "enough": yes(
            "Kelas ini mempunyai {members} orang panitia; paling sedikit {needed}.",
            "Committee members of this class: {members}; at least {needed} are needed.",
        ),
        "few": no(
            "Kelas ini mempunyai {members} orang panitia; paling sedikit {needed}.",
            "Committee members of this class: {members}; at least {needed} are needed.",
            "Tambahkan panitia.",
            "Name more committee members.",
        ),
        "double": no(
            "{count} orang panitia juga menjadi peserta, pelatih, atau asesor kelas ini.",
            "Committee members who are participant, trainer or assessor of this class too: {count}.",
            "Ganti panitia itu dengan orang lain.",
            "Replace them by other people.",
        ),
        "busy": no(
            "{count} orang panitia bertugas pada kelas lain di hari yang sama: {days}.",
            "Committee members who serve another class on the same days ({days}): {count}.",
            "Ganti panitia itu atau ubah hari kelas.",
            "Replace them, or change the class days.",
        ),
        "unknown": ask_human(
            "Hari-hari kelas ini belum diketahui, jadi perangkapan panitia tidak dapat diperiksa.",
            "This class's days are not known, so its committee cannot be checked for overlaps.",
            "Isi hari-hari kelas.",
            "Give the class days.",
        ),
    },
)
def r_2(facts: Facts, class_: ClassFacts) -> list[Verdict]:
    """Has the class at least two committee members who are free for it?

    [S] Penyelenggara Pelatihan: minimal 2 orang panitia; [D] who cannot be one.
    """
    members, needed = sorted(set(class_.committee)), facts.policy.committee_minimum
    found = []
    if len(members) < needed:
        found.append(r_2.say("few", class_, members=len(members), needed=needed))
    taken = _other_hats(facts, class_)
    double = [m for m in members if m in taken]
    if double:
        found.append(r_2.say("double", class_, count=len(double), persons=double))
    clashes = {m: days for m in members if (days := _busy(facts, class_, m))}
    if clashes:
        shared = sorted({day for own in clashes.values() for day in own})
        found.append(r_2.say("busy", class_, count=len(clashes), persons=sorted(clashes), days=shared))
    if not class_.days:
        found.append(r_2.say("unknown", class_))
    return found or [r_2.say("enough", class_, members=len(members), needed=needed)]


def _other_hats(facts: Facts, class_: ClassFacts) -> set[str]:
    return (
        {p.person for p in facts.participants_of(class_)}
        | set(class_.trainers)
        | set(class_.assessors)
        | {a.person for a in facts.assessors if a.class_id == class_.id}
    )


def _busy(facts: Facts, class_: ClassFacts, member: str) -> set[date]:
    """Days of this class on which the member serves another one."""
    elsewhere = {
        day
        for other in facts.classes
        if other.id != class_.id and member in other.committee
        for day in other.days
    }
    elsewhere |= {day for c in facts.committee_busy if c.person == member for day in c.busy}
    return set(class_.days) & elsewhere
