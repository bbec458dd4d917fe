"""Webhook bodies about milestones, pushes, members, projects and subgroups.

Members, projects and subgroups have an `event_name` and no `object_kind`: a receiver that dispatches on `object_kind`
alone fails on them (https://docs.gitlab.com/user/project/integrations/webhook_events/).
"""

from __future__ import annotations

from app.sandbox import permissions
from app.sandbox.webhooks.shapes import (
    VISIBILITY_LEVELS,
    Payload,
    avatar_url,
    day,
    iso,
    moment,
    project_hash,
    repository_hash,
)
from app.sandbox.world import NO_COMMIT, OWNER, ROLES, Commit, Container, Group, Member, Milestone, Project, User, World


def milestone_payload(world: World, milestone: Milestone, action: str) -> Payload:
    payload: Payload = {"object_kind": "milestone", "event_type": "milestone"}
    container = world.container_of(milestone)
    if isinstance(container, Project):
        payload["project"] = project_hash(world, container)
    else:
        payload["group"] = {
            "group_id": container.id,
            "group_name": container.name,
            "group_path": container.path,
            "full_path": container.full_path,
        }
    payload["object_attributes"] = {
        "id": milestone.id,
        "iid": milestone.iid,
        "title": milestone.title,
        "description": milestone.description,
        "state": milestone.state,
        "created_at": moment(milestone.created_at),
        "updated_at": moment(milestone.updated_at),
        "due_date": day(milestone.due_date),
        "start_date": day(milestone.start_date),
        "group_id": milestone.group_id,
        "project_id": milestone.project_id,
    }
    payload["action"] = action
    return payload


def push_payload(world: World, actor: User, project: Project, commit: Commit, branch: str) -> Payload:
    web = f"{world.base_url}/{world.project_path(project)}"
    level = VISIBILITY_LEVELS[project.visibility]
    repository = repository_hash(world, project)
    return {
        "object_kind": "push",
        "event_name": "push",
        "before": commit.parent_shas[0] if commit.parent_shas else NO_COMMIT,
        "after": commit.sha,
        "ref": f"refs/heads/{branch}",
        "ref_protected": bool(project.protections_for(branch)),
        "checkout_sha": commit.sha,
        "message": None,
        "user_id": actor.id,
        "user_name": actor.name,
        "user_username": actor.username,
        "user_email": None,
        "user_avatar": avatar_url(actor),
        "project_id": project.id,
        "project": project_hash(world, project),
        "commits": [
            {
                "id": commit.sha,
                "message": commit.message,
                "title": commit.message.partition("\n")[0],
                "timestamp": f"{commit.created_at:%Y-%m-%dT%H:%M:%S}+00:00",
                "url": f"{web}/-/commit/{commit.sha}",
                "author": {"name": world.author_of(commit)[0], "email": "[REDACTED]"},
                "added": commit.added,
                "modified": commit.modified,
                "removed": commit.removed,
            }
        ],
        "total_commits_count": 1,
        "push_options": {},
        "repository": repository
        | {"git_http_url": f"{web}.git", "git_ssh_url": repository["url"], "visibility_level": level},
    }


def member_payload(world: World, subject: Container, user: User, member: Member, event: str) -> Payload:
    """`event` is add, update or remove."""
    names = {"add": "user_add_to", "update": "user_update_for", "remove": "user_remove_from"}
    times = {"created_at": iso(member.created_at), "updated_at": iso(world.clock())}
    person = {
        "user_username": user.username,
        "user_name": user.name,
        "user_email": "[REDACTED]",
        "user_id": user.id,
    }
    if isinstance(subject, Group):
        return {
            **times,
            "group_name": subject.name,
            "group_path": subject.path,
            "group_id": subject.id,
            **person,
            "group_access": ROLES[member.access_level],
            "group_plan": None,
            "expires_at": f"{member.expires_at}T00:00:00Z" if member.expires_at else None,
            "event_name": f"{names[event]}_group",
        }
    return {
        **times,
        "event_name": f"{names[event]}_team",
        "project_name": subject.name,
        "project_path": subject.path,
        "project_path_with_namespace": world.project_path(subject),
        "project_id": subject.id,
        **person,
        "access_level": ROLES[member.access_level],
        "project_visibility": subject.visibility,
    }


def project_payload(world: World, project: Project, event: str) -> Payload:
    """`event` is create or destroy."""
    owners = [member.user_id for member in permissions.members_of(world, project) if member.access_level >= OWNER]
    people = [world.users[user_id] for user_id in dict.fromkeys(owners)]
    return {
        "event_name": f"project_{event}",
        "created_at": iso(project.created_at),
        "updated_at": iso(project.updated_at),
        "name": project.name,
        "path": project.path,
        "path_with_namespace": world.project_path(project),
        "project_id": project.id,
        "project_namespace_id": project.id,
        "owners": [{"name": user.name, "email": "[REDACTED]"} for user in people],
        "project_visibility": project.visibility,
    }


def subgroup_payload(group: Group, parent: Group, event: str) -> Payload:
    """`event` is create or destroy."""
    return {
        "created_at": iso(group.created_at),
        "updated_at": iso(group.created_at),
        "event_name": f"subgroup_{event}",
        "name": group.name,
        "path": group.path,
        "full_path": group.full_path,
        "group_id": group.id,
        "parent_group_id": parent.id,
        "parent_name": parent.name,
        "parent_path": parent.path,
        "parent_full_path": parent.full_path,
    }
