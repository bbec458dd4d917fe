"""What a request carries while its fields are resolved, and the errors that GitLab words itself.

The trap this avoids: an answer computed from an index that a mutation of the same request made stale. Whatever is
indexed here is forgotten by `changed()`, which every mutation calls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from graphql import GraphQLError, GraphQLResolveInfo

from app.sandbox import addresses, operations, permissions
from app.sandbox.world import Container, Group, Note, Project, User, WorkItem, World

Info: TypeAlias = "GraphQLResolveInfo[Context]"

UNAVAILABLE = (
    "The resource that you are attempting to access does not exist or you don't have permission to perform this action"
)


class ResourceUnavailable(GraphQLError):
    """A top-level error for what is absent or not allowed: GitLab never says which of the two."""

    def __init__(self) -> None:
        super().__init__(UNAVAILABLE)


@dataclass
class Context:
    """One request: the world, who asks (None: nobody signed in), what the query scored and may score."""

    world: World
    user: User | None
    score: int = 0
    limit: int = 0
    count: Callable[[str], None] = lambda _kind: None  # raises TooManyRequests when a limit is used up
    stopped: bool = False  # a limit has ended the whole request: nothing after it runs

    def children(self, item: WorkItem) -> list[WorkItem]:
        """The direct children that the user may read, in the order in which GitLab shows them."""
        return [
            child
            for child in operations.children_of(self.world, item)
            if permissions.can_read_item(self.world, self.user, child)
        ]

    def readable(self, item: WorkItem | None) -> WorkItem | None:
        """The item, or None when the user may not know of it."""
        return item if item is not None and permissions.can_read_item(self.world, self.user, item) else None

    def note(self, number: int) -> tuple[WorkItem, Note] | None:
        """The comment with its item, None when there is none or the user may not read it."""
        for item in self.world.work_items.values():
            for note in item.notes:
                if note.id == number and permissions.can_read_note(self.world, self.user, item, note):
                    return item, note
        return None

    def container(self, full_path: str) -> Container | None:
        """The group or project at a path, None when there is none or the user may not see it."""
        return self.group(full_path) or self.project(full_path)

    def group(self, full_path: str) -> Group | None:
        found = self.world.group_by_path(full_path)
        return found if found is not None and permissions.can_read_group(self.world, self.user, found) else None

    def project(self, full_path: str) -> Project | None:
        found = self.world.project_by_path(full_path)
        return found if found is not None and permissions.can_read_project(self.world, self.user, found) else None

    def url_of(self, container: Container) -> str:
        """The address of a group's or project's page."""
        return self.world.base_url + addresses.of_container(self.world, container)


def of(info: Info) -> Context:
    """The context of the request that a resolver serves."""
    return info.context
