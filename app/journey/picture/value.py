"""What a picture shows, as a value: made from a journey and a partner's progress, or blank from a journey alone.

The trap: a picture of how things are *before* a plan is applied. Issues of a reached stage that this very plan opens
count as open already, else the next plan would draw the picture anew.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from app.journey.capability_state import CapabilityProgress
from app.journey.catalogue import IN_ENGLISH, Catalogue, message
from app.journey.model import Journey, Partner
from app.journey.progress import Progress
from app.journey.record import Announced

SPOKEN_STATES = {
    "done": message("done"),
    "open": message("open"),
    "not started": message("not started yet"),
    "pending": message("waits for the solution architect"),
    "waived": message("waived"),
    "renewing": message("to be renewed"),
    "expired": message("expired"),
    "dropped": message("closed without being done"),
}


@dataclass(frozen=True)
class PictureCapability:
    """`state` is one of SPOKEN_STATES; one that is not is shown in its own words. `counts`: as far as it is needed."""

    title: str
    state: str
    counts: bool = False
    required: bool = True
    blocked: bool = False


@dataclass(frozen=True)
class PictureStage:
    title: str
    goal: str
    capabilities: tuple[PictureCapability, ...]

    @property
    def name(self) -> str:
        """The title without the number in front of it: `01 - Onboarding (Stand)` is called Onboarding (Stand)."""
        return re.sub(r"^\d+\s*[-\u2013.:)]\s*(?=\S)", "", self.title)

    @property
    def tally(self) -> tuple[int, int]:
        """How many required capabilities count, and how many there are."""
        required = [c for c in self.capabilities if c.required]
        return sum(c.counts for c in required), len(required)


@dataclass(frozen=True)
class Picture:
    """`position` counts reached stages: 0 in the first one, the number of stages when complete, None when blank.

    `last_step`: the day of the last closing. `as_of`: the day of the look; a picture that is kept in a repository has
    none, for it would change every day.
    """

    title: str
    stages: tuple[PictureStage, ...]
    partner: str | None = None
    position: int | None = None
    last_step: date | None = None
    as_of: date | None = None
    at_risk: bool = False
    say: Catalogue = IN_ENGLISH

    @property
    def stage(self) -> PictureStage | None:
        """The stage that the partner is in; None for a blank picture and after the last stage."""
        within = self.position is not None and self.position < len(self.stages)
        return self.stages[self.position or 0] if within else None


def blank_picture(journey: Journey) -> Picture:
    """The map of a journey that nobody walks yet."""
    stages = (
        PictureStage(
            s.title, s.goal, tuple(PictureCapability(c.title, "", required=c.required) for c in s.capabilities)
        )
        for s in journey.stages
    )
    return Picture(journey.title, tuple(stages))


def picture_of(
    journey: Journey, partner: Partner, progress: Progress, announced: Announced, *, say: Catalogue = IN_ENGLISH
) -> Picture:
    """The map with a partner on it: in the stage that was announced, with the state of every capability."""
    position = journey.position(announced.stage) or 0
    stages = (
        PictureStage(
            s.stage.title,
            say.of_journey(s.stage.goal),
            tuple(_capability(item, index <= position, say) for item in s.all) + _runs(progress, s.stage.id, say),
        )
        for index, s in enumerate(progress.stages)
    )
    return Picture(
        title=journey.title,
        stages=tuple(stages),
        partner=partner.name,
        position=position,
        last_step=progress.last_change.date() if progress.last_change else None,
        at_risk=announced.at_risk_since is not None,
        say=say,
    )


def _runs(progress: Progress, stage: str, say: Catalogue) -> tuple[PictureCapability, ...]:
    """Each practice that walks this stage, as one step of it."""
    return tuple(
        practice_step(practice.practice.id, index, practice.run.position, say)
        for practice in progress.practices.values()
        if (index := practice.practice.journey.position(stage)) is not None
    )


def practice_step(practice: str, index: int, position: int, say: Catalogue = IN_ENGLISH) -> PictureCapability:
    """A practice that is at `position` of its run, as a step of that run's stage `index`."""
    state = "done" if position > index else "open" if position == index else "not started"
    return PictureCapability(say("Practice {practice}", practice=practice), state, position > index)


def _capability(item: CapabilityProgress, reached: bool, say: Catalogue) -> PictureCapability:
    state = "open" if reached and item.state == "not started" else item.state
    return PictureCapability(item.capability.title_in(say.language), state, item.counts, item.required)


def spoken(picture: Picture) -> str:
    """The picture in one sentence: its title for screen readers and the alternative text of an image."""
    name = f"{picture.partner}: {picture.title}" if picture.partner else picture.title
    return f"{name}. {headline(picture)}."


def headline(picture: Picture) -> str:
    """Where the partner is, in a few words."""
    say = picture.say
    if picture.position is None:
        count = sum(len(s.capabilities) for s in picture.stages)
        stages = say.count(len(picture.stages), "{number} stage", "{number} stages")
        return f"{stages}, {say.count(count, '{number} capability', '{number} capabilities')}"
    stage = picture.stage
    if stage is None:
        return say("Journey complete: all stages are done")
    done, needed = stage.tally
    tally = say.count(
        needed, "{done} of {number} required capability done", "{done} of {number} required capabilities done",
        done=done,
    )  # fmt: skip
    return f"{stage.name}: {tally}"


def spoken_in_full(picture: Picture) -> str:
    """Everything that the picture shows, for those who do not see it."""
    parts = [spoken(picture)]
    if picture.at_risk:
        parts.append(picture.say("The stage is at risk: a capability of an earlier stage is open again."))
    for stage in picture.stages:
        capabilities = "; ".join(_spoken_capability(c, picture.say) for c in stage.capabilities)
        parts.append(f"{stage.name}: {capabilities}.")
    return "\n".join(parts)


def state_in_words(state: str, say: Catalogue) -> str:
    """One that is not known in its own words."""
    known = SPOKEN_STATES.get(state)
    return say.tell(known) if known else state


def _spoken_capability(capability: PictureCapability, say: Catalogue) -> str:
    words = [state_in_words(capability.state, say)] if capability.state else []
    words += [say("optional")] if not capability.required else []
    words += [say("blocked")] if capability.blocked else []
    return f"{capability.title} ({', '.join(words)})" if words else capability.title
