"""A small world to start from: one group, its bot, two solution architects, a manager and the people of two partners.

Partner people are members of nothing yet; whoever plays the story puts them into a project. All tokens are fixed and of
the form `sandbox-<username>`, so that nobody takes them for secrets.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from app.sandbox.operations import add_member, create_application, create_group, create_handy_token, create_user
from app.sandbox.world import DEVELOPER, OWNER, Ids, Tier, World

GROUP_PATH = "partners"
BOT = "partner-bot"
SITE_UID, SITE_SECRET = "sandbox-partner-journey", "sandbox-partner-journey-secret"
SITE_ADDRESS = "http://127.0.0.1:8080/signin/callback"
PEOPLE = {
    "gl.sa1": "Sam Rivera",
    "gl.sa2": "Priya Nair",
    "gl.cam1": "Dana Cole",
    "acme.lead": "Alex Moreno",
    "acme.dev": "Robin Sato",
    "globex.lead": "Jo Lindqvist",
    "globex.dev": "Mika Owusu",
}


def seed_world(
    clock: Callable[[], datetime],
    *,
    seed: int = 1,
    tier: Tier = "ultimate",
    base_url: str = "http://127.0.0.1:8929",
) -> World:
    """The world with its people, tokens and the group `partners`. `clock` returns aware UTC times."""
    world = World(clock=clock, ids=Ids(seed), base_url=base_url, tier=tier)
    root = create_user(world, username="root", name="Administrator", email="root@gitlab.example", admin=True)
    bot = create_user(world, username=BOT, name="Partner Bot", email="partner-bot@gitlab.example", bot=True)
    for username, name in PEOPLE.items():
        company = {"gl": "gitlab", "acme": "acme", "globex": "globex"}[username.partition(".")[0]]
        create_user(world, username=username, name=name, email=f"{username}@{company}.example")
    for user in world.users.values():
        create_handy_token(world, user)
    group = create_group(world, root, path=GROUP_PATH, name="GitLab Partners")
    add_member(world, root, group, bot, OWNER)
    for user in world.users.values():
        if user.username.startswith("gl."):
            add_member(world, root, group, user, DEVELOPER)
    create_application(
        world, name="Partner Journey", redirect_uri=SITE_ADDRESS, scopes=["openid"], uid=SITE_UID, secret=SITE_SECRET
    )
    group.members[:] = [member for member in group.members if member.user_id != root.id]
    return world
