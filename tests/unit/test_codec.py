"""The payload codec, the converter with it, and the endpoint that opens payloads for Temporal's pages."""

import base64
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.exceptions import ApplicationError
from temporalio.worker import UnsandboxedWorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from activities import contracts as c
from activities.codec import EncryptingCodec
from activities.messages import genuine, sign
from activities.plugin import PASSED_THROUGH, data_converter, plugin, workflow_runner
from api.codec_server import codec_router
from db.vault import Vault
from domain.errors import DomainError
from settings import Key, Settings

UI = "http://127.0.0.1:8243"


def key(name: str = "k1") -> Key:
    return Key(name, secrets.token_bytes(32))


def plain(text: bytes = b'"Siti Contoh"') -> Payload:
    return Payload(metadata={"encoding": b"json/plain"}, data=text)


async def test_a_payload_is_unreadable_and_opens_again() -> None:
    codec = EncryptingCodec([key()])
    closed = await codec.encode([plain(), plain()])
    assert b"Siti" not in closed[0].SerializeToString()
    assert b"json/plain" not in closed[0].SerializeToString()
    assert closed[0].data != closed[1].data
    assert await codec.decode(closed) == [plain(), plain()]


async def test_the_first_key_closes_and_all_open() -> None:
    old, new = key("old"), key("new")
    closed = await EncryptingCodec([old]).encode([plain()])
    assert await EncryptingCodec([new, old]).decode(closed) == [plain()]
    fresh = await EncryptingCodec([new, old]).encode([plain()])
    assert fresh[0].metadata["key"] == b"new"
    assert await EncryptingCodec([new]).decode(fresh) == [plain()]


async def changed(closed: Payload, **metadata: bytes) -> Payload:
    other = Payload()
    other.CopyFrom(closed)
    for name, value in metadata.items():
        other.metadata[name] = value
    return other


async def test_decode_never_raises_and_hands_on_what_it_cannot_open() -> None:
    codec = EncryptingCodec([key("k1"), key("k2")])
    [closed] = await codec.encode([plain()])
    hostile = [
        Payload(),
        plain(),
        Payload(metadata={"encoding": b"binary/encrypted"}),
        Payload(metadata=dict(closed.metadata), data=b""),
        Payload(metadata=dict(closed.metadata), data=b"short"),
        Payload(metadata=dict(closed.metadata), data=closed.data[:-1]),
        Payload(metadata=dict(closed.metadata), data=secrets.token_bytes(2000)),
        await changed(closed, key=b"k2"),
        await changed(closed, key=b"\xff\xfe"),
        await changed(closed, cipher=b"rot13"),
    ]
    assert await codec.decode(hostile) == hostile


async def test_something_else_encrypted_with_our_key_is_handed_on() -> None:
    mine = key()
    codec = EncryptingCodec([mine])
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(12)
    bound = b"\x1f".join((b"binary/encrypted", b"aes-256-gcm/1", b"k1"))
    strange = Payload(
        metadata={"encoding": b"binary/encrypted", "cipher": b"aes-256-gcm/1", "key": b"k1"},
        data=nonce + AESGCM(mine.material).encrypt(nonce, b"\xff\xff not a payload", bound),
    )
    assert await codec.decode([strange]) == [strange]


def test_a_codec_needs_a_key() -> None:
    with pytest.raises(ValueError):
        EncryptingCodec([])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(var_dir=tmp_path)


async def test_models_travel_encrypted(settings: Settings) -> None:
    converter = data_converter(settings)
    denial = c.Denial(stream="s", workflow_id="w", what="signal:x", rules=("A-SIGNAL",))
    [closed] = await converter.encode([denial])
    assert b"A-SIGNAL" not in closed.SerializeToString()
    assert await converter.decode([closed], [c.Denial]) == [denial]
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    assert await converter.decode(await converter.encode([moment]), [datetime]) == [moment]


async def test_failures_are_encrypted_message_and_stack_included(settings: Settings) -> None:
    converter = data_converter(settings)
    failure = Failure()
    try:
        raise ApplicationError("R-DUP secret words", {"rule": "R-DUP"}, type="Refused")
    except ApplicationError as error:
        await converter.encode_failure(error, failure)
    stored = failure.SerializeToString()
    assert b"secret" not in stored and b"R-DUP" not in stored and b"test_codec" not in stored
    back = await converter.decode_failure(failure)
    assert isinstance(back, ApplicationError)
    assert back.message == "R-DUP secret words" and back.details == ({"rule": "R-DUP"},)


async def test_a_failure_of_another_key_does_not_raise(settings: Settings, tmp_path: Path) -> None:
    failure = Failure()
    await data_converter(Settings(var_dir=tmp_path / "other")).encode_failure(
        ApplicationError("hidden", type="Refused"), failure
    )
    back = await data_converter(settings).decode_failure(failure)
    assert isinstance(back, ApplicationError) and back.type == "Refused"
    assert "hidden" not in back.message


def test_the_plugin_brings_converter_and_sandbox(settings: Settings) -> None:
    made = plugin(settings, sandbox=True)
    config: Any = made.configure_replayer({"workflows": []})
    assert isinstance(config["data_converter"].payload_codec, EncryptingCodec)
    runner = config["workflow_runner"]
    assert isinstance(runner, SandboxedWorkflowRunner)
    assert set(PASSED_THROUGH) <= runner.restrictions.passthrough_modules
    assert isinstance(workflow_runner(sandbox=False), UnsandboxedWorkflowRunner)
    client: Any = made.configure_client({})  # type: ignore[typeddict-item]  # only what it reads
    assert isinstance(client["data_converter"].payload_codec, EncryptingCodec)


