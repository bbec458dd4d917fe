"""Webhooks as settings: who is told what (https://docs.gitlab.com/api/project_webhooks/).

Traps: `push_events` is on unless told otherwise; a changed URL drops the secret token, so that a new receiver never
gets the old one's secret; secrets can be set and never read.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, Literal
from urllib.parse import urlsplit

from app.sandbox import permissions, webhooks
from app.sandbox.errors import Forbidden, Invalid
from app.sandbox.operations.common import one_container, require, require_visible
from app.sandbox.world import Container, Group, Hook, Project, User, World, belonging_to, records_of

PROJECT_FLAGS = (
    "push_events",
    "tag_push_events",
    "merge_requests_events",
    "issues_events",
    "confidential_issues_events",
    "note_events",
    "confidential_note_events",
    "pipeline_events",
    "wiki_page_events",
    "deployment_events",
    "feature_flag_events",
    "job_events",
    "releases_events",
    "milestone_events",
    "emoji_events",
    "resource_access_token_events",
    "resource_deploy_token_events",
    "vulnerability_events",
)
GROUP_FLAGS = (*PROJECT_FLAGS, "member_events", "project_events", "subgroup_events")
_TEXT = ("name", "description", "token", "signing_token", "push_events_branch_filter", "custom_webhook_template")
_STRATEGIES = ("wildcard", "regex", "all_branches")


def create_hook(
    world: World,
    actor: User,
    *,
    url: str,
    project: Project | None = None,
    group: Group | None = None,
    **fields: Any,
) -> Hook:
    """Maintainer of a project; Owner of a group, and a licence. `fields` have their REST names.

    Raises Forbidden, or Invalid for a malformed URL, an unknown field, a signing token that is not `whsec_` + base64 of
    32 bytes, or too many hooks.
    """
    container = one_container(world, project, group)
    _require_admin(world, actor, container)
    siblings = hooks_of(world, container)
    limit = world.limits.hooks_per_project if isinstance(container, Project) else 50
    if len(siblings) >= limit:
        raise Invalid({"base": [f"Maximum number of project hooks ({limit}) exceeded"]})
    hook = Hook(
        id=world.ids.next("hook"),
        url=_checked_url(url),
        created_at=world.clock(),
        **belonging_to(container),
        flags={flag: flag == "push_events" for flag in _flags(container)},
    )
    _assign(hook, _flags(container), fields)
    world.hooks[hook.id] = hook
    return hook


def update_hook(world: World, actor: User, hook: Hook, **fields: Any) -> Hook:
    """Change fields by their REST names, `url` included. A new URL resets the secret token unless one comes with it."""
    container = world.container_of(hook)
    _require_admin(world, actor, container)
    if "url" in fields:
        url = _checked_url(fields.pop("url"))
        if url != hook.url and "token" not in fields:
            hook.token = None
        hook.url = url
    _assign(hook, _flags(container), fields)
    return hook


def delete_hook(world: World, actor: User, hook: Hook) -> None:
    """What still waits for this hook is dropped."""
    _require_admin(world, actor, world.container_of(hook))
    del world.hooks[hook.id]
    world.outgoing[:] = [delivery for delivery in world.outgoing if delivery.hook_id != hook.id]


def hook_alert_status(world: World, hook: Hook) -> Literal["executable", "temporarily_disabled", "disabled"]:
    """Whether GitLab would send to it now."""
    return webhooks.alert_status(world, hook)


def hooks_of(world: World, container: Container) -> list[Hook]:
    """The hooks of a project or group itself, oldest first."""
    return records_of(container, world.hooks)


def _flags(container: Container) -> tuple[str, ...]:
    """The trigger flags that such a hook has; the last one is taken, and off in every answer."""
    return (*(PROJECT_FLAGS if isinstance(container, Project) else GROUP_FLAGS), "repository_update_events")


def _require_admin(world: World, actor: User, container: Container) -> None:
    require_visible(world, actor, container)
    require(permissions.can_admin_hooks(world, actor, container))
    if isinstance(container, Group) and not world.licensed:
        raise Forbidden


def _assign(hook: Hook, flags: tuple[str, ...], fields: dict[str, Any]) -> None:
    for key, value in fields.items():
        if key in flags:
            hook.flags[key] = bool(value)
        elif key in _TEXT:
            setattr(hook, key, _signing_token(value) if key == "signing_token" else (value or None))
        elif key == "enable_ssl_verification":
            hook.enable_ssl_verification = bool(value)
        elif key == "branch_filter_strategy":
            if value not in _STRATEGIES:
                raise Invalid("branch_filter_strategy does not have a valid value")
            hook.branch_filter_strategy = str(value)
        elif key == "custom_headers":
            hook.custom_headers = _custom_headers(value)
        else:
            raise Invalid(f"{key} is not a field of this webhook")


def _checked_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Invalid("Invalid url given")
    return url


def _signing_token(value: object) -> str | None:
    if not value:
        return None
    token = str(value)
    try:
        key = base64.b64decode(token.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        key = b""
    if not token.startswith("whsec_") or len(key) != 32:
        raise Invalid({"signing_token": ["must be in the format whsec_<base64> and contain 32 bytes"]})
    return token


def _custom_headers(value: list[dict[str, str]]) -> list[dict[str, str]]:
    if len(value) > 20:
        raise Invalid({"custom_headers": ["can have at most 20 entries"]})
    return [{"key": str(entry["key"]), "value": str(entry["value"])} for entry in value]
