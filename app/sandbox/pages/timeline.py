"""Comments and history of an item as one list in order of time.

GitLab keeps labels, state and milestone as events and only some history as system notes
(https://docs.gitlab.com/api/resource_label_events/). The trap it avoids: showing one act twice, or internal notes to
those who may not read them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from app.sandbox import permissions
from app.sandbox.pages.chips import Chip, chip_of
from app.sandbox.pages.visit import Visit
from app.sandbox.world import Award, LabelEvent, Note, WorkItem


@dataclass(frozen=True)
class Entry:
    """One line. `note` for comments and system notes; otherwise `verb` with chips or a milestone's title."""

    at: datetime
    order: int
    author_id: int
    kind: str  # comment | system | labels | state | milestone
    note: Note | None = None
    verb: str = ""
    text: str = ""
    added: list[Chip] = field(default_factory=list)
    removed: list[Chip] = field(default_factory=list)
    awards: list[tuple[str, int]] = field(default_factory=list)


def entries_of(visit: Visit, item: WorkItem) -> list[Entry]:
    """Everything the viewer may see, oldest first."""
    found = [*_notes(visit, item), *_labels(visit, item), *_states(item), *_milestones(visit, item)]
    return sorted(found, key=lambda entry: (entry.at, entry.order))


def _notes(visit: Visit, item: WorkItem) -> list[Entry]:
    return [
        Entry(
            at=note.created_at,
            order=0 if not note.system else 1,
            author_id=note.author_id,
            kind="system" if note.system else "comment",
            note=note,
            awards=tally(item.note_awards.get(note.id, [])),
        )
        for note in item.notes
        if permissions.can_read_note(visit.world, visit.viewer, item, note)
    ]


def _labels(visit: Visit, item: WorkItem) -> list[Entry]:
    """Label changes of one person at one time are one line."""
    return [
        Entry(
            at=at,
            order=2,
            author_id=user_id,
            kind="labels",
            added=_chips(visit, same, "add"),
            removed=_chips(visit, same, "remove"),
        )
        for (at, user_id), group in groupby(item.label_events, key=lambda event: (event.created_at, event.user_id))
        if (same := list(group))
    ]


def _chips(visit: Visit, events: list[LabelEvent], action: str) -> list[Chip]:
    labels = [visit.world.labels[e.label_id] for e in events if e.action == action and e.label_id in visit.world.labels]
    return [chip_of(label, scoped=visit.world.licensed) for label in labels]


def _states(item: WorkItem) -> list[Entry]:
    return [Entry(at=e.created_at, order=3, author_id=e.user_id, kind="state", verb=e.state) for e in item.state_events]


def _milestones(visit: Visit, item: WorkItem) -> list[Entry]:
    verbs = {"add": "changed milestone to", "remove": "removed milestone"}
    return [
        Entry(
            at=event.created_at,
            order=2,
            author_id=event.user_id,
            kind="milestone",
            verb=verbs[event.action],
            text=visit.world.milestones[event.milestone_id].title,
        )
        for event in item.milestone_events
        if event.milestone_id in visit.world.milestones
    ]


def tally(awards: list[Award]) -> list[tuple[str, int]]:
    """Emoji name -> how often, most frequent first."""
    names = [award.name for award in awards]
    return sorted(((name, names.count(name)) for name in set(names)), key=lambda pair: (-pair[1], pair[0]))
