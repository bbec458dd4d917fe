"""Groups, namespaces and projects as REST shows them (https://docs.gitlab.com/api/projects/).

The trap: a project answer changes with who asks. `permissions` is the viewer's, and Premium fields are absent, not
null, on the Community Edition.
"""

from __future__ import annotations

from app.sandbox import addresses
from app.sandbox.permissions import access_level, member_level
from app.sandbox.rest.presenters.formats import Json, day, moment
from app.sandbox.world import NO_ACCESS, OWNER, PLANNER, Container, Group, Project, User, World

FEATURES = (
    "issues",
    "repository",
    "merge_requests",
    "forking",
    "wiki",
    "builds",
    "snippets",
    "pages",
    "analytics",
    "container_registry",
    "security_and_compliance",
    "releases",
    "environments",
    "feature_flags",
    "infrastructure",
    "monitor",
    "model_experiments",
    "model_registry",
    "package_registry",
)
SWITCHES: Json = {
    "packages_enabled": True,
    "resolve_outdated_diff_discussions": False,
    "container_registry_enabled": True,
    "service_desk_enabled": False,
    "emails_disabled": False,
    "emails_enabled": True,
    "show_diff_preview_in_email": True,
    "shared_runners_enabled": True,
    "group_runners_enabled": True,
    "lfs_enabled": True,
    "auto_devops_enabled": False,
    "public_jobs": True,
    "only_allow_merge_if_pipeline_succeeds": False,
    "allow_merge_on_skipped_pipeline": None,
    "request_access_enabled": True,
    "only_allow_merge_if_all_discussions_are_resolved": False,
    "remove_source_branch_after_merge": True,
    "printing_merge_request_link_enabled": True,
    "merge_method": "merge",
    "squash_option": "default_off",
    "suggestion_commit_message": None,
    "merge_commit_template": None,
    "squash_commit_template": None,
    "issue_branch_template": None,
    "warn_about_potentially_unwanted_characters": True,
    "autoclose_referenced_issues": True,
    "enforce_auth_checks_on_uploads": True,
    "build_timeout": 3600,
    "build_git_strategy": "fetch",
    "auto_cancel_pending_pipelines": "enabled",
    "auto_devops_deploy_strategy": "continuous",
    "resource_group_default_process_mode": "unordered",
}
LATER_SWITCHES: Json = {
    "keep_latest_artifact": True,
    "restrict_user_defined_variables": False,
    "ci_forward_deployment_enabled": True,
    "ci_forward_deployment_rollback_allowed": True,
    "ci_allow_fork_pipelines_to_run_in_parent_project": True,
    "ci_separated_caches": True,
    "ci_push_repository_for_job_token_allowed": False,
    "ci_default_git_depth": 20,
}
"""Settings that a project gets by a change only: GitLab does not take them when it is made."""
LICENSED_SWITCHES: Json = {
    "approvals_before_merge": 0,
    "mirror": False,
    "mirror_trigger_builds": False,
    "only_allow_merge_if_all_status_checks_passed": False,
    "prevent_merge_without_jira_issue": False,
    "requirements_access_level": "enabled",
    "external_authorization_classification_label": "",
}
LICENSED_LATER_SWITCHES: Json = {
    "merge_pipelines_enabled": False,
    "merge_trains_enabled": False,
    "issues_template": None,
    "merge_requests_template": None,
}
GROUP_SWITCHES: Json = {
    "share_with_group_lock": False,
    "require_two_factor_authentication": False,
    "two_factor_grace_period": 48,
    "project_creation_level": "developer",
    "auto_devops_enabled": None,
    "subgroup_creation_level": "maintainer",
    "emails_disabled": False,
    "emails_enabled": True,
    "show_diff_preview_in_email": True,
    "mentions_disabled": None,
    "lfs_enabled": True,
    "default_branch": None,
    "default_branch_protection": 2,
    "request_access_enabled": True,
    "shared_runners_setting": "enabled",
}


def namespace(world: World, group: Group) -> Json:
    return {
        "id": group.id,
        "name": group.name,
        "path": group.path,
        "kind": "group",
        "full_path": group.full_path,
        "parent_id": group.parent_id,
        "avatar_url": None,
        "web_url": world.base_url + addresses.of_container(world, group),
    }


def shares(world: World, record: Container) -> list[Json]:
    """The groups that were invited as a whole."""
    return [
        {
            "group_id": share.group_id,
            "group_name": world.groups[share.group_id].name,
            "group_full_path": world.groups[share.group_id].full_path,
            "group_access_level": share.access_level,
            "expires_at": day(share.expires_at),
        }
        for share in record.shares
    ]


