"""Who may do what: GitLab's rules by role (https://docs.gitlab.com/user/permissions/).

Every operation asks here, so that two people with different roles get what GitLab would give them. The trap this
avoids: a fake in which the bot's token can do everything, so that a missing role is first noticed in production.
"""

from __future__ import annotations

from dataclasses import replace

from app.sandbox.faults import is_late
from app.sandbox.world import (
    DEVELOPER,
    GUEST,
    MAINTAINER,
    NO_ACCESS,
    OWNER,
    PLANNER,
    REPORTER,
    Container,
    Group,
    Member,
    Note,
    Project,
    User,
    WorkItem,
    World,
)

NOBODY = 1_000  # above every access level


def members_of(world: World, subject: Container) -> list[Member]:
    """Direct and inherited memberships that have not expired, nearest first, and those that come in through an invited
    group, with the share's role at most. One user may occur several times
    (https://docs.gitlab.com/user/project/members/sharing_projects_groups/).
    """
    now = world.clock()
    found: list[Member] = []
    for place in world.lineage(subject):
        found.extend(place.members)
        for share in place.shares:
            if share.expires_at is None or share.expires_at > now.date():
                invited = world.groups[share.group_id].members
                found.extend(replace(m, access_level=min(m.access_level, share.access_level)) for m in invited)
    return [member for member in found if counts(world, member)]


def counts(world: World, member: Member) -> bool:
    """False for a membership that has expired, or that GitLab has not reckoned with yet (`late_members_seconds`)."""
    now = world.clock()
    if member.expires_at is not None and member.expires_at <= now.date():
        return False
    return not is_late(member.created_at, world.faults.late_members_seconds, now)


def member_level(world: World, user: User | None, subject: Container) -> int:
    """The highest role by membership alone (an administrator without membership has 0)."""
    if user is None or user.state != "active":
        return NO_ACCESS
    return max((m.access_level for m in members_of(world, subject) if m.user_id == user.id), default=NO_ACCESS)


def access_level(world: World, user: User | None, subject: Container) -> int:
    """The highest role, direct or inherited; an administrator counts as Owner."""
    if user is not None and user.admin and user.state == "active":
        return OWNER
    return member_level(world, user, subject)


def can_read_project(world: World, user: User | None, project: Project) -> bool:
    """A private project is seen by its members only (Guest and up); an internal one by everybody signed in.

    A fresh one may be seen by nobody for a while (`late_projects_seconds`).
    """
    if is_late(project.created_at, world.faults.late_projects_seconds, world.clock()):
        return False
    if project.visibility == "public" or (project.visibility == "internal" and user is not None):
        return True
    return access_level(world, user, project) >= GUEST


def can_read_group(world: World, user: User | None, group: Group) -> bool:
    """Members see a private group, and so does whoever sees any project in it or below it
    (https://docs.gitlab.com/user/group/#view-groups).

    So somebody who is only a member of one project reads the group's labels, milestones, boards and every epic there
    that is not confidential. This is GitLab's behaviour, not an oversight here.
    """
    if group.visibility == "public" or (group.visibility == "internal" and user is not None):
        return True
    if access_level(world, user, group) >= GUEST:
        return True
    return any(
        any(ancestor.id == group.id for ancestor in world.ancestors(world.groups[project.group_id]))
        for project in world.projects.values()
        if can_read_project(world, user, project)
    )


def can_read_container(world: World, user: User | None, container: Container) -> bool:
    """can_read_project or can_read_group, whichever fits."""
    if isinstance(container, Project):
        return can_read_project(world, user, container)
    return can_read_group(world, user, container)


def issues_enabled(project: Project) -> bool:
    """False when the project switched issues off (`issues_access_level: disabled`)."""
    return project.settings.get("issues_access_level", "enabled") != "disabled"


def can_read_item(world: World, user: User | None, item: WorkItem) -> bool:
    """Confidential items: author, assignees and Planner or higher only
    (https://docs.gitlab.com/user/project/issues/confidential_issues/)."""
    container = world.container_of(item)
    if not can_read_container(world, user, container):
        return False
    if isinstance(container, Project):
        if not issues_enabled(container):
            return False
        members_only = container.settings.get("issues_access_level") == "private"
        if members_only and access_level(world, user, container) < GUEST:
            return False
    elif not world.licensed:
        return False
    if not item.confidential or access_level(world, user, container) >= PLANNER:
        return True
    return user is not None and (user.id == item.author_id or user.id in item.assignee_ids)


def can_read_note(world: World, user: User | None, item: WorkItem, note: Note) -> bool:
    """Internal notes are for Planner and higher (https://docs.gitlab.com/user/discussions/#add-an-internal-note).

    A fresh note is seen by nobody for `late_notes_seconds`.
    """
    if not can_read_item(world, user, item):
        return False
    if is_late(note.created_at, world.faults.late_notes_seconds, world.clock()):
        return False
    if not note.internal or access_level(world, user, world.container_of(item)) >= PLANNER:
        return True
    return user is not None and user.id == note.author_id


