"""Who is asking, other people, and what this GitLab is (https://docs.gitlab.com/api/users/).

The trap: an e-mail address. Only administrators and the person see it; `search` finds by it for everybody.
"""

from __future__ import annotations

from typing import Any

from app.sandbox import operations
from app.sandbox.errors import Forbidden, Unauthorized
from app.sandbox.http import Response
from app.sandbox.rest.finding import find_user
from app.sandbox.rest.pagination import paginate
from app.sandbox.rest.parameters import boolean, integer, require_any, span, text
from app.sandbox.rest.presenters import people
from app.sandbox.rest.routing import CUSTOM_ATTRIBUTES, Call, Routes, created, no_content, ok
from app.sandbox.world import Container, User

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
    boolean("exclude_active"),
    boolean("exclude_humans"),
    boolean("external"),
    boolean("exclude_external"),
    boolean("without_projects"),
    text("two_factor", "enabled", "disabled"),
    *CUSTOM_ATTRIBUTES,
    boolean("without_project_bots"),
    text("order_by", "id", "name", "username", "created_at", "updated_at"),
    text("sort", "asc", "desc"),
    *span("created"),
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
        user.state != "deleted",
        name is None or user.username.lower() == name.lower(),
        word in user.username.lower() or word in user.name.lower() or word == user.email.lower(),
        not call.get("active") or user.state == "active",
        not call.get("blocked") or user.state == "blocked",
        not call.get("humans") or not user.bot,
        not call.get("exclude_active") or user.state != "active",
        not call.get("exclude_humans") or user.bot,
        not call.get("external") or bool(user.profile.get("external")),
        not call.get("exclude_external") or not user.profile.get("external"),
        not call.get("without_projects") or not _has_projects(call, user),
        call.get("two_factor") != "enabled",  # nobody has a second factor here
        not call.get("without_project_bots") or not user.bot,
        not call.get("admins") or user.admin,
        call.within("created", user.created_at),
    )
    return all(checks)


def _has_projects(call: Call, user: User) -> bool:
    rows: list[Container] = [*call.world.projects.values(), *call.world.groups.values()]
    return any(member.user_id == user.id for row in rows for member in row.members)


@routes.get("/users/:user_id", *CUSTOM_ATTRIBUTES, signed_in=True, any_scope=("read_user",))
def read_user(call: Call) -> Response:
    user = find_user(call, call.number("user_id", "User"))
    extra = {"email": user.email, "is_admin": user.admin} if call.actor.admin else {}
    return ok(people.user_profile(call.world, user) | extra)


_WORDS = (
    "bio", "location", "organization", "public_email", "website_url", "linkedin", "twitter", "discord", "github",
    "pronouns", "commit_email",
)  # fmt: skip
PROFILE = (
    *(text(name) for name in _WORDS),
    *(boolean(name) for name in ("external", "private_profile", "can_create_group")),
    *(integer(name) for name in ("projects_limit", "theme_id", "color_scheme_id")),
)
"""Kept and shown, without an effect."""
ACCOUNT = (boolean("admin"), text("password"), text("note"), *PROFILE)
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
    user.profile |= _profile(call)
    operations.create_handy_token(call.world, user)
    return created(people.user_with_admin(call.world, user))


@routes.put("/users/:user_id", text("email"), text("name"), text("username"), boolean("skip_reconfirmation"), *ACCOUNT)
def update_user(call: Call) -> Response:
    """https://docs.gitlab.com/api/users/#update-a-user ; for administrators."""
    user = find_user(call, call.number("user_id", "User"))
    changes = call.some("email", "name", "username", "admin")
    operations.update_user(call.world, call.actor, user, **changes, profile=user.profile | _profile(call))
    return ok(people.user_with_admin(call.world, user))


def _profile(call: Call) -> dict[str, Any]:
    return call.some(*(parameter.name for parameter in PROFILE))


@routes.delete("/users/:user_id", boolean("hard_delete"))
def delete_user(call: Call) -> Response:
    """https://docs.gitlab.com/api/users/#delete-a-user ; for administrators."""
    user = find_user(call, call.number("user_id", "User"))
    operations.delete_user(call.world, call.actor, user, hard=call.get("hard_delete", False))
    return no_content()
