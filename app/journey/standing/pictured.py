"""The map of a kept standing, for pages and the command line: no look at GitLab is needed."""

from __future__ import annotations

from datetime import date

from app.journey.model import Journey
from app.journey.picture import Picture, PictureCapability, PictureStage, practice_step
from app.journey.standing.value import Standing, index_of


def standing_picture(journey: Journey, found: Standing, *, as_of: date | None = None) -> Picture:
    stages = (
        PictureStage(
            stage.title,
            stage.goal,
            tuple(
                PictureCapability(c.title, c.state, c.counts, c.required)
                for c in found.capabilities
                if c.stage == stage.id and c.practice is None
            )
            + _runs(found, stage.id),
        )
        for stage in journey.stages
    )
    closings = [c.closed_at.date() for c in found.capabilities if c.counts and c.closed_at]
    return Picture(
        title=journey.title,
        stages=tuple(stages),
        partner=found.name,
        position=found.position,
        last_step=max(closings, default=None),
        as_of=as_of,
        at_risk=found.at_risk_until is not None,
    )


def _runs(found: Standing, stage: str) -> tuple[PictureCapability, ...]:
    """Each practice that walks this stage, as one step of it."""
    index = {p.id: index_of(p.stages, stage) for p in found.practices}
    return tuple(practice_step(p.id, index[p.id], p.position) for p in found.practices if index[p.id] < len(p.stages))
