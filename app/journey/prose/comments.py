"""The comments of a stage change: what was achieved, since when, what comes next, who does what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from app.journey import markers
from app.journey.progress import Announced
from app.journey.prose.parts import linked
from app.journey.prose.scene import Scene
from app.journey.text import code, plain, written


@dataclass(frozen=True)
class StageChange:
    """From which position to which, counted in stages; `mark` identifies this very change."""

    before: Announced
    after: Announced
    from_position: int
    to_position: int
    today: date
    practice: str | None = None

    @property
    def mark(self) -> str:
        kind = f"practice/{self.practice}" if self.practice else "stage"
        return f"{kind}/{self.after.changes}/{self.after.stage}"

    @property
    def kind(self) -> str:
        return "step-back" if self.to_position < self.from_position else "advance"


def stage_change_title(scene: Scene, change: StageChange) -> str:
    stage, who = scene.stage, scene.name
    if stage is None:
        return f"{who} has completed the {plain(scene.journey.title)}"
    verb = "steps back to" if change.kind == "step-back" else "has reached"
    up_to = "up to " if scene.progress.practices and change.kind == "advance" else ""
    return f"{who} {verb} {up_to}{plain(stage.stage.title)}"


def stage_change_comment(scene: Scene, change: StageChange, *, for_partner: bool) -> str:
    """The one comment of a stage change: what was achieved, since when, what comes next, who does what."""
    people = scene.partner.people
    callers = [scene.lead, people.sa] if for_partner else [people.sa, *([people.manager] if people.manager else [])]
    head = f"{'🧭' if change.kind == 'step-back' else '🎉'} **{stage_change_title(scene, change)}**"
    calls = " ".join(f"@{name}" for name in dict.fromkeys(callers))
    parts = [markers.mark("comment", change.mark), f"{head}\n\n{calls}"]
    parts.append(_reopened(scene, change) if change.kind == "step-back" else _achieved(scene, change))
    parts.append(_what_next(scene, for_partner=for_partner))
    return "\n\n".join(parts)


def _achieved(scene: Scene, change: StageChange) -> str:
    passed = scene.progress.stages[change.from_position : change.to_position]
    since = change.before.since
    days = (change.today - since).days
    lines = [f"### Achieved since {written(since)} ({days} {'day' if days == 1 else 'days'})", ""]
    for stage in (s for s in passed if s.items or not scene.progress.practices):
        lines.append(f"**{plain(stage.stage.title)}**")
        lines += [f"- {linked(i, scene)}" for i in stage.all if i.state == "done"]
        lines += [f"- {plain(i.capability.title)} ({i.why.split(':')[0]})" for i in stage.all if i.state == "waived"]
        lines.append("")
    return "\n".join(lines).rstrip()


def _reopened(scene: Scene, change: StageChange) -> str:
    lost = [i for s in scene.progress.stages[: change.from_position] for i in s.holding if not i.counts]
    lines = [f"- {linked(i, scene)}: {i.why}" for i in lost]
    return "\n".join(["### Open again for longer than the grace period", "", *lines])


def _what_next(scene: Scene, *, for_partner: bool) -> str:
    stage, people = scene.stage, scene.partner.people
    if stage is None:
        return (
            "### What comes next\n\nEvery stage is done. "
            f"{code(scene.lead)}: share what worked; {code(people.sa)}: plan the yearly review together."
        )
    lines = [f"### What comes next: {plain(stage.stage.title)}", "", plain(stage.stage.goal), ""]
    if scene.progress.practices and not stage.items:
        lines.append("The work of this stage lies with the practices; the status page shows each of them.")
    for item in stage.items:
        if not item.counts and not item.dormant:
            optional = "" if item.required else " (optional)"
            lines.append(f"- {linked(item, scene)}{optional}")
    lines += [
        "",
        "### Who does what",
        "",
        f"- {code(scene.lead)}: assign the issues above and start with the one that is due first.",
        f"- {code(people.sa)}: agree on the first working session and on who verifies what.",
    ]
    if people.manager and not for_partner:
        lines.append(f"- {code(people.manager)}: tell the account teams; check what the partner may now claim.")
    return "\n".join(lines)
