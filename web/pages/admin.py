"""Reference data, to read: organisations, schemes, policies with what differs, rules, holidays."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, Response

from api import reference
from api.deps import Operations, Run
from api.reference import Difference, Version, differences, said
from api.routers import organisations as api
from api.runtime import Runtime
from api.schemas.common import Id
from api.schemas.people import LicenceMove
from api.sight import missing
from db.identity import Access
from domain.errors import DomainError
from domain.policy import Policy
from domain.reference import LegalBasis, legal_basis
from domain.roles import LABELS
from domain.rules.book import RULES
from domain.rules.matrix import moments_of
from domain.rules.rule import Rule
from domain.text import Text
from domain.verdict import Violation
from web import acts
from web.deps import go
from web.pages.monitor import Watchers
from web.reading import body_of
from web.render import page
from web.words import LICENCES, ORGANISER_KINDS, OUTCOMES, UNITS

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class AdminPage:
    rules: int


@router.get("/admin", name="admin_page")
async def admin_page(request: Request, access: Watchers, runtime: Run) -> HTMLResponse:
    """What there is to read."""
    return await page(request, runtime, access, "admin.html", AdminPage(len(RULES)))


@dataclass(frozen=True)
class OrganisationsPage:
    q: str
    kind: str
    kinds: dict[str, Text]
    licences: dict[str, Text]
    items: list[dict[str, Any]]


@router.get("/admin/organisations", name="admin_organisations_page")
async def organisations_page(
    request: Request,
    access: Watchers,
    runtime: Run,
    q: Annotated[str, Query(max_length=80)] = "",
    kind: Annotated[str, Query(max_length=20)] = "",
) -> HTMLResponse:
    """Who is registered, with the licence."""
    found = await api.organisations(access, runtime, kind=kind, q=q.strip())
    context = OrganisationsPage(q, kind, ORGANISER_KINDS, LICENCES, found["items"])
    return await page(request, runtime, access, "admin_organisations.html", context)


@dataclass(frozen=True)
class OrganisationPage:
    organisation: dict[str, Any]
    kinds: dict[str, Text]
    licences: dict[str, Text]
    typed: dict[str, str]
    """The move that was refused, with what was typed."""
    errors: tuple[Violation, ...]
    key: str


@router.get("/admin/organisations/{organisation}", name="admin_organisation_page")
async def organisation_page(
    organisation: Id, request: Request, access: Watchers, runtime: Run
) -> HTMLResponse:
    """One organisation's record, with what may be done with its licence."""
    return await _organisation_shown(request, access, runtime, organisation, {})


async def _organisation_shown(
    request: Request,
    access: Access,
    runtime: Runtime,
    organisation: str,
    typed: dict[str, str],
    error: DomainError | None = None,
) -> HTMLResponse:
    found = body_of(await api.organisation(organisation, request, access, runtime))
    errors = tuple(error.violations) if error else ()
    context = OrganisationPage(found, ORGANISER_KINDS, LICENCES, typed, errors, acts.new_key())
    status = error.status if error else 200
    return await page(request, runtime, access, "admin_organisation.html", context, status=status)


@router.post("/admin/organisations/{organisation}/licence", name="admin_move_licence")
async def move_licence(organisation: Id, request: Request, access: Operations, runtime: Run) -> Response:
    """One move of the licence's machine."""
    sent = await request.form()
    typed = {n: str(sent.get(n, "")) for n in ("trigger", "valid_until", "reason", "version")}
    try:
        given = {**{n: v for n, v in typed.items() if v}, "version": int(typed["version"] or 0)}
        body = acts.validated(LicenceMove, given)
        await api.move_licence(organisation, body, Response(), access, acts.key_of(sent), runtime)
    except DomainError as error:
        return await _organisation_shown(request, access, runtime, organisation, typed, error)
    return go(f"/admin/organisations/{organisation}?done=1")


@dataclass(frozen=True)
class SchemesPage:
    schemes: list[dict[str, Any]]


@router.get("/admin/schemes", name="admin_schemes_page")
async def schemes_page(request: Request, access: Watchers, runtime: Run) -> HTMLResponse:
    """Every version of every scheme with its units."""
    context = SchemesPage(await reference.schemes(runtime))
    return await page(request, runtime, access, "admin_schemes.html", context)


@dataclass(frozen=True)
class PoliciesPage:
    versions: list[Version]


@router.get("/admin/policies", name="admin_policies_page")
async def policies_page(request: Request, access: Watchers, runtime: Run) -> HTMLResponse:
    """Every version of the policy."""
    context = PoliciesPage(await reference.versions(runtime))
    return await page(request, runtime, access, "admin_policies.html", context)


@dataclass(frozen=True)
class PolicyPage:
    version: Version
    before: Policy | None
    differences: list[Difference]
    parameters: list[tuple[str, str]]
    units: dict[str, Text]
    roles: dict[Any, Text]
    others: list[str]
    """Versions that this one can be compared with."""


@router.get("/admin/policies/{version}", name="admin_policy_page")
async def policy_page(
    version: Annotated[str, Path(max_length=60)],
    request: Request,
    access: Watchers,
    runtime: Run,
    against: Annotated[str, Query(max_length=60)] = "",
) -> HTMLResponse:
    """One version, with what differs from the one before it, or from the one that is named."""
    found = await reference.versions(runtime)
    this = next((v for v in found if v.policy.version == version), None)
    if this is None:
        raise missing()
    named = next((v.policy for v in found if v.policy.version == against), None)
    older = named or reference.before(found, version)
    context = PolicyPage(
        this,
        older,
        differences(older, this.policy) if older else [],
        [(name, said(value)) for name, value in this.policy.parameters().items()],
        UNITS,
        LABELS,
        [v.policy.version for v in found if v.policy.version != version],
    )
    return await page(request, runtime, access, "admin_policy.html", context)


@dataclass(frozen=True)
class RulesPage:
    rules: list[tuple[Rule, tuple[str, ...], list[LegalBasis]]]
    """Each rule, the moments at which it runs, and what it rests on."""
    outcomes: dict[str, Text]


@router.get("/admin/rules", name="admin_rules_page")
async def rules_page(request: Request, access: Watchers, runtime: Run) -> HTMLResponse:
    """The rule book, from the rules themselves."""
    context = RulesPage(
        [
            (rule, tuple(m.value for m in moments_of(rule.id)), [legal_basis(b) for b in rule.bases])
            for rule in RULES.values()
        ],
        OUTCOMES,
    )
    return await page(request, runtime, access, "admin_rules.html", context)


@dataclass(frozen=True)
class HolidaysPage:
    table: dict[str, Any]


@router.get("/admin/holidays", name="admin_holidays_page")
async def holidays_page(
    request: Request,
    access: Watchers,
    runtime: Run,
    version: Annotated[str, Query(max_length=80)] = "",
    year: Annotated[int, Query(ge=0, le=2200)] = 0,
) -> HTMLResponse:
    """The non-working days of one year of one version."""
    context = HolidaysPage(await reference.holidays(runtime, version, year))
    return await page(request, runtime, access, "admin_holidays.html", context)
