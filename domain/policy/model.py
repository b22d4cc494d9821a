"""The shape of a policy: every number that BNSP may change, with its mark and the reason for it.

Marks as in the domain specification: S stands in the user's document and is binding, P is practice found
in public material, D was decided for this product.
"""

from datetime import date
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.errors import NotFound
from domain.roles import Role
from domain.text import Text

Mark = Literal["S", "P", "D"]
MediaType = Literal["application/pdf", "image/jpeg", "image/png"]
"""What can be uploaded at all: the kinds that the product can tell by their bytes. A policy names those it
takes."""


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(Model):
    """Where a number, mode or list comes from: its mark, and why it is what it is, in one line."""

    mark: Mark
    reason: str
    verified: bool = False


class Term(Model):
    """One length of time by name, of what is no task."""

    length: int
    unit: Literal["wd", "days", "months"]
    """`wd` are working days of the case's calendar; `days` and `months` are calendar ones."""
    mark: Mark
    reason: str
    verified: bool = False


class Due(Model):
    """When a task is due: a length from its opening, or (`moment`) `length` working days after the day
    named in `of`; a negative length is before it, 0 is that very day. The one place for it: nothing else
    says when a task is due or how long its answer is waited for."""

    unit: Literal["wd", "hours", "moment"]
    length: int = 0
    of: str = ""


class TaskKind(Model):
    """One kind of human task (domain specification § 4)."""

    kind: str
    group: Role
    also: tuple[Role, ...] = ()
    """Further hats that the person bound to it may wear (AK.01 is signed by candidate and assessor)."""
    bound: Literal["group", "person", "organisation"]
    """Who of the group: all of it, exactly one named person, or the members of one organiser."""
    barred: tuple[str, ...] = ()
    """Steps of the case's `hands` whose persons may not do it."""
    step: str = ""
    """The step that doing it leaves in the case's `hands`; empty when R-SOD does not separate it."""
    decisions: tuple[str, ...]
    """Empty: done by doing it."""
    negative: tuple[str, ...] = ()
    """Decisions that need a reason (the negative ones, a question, and accepting an equivalence)."""
    points: tuple[str, ...] = ()
    """Decisions that need itemised points, which are their reason."""
    evidence: tuple[str, ...] = ()
    """Decisions that need evidence."""
    due: Due
    chain: tuple[Role, ...]
    """Who sees it too when it is late, one group after the other; always ends with operations. Only groups
    that belong to BNSP: an organiser's or a person's task is never shown to other organisers."""
    priority: int = 0
    """0 normal, 1 holds up others, 2 cannot wait; higher first."""
    label: Text
    help: Text
    citation: str


class Requirement(Model):
    """One line of the machine's review of an application: its rule, and the documents that show it."""

    rule: str
    documents: tuple[str, ...]
    pictures: tuple[str, ...] = ()
    """Those of the documents that must be a picture."""
    mark: Mark
    reason: str


class FormKind(Model):
    """A form of the journey, stored as `code` + `template_version` [P]."""

    code: str
    template_version: str
    title: Text
    mark: Mark = "P"
    verified: bool = False

    @property
    def key(self) -> str:
        """How a filed form is named in a case."""
        return f"{self.code}@{self.template_version}"


NAMED_TERMS = frozenset({"draft_idle", "appeal"})
"""Terms that code asks a policy for by name (`Policy.term`)."""


