"""docker-compose.yml: valid, without secrets, pinned, checked, hardened; there is no engine to ask."""

import base64
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from secrets import token_bytes, token_hex
from typing import Any

import pytest
from ruamel.yaml import YAML

from settings import ROOT, Settings

COMPOSE = ROOT / "docker-compose.yml"
SECRET_NAME = re.compile(r"PASSWORD|PWD|SECRET|TOKEN|_KEY|KEYS|DATABASE_URL")
REQUIRED = re.compile(r"\$\{[A-Z_]+:\?[^}]+\}")
Services = dict[str, dict[str, Any]]
OPTIONAL_SECRETS = {"SECRET_KEYS_RETIRED"}  # nothing is retired at first


def load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(path.read_text())
    return loaded


@pytest.fixture(scope="module")
def services() -> Services:
    found: Services = load(COMPOSE)["services"]
    return found


def jobs(services: Services) -> set[str]:
    """Services that another one awaits to its end, and that are not started again after it."""
    return {
        name
        for service in services.values()
        for name, needs in service.get("depends_on", {}).items()
        if needs["condition"] == "service_completed_successfully"
    }


def test_the_file_follows_the_compose_specification() -> None:
    command = ["-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    told = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


def test_every_service_is_checked_or_is_a_job(services: Services) -> None:
    done = jobs(services)
    assert done == {"temporal-schema", "temporal-namespace", "migrate"}
    for name, service in services.items():
        assert ("healthcheck" in service) != (name in done), name
        assert service["restart"].startswith("on-failure" if name in done else "unless-stopped"), name


def test_a_service_waits_for_a_condition_that_the_other_one_can_meet(
    services: Services,
) -> None:
    for service in services.values():
        for other, needs in service.get("depends_on", {}).items():
            met = "healthcheck" in services[other] or needs["condition"] != "service_healthy"
            assert met, other


def secrets(services: Services) -> Iterator[tuple[str, str]]:
    for service in services.values():
        for name, value in service.get("environment", {}).items():
            if SECRET_NAME.search(name):
                yield name, str(value)


def test_no_secret_is_written_down(services: Services) -> None:
    found = dict(secrets(services))
    assert {"SECRET_KEY", "DATABASE_URL", "POSTGRES_PASSWORD", "SQL_PASSWORD"} <= found.keys()
    for name, value in secrets(services):
        if name in OPTIONAL_SECRETS:
            assert re.fullmatch(r"\$\{[A-Z_]+:-\}", value), name
        else:
            assert REQUIRED.search(value), f"{name} must be ${{{name}:?…}}"
            # What stands around the variable is an address, never a password.
            assert not re.search(r"://[^:@/]+:(?!\$\{)", value), name


def test_the_example_environment_holds_no_value_that_works() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert {name for name, value in given.items() if value} == set()
    wanted = set(re.findall(r"\$\{([A-Z_]+)", COMPOSE.read_text()))
    assert given.keys() == wanted, "docker-compose.yml and .env.example name different variables"


def test_images_are_pinned(services: Services) -> None:
    for name, service in services.items():
        tag = service["image"].partition(":")[2]
        assert re.match(r"\d+\.\d+(\.\d+)?(-[a-z]+)?$|\$\{BUILD_ID:\?", tag), f"{name}: {service['image']}"
    for image in re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE):
        assert re.search(r":3\.11\.\d+-slim-[a-z]+$", image), image


def test_temporal_is_the_version_that_the_product_is_tested_with(services: Services) -> None:
    needed = re.search(r"go\.temporal\.io/server v(\S+)", (ROOT / "tools/temporal/go.mod").read_text())
    assert needed is not None
    for name in ("temporal", "temporal-schema", "temporal-namespace"):
        assert services[name]["image"].endswith(f":{needed[1]}"), name


def test_services_are_hardened_and_bounded(services: Services) -> None:
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert service["read_only"] or name == "temporal-ui", name
        assert {"cpus", "memory", "pids"} <= service["deploy"]["resources"]["limits"].keys(), name
        assert not service.get("privileged"), name


