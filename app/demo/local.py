"""Sandbox and bot in one process, without a socket: the stage on which the headless demo and the scenarios play.

People act through the sandbox's own operations; the webhooks that follow are delivered by hand, so that a test may
drop, double or delay them; time is moved by hand. The bot is the real one: only the network and the clock differ.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast, get_args

import httpx
from pydantic import SecretStr

from app.bot import Service
from app.crash_points import Passing, carry_on
from app.engine.queue import MemoryQueue
from app.gitlab.errors import Refused
from app.sandbox import operations, webhooks
from app.sandbox.core import Sandbox
from app.sandbox.inprocess import httpx_transport, requests_adapter
from app.sandbox.seed import SITE_SECRET, SITE_UID, seed_world
from app.sandbox.world import Project, Tier, User, WorkItem, World
from app.settings import ChannelSettings, Settings
from app.wiring import open_bot, open_service

SIGNING_TOKEN = "whsec_c2FuZGJveC1zaWduaW5nLXRva2VuLW5vdC1hLXNlY3I="  # noqa: S105 - of the sandbox, guards nothing
BOT_TOKEN = "sandbox-partner-bot"  # noqa: S105 - a fixed token that only the sandbox accepts
BASE_URL = "http://127.0.0.1:8929"
SERVICE_URL = "http://127.0.0.1:8080"

ACME = """\
name: Acme Integrators
category: rsi
region: EMEA
people:
  lead: acme.lead
  engineers: [acme.dev]
  sa: gl.sa1
  manager: gl.cam1
"""
GLOBEX = """\
name: Globex Consulting
category: gsi
region: Americas
tracks: [psp]
people:
  lead: globex.lead
  engineers: [globex.dev]
  sa: gl.sa2
  manager: gl.cam1
"""


@dataclass
class ManualClock:
    """Time that stands still until somebody moves it."""

    now: datetime = field(default_factory=lambda: datetime(2026, 9, 1, 9, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **amount: float) -> None:
        self.now += timedelta(**amount)


def local_settings(*, database_url: str, settle_minutes: float | None = None) -> Settings:
    """Settings of a bot for the sandbox; the environment has no say in them."""
    return Settings.model_construct(
        **{name: field.default for name, field in Settings.model_fields.items()}
        | {
            "url": BASE_URL,
            "token": SecretStr(BOT_TOKEN),
            "group": "partners",
            "public_url": SERVICE_URL,
            "signing_token": SecretStr(SIGNING_TOKEN),
            "api_token": SecretStr("sandbox-api"),
            "oauth_application_id": SITE_UID,
            "oauth_secret": SecretStr(SITE_SECRET),
            "database_url": database_url,
            "settle_minutes": settle_minutes,
        }
    )


def sandbox_tier(name: str) -> Tier:
    """Raises Refused for a tier that GitLab does not have."""
    if name not in get_args(Tier):
        raise Refused(f"There is no tier {name}.", f"Use one of {', '.join(get_args(Tier))}.")
    return cast(Tier, name)


@dataclass
class LocalStage:
    """The sandbox world, the bot's service beside it, and verbs for what people do."""

    world: World
    sandbox: Sandbox
    service: Service
    clock: ManualClock

    # --- people ---

    def user(self, username: str) -> User:
        found = self.world.user_by_name(username)
        if found is None:
            raise KeyError(username)
        return found

    def project(self, slug: str) -> Project:
        found = self.world.project_by_path(f"partners/{slug}")
        if found is None:
            raise KeyError(slug)
        return found

    def write_partner_file(self, slug: str, text: str) -> None:
        """A merge request that adds or changes partners/<slug>.yaml is merged by an administrator."""
        control = self.project("journey-control")
        path = f"partners/{slug}.yaml"
        verb = "update" if path in control.files else "create"
        actions = [{"action": verb, "file_path": path, "content": text}]
        message = f"{verb.capitalize()} partner {slug}"
        operations.commit_files(self.world, self.user("root"), control, branch="main", message=message, actions=actions)

    def issues(self, slug: str, *, state: str | None = None) -> list[WorkItem]:
        """Issues of a partner's project, oldest first."""
        project = self.project(slug)
        items = self.world.work_items.where("project_id", project.id)
        return sorted((i for i in items if state in (None, i.state)), key=lambda i: i.iid)

    def comment(self, item: WorkItem, by: str, body: str) -> None:
        operations.create_note(self.world, self.user(by), item, body=body)

    def finish(self, item: WorkItem, by: str) -> None:
        """The work is done: the evidence is given in a comment, then the issue is closed."""
        self.comment(item, by, f"Evidence: https://example.com/evidence/{item.iid}")
        self.close(item, by)

    def close(self, item: WorkItem, by: str) -> None:
        operations.update_work_item(self.world, self.user(by), item, state_event="close")

    def reopen(self, item: WorkItem, by: str) -> None:
        operations.update_work_item(self.world, self.user(by), item, state_event="reopen")

    # --- the bot ---

    def deliver(self) -> int:
        """Hands every waiting webhook to the bot, in order; returns how many. Does not run anything yet."""
        count = 0
        while webhooks.send_next(self.world, self._post) is not None:
            count += 1
        return count

    def settle(self, *, limit: int = 200) -> int:
        """Delivers webhooks, fires timers and runs reconciles until nothing is left to do; returns the runs made."""
        runs = 0
        queue = self.service.queue
        if not isinstance(queue, MemoryQueue):
            raise TypeError("a local stage runs on the queue in memory")
        while True:
            self.deliver()
            self.service.ticker.tick(self.clock())
            if not queue.waiting():
                return runs
            runs += queue.run_all(limit)

    def _post(self, _url: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], str]:
        lower = {name.lower(): value for name, value in headers.items()}
        status, answer = self.service.intake.receive(lower, body)
        return status, {"content-type": "application/json"}, str(answer)


@contextmanager
def local_stage(
    database_url: str,
    *,
    tier: Tier = "ultimate",
    seed: int = 1,
    settle_minutes: float | None = None,
    clock: ManualClock | None = None,
    world: World | None = None,
    channels: tuple[ChannelSettings, ...] = (),
    outside: httpx.BaseTransport | None = None,
    passing: Passing = carry_on,
    watch: Callable[[Sandbox], None] = lambda _sandbox: None,
    settings: Mapping[str, object] | None = None,
) -> Iterator[LocalStage]:
    """Opens the stage. Give `world` and `clock` of an earlier one to play a restart of the bot.

    `passing`: is called at each of the bot's crash points; `watch`: gets the sandbox before the bot's first request.
    `settings`: replaces some of the bot's own. `channels`: the outside webhooks that hear of stage changes; they are
    the one thing here that uses the network, unless `outside` stands in for it.
    """
    clock = clock or ManualClock()
    world = world or seed_world(clock, seed=seed, tier=tier, base_url=BASE_URL)
    sandbox = Sandbox(world)
    watch(sandbox)
    given = local_settings(database_url=database_url, settle_minutes=settle_minutes)
    given = given.model_copy(update={"channels": channels, **(settings or {})})
    adapter, transport = requests_adapter(sandbox), httpx_transport(sandbox)
    with (
        open_bot(
            given, adapter=adapter, transport=transport, outside=outside, clock=clock, passing=passing,
            sleep=lambda seconds: clock.advance(seconds=seconds), rng=random.Random(seed),  # noqa: S311
        ) as bot,
        open_service(bot, durable=False, rng=random.Random(seed)) as service,  # noqa: S311
    ):  # fmt: skip
        bot.prepare()
        yield LocalStage(world, sandbox, service, clock)