class Policy(Model):
    """One version of everything that BNSP may change without a release. A case keeps its version.

    Every parameter (each field between `external_parts` and `upload_types`) has an entry of its name in
    `sources`; a policy that leaves one out is refused.
    """

    version: str
    effective: date
    status: Literal["placeholder", "verified"]
    note: str

    # R-NOTICE
    external_parts: int = Field(ge=0)
    external_whole: int = Field(gt=0)
    """`external_whole × external ≤ external_parts × total`: 3 of 10."""
    class_maximum: int = Field(gt=0)
    committee_minimum: int = Field(ge=0)
    notice_working_days: int = Field(ge=0)

    # R-Q3, R-TECH, R-REC
    qualification_minimum: int
    qualification_levels: dict[str, int]
    experience_months: int = Field(ge=0)
    recommendation_mode: Literal["agency_only", "every_recommendation"]

    # R-WIN, R-KIT
    window_months: int = Field(ge=0)
    window_mode: Literal["inclusive_both_from_end", "until_after_end", "early_or_after_end"]
    kit: tuple[str, ...]
    direct_evidence: tuple[str, ...]

    # R-MA, R-SOD
    trainers_minimum: int = Field(ge=0)
    candidates_per_assessor: int = Field(gt=0)
    separations: tuple[tuple[str, str], ...]
    """Pairs of steps that no person may have a hand in both."""
    overridable: tuple[tuple[str, str], ...]
    """Pairs that BNSP may lift for a person with a recorded reason."""
    uninvolved: tuple[str, ...]
    """Steps that share nobody with any other step: the appeal panel."""

    # R-BK, R-VOTE, appeals
    reassessments_maximum: int = Field(ge=0)
    reassessment_months: int = Field(ge=0)
    votes_minimum: int = Field(gt=0)
    panel_minimum: int = Field(gt=0)

    # States
    send_backs_maximum: int = Field(ge=0)
    no_shows_maximum: int = Field(gt=0)
    """The no-show that closes the journey."""
    offers_per_reserve: int = Field(gt=0)
    certificate_months: int = Field(gt=0)
    certificate_months_maximum: int = Field(default=120, gt=0)
    """A printed last day further from the day of issue than this is a slip of the pen."""
    certificate_reminder_days: tuple[int, ...]

    # Uploads
    upload_bytes: int = Field(gt=0)
    upload_types: tuple[MediaType, ...]

    terms: dict[str, Term]
    retention: dict[str, Term]
    """How long personal data of each kind is kept (§ 7): BNSP's word, for the erasure of a later part."""
    requirements: tuple[Requirement, ...]
    forms: tuple[FormKind, ...]
    consent_version: str
    tasks: tuple[TaskKind, ...]
    sources: dict[str, Source]

    @classmethod
    def parameter_names(cls) -> tuple[str, ...]:
        """The names of the marked parameters, in the order of this class."""
        names = list(cls.model_fields)
        return tuple(names[names.index("external_parts") : names.index("upload_types") + 1])

    @model_validator(mode="after")
    def _agree(self) -> Self:
        # A parameter that a stored policy does not name yet has its default, and no source of its own.
        owed = set(self.parameter_names()) & (self.model_fields_set | set(self.sources))
        if set(self.sources) != owed:
            odd = sorted(set(self.sources) ^ owed)
            raise ValueError(f"every parameter needs exactly one source: {odd}")
        if len({t.kind for t in self.tasks}) != len(self.tasks):
            raise ValueError("a kind of task stands in the catalogue twice")
        if any(not t.chain or t.chain[-1] is not Role.OPERATIONS for t in self.tasks):
            raise ValueError("every escalation chain ends at BNSP operations")
        if missing := sorted(NAMED_TERMS - set(self.terms)):
            raise ValueError(f"terms that the product asks for are missing: {missing}")
        return self

    def task(self, kind: str) -> TaskKind:
        """The catalogue's entry. Raises NotFound for a kind that this policy does not have."""
        found = next((t for t in self.tasks if t.kind == kind), None)
        if found is None:
            raise NotFound.because(
                "T-KIND", "Jenis tugas itu tidak ada.", "There is no such kind of task.", kind=kind
            )
        return found

    def term(self, name: str) -> int:
        """The length of the term of that name as a bare number, in the unit of its `Term`: the caller counts
        in that unit. Raises NotFound (P-TERM) for an unknown name."""
        found = self.terms.get(name)
        if found is None:
            raise NotFound.because("P-TERM", "Tenggat itu tidak ada.", "There is no such term.", term=name)
        return found.length

    def form(self, code: str) -> FormKind:
        """The present template of a form. Raises NotFound for an unknown code."""
        found = next((f for f in self.forms if f.code == code), None)
        if found is None:
            raise NotFound.because("P-FORM", "Formulir itu tidak ada.", "There is no such form.", form=code)
        return found

    def parameters(self) -> dict[str, Any]:
        """Every marked parameter by its name, in the order of this class."""
        return {name: getattr(self, name) for name in self.parameter_names()}
