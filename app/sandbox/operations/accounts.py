"""People, bots and their tokens."""

from __future__ import annotations

from datetime import date

from app.sandbox.errors import Conflict, Invalid
from app.sandbox.operations.common import require
from app.sandbox.world import Tier, Token, User, World

SCOPES = frozenset(
    {"api", "read_api", "read_user", "read_repository", "write_repository", "self_rotate", "ai_features"}
)


def create_user(world: World, *, username: str, name: str, email: str, admin: bool = False, bot: bool = False) -> User:
    """A new active account. Raises Conflict when the username or the address is taken."""
    if world.user_by_name(username) is not None:
        raise Conflict("Username has already been taken")
    if any(user.email.lower() == email.lower() for user in world.users.values()):
        raise Conflict("Email has already been taken")
    user = User(
        id=world.ids.next("user"),
        username=username,
        name=name,
        email=email,
        admin=admin,
        bot=bot,
        created_at=world.clock(),
    )
    world.users[user.id] = user
    return user


def create_token(
    world: World, user: User, *, name: str, scopes: list[str], value: str | None = None, expires_at: date | None = None
) -> Token:
    """A personal access token; without `value` one is made up. Raises Invalid for no or an unknown scope."""
    if not scopes or not set(scopes) <= SCOPES:
        raise Invalid({"scopes": ["can only contain available scopes"]})
    value = value or f"sandbox-{world.ids.hex(20)}"
    if value in world.tokens:
        raise Invalid({"token": ["has already been taken"]})
    token = Token(
        id=world.ids.next("token"),
        user_id=user.id,
        name=name,
        value=value,
        scopes=list(scopes),
        created_at=world.clock(),
        expires_at=expires_at,
    )
    world.tokens[value] = token
    return token


def revoke_token(world: World, token: Token) -> None:
    """The token stops working at once and stays listed as revoked."""
    world.tokens[token.value].revoked = True


def change_tier(world: World, actor: User, tier: Tier) -> None:
    """A licence ends or starts; administrators only. Nothing is deleted.

    Without one, epics, epic boards and group webhooks are out of reach (403 by REST, null by GraphQL) and come back
    as they were; scoped labels no longer exclude each other (https://docs.gitlab.com/subscriptions/#expired-subscription).
    """
    require(actor.admin)
    world.tier = tier
