"""The size of a class (R-24)."""

from domain.facts import Facts
from domain.rules.rule import Subject, ask_human, no, rule, yes
from domain.text import Text
from domain.verdict import Verdict

SUBMITS = frozenset({"programme_submit", "programme_resubmit"})
"""Moments that bring a whole list; the others move one seat."""


@rule(
    id="R-24",
    title=Text(id="Paling banyak 24 peserta dalam satu kelas", en="At most 24 participants in a class"),
    reading=Text(
        id="Kursi terkonfirmasi + ditawarkan ≤ 24 setiap saat, dan peserta utama ≤ 24 pada pengajuan; "
        "dari dua "
        "yang memperebutkan kursi terakhir tepat satu yang mendapatkannya.",
        en="Confirmed + offered seats ≤ 24 at every moment, and main participants ≤ 24 at submit; of two "
        "racing for the last seat exactly one wins.",
    ),
    mark=("S",),
    bases=("LB-2",),
    citation="[S] Penyelenggara Pelatihan: 1 kelas maksimal 24 peserta; PP 10/2018 (LB-2)",
    parameters=("class_maximum",),
    sentences={
        "list": yes(
            "Kelas ini diusulkan dengan {main} peserta utama; paling banyak {limit}.",
            "Main participants proposed for this class: {main}; at most {limit}.",
        ),
        "list_full": no(
            "Kelas ini diusulkan dengan {main} peserta utama; paling banyak {limit}.",
            "Main participants proposed for this class: {main}; at most {limit}.",
            "Pindahkan peserta ke kelas lain atau jadikan cadangan.",
            "Move participants to another class, or make them reserves.",
        ),
        "seat": yes(
            "Dengan kursi ini ada {seats} kursi terisi atau ditawarkan; paling banyak {limit}.",
            "With this seat, seats taken or offered: {seats}; at most {limit}.",
        ),
        "full": no(
            "Kelas sudah penuh: dengan kursi ini ada {seats} kursi terisi atau ditawarkan; paling banyak "
            "{limit}.",
            "The class is full: with this seat, seats taken or offered: {seats}; at most {limit}.",
            "Tunggu sampai ada kursi yang kosong, atau pilih kelas lain.",
            "Wait until a seat is free, or choose another class.",
        ),
        "unknown": ask_human(
            "Jumlah kursi kelas ini belum diketahui.",
            "The seat counts of this class are not known.",
            "Muat ulang data kelas.",
            "Load the class's facts again.",
        ),
        "no_class": ask_human(
            "Peserta belum ditempatkan dalam kelas.",
            "Participants are not placed in a class yet.",
            "Tempatkan setiap peserta dalam satu kelas.",
            "Place each participant in one class.",
        ),
    },
)
def r_24(facts: Facts, _subject: Subject = None) -> list[Verdict]:
    """Do at most 24 people fit into each class, the seat that moves included?

    [S] Penyelenggara Pelatihan: 1 kelas maksimal 24 peserta.
    """
    if facts.moment in SUBMITS:
        return _lists(facts)
    found = []
    limit = facts.policy.class_maximum
    if facts.moment in ("addition", "substitution") and facts.participants:
        found = [v for v in _lists(facts) if not v.ok]
    if facts.seats_confirmed is None or facts.seats_offered is None:
        # An added main participant holds no seat yet: its list is all there is to count.
        added = facts.moment in ("addition", "substitution") and facts.participants
        return found or (_lists(facts) if added else [r_24.say("unknown", facts.class_id)])
    seats = facts.seats_confirmed + facts.seats_offered + 1
    moved = r_24.say("seat" if seats <= limit else "full", facts.class_id, seats=seats, limit=limit)
    return [*found, moved] if not found or not moved.ok else found


def _lists(facts: Facts) -> list[Verdict]:
    limit, found = facts.policy.class_maximum, []
    if not facts.classes:
        return [r_24.say("no_class")]
    for class_ in facts.classes:
        main = sum(p.kind == "main" for p in facts.participants_of(class_))
        found.append(r_24.say("list" if main <= limit else "list_full", class_, main=main, limit=limit))
    if any(facts.class_of(p) is None for p in facts.participants):
        found.append(r_24.say("no_class"))
    return found
