"""`make demo ARGS=--once`: one partner's whole journey, headless, as a table, and a verdict on the end state.

Thirty-one closings in four stages, nine of which a solution architect confirms. Each row says what a person did, what
the bot did about it and how many requests it used. The verdict is read from the sandbox's state, not from what the bot
says of itself.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from app.demo.local import ACME, LocalStage, local_stage, sandbox_tier
from app.journey import labels, markers
from app.journey.model import COMPLETE
from app.sandbox.world import Note, WorkItem

_DAYS_BETWEEN = 6
_ARCHITECT = "gl.sa1"


@dataclass(frozen=True)
class Row:
    """One thing that a person did and what followed."""

    day: str
    who: str
    did: str
    bot: str
    requests: int
    stage_change: bool = False


def play(console: Console, *, tier: str = "ultimate") -> bool:
    """Plays the journey on the sandbox of a tier and prints it. True when the end state is right."""
    table = Table(title="The journey of Acme Integrators, on the sandbox GitLab", title_justify="left", expand=True)
    for heading, options in (("Day", {}), ("Who", {}), ("Did", {"ratio": 5}), ("The bot then", {"ratio": 6})):
        table.add_column(heading, **options)  # type: ignore[arg-type]
    table.add_column("Requests", justify="right")
    with (
        tempfile.TemporaryDirectory() as folder,
        local_stage(f"sqlite:///{Path(folder) / 'demo.sqlite'}", tier=sandbox_tier(tier)) as stage,
    ):
        total = 0
        for row in _rows(stage):
            style = "bold green" if row.stage_change else None
            table.add_row(row.day, row.who, row.did, row.bot, str(row.requests), style=style)
            total += row.requests
        console.print(table)
        return _verdict(console, stage, total)


def _rows(stage: LocalStage) -> Iterator[Row]:
    first_day = stage.clock.now
    stage.write_partner_file("acme", ACME)
    yield _row(stage, first_day, "root", "merges the request that adds partners/acme.yaml", settle_more=False)
    while open_items := [i for i in stage.issues("acme", state="opened") if _capability(i)]:
        stage.clock.advance(days=_DAYS_BETWEEN)
        item = min(open_items, key=lambda i: (i.due_date is None, i.due_date, i.iid))
        who = next((stage.world.users[u].username for u in item.assignee_ids), "acme.lead")
        stage.finish(item, who)
        yield _row(stage, first_day, who, f"gives evidence and closes #{item.iid} {item.title}", settle_more=True)
        if labels.PENDING in _label_titles(stage, item):
            stage.clock.advance(days=1)
            stage.comment(item, _ARCHITECT, "/journey verify")
            yield _row(stage, first_day, _ARCHITECT, f"comments /journey verify on #{item.iid}", settle_more=True)


def _row(stage: LocalStage, first_day: object, who: str, did: str, *, settle_more: bool) -> Row:
    newest = max((run.id for run in stage.service.store.runs(limit=1)), default=0)
    stage.settle()
    if settle_more:  # the quiet time before an announcement
        stage.clock.advance(minutes=11)
        stage.settle()
    runs = [run for run in reversed(stage.service.store.runs(limit=20)) if run.id > newest]
    made = [action for run in runs for action in run.actions]
    day = (stage.clock.now - first_day).days + 1  # type: ignore[operator]
    changed = any("comment stage/" in action for action in made)
    return Row(str(day), who, did, _summary(made), sum(run.requests for run in runs), changed)


def _summary(actions: list[str]) -> str:
    """Groups the bot's actions into a line that a person reads at a glance."""
    kinds = {
        ("comment", "comments"): sum("+ comment" in a for a in actions),
        ("reaction", "reactions"): sum("+ reaction" in a for a in actions),
        ("issue opened", "issues opened"): sum(a.startswith("+ issue") for a in actions),
        ("label", "labels"): sum(a.startswith("+ label") for a in actions),
        ("milestone", "milestones"): sum("milestone" in a for a in actions),
        ("file committed", "files committed"): sum(int(a.split()[3]) for a in actions if a.startswith("~ commit of")),
        ("person invited", "people invited"): sum(len(a.split(",")) for a in actions if a.startswith("+ members")),
    }
    words = [f"{count} {one if count == 1 else many}" for (one, many), count in kinds.items() if count]
    pages = [w for w, mark in (("status page", "~ issue page/status"), ("epic", "~ epic")) if mark in actions]
    pages[:0] = ["issue"] if any(a.startswith("~ issue ") and "page/" not in a for a in actions) else []
    created = [
        w for w, mark in (("project", "+ project"), ("epic", "+ epic"), ("webhook", "+ webhook")) if _any(actions, mark)
    ]
    created += (
        [f"{sum(a.startswith('+ board') and 'list' not in a for a in actions)} boards"]
        if _any(actions, "+ board")
        else []
    )
    parts = [*([f"creates {', '.join(created)}"] if created else []), *words]
    parts += [f"updates {_listed(pages)}"] if pages and not created else []
    return "; ".join(parts) or "nothing to do"


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _any(actions: list[str], start: str) -> bool:
    return any(a.startswith(start) for a in actions)


def _verdict(console: Console, stage: LocalStage, requests: int) -> bool:
    """Checks the end state in the sandbox, line by line."""
    items = [i for i in stage.issues("acme") if _capability(i)]
    page = next(i for i in stage.issues("acme") if markers.find("page", i.description) == "status")
    epic = next(i for i in stage.world.work_items.values() if markers.find("partner", i.description) == "acme")
    journey = stage.service.reconciler.view("acme").journey
    plan = stage.service.reconciler.view("acme").plan
    checks = {
        "31 capabilities, one issue each, all closed": len(items) == 31
        and len({_capability(i) for i in items}) == 31
        and all(i.state == "closed" for i in items),
        "exactly one comment per stage change on the status issue": _told(page.notes) == 4,
        "exactly one comment per stage change on the epic": _told(epic.notes) == 4,
        "status issue and epic carry the label stage::complete": all(
            labels.stage_label(COMPLETE) in _label_titles(stage, i) for i in (page, epic)
        ),
        "all four milestones closed": [m.state for m in stage.world.milestones.values()]
        == ["closed"] * len(journey.stages),
        "nine gates passed, each confirmed by the solution architect": sum(
            labels.VERIFIED in _label_titles(stage, i) for i in items
        )
        == 9,
        "planning again finds nothing to do": not plan,
    }
    for text, right in checks.items():
        console.print(f"  [{'green' if right else 'bold red'}]{'✓' if right else '✗'}[/] {text}")
    console.print(
        f"\n{requests} requests to GitLab in all. Next: [bold]make demo[/] and play it yourself in the browser."
    )
    return all(checks.values())


def _capability(item: WorkItem) -> str | None:
    return markers.find("capability", item.description)


def _told(notes: list[Note]) -> int:
    return sum((markers.find("comment", note.body) or "").startswith("stage/") for note in notes)


def _label_titles(stage: LocalStage, item: WorkItem) -> set[str]:
    return {stage.world.labels[label].title for label in item.label_ids}
