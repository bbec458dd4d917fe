"""The comments of a stage change: what was achieved, since when, what comes next, who does what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from app.journey import markers
from app.journey.capability_state import CapabilityProgress
from app.journey.catalogue import Message, message
from app.journey.prose.parts import linked
from app.journey.prose.scene import Scene
from app.journey.record import Announced
from app.journey.text import code, plain


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
    say, stage, who = scene.say, scene.stage, scene.name
    if stage is None:
        return say("{who} has completed the {journey}", who=who, journey=plain(scene.journey.title))
    title = plain(stage.stage.title)
    if change.kind == "step-back":
        return say("{who} steps back to {stage}", who=who, stage=title)
    if scene.progress.practices:
        return say("{who} has reached up to {stage}", who=who, stage=title)
    return say("{who} has reached {stage}", who=who, stage=title)


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
    say, since = scene.say, change.before.since
    heading = say.count(
        (change.today - since).days,
        "Achieved since {day} ({number} day)", "Achieved since {day} ({number} days)", day=since,
    )  # fmt: skip
    lines = [f"### {heading}", ""]
    for stage in (s for s in passed if s.items or not scene.progress.practices):
        lines.append(f"**{plain(stage.stage.title)}**")
        lines += [f"- {linked(i, scene)}" for i in stage.all if i.state == "done"]
        lines += [
            f"- {plain(scene.title(i.capability))} ({say.tell(_waiver(i))})" for i in stage.all if i.state == "waived"
        ]
        lines.append("")
    return "\n".join(lines).rstrip()


def _waiver(item: CapabilityProgress) -> Message:
    """How it counts without being done; the reason is on the status page."""
    if item.waiver is None:
        raise ValueError("it is not waived")
    return message("waived until {until} by {by}", until=item.waiver.until, by=item.waiver.by)


def _reopened(scene: Scene, change: StageChange) -> str:
    lost = [i for s in scene.progress.stages[: change.from_position] for i in s.holding if not i.counts]
    lines = [f"- {linked(i, scene)}: {plain(scene.say.tell(i.because))}" for i in lost]
    return "\n".join([f"### {scene.say('Open again for longer than the grace period')}", "", *lines])


def _what_next(scene: Scene, *, for_partner: bool) -> str:
    say, stage, people = scene.say, scene.stage, scene.partner.people
    lead, architect = code(scene.lead), code(people.sa)
    if stage is None:
        text = say(
            "Every stage is done. {lead}: share what worked; {architect}: plan the yearly review together.",
            lead=lead, architect=architect,
        )  # fmt: skip
        return f"### {say('What comes next')}\n\n{text}"
    heading = say("What comes next: {stage}", stage=plain(stage.stage.title))
    lines = [f"### {heading}", "", plain(say.of_journey(stage.stage.goal)), ""]
    if scene.progress.practices and not stage.items:
        lines.append(say("The work of this stage lies with the practices; the status page shows each of them."))
    for item in stage.items:
        if not item.counts and not item.dormant:
            optional = "" if item.required else f" ({say('optional')})"
            lines.append(f"- {linked(item, scene)}{optional}")
    lines += [
        "",
        f"### {say('Who does what')}",
        "",
        "- " + say("{lead}: assign the issues above and start with the one that is due first.", lead=lead),
        "- " + say("{architect}: agree on the first working session and on who verifies what.", architect=architect),
    ]
    if people.manager and not for_partner:
        lines.append(f"- {code(people.manager)}: tell the account teams; check what the partner may now claim.")
    return "\n".join(lines)
