"""GitLab's own page addresses (https://docs.gitlab.com/user/project/issues/ and siblings).

Notes, webhooks and API answers carry them as `web_url`, so a page lives where GitLab would have it. The trap it avoids:
the same address written by hand in ten places, one of them slightly wrong.
"""

from __future__ import annotations

from urllib.parse import quote

from app.sandbox.world import Board, Container, Milestone, Project, User, WorkItem, World


def of_container(world: World, container: Container) -> str:
    """`/group/project` or `/groups/group`, without the host."""
    if isinstance(container, Project):
        return "/" + quote(world.project_path(container))
    return "/groups/" + quote(container.full_path)


def of_item(world: World, item: WorkItem) -> str:
    """Issues and tasks under their project, epics under their group."""
    base = of_container(world, world.container_of(item))
    kind = {"EPIC": "epics", "TASK": "work_items"}.get(item.type, "issues")
    return f"{base}/-/{kind}/{item.iid}"


def of_board(world: World, board: Board) -> str:
    kind = "epic_boards" if board.epic else "boards"
    return f"{of_container(world, world.container_of(board))}/-/{kind}/{board.id}"


def of_milestone(world: World, milestone: Milestone) -> str:
    return f"{of_container(world, world.container_of(milestone))}/-/milestones/{milestone.iid}"


def of_user(user: User) -> str:
    return "/" + quote(user.username)


def of_file(world: World, project: Project, path: str, verb: str = "blob") -> str:
    """`verb` is `blob`, `tree`, `raw` or `edit`; always of the default branch."""
    tail = f"/{quote(path)}" if path else ""
    return f"{of_container(world, project)}/-/{verb}/{quote(project.default_branch)}{tail}"


def over_ssh(world: World, project: Project) -> str:
    """Where git would push to over SSH; the sandbox only names it."""
    host = world.base_url.partition("://")[2].partition("/")[0].partition(":")[0]
    return f"git@{host}:{world.project_path(project)}.git"


def reference(world: World, item: WorkItem) -> str:
    """GitLab's full reference: `group/project#3` or `group&2`."""
    return world.path_of(world.container_of(item)) + short_reference(item)


def short_reference(item: WorkItem) -> str:
    """`#3` or `&2`, as it is understood at home."""
    return f"{'&' if item.type == 'EPIC' else '#'}{item.iid}"
