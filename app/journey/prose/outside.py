"""What people outside GitLab are told, in chat or mail: a title and a text in Markdown that ends in what to do next.

The trap this avoids: numbers of issues and calls of people, which mean nothing outside GitLab. So capabilities have
their titles here, and people are named but not called.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.journey.capability_state import CapabilityProgress
from app.journey.prose.comments import StageChange, stage_change_title
from app.journey.prose.parts import grace_end
from app.journey.prose.scene import Scene, owner_of
from app.journey.text import code, plain, written


@dataclass(frozen=True)
class Notice:
    """One message for the outside, without its link."""

    title: str
    text: str


def stage_change_notice(scene: Scene, change: StageChange) -> Notice:
    """A stage was reached, lost, or was the last one."""
    people, stage = scene.partner.people, scene.stage
    if change.kind == "step-back":
        parts = ["These were open again for longer than the grace period:", _lost(scene, change.from_position)]
    else:
        passed = scene.progress.stages[change.from_position : change.to_position]
        titles = ", ".join(plain(each.stage.title) for each in passed)
        parts = [f"Achieved since {written(change.before.since)}: {titles}."]
    if stage is None:
        parts.append(f"Next: {code(scene.lead)} shares what worked, {code(people.sa)} plans the yearly review.")
        return Notice(stage_change_title(scene, change), "\n\n".join(parts))
    optional = {True: "", False: " (optional)"}
    left = (i for i in stage.items if not i.counts and not i.dormant)
    rows = [f"- {plain(scene.title(i.capability))}{optional[i.capability.required]}" for i in left]
    parts += [
        "\n".join([f"### {plain(stage.stage.title)}", "", *rows]),
        f"Next: {code(scene.lead)} assigns these issues, {code(people.sa)} agrees on the first working session.",
    ]
    return Notice(stage_change_title(scene, change), "\n\n".join(parts))


def at_risk_notice(scene: Scene) -> Notice:
    """A capability of an earlier stage is open again; there are days left to mend it."""
    position = scene.journey.position(scene.announced.stage) or 0
    last = written(grace_end(scene))
    return Notice(
        f"{scene.name} is at risk of a step back",
        f"These are open again in an earlier stage:\n\n{_lost(scene, position)}\n\n"
        f"Next: {code(scene.lead)} closes them by {last}, and nothing changes. "
        "After that the stage steps back.",
    )


def expiry_notice(scene: Scene, item: CapabilityProgress, until: date) -> Notice:
    """A capability that counts is valid for some days more; `until` is the last of them."""
    capability = item.capability
    return Notice(
        f"{plain(scene.partner.name)}: {plain(scene.title(capability))} expires on {written(until)}",
        f"Next: {code(owner_of(capability, scene.partner))} renews it by {written(until)}. "
        "After that it no longer counts, and its stage is at risk.",
    )


TOLD = 10
"""Findings in one message at most; the rest is counted."""


def trouble_notice(topic: str, findings: Sequence[tuple[str, str, str]]) -> Notice:
    """The connection to GitLab needs somebody. `findings`: what was looked at, what is wrong there, what to do."""
    if len(findings) == 1:
        ((check, text, fix),) = findings
        return Notice(f"Partner Journey: {check}", f"{text}\n\nNext: {fix}")
    rows = [f"- {check}: {text}" for check, text, _ in findings[:TOLD]]
    more = len(findings) - TOLD
    rows += [f"- and {more} more"] if more > 0 else []
    fixes = list(dict.fromkeys(fix for _, _, fix in findings))
    ways = [f"Next: {fixes[0]}", *(f"Or: {fix}" for fix in fixes[1:3])]
    return Notice(f"Partner Journey: {len(findings)} troubles with {topic}", "\n\n".join(["\n".join(rows), *ways]))


def _lost(scene: Scene, position: int) -> str:
    lost = [i for stage in scene.progress.stages[:position] for i in stage.holding if not i.counts]
    return "\n".join(f"- {plain(scene.title(i.capability))}: {plain(i.why)}" for i in lost)
