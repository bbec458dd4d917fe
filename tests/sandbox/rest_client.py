"""What the REST tests share: a seeded sandbox with a project, and real python-gitlab clients for its people."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import gitlab
import requests
import uvicorn

from app.sandbox.core import Sandbox
from app.sandbox.http import Response, json_bytes, request_for
from app.sandbox.inprocess import requests_adapter
from app.sandbox.seed import seed_world
from app.sandbox.server import create_app
from app.sandbox.world import Tier, World

BASE_URL = "http://127.0.0.1:8929"


class Clock:
    """Time that moves by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 2, 9, 5, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **delta: float) -> None:
        self.now += timedelta(**delta)


@dataclass
class Scene:
    """A sandbox with the project `partners/acme`, made by the bot through REST."""

    sandbox: Sandbox
    clock: Clock

    @property
    def world(self) -> World:
        return self.sandbox.world

    def client(self, username: str = "partner-bot", token: str | None = None) -> gitlab.Gitlab:
        session = requests.Session()
        session.mount("http://", requests_adapter(self.sandbox))
        return gitlab.Gitlab(BASE_URL, private_token=token or f"sandbox-{username}", session=session)

    def project(self, username: str = "partner-bot") -> Any:
        return self.client(username).projects.get("partners/acme")

    def send(
        self,
        target: str,
        *,
        method: str = "GET",
        body: bytes = b"",
        username: str | None = "partner-bot",
        headers: dict[str, str] | None = None,
        below: str = "/api/v4",
    ) -> Response:
        """A bare request, as curl sends it."""
        token = {"PRIVATE-TOKEN": f"sandbox-{username}"} if username else {}
        request = request_for(f"{below}{target}", method=method, headers=token | (headers or {}), body=body)
        return self.sandbox.handle(request)

    def ask(self, method: str, target: str, body: Any = None, username: str = "partner-bot") -> Response:
        """A request with JSON, as other people's clients send it."""
        content, headers = json_bytes(body) if body else b"", {"Content-Type": "application/json"}
        return self.send(target, method=method, body=content, headers=headers, username=username)

    def done(self, method: str, target: str, body: Any = None, username: str = "partner-bot") -> Any:
        """What `ask` brings, which must be well."""
        answer = self.ask(method, target, body, username)
        assert answer.status < 300, answer.text
        return answer.json() if answer.body else None


def make_scene(tier: Tier = "ultimate") -> Scene:
    clock = Clock()
    scene = Scene(Sandbox(seed_world(clock, tier=tier, base_url=BASE_URL)), clock)
    bot = scene.client()
    group = bot.groups.get("partners")
    bot.projects.create({"name": "Acme", "path": "acme", "namespace_id": group.id, "initialize_with_readme": True})
    return scene


@contextmanager
def running(scene: Scene) -> Iterator[str]:
    """The sandbox on a real socket with its delivery loop; gives its address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    address = scene.world.base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config(create_app(scene.sandbox), log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield address
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
