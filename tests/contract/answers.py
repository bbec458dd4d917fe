"""Which published schema an answer of the sandbox is held against, and where the sandbox deviates on purpose.

GitLab's own JSON schemas are stricter than its OpenAPI document (required fields, no additional ones), so they come
first. Where there is none, the entity that the document names for the operation counts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import rest_contract
from published import response_schema

from app.sandbox.world import JournalEntry

V4 = "public_api/v4"
SCHEMAS: dict[str, str] = {
    "GET /issues": "issues",
    "GET /issues/:issue_id": "issue",
    "GET /groups/:id/issues": "issues",
    "GET /projects/:id/issues": "issues",
    "POST /projects/:id/issues": "issue",
    "GET /projects/:id/issues/:issue_iid": "issue",
    "PUT /projects/:id/issues/:issue_iid": "issue",
    "POST /projects/:id/issues/:issue_iid/move": "issue",
    "GET /:scope/:id/milestones/:milestone_id/issues": "issues",
    "GET /:scope/:id/milestones": "milestones",
    "POST /:scope/:id/milestones": "milestone",
    "GET /:scope/:id/milestones/:milestone_id": "milestone",
    "PUT /:scope/:id/milestones/:milestone_id": "milestone",
    "GET /:scope/:id/boards": "boards",
    "POST /:scope/:id/boards": "board",
    "GET /:scope/:id/boards/:board_id": "board",
    "PUT /:scope/:id/boards/:board_id": "board",
    "GET /projects/:id/labels": "[labels/project_label]",
    "POST /projects/:id/labels": "labels/project_label",
    "PUT /projects/:id/labels": "labels/project_label",
    "GET /projects/:id/labels/:name": "labels/project_label",
    "PUT /projects/:id/labels/:name": "labels/project_label",
    "GET /groups/:id/labels": "[labels/label]",
    "POST /groups/:id/labels": "labels/label",
    "PUT /groups/:id/labels": "labels/label",
    "GET /groups/:id/labels/:name": "labels/label",
    "PUT /groups/:id/labels/:name": "labels/label",
    "GET /projects/:id/issues/:issue_iid/notes": "notes",
    "POST /projects/:id/issues/:issue_iid/notes": "notes[]",
    "GET /projects/:id/issues/:issue_iid/notes/:note_id": "notes[]",
    "PUT /projects/:id/issues/:issue_iid/notes/:note_id": "notes[]",
    "GET /projects/:id/hooks": "project_hooks",
    "POST /projects/:id/hooks": "project_hook",
    "GET /projects/:id/hooks/:hook_id": "project_hook",
    "PUT /projects/:id/hooks/:hook_id": "project_hook",
    "GET /:scope/:id/members": "members",
    "GET /:scope/:id/members/all": "members",
    "GET /:scope/:id/members/all/:user_id": "members[]",
    "POST /:scope/:id/members": "members[]",
    "GET /:scope/:id/members/:user_id": "members[]",
    "PUT /:scope/:id/members/:user_id": "members[]",
    "GET /projects/:id/repository/commits": "commits",
    "POST /projects/:id/repository/commits": "commit/detail",
    "GET /projects/:id/repository/commits/:sha": "commit/detail",
    "GET /projects/:id/repository/branches": "branches",
    "GET /projects/:id/repository/branches/:branch": "branch",
    "GET /projects/:id/protected_branches": "../../protected_branches",
    "GET /projects/:id/protected_branches/:name": "../../protected_branch",
    "GET /projects/:id/templates/:type": "template_list",
    "GET /projects/:id/templates/:type/:name": "template",
    "GET /projects/:id/issues/:issue_iid/participants": "user/basics",
    "GET /users": "user/basics",
    "GET /user": "user/public",
    "GET /metadata": "metadata",
    "GET /version": "metadata",
}
"""Route -> schema below `schemas/public_api/v4`; `[x]` is a list of x, `x[]` one element of the list x."""

ENTITIES: dict[str, tuple[str, str]] = {
    "GET /projects": ("APIEntitiesProjectWithAccess", "the document names what `simple` and anonymous callers get"),
    "POST /groups": ("APIEntitiesGroupDetail", "one group comes in full, https://docs.gitlab.com/api/groups/"),
    **{
        f"GET /{place}/discussions/:discussion_id/notes": (
            "APIEntitiesNote",
            "the comments of a thread, https://docs.gitlab.com/api/discussions/",
        )
        for place in ("projects/:id/issues/:issue_iid", "groups/:id/epics/:epic_id")
    },
    "PUT /groups/:id": ("APIEntitiesGroupDetail", "one group comes in full, https://docs.gitlab.com/api/groups/"),
}
"""Routes that answer another entity than the document names, and why."""
STATUSES: dict[str, tuple[int, str]] = {
    "DELETE /groups/:id": (202, "it is only marked, https://docs.gitlab.com/api/groups/#delete-a-group"),
    "POST /projects/:id/repository/commits": (201, "something was created, https://docs.gitlab.com/api/rest/"),
    "POST /projects/:id/issues/:issue_iid/notes": (
        202, "nothing but quick actions, https://docs.gitlab.com/api/notes/"
    ),
    "DELETE /groups/:id/epics/:epic_iid/epics/:child_epic_id": (
        200, "answers the epic, https://docs.gitlab.com/api/epic_links/#unassign-a-child-epic"
    ),
    **{
        f"POST /{place}/:token_id/rotate": (200, f"https://docs.gitlab.com/api/{page}_access_tokens/")
        for place, page in (
            ("personal_access_tokens", "personal"),
            ("groups/:id/service_accounts/:user_id/personal_access_tokens", "personal"),
            ("projects/:id/access_tokens", "project"),
            ("groups/:id/access_tokens", "group"),
        )
    },
    **{
        f"POST /projects/:id/issues/:issue_iid/{verb}": (200, "https://docs.gitlab.com/api/issues/#time-tracking")
        for verb in ("time_estimate", "reset_time_estimate", "reset_spent_time")
    },
    "DELETE /projects/:id/issues/:issue_iid/links/:issue_link_id": (
        200, "answers the link, https://docs.gitlab.com/api/issue_links/#delete-an-issue-link"
    ),
}  # fmt: skip
"""A status that GitLab answers and its document leaves out, and why."""
OTHER_SHAPES: tuple[tuple[str, set[str], str], ...] = (
    ("POST /:scope/:id/members", {"status"}, "several at once, https://docs.gitlab.com/api/members/"),
    ("POST /:scope/:id/members", {"status", "message"}, "several at once, https://docs.gitlab.com/api/members/"),
    ("POST /:scope/:id/invitations", {"status"}, "https://docs.gitlab.com/api/invitations/"),
    (
        "POST /projects/:id/issues/:issue_iid/notes",
        {"commands_changes", "summary"},
        "nothing but quick actions, https://docs.gitlab.com/api/notes/",
    ),
)
"""Answers in prose only: route, exactly these keys, where."""
LEFT_OUT: dict[str, set[str]] = {
    "APIEntitiesEpic": {"reference"},
    "APIEntitiesEpicIssue": {"subscribed"},
    "APIEntitiesGroupHook": {"organization_id"},
    "APIEntitiesInvitation": {"invite_token"},
    "APIEntitiesList": {"assignee", "iteration", "milestone"},
    "APIEntitiesMember": {
        "avatar_path", "custom_attributes", "email", "group_saml_identity", "group_scim_identity", "is_using_seat",
        "member_role", "override", "user",
    },
    "APIEntitiesNamespace": {
        "additional_purchased_storage_ends_on", "additional_purchased_storage_size", "billable_members_count",
        "end_date", "max_seats_used", "max_seats_used_changed_at", "plan", "seats_in_use", "trial", "trial_ends_on",
    },
    "APIEntitiesNote": {"commit_id", "position", "suggestions"},
    "APIEntitiesPersonalAccessTokenWithLastUsedIps": {"last_used_ips"},
    "APIEntitiesProjectHook": {"organization_id"},
    "APIEntitiesRelatedIssue": {"subscribed"},
    "APIEntitiesUser": {"avatar_path", "custom_attributes"},
    "APIEntitiesUserBasic": {"avatar_path", "custom_attributes"},
    "APIEntitiesUserPublic": {"avatar_path", "custom_attributes"},
    "APIEntitiesUserWithAdmin": {"avatar_path", "custom_attributes"},
}  # fmt: skip
"""Fields that no answer of the sandbox has: asked for by a parameter that it lacks, of a kind that it lacks (merge
requests, SAML, licences of repositories), or of administrators."""
IN_PART = {"APIEntitiesProject", "APIEntitiesProjectWithAccess", "APIEntitiesGroup", "APIEntitiesGroupDetail",
           "APIEntitiesLicense"}  # fmt: skip
"""Entities with dozens of settings of which the sandbox has those that it acts on; `APIEntitiesLicense` is named for
issue templates too, which have a name and a content only."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def schema_of(route: str) -> str | None:
    """The JSON schema of a route in the notation of `SCHEMAS`."""
    return SCHEMAS.get(route) or SCHEMAS.get(re.sub(r"/(projects|groups)/:id/", "/:scope/:id/", route))


