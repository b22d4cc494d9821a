"""Every setting of the product: typed, loaded once, and refused when unsafe.

Settings come from environment variables of the same name in capitals and from nowhere else, so
what a process runs with is what its environment says. `python settings.py` prints docs/settings.md.
"""

import base64
import binascii
import contextlib
import os
import secrets
import sys
from dataclasses import dataclass, field
from functools import cache, cached_property
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from domain.policy import CURRENT
from domain.text import Text

ROOT = Path(__file__).resolve().parent
KEY_BYTES = 32
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104 (compared, never bound)
WELL_KNOWN_PASSWORDS = frozenset({"", "postgres", "password", "asesor", "changeme", "change-me", "secret"})


class UnsafeSettings(Exception):
    """The settings cannot be used; `problems` holds every reason. Never repeats a value."""

    exit_code = 78  # sysexits.h: a configuration error

    def __init__(self, problems: list[Text]) -> None:
        self.problems = problems
        super().__init__("\n".join(f"{problem.id} / {problem.en}" for problem in problems))


@dataclass(frozen=True)
class Key:
    """32 bytes for one purpose, and the public id under which what they closed is found again."""

    id: str
    material: bytes = field(repr=False)


class Settings(BaseSettings):
    """All settings, frozen. Read them with `load()`; a test builds its own from keywords."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        validate_default=True,
        env_ignore_empty=True,
        hide_input_in_errors=True,  # an error message must not print a key or a password
    )

    environment: Literal["embedded", "production"] = Field(
        "embedded",
        description="`embedded`: everything on one machine, started by us. "
        "`production`: unsafe values are refused.",
    )
    var_dir: Path = Field(
        Path("var"),
        description="Folder of all that the embedded product writes; a relative one begins at the project.",
    )
    clock: Literal["real", "simulation"] = Field(
        "real",
        description="`simulation`: business time moves only when told to (`asesor simulate advance`). "
        "Refused in production.",
    )
    public_url: str = Field(
        "",
        description="Address under which people reach the product. Empty: `http://HTTP_HOST:HTTP_PORT`. "
        "Production: `https://…`.",
    )
    http_host: str = Field("127.0.0.1", description="Address on which the API and the pages listen.")
    http_port: int = Field(8000, ge=1, le=65535, description="Port of the API and the pages.")
    session_hours: float = Field(8, gt=0, le=168, description="Hours until a person has to sign in again.")
    upload_limit: int = Field(
        CURRENT.upload_bytes,
        gt=0,
        le=100 * 1024 * 1024,
        description="Largest upload in bytes that this installation takes, whatever more the policy "
        "(`upload_bytes`) allows; more is answered with 413.",
    )
    journey_documents: int = Field(
        200,
        ge=20,
        le=10_000,
        description="Most documents that one account sends for one application, with room for 2 MiB "
        "each on the average.",
    )
    programme_documents: int = Field(
        3000,
        ge=100,
        le=100_000,
        description="Most documents that one account sends for one programme (a letter for several persons "
        "counts for each), with room for 2 MiB each on the average.",
    )

    database_url: str = Field(
        "",
        repr=False,
        description="SQLAlchemy URL of the database. Empty: a SQLite file in `VAR_DIR`. "
        "Production: `postgresql+asyncpg://…`.",
    )
    sqlite_synchronous: Literal["NORMAL", "FULL"] = Field(
        "FULL",
        description="What SQLite promises at a power cut, for our file and for the embedded Temporal "
        "server's: `FULL` keeps every commit; `NORMAL` is faster (demonstration, tests).",
    )

    temporal_address: str = Field(
        "",
        description="`host:port` of a Temporal server. Empty: the embedded one is found and started by us.",
    )
    temporal_namespace: str = Field("default", min_length=1, description="Temporal namespace of all cases.")
    temporal_port: int = Field(
        7243,
        ge=1,
        le=65535,
        description="First choice for the embedded Temporal server's port; else the next free one.",
    )
    temporal_ui_port: int = Field(
        8243,
        ge=1,
        le=65535,
        description="First choice for the port of Temporal's own pages; else the next free one.",
    )
    temporal_ui_address: str = Field(
        "",
        pattern=r"^(https?://[^\s]+[^/\s])?$",
        description="Address of Temporal's own pages, such as `https://temporal.example.go.id`, to which "
        "those who watch are led from a case. Empty: the embedded server's; in production none.",
    )
    task_queue: str = Field(
        "asesor", min_length=1, description="Temporal task queue that the API and the worker share."
    )
    deployment_name: str = Field(
        "asesor", min_length=1, description="Name of the worker deployment, for worker versioning."
    )
    build_id: str = Field(
        "dev",
        min_length=1,
        description="Version of the running code as Temporal sees it. Production needs one of its own.",
    )
    retention_days: int = Field(
        90,
        ge=1,
        le=3650,
        description="Days that Temporal keeps a closed case's history; archived long before.",
    )
    checkpoint_hours: float = Field(
        1,
        gt=0,
        le=168,
        description="Hours between two signed checkpoints of the ledger; the worker makes one when anything "
        "was written since the last.",
    )
    rpc_timeout: float = Field(5, gt=0, le=60, description="Seconds that one call to Temporal may take.")
    update_timeout: float = Field(
        10,
        gt=0,
        le=120,
        description="Seconds for a whole command, its outcome included; then 503 with Retry-After. "
        "Longer than `RPC_TIMEOUT`.",
    )
    sandbox: bool = Field(
        True,
        description="Run workflows in the SDK's sandbox, about a third of a worker's CPU. "
        "In production only a named `BUILD_ID` may switch it off: one whose tests passed with it on.",
    )
    uvloop: bool = Field(True, description="Use the faster event loop where the platform has it.")

    secret_key: SecretStr = Field(
        SecretStr(""),
        description="Root key, 32 random bytes in base64; the keys of the payload codec, of personal data, "
        "of message tokens and of signatures are derived from it. Empty: made on first use in "
        "`VAR_DIR/keys`, mode 0600. Production: must be given.",
    )
    secret_keys_retired: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (),
        description="Earlier root keys, separated by commas, newest first: they open what they closed "
        "and close nothing new.",
    )

    documents: Path = Field(
        Path(), description="Folder of uploaded and issued documents. Empty: `VAR_DIR/documents`."
    )
    mail_folder: Path = Field(
        Path(), description="Folder in which the embedded product keeps outgoing mail. Empty: `VAR_DIR/mail`."
    )

    log_format: Literal["console", "json"] = Field(
        "console", description="`console` for people, `json` for machines."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="The least serious message that is logged."
    )

    @field_validator("secret_keys_retired", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return (
            tuple(part.strip() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )

    @model_validator(mode="before")
    @classmethod
    def _derive(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Fill what follows from other settings, so that a reader finds one value and no rule."""
        var = ROOT / Path(values.get("var_dir") or "var").expanduser()
        host, port = values.get("http_host") or "127.0.0.1", values.get("http_port") or 8000
        derived = {
            "database_url": f"sqlite+aiosqlite:///{var / 'asesor.db'}",
            "documents": var / "documents",
            "mail_folder": var / "mail",
            "public_url": f"http://{host}:{port}",
        }
        given = {name: value for name, value in values.items() if value not in (None, "")}
        given["public_url"] = str(given.get("public_url", derived["public_url"])).rstrip("/")
        return {**derived, **given, "var_dir": var}

    @property
    def production(self) -> bool:
        return self.environment == "production"

    @property
    def sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @cached_property
    def _roots(self) -> tuple[bytes, ...]:
        """Root keys, the one in use first; makes the embedded one when there is none yet."""
        given = self.secret_key.get_secret_value()
        current = _decode(given) if given else _kept(self.var_dir / "keys" / "root.key")
        return (current, *(_decode(retired.get_secret_value()) for retired in self.secret_keys_retired))

    def keys(self, purpose: str) -> tuple[Key, ...]:
        """Keys for one purpose (`codec`, `persons`, `messages`, `checkpoints` …), the one in use first.

        Different purposes never share a key: a leaked one opens nothing else.
        """
        info = f"asesor/{purpose}".encode()
        materials = [HKDF(hashes.SHA256(), KEY_BYTES, None, info).derive(root) for root in self._roots]
        return tuple(Key(sha256(b"id" + material).hexdigest()[:12], material) for material in materials)

    def key(self, purpose: str) -> Key:
        """The key in use for one purpose."""
        return self.keys(purpose)[0]

    def environ(self, **overrides: object) -> dict[str, str]:
        """These settings as environment variables for a child process, with some replaced."""
        values: dict[str, object] = {name: getattr(self, name) for name in type(self).model_fields}
        values |= {"secret_key": self.secret_key.get_secret_value()}
        values |= {"secret_keys_retired": ",".join(k.get_secret_value() for k in self.secret_keys_retired)}
        if self.public_url == f"http://{self.http_host}:{self.http_port}":
            del values["public_url"]  # it follows the port, which may be one of the replaced
        values |= {name.lower(): value for name, value in overrides.items()}
        return {name.upper(): str(value) for name, value in values.items()}

    def problems(self) -> list[Text]:
        """May the product run with these? The empty list means yes."""
        found = _always(self)
        return [*found, *_in_production(self)] if self.production else found

    def check(self) -> "Settings":
        """Return these settings, or raise UnsafeSettings with every reason."""
        if problems := self.problems():
            raise UnsafeSettings(problems)
        return self


