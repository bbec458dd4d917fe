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
GET_CERTIFIED = "onboarding/get-certified"
COURSES = "courses"
"""What a certification may need besides people."""

DAY = 86_400.0


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
        *_certified(standings),
        *_joint_wins(standings),
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
    """Whose turn it was: the SA's from a closing until it is confirmed or sent back, the partner's all other time."""
    items = [item for standing in standings for item in standing.capabilities if item.owner == "partner"]
    turns = [(item, turn) for item in items if (turn := turns_of(item, now)) is not None]
    done = [turn.partner for item, turn in turns if item.state == "done"]
    looked = [turn.architect for item, turn in turns if item.waiting_since is None and turn.architect > 0]
    waits = [(now - item.waiting_since).total_seconds() / DAY for item in items if item.waiting_since]
    sa, both = sum(turn.architect for _, turn in turns), sum(turn.architect + turn.partner for _, turn in turns)
    return [
        Number("Waiting", "for the partner, until a capability was done", _median(done), "days, median", len(done)),
        Number("Waiting", "for the SA, until a closing was confirmed or sent back", _median(looked), "days, median",
               len(looked)),
        Number("Waiting", "for the SA, closed and not yet confirmed", _median(waits), "days, median", len(waits)),
        Number("Waiting", "for the SA, of all the time since issues were opened",
               round(100 * sa / both, 1) if both else None, "%", len(turns)),
    ]  # fmt: skip


@dataclass(frozen=True)
class Turns:
    """How many days one capability was the partner's turn, and how many the solution architect's."""

    partner: float
    architect: float


def turns_of(item: CapabilityStanding, now: datetime) -> Turns | None:
    """From the opening of its issue until it was done, or until now. None where that cannot be told.

    That is before its issue is opened, when it is waived or dropped, and when it is renewed: GitLab shows the last
    closing only, so a year in which nothing was to be done would count as the partner's.
    """
    if item.opened_at is None or item.state not in ("open", "pending", "done"):
        return None
    valid = (item.valid_until - item.closed_at.date()).days if item.valid_until and item.closed_at else None
    end = (item.confirmed_at or item.closed_at or now) if item.state == "done" else now
    if valid is not None and (end - item.opened_at).days >= valid - 30:
        return None
    begun = item.waiting_since or (item.closed_at if item.confirmed_at else None)
    architect = item.waited / DAY + (max(0.0, (end - begun).total_seconds() / DAY) if begun else 0.0)
    return Turns(max(0.0, (end - item.opened_at).total_seconds() / DAY - architect), architect)


def _quality(standings: Sequence[Standing]) -> list[Number]:
    items = [item for standing in standings for item in standing.capabilities]
    counted = [item for item in items if item.counts]
    gated = [item for item in counted if item.verify and item.state != "waived"]
    return [
        Number("Quality", "capabilities that count", len(counted), "capabilities", len(items)),
        Number("Quality", "of them confirmed by an SA", _share(gated, counted), "%", len(counted)),
        Number("Quality", "of them waived", _share([i for i in counted if i.state == "waived"], counted), "%",
               len(counted)),
    ]  # fmt: skip


def _certified(standings: Sequence[Standing]) -> list[Number]:
    """What confirmed certifications prove. People are not listed anywhere, so the number is the least there can be."""
    tracks = [item for standing in standings for item in standing.capabilities if item.capability.startswith(TRACKS)]
    held = [item for item in tracks if _is_proved(item)]
    people: dict[str, int] = {}
    for standing in standings:
        least: dict[str, int] = {}  # who is needed for two certifications of one partner may be the same person
        for item in standing.capabilities:
            if _is_proved(item):
                for role, count in item.needs.items():
                    least[role] = max(least.get(role, 0), count)
        for role, count in least.items():
            people[role] = people.get(role, 0) + count
    people.pop(COURSES, None)
    first = [item for standing in standings for item in standing.capabilities if item.capability == GET_CERTIFIED]
    trained = sum(map(_is_proved, first))
    return [
        *([Number("Certified people", "partners that have them", trained, "partners", len(first))] if first else []),
        Number("Certified people", "proved by certifications", sum(people.values()), "people or more", len(held)),
        *(Number("Certified people", f"of them {_role(role)}", people[role], "people or more", len(held))
          for role in sorted(people)),
        Number("Certifications", "held", len(held), "certifications", len(tracks)),
    ]  # fmt: skip


def _role(name: str) -> str:
    return name.upper() if len(name) < 4 else name


def _is_proved(item: CapabilityStanding) -> bool:
    return item.counts and item.state != "waived"


def _joint_wins(standings: Sequence[Standing]) -> list[Number]:
    practices = [practice for standing in standings for practice in standing.practices]
    won = sum(practice.joint_win for practice in practices)
    opened = sum(practice.unlocked for practice in practices)
    return [
        Number("Joint wins", "confirmed by an SA", won, "wins", len(practices)),
        Number("Joint wins", "practices unlocked", opened, "practices", len(practices)),
    ]


def _share(part: Sequence[CapabilityStanding], whole: Sequence[CapabilityStanding]) -> float | None:
    return round(100 * len(part) / len(whole), 1) if whole else None


def _median(values: Sequence[float]) -> float | None:
    return round(median(values), 1) if values else None
