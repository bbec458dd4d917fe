"""What the bot remembers of one partner, kept hidden in the portfolio item that only SAs can see and edit.

Two things cannot be read off GitLab's present state: what people were told, and what was decided about a closing (who
verified it, whether evidence was asked for). Everything else is observed anew each time. The trap: a memory of our own
that disagrees with GitLab. So a judgement names the very closing that it is about; another closing is judged anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from app.journey.model import Policy, Practice


@dataclass(frozen=True)
class Announced:
    """What the bot has told people so far. `risks`: how often this stage has come to be at risk since then."""

    stage: str
    since: date
    changes: int = 0
    at_risk_since: datetime | None = None
    risks: int = 0

    def grace_end(self, policy: Policy) -> datetime | None:
        """Until when a stage that is at risk is kept; None where none is at risk."""
        return self.at_risk_since + timedelta(days=policy.grace_days) if self.at_risk_since else None


@dataclass(frozen=True)
class CommandWaiver:
    """A waiver given by a comment; `until` is its last day."""

    until: date
    reason: str
    by: str


@dataclass(frozen=True)
class Judgement:
    """What was decided about one capability. Empty until there is something to remember."""

    closing: datetime | None = None  # the closing that was judged
    accepted: bool = False  # it counts: evidence is there, and a gate was passed
    decided: datetime | None = None  # when it was accepted
    by: str | None = None  # the SA who verified it
    asked: bool = False  # evidence was asked for once; the next closing goes to the SA
    questioned: datetime | None = None  # the closing as duplicate, moved or canceled that was asked about
    approved: str | None = None  # the SA who set the label before the closing
    waiver: CommandWaiver | None = None
    answered: int = 0  # highest id of a comment whose command was answered
    valid_until: date | None = None  # counts until then, also while it is renewed
    due: date | None = None  # the due date that the bot set
    blocked: bool = False  # the bot set the label
    assigned: bool = False  # the bot assigned the SA
    was: Judgement | None = None  # before the last command, for undo
    was_closed: bool = False
    waited: int = 0  # seconds that closings waited for the SA which were sent back, or taken back
    new_since: date | None = None  # became required when its stage had begun already, on this day

    @property
    def empty(self) -> bool:
        return self == NOTHING


NOTHING = Judgement()


@dataclass(frozen=True)
class Record:
    """The whole memory. `heard`: comments on issues that changed later than this were not looked at yet."""

    announced: Announced
    judgements: Mapping[str, Judgement] = field(default_factory=dict)
    heard: datetime | None = None
    nudged: date | None = None
    known: frozenset[str] | None = None  # ids of what was required at the last look; None: not written down yet
    practices: Mapping[str, Announced] = field(default_factory=dict)
    behind: Announced | None = None  # what a closed tracker issue says where comments tell more; never kept
    complete: bool = True  # False: read back after a loss, or written by a version that judged nothing

    def judgement(self, name: str) -> Judgement:
        return self.judgements.get(name, NOTHING)

    def of_practice(self, practice: Practice, today: date) -> Announced:
        """What people were told of a practice; one that is new begins today."""
        return self.practices.get(practice.id) or Announced(practice.journey.stages[0].id, today)
