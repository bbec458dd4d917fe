"""GitLab as an OAuth 2 and OpenID Connect provider, for clients (https://docs.gitlab.com/api/oauth2/).

Here are the addresses that programs call; the page on which a person agrees is `pages/views/authorize.py`. The trap it
avoids: a provider that forgives. A wrong secret, a second use of a code, another redirect address and a missing proof
key are refused with the names and sentences that GitLab uses.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from urllib.parse import parse_qsl, unquote

from app.sandbox.http import Request, Response, json_response
from app.sandbox.identity import Identity, identify
from app.sandbox.oauth.claims import id_token, public_keys, user_claims
from app.sandbox.operations import applications
from app.sandbox.operations.applications import OAuthError
from app.sandbox.world import Application, Token, World

DISCOVERY = "/.well-known/openid-configuration"
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def handle(world: World, request: Request) -> Response | None:
    """The answer, or None for a path that is not a program's. Never raises an OAuthError."""
    answer = _ROUTES.get((request.method, request.path))
    if answer is None:
        return None
    try:
        return answer(world, request)
    except OAuthError as error:
        status = {"invalid_client": 401, "unauthorized_client": 403}.get(error.name, 400)
        return json_response(status, {"error": error.name, "error_description": error.description}, _NO_STORE)


def _discover(world: World, _request: Request) -> Response:
    """What GitLab offers (https://docs.gitlab.com/integration/openid_connect_provider/#settings-discovery)."""
    base = world.base_url
    return json_response(
        200,
        {
            "issuer": base,
            "authorization_endpoint": f"{base}/oauth/authorize",
            "token_endpoint": f"{base}/oauth/token",
            "revocation_endpoint": f"{base}/oauth/revoke",
            "userinfo_endpoint": f"{base}/oauth/userinfo",
            "jwks_uri": f"{base}/oauth/discovery/keys",
            "scopes_supported": sorted(applications.SCOPES),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "claim_types_supported": ["normal"],
            "code_challenge_methods_supported": ["S256"],
        },
    )


def _keys(_world: World, _request: Request) -> Response:
    return json_response(200, public_keys())


def _token(world: World, request: Request) -> Response:
    form = _form(request)
    kind = form.get("grant_type")
    if kind is None:
        raise OAuthError("invalid_request")
    if kind not in ("authorization_code", "refresh_token"):
        raise OAuthError("unsupported_grant_type")
    application = _client(world, request, form)
    if kind == "refresh_token":
        return _issued(world, applications.refresh_access(world, application, form.get("refresh_token", "")))
    token, grant = applications.exchange_code(
        world,
        application,
        code=form.get("code", ""),
        redirect_uri=form.get("redirect_uri", ""),
        verifier=form.get("code_verifier", ""),
    )
    signed = id_token(world, application, token, grant.nonce) if "openid" in token.scopes else None
    return _issued(world, token, signed)


def _issued(world: World, token: Token, signed: str | None = None) -> Response:
    lapses_at = token.lapses_at or world.clock()
    body = {
        "access_token": token.value,
        "token_type": "Bearer",
        "expires_in": int((lapses_at - token.created_at).total_seconds()),
        "refresh_token": token.refresh,
        "scope": " ".join(token.scopes),
        "created_at": int(token.created_at.timestamp()),
    }
    return json_response(200, body | ({"id_token": signed} if signed else {}), _NO_STORE)


def _revoke(world: World, request: Request) -> Response:
    form = _form(request)
    applications.revoke_access(world, _client(world, request, form), form.get("token", ""))
    return json_response(200, {}, _NO_STORE)


def _token_info(world: World, request: Request) -> Response:
    """https://docs.gitlab.com/api/oauth2/#retrieve-the-token-information"""
    token = _bearer(world, request)
    if isinstance(token, Response):
        return token
    left = None if token.lapses_at is None else int((token.lapses_at - world.clock()).total_seconds())
    uid = next((a.uid for a in world.applications.values() if a.id == token.application_id), None)
    return json_response(
        200,
        {
            "resource_owner_id": token.user_id,
            "scope": token.scopes,
            "expires_in": left,
            "application": {"uid": uid},
            "created_at": int(token.created_at.timestamp()),
            "scopes": token.scopes,
            "expires_in_seconds": left,
        },
    )


def _user_info(world: World, request: Request) -> Response:
    token = _bearer(world, request)
    if isinstance(token, Response):
        return token
    if "openid" not in token.scopes:
        sentence = "The access token does not have the required scope."
        return json_response(403, {"error": "insufficient_scope", "error_description": sentence})
    return json_response(200, user_claims(world, world.users[token.user_id]))


def _bearer(world: World, request: Request) -> Token | Response:
    identity = identify(world, request)
    if isinstance(identity, Identity) and identity.token is not None:
        return identity.token
    sentence = "The access token is invalid"
    refusal = json_response(401, {"error": "invalid_token", "error_description": sentence})
    return identity if isinstance(identity, Response) else refusal


def _form(request: Request) -> dict[str, str]:
    return dict(request.query) | dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))


def _client(world: World, request: Request, form: dict[str, str]) -> Application:
    """The application, from HTTP Basic or from the form, as doorkeeper reads them. Raises OAuthError."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise OAuthError("invalid_client") from None
        return applications.authenticate(world, unquote(name), unquote(secret))
    return applications.authenticate(world, form.get("client_id", ""), form.get("client_secret", ""))


_ROUTES: dict[tuple[str, str], Callable[[World, Request], Response]] = {
    ("GET", DISCOVERY): _discover,
    ("GET", "/oauth/discovery/keys"): _keys,
    ("POST", "/oauth/token"): _token,
    ("POST", "/oauth/revoke"): _revoke,
    ("GET", "/oauth/token/info"): _token_info,
    ("GET", "/oauth/userinfo"): _user_info,
    ("POST", "/oauth/userinfo"): _user_info,
}