def entity_of(route: str, entry: JournalEntry) -> str | None:
    """The name of the published entity of an answer; None when the document has none."""
    if route in ENTITIES:
        return ENTITIES[route][0]
    operation = rest_contract.find(entry.method, entry.path.removeprefix(rest_contract.PREFIX))
    declared = operation.entity if operation else None
    return declared["$ref"].rpartition("/")[2] if declared and "$ref" in declared else None


def problems(route: str, entry: JournalEntry) -> Iterator[str]:
    """What GitLab's schemas and document say against a successful answer; nothing when it is as published."""
    operation = rest_contract.find(entry.method, entry.path.removeprefix(rest_contract.PREFIX))
    if operation is None:
        yield "GitLab has no such operation"
        return
    if entry.status not in operation.statuses and entry.status != STATUSES.get(route, (0, ""))[0]:
        yield f"status {entry.status}, published are {sorted(operation.statuses)}"
    if not entry.response_body or route.endswith("/raw"):
        return
    value = json.loads(entry.response_body)
    yield from (f"{path} is no moment: {text}" for path, text in _bad_moments(value))
    if _has_other_shape(route, value):
        return
    if "with_labels_details" not in entry.query:  # then labels are objects, which the schema does not know
        yield from _schema_problems(route, value)
    name = entity_of(route, entry)
    if route == "GET /user" and value.get("is_admin"):
        name = "APIEntitiesUserWithAdmin"
    if name is not None:
        yield from rest_contract.entity_problems(value, rest_contract.entity(name))


