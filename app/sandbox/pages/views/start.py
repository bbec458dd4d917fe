"""The first page, people, and changing who one is.

The trap it avoids: a newcomer who lands on an empty page. The start page says who you are, what you may see, and what
to try next.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.sandbox import permissions
from app.sandbox.http import Response
from app.sandbox.pages import rendering
from app.sandbox.pages.session import Session, people, set_cookie
from app.sandbox.pages.visit import Hidden, Visit
from app.sandbox.world import ROLES, User, World

SHOWN = 60


@dataclass(frozen=True)
class Person:
    """Somebody one can be: `role` in words, and how many projects that person sees."""

    user: User
    role: str
    projects: int


def start(visit: Visit) -> Response:
    """`/`: who you are, your groups and projects, what to try."""
    world = visit.world
    persons = [_person(world, user) for user in people(world)[:SHOWN]]
    return rendering.page(
        visit,
        "start.html",
        title="Start",
        persons=persons,
        me=_person(world, visit.viewer),
        groups=visit.groups(),
        projects=visit.projects()[:24],
        more=max(len(people(world)) - SHOWN, 0),
        waiting=len(world.outgoing),
        sent=len(world.deliveries),
        requests=len(world.journal),
    )


def profile(visit: Visit, username: str) -> Response:
    """`/<username>`: where a mention leads. Shows only what the viewer may see as well."""
    user = visit.world.user_by_name(username)
    if user is None:
        raise Hidden("page")
    shared = [p for p in visit.projects() if permissions.member_level(visit.world, user, p)]
    person = _person(visit.world, user)
    return rendering.page(visit, "profile.html", title=user.name, person=person, projects=shared)


def act_as(visit: Visit) -> Response:
    """Change who the browser acts as; back to the page one came from."""
    user = visit.world.user_by_name(visit.form.get("user", "").strip())
    if user is None or user.state != "active":
        raise Hidden("user")
    answer = rendering.redirect(visit, visit.form.get("back", "/"))
    answer.headers["Set-Cookie"] = set_cookie(Session(visit.session.nonce, user.username))
    return answer


def _person(world: World, user: User) -> Person:
    visible = [p for p in world.projects.values() if permissions.can_read_project(world, user, p)]
    return Person(user, _role(world, user), len(visible))


def _role(world: World, user: User) -> str:
    """The highest membership in words: `Developer in partners`."""
    if user.admin:
        return "Administrator, sees everything"
    found = [(m.access_level, g.full_path) for g in world.groups.values() for m in g.members if m.user_id == user.id]
    found += [
        (m.access_level, world.project_path(p))
        for p in world.projects.values()
        for m in p.members
        if m.user_id == user.id
    ]
    if not found:
        return "Not a member of anything yet"
    level, where = max(found, key=lambda pair: (pair[0], -len(pair[1])))
    return f"{ROLES.get(level, 'Member').capitalize()} in {where}"
