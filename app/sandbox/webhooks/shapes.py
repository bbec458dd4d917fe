"""The pieces that all webhook bodies share: times, people, projects, labels.

Trap: times here are "2026-11-02 09:05:12 UTC", not the ISO form of the REST API; only member, project, subgroup and
push events use that one.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Any

from app.sandbox import addresses
from app.sandbox.world import Label, Project, User, WorkItem, World

Payload = dict[str, Any]
VISIBILITY_LEVELS = {"private": 0, "internal": 10, "public": 20}


def moment(value: datetime | None) -> str | None:
    return f"{value:%Y-%m-%d %H:%M:%S} UTC" if value is not None else None


def iso(value: datetime) -> str:
    return f"{value:%Y-%m-%dT%H:%M:%SZ}"


def day(value: date | None) -> str | None:
    return value.isoformat() if value is not None else None


def avatar_url(user: User) -> str:
    digest = hashlib.sha256(user.email.lower().encode()).hexdigest()
    return f"https://www.gravatar.com/avatar/{digest}?s=80&d=identicon"


def user_hash(user: User) -> Payload:
    """The acting user; the address is hidden unless it is public, which here it never is."""
    return {
        "id": user.id,
        "name": user.name,
        "username": user.username,
        "avatar_url": avatar_url(user),
        "email": "[REDACTED]",
    }


def person(user: User) -> Payload:
    return {"name": user.name, "username": user.username, "avatar_url": avatar_url(user)}


def project_hash(world: World, project: Project) -> Payload:
    path = world.project_path(project)
    web = f"{world.base_url}/{path}"
    ssh = addresses.over_ssh(world, project)
    return {
        "id": project.id,
        "name": project.name,
        "description": project.description,
        "web_url": web,
        "avatar_url": None,
        "git_ssh_url": ssh,
        "git_http_url": f"{web}.git",
        "namespace": world.groups[project.group_id].name,
        "visibility_level": VISIBILITY_LEVELS[project.visibility],
        "path_with_namespace": path,
        "default_branch": project.default_branch,
        "ci_config_path": None,
        "homepage": web,
        "url": ssh,
        "ssh_url": ssh,
        "http_url": f"{web}.git",
    }


def repository_hash(world: World, project: Project) -> Payload:
    return {
        "name": project.name,
        "url": addresses.over_ssh(world, project),
        "description": project.description,
        "homepage": world.base_url + addresses.of_container(world, project),
    }


def label_hash(label: Label) -> Payload:
    return {
        "id": label.id,
        "title": label.title,
        "color": label.color,
        "project_id": label.project_id,
        "created_at": moment(label.created_at),
        "updated_at": moment(label.updated_at),
        "template": False,
        "description": label.description,
        "type": "ProjectLabel" if label.project_id is not None else "GroupLabel",
        "group_id": label.group_id,
    }


def item_url(world: World, item: WorkItem) -> str:
    return world.base_url + addresses.of_item(world, item)
