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
    return Identity(user, token)


def lapsed(world: World, token: Token) -> bool:
    """Whether a token's time is over: a personal one at the start of its last day, an OAuth one to the second."""
    now = world.clock()
    day_over = token.expires_at is not None and token.expires_at <= now.date()
    return day_over or (token.lapses_at is not None and token.lapses_at <= now)


def _invalid(description: str) -> Response:
    return json_response(401, {"error": "invalid_token", "error_description": description})