def group(world: World, record: Group) -> Json:
    """A group in a list."""
    data: Json = {
        "id": record.id,
        "web_url": world.base_url + addresses.of_container(world, record),
        "name": record.name,
        "path": record.path,
        "description": record.description,
        "visibility": record.visibility,
        **{name: record.settings.get(name, value) for name, value in GROUP_SWITCHES.items()},
        "avatar_url": None,
        "archived": False,
        "full_name": world.full_name(record),
        "full_path": record.full_path,
        "created_at": moment(record.created_at),
        "parent_id": record.parent_id,
        "organization_id": 1,
        "marked_for_deletion_on": day(record.marked_for_deletion_on),
    }
    if world.licensed:
        data |= {"ldap_cn": None, "ldap_access": None}
        data["wiki_access_level"] = record.settings.get("wiki_access_level", "enabled")
    return data


def group_detail(world: World, record: Group, viewer: User | None, projects: list[Project] | None) -> Json:
    """One group; `projects` is left out with `with_projects=false`."""
    data = group(world, record) | {
        "shared_with_groups": shares(world, record),
        "prevent_sharing_groups_outside_hierarchy": record.settings.get(
            "prevent_sharing_groups_outside_hierarchy", False
        ),
    }
    if world.licensed:
        data["membership_lock"] = record.settings.get("membership_lock", False)
    if access_level(world, viewer, record) >= OWNER:
        data["runners_token"] = None
    if projects is not None:
        data |= {"projects": [project(world, row, viewer) for row in projects], "shared_projects": []}
    return data


def project_basic(world: World, record: Project) -> Json:
    """The small form: `simple=true`, boards, anonymous visitors."""
    owner = world.groups[record.group_id]
    path = world.project_path(record)
    readme = next((name for name in record.files if name.lower() == "readme.md"), None)
    return {
        "id": record.id,
        "description": record.description,
        "name": record.name,
        "name_with_namespace": world.full_name(record),
        "path": record.path,
        "path_with_namespace": path,
        "created_at": moment(record.created_at),
        "default_branch": record.default_branch if record.commits else None,
        "tag_list": list(record.topics),
        "topics": list(record.topics),
        "ssh_url_to_repo": addresses.over_ssh(world, record),
        "http_url_to_repo": f"{world.base_url}/{path}.git",
        "web_url": f"{world.base_url}/{path}",
        "readme_url": readme and f"{world.base_url}/{path}/-/blob/{record.default_branch}/{readme}",
        "forks_count": 0,
        "avatar_url": None,
        "star_count": 0,
        "last_activity_at": moment(record.last_activity_at),
        "visibility": record.visibility,
        "namespace": namespace(world, owner),
    }


def project(world: World, record: Project, viewer: User | None) -> Json:
    """The full form without `permissions`."""
    links = f"{world.base_url}/api/v4/projects/{record.id}"
    settings = record.settings
    features = {f"{name}_access_level": settings.get(f"{name}_access_level", "enabled") for name in FEATURES}
    data = project_basic(world, record) | {
        "_links": {"self": links}
        | {noun: f"{links}/{noun}" for noun in ("issues", "merge_requests", "labels", "events", "members")}
        | {"repo_branches": f"{links}/repository/branches", "cluster_agents": f"{links}/cluster_agents"},
        "marked_for_deletion_at": day(record.marked_for_deletion_on),
        "marked_for_deletion_on": day(record.marked_for_deletion_on),
        "empty_repo": not record.commits,
        "archived": record.archived,
        **{name: settings.get(name, value) for name, value in (SWITCHES | LATER_SWITCHES).items()},
        **features,
        **{f"{name}_enabled": features[f"{name}_access_level"] != "disabled" for name in FEATURES[:1]},
        "merge_requests_enabled": features["merge_requests_access_level"] != "disabled",
        "wiki_enabled": features["wiki_access_level"] != "disabled",
        "jobs_enabled": features["builds_access_level"] != "disabled",
        "snippets_enabled": features["snippets_access_level"] != "disabled",
        "can_create_merge_request_in": access_level(world, viewer, record) >= PLANNER,
        "creator_id": record.creator_id,
        "import_url": None,
        "import_type": None,
        "import_status": "none",
        "import_error": None,
        "open_issues_count": _open_issues(world, record),
        "description_html": record.description or "",
        "updated_at": moment(record.updated_at),
        "shared_with_groups": shares(world, record),
    }
    if world.licensed:
        licensed = LICENSED_SWITCHES | LICENSED_LATER_SWITCHES
        data |= {name: settings.get(name, value) for name, value in licensed.items()}
    return data


def project_with_access(world: World, record: Project, viewer: User | None) -> Json:
    """The full form with the viewer's `permissions`: direct in the project, inherited from the groups."""
    direct = next((m.access_level for m in record.members if viewer is not None and m.user_id == viewer.id), None)
    inherited = member_level(world, viewer, world.groups[record.group_id])
    permissions = {
        "project_access": _access(direct),
        "group_access": _access(inherited if inherited > NO_ACCESS else None),
    }
    return project(world, record, viewer) | {"permissions": permissions}


def _access(level: int | None) -> Json | None:
    return None if level is None else {"access_level": level, "notification_level": 3}


def _open_issues(world: World, record: Project) -> int:
    return sum(
        item.state == "opened" and item.type in ("ISSUE", "INCIDENT")
        for item in world.work_items.where("project_id", record.id)
    )
