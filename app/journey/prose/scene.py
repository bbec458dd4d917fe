"""What most texts need to know: who, where, how far, and how to refer to an issue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.journey.model import Capability, Journey, Partner
from app.journey.observed import Place
from app.journey.picture import Picture, picture_of
from app.journey.progress import Announced, Progress, StageProgress
from app.journey.record import Record

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

    @property
    def stage(self) -> StageProgress | None:
        """The announced stage; None once the journey is complete."""
        position = self.journey.position(self.announced.stage) or 0
        return self.progress.stages[position] if position < len(self.progress.stages) else None

    @property
    def picture(self) -> Picture:
        """The map with the partner on it; no day of the look, so that it changes only with what it shows."""
        return picture_of(self.journey, self.partner, self.progress, self.announced)

    @property
    def project_url(self) -> str:
        return self.place.project_url(self.partner.slug)


def owner_of(capability: Capability, partner: Partner) -> str:
    """Username of the person who does the work unless somebody else is assigned."""
    people = partner.people
    return {"partner": people.lead, "sa": people.sa, "manager": people.manager or people.sa}[capability.owner]


def first_due(capability: Capability, announced: Announced) -> date:
    """The due date of an issue when it is opened; afterwards people may change it."""
    return announced.since + timedelta(days=capability.days)