def test_ports_are_open_on_this_machine_only(services: Services) -> None:
    ports = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert ports.keys() == {"api", "temporal-ui"}
    assert all(port.startswith("127.0.0.1:") for listed in ports.values() for port in listed)
    networks = load(COMPOSE)["networks"]
    assert networks["database"]["internal"]
    assert networks["temporal"]["internal"]


def test_mounted_files_exist(services: Services) -> None:
    mounted = [v for service in services.values() for v in service.get("volumes", []) if v.startswith("./")]
    assert mounted
    for mount in mounted:
        assert (ROOT / mount.split(":")[0]).is_file(), mount
        assert mount.endswith(":ro"), mount


def test_the_product_is_given_settings_that_exist(services: Services) -> None:
    names = {name.upper() for name in Settings.model_fields} | {"READY_FILE", "FORWARDED_ALLOW_IPS"}
    for service in ("api", "worker", "migrate"):
        assert set(services[service]["environment"]) <= names


def test_the_api_is_told_whose_forwarded_addresses_to_believe(services: Services) -> None:
    given = services["api"]["environment"]
    assert given["FORWARDED_ALLOW_IPS"].startswith("${FORWARDED_ALLOW_IPS:?")
    assert given.items() >= services["worker"]["environment"].items()


def test_those_settings_are_accepted_in_production(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With every `${…}` filled in as .env.example asks for, the product starts."""
    filled = {
        "BUILD_ID": "1.0.0",
        "PUBLIC_URL": "https://asesor.example.id",
        "SECRET_KEY": base64.b64encode(token_bytes(32)).decode(),
        "ASESOR_DB_PASSWORD": token_hex(24),
    }
    for name, value in services["worker"]["environment"].items():
        monkeypatch.setenv(name, re.sub(r"\$\{([A-Z_]+):[^}]*\}", lambda m: filled.get(m[1], ""), str(value)))
    assert Settings().check().production


@pytest.mark.parametrize("script", ["postgres/init.sh", "temporal/schema.sh", "temporal/namespace.sh"])
def test_scripts_are_valid_shell(script: str) -> None:
    shell = "bash" if script.startswith("postgres") else "sh"
    told = subprocess.run([shell, "-n", str(ROOT / "deploy" / script)], capture_output=True, check=False)
    assert told.returncode == 0, told.stderr


def test_the_server_configuration_is_valid_once_its_variables_are_filled_in() -> None:
    template = (ROOT / "deploy/temporal/config.yaml").read_text()
    assert template.startswith("# enable-template")
    filled = re.sub(r'"\{\{[^}]*\}\}(:\{\{[^}]*\}\})?"|\{\{[^}]*\}\}', "1", template)
    config = YAML(typ="safe").load(filled)
    assert set(config["services"]) == {"frontend", "history", "matching", "worker"}
    assert load(ROOT / "deploy/temporal/dynamic.yaml")["history.maxTotalUpdates"] == [{"value": 2000}]


def test_the_image_takes_in_named_files_only() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert next(line for line in lines if line and not line.startswith("#")) == "*"
    assert not {"!.env", "!var", "!.git", "!tests", "!."} & set(lines)


def test_what_the_image_takes_in_is_enough_to_start_each_of_its_processes(tmp_path: Path) -> None:
    """The files that are let in, alone in a folder: every process must find there what it imports."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    let_in = [line.removeprefix("!") for line in lines if line.startswith("!")]
    for name in let_in:
        source, target = ROOT / name, tmp_path / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    (tmp_path / "tools" / "bootstrap.py").unlink()
    environ = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "VAR_DIR": str(tmp_path / "var")}
    processes = [["-c", f"import {name}"] for name in ("worker", "web.app", "uvicorn")]
    for arguments in (*processes, ["cli.py", "migrate", "--json"]):
        told = subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert told.returncode == 0, told.stderr[-2000:]
