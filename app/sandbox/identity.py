"""Who sends a request: tokens, their scopes and what GitLab answers to a bad one.

The trap: a token that cannot do what the client needs looks fine until the first write. An unknown, revoked or expired
token is 401 everywhere; a scope that is too narrow is 403 (https://docs.gitlab.com/api/rest/authentication/).
"""

from __future__ import annotations

from dataclasses import dataclass

from app.sandbox.http import Request, Response, error_response, json_response
from app.sandbox.world import Token, User, World


@dataclass(frozen=True)
class Identity:
    """The caller; both None for an anonymous one."""

    user: User | None
    token: Token | None


def sent_token(request: Request) -> str | None:
    """The value of PRIVATE-TOKEN, of `Authorization: Bearer`, or of `private_token=` in the query."""
    private = request.headers.get("private-token")
    if private:
        return private
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value:
        return value.strip()
    return next((value for name, value in request.query if name in ("private_token", "access_token")), None)


def identify(world: World, request: Request) -> Identity | Response:
    """The caller, or GitLab's refusal."""
    value = sent_token(request)
    if value is None:
        return Identity(None, None)
    token = world.tokens.get(value)
    if token is None:
        return error_response(401, "401 Unauthorized")
    if token.revoked:
        return _invalid("Token was revoked. You have to re-authorize from the user.")
    if lapsed(world, token):
        return _invalid("Token is expired. You can either do re-authorization or token refresh.")
    user = world.users[token.user_id]
    if user.state != "active":
        return error_response(403, "403 Forbidden - Your account has been blocked.")
    return _instead(world, request, user, token) or Identity(user, token)


def _instead(world: World, request: Request, user: User, token: Token) -> Identity | Response | None:
    """`Sudo: username` or `sudo=`: an administrator acts as somebody else, with a token of the scope `sudo`
    (https://docs.gitlab.com/api/rest/authentication/#sudo)."""
    wanted = request.headers.get("sudo") or next((value for name, value in request.query if name == "sudo"), None)
    if not wanted or not request.path.startswith("/api/v4/"):
        return None
    if not user.admin:
        return error_response(403, "403 Forbidden - Must be admin to use sudo")
    if "sudo" not in token.scopes:
        return insufficient_scope("sudo")
    other = world.users.get(int(wanted)) if wanted.isdecimal() else world.user_by_name(wanted)
    if other is None:
        return error_response(404, f"404 User with ID or username '{wanted}' Not Found")
    return Identity(other, token)


def insufficient_scope(scopes: str = "api read_api") -> Response:
    """GitLab's answer to a token whose scopes do not cover the request."""
    description = "The request requires higher privileges than provided by the access token."
    return json_response(403, {"error": "insufficient_scope", "error_description": description, "scope": scopes})


def lapsed(world: World, token: Token) -> bool:
    """Whether a token's time is over: a personal one at the start of its last day, an OAuth one to the second."""
    now = world.clock()
    day_over = token.expires_at is not None and token.expires_at <= now.date()
    return day_over or (token.lapses_at is not None and token.lapses_at <= now)


def _invalid(description: str) -> Response:
    return json_response(401, {"error": "invalid_token", "error_description": description})
