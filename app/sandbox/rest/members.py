"""Members and invitations of projects and groups (https://docs.gitlab.com/api/members/).

The trap: `members` lists direct members only, `members/all` the inherited too; and an invitation call answers 201 even
when it failed, with `status: "error"` and a message per address (https://docs.gitlab.com/api/invitations/).
"""

from __future__ import annotations

from app.sandbox import operations, permissions
from app.sandbox.errors import Forbidden, NotFound, SandboxError
from app.sandbox.http import Response
from app.sandbox.rest.finding import find_user, the_container
from app.sandbox.rest.pagination import paginate
from app.sandbox.rest.parameters import (
    GUEST_AND_UP,
    boolean,
    day,
    exclude_each_other,
    integer,
    integers,
    moment,
    require_any,
    text,
    texts,
)
from app.sandbox.rest.presenters import people
from app.sandbox.rest.routing import Call, Routes, created, no_content, ok
from app.sandbox.world import ROLES, Container, Member, User

routes = Routes()

SEARCH = (text("query"), integers("user_ids"), boolean("show_seat_info"))


@routes.get("/:scope/:id/members", *SEARCH, integers("skip_users"), listed=True)
def list_members(call: Call) -> Response:
    return _list(call, [m for m in the_container(call).members if permissions.counts(call.world, m)])


@routes.get("/:scope/:id/members/all", *SEARCH, text("state", "awaiting", "active"), listed=True)
def list_all_members(call: Call) -> Response:
    return _list(call, _highest(call, the_container(call)))


def _highest(call: Call, container: Container) -> list[Member]:
    """One row per person, the one with the highest role: what GitLab shows for somebody who is a member twice."""
    best: dict[int, Member] = {}
    for member in permissions.members_of(call.world, container):
        known = best.get(member.user_id)
        if known is None or member.access_level > known.access_level:
            best[member.user_id] = member
    return list(best.values())


def _list(call: Call, rows: list[Member]) -> Response:
    word, wanted, skipped = call.get("query", "").lower(), call.get("user_ids"), call.get("skip_users", [])
    users = call.world.users
    kept = [
        row
        for row in rows
        if word in f"{users[row.user_id].username} {users[row.user_id].name}".lower()
        and (not wanted or row.user_id in wanted)
        and row.user_id not in skipped
    ]
    kept.sort(key=lambda row: row.id)
    return paginate(call, kept, lambda row: people.member(call.world, row))


@routes.get("/:scope/:id/members/:user_id")
def read_member(call: Call) -> Response:
    container = the_container(call)
    return ok(people.member(call.world, operations.direct_member(container, _user(call))))


@routes.get("/:scope/:id/members/all/:user_id")
def read_any_member(call: Call) -> Response:
    user = _user(call)
    for member in _highest(call, the_container(call)):
        if member.user_id == user.id:
            return ok(people.member(call.world, member))
    raise NotFound


def _user(call: Call) -> User:
    return find_user(call, call.number("user_id", "User"))


@routes.post(
    "/:scope/:id/members",
    integers("user_id"),
    texts("username"),
    integer("access_level", required=True),
    day("expires_at"),
    text("invite_source"),
)
def create_member(call: Call) -> Response:
    """One person answers the member; several answer `{"status": ...}` with a message per failed name."""
    container = the_container(call)
    require_any(call.given, "user_id", "username")
    exclude_each_other(call.given, "user_id", "username")
    users = _people(call)
    level, until = call.get("access_level"), call.get("expires_at")
    if len(users) == 1:
        member = operations.add_member(call.world, call.actor, container, users[0], level, until)
        return created(people.member(call.world, member))
    problems: dict[str, str] = {}
    for user in users:
        try:
            operations.add_member(call.world, call.actor, container, user, level, until)
        except Forbidden:
            raise
        except SandboxError as error:
            problems[user.username] = " and ".join(error.sentences())
    return created({"status": "error", "message": problems} if problems else {"status": "success"})


def _people(call: Call) -> list[User]:
    if "user_id" in call.given:
        return [find_user(call, user_id) for user_id in call.given["user_id"]]
    found = [call.world.user_by_name(name) for name in call.given["username"]]
    people_found = [user for user in found if user is not None]
    if len(people_found) < len(found) or not found:
        raise NotFound.of("User")
    return people_found


@routes.put(
    "/:scope/:id/members/:user_id",
    integer("access_level", required=True),
    day("expires_at"),
    integer("member_role_id"),
)
def update_member(call: Call) -> Response:
    container = the_container(call)
    member = operations.update_member(
        call.world, call.actor, container, _user(call), **call.some("access_level", "expires_at")
    )
    return ok(people.member(call.world, member))


@routes.delete("/:scope/:id/members/:user_id", boolean("skip_subresources"), boolean("unassign_issuables"))
def delete_member(call: Call) -> Response:
    operations.remove_member(call.world, call.actor, the_container(call), _user(call))
    return no_content()


@routes.get("/:scope/:id/invitations", text("query"), listed=True, signed_in=True)
def list_invitations(call: Call) -> Response:
    container = _managed(call)
    word = call.get("query", "").lower()
    rows = [row for row in container.invitations if word in row.email.lower()]
    return paginate(call, rows, lambda row: people.invitation(call.world, row))


def _managed(call: Call) -> Container:
    container = the_container(call)
    if not permissions.can_manage_members(call.world, call.user, container):
        raise Forbidden
    return container


@routes.post(
    "/:scope/:id/invitations",
    integer("access_level", *ROLES, required=True),
    texts("email"),
    integers("user_id"),
    day("expires_at"),
    text("invite_source"),
)
def create_invitations(call: Call) -> Response:
    container = _managed(call)
    require_any(call.given, "email", "user_id")
    level, until = call.get("access_level"), call.get("expires_at")
    problems: dict[str, str] = {}
    for email in call.given.get("email", []):
        try:
            operations.create_invitation(call.world, call.actor, container, email, level, until)
        except SandboxError as error:
            problems[email] = " and ".join(error.sentences())
    for user_id in call.given.get("user_id", []):
        try:
            operations.add_member(call.world, call.actor, container, find_user(call, user_id), level, until)
        except SandboxError as error:
            problems[str(user_id)] = " and ".join(error.sentences())
    return created({"status": "error", "message": problems} if problems else {"status": "success"})


@routes.put("/:scope/:id/invitations/:email", integer("access_level", *GUEST_AND_UP), moment("expires_at"))
def update_invitation(call: Call) -> Response:
    """https://docs.gitlab.com/api/invitations/#update-an-invitation-to-a-group-or-project"""
    end = call.get("expires_at")
    row = operations.update_invitation(
        call.world,
        call.actor,
        _managed(call),
        call.path["email"],
        call.get("access_level"),
        end.date() if end else None,
    )
    return ok(people.invitation(call.world, row))


@routes.delete("/:scope/:id/invitations/:email")
def delete_invitation(call: Call) -> Response:
    operations.delete_invitation(call.world, call.actor, _managed(call), call.path["email"])
    return no_content()
