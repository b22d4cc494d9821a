"""The book as a whole: every sentence, every citation, and when each rule runs."""

import json
import string

import pytest

from domain.clock import Zone
from domain.errors import NotFound
from domain.facts import ClassFacts, Facts, OrganiserKind, ParticipantFacts
from domain.policy import CURRENT
from domain.reference import ORGANISER_KINDS, legal_basis
from domain.rules.book import RULES, recall, rule_of
from domain.rules.matrix import ALSO, MATRIX, Moment, rules_at, run
from domain.rules.render import rules_markdown
from domain.rules.rule import Rule
from domain.verdict import Outcome

SECTION_5 = [
    "R-ORG",
    "R-30",
    "R-24",
    "R-2",
    "R-NOTICE",
    "R-Q3",
    "R-TECH",
    "R-REC",
    "R-IT",
    "R-KIT",
    "R-WIN",
    "R-DUP",
    "R-SOD",
    "R-MA",
    "R-BK",
]

PARAGRAPH = {
    "R-NOTICE": {"programme_submit"},
    "R-ORG": {"submit", "programme_approve", "class_start"},
    "R-30": {"submit", "addition", "substitution", "promotion"},
    "R-24": {"submit", "addition", "substitution", "promotion", "seat_move"},
    "R-2": {"submit", "class_ready", "committee_removal"},
    "R-Q3": {"submit", "addition", "substitution", "application_submit"},
    "R-REC": {"submit", "addition", "substitution", "application_submit"},
    "R-IT": {"submit", "addition", "substitution", "application_submit"},
    "R-TECH": {"submit", "application_submit", "programme_approve", "schedule", "reschedule"},
    "R-MA": {"submit", "programme_approve", "schedule", "reschedule", "class_ready"},
    "R-WIN": {"application_submit"},
    "R-KIT": {"choose_track", "check_in"},
    "R-BK": {"reassess"},
    "R-DUP": {"submit", "application_submit"},
    "R-SOD": {m.value for m in Moment},
}
"""“When each runs” of the domain specification, § 5; `submit` is the programme's submit and resubmit."""


def test_matrix_is_the_paragraph() -> None:
    assert set(PARAGRAPH) == set(SECTION_5)
    assert set(MATRIX) == set(Moment)
    for id, said in PARAGRAPH.items():
        wanted = (said - {"submit"}) | (
            {"programme_submit", "programme_resubmit"} if "submit" in said else set()
        )
        assert {m.value for m in Moment if id in MATRIX[m]} == wanted, id


def test_book_holds_section_five_and_the_vote() -> None:
    assert list(RULES) == [*SECTION_5, "R-VOTE"]
    assert all(rules_at(m) for m in Moment)
    for moment, more in ALSO.items():
        assert set(more) <= set(rules_at(moment))
        assert not set(more) & set(MATRIX[moment])
    with pytest.raises(NotFound):
        rule_of("R-NONE")


@pytest.mark.parametrize("entry", RULES.values(), ids=lambda r: r.id)
def test_every_rule_has_its_words_in_both_languages_and_a_source(entry: Rule) -> None:
    assert entry.title.id
    assert entry.title.en
    assert entry.reading.id != entry.reading.en
    assert entry.citation.startswith(tuple(f"[{m}]" for m in "SPD"))
    assert entry.bases
    for basis in entry.bases:
        assert legal_basis(basis).id in entry.citation
    assert (entry.ask.__doc__ or "").strip().split("\n")[0].endswith("?")
    assert set(entry.parameters) <= set(CURRENT.parameters())
    for sentence in entry.sentences.values():
        assert sentence.id
        assert sentence.en
        assert sentence.id != sentence.en
        assert holes(sentence.id) == holes(sentence.en)
        answered = sentence.outcome in (Outcome.PASS, Outcome.NOT_APPLICABLE)
        assert answered == (sentence.remedy is None)
        if sentence.remedy:
            assert holes(sentence.remedy.id) == holes(sentence.remedy.en)


def holes(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("moment", list(Moment))
def test_missing_facts_never_crash_and_never_pass_for_a_requirement(moment: Moment) -> None:
    thin = (ParticipantFacts(person="p"),)
    for facts in (
        Facts(),
        Facts(participants=thin),
        Facts(participants=thin, classes=(ClassFacts(id="c", zone=Zone.WIT),)),
    ):
        verdicts = run(moment, facts)
        assert {v.rule for v in verdicts} == set(rules_at(moment))
        for v in verdicts:
            assert "{" not in v.text.id + v.text.en


def test_every_verdict_can_be_told_again_from_what_an_event_keeps() -> None:
    facts = Facts(participants=(ParticipantFacts(person="p", qualification="SMA"),))
    for moment in Moment:
        for v in run(moment, facts):
            kept = json.loads(json.dumps(v.facts))
            assert recall(v.rule, kept, v.subject) == v


def test_run_is_deterministic() -> None:
    facts = Facts(participants=(ParticipantFacts(person="p"),), hands={"submitter": ("b", "a")})
    assert run(Moment.programme_submit, facts) == run(Moment.programme_submit, facts)


def test_facts_travel_as_json_and_refuse_misspelt_names() -> None:
    facts = Facts(participants=(ParticipantFacts(person="p"),))
    assert json.loads(facts.model_dump_json())["policy"] == CURRENT.version
    assert Facts.model_validate_json(facts.model_dump_json()) == facts
    with pytest.raises(ValueError, match="seat_confirmed"):
        facts.model_copy(update={"seat_confirmed": 3})


def test_organiser_kinds_are_those_of_the_document() -> None:
    assert [OrganiserKind(kind.key) for kind in ORGANISER_KINDS] == list(OrganiserKind)


def test_the_book_for_people_names_everything() -> None:
    book = rules_markdown()
    assert book == rules_markdown()
    for id in RULES:
        assert f"## {id} – " in book
    for name in CURRENT.parameters():
        assert f"`{name}`" in book
    for entry in CURRENT.tasks:
        assert f"`{entry.kind}`" in book