@cache
def load() -> Settings:
    """The settings of this process, read once and checked; raises UnsafeSettings."""
    try:
        return Settings().check()
    except ValidationError as error:
        raise UnsafeSettings(
            [
                Text(
                    id=f"{_name(e['loc'])}: nilai tidak sah ({e['msg']}).",
                    en=f"{_name(e['loc'])}: not a valid value ({e['msg']}).",
                )
                for e in error.errors(include_input=False)
            ]
        ) from None


def _name(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location).upper() or "settings"


def _decode(text: str) -> bytes:
    """32 bytes from base64 (standard or URL alphabet); raises ValueError that does not repeat the text."""
    with contextlib.suppress(binascii.Error, UnicodeEncodeError):
        plain = text.strip().replace("-", "+").replace("_", "/").encode("ascii")
        key = base64.b64decode(plain + b"=" * (-len(plain) % 4), validate=True)
        if len(key) == KEY_BYTES:
            return key
    raise ValueError(f"a root key is {KEY_BYTES} bytes in base64")


def _looks_random(key: bytes) -> bool:
    """False for what people type: words, one repeated byte, a counting sequence."""
    steps = {(after - before) % 256 for before, after in pairwise(key)}
    return len(set(key)) >= KEY_BYTES // 2 and len(steps) > 2 and not all(32 <= byte < 127 for byte in key)


