"""Who is asking, other people, tokens, and what this GitLab is (https://docs.gitlab.com/api/users/).

The trap: a token's value is shown once. Reading a token never shows it; only rotating does, and rotating kills the old.
"""

from __future__ import annotations

from datetime import date, timedelta

from app.sandbox import operations, permissions
from app.sandbox.errors import Forbidden, Invalid, NotFound, Unauthorized
from app.sandbox.http import Response
from app.sandbox.rest.finding import find_user, the_group
from app.sandbox.rest.pagination import paginate
from app.sandbox.rest.parameters import boolean, day, moment, require_any, text, texts
from app.sandbox.rest.presenters import people
from app.sandbox.rest.routing import CUSTOM_ATTRIBUTES, Call, Routes, created, no_content, ok
from app.sandbox.world import Token, User

DEFAULT_ROTATION = timedelta(days=7)
LONGEST_LIFE = timedelta(days=365)

routes = Routes()


@routes.get("/version", signed_in=True, any_scope=("read_user", "ai_features"))
@routes.get("/metadata", signed_in=True, any_scope=("read_user", "ai_features"))
def read_metadata(call: Call) -> Response:
    """https://docs.gitlab.com/api/metadata/"""
    kas = {"enabled": False, "externalUrl": None, "externalK8sProxyUrl": None, "version": None}
    return ok({"version": call.world.version, "revision": "sandbox", "kas": kas, "enterprise": call.world.enterprise})


@routes.get("/user", signed_in=True, any_scope=("read_user",))
def read_current_user(call: Call) -> Response:
    return ok(people.current_user(call.world, call.actor))


@routes.get(
    "/users",
    text("username"),
    text("search"),
    boolean("active"),
    boolean("blocked"),
    boolean("humans"),
    boolean("admins"),
    boolean("exclude_internal"),
    boolean("without_project_bots"),
    text("order_by", "id", "name", "username", "created_at", "updated_at"),
    text("sort", "asc", "desc"),
    moment("created_after"),
    moment("created_before"),
    listed=True,
    any_scope=("read_user",),
)
def list_users(call: Call) -> Response:
    """Anonymous callers must name a username, as on GitLab."""
    if call.user is None and not call.get("username"):
        raise Unauthorized
    rows = [user for user in call.world.users.values() if _matches(call, user)]
    order = call.get("order_by", "id")
    rows.sort(
        key=lambda user: (getattr(user, "created_at" if order == "updated_at" else order), user.id),
        reverse=call.get("sort", "desc") == "desc",
    )
    return paginate(call, rows, lambda user: people.user_basic(call.world, user))


def _matches(call: Call, user: User) -> bool:
    word, name = call.get("search", "").lower(), call.get("username")
    checks = (
        name is None or user.username.lower() == name.lower(),
        word in user.username.lower() or word in user.name.lower() or word == user.email.lower(),
        not call.get("active") or user.state == "active",
        not call.get("blocked") or user.state == "blocked",
        not call.get("humans") or not user.bot,
        not call.get("without_project_bots") or not user.bot,
        not call.get("admins") or user.admin,
        call.get("created_after") is None or user.created_at >= call.get("created_after"),
        call.get("created_before") is None or user.created_at <= call.get("created_before"),
    )
    return all(checks)


@routes.get("/users/:user_id", *CUSTOM_ATTRIBUTES, signed_in=True, any_scope=("read_user",))
def read_user(call: Call) -> Response:
    user = find_user(call, call.number("user_id", "User"))
    extra = {"email": user.email, "is_admin": user.admin} if call.actor.admin else {}
    return ok(people.user_profile(call.world, user) | extra)


ACCOUNT = (boolean("admin"), text("password"), text("note"))
"""Nobody signs in with a password here, so one is taken and not kept."""


@routes.post(
    "/users",
    text("email", required=True),
    text("name", required=True),
    text("username", required=True),
    boolean("reset_password"),
    boolean("force_random_password"),
    boolean("skip_confirmation"),
    *ACCOUNT,
)
def create_user(call: Call) -> Response:
    """https://docs.gitlab.com/api/users/#create-a-user ; for administrators.

    Like everybody in the sandbox the new person has the token `sandbox-<username>`, which GitLab would not make.
    """
    if not call.actor.admin:
        raise Forbidden
    require_any(call.given, "password", "reset_password", "force_random_password")
    user = operations.create_user(
        call.world, username=call.get("username", ""), name=call.get("name", ""), email=call.get("email", ""),
        admin=call.get("admin", False),
    )  # fmt: skip
    operations.create_handy_token(call.world, user)
    return created(people.user_with_admin(call.world, user))


@routes.put("/users/:user_id", text("email"), text("name"), text("username"), boolean("skip_reconfirmation"), *ACCOUNT)
def update_user(call: Call) -> Response:
    """https://docs.gitlab.com/api/users/#update-a-user ; for administrators."""
    user = find_user(call, call.number("user_id", "User"))
    operations.update_user(call.world, call.actor, user, **call.some("email", "name", "username", "admin"))
    return ok(people.user_with_admin(call.world, user))


@routes.get("/personal_access_tokens/self", signed_in=True, any_scope=("read_user", "self_rotate", "read_repository"))
def read_own_token(call: Call) -> Response:
    return ok(people.token(call.world, _own_token(call)))


@routes.post("/personal_access_tokens/self/rotate", day("expires_at"), any_scope=("self_rotate",))
def rotate_own_token(call: Call) -> Response:
    """Without `expires_at` the new token lives one week
    (https://docs.gitlab.com/api/personal_access_tokens/#rotate-a-personal-access-token)."""
    old = _own_token(call)
    expires_at = _checked_end(call, call.world.clock().date() + DEFAULT_ROTATION)
    operations.revoke_token(call.world, old)
    new = operations.create_token(call.world, call.actor, name=old.name, scopes=list(old.scopes), expires_at=expires_at)
    return ok(people.token(call.world, new, with_value=True))


@routes.delete("/personal_access_tokens/self")
def revoke_own_token(call: Call) -> Response:
    """https://docs.gitlab.com/api/personal_access_tokens/#revoke-a-personal-access-token"""
    operations.revoke_token(call.world, _own_token(call))
    return no_content()


@routes.post(
    "/groups/:id/service_accounts/:user_id/personal_access_tokens",
    text("name", required=True),
    text("description"),
    texts("scopes", required=True),
    day("expires_at"),
)
def create_service_account_token(call: Call) -> Response:
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
    end = _checked_end(call, call.world.clock().date() + LONGEST_LIFE)
    name, scopes = call.given["name"], call.given["scopes"]
    new = operations.create_token(call.world, user, name=name, scopes=scopes, expires_at=end)
    return created(people.token(call.world, new, with_value=True))


def _checked_end(call: Call, default: date) -> date:
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
