"""The attributes that one call wants to set, checked as a whole before the first one is set.

The trap this avoids: a call that fails half-way and leaves an item that no real GitLab would show.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from app.sandbox.operations import attributes, hierarchy
from app.sandbox.operations.common import UNSET
from app.sandbox.world import User, WorkItem, World


@dataclass
class ChangeSet:
    """The attributes of one call; UNSET is left alone."""

    title: str = UNSET
    description: str = UNSET
    add_label_ids: list[int] = UNSET
    remove_label_ids: list[int] = UNSET
    label_ids: Iterable[int] = UNSET
    assignee_ids: Iterable[int] = UNSET
    milestone_id: int | None = UNSET
    parent_id: int | None = UNSET
    due_date: date | None = UNSET
    start_date: date | None = UNSET
    weight: int | None = UNSET
    confidential: bool = UNSET
    discussion_locked: bool = UNSET

    def overruled_by(self, changes: Mapping[str, Any]) -> ChangeSet:
        """The same call after the quick actions in its text, which win."""
        return replace(self, **changes)


def check(world: World, actor: User, item: WorkItem, wanted: ChangeSet) -> None:
    """Raise whatever `apply` would raise, before anything has changed."""
    if wanted.title is not UNSET:
        attributes.check_title(wanted.title)
    if wanted.description is not UNSET:
        attributes.check_description(world, wanted.description)
    if wanted.confidential is not UNSET:
        attributes.check_confidential(world, item, wanted.confidential)
    if wanted.parent_id is not UNSET and wanted.parent_id is not None and wanted.parent_id != item.parent_id:
        hierarchy.checked_parent(world, actor, item, wanted.parent_id)
    attributes.check_dates(_either(wanted.start_date, item.start_date), _either(wanted.due_date, item.due_date))
    if wanted.weight is not UNSET:
        attributes.check_weight(wanted.weight)


def apply(world: World, actor: User, item: WorkItem, wanted: ChangeSet) -> None:
    if wanted.title is not UNSET:
        attributes.set_title(world, actor, item, wanted.title)
    if wanted.description is not UNSET:
        attributes.set_description(world, actor, item, wanted.description)
    _apply_labels(world, actor, item, wanted)
    if wanted.assignee_ids is not UNSET:
        attributes.set_assignees(world, actor, item, wanted.assignee_ids)
    if wanted.milestone_id is not UNSET:
        attributes.set_milestone(world, actor, item, wanted.milestone_id)
    start, due = _either(wanted.start_date, item.start_date), _either(wanted.due_date, item.due_date)
    attributes.set_dates(world, actor, item, start, due)
    if wanted.weight is not UNSET:
        attributes.set_weight(world, actor, item, wanted.weight)
    if wanted.confidential is not UNSET:
        attributes.set_confidential(world, actor, item, wanted.confidential)
    if wanted.discussion_locked is not UNSET:
        attributes.set_locked(world, actor, item, bool(wanted.discussion_locked))
    if wanted.parent_id is not UNSET:
        hierarchy.set_parent(world, actor, item, wanted.parent_id)


def _apply_labels(world: World, actor: User, item: WorkItem, wanted: ChangeSet) -> None:
    add, remove = _either(wanted.add_label_ids, []), _either(wanted.remove_label_ids, [])
    if wanted.label_ids is not UNSET:
        kept = list(wanted.label_ids)
        remove = [*remove, *(label_id for label_id in item.label_ids if label_id not in kept)]
        add = [*kept, *add]
    if add or remove:
        attributes.set_labels(world, actor, item, add, remove)


def _either(given: Any, current: Any) -> Any:
    return current if given is UNSET else given
