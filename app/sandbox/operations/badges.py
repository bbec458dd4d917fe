"""Badges of projects and groups (https://docs.gitlab.com/api/project_badges/)."""

from __future__ import annotations

from urllib.parse import urlsplit

from app.sandbox import permissions
from app.sandbox.errors import Invalid
from app.sandbox.operations.common import UNSET, require, require_visible
from app.sandbox.world import Badge, Container, Project, User, World


def create_badge(
    world: World, actor: User, subject: Container, *, link_url: str, image_url: str, name: str | None = None
) -> Badge:
    """Maintainer of a project or Owner of a group. URLs may hold placeholders such as `%{project_path}`."""
    _require_admin(world, actor, subject)
    badge = Badge(world.ids.next("badge"), name, _checked("link_url", link_url), _checked("image_url", image_url))
    subject.badges.append(badge)
    return badge


def update_badge(
    world: World,
    actor: User,
    subject: Container,
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


def delete_badge(world: World, actor: User, subject: Container, badge: Badge) -> None:
    _require_admin(world, actor, subject)
    subject.badges.remove(badge)


def fill_placeholders(world: World, container: Container, url: str) -> str:
    """`%{project_path}` and its kin; those of a project stay as they are on a group's own badge."""
    values = {"gitlab_server": world.base_url.partition("://")[2]}
    if isinstance(container, Project):
        values |= {
            "project_path": world.project_path(container),
            "project_title": container.name,
            "project_name": container.path,
            "project_id": str(container.id),
            "project_namespace": world.groups[container.group_id].full_path,
            "group_name": world.groups[container.group_id].path,
            "default_branch": container.default_branch,
            "commit_sha": container.commits[-1].sha if container.commits else "",
        }
    for name, value in values.items():
        url = url.replace(f"%{{{name}}}", value)
    return url


def _require_admin(world: World, actor: User, subject: Container) -> None:
    require_visible(world, actor, subject)
    require(permissions.can_admin(world, actor, subject))


def _checked(field: str, url: str) -> str:
    if urlsplit(url).scheme not in ("http", "https"):
        raise Invalid({field: ["is blocked: Only allowed schemes are http, https"]})
    return url
