"""Users and memberships.

The trap this avoids: telling a stranger who the members of a private project are, or showing an inherited member as a
direct one: the two are different types, `GroupMember` and `ProjectMember`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.sandbox import permissions
from app.sandbox.graphql import context, global_ids
from app.sandbox.graphql.connections import Connection, paginate
from app.sandbox.graphql.context import Context, Info
from app.sandbox.graphql.global_ids import number_of
from app.sandbox.graphql.registry import PLAIN, TYPES_OF, field
from app.sandbox.world import GUEST, NO_ACCESS, ROLES, Container, Group, Member, Project, User

LEVELS = {level: name.upper().replace(" ", "_") for level, name in ROLES.items()} | {NO_ACCESS: "NO_ACCESS"}
"""Access level -> its name in the enums of GitLab's schema."""


@dataclass
class Membership:
    """A member together with the group or project that the role was given in."""

    member: Member
    subject: Container

    @property
    def created_at(self) -> datetime:
        return self.member.created_at

    @property
    def updated_at(self) -> datetime:
        return self.member.created_at

    @property
    def expires_at(self) -> date | None:
        return self.member.expires_at

    @property
    def access_level(self) -> int:
        return self.member.access_level

    @property
    def group(self) -> Container:
        return self.subject

    @property
    def project(self) -> Container:
        return self.subject


PLAIN.update(UserCore=User, CurrentUser=User, ProjectMember=Membership, GroupMember=Membership)
TYPES_OF["MemberInterface"] = lambda value: "ProjectMember" if isinstance(value.subject, Project) else "GroupMember"


@field("UserCore.id", "CurrentUser.id")
def id_(source: User, _info: Info) -> str:
    return global_ids.of(source)


@field("UserCore.active", "CurrentUser.active")
def active(source: User, _info: Info) -> bool:
    return source.state == "active"


@field("UserCore.human", "CurrentUser.human")
def human(source: User, _info: Info) -> bool:
    return not source.bot


@field("UserCore.type", "CurrentUser.type")
def type_(source: User, _info: Info) -> str:
    return "SERVICE_ACCOUNT" if source.bot else "HUMAN"


@field("UserCore.avatarUrl", "CurrentUser.avatarUrl", "UserCore.publicEmail", "CurrentUser.publicEmail")
def unset(_source: User, _info: Info) -> None:
    """No pictures, and no address that a user made public."""


@field("UserCore.webPath", "CurrentUser.webPath")
def web_path(source: User, _info: Info) -> str:
    return f"/{source.username}"


@field("UserCore.webUrl", "CurrentUser.webUrl")
def web_url(source: User, info: Info) -> str:
    return f"{context.of(info).world.base_url}/{source.username}"


@field("AccessLevel.integerValue")
def integer_value(source: int, _info: Info) -> int:
    return source


@field("AccessLevel.stringValue")
def string_value(source: int, _info: Info) -> str | None:
    return LEVELS.get(source)


@field("AccessLevel.humanAccess")
def human_access(source: int, _info: Info) -> str | None:
    return ROLES[source].capitalize() if source else None


@field("ProjectMember.id", "GroupMember.id")
def member_id(source: Membership, _info: Info) -> str:
    kind = "ProjectMember" if isinstance(source.subject, Project) else "GroupMember"
    return f"gid://gitlab/{kind}/{source.member.id}"


@field("ProjectMember.user", "GroupMember.user")
def member_user(source: Membership, info: Info) -> User | None:
    return context.of(info).world.users.get(source.member.user_id)


@field("ProjectMember.createdBy", "GroupMember.createdBy")
def created_by(source: Membership, info: Info) -> User | None:
    return context.of(info).world.users.get(source.member.created_by_id or 0)


@field("Project.projectMembers", "Group.groupMembers")
def members(source: Container, info: Info, **arguments: Any) -> Connection | None:
    """Members by relation; without `relations` the direct and the inherited ones. Null for who may not see them."""
    request = context.of(info)
    public = source.visibility == "public"
    if not public and permissions.access_level(request.world, request.user, source) < GUEST:
        return None
    relations = arguments.pop("relations", None) or ["DIRECT", "INHERITED"]
    levels = arguments.pop("accessLevels", None)
    search = (arguments.pop("search", None) or "").lower()
    raw_ids = arguments.pop("ids", None)
    ids = None if raw_ids is None else {number_of(each) for each in raw_ids}
    found = [
        each
        for each in _highest(_related(request, source, relations))
        if (levels is None or LEVELS.get(each.access_level) in levels)
        and (ids is None or each.member.user_id in ids)
        and _named(request.world.users[each.member.user_id], search)
    ]
    return paginate(found, lambda each: (each.member.id,), **arguments)


def _named(user: User, search: str) -> bool:
    return search in user.name.lower() or search in user.username.lower()


def _related(request: Context, source: Container, relations: list[str]) -> Iterator[Membership]:
    world = request.world
    subjects: list[Container] = [source] if "DIRECT" in relations else []
    if "INHERITED" in relations:
        subjects += [each for each in world.lineage(source) if each is not source]
    if "DESCENDANTS" in relations and isinstance(source, Group):
        prefix = source.full_path + "/"
        subjects += [each for each in world.groups.values() if each.full_path.startswith(prefix)]
        subjects += [each for each in world.projects.values() if world.project_path(each).startswith(prefix)]
    for subject in subjects:
        for member in subject.members:
            if permissions.counts(world, member):
                yield Membership(member, subject)


def _highest(memberships: Iterable[Membership]) -> list[Membership]:
    """One membership per user: the one with the highest role, the nearest of equals."""
    best: dict[int, Membership] = {}
    for each in memberships:
        known = best.get(each.member.user_id)
        if known is None or each.access_level > known.access_level:
            best[each.member.user_id] = each
    return list(best.values())
