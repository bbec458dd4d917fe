"""Tokens of projects and of groups (https://docs.gitlab.com/api/project_access_tokens/, .../api/group_access_tokens/).

The trap: each is the token of a bot user of its own, who is a member of the project or group and shows up among its
people.
"""

from __future__ import annotations

from app.sandbox import operations, permissions
from app.sandbox.errors import Invalid, NotFound, Unauthorized
from app.sandbox.http import Response
from app.sandbox.rest.finding import the_container
from app.sandbox.rest.pagination import paginate
from app.sandbox.rest.parameters import GUEST_AND_UP, day, integer, text, texts
from app.sandbox.rest.presenters import people
from app.sandbox.rest.routing import Call, Routes, created, no_content, ok
from app.sandbox.rest.tokens import FILTERS, LONGEST_LIFE, checked_end, rotated, selected
from app.sandbox.world import MAINTAINER, Container, Token, belongs

routes = Routes()


@routes.get("/:scope/:id/access_tokens", *FILTERS, listed=True, signed_in=True)
def list_access_tokens(call: Call) -> Response:
    """https://docs.gitlab.com/api/project_access_tokens/ ; 401 for who may not see them, as on GitLab."""
    container = _administered(call)
    rows = [row for row in call.world.tokens.values() if belongs(row, container)]
    return paginate(call, selected(call, rows), lambda row: people.resource_token(call.world, row))


@routes.get("/:scope/:id/access_tokens/:token_id", signed_in=True)
def read_access_token(call: Call) -> Response:
    return ok(people.resource_token(call.world, _token_of(call, _administered(call))))


@routes.post(
    "/:scope/:id/access_tokens",
    text("name", required=True),
    text("description"),
    texts("scopes", required=True),
    day("expires_at"),
    integer("access_level", *GUEST_AND_UP),
)
def create_access_token(call: Call) -> Response:
    """The token's bot becomes a member, a Maintainer unless `access_level` says otherwise."""
    container = the_container(call)
    level = call.get("access_level", MAINTAINER)
    own = permissions.access_level(call.world, call.user, container)
    if not permissions.can_admin(call.world, call.user, container) or level > own:
        raise Invalid(f"User does not have permission to create {container.noun} access token")
    end = checked_end(call, call.world.clock().date() + LONGEST_LIFE)
    name, scopes = call.given["name"], call.given["scopes"]
    new = operations.create_access_token(
        call.world, call.actor, container, name=name, scopes=scopes, level=level, expires_at=end
    )
    return created(people.resource_token(call.world, new, with_value=True))


@routes.post("/:scope/:id/access_tokens/:token_id/rotate", day("expires_at"))
def rotate_access_token(call: Call) -> Response:
    new = rotated(call, _token_of(call, _administered(call)))
    return ok(people.resource_token(call.world, new, with_value=True))


@routes.delete("/:scope/:id/access_tokens/:token_id")
def revoke_access_token(call: Call) -> Response:
    """The bot leaves at once; GitLab deletes the account 30 days after."""
    container = _administered(call)
    operations.revoke_access_token(call.world, container, _token_of(call, container))
    return no_content()


def _administered(call: Call) -> Container:
    """A project's Maintainers and a group's Owners."""
    container = the_container(call)
    if not permissions.can_admin(call.world, call.user, container):
        raise Unauthorized
    return container


def _token_of(call: Call, container: Container) -> Token:
    wanted = call.number("token_id")
    for row in call.world.tokens.values():
        if row.id == wanted and belongs(row, container):
            return row
    raise NotFound("404 Could not find project access token with token_id: " + str(wanted))
