"""Global ids (`gid://gitlab/WorkItem/1`): made from records, read from clients.

The trap this avoids: an id of the right number but the wrong kind. GitLab refuses a `Project` id where a work item is
asked for, so a client that mixes the two up must fail here too (https://docs.gitlab.com/api/graphql/#global-ids).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from app.sandbox.world import Board, Group, Hook, Label, Milestone, Note, Project, User, WorkItem

_PATTERN = re.compile(r"gid://gitlab/([A-Za-z:]+)/([0-9]+)\Z")
_DISCUSSION = re.compile(r"gid://gitlab/(?:IndividualNote)?Discussion/([0-9a-f]{40})\Z")

MODELS: dict[str, tuple[str, ...] | None] = {
    "AwardableID": None,
    "BoardID": ("Board",),
    "BoardsEpicBoardID": ("Boards::EpicBoard",),
    "BoardsEpicListID": ("Boards::EpicList",),
    "GlobalID": None,
    "GroupHookID": ("GroupHook",),
    "LabelID": ("Label", "GroupLabel", "ProjectLabel"),
    "ListID": ("List",),
    "MilestoneID": ("Milestone",),
    "NoteID": ("Note", "DiscussionNote"),
    "NoteableID": None,
    "ProjectHookID": ("ProjectHook",),
    "UserID": ("User",),
    "WorkItemID": ("WorkItem",),
    "WorkItemsStatusesStatusID": ("WorkItems::Statuses::SystemDefined::Status",),
    "WorkItemsTypeID": ("WorkItems::Type",),
}
"""Id scalar -> the models it takes; None takes any model."""


class GlobalId(NamedTuple):
    """A global id taken apart."""

    model: str
    number: int

    def __str__(self) -> str:
        return f"gid://gitlab/{self.model}/{self.number}"


def parse(text: str, models: tuple[str, ...] | None = None) -> GlobalId:
    """Take an id apart. Raises ValueError in GitLab's words when it is malformed or of another kind."""
    found = _PATTERN.match(text)
    if found is None:
        raise ValueError(f'"{text}" is not a valid Global ID')
    if models is not None and found[1] not in models:
        raise ValueError(f'"{text}" does not represent an instance of {models[0]}')
    return GlobalId(found[1], int(found[2]))


def discussion_of(text: str) -> str:
    """The hash in the id of a discussion, which has no number. Raises ValueError like `parse`."""
    found = _DISCUSSION.match(text)
    if found is None:
        raise ValueError(f'"{text}" is not a valid Global ID')
    return found[1]


def number_of(text: str) -> int | None:
    """The number of an id given as plain `ID`, with or without the `gid://` part; None when it is neither."""
    if text.isdecimal():
        return int(text)
    found = _PATTERN.match(text)
    return int(found[2]) if found else None


def of(record: User | Label | Milestone | Board | Group | Hook | Note | Project | WorkItem) -> str:
    """The global id of a record; labels, boards and hooks carry the name of their subclass, as on GitLab."""
    return f"gid://gitlab/{_model(record)}/{record.id}"


def _model(record: object) -> str:
    if isinstance(record, Label):
        return "GroupLabel" if record.project_id is None else "ProjectLabel"
    if isinstance(record, Note):
        return "DiscussionNote" if record.threaded else "Note"
    if isinstance(record, Board):
        return "Boards::EpicBoard" if record.epic else "Board"
    if isinstance(record, Hook):
        return "GroupHook" if record.project_id is None else "ProjectHook"
    return type(record).__name__
