"""Settings refuse what is unsafe, name every reason, and never print a secret."""

import base64
import os
import secrets
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from settings import ROOT, Settings, UnsafeSettings, load, settings_markdown


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No variable of the machine that runs the tests may decide their outcome."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    load.cache_clear()
    yield
    load.cache_clear()


def random_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def production(**changes: Any) -> Settings:
    values: dict[str, Any] = {
        "environment": "production",
        "database_url": f"postgresql+asyncpg://asesor:{secrets.token_hex(8)}@db/asesor",
        "temporal_address": "temporal:7233",
        "public_url": "https://asesor.example.id/",
        "build_id": "2026.11.1",
        "secret_key": random_key(),
    }
    return Settings(**{**values, **changes})


def test_defaults_are_usable_as_they_are(tmp_path: Path) -> None:
    settings = Settings(var_dir=tmp_path).check()
    assert settings.database_url == f"sqlite+aiosqlite:///{tmp_path}/asesor.db"
    assert settings.documents == tmp_path / "documents"
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.sandbox


def test_the_environment_is_read_without_prefix(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given = {"SANDBOX": "off", "HTTP_PORT": "8123", "VAR_DIR": str(tmp_path), "CLOCK": "simulation"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = load()
    assert (settings.sandbox, settings.http_port, settings.clock) == (False, 8123, "simulation")
    assert settings.public_url == "http://127.0.0.1:8123"
    assert load() is settings


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="frozen"):
        setattr(Settings(var_dir=tmp_path), "clock", "simulation")  # noqa: B010 (mypy forbids the plain form)


def test_production_with_safe_values_is_accepted() -> None:
    assert production().check().public_url == "https://asesor.example.id"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"database_url": "sqlite+aiosqlite:///x.db"}, "DATABASE_URL"),
        ({"database_url": "postgresql+asyncpg://asesor:postgres@db/asesor"}, "DATABASE_URL"),
        ({"clock": "simulation"}, "CLOCK"),
        ({"secret_key": ""}, "SECRET_KEY"),
        ({"secret_key": "change-me"}, "SECRET_KEY"),
        ({"secret_key": base64.b64encode(bytes(32)).decode()}, "SECRET_KEY"),
        ({"secret_key": base64.b64encode(bytes(range(32))).decode()}, "SECRET_KEY"),
        ({"secret_key": base64.b64encode(b"please-change-me-before-you-use!").decode()}, "SECRET_KEY"),
        ({"secret_key": base64.b64encode(secrets.token_bytes(16)).decode()}, "SECRET_KEY"),
        ({"secret_keys_retired": "short"}, "SECRET_KEYS_RETIRED"),
        ({"public_url": "http://asesor.example.id"}, "PUBLIC_URL"),
        ({"public_url": "https://localhost"}, "PUBLIC_URL"),
        ({"temporal_address": ""}, "TEMPORAL_ADDRESS"),
        ({"build_id": "dev"}, "BUILD_ID"),
        ({"update_timeout": 4}, "UPDATE_TIMEOUT"),
    ],
)
def test_production_refuses(changes: dict[str, Any], named: str) -> None:
    problems = production(**changes).problems()
    assert [problem.id.split()[0].rstrip(":") for problem in problems] == [named]
    assert problems[0].id != problems[0].en


def test_the_sandbox_may_be_off_only_for_a_named_build() -> None:
    assert production(sandbox=False).problems() == []
    refused = production(sandbox=False, build_id="dev").problems()
    assert {problem.en.split(":")[0] for problem in refused} == {"BUILD_ID", "SANDBOX"}


def test_every_reason_is_told_at_once_and_no_secret_with_it() -> None:
    with pytest.raises(UnsafeSettings) as refused:
        production(clock="simulation", secret_key="hunter2-hunter2", public_url="http://x").check()
    assert len(refused.value.problems) == 3
    assert "hunter2" not in str(refused.value)


def test_a_value_of_the_wrong_type_is_refused_without_repeating_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PORT", "not-a-port-hunter2")
    with pytest.raises(UnsafeSettings) as refused:
        load()
    assert "HTTP_PORT" in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_no_secret_is_shown_when_settings_are_printed() -> None:
    settings = production(database_url="postgresql+asyncpg://asesor:hunter2@db/asesor")
    assert "hunter2" not in repr(settings)
    assert settings.secret_key.get_secret_value() not in repr(settings)
    assert "material" not in repr(settings.key("codec"))


def test_the_embedded_key_is_made_once_and_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    first, second = Settings(var_dir=tmp_path), Settings(var_dir=tmp_path)
    assert first.key("codec") == second.key("codec")
    [path] = (tmp_path / "keys").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_processes_that_start_at_once_get_the_same_key(tmp_path: Path) -> None:
    code = "from settings import Settings; print(Settings().key('codec').id)"
    env = {**os.environ, "VAR_DIR": str(tmp_path)}
    children = [
        subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    ids = {child.communicate(timeout=60)[0] for child in children}
    assert len(ids) == 1
    assert len(ids.pop().strip()) == 12


def test_purposes_do_not_share_keys() -> None:
    settings = production()
    assert settings.key("codec").material != settings.key("messages").material


def test_a_retired_key_still_opens_what_it_closed() -> None:
    old, new = random_key(), random_key()
    before = production(secret_key=old).key("codec")
    after = production(secret_key=new, secret_keys_retired=old)
    assert after.check().keys("codec")[1] == before
    assert after.key("codec") != before


def test_a_child_process_gets_the_same_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = Settings(var_dir=tmp_path, sandbox=False, secret_keys_retired=f"{random_key()},{random_key()}")
    for name, value in settings.environ(temporal_address="127.0.0.1:7999").items():
        monkeypatch.setenv(name, value)
    assert load() == settings.model_copy(update={"temporal_address": "127.0.0.1:7999"})


def test_a_child_on_another_port_gets_the_address_of_that_port(tmp_path: Path) -> None:
    environ = Settings(var_dir=tmp_path).environ(http_port=8111)
    assert "PUBLIC_URL" not in environ
    assert environ["HTTP_PORT"] == "8111"


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_the_settings_page_is_up_to_date() -> None:
    assert (ROOT / "docs" / "settings.md").read_text() == settings_markdown(), "run: make docs"
