"""GitLab's own page addresses (https://docs.gitlab.com/user/project/issues/ and siblings).

Notes, webhooks and API answers carry these `web_url`s, so a page lives where GitLab would have it. The trap it avoids:
the same address written by hand in ten templates, one of them slightly wrong.
"""

from __future__ import annotations

from urllib.parse import quote

from app.sandbox.permissions import container_of
from app.sandbox.world import Board, Group, Milestone, Project, User, WorkItem, World


def of_container(world: World, container: Project | Group) -> str:
    """`/group/project` or `/groups/group`, without the host."""
    if isinstance(container, Project):
        return "/" + quote(world.project_path(container))
    return "/groups/" + quote(container.full_path)


def path_of(world: World, container: Project | Group) -> str:
    """`group/project` or `group/subgroup`."""
    return world.project_path(container) if isinstance(container, Project) else container.full_path


def of_item(world: World, item: WorkItem) -> str:
    """Issues and tasks under their project, epics under their group."""
    base = of_container(world, container_of(world, item))
    kind = {"EPIC": "epics", "TASK": "work_items"}.get(item.type, "issues")
    return f"{base}/-/{kind}/{item.iid}"


def of_board(world: World, board: Board) -> str:
    if board.project_id is not None:
        return f"{of_container(world, world.projects[board.project_id])}/-/boards/{board.id}"
    if board.group_id is None:
        raise LookupError(f"board {board.id} has neither project nor group")
    kind = "epic_boards" if board.epic else "boards"
    return f"{of_container(world, world.groups[board.group_id])}/-/{kind}/{board.id}"


def of_milestone(world: World, milestone: Milestone) -> str:
    owner: Project | Group
    if milestone.project_id is not None:
        owner = world.projects[milestone.project_id]
    elif milestone.group_id is not None:
        owner = world.groups[milestone.group_id]
    else:
        raise LookupError(f"milestone {milestone.id} has neither project nor group")
    return f"{of_container(world, owner)}/-/milestones/{milestone.iid}"


def of_user(user: User) -> str:
    return "/" + quote(user.username)


def of_file(world: World, project: Project, path: str, verb: str = "blob") -> str:
    """`verb` is `blob`, `tree`, `raw` or `edit`; always of the default branch."""
    tail = f"/{quote(path)}" if path else ""
    return f"{of_container(world, project)}/-/{verb}/{quote(project.default_branch)}{tail}"


def reference(world: World, item: WorkItem) -> str:
    """GitLab's full reference: `group/project#3` or `group&2`."""
    container = container_of(world, item)
    return f"{path_of(world, container)}{'#' if isinstance(container, Project) else '&'}{item.iid}"
