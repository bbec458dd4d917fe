"""Where this suite plays: a throw-away subgroup of a group that was made for it, in the sandbox or in a real GitLab.

The trap: a test that touches somebody's work. The group must say in its description that it is for these tests; all
that is made lives in one subgroup with a name of its own, and that subgroup is deleted at the end, whatever happened.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import gitlab
import httpx
import requests
from pydantic import SecretStr

from app.bot import Service
from app.demo.local import BASE_URL, BOT_TOKEN, ManualClock
from app.sandbox.core import Sandbox
from app.sandbox.inprocess import httpx_transport, requests_adapter
from app.sandbox.seed import seed_world
from app.settings import Settings
from app.wiring import open_bot, open_service

MARK = "partner-journey-test-ground"
"""Who puts this word into a group's description allows these tests to make and delete a subgroup there."""
PREFIX = "journey-test-"
VARIABLE = "PARTNER_JOURNEY_REAL_GITLAB_"
NEEDED = ("URL", "TOKEN", "GROUP", "PERSON")


class ForeignGroundError(Exception):
    """The group is not one that was made for these tests."""


@dataclass(frozen=True)
class Site:
    """One GitLab. `person`: somebody who is no member of the group and may be invited to a test project."""

    url: str
    token: str = field(repr=False)
    group: str
    person: str
    pass_time: Callable[[float], None]  # seconds
    clock: Callable[[], datetime]
    adapter: requests.adapters.BaseAdapter | None = None
    transport: httpx.BaseTransport | None = None
    sandbox: Sandbox | None = None

    @contextmanager
    def client(self) -> Iterator[gitlab.Gitlab]:
        with requests.Session() as session:
            if self.adapter is not None:
                session.mount("http://", self.adapter)
            client = gitlab.Gitlab(self.url, private_token=self.token, session=session, keep_base_url=True)
            client.auth()
            yield client


def sandbox_site() -> Site:
    """A fresh sandbox whose group allows the tests."""
    clock = ManualClock()
    sandbox = Sandbox(seed_world(clock, base_url=BASE_URL))
    group = sandbox.world.group_by_path("partners")
    if group is None:
        raise LookupError("the seed has no group partners")
    group.description = f"For tests only: {MARK}"
    return Site(
        BASE_URL, BOT_TOKEN, "partners", "acme.lead", lambda seconds: clock.advance(seconds=seconds), clock,
        requests_adapter(sandbox), httpx_transport(sandbox), sandbox,
    )  # fmt: skip


def real_site() -> Site | str:
    """The GitLab that the environment names, or the reason why there is none. Raises ValueError for half an answer."""
    given = {name: os.environ.get(VARIABLE + name, "") for name in NEEDED}
    missing = ", ".join(VARIABLE + name for name, value in given.items() if not value)
    if missing and any(given.values()):
        raise ValueError(f"A real GitLab is given, but not {missing}; see docs/operate.md.")
    if missing:
        return f"no real GitLab is given: set {missing}; see docs/operate.md"
    url, token, group, person = given.values()
    return Site(url.rstrip("/"), token, group.strip("/"), person, time.sleep, lambda: datetime.now(UTC))


@dataclass(frozen=True)
class Ground:
    """A subgroup that is ours alone."""

    site: Site
    client: gitlab.Gitlab
    group: Any

    @property
    def path(self) -> str:
        return str(self.group.full_path)

    def project(self, path: str, **given: Any) -> Any:
        """A new project in the subgroup; GitLab may take a moment until it answers for it."""
        made = self.client.projects.create({"name": path, "path": path, "namespace_id": self.group.id, **given})
        return self.soon(lambda: self.client.projects.get(made.id))

    def soon(self, ask: Callable[[], Any]) -> Any:
        """What `ask` answers as soon as it does not answer 404; at most a minute later."""
        for _ in range(12):
            try:
                return ask()
            except gitlab.GitlabGetError as error:
                if error.response_code != 404:
                    raise
            self.site.pass_time(5)
        return ask()

    @contextmanager
    def service(self, folder: Path) -> Iterator[Service]:
        """The bot at work in the subgroup, without webhooks and without a quiet time."""
        defaults = {name: each.default for name, each in Settings.model_fields.items()}
        settings = Settings.model_construct(
            **defaults
            | {
                "url": self.site.url, "token": SecretStr(self.site.token), "group": self.path, "settle_minutes": 0,
                "database_url": f"sqlite:///{folder / 'real.sqlite'}",
            }
        )  # fmt: skip
        with (
            open_bot(
                settings, adapter=self.site.adapter, transport=self.site.transport, clock=self.site.clock,
                sleep=self.site.pass_time,
            ) as bot,
            open_service(bot, durable=False) as service,
        ):  # fmt: skip
            bot.prepare()
            yield service


@contextmanager
def throw_away(site: Site) -> Iterator[Ground]:
    """A subgroup for the time of the block. Raises ForeignGroundError for a group that does not carry the mark."""
    with site.client() as client:
        home = client.groups.get(site.group, with_projects=False)
        if MARK not in (home.description or ""):
            raise ForeignGroundError(
                f"The group {site.group} does not say that it is for these tests. Make a group of its own and put "
                f"the word {MARK} into its description."
            )
        name = f"{PREFIX}{secrets.token_hex(4)}"
        group = client.groups.create({"name": name, "path": name, "parent_id": home.id, "visibility": "private"})
        try:
            yield Ground(site, client, client.groups.get(group.id))
        finally:
            remove(client, group.id)


def remove(client: gitlab.Gitlab, group_id: int) -> None:
    """Marks the subgroup for deletion and, where GitLab allows that, ends it at once. Never touches another name."""
    group = client.groups.get(group_id, with_projects=False)
    if not group.path.startswith(PREFIX):
        raise ForeignGroundError(f"{group.full_path} was not made by these tests.")
    group.delete()
    marked = client.groups.get(group_id, with_projects=False)
    try:
        client.groups.delete(group_id, permanently_remove=True, full_path=marked.full_path)
    except gitlab.GitlabDeleteError as error:
        if error.response_code not in (400, 403):  # an administrator may forbid it: then the delay ends it
            raise
