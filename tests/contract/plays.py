"""What is held against the contract: a story that the bot plays, and a tour over the sandbox with python-gitlab.

Both give back plain records: every REST exchange and every webhook. The trap: a story that leaves something out. The
tests compare what was played with the sandbox's route table and with the list of routes that the bot uses.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tour
from tour import Guide

from app.demo.local import ACME, BASE_URL, GLOBEX, LocalStage, ManualClock, local_stage
from app.journey import markers
from app.sandbox import operations, rest
from app.sandbox.core import Sandbox
from app.sandbox.seed import seed_world
from app.sandbox.world import Delivery, JournalEntry, Tier, WorkItem

BOT = "partner-bot"
STORY_TIERS: tuple[Tier, ...] = ("ultimate", "free")
TOUR_TIERS: tuple[Tier, ...] = ("ultimate", "free", "ce")


@dataclass(frozen=True)
class Played:
    """REST exchanges in order, and the webhooks that were made: header and body."""

    exchanges: list[JournalEntry]
    webhooks: list[tuple[str, dict[str, Any]]]

    @property
    def routes(self) -> set[str]:
        """The sandbox's routes that answered with success, as `GET /projects/:id`."""
        found = {route_of(entry) for entry in self.exchanges if 200 <= entry.status < 300}
        return {name for name in found if name is not None}


def route_of(entry: JournalEntry) -> str | None:
    """The sandbox's route of an exchange, as `rest.coverage()` names it."""
    found = rest.TABLE.find(entry.method, entry.path.removeprefix(rest.PREFIX))
    return f"{found[0].method} {found[0].template}" if found else None


def _played(journal: list[JournalEntry], deliveries: list[Delivery]) -> Played:
    exchanges = [entry for entry in journal if entry.path.startswith(rest.PREFIX)]
    return Played(exchanges, [(row.trigger, json.loads(row.request_body)) for row in deliveries])


def play_story(folder: Path, tier: Tier) -> Played:
    """Two partners from their files to the end of the journey, with mistakes in files and hooks."""
    with local_stage(f"sqlite:///{folder / tier}.sqlite", tier=tier) as stage:
        stage.write_partner_file("acme", ACME)
        stage.write_partner_file("globex", GLOBEX)
        stage.settle()
        _mistakes_in_a_file(stage)
        _a_hook_that_leads_elsewhere(stage)
    database, clock = f"sqlite:///{folder / 'after'}.sqlite", stage.clock
    with local_stage(database, world=stage.world, clock=clock) as stage:  # the bot is restarted and has forgotten all
        _a_full_control_project(stage)
        while any(_close_all(stage, slug) for slug in ("acme", "globex")):
            _quiet_time(stage)
        journal = [entry for entry in stage.world.journal if entry.username == BOT]
        return _played(journal, stage.world.deliveries)


def _mistakes_in_a_file(stage: LocalStage) -> None:
    for text in ("name: [\n", "category: nobody\n", ACME):
        stage.write_partner_file("acme", text)
        _quiet_time(stage)


def _a_full_control_project(stage: LocalStage) -> None:
    """More files than one page of GraphQL shows."""
    actions = [{"action": "create", "file_path": f"notes/{number}.md", "content": "-"} for number in range(101)]
    operations.commit_files(
        stage.world, stage.user("root"), stage.project("journey-control"), branch="main", message="Notes",
        actions=actions,
    )  # fmt: skip
    stage.write_partner_file("acme", ACME.replace("EMEA", "APAC"))
    _quiet_time(stage)


def _a_hook_that_leads_elsewhere(stage: LocalStage) -> None:
    project = stage.project("acme")
    (hook,) = [hook for hook in stage.world.hooks.values() if hook.project_id == project.id]
    operations.update_hook(stage.world, stage.user(BOT), hook, url="http://127.0.0.1:9/old")
    stage.service.queue.wake("acme", "a look at the webhook")
    _quiet_time(stage)


def _close_all(stage: LocalStage, slug: str) -> list[WorkItem]:
    waiting = _open_issues(stage, slug)
    for item in waiting:
        stage.close(item, "gl.sa1")
    return waiting


def _open_issues(stage: LocalStage, slug: str) -> list[WorkItem]:
    return [i for i in stage.issues(slug, state="opened") if markers.find("capability", i.description)]


def _quiet_time(stage: LocalStage) -> None:
    stage.settle()
    stage.clock.advance(minutes=11)
    stage.settle()


def play_tour(tier: Tier) -> Played:
    """Every route of the sandbox through python-gitlab, so far as the tier has it."""
    world = seed_world(ManualClock(), tier=tier, base_url=BASE_URL)
    guide = Guide(Sandbox(world))
    tour.visit(guide)
    return _played(world.journal, [*world.deliveries, *world.outgoing])
