"""Webhooks, for who may administer them.

The trap this avoids: a secret in an answer. The token and the signing token are write-only and have no field here.
"""

from __future__ import annotations

from typing import Any

from app.sandbox import operations, permissions
from app.sandbox.graphql import context, global_ids
from app.sandbox.graphql.context import Info
from app.sandbox.graphql.registry import PLAIN, field, snake
from app.sandbox.world import Container, Hook, belongs

PLAIN.update(ProjectHook=Hook, GroupHook=Hook)

EVENTS = (
    "confidentialIssuesEvents",
    "confidentialNoteEvents",
    "deploymentEvents",
    "emojiEvents",
    "featureFlagEvents",
    "issuesEvents",
    "jobEvents",
    "memberEvents",
    "mergeRequestsEvents",
    "milestoneEvents",
    "noteEvents",
    "pipelineEvents",
    "projectEvents",
    "pushEvents",
    "releasesEvents",
    "resourceAccessTokenEvents",
    "subgroupEvents",
    "tagPushEvents",
    "wikiPageEvents",
)


@field("Project.webhook", "Group.webhook")
def webhook(source: Container, info: Info, **arguments: Any) -> Hook | None:
    """One hook of the project or group; null for who may not administer hooks."""
    request = context.of(info)
    found = request.world.hooks.get(arguments["id"].number)
    if found is None or not permissions.can_admin_hooks(request.world, request.user, source):
        return None
    return found if belongs(found, source) else None


@field("ProjectHook.id", "GroupHook.id")
def id_(source: Hook, _info: Info) -> str:
    return global_ids.of(source)


@field("ProjectHook.alertStatus", "GroupHook.alertStatus")
def alert_status(source: Hook, info: Info) -> str:
    return operations.hook_alert_status(context.of(info).world, source).upper()


@field("ProjectHook.branchFilterStrategy", "GroupHook.branchFilterStrategy")
def branch_filter_strategy(source: Hook, _info: Info) -> str:
    return source.branch_filter_strategy.upper()


def _flag(source: Hook, info: Info) -> bool:
    return source.flags.get(snake(info.field_name), False)


for _event in EVENTS:
    field(f"ProjectHook.{_event}", f"GroupHook.{_event}")(_flag)
