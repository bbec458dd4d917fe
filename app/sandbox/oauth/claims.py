"""What GitLab tells an application about a person (https://docs.gitlab.com/integration/openid_connect_provider/).

The key that signs lives as long as the process. The trap it avoids: an ID token that a client could only believe, not
check; it is signed with RS256, and the public half is where GitLab publishes its own.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from app.sandbox import permissions
from app.sandbox.world import DEVELOPER, MAINTAINER, OWNER, Application, Group, Token, User, World

_LIFE_SECONDS = 120
_BY_ROLE = {"owner": OWNER, "maintainer": MAINTAINER, "developer": DEVELOPER}


@cache
def _signing_key() -> RSAKey:
    return RSAKey.generate_key(2048, parameters={"use": "sig", "alg": "RS256"}, auto_kid=True)


def public_keys() -> dict[str, Any]:
    """The key set at /oauth/discovery/keys."""
    return {"keys": KeySet([_signing_key()]).as_dict(private=False)["keys"]}


def id_token(world: World, application: Application, token: Token, nonce: str | None) -> str:
    """A signed statement of who has just signed in. Only some claims are in it, as on GitLab."""
    now, user = int(world.clock().timestamp()), world.users[token.user_id]
    claims = {
        "iss": world.base_url,
        "sub": str(user.id),
        "aud": application.uid,
        "exp": now + _LIFE_SECONDS,
        "iat": now,
        "auth_time": now,
        "groups_direct": [group.full_path for group in _direct_groups(world, user)],
    }
    key = _signing_key()
    header = {"alg": "RS256", "kid": key.kid, "typ": "JWT"}
    return jwt.encode(header, claims | ({"nonce": nonce} if nonce else {}), key)


def user_claims(world: World, user: User) -> dict[str, Any]:
    """The answer of /oauth/userinfo. E-mail addresses are never told."""
    groups = [g for g in world.groups.values() if permissions.member_level(world, user, g)]
    claims: dict[str, Any] = {
        "sub": str(user.id),
        "name": user.name,
        "nickname": user.username,
        "preferred_username": user.username,
        "profile": f"{world.base_url}/{user.username}",
        "picture": None,
        "groups": [group.full_path for group in groups],
    }
    for role, level in _BY_ROLE.items():
        paths = [g.full_path for g in groups if permissions.member_level(world, user, g) == level]
        if paths:
            claims[f"https://gitlab.org/claims/groups/{role}"] = paths
    return claims


def _direct_groups(world: World, user: User) -> list[Group]:
    return [g for g in world.groups.values() if any(m.user_id == user.id for m in g.members)]