# ---- messages between cases -----------------------------------------------------------------------


def message(**changes: Any) -> c.Message:
    given = {
        "id": "m1",
        "type": "seat_closed",
        "sender": "s1",
        "sender_workflow": "programme-s1",
        "to_workflow": "journey-p-s",
        "application": "a1",
        "body": {"reason": "no_show"},
        **changes,
    }
    return c.Message.model_validate(given)


def test_a_message_is_genuine_only_whole_and_at_its_target() -> None:
    vault = Vault(secrets.token_bytes(32))
    signed = sign(vault, message())
    assert genuine(vault, signed, arrived_at="journey-p-s")
    assert not genuine(vault, signed, arrived_at="journey-other")
    for change in (
        {"body": {"reason": "withdrawn"}},
        {"id": "m2"},
        {"type": "journey_moved"},
        {"sender": "s2"},
        {"application": "a2"},
    ):
        forged = signed.model_copy(update={"message": message(**change)})
        assert not genuine(vault, forged, arrived_at="journey-p-s"), change
    assert not genuine(Vault(secrets.token_bytes(32)), signed, arrived_at="journey-p-s")


# ---- the codec endpoint ---------------------------------------------------------------------------


def app(codec: EncryptingCodec, *, staff: bool = False, trust_loopback: bool = True) -> FastAPI:
    made = FastAPI()

    async def signed_in(_request: Request) -> bool:
        return staff

    @made.exception_handler(DomainError)
    async def refuse(_request: Request, error: DomainError) -> Response:
        return Response(status_code=error.status)

    made.include_router(codec_router(codec, ui_origin=UI, staff=signed_in, trust_loopback=trust_loopback))
    return made


Ask = Callable[..., Awaitable[httpx.Response]]


def client(
    made: FastAPI, *, address: str = "127.0.0.1", base: str = "http://127.0.0.1:8000"
) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=made, client=(address, 50000))
    return httpx.AsyncClient(transport=transport, base_url=base)


def as_json(payload: Payload) -> dict[str, Any]:
    return {
        "metadata": {k: base64.b64encode(v).decode() for k, v in payload.metadata.items()},
        "data": base64.b64encode(payload.data).decode(),
    }


async def test_the_ui_gets_its_payloads_opened() -> None:
    codec = EncryptingCodec([key()])
    closed = [as_json(p) for p in await codec.encode([plain()])]
    async with client(app(codec)) as http:
        answer = await http.post("/codec/decode", json={"payloads": closed}, headers={"Origin": UI})
        assert answer.json() == {"payloads": [as_json(plain())]}
        assert answer.headers["access-control-allow-origin"] == UI
        again = await http.post("/codec/encode", json=answer.json())
        assert (
            again.json()["payloads"][0]["metadata"]["encoding"]
            == base64.b64encode(b"binary/encrypted").decode()
        )
        preflight = await http.options("/codec/decode", headers={"Origin": UI})
        assert preflight.headers["access-control-allow-origin"] == UI


@pytest.mark.parametrize(
    ("headers", "address", "base", "trusted"),
    [
        ({"Origin": "https://evil.example"}, "127.0.0.1", "http://127.0.0.1:8000", True),
        ({"Origin": "null"}, "127.0.0.1", "http://127.0.0.1:8000", True),
        ({}, "10.0.0.7", "http://127.0.0.1:8000", True),
        ({}, "127.0.0.1", "http://rebound.example:8000", True),
        ({"X-Forwarded-For": "10.0.0.7"}, "127.0.0.1", "http://127.0.0.1:8000", True),
        ({}, "127.0.0.1", "http://127.0.0.1:8000", False),
    ],
)
async def test_strangers_get_nothing(headers: dict[str, str], address: str, base: str, trusted: bool) -> None:
    made = app(EncryptingCodec([key()]), trust_loopback=trusted)
    async with client(made, address=address, base=base) as http:
        answer = await http.post("/codec/decode", json={"payloads": []}, headers=headers)
        assert answer.status_code == 403 and "access-control-allow-origin" not in answer.headers
        preflight = await http.options("/codec/decode", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in preflight.headers


async def test_staff_may_from_anywhere_but_not_through_another_page() -> None:
    made = app(EncryptingCodec([key()]), staff=True)
    async with client(made, address="10.0.0.7", base="https://asesor.example") as http:
        assert (await http.post("/codec/decode", json={"payloads": []})).status_code == 200
        evil = {"Origin": "https://evil.example"}
        assert (await http.post("/codec/decode", json={"payloads": []}, headers=evil)).status_code == 403


@pytest.mark.parametrize("body", [b"", b"{", b'{"payloads": 3}', b"\xff\xfe", b"[" * 20000])
async def test_a_broken_body_is_a_422(body: bytes) -> None:
    async with client(app(EncryptingCodec([key()]))) as http:
        assert (await http.post("/codec/decode", content=body)).status_code == 422


async def test_a_huge_body_is_a_413() -> None:
    async with client(app(EncryptingCodec([key()]))) as http:
        assert (await http.post("/codec/decode", content=b"x" * (8 * 1024 * 1024 + 1))).status_code == 413
