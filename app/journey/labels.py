"""The labels that the bot owns. All others belong to people and are never touched.

They are group labels, so every partner's people can see their names: no label may ever name a partner.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.journey.model import CATEGORY_TITLES, COMPLETE, Journey

STATUS = "journey::status"
CAPABILITY = "journey::capability"
PARTNER = "journey::partner"
NEWCOMER = "journey::new-partner"
OPTIONAL = "optional"
PENDING = "verify::pending"
VERIFIED = "verify::ok"
WAIVED = "waived"
RENEWAL = "renewal"
BLOCKED = "blocked"
RETIRED = "retired"
QUIET = "reminders::off"
STAGE_PREFIX = "stage::"

_STAGE_COLORS = ("#6699cc", "#1f75cb", "#9475db", "#2da160", "#c17d10", "#a4447c")


@dataclass(frozen=True)
class Label:
    title: str
    color: str
    description: str


def stage_label(stage_id: str) -> str:
    return f"{STAGE_PREFIX}{stage_id}"


def category_label(category: str) -> str:
    return f"category::{category}"


def practice_label(practice: str) -> str:
    """Of all partners with such a practice: it names a business, never a partner."""
    return f"practice::{practice}"


def labels_for(journey: Journey) -> tuple[Label, ...]:
    """All labels that this journey needs in the group, in the order in which boards show them."""
    stages = [
        Label(stage_label(s.id), _STAGE_COLORS[i % len(_STAGE_COLORS)], s.title) for i, s in enumerate(journey.stages)
    ]
    known = {stage.id for stage in journey.stages}
    runs = {s.id: s for practice in journey.practices for s in practice.journey.stages if s.id not in known}
    return (
        *stages,
        *(Label(stage_label(s.id), "#6699cc", "The first stage of a practice") for s in runs.values()),
        *(Label(practice_label(p.id), "#5943b6", "Of this practice") for p in journey.practices),
        Label(stage_label(COMPLETE), "#108548", "All stages done"),
        Label(CAPABILITY, "#dbdbdb", "A capability of the partner journey"),
        Label(STATUS, "#f0ad4e", "The page that says where a partner is"),
        Label(PARTNER, "#333238", "One partner in the portfolio"),
        Label(NEWCOMER, "#1f75cb", "Asks for a new partner"),
        Label(OPTIONAL, "#ececef", "Does not hold a stage"),
        Label(PENDING, "#c17d10", "Waits for a solution architect to confirm it"),
        Label(VERIFIED, "#108548", "Confirmed by a solution architect; only theirs counts"),
        Label(WAIVED, "#a4447c", "Counts for a time although it is not done"),
        Label(RENEWAL, "#9475db", "Its time is running out; do it again"),
        Label(BLOCKED, "#ab6100", "Waits for another capability"),
        Label(RETIRED, "#89888d", "Not part of the journey any more; not counted"),
        Label(QUIET, "#89888d", "On the status issue: the bot sends no reminders"),
        *(Label(category_label(c), "#5943b6", title) for c, title in CATEGORY_TITLES.items()),
    )