def _is_archived(container: Container) -> bool:
    """Read-only: issues, comments, labels, milestones, boards and files; members, badges and webhooks still change
    (https://docs.gitlab.com/user/project/working_with_projects/#archive-a-project)."""
    return isinstance(container, Project) and container.archived


def can_create_item(world: World, user: User | None, container: Container) -> bool:
    """Issues: Guest and up, anybody signed in where the project is open. Epics: Planner and up."""
    if user is None:
        return False
    if isinstance(container, Group):
        return world.licensed and access_level(world, user, container) >= PLANNER
    if not issues_enabled(container) or container.archived:
        return False
    return can_read_project(world, user, container)


def can_update_item(world: World, user: User | None, item: WorkItem) -> bool:
    """Title, description and state: Planner and up, and author and assignees whatever their role."""
    if user is None or not can_read_item(world, user, item):
        return False
    container = world.container_of(item)
    if _is_archived(container):
        return False
    if access_level(world, user, container) >= PLANNER:
        return True
    return item.type != "EPIC" and (user.id == item.author_id or user.id in item.assignee_ids)


def can_set_metadata(world: World, user: User | None, item: WorkItem) -> bool:
    """Labels, milestone, assignees, dates, parent, weight, lock and confidentiality of an existing item: Planner up."""
    return can_update_item(world, user, item) and access_level(world, user, world.container_of(item)) >= PLANNER


def can_delete_item(world: World, user: User | None, item: WorkItem) -> bool:
    """Planner or Owner, and nobody between the two."""
    if _is_archived(world.container_of(item)):
        return False
    return access_level(world, user, world.container_of(item)) in (PLANNER, OWNER)


def can_comment(world: World, user: User | None, item: WorkItem) -> bool:
    """Whoever reads the item; on a locked discussion members of the project or group only."""
    if user is None or not can_read_item(world, user, item):
        return False
    container = world.container_of(item)
    if _is_archived(container):
        return False
    return not item.discussion_locked or access_level(world, user, container) >= GUEST


def can_write_internal_notes(world: World, user: User | None, item: WorkItem) -> bool:
    return access_level(world, user, world.container_of(item)) >= PLANNER


def can_admin_labels(world: World, user: User | None, container: Container) -> bool:
    return not _is_archived(container) and access_level(world, user, container) >= PLANNER


def can_admin_milestones(world: World, user: User | None, container: Container) -> bool:
    return not _is_archived(container) and access_level(world, user, container) >= PLANNER


def can_admin_boards(world: World, user: User | None, container: Container) -> bool:
    return not _is_archived(container) and access_level(world, user, container) >= PLANNER


def can_push(world: World, user: User | None, project: Project, branch: str) -> bool:
    """Developer and up; to a protected branch whoever its protection lets, most often Maintainers
    (https://docs.gitlab.com/user/project/repository/branches/protected/). The most permissive rule that fits counts."""
    level = access_level(world, user, project)
    rules = [rule.push_level for rule in project.protections_for(branch)]
    least = min((rule for rule in rules if rule), default=NOBODY if rules else DEVELOPER)
    return not project.archived and level >= least


def can_download_code(world: World, user: User | None, project: Project) -> bool:
    """Files of a private project: Reporter and up; Guests and Planners do not see its code."""
    if project.visibility != "private" and can_read_project(world, user, project):
        return True
    return access_level(world, user, project) >= REPORTER


def can_write_wiki(world: World, user: User | None, project: Project) -> bool:
    """Planner, and Developer and up, but not Reporter (https://docs.gitlab.com/user/permissions/#project-planning)."""
    level = access_level(world, user, project)
    return level == PLANNER or level >= DEVELOPER


def can_create_project(world: World, user: User | None, group: Group) -> bool:
    """Default project creation level: Developer and up."""
    return access_level(world, user, group) >= DEVELOPER


def can_create_subgroup(world: World, user: User | None, group: Group) -> bool:
    """Default subgroup creation level: Maintainer and up."""
    return access_level(world, user, group) >= MAINTAINER


def can_admin(world: World, user: User | None, subject: Container) -> bool:
    """Settings and badges: Maintainer of a project, Owner of a group."""
    return access_level(world, user, subject) >= (MAINTAINER if isinstance(subject, Project) else OWNER)


def can_admin_hooks(world: World, user: User | None, subject: Container) -> bool:
    return can_admin(world, user, subject)


def can_manage_members(world: World, user: User | None, subject: Container) -> bool:
    return can_admin(world, user, subject)


def can_delete_project(world: World, user: User | None, project: Project) -> bool:
    return access_level(world, user, project) >= OWNER
