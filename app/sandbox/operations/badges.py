"""Badges of projects and groups (https://docs.gitlab.com/api/project_badges/)."""

from __future__ import annotations

from urllib.parse import urlsplit

from app.sandbox import permissions
from app.sandbox.errors import Invalid
from app.sandbox.operations.common import UNSET, require, require_visible
from app.sandbox.world import Badge, Group, Project, User, World


def create_badge(
    world: World, actor: User, subject: Project | Group, *, link_url: str, image_url: str, name: str | None = None
) -> Badge:
    """Maintainer of a project or Owner of a group. URLs may hold placeholders such as `%{project_path}`."""
    _require_admin(world, actor, subject)
    badge = Badge(world.ids.next("badge"), name, _checked("link_url", link_url), _checked("image_url", image_url))
    subject.badges.append(badge)
    return badge


def update_badge(
    world: World,
    actor: User,
    subject: Project | Group,
    badge: Badge,
    *,
    link_url: str = UNSET,
    image_url: str = UNSET,
    name: str | None = UNSET,
) -> Badge:
    """Raises Invalid for a malformed URL."""
    _require_admin(world, actor, subject)
    if link_url is not UNSET:
        badge.link_url = _checked("link_url", link_url)
    if image_url is not UNSET:
        badge.image_url = _checked("image_url", image_url)
    if name is not UNSET:
        badge.name = name
    return badge


def delete_badge(world: World, actor: User, subject: Project | Group, badge: Badge) -> None:
    _require_admin(world, actor, subject)
    subject.badges.remove(badge)


def _require_admin(world: World, actor: User, subject: Project | Group) -> None:
    require_visible(world, actor, subject)
    require(permissions.can_admin(world, actor, subject))


def _checked(field: str, url: str) -> str:
    if urlsplit(url).scheme not in ("http", "https"):
        raise Invalid({field: ["is blocked: Only allowed schemes are http, https"]})
    return url
