"""The first page, and the list of what the API can do: plain HTML from our own origin."""

from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.deps import Run
from api.limits import TooOften
from api.routers import certificates
from api.routers.health import state_of
from api.runtime import Runtime
from domain.clock import format_wib
from domain.errors import DomainError
from domain.notices import day_in_words
from domain.text import Text
from settings import ROOT

router = APIRouter(include_in_schema=False)

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(ROOT) / "web" / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
Language = Literal["id", "en"]


@router.get("/", name="status")
async def status(runtime: Run, lang: Language = "id") -> HTMLResponse:
    """What runs, where Temporal's own pages are, and how to sign in."""
    settings = runtime.settings
    page = TEMPLATES.get_template("status.html").render(
        lang=lang,
        parts=[(name, check["ok"], told(name, check)) for name, check in (await state_of(runtime)).items()],
        simulation=settings.clock == "simulation",
        business_now=await _business_now(runtime) if settings.clock == "simulation" else "",
        production=settings.production,
        temporal_ui=f"http://127.0.0.1:{settings.temporal_ui_port}",
        accounts=str(settings.var_dir / "accounts.txt"),
        public_url=settings.public_url,
    )
    return HTMLResponse(page, headers={"Cache-Control": "no-store"})


def told(name: str, check: dict[str, Any]) -> Text:
    """What `/health/ready` found of one part, as a sentence: what is there, or what is waited for."""
    if "error" in check or (name == "database" and not check["ok"]):
        return UNREACHED_PARTS[name]
    match name:
        case "database":
            kind = DATABASES.get(check["kind"], check["kind"])
            return Text(
                id=f"{kind}, skema {check['revision']}.",
                en=f"{kind}, schema {check['revision']}.",
            )
        case "temporal":
            return Text(id="Server menjawab.", en="The server answers.")
        case "worker":
            if not check["ok"]:
                return UNREACHED_PARTS[name]
            return Text(
                id=f"{check['pollers']} penerima kerja mendengarkan antrean.",
                en=f"Listeners on the queue: {check['pollers']}.",
            )
        case "projection":
            if check["seconds"] is None:
                return UNREACHED_PARTS[name]
            seconds = check["seconds"]
            return Text(
                id=f"Tertinggal {f'{seconds:.1f}'.replace('.', ',')} detik; pemberitahuan menunggu: "
                f"{check['outbox']}; perkara yang perlu dilihat petugas: {check['attention']}.",
                en=f"{seconds:.1f} s behind; notices waiting: {check['outbox']}; cases that operations must "
                f"look at: {check['attention']}.",
            )
        case _:
            if check.get("looked_at") is None:
                return UNREACHED_PARTS[name] if not check["ok"] else NEVER_LOOKED
            looked = format_wib(datetime.fromisoformat(check["looked_at"]))
            return Text(
                id=f"Diperiksa {looked}; terlambat diarsipkan: {check['overdue']}.",
                en=f"Looked at {looked}; overdue: {check['overdue']}.",
            )


DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
NEVER_LOOKED = Text(id="Belum ada yang perlu diarsipkan.", en="Nothing to archive yet.")
UNREACHED_PARTS = {
    "database": Text(
        id="Tidak terjangkau, atau belum disiapkan (`asesor migrate`).",
        en="Cannot be reached, or is not prepared yet (`asesor migrate`).",
    ),
    "temporal": Text(
        id="Tidak menjawab; dicoba lagi terus.", en="Does not answer; it is tried again all the time."
    ),
    "worker": Text(
        id="Tidak ada yang mendengarkan antrean: perkara menunggu.",
        en="Nobody listens to the queue: cases wait.",
    ),
    "projection": Text(
        id="Tidak diketahui selama basis data tidak terjangkau.",
        en="Not known while the database cannot be reached.",
    ),
    "archive": Text(
        id="Tidak diketahui selama basis data tidak terjangkau.",
        en="Not known while the database cannot be reached.",
    ),
}


async def _business_now(runtime: Runtime) -> str:
    try:
        return format_wib(await runtime.gateway.business_now())
    except DomainError:
        return "–"


@router.get("/check/{code:path}", name="check_page")
async def check_page(code: str, request: Request, runtime: Run, lang: Language = "id") -> HTMLResponse:
    """What the QR on a certificate leads to: what it is worth, for anybody (`/v1/check/{code}` as a page)."""
    found, status_code, headers = None, 404, dict(certificates.CHECK_HEADERS)
    try:
        certificates.CHECK_BRAKE.check(request)
        found = await certificates.look_up(runtime, code)
        status_code = 200 if found else 404
    except TooOften as often:
        status_code = often.status
        headers["Retry-After"] = f"{certificates.CHECK_BRAKE.every:.0f}"
    days = {
        day: day_in_words(date.fromisoformat(found[day])) if found else None
        for day in ("issued_on", "valid_until")
    }
    page = TEMPLATES.get_template("check.html").render(
        lang=lang,
        found=found,
        often=status_code == TooOften.status,
        **{day: (text.en if lang == "en" else text.id) if text else "" for day, text in days.items()},
    )
    return HTMLResponse(page, status_code, headers)


@router.get("/docs", name="docs")
async def docs(request: Request, lang: Language = "id") -> HTMLResponse:
    """Every address of the API, from its own OpenAPI document."""
    schema = request.app.openapi()
    page = TEMPLATES.get_template("docs.html").render(
        lang=lang,
        title=schema["info"]["title"],
        description=schema["info"]["description"],
        groups=_groups(schema),
    )
    return HTMLResponse(page)


def _groups(schema: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Operations by tag, in the order in which they stand in the document."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            body = operation.get("requestBody", {}).get("content", {})
            entry = {
                "id": operation.get("operationId", ""),
                "method": method.upper(),
                "path": path,
                "summary": operation.get("summary", ""),
                "description": operation.get("description", ""),
                "parameters": operation.get("parameters", []),
                "bodies": [
                    {"media": media, "fields": _fields(schema, content.get("schema", {}))}
                    for media, content in body.items()
                ],
            }
            groups.setdefault((operation.get("tags") or ["–"])[0], []).append(entry)
    return groups


def _fields(schema: dict[str, Any], shape: dict[str, Any]) -> list[dict[str, Any]]:
    """The fields of a body: name, kind, whether it is required."""
    for part in (shape, *shape.get("anyOf", [])):
        if "$ref" in part:
            shape = schema["components"]["schemas"][part["$ref"].rpartition("/")[2]]
    required = set(shape.get("required", []))
    return [
        {
            "name": name,
            "kind": _kind(field),
            "required": name in required,
            "help": field.get("description", ""),
        }
        for name, field in shape.get("properties", {}).items()
    ]


def _kind(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return str(field["$ref"].rpartition("/")[2])
    if "enum" in field:
        return " | ".join(map(str, field["enum"]))
    if "anyOf" in field or "oneOf" in field:
        return " | ".join(_kind(f) for f in field.get("anyOf") or field["oneOf"])
    if field.get("type") == "array":
        return f"[{_kind(field.get('items', {}))}]"
    return str(field.get("format") or field.get("const") or field.get("type") or "–")
