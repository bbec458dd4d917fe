"""What the REST tests share: a seeded sandbox with a project, and real python-gitlab clients for its people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import gitlab
import requests

from app.sandbox.core import Sandbox
from app.sandbox.http import Response, request_for
from app.sandbox.inprocess import requests_adapter
from app.sandbox.seed import seed_world
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


def make_scene(tier: Tier = "ultimate") -> Scene:
    clock = Clock()
    scene = Scene(Sandbox(seed_world(clock, tier=tier, base_url=BASE_URL)), clock)
    bot = scene.client()
    group = bot.groups.get("partners")
    bot.projects.create({"name": "Acme", "path": "acme", "namespace_id": group.id, "initialize_with_readme": True})
    return scene
