"""Projects: list, read, create, settings, archive, delayed deletion (https://docs.gitlab.com/api/projects/).

The trap: a taken path is 400 with a map of complaints, not 409, and a deleted project lives on under another path
until the second delete.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.sandbox import operations, permissions
from app.sandbox.errors import Forbidden, Invalid, NotFound
from app.sandbox.http import Response
from app.sandbox.rest.finding import find_group, the_project
from app.sandbox.rest.pagination import paginate, paginate_by_id, wants_keyset
from app.sandbox.rest.parameters import (
    GUEST_AND_UP,
    Parameter,
    boolean,
    integer,
    require_any,
    span,
    text,
    texts,
)
from app.sandbox.rest.presenters import containers
from app.sandbox.rest.presenters.formats import Json
from app.sandbox.rest.routing import CUSTOM_ATTRIBUTES, KEYSET, Call, Routes, accepted, created, ok
from app.sandbox.world import GUEST, OWNER, VISIBILITIES, Container, Project

PROJECT_FILTERS = (
    boolean("archived"),
    boolean("active"),
    text("visibility", *VISIBILITIES),
    text("search"),
    text("order_by", "id", "name", "path", "created_at", "updated_at", "last_activity_at", "similarity", "star_count"),
    text("sort", "asc", "desc"),
    boolean("simple"),
    boolean("owned"),
    boolean("starred"),
    boolean("with_issues_enabled"),
    boolean("with_merge_requests_enabled"),
    integer("min_access_level", *GUEST_AND_UP),
    *CUSTOM_ATTRIBUTES,
)


def _booleans(*tables: Json) -> tuple[Parameter, ...]:
    return tuple(
        boolean(name)
        for table in tables
        for name, value in table.items()
        if isinstance(value, bool) or name == "allow_merge_on_skipped_pipeline"
    )


_PUBLIC = ("pages", "package_registry")  # may be open to everyone while the project is not
SETTINGS: tuple[Parameter, ...] = (
    *(
        text(f"{name}_access_level", "disabled", "private", "enabled", *(("public",) if name in _PUBLIC else ()))
        for name in (*containers.FEATURES, "requirements")
    ),
    *_booleans(containers.SWITCHES, containers.LICENSED_SWITCHES),
    boolean("show_default_award_emojis"),
    integer("build_timeout"),
    text("build_git_strategy", "fetch", "clone"),
    text("auto_cancel_pending_pipelines", "disabled", "enabled"),
    text("auto_devops_deploy_strategy", "continuous", "manual", "timed_incremental"),
    text("resource_group_default_process_mode", "unordered", "oldest_first", "newest_first", "newest_ready_first"),
    integer("approvals_before_merge"),
    text("external_authorization_classification_label"),
    text("merge_method", "ff", "rebase_merge", "merge"),
    text("squash_option", "never", "always", "default_on", "default_off"),
    text("suggestion_commit_message"),
    text("merge_commit_template"),
    text("squash_commit_template"),
    text("issue_branch_template"),
    text("ci_config_path"),
)
LATER_SETTINGS: tuple[Parameter, ...] = (
    *_booleans(containers.LATER_SWITCHES, containers.LICENSED_LATER_SWITCHES),
    integer("ci_default_git_depth"),
    text("issues_template"),
    text("merge_requests_template"),
)
SWITCHED_FEATURES = {
    "issues_enabled": "issues",
    "wiki_enabled": "wiki",
    "merge_requests_enabled": "merge_requests",
    "jobs_enabled": "builds",
    "snippets_enabled": "snippets",
}
ATTRIBUTES: tuple[Parameter, ...] = (
    text("path"),
    text("description"),
    text("visibility", *VISIBILITIES),
    text("default_branch"),
    texts("topics"),
    texts("tag_list"),
    *(boolean(name) for name in SWITCHED_FEATURES),
    boolean("public_builds"),
    *SETTINGS,
)
CHANGES = (text("name"), *ATTRIBUTES, *LATER_SETTINGS)

routes = Routes()


@routes.get(
    "/projects",
    *PROJECT_FILTERS,
    *KEYSET,
    boolean("membership"),
    boolean("search_namespaces"),
    boolean("statistics"),
    boolean("include_pending_delete"),
    texts("topic"),
    *span("last_activity"),
    *span("updated"),
    listed=True,
)
def list_projects(call: Call) -> Response:
    rows = select_projects(call, list(call.world.projects.values()))
    if wants_keyset(call, ("id",)):
        return paginate_by_id(call, rows, present_projects(call), lambda project: project.id)
    return paginate(call, rows, present_projects(call))


def select_projects(call: Call, projects: list[Project]) -> list[Project]:
    """The visible projects that match the filters, in the order asked for."""
    rows = [project for project in projects if _matches(call, project)]
    order = call.get("order_by", "created_at")
    name = {"similarity": "name", "star_count": "id"}.get(order, order)
    rows.sort(key=lambda project: (getattr(project, name), project.id), reverse=call.get("sort", "desc") == "desc")
    return rows


def _matches(call: Call, project: Project) -> bool:
    world, word = call.world, call.get("search", "").lower()
    level = permissions.access_level(world, call.user, project)
    haystack = [project.name, project.path, project.description or ""]
    if call.get("search_namespaces"):
        haystack.append(world.project_path(project))
    checks = (
        permissions.can_read_project(world, call.user, project),
        any(word in text.lower() for text in haystack),
        call.get("archived") in (None, project.archived),
        call.get("active") in (None, not project.archived and project.marked_for_deletion_on is None),
        call.get("visibility") in (None, project.visibility),
        not call.get("owned") or permissions.member_level(world, call.user, project) >= OWNER,
        not call.get("membership") or permissions.member_level(world, call.user, project) >= GUEST,
        not call.get("starred"),
        not call.get("with_issues_enabled") or permissions.issues_enabled(project),
        level >= call.get("min_access_level", 0),
        set(call.get("topic", [])) <= set(project.topics),
        call.within("last_activity", project.last_activity_at),
        call.within("updated", project.updated_at),
    )
    return all(checks)


def present_projects(call: Call, *, with_permissions: bool = True) -> Callable[[Project], Json]:
    """The presenter of a list: the small form with `simple` and for anonymous callers. A group's list of its projects
    comes without `permissions`."""
    if call.get("simple") or call.user is None:
        return lambda project: containers.project_basic(call.world, project)
    present = containers.project_with_access if with_permissions else containers.project
    return lambda project: present(call.world, project, call.user)


@routes.get("/projects/:id", boolean("statistics"), boolean("license"), *CUSTOM_ATTRIBUTES)
def read_project(call: Call) -> Response:
    project = the_project(call)
    if call.user is None:
        return ok(containers.project_basic(call.world, project))
    return ok(containers.project_with_access(call.world, project, call.user))


@routes.post("/projects", text("name"), *ATTRIBUTES, integer("namespace_id"), boolean("initialize_with_readme"))
def create_project(call: Call) -> Response:
    """Projects of a person's own namespace are not part of the sandbox: `namespace_id` must name a group."""
    require_any(call.given, "name", "path")
    namespace_id = call.get("namespace_id")
    if namespace_id is None:
        raise Invalid("The sandbox has no personal namespaces: send namespace_id, the id of a group.")
    try:
        group = find_group(call, str(namespace_id))
    except NotFound as error:
        raise NotFound.of("Namespace") from error
    path = call.get("path") or _path_of(call.get("name", ""))
    project = operations.create_project(
        call.world,
        call.actor,
        group=group,
        path=path,
        name=call.get("name", path),
        description=call.get("description"),
        visibility=call.get("visibility", "private"),
        initialize_with_readme=call.get("initialize_with_readme", False),
        default_branch=call.get("default_branch", "main"),
        topics=_topics(call) or (),
        **_settings(call),
    )
    return created(containers.project(call.world, project, call.user))


