"""The program's numbers: how fast, how sure, how many. From the partners' standings, which come from GitLab's history.

Nothing here needs the bot's database: the time of a stage is that of its comment, the time of a capability that of its
issue. The trap: an average that one old partner pulls away; times are medians, and each number says of how many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from app.journey.overview import funnel, visits_of
from app.journey.standing import CapabilityStanding, Standing

TRACKS = "tracks/"
JOINT_WIN = "gsi/joint-win"


@dataclass(frozen=True)
class Number:
    """One line of the report. `of` says how many partners or capabilities it is about; `value` None: none yet."""

    group: str
    name: str
    value: float | None
    unit: str
    of: int


def numbers(standings: Sequence[Standing], now: datetime) -> list[Number]:
    """All numbers, in the order in which people read them."""
    return [
        *_funnel(standings, now),
        *_time_to_stage(standings, now),
        *_waiting(standings, now),
        *_quality(standings),
    ]


def _funnel(standings: Sequence[Standing], now: datetime) -> list[Number]:
    steps = funnel(standings, now)
    total = len(standings)
    found = [Number("Partners", "on the journey", total, "partners", total)]
    found += [Number("Partners", f"now in {step.title}", step.here, "partners", total) for step in steps]
    found += [Number("Funnel", f"went on from {step.title}", step.conversion, "%", step.reached) for step in steps[:-1]]
    found += [
        Number("Time in stage", step.title, step.median_days, "days, median", step.reached) for step in steps[:-1]
    ]
    return found


def _time_to_stage(standings: Sequence[Standing], now: datetime) -> list[Number]:
    """From the partner's start to the first time in each later stage."""
    taken: dict[str, list[int]] = {}
    for standing in standings:
        first: dict[str, int] = {}
        for visit in visits_of(standing, now)[1:]:
            if standing.started_at is not None:
                first.setdefault(visit.stage, (visit.began - standing.started_at).days)
        for stage, days in first.items():
            taken.setdefault(stage, []).append(days)
    return [
        Number("Time to stage", step.title, median(taken[step.stage]) if step.stage in taken else None, "days, median",
               len(taken.get(step.stage, [])))
        for step in funnel(standings, now)[1:]
    ]  # fmt: skip


def _waiting(standings: Sequence[Standing], now: datetime) -> list[Number]:
    """How long the partner worked until closing, and how long closed work has waited for the SA so far."""
    items = [item for standing in standings for item in standing.capabilities]
    partner = [(i.closed_at - i.opened_at).total_seconds() / 86_400 for i in items if i.closed_at and i.opened_at]
    architect = [(now - i.waiting_since).total_seconds() / 86_400 for i in items if i.waiting_since]
    return [
        Number("Waiting", "for the partner, opened to closed", _median(partner), "days, median", len(partner)),
        Number(
            "Waiting", "for the SA, closed and not yet confirmed", _median(architect), "days, median", len(architect)
        ),
    ]


def _quality(standings: Sequence[Standing]) -> list[Number]:
    items = [item for standing in standings for item in standing.capabilities]
    counted = [item for item in items if item.counts]
    gated = [item for item in counted if item.verify and item.state != "waived"]
    tracks = [item for item in items if item.capability.startswith(TRACKS)]
    wins = [item for item in items if item.capability.endswith(JOINT_WIN) or item.capability == JOINT_WIN]
    return [
        Number("Quality", "capabilities that count", len(counted), "capabilities", len(items)),
        Number("Quality", "of them confirmed by an SA", _share(gated, counted), "%", len(counted)),
        Number("Quality", "of them waived", _share([i for i in counted if i.state == "waived"], counted), "%",
               len(counted)),
        Number("Certifications", "held", sum(i.counts for i in tracks), "certifications", len(tracks)),
        Number("Joint wins", "won", sum(i.counts for i in wins), "wins", len(wins)),
    ]  # fmt: skip


def _share(part: Sequence[CapabilityStanding], whole: Sequence[CapabilityStanding]) -> float | None:
    return round(100 * len(part) / len(whole), 1) if whole else None


def _median(values: Sequence[float]) -> float | None:
    return round(median(values), 1) if values else None