def _kept(path: Path) -> bytes:
    """The key in that file, made first when missing; two processes that start at once get the same one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)  # fails when another process was first: then its key is the key
        draft.unlink()
    return _decode(path.read_text())


def _always(settings: Settings) -> list[Text]:
    found = []
    if settings.update_timeout <= settings.rpc_timeout:
        found.append(
            Text(
                id="UPDATE_TIMEOUT harus lebih besar daripada RPC_TIMEOUT.",
                en="UPDATE_TIMEOUT must be greater than RPC_TIMEOUT.",
            )
        )
    if urlsplit(settings.public_url).scheme not in ("http", "https"):
        found.append(
            Text(
                id="PUBLIC_URL harus dimulai dengan http:// atau https://.",
                en="PUBLIC_URL must begin with http:// or https://.",
            )
        )
    given = settings.secret_key.get_secret_value()
    named = [("SECRET_KEY", given)] if given else []
    named += [("SECRET_KEYS_RETIRED", key.get_secret_value()) for key in settings.secret_keys_retired]
    for name, text in named:
        try:
            random = _looks_random(_decode(text))
        except ValueError:
            random = False
        if not random:
            found.append(
                Text(
                    id=f"{name} bukan 32 byte acak dalam base64. Buat dengan: openssl rand -base64 32",
                    en=f"{name} is not 32 random bytes in base64. Make one with: openssl rand -base64 32",
                )
            )
    return found


def _in_production(settings: Settings) -> list[Text]:
    url, database = urlsplit(settings.public_url), urlsplit(settings.database_url)
    refused = {
        Text(
            id="DATABASE_URL: SQLite tidak dipakai di produksi; berikan postgresql+asyncpg://…",
            en="DATABASE_URL: SQLite is not for production; give postgresql+asyncpg://…",
        ): not settings.database_url.startswith("postgresql"),
        Text(
            id="DATABASE_URL: kata sandi basis data kosong atau umum dikenal.",
            en="DATABASE_URL: the database password is empty or well known.",
        ): settings.database_url.startswith("postgresql")
        and (database.password or "").lower() in WELL_KNOWN_PASSWORDS,
        Text(
            id="CLOCK: jam simulasi tidak boleh dipakai di produksi.",
            en="CLOCK: the simulation clock is not allowed in production.",
        ): settings.clock == "simulation",
        Text(
            id="SECRET_KEY: di produksi kunci harus diberikan, tidak dibuat sendiri.",
            en="SECRET_KEY: production needs a key that is given, not one made by the product.",
        ): not settings.secret_key.get_secret_value(),
        Text(
            id="PUBLIC_URL: produksi memerlukan https:// dan nama yang dapat dijangkau orang.",
            en="PUBLIC_URL: production needs https:// and a name that people can reach.",
        ): url.scheme != "https" or (url.hostname or "") in LOOPBACK | {""},
        Text(
            id="TEMPORAL_ADDRESS: produksi memerlukan kluster Temporal; server tertanam tidak dipakai.",
            en="TEMPORAL_ADDRESS: production needs a Temporal cluster; the embedded server is not used.",
        ): not settings.temporal_address,
        Text(
            id="BUILD_ID: produksi memerlukan versi yang jelas, bukan 'dev'.",
            en="BUILD_ID: production needs a definite version, not 'dev'.",
        ): settings.build_id == "dev",
        Text(
            id="SANDBOX: hanya boleh dimatikan untuk BUILD_ID yang jelas dan sudah diuji dengan sandbox.",
            en="SANDBOX: may be off only for a definite BUILD_ID that was tested with the sandbox on.",
        ): not settings.sandbox and settings.build_id == "dev",
    }
    return [text for text, wrong in refused.items() if wrong]


def settings_markdown() -> str:
    """docs/settings.md, written from the fields above; a test fails when the page is stale."""
    lines = [
        "# Settings",
        "",
        "Each setting is an environment variable. All are checked when a process starts; one that cannot",
        "be used is named in Indonesian and English, and the process ends with exit code 78.",
        "",
        "| Variable | Values | Default | Meaning |",
        "|---|---|---|---|",
    ]
    kinds: dict[Any, str] = {bool: "on, off", int: "whole number", float: "number", Path: "folder"}
    for name, info in Settings.model_fields.items():
        options = (
            get_args(info.annotation) if get_args(info.annotation) and name != "secret_keys_retired" else ()
        )
        kind = kinds.get(info.annotation, "text")
        values = ", ".join(f"`{option}`" for option in options) or kind
        default = info.default
        shown = ("on" if default else "off") if isinstance(default, bool) else str(default)
        shown = "" if default in (Path(), ()) or isinstance(default, SecretStr) or not shown else f"`{shown}`"
        lines.append(f"| `{name.upper()}` | {values} | {shown or '(empty)'} | {info.description} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(settings_markdown())