@routes.put("/projects/:id", *CHANGES)
def update_project(call: Call) -> Response:
    project = the_project(call)
    require_any(call.given, *(parameter.name for parameter in CHANGES))
    attributes = call.some("name", "path", "description", "visibility", "default_branch") | _settings(call)
    topics = _topics(call)
    if topics is not None:
        attributes["topics"] = topics
    operations.update_project(call.world, call.actor, project, **attributes)
    return ok(containers.project(call.world, project, call.user))


@routes.delete("/projects/:id", boolean("permanently_remove"), text("full_path"))
def delete_project(call: Call) -> Response:
    """Delayed on every tier; `permanently_remove` with the full path needs the first delete before it."""
    project = the_project(call)
    check_deletion(call, project, "project")
    operations.delete_project(call.world, call.actor, project)
    return accepted({"message": "202 Accepted"})


def check_deletion(call: Call, container: Container, place: str) -> None:
    """Refuse a second delete that does not say so with the full path, and a first one that does."""
    marked, name = container.marked_for_deletion_on is not None, container.noun.capitalize()
    if not call.get("permanently_remove"):
        if marked:
            raise Invalid(f"{name} has been already marked for deletion")
        return
    if not marked:
        raise Invalid(f"{name} must be marked for deletion first.")
    if call.get("full_path") != call.world.path_of(container):
        raise Invalid(f"`full_path` is incorrect. You must enter the complete path for the {place}.")


@routes.post("/projects/:id/restore")
def restore_project(call: Call) -> Response:
    project = operations.restore_project(call.world, call.actor, the_project(call))
    return created(containers.project(call.world, project, call.user))


@routes.post("/projects/:id/archive")
def archive_project(call: Call) -> Response:
    return _set_archived(call, archived=True)


@routes.post("/projects/:id/unarchive")
def unarchive_project(call: Call) -> Response:
    return _set_archived(call, archived=False)


def _set_archived(call: Call, *, archived: bool) -> Response:
    project = the_project(call)
    if permissions.access_level(call.world, call.user, project) < OWNER:
        raise Forbidden
    operations.update_project(call.world, call.actor, project, archived=archived)
    return created(containers.project(call.world, project, call.user))


def _topics(call: Call) -> list[str] | None:
    given: list[str] | None = call.given.get("topics", call.given.get("tag_list"))
    return given


def _settings(call: Call) -> dict[str, Any]:
    settings = call.some(*(parameter.name for parameter in SETTINGS + LATER_SETTINGS))
    if "public_builds" in call.given:  # the older name
        settings.setdefault("public_jobs", call.given["public_builds"])
    for switch, feature in SWITCHED_FEATURES.items():
        if switch in call.given:
            settings[f"{feature}_access_level"] = "enabled" if call.given[switch] else "disabled"
    return settings


def _path_of(name: str) -> str:
    """GitLab makes the path from the name: lower case, dashes for what a path may not hold."""
    kept = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "-" for letter in name)
    return "-".join(part for part in kept.lower().split("-") if part)
