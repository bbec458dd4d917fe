"""Protected branches (https://docs.gitlab.com/api/protected_branches/).

The trap: protection is by name, not by branch. A name that no branch has, or one with a `*`, is protected all the same,
and what is not protected is open to every Developer.
"""

from __future__ import annotations

from typing import Any

from app.sandbox import permissions
from app.sandbox.errors import Conflict, NotFound
from app.sandbox.operations.common import require, require_visible
from app.sandbox.world import Project, Protection, User, World


def set_protection(world: World, actor: User, project: Project, name: str, *, new: bool, **rules: Any) -> Protection:
    """Protect a name (`new`), or change `push_level`, `merge_level`, `unprotect_level`, `allow_force_push`.

    Raises NotFound, Forbidden below Maintainer, Conflict for a new one that is there.
    """
    _check(world, actor, project)
    kept = dict(project.protected_branches)
    if new and name in kept:
        raise Conflict(f"Protected branch '{name}' already exists")
    if not new and name not in kept:
        raise NotFound
    rule = kept.setdefault(name, Protection())
    for key, value in rules.items():
        setattr(rule, key, value)
    project.protections = kept
    return rule


def unprotect_branch(world: World, actor: User, project: Project, name: str) -> None:
    """Raises NotFound for a name that is not protected, Forbidden below what the protection asks for."""
    _check(world, actor, project)
    kept = dict(project.protected_branches)
    if name not in kept:
        raise NotFound
    least = kept[name].unprotect_level or 0
    require(permissions.access_level(world, actor, project) >= least or actor.admin)
    del kept[name]
    project.protections = kept


def _check(world: World, actor: User, project: Project) -> None:
    require_visible(world, actor, project)
    require(permissions.can_admin(world, actor, project))