def _has_other_shape(route: str, value: Any) -> bool:
    generic = re.sub(r"/(projects|groups)/:id/", "/:scope/:id/", route)
    return isinstance(value, dict) and any(
        name in (route, generic) and set(value) == keys for name, keys, _why in OTHER_SHAPES
    )


def _schema_problems(route: str, value: Any) -> Iterator[str]:
    name = schema_of(route)
    if name is None:
        return
    if route == "GET /user" and value.get("is_admin"):
        name = "user/admin"
    values = [value]
    if name.startswith("["):
        values, name = value, name[1:-1]
    elif name.endswith("[]"):
        values, name = [[value]], name[:-2]
    validator = response_schema(f"{V4}/{name}.json")
    for each in values:
        for error in validator.iter_errors(_without_newer(each)):
            place = ".".join(str(piece) for piece in error.absolute_path)
            yield f"{name}.json: {place} {error.message[:200]}"


def _without_newer(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_newer(each) for each in value]
    if isinstance(value, dict):
        return {key: each for key, each in value.items() if key not in rest_contract.NEWER_FIELDS}
    return value


def _bad_moments(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Times and days have one form each in REST; `date-time` in GitLab's schemas stands for both."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _bad_moments(each, name)
    elif isinstance(value, list):
        for each in value:
            yield from _bad_moments(each, key)
    elif isinstance(value, str) and key.endswith("_at") and not (_MOMENT.fullmatch(value) or _DAY.fullmatch(value)):
        yield key, value
