"""OAuth applications, authorization codes and the tokens made of them (https://docs.gitlab.com/api/oauth2/).

Error names and sentences are those of doorkeeper, GitLab's library. In one thing the sandbox is stricter: every client
must use PKCE with S256, so that ours cannot forget it. The trap avoided: a code that works twice, or for another
application or address than the one it was made for.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import timedelta

from app.sandbox.errors import Invalid
from app.sandbox.world import Application, Grant, Token, User, World

CODE_LIFE = timedelta(minutes=10)
TOKEN_LIFE = timedelta(hours=2)
SCOPES = frozenset({"api", "read_api", "read_user", "openid", "profile", "email"})
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")

SENTENCES = {
    "invalid_request": "The request is missing a required parameter, includes an unsupported parameter value, or is "
    "otherwise malformed.",
    "invalid_code_challenge": "Code challenge is required.",
    "invalid_redirect_uri": "The redirect URI included is not valid.",
    "invalid_scope": "The requested scope is invalid, unknown, or malformed.",
    "access_denied": "The resource owner or authorization server denied the request.",
    "unsupported_response_type": "The authorization server does not support this response type.",
    "unsupported_grant_type": "The authorization grant type is not supported by the authorization server.",
    "invalid_client": "Client authentication failed due to unknown client, no client authentication included, or "
    "unsupported authentication method.",
    "invalid_grant": "The provided authorization grant is invalid, expired, revoked, does not match the redirection "
    "URI used in the authorization request, or was issued to another client.",
    "unauthorized_client": "You are not authorized to revoke this token",
}


class OAuthError(Exception):
    """An OAuth error by its standard name; `description` is doorkeeper's sentence."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = "invalid_request" if name == "invalid_code_challenge" else name
        self.description = SENTENCES[name]


def create_application(
    world: World,
    *,
    name: str,
    redirect_uri: str,
    scopes: list[str],
    confidential: bool = True,
    uid: str | None = None,
    secret: str | None = None,
) -> Application:
    """A new application; several redirect addresses are separated by white space. Raises Invalid."""
    addresses = redirect_uri.split()
    if not addresses or any(not a.startswith(("http://", "https://")) or "#" in a for a in addresses):
        raise Invalid({"redirect_uri": ["must be an absolute URI."]})
    if not scopes or not set(scopes) <= SCOPES:
        raise Invalid({"scopes": ["doesn't match configured on the server."]})
    application = Application(
        id=world.ids.next("application"),
        uid=uid or world.ids.hex(64),
        secret=secret or f"gloas-{world.ids.hex(64)}",
        name=name,
        redirect_uris=addresses,
        scopes=list(scopes),
        confidential=confidential,
    )
    world.applications[application.uid] = application
    return application


def find_application(world: World, uid: str, redirect_uri: str) -> Application:
    """The application that asks. Raises OAuthError, which must be shown here: the address cannot be trusted yet."""
    application = world.applications.get(uid)
    if application is None:
        raise OAuthError("invalid_client")
    if redirect_uri not in application.redirect_uris:
        raise OAuthError("invalid_redirect_uri")
    return application


def check_request(application: Application, sent: dict[str, str]) -> list[str]:
    """The scopes asked for. Raises OAuthError for what goes back to the application's address as an error."""
    if sent.get("response_type") != "code":
        raise OAuthError("unsupported_response_type" if sent.get("response_type") else "invalid_request")
    scopes = sent.get("scope", "").split() or application.scopes[:1]
    if not set(scopes) <= set(application.scopes):
        raise OAuthError("invalid_scope")
    if sent.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(sent.get("code_challenge", "")):
        raise OAuthError("invalid_code_challenge")
    return scopes


def grant_access(world: World, user: User, application: Application, sent: dict[str, str]) -> Grant:
    """The person has agreed. Raises OAuthError as `check_request` does."""
    now = world.clock()
    grant = Grant(
        code=world.ids.hex(64),
        application_id=application.id,
        user_id=user.id,
        redirect_uri=sent["redirect_uri"],
        scopes=check_request(application, sent),
        challenge=sent["code_challenge"],
        nonce=sent.get("nonce"),
        created_at=now,
        lapses_at=now + CODE_LIFE,
    )
    world.grants[grant.code] = grant
    return grant


def authenticate(world: World, uid: str, secret: str) -> Application:
    """The application that holds these credentials; a public one has no secret. Raises OAuthError."""
    application = world.applications.get(uid)
    if application is None:
        raise OAuthError("invalid_client")
    right = hmac.compare_digest(application.secret.encode(), secret.encode("utf-8", "replace"))
    if not right and (application.confidential or secret):
        raise OAuthError("invalid_client")
    return application


def exchange_code(
    world: World, application: Application, *, code: str, redirect_uri: str, verifier: str
) -> tuple[Token, Grant]:
    """A code becomes a token, once. Raises OAuthError."""
    grant = world.grants.get(code)
    if grant is None or grant.used or grant.lapses_at <= world.clock() or grant.application_id != application.id:
        raise OAuthError("invalid_grant")
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode("utf-8", "replace")).digest()).rstrip(b"=")
    proven = _VERIFIER.fullmatch(verifier) and hmac.compare_digest(digest, grant.challenge.encode())
    if redirect_uri != grant.redirect_uri or not proven:
        raise OAuthError("invalid_grant")
    grant.used = True
    return _issue(world, application, world.users[grant.user_id], grant.scopes), grant


def refresh_access(world: World, application: Application, refresh: str) -> Token:
    """New tokens for old ones, which stop working. Raises OAuthError."""
    old = next((t for t in world.tokens.values() if t.refresh is not None and t.refresh == refresh), None)
    if old is None or old.revoked or old.application_id != application.id:
        raise OAuthError("invalid_grant")
    old.revoked = True
    return _issue(world, application, world.users[old.user_id], old.scopes)


def revoke_access(world: World, application: Application, value: str) -> None:
    """Ends a token, named by itself or by its refresh token; an unknown one is no error. Raises OAuthError."""
    token = next((t for t in world.tokens.values() if t.application_id and value in (t.value, t.refresh)), None)
    if token is None:
        return
    if token.application_id != application.id:
        raise OAuthError("unauthorized_client")
    token.revoked = True


def _issue(world: World, application: Application, user: User, scopes: list[str]) -> Token:
    now = world.clock()
    token = Token(
        id=world.ids.next("token"),
        user_id=user.id,
        name=application.name,
        value=world.ids.hex(64),
        scopes=list(scopes),
        created_at=now,
        application_id=application.id,
        lapses_at=now + TOKEN_LIFE,
        refresh=world.ids.hex(64),
    )
    world.tokens[token.value] = token
    return token
