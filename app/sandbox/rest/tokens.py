"""Tokens of people and of service accounts (https://docs.gitlab.com/api/personal_access_tokens/).

The trap: a token's value is shown once. Reading a token never shows it; only making and rotating do, and rotating kills
the old one at once.
"""

from __future__ import annotations

from datetime import date, timedelta

from app.sandbox import operations, permissions
from app.sandbox.errors import Forbidden, Invalid, NotFound, Unauthorized
from app.sandbox.http import Response
from app.sandbox.rest.finding import the_group
from app.sandbox.rest.pagination import paginate
from app.sandbox.rest.parameters import boolean, day, integer, span, text, texts
from app.sandbox.rest.presenters import people
from app.sandbox.rest.routing import Call, Routes, created, no_content, ok
from app.sandbox.world import Token, User

DEFAULT_ROTATION = timedelta(days=7)
LONGEST_LIFE = timedelta(days=365)

routes = Routes()

FILTERS = (
    boolean("revoked"),
    text("state", "active", "inactive"),
    text("search"),
    *span("created"),
    day("expires_after"),
    day("expires_before"),
    text("sort", "created_asc", "created_desc", "expires_asc", "expires_desc", "last_used_asc", "last_used_desc",
         "name_asc", "name_desc"),
)  # fmt: skip


@routes.get("/personal_access_tokens", *FILTERS, integer("user_id"), listed=True, signed_in=True)
def list_tokens(call: Call) -> Response:
    """One's own; administrators see everybody's. Somebody else's are 401, as on GitLab."""
    wanted = call.get("user_id", None if call.actor.admin else call.actor.id)
    if wanted != call.actor.id and not call.actor.admin:
        raise Unauthorized
    rows = [row for row in call.world.tokens.values() if row.personal and wanted in (None, row.user_id)]
    return paginate(call, selected(call, rows), lambda row: people.token(call.world, row))


@routes.get("/personal_access_tokens/self", signed_in=True, any_scope=("read_user", "self_rotate", "read_repository"))
def read_own_token(call: Call) -> Response:
    return ok(people.token(call.world, _own_token(call)))


@routes.get("/personal_access_tokens/:token_id", signed_in=True)
def read_token(call: Call) -> Response:
    return ok(people.token(call.world, _token_by_id(call, Unauthorized())))


@routes.post("/personal_access_tokens/self/rotate", day("expires_at"), any_scope=("self_rotate",))
def rotate_own_token(call: Call) -> Response:
    """Without `expires_at` the new token lives one week
    (https://docs.gitlab.com/api/personal_access_tokens/#rotate-a-personal-access-token)."""
    return ok(people.token(call.world, rotated(call, _own_token(call)), with_value=True))


@routes.post("/personal_access_tokens/:token_id/rotate", day("expires_at"))
def rotate_token(call: Call) -> Response:
    """401 for a token that is not there, not the caller's, or no longer valid."""
    return ok(people.token(call.world, rotated(call, _token_by_id(call, Unauthorized())), with_value=True))


@routes.delete("/personal_access_tokens/self")
def revoke_own_token(call: Call) -> Response:
    """https://docs.gitlab.com/api/personal_access_tokens/#revoke-a-personal-access-token"""
    operations.revoke_token(call.world, _own_token(call))
    return no_content()


@routes.delete("/personal_access_tokens/:token_id")
def revoke_token(call: Call) -> Response:
    operations.revoke_token(call.world, _token_by_id(call, Forbidden()))
    return no_content()


@routes.post(
    "/groups/:id/service_accounts/:user_id/personal_access_tokens",
    text("name", required=True),
    text("description"),
    texts("scopes", required=True),
    day("expires_at"),
)
def create_service_account_token(call: Call) -> Response:
    user = _service_account(call)
    end = checked_end(call, call.world.clock().date() + LONGEST_LIFE)
    name, scopes = call.given["name"], call.given["scopes"]
    new = operations.create_token(call.world, user, name=name, scopes=scopes, expires_at=end)
    return created(people.token(call.world, new, with_value=True))


