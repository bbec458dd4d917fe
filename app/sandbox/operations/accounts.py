"""People, bots and their tokens."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from app.sandbox.errors import Conflict, Invalid
from app.sandbox.operations import members
from app.sandbox.operations.common import require
from app.sandbox.world import OWNER, Container, Tier, Token, User, World, belonging_to

_USERNAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,253}[A-Za-z0-9_-])?")
SCOPES = frozenset(
    {"api", "read_api", "read_user", "read_repository", "write_repository", "self_rotate", "ai_features", "sudo"}
)


def create_user(world: World, *, username: str, name: str, email: str, admin: bool = False, bot: bool = False) -> User:
    """A new active account. Raises Conflict when the username or the address is taken."""
    _require_free(world, username, email)
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


def update_user(world: World, actor: User, user: User, **changes: Any) -> None:
    """`username`, `name`, `email`, `admin`, `state`, `profile`; administrators only.

    Raises Conflict for what another one has.
    """
    require(actor.admin)
    _require_free(world, changes.get("username", user.username), changes.get("email", user.email), but=user)
    for name, value in changes.items():
        setattr(user, name, value)


def delete_user(world: World, actor: User, user: User, *, hard: bool = False) -> None:
    """The account goes; what it wrote stays, as the Ghost User's, unless `hard`. Administrators only.

    Raises Conflict for the only Owner of a group (https://docs.gitlab.com/user/profile/account/delete_account/).
    """
    require(actor.admin)
    for group in world.groups.values():
        owners = {member.user_id for member in group.members if member.access_level >= OWNER}
        if owners == {user.id} and not hard:
            raise Conflict("User cannot be removed while is the sole-owner of a group")
    ghost = _ghost(world)
    for item in list(world.work_items.values()):
        if hard and item.author_id == user.id:
            del world.work_items[item.id]
            continue
        item.author_id = ghost.id if item.author_id == user.id else item.author_id
        item.assignee_ids = [number for number in item.assignee_ids if number != user.id]
        for note in item.notes:
            note.author_id = ghost.id if note.author_id == user.id else note.author_id
    containers: list[Container] = [*world.groups.values(), *world.projects.values()]
    for container in containers:
        container.members[:] = [member for member in container.members if member.user_id != user.id]
    for token in [token for token in world.tokens.values() if token.user_id == user.id]:
        revoke_token(world, token)
    user.state, user.username, user.email = "deleted", f"deleted-{user.id}", f"deleted-{user.id}@gitlab.example"


def _ghost(world: World) -> User:
    found = next((user for user in world.users.values() if user.username == "ghost"), None)
    return found or create_user(world, username="ghost", name="Ghost User", email="ghost@gitlab.example", bot=True)


def _require_free(world: World, username: str, email: str, but: User | None = None) -> None:
    if not _USERNAME.fullmatch(username):
        raise Invalid({"username": ["can contain only letters, digits, '_', '-' and '.'"]})
    others = [user for user in world.users.values() if user is not but]
    taken = {group.full_path.lower() for group in world.groups.values()} | {u.username.lower() for u in others}
    if username.lower() in taken:
        raise Conflict("Username has already been taken")
    if any(user.email.lower() == email.lower() for user in others):
        raise Conflict("Email has already been taken")


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


def create_handy_token(world: World, user: User) -> Token:
    """The token that everybody has in the sandbox, and that GitLab would not make: `sandbox-<username>`."""
    return create_token(world, user, name="sandbox", scopes=["api"], value=f"sandbox-{user.username}")


def create_access_token(
    world: World, actor: User, container: Container, *, name: str, scopes: list[str], level: int, expires_at: date
) -> Token:
    """A token of a project or a group with a bot user of its own, who is a member as long as the token works."""
    username = f"{container.noun}_{container.id}_bot_{world.ids.hex(32)}"
    bot = create_user(world, username=username, name=name, email=f"{username}@noreply.gitlab.example", bot=True)
    members.add_member(world, actor, container, bot, level)
    token = create_token(world, bot, name=name, scopes=scopes, expires_at=expires_at)
    belonging = belonging_to(container)
    token.group_id, token.project_id = belonging["group_id"], belonging["project_id"]
    return token


def revoke_access_token(world: World, container: Container, token: Token) -> None:
    """The token stops working, and its bot is no member any more."""
    revoke_token(world, token)
    container.members[:] = [member for member in container.members if member.user_id != token.user_id]


def rotate_token(world: World, old: Token, expires_at: date) -> Token:
    """A new token for the same account with the same scopes; the old one stops working at once."""
    revoke_token(world, old)
    user = world.users[old.user_id]
    new = create_token(world, user, name=old.name, scopes=list(old.scopes), expires_at=expires_at)
    new.group_id, new.project_id = old.group_id, old.project_id
    return new


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
