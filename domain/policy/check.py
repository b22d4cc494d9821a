"""May a policy that BNSP wrote be stored? It must fit what the product does, whatever it says of how."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from pydantic import ValidationError

from domain.errors import Malformed
from domain.policy.first import FIRST
from domain.policy.model import Policy
from domain.text import Text
from domain.verdict import Violation

RULE = "P-POLICY"
CITATION = "[D] § 5: policy is versioned data"
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
"""A version is part of its stream's name."""
SHOWN = 20
"""Faults that are told at once; more of them are counted."""


def written(content: Any, *, today: date) -> Policy:
    """The policy that this data (of JSON) is, in the product's present shape.

    Malformed (P-POLICY) with every reason at once: fields that are missing, unknown or out of range, a
    version that is no name, an effective day before `today` (WIB), and kinds of task, terms, forms or
    retention periods that the product needs and the policy does not have.
    """
    try:
        policy = Policy.model_validate(content)
    except ValidationError as error:
        raise Malformed(list(_faults(error))) from None
    found = [*_version(policy), *_day(policy, today), *_shortfalls(policy)]
    if found:
        raise Malformed(found)
    return policy


def _faults(error: ValidationError) -> Iterable[Violation]:
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    for fault in faults[:SHOWN]:
        where = ".".join(map(str, fault["loc"])) or "–"
        yield _no(f"Isian {where} tidak sah ({fault['type']}).", f"{where}: {fault['msg']}.", where=where)
    if len(faults) > SHOWN:
        more = len(faults) - SHOWN
        yield _no(f"Dan {more} kesalahan lain.", f"And {more} more faults.", more=more)


def _version(policy: Policy) -> list[Violation]:
    if VERSION.fullmatch(policy.version):
        return []
    return [
        _no(
            "Versi terdiri atas 1–40 huruf, angka, titik, garis bawah, atau tanda hubung.",
            "A version is of 1 to 40 letters, digits, dots, underscores or hyphens.",
        )
    ]


def _day(policy: Policy, today: date) -> list[Violation]:
    """Cases that have begun were not judged by it, so it takes effect today at the earliest."""
    if policy.effective >= today:
        return []
    return [
        _no(
            f"Hari berlaku {policy.effective} sudah lewat; paling awal hari ini, {today}.",
            f"The effective day {policy.effective} is past; today, {today}, at the earliest.",
            effective=policy.effective.isoformat(),
        )
    ]


def _shortfalls(policy: Policy) -> list[Violation]:
    """What the product asks of a policy by name must be in each."""
    found: list[Violation] = []
    for what, needed, there in (
        ("tasks", {t.kind for t in FIRST.tasks}, {t.kind for t in policy.tasks}),
        ("terms", set(FIRST.terms), set(policy.terms)),
        ("retention", set(FIRST.retention), set(policy.retention)),
        ("forms", {f.code for f in FIRST.forms}, {f.code for f in policy.forms}),
    ):
        if missing := sorted(needed - there):
            names = ", ".join(missing)
            found.append(_no(f"{what}: belum ada {names}.", f"{what}: {names} missing.", missing=missing))
    for task in policy.tasks:
        known = next((t for t in FIRST.tasks if t.kind == task.kind), None)
        if known is None or (set(task.decisions), task.bound) != (set(known.decisions), known.bound):
            found.append(
                _no(
                    f"Tugas {task.kind}: keputusan dan ikatannya harus seperti yang dikenal program.",
                    f"Task {task.kind}: its decisions, and whom it is bound to, must be those that the "
                    "product knows.",
                    kind=task.kind,
                )
            )
    return found


def _no(indonesian: str, english: str, **facts: Any) -> Violation:
    return Violation(
        rule=RULE,
        text=Text(id=indonesian, en=english),
        citation=CITATION,
        remedy=Text(
            id="Mulai dari `asesor policy show`, ubah berkasnya, lalu simpan lagi.",
            en="Begin with what `asesor policy show` prints, change it, and load it again.",
        ),
        facts=facts,
    )