@routes.get("/groups/:id/service_accounts/:user_id/personal_access_tokens", *FILTERS, listed=True, signed_in=True)
def list_service_account_tokens(call: Call) -> Response:
    user = _service_account(call)
    rows = [row for row in call.world.tokens.values() if row.personal and row.user_id == user.id]
    return paginate(call, selected(call, rows), lambda row: people.token(call.world, row))


@routes.post("/groups/:id/service_accounts/:user_id/personal_access_tokens/:token_id/rotate", day("expires_at"))
def rotate_service_account_token(call: Call) -> Response:
    return ok(people.token(call.world, rotated(call, _service_account_token(call)), with_value=True))


@routes.delete("/groups/:id/service_accounts/:user_id/personal_access_tokens/:token_id")
def revoke_service_account_token(call: Call) -> Response:
    operations.revoke_token(call.world, _service_account_token(call))
    return no_content()


def _service_account(call: Call) -> User:
    """For Owners of a top-level group; every bot of the sandbox counts as a service account of it. Free has service
    accounts from 18.11 on (https://docs.gitlab.com/api/service_accounts/)."""
    group = the_group(call)
    if not call.world.enterprise or group.parent_id is not None:
        raise NotFound
    if not permissions.can_admin(call.world, call.user, group):
        raise Forbidden
    user = call.world.users.get(call.number("user_id", "User"))
    if user is None or not user.bot:
        raise NotFound.of("User")
    return user


def _service_account_token(call: Call) -> Token:
    user, wanted = _service_account(call), call.number("token_id")
    for row in call.world.tokens.values():
        if row.id == wanted and row.user_id == user.id and row.personal:
            return row
    raise NotFound.of("Personal Access Token")


def selected(call: Call, rows: list[Token]) -> list[Token]:
    get, today = call.get, call.world.clock().date()

    def matches(row: Token) -> bool:
        active = not row.revoked and (row.expires_at is None or row.expires_at > today)
        checks = (
            get("revoked") in (None, row.revoked),
            get("state") in (None, "active" if active else "inactive"),
            get("search", "").lower() in row.name.lower(),
            call.within("created", row.created_at),
            call.within("expires", row.expires_at),
        )
        return all(checks)

    order, _, direction = get("sort", "created_desc").rpartition("_")
    keys = {"name": lambda row: row.name.lower(), "expires": lambda row: row.expires_at or date.max}
    kept = sorted((row for row in rows if matches(row)), key=lambda row: row.id, reverse=direction == "desc")
    return sorted(kept, key=keys[order], reverse=direction == "desc") if order in keys else kept


def _token_by_id(call: Call, refusal: Unauthorized | Forbidden) -> Token:
    """One's own, or for an administrator anybody's; raises `refusal`, to an administrator NotFound."""
    wanted = call.number("token_id")
    for row in call.world.tokens.values():
        if row.id == wanted and row.personal and (call.actor.admin or row.user_id == call.actor.id):
            return row
    raise NotFound if call.actor.admin else refusal


def rotated(call: Call, old: Token) -> Token:
    world = call.world
    if old.revoked or (old.expires_at is not None and old.expires_at <= world.clock().date()):
        raise Unauthorized
    expires_at = checked_end(call, world.clock().date() + DEFAULT_ROTATION)
    return operations.rotate_token(world, old, expires_at)


def checked_end(call: Call, default: date) -> date:
    """Raises Invalid for an end that is too near or too far."""
    today = call.world.clock().date()
    end: date = call.get("expires_at", default)
    if not today < end <= today + LONGEST_LIFE:
        raise Invalid({"expires_at": [f"must be between tomorrow and {today + LONGEST_LIFE}"]})
    return end


def _own_token(call: Call) -> Token:
    if call.token is None:
        raise NotFound
    return call.token
