"""The five system-defined work item statuses of Premium and Ultimate (https://docs.gitlab.com/user/work_items/status/).

`WorkItem.status` stays None while nobody chose one; `current` then derives it from the state. The trap this avoids:
"Won't do" and "Duplicate" also close an item, so "closed" alone does not mean the work was done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.sandbox.world import WorkItem

Category = Literal["to_do", "in_progress", "done", "canceled"]


@dataclass(frozen=True)
class Status:
    id: int
    name: str
    category: Category
    color: str

    @property
    def gid(self) -> str:
        return f"gid://gitlab/WorkItems::Statuses::SystemDefined::Status/{self.id}"

    @property
    def closes(self) -> bool:
        """Choosing it closes the item."""
        return self.category in ("done", "canceled")


TO_DO = Status(1, "To do", "to_do", "#737278")
IN_PROGRESS = Status(2, "In progress", "in_progress", "#1f75cb")
DONE = Status(3, "Done", "done", "#108548")
WONT_DO = Status(4, "Won't do", "canceled", "#DD2B0E")
DUPLICATE = Status(5, "Duplicate", "canceled", "#DD2B0E")
ALL = (TO_DO, IN_PROGRESS, DONE, WONT_DO, DUPLICATE)


def by_name(name: str) -> Status | None:
    """Case-insensitive, as the quick action `/status` compares."""
    return next((status for status in ALL if status.name.lower() == name.lower()), None)


def current(item: WorkItem) -> Status | None:
    """What GitLab shows for an issue or task; None for epics, whose statuses the sandbox does not cover."""
    if item.type not in ("ISSUE", "TASK"):
        return None
    chosen = by_name(item.status) if item.status is not None else None
    return chosen or (DONE if item.state == "closed" else TO_DO)
