"""Every type of event that the code can write has its sentence, and so has whatever a case waits for."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from domain.document_names import DOCUMENTS, document_name
from domain.event_labels import CASE_EVENTS, event_label
from domain.policy import CURRENT
from domain.row_event_labels import ROW_EVENTS
from domain.wait_labels import DEADLINES, ERRANDS, TROUBLES, errand_label, trouble_label, wait_of
from settings import ROOT

NAME = re.compile(r"[a-z]+(_[a-z]+)+")
FILLED = {
    "f'{errand.kind}_answered'": [f"{kind}_answered" for kind in ERRANDS],
    "f'{deadline.kind}_passed'": ["appeal_passed", "reassessment_window_passed"],
    "f'exception_{answer}'": ["exception_accepted", "exception_refused"],
    "f\"{task.kind.removeprefix('resolve_')}_{answer}\"": [
        f"{kind.kind.removeprefix('resolve_')}_{answer}"
        for kind in CURRENT.tasks
        if kind.kind in ("resolve_equivalence", "resolve_exception")
        for answer in ("accepted", "refused")
    ],
}
"""Types that are put together, and what they can become."""


def modules(*folders: str) -> Iterator[ast.Module]:
    for folder in folders:
        for path in sorted(Path(ROOT / folder).rglob("*.py")):
            yield ast.parse(path.read_text())


def names_in(node: ast.AST) -> Iterator[str]:
    """Types that an expression can give: plain ones, and those that are put together."""
    for part in ast.walk(node):
        if isinstance(part, ast.JoinedStr):
            yield from FILLED.get(ast.unparse(part), ())
        elif isinstance(part, ast.Constant) and isinstance(part.value, str) and NAME.fullmatch(part.value):
            yield part.value


def of_cases() -> set[str]:
    """What a step of a case's logic gives back, and what the workflow names itself."""
    found: set[str] = set()
    for module in modules("workflows"):
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef) and node.returns and ast.unparse(node.returns) == "str":
                for part in ast.walk(node):
                    if isinstance(part, ast.Return) and part.value is not None:
                        found |= set(names_in(part.value))
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in (
                "type_",
                "PASSED",
                "NO_EFFECT",
            ):
                values = node.value.values if isinstance(node.value, ast.Dict) else [node.value]
                found |= {name for value in values for name in names_in(value)}
            elif isinstance(node, ast.Call) and ast.unparse(node.func) == "self._accept":
                found |= set(names_in(node))
    return found


def of_rows() -> set[str]:
    """What is given as `type` to whatever writes an event of a row."""
    found: set[str] = set()
    for module in modules("db", "api"):
        for node in ast.walk(module):
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "type_":
                found |= set(names_in(node.value))
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func).rpartition(".")[2]
            if called in ("append_row_event", "tell", "tell_access") and len(node.args) > 2:
                found |= set(names_in(node.args[1 if called == "tell_access" else 2]))
            if called == "save":
                found |= {n for k in node.keywords if k.arg == "type" for n in names_in(k.value)}
    return found


def test_every_event_that_a_case_can_write_has_a_sentence() -> None:
    found = of_cases()
    assert {"programme_submitted", "task_escalated", "release_answered", "calendar_extended"} <= found
    assert found - CASE_EVENTS.keys() == set()


def test_every_event_that_a_row_can_write_has_a_sentence() -> None:
    found = of_rows()
    assert {"draft_changed", "signed_in", "organisation_changed", "nik_revealed"} <= found
    assert found - ROW_EVENTS.keys() == set()


def test_no_sentence_is_for_what_nobody_writes() -> None:
    assert CASE_EVENTS.keys() - of_cases() == set()
    assert ROW_EVENTS.keys() - of_rows() == set()


def test_an_event_of_another_version_is_told_by_its_type() -> None:
    assert event_label("something_older").en == "something older"


def waited_for() -> set[str]:
    """Kinds that a `turn.wait("…")` or the tables of deadlines name."""
    found: set[str] = set()
    for module in modules("workflows/cases"):
        for node in ast.walk(module):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "turn.wait":
                first = node.args[0]
                found |= {str(first.value)} if isinstance(first, ast.Constant) else set()
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "_DEADLINES":
                assert isinstance(node.value, ast.Dict)
                found |= {str(k.value) for k in node.value.keys if isinstance(k, ast.Constant)}
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in (
                "LAPSE",
                "WINDOW_OPENS",
                "EXPIRY",
            ):
                found |= set(names_in(node.value)) or {ast.literal_eval(node.value)}
    return found | {"reminder"}


def test_everything_that_is_waited_for_is_told_with_what_comes_then() -> None:
    assert waited_for() == set(DEADLINES)
    assert wait_of("reminder_90").label == DEADLINES["reminder"].label
    assert wait_of("never_heard").label.id == "never heard"


def test_every_errand_has_its_words() -> None:
    asked = {
        str(node.args[0].value)
        for module in modules("workflows/cases")
        for node in ast.walk(module)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "turn.ask"
        and isinstance(node.args[0], ast.Constant)
    }
    assert asked == set(ERRANDS)
    assert errand_label("other_thing").en == "other thing"


def test_trouble_is_told_by_its_first_word() -> None:
    assert trouble_label("errand:reserve") == TROUBLES["errand"]
    assert trouble_label("something else") is None


def test_every_document_of_the_policy_has_a_name() -> None:
    asked = {name for one in CURRENT.requirements for name in one.documents}
    assert asked | set(CURRENT.direct_evidence) <= DOCUMENTS.keys()
    assert document_name("FR.APL.01@2026-01").en == "FR.APL.01 Application for certification"
    assert document_name("FR.APL.01").id == "FR.APL.01 Permohonan sertifikasi kompetensi"
    assert document_name("something_else").en == "something else"
