"""One seed gives one story: what people do with their partners over some weeks, as plain data, the same in every world.

A `Deed` names a verb and a number; `verbs.py` finds out what that means in a given world. So that a story may be played
twice and compared fairly, whatever the bot saw of it and when:

- All deeds of a day fall within the quiet time before an announcement, so no announcement depends on who was faster.
- Each day begins earlier than the one before, so a grace period never ends in the midst of a later day's deeds.
- What people take away, and files that change at once what counts, come last and not on the same day. A day on
  which issues or milestones are made anew, with its dates, has no closings; a day on which the bot may stop caring for
  an issue, nothing that it would have put right; and what stops the bot has a day of its own.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

SLUGS = ("acme", "globex", "initech")
CLOSINGS = (
    "close", "close", "close", "close stage", "close stage", "close stage", "reopen", "reopen", "flip", "flip",
    "duplicate", "wont do", "move", "verify",
)  # fmt: skip
TALK = (
    "ask", "tick", "comment", "comment", "forge a comment", "write outside", "write inside", "tidy up marks", "rename",
    "label", "unlabel", "drag", "assign", "change due date", "detach", "open up", "adopt", "own issue",
    "own issue", "close own issue", "write in epic", "comment on epic", "label epic", "drag epic", "rename epic",
    "close epic",
)  # fmt: skip
HARMLESS = ("tick", "comment", "forge a comment", "write outside", "assign", "change due date", "own issue")
LOSSES = (
    "delete page", "delete epic", "wipe text", "wipe epic", "delete label", "delete label", "delete board",
    "delete list", "delete hook", "remove member", "edit file",
)  # fmt: skip
GRAVE_LOSSES = ("delete issue", "delete issue", "delete milestone", "flip milestone", "delete project")
UNHEARD = {*LOSSES, *GRAVE_LOSSES, *(verb for verb in TALK if "epic" in verb)}
"""What neither a webhook tells nor a look at the issues that changed: only a deep resync finds it."""
FILES = (
    "join", "join", "waive", "waive", "waive", "end waivers", "rename partner", "change people", "change text",
    "retitle capability",
)  # fmt: skip
OPENINGS = ("join", "skip", "track", "change category", "add capability")
_KINDS = {
    "nothing": (),
    "grave": GRAVE_LOSSES,
    "loss": LOSSES,
    "files": FILES,
    "openings": OPENINGS,
    "plain": ("comment",),
}  # how a day ends
STOPS = ("break partner file", "break journey")


@dataclass(frozen=True)
class Deed:
    """Somebody does something: `minute` of the day's deeds, for which partner, and a number that decides the rest."""

    verb: str
    minute: int
    partner: int
    number: int

    @property
    def slug(self) -> str:
        return SLUGS[self.partner]


@dataclass(frozen=True)
class Day:
    """`after`: days since the last one; `opens`: minutes since midnight; the deeds of a burst, maybe none."""

    after: int
    opens: int
    deeds: tuple[Deed, ...]


@dataclass(frozen=True)
class Story:
    """`onboarded`: the first partner is there already; `tier`: which GitLab it is."""

    seed: int
    tier: str
    onboarded: bool
    days: tuple[Day, ...]

    def __str__(self) -> str:
        lines = [f"story {self.seed} on {self.tier}, {'with' if self.onboarded else 'before'} the first partner"]
        for number, day in enumerate(self.days, 1):
            deeds = "; ".join(f"{d.verb} ({d.slug} {d.number})" for d in day.deeds) or "nothing"
            lines.append(f"  day {number} (+{day.after}): {deeds}")
        return "\n".join(lines)


def write_story(seed: int) -> Story:
    """The story of a seed."""
    rng = random.Random(f"story {seed}")
    partners = 1
    days: list[Day] = []
    broken = False
    length = rng.randint(1, 5)
    for index in range(length):
        last = index == length - 1
        if broken and (last or rng.random() < 0.6):
            deeds: list[tuple[str, int]] = [("mend", 0)]
            broken = False
        elif not last and not broken and rng.random() < 0.08:
            deeds = [(rng.choice(STOPS), 0)]
            broken = True
        else:
            deeds = _burst(rng, partners, calm=broken)
        if ("join", partners) in deeds:
            partners += 1
        minutes = sorted(rng.choices(range(9), k=len(deeds)))
        days.append(
            Day(
                after=rng.choice((1, 1, 2, 3, 5)),
                opens=12 * 60 - 10 * index,
                deeds=tuple(
                    Deed(verb, minute, partner, rng.randrange(1000))
                    for (verb, partner), minute in zip(deeds, minutes, strict=True)
                ),
            )
        )
    tier = rng.choice(("ultimate", "ultimate", "premium", "free"))
    return Story(seed, tier, rng.random() < 0.5, tuple(days))


def _burst(rng: random.Random, partners: int, *, calm: bool) -> list[tuple[str, int]]:
    """Verbs with the partner that each concerns."""
    kind = rng.choices(tuple(_KINDS), (10, 10, 20, *((0, 0) if calm else (20, 10)), 45))[0]
    if kind == "nothing":
        return []
    verbs = {"grave": TALK, "openings": HARMLESS}.get(kind, (*CLOSINGS, *CLOSINGS, *TALK))
    deeds = [(rng.choice(verbs), rng.randrange(partners)) for _ in range(rng.randint(1, 4))]
    verb = rng.choice(_KINDS[kind])
    if verb != "join":
        deeds.append((verb, rng.randrange(partners)))
    elif partners < len(SLUGS):
        deeds.append((verb, partners))
    return deeds
