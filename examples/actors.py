"""People who act through the HTTP API, each with an account of their own.

A request whose answer is not known (connection lost, 503) is sent again with the same Idempotency-Key, as
any good client of the API does: nothing acknowledged is lost, nothing done once happens twice.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable, Iterable
from typing import Any

import httpx

PATIENCE = 180.0
"""Seconds for which a request is repeated while the service is away."""
PAUSE = 0.1

Json = dict[str, Any]


class StoryBroken(Exception):
    """The service answered something that the story does not expect; holds status and rule ids only."""


class Actor:
    """One person at work. Keys are made of account and step, so that a story told again sends the same."""

    def __init__(self, http: httpx.AsyncClient, username: str, password: str) -> None:
        self.http = http
        self.username = username
        self._password = password
        self._token = ""
        self.person = ""
        self._seen: dict[str, int] = {}
        """Stream → seq of the latest receipt: sent along, so that nobody judges by an older state of it."""

    async def sign_in(self) -> None:
        answer = await self._again("POST", "/v1/sessions", json=self._credentials(), signed=False)
        self._token, self.person = answer["token"], answer["person"]

    def _credentials(self) -> Json:
        return {"username": self.username, "password": self._password}

    async def get(self, path: str, **params: Any) -> Json:
        return await self._again("GET", path, params={k: v for k, v in params.items() if v != ""})

    async def post(
        self, path: str, step: str, body: Json | None = None, *, stream: str = "", **params: Any
    ) -> Json:
        """A write. `step` names it in the story: the same step is the same act, however often it is sent.
        `stream` is the case that it is about, where the address does not say."""
        key = hashlib.sha256(f"{self.username}/{step}".encode()).hexdigest()[:40]
        headers = {"Idempotency-Key": key}
        if stream in self._seen:
            headers["X-Min-Seq"] = str(self._seen[stream])
        answer = await self._again("POST", path, params=params or None, json=body or {}, headers=headers)
        if {"stream", "seq"} <= answer.keys():
            self._seen[answer["stream"]] = max(answer["seq"], self._seen.get(answer["stream"], 0))
        return answer

    async def send_file(self, path: str, step: str, content: bytes, media_type: str, **params: Any) -> Json:
        key = hashlib.sha256(f"{self.username}/{step}".encode()).hexdigest()[:40]
        return await self._again(
            "POST",
            path,
            params=params or None,
            content=content,
            headers={"Idempotency-Key": key, "Content-Type": media_type},
        )

    async def refused(self, path: str, step: str, body: Json | None = None) -> list[str]:
        """Rule ids of a refusal that the story expects."""
        try:
            await self.post(path, step, body)
        except StoryBroken as broken:
            return list(broken.args[1])
        raise StoryBroken(f"{self.username}: {step} was not refused", [])

    # ---- tasks ---------------------------------------------------------------------------------

    async def tasks(self, kind: str, *, stream: str = "", view: str = "") -> list[Json]:
        """Open tasks of a kind that this person holds, is named for, or may claim."""
        found: list[Json] = []
        for box in (view,) if view else ("mine", "groups"):
            cursor = ""
            while True:
                page = await self.get(
                    "/v1/tasks", view=box, kind=kind, stream=stream, cursor=cursor, limit=100
                )
                found += [t for t in page["items"] if t["state"] in ("OFFERED", "CLAIMED")]
                cursor = page["next"] or ""
                if not cursor:
                    break
        return list({t["id"]: t for t in found}.values())

    async def task(self, kind: str, *, stream: str = "", subject: str = "") -> Json:
        """One task, waiting until it has been written to the inbox."""

        async def look() -> Json | None:
            found = await self.tasks(kind, stream=stream)
            return next((t for t in found if not subject or t["subject"] == subject), None)

        found: Json = await until(look, f"{self.username}: task {kind}")
        return found

    async def complete(
        self,
        kind: str,
        decision: str,
        *,
        stream: str = "",
        subject: str = "",
        step: str = "",
        **body: Any,
    ) -> Json:
        task = await self.task(kind, stream=stream, subject=subject)
        return await self.post(
            f"/v1/tasks/{task['id']}/complete",
            f"{task['id']}/{decision}/{step}",
            {"decision": decision, **body},
            stream=task["stream"],
        )

    # ---- within ----------------------------------------------------------------------------------

    async def _again(self, method: str, path: str, *, signed: bool = True, **how: Any) -> Json:
        end = time.monotonic() + PATIENCE
        headers = how.pop("headers", {})
        while True:
            if signed and not self._token:
                await self.sign_in()
            auth = {"Authorization": f"Bearer {self._token}"} if signed else {}
            try:
                answer = await self.http.request(method, path, headers={**headers, **auth}, **how)
            except httpx.TransportError as error:
                away = type(error).__name__
            else:
                if answer.status_code == 401 and signed:
                    self._token, away = "", "401"
                elif answer.status_code in (429, 502, 503):
                    away = str(answer.status_code)
                elif answer.is_success:
                    return answer.json() if answer.content else {}
                else:
                    raise StoryBroken(
                        f"{self.username}: {method} {path}: {answer.status_code}", rules(answer)
                    )
            if time.monotonic() > end:
                raise StoryBroken(f"{self.username}: {method} {path}: {away} for {PATIENCE:.0f} s", [])
            await asyncio.sleep(PAUSE)

    async def download(self, path: str) -> bytes:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                answer = await self.http.get(path, headers={"Authorization": f"Bearer {self._token}"})
            except httpx.TransportError:
                if time.monotonic() > end:
                    raise
            else:
                if answer.is_success:
                    return answer.content
                if answer.status_code not in (429, 502, 503) or time.monotonic() > end:
                    raise StoryBroken(f"GET {path}: {answer.status_code}", rules(answer))
            await asyncio.sleep(PAUSE)


def rules(answer: httpx.Response) -> list[str]:
    """Rule ids of a problem document; empty when it holds none."""
    try:
        return [str(v["rule"]) for v in answer.json().get("violations", [])]
    except ValueError:
        return []


async def until(look: Callable[[], Any], what: str, *, within: float = PATIENCE) -> Any:
    """What `look` gives as soon as it gives anything. StoryBroken when it never does."""
    end = time.monotonic() + within
    pause = 0.02
    while True:
        found = await look()
        if found:
            return found
        if time.monotonic() > end:
            raise StoryBroken(f"never came: {what}", [])
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, 0.5)


async def together(work: Iterable[Any], at_once: int = 6) -> list[Any]:
    """Do these at the same time, a few at once, as an office full of people does."""
    gate = asyncio.Semaphore(at_once)

    async def one(job: Any) -> Any:
        async with gate:
            return await job

    return list(await asyncio.gather(*(one(job) for job in work)))
