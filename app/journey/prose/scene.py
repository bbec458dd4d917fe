"""What most texts need to know: who, where, how far, and how to refer to an issue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from app.journey.capability_state import CapabilityProgress
from app.journey.catalogue import IN_ENGLISH, Catalogue
from app.journey.model import Capability, Journey, Partner, Practice
from app.journey.observed import Issue, Place
from app.journey.picture import Picture, picture_of
from app.journey.progress import PracticeProgress, Progress, StageProgress
from app.journey.record import Announced, Record
from app.journey.text import plain

Reference = Callable[[str], str]


@dataclass(frozen=True)
class Scene:
    """What most texts need: who, where, how far, and how to refer to an issue."""

    journey: Journey
    partner: Partner
    place: Place
    progress: Progress
    announced: Announced
    reference: Reference
    record: Record
    now: datetime
    say: Catalogue  # the language of who reads it
    left_behind: tuple[Issue, ...] = ()  # open issues of what is not part of this partner's journey any more
    practice: Practice | None = None  # whose run this is; `journey`, `progress` and `announced` are of that run then
    company: Journey | None = None  # the whole journey, where this is the run of a practice

    @property
    def for_our_side(self) -> Scene:
        """Solution architects and managers read English, whatever the partner's language."""
        return replace(self, say=IN_ENGLISH)

    @property
    def practices(self) -> tuple[Scene, ...]:
        """The runs of the practices, each as a scene of its own."""
        return tuple(self._of_practice(p) for p in self.progress.practices.values())

    def _of_practice(self, found: PracticeProgress) -> Scene:
        told = self.record.of_practice(found.practice, self.now.date())
        return replace(
            self, journey=found.practice.journey, progress=found.run, announced=told, practice=found.practice,
            company=self.journey,
        )  # fmt: skip

    @property
    def lead(self) -> str:
        """Username of who leads this run at the partner."""
        return self.practice.lead if self.practice else self.partner.people.lead

    @property
    def name(self) -> str:
        """Whose run this is."""
        who = plain(self.partner.name)
        return self.say("The practice {id} of {who}", id=self.practice.id, who=who) if self.practice else who

    def title(self, capability: Capability) -> str:
        """Title of a capability in the reader's language, as somebody typed it."""
        return capability.title_in(self.say.language)

    def title_of(self, name: str) -> str:
        """Title of a capability of this run or of the whole journey."""
        return self.title((self.company or self.journey).capability(name))

    @property
    def leads(self) -> Scene:
        """The run that says how far the company is: its own, or that of its furthest practice."""
        if self.stage is None or self.stage.required or not self.progress.practices:
            return self
        here = [s for s in self.practices if s.announced.stage == self.announced.stage]
        return max(here, key=lambda s: s.stage.percent if s.stage else 0, default=self)

    @property
    def stage(self) -> StageProgress | None:
        """The announced stage; None once the journey is complete."""
        position = self.journey.position(self.announced.stage) or 0
        return self.progress.stages[position] if position < len(self.progress.stages) else None

    @cached_property
    def picture(self) -> Picture:
        """The map with the partner on it; no day of the look, so that it changes only with what it shows."""
        return picture_of(self.journey, self.partner, self.progress, self.announced, say=self.say)

    @property
    def project_url(self) -> str:
        return self.place.project_url(self.partner.slug)


def owner_of(capability: Capability, partner: Partner) -> str:
    """Username of the person who does the work unless somebody else is assigned."""
    people = partner.people
    lead = next((p.lead for p in partner.practices if p.id == capability.practice), people.lead)
    return {"partner": lead, "sa": people.sa, "manager": people.manager or people.sa}[capability.owner]


def first_due(item: CapabilityProgress, scene: Scene) -> date:
    """The due date of an issue when it is opened; afterwards people may change it.

    It counts from the start of the stage; where a win opens the issue before, or long after, from today.
    """
    told, capability = scene.announced, item.capability
    if item.required_from is not None:
        return item.required_from
    early = scene.practice is not None and capability.stage != told.stage
    start = scene.now.date() if early or capability.after_wins else told.since
    return start + timedelta(days=capability.days)
