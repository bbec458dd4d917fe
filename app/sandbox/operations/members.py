"""Memberships and invitations by mail (https://docs.gitlab.com/api/members/, https://docs.gitlab.com/api/invitations/)."""

from __future__ import annotations

import re
from datetime import date

from app.sandbox import permissions, webhooks
from app.sandbox.errors import Conflict, Invalid, NotFound
from app.sandbox.operations.common import UNSET, require, require_visible
from app.sandbox.world import OWNER, ROLES, Container, Group, Invitation, Member, Project, Share, User, World

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def add_member(
    world: World,
    actor: User,
    subject: Container,
    user: User,
    access_level: int,
    expires_at: date | None = None,
) -> Member:
    """Maintainer of a project or Owner of a group, and nobody gives a role above their own.

    Raises Conflict for a direct member, Invalid for an unknown level or one below the inherited role, Forbidden.
    """
    _require_manager(world, actor, subject)
    _check_level(world, actor, subject, access_level)
    if any(member.user_id == user.id for member in subject.members):
        raise Conflict("Member already exists")
    inherited = _inherited_level(world, user, subject)
    if access_level < inherited:
        raise Invalid({"access_level": ["should be greater than or equal to the inherited membership from a group"]})
    _check_expiry(world, expires_at)
    now = world.clock()
    member = Member(world.ids.next("member"), user.id, access_level, now, actor.id, expires_at)
    subject.members.append(member)
    webhooks.member_changed(world, subject, user, member, "add")
    return member


def add_founder(world: World, container: Container, creator: User) -> None:
    """Whoever makes a project or group becomes its Owner; nobody's right is asked and no hook tells."""
    now = world.clock()
    container.members.append(Member(world.ids.next("member"), creator.id, OWNER, now, created_by_id=creator.id))


def update_member(
    world: World,
    actor: User,
    subject: Container,
    user: User,
    *,
    access_level: int = UNSET,
    expires_at: date | None = UNSET,
) -> Member:
    """Change a direct member's role or end date. The last Owner of a group keeps the role (Forbidden)."""
    _require_manager(world, actor, subject)
    member = direct_member(subject, user)
    if access_level is not UNSET:
        _check_level(world, actor, subject, max(access_level, member.access_level))
        _check_level(world, actor, subject, access_level)
        if access_level < OWNER:
            _keep_an_owner(subject, member)
        member.access_level = access_level
    if expires_at is not UNSET:
        _check_expiry(world, expires_at)
        member.expires_at = expires_at
    webhooks.member_changed(world, subject, user, member, "update")
    return member


def remove_member(world: World, actor: User, subject: Container, user: User) -> None:
    """Remove a direct membership; everybody may leave. A person who lost all access also loses assignments."""
    require_visible(world, actor, subject)
    member = direct_member(subject, user)
    if actor.id != user.id:
        _require_manager(world, actor, subject)
        _check_level(world, actor, subject, member.access_level)
    _keep_an_owner(subject, member)
    subject.members.remove(member)
    webhooks.member_changed(world, subject, user, member, "remove")
    for item in world.work_items.values():
        container = world.container_of(item)
        if user.id in item.assignee_ids and not permissions.can_read_container(world, user, container):
            item.assignee_ids.remove(user.id)


def share(world: World, actor: User, subject: Container, invited: Group, access_level: int) -> Share:
    """Invites a group as a whole (https://docs.gitlab.com/api/groups/#invite-groups). Raises Conflict, Forbidden."""
    _require_manager(world, actor, subject)
    _check_level(world, actor, subject, access_level)
    if any(row.group_id == invited.id for row in subject.shares):
        raise Conflict("The group has already been shared")
    shared = Share(invited.id, access_level)
    subject.shares.append(shared)
    return shared


def create_invitation(
    world: World,
    actor: User,
    subject: Container,
    email: str,
    access_level: int,
    expires_at: date | None = None,
) -> Invitation | Member:
    """Invite an address. Who already has an account becomes a member at once, as on GitLab.

    Raises Conflict for a member or a pending invitation, Invalid for a malformed address or an unknown level.
    """
    _require_manager(world, actor, subject)
    _check_level(world, actor, subject, access_level)
    if not _EMAIL.fullmatch(email):
        raise Invalid({"invite_email": ["is invalid"]})
    user = next((user for user in world.users.values() if user.email.lower() == email.lower()), None)
    if user is not None:
        return add_member(world, actor, subject, user, access_level, expires_at)
    if any(invitation.email.lower() == email.lower() for invitation in subject.invitations):
        raise Conflict("The member's email address has already been taken")
    invitation = Invitation(
        id=world.ids.next("member"),
        email=email,
        access_level=access_level,
        created_at=world.clock(),
        created_by_id=actor.id,
        token=world.ids.hex(20),
        expires_at=expires_at,
    )
    subject.invitations.append(invitation)
    return invitation


def update_invitation(
    world: World,
    actor: User,
    subject: Container,
    email: str,
    access_level: int | None = None,
    expires_at: date | None = None,
) -> Invitation:
    """Another role or end for a pending invitation. Raises NotFound, or Invalid for an unknown level."""
    _require_manager(world, actor, subject)
    if access_level is not None:
        _check_level(world, actor, subject, access_level)
    for invitation in subject.invitations:
        if invitation.email.lower() == email.lower():
            invitation.access_level = access_level or invitation.access_level
            invitation.expires_at = expires_at or invitation.expires_at
            return invitation
    raise NotFound


def delete_invitation(world: World, actor: User, subject: Container, email: str) -> None:
    """Withdraw a pending invitation. Raises NotFound."""
    _require_manager(world, actor, subject)
    for invitation in subject.invitations:
        if invitation.email.lower() == email.lower():
            subject.invitations.remove(invitation)
            return
    raise NotFound


def direct_member(subject: Container, user: User) -> Member:
    """The membership in exactly this project or group. Raises NotFound."""
    for member in subject.members:
        if member.user_id == user.id:
            return member
    raise NotFound.of("Member")


def _require_manager(world: World, actor: User, subject: Container) -> None:
    require_visible(world, actor, subject)
    require(permissions.can_manage_members(world, actor, subject))


def _check_level(world: World, actor: User, subject: Container, level: int) -> None:
    if level not in ROLES:
        raise Invalid({"access_level": ["is not included in the list"]})
    require(level <= permissions.access_level(world, actor, subject))


def _inherited_level(world: World, user: User, subject: Container) -> int:
    if isinstance(subject, Project):
        return permissions.member_level(world, user, world.groups[subject.group_id])
    parent = world.groups.get(subject.parent_id) if subject.parent_id is not None else None
    return permissions.member_level(world, user, parent) if parent else 0


def _keep_an_owner(subject: Container, member: Member) -> None:
    if not isinstance(subject, Group) or member.access_level < OWNER or subject.parent_id is not None:
        return
    require(any(other.access_level >= OWNER for other in subject.members if other is not member))


def _check_expiry(world: World, expires_at: date | None) -> None:
    if expires_at is not None and expires_at < world.clock().date():
        raise Invalid({"expires_at": ["cannot be a date in the past"]})
