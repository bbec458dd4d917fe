"""One partner project with people in different roles, for the tests of the sandbox's rules."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from app.sandbox import operations, webhooks
from app.sandbox.seed import seed_world
from app.sandbox.world import DEVELOPER, GUEST, Group, Hook, Label, Project, Tier, User, WorkItem, World

ALL_ISSUE_FLAGS = {
    "issues_events": True,
    "confidential_issues_events": True,
    "note_events": True,
    "confidential_note_events": True,
    "milestone_events": True,
    "emoji_events": True,
    "push_events": False,
}


class Clock:
    """Time that only moves by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_time(self, **amount: float) -> None:
        self.now += timedelta(**amount)


@dataclass
class Receiver:
    """Stands for a webhook receiver: answers with `status` and keeps what it got."""

    status: int = 200
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def __call__(self, url: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], str]:
        self.got.append((url, headers, body))
        return self.status, {"Content-Type": "text/plain"}, "answer"


class Story:
    """`acme.lead` is Developer and `acme.dev` Guest in project `partners/acme`; SAs come from the group."""

    def __init__(self, tier: Tier = "ultimate") -> None:
        self.clock = Clock()
        self.world: World = seed_world(self.clock, tier=tier)
        self.bot, self.sa = self.user("partner-bot"), self.user("gl.sa1")
        self.lead, self.guest, self.stranger = self.user("acme.lead"), self.user("acme.dev"), self.user("globex.lead")
        group = self.world.group_by_path("partners")
        assert group is not None
        self.group: Group = group
        self.project: Project = operations.create_project(self.world, self.bot, group=group, path="acme", name="Acme")
        operations.add_member(self.world, self.bot, self.project, self.lead, DEVELOPER)
        operations.add_member(self.world, self.bot, self.project, self.guest, GUEST)

    def user(self, username: str) -> User:
        user = self.world.user_by_name(username)
        assert user is not None
        return user

    def issue(self, title: str = "Baseline", actor: User | None = None, **attributes: Any) -> WorkItem:
        return operations.create_work_item(
            self.world, actor or self.bot, type="ISSUE", title=title, project=self.project, **attributes
        )

    def epic(self, title: str = "Acme", **attributes: Any) -> WorkItem:
        return operations.create_work_item(
            self.world, self.bot, type="EPIC", title=title, group=self.group, **attributes
        )

    def label(self, title: str) -> Label:
        return operations.create_label(self.world, self.bot, title=title, color="#6699cc", group=self.group)

    def hook(self, url: str = "http://bot.example/hooks", **fields: Any) -> Hook:
        """A project hook that hears everything about issues."""
        return operations.create_hook(
            self.world, self.bot, url=url, project=self.project, **{**ALL_ISSUE_FLAGS, **fields}
        )

    def titles(self, item: WorkItem) -> list[str]:
        return sorted(self.world.labels[label_id].title for label_id in item.label_ids)

    def waiting(self) -> list[dict[str, Any]]:
        """The bodies of all queued deliveries, which are then forgotten."""
        bodies = [json.loads(delivery.request_body) for delivery in self.world.outgoing]
        self.world.outgoing.clear()
        return bodies

    def send(self, receiver: Receiver) -> None:
        assert webhooks.send_next(self.world, receiver) is not None
