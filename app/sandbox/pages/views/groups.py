"""A group's page: its projects, subgroups, epics and boards (https://docs.gitlab.com/user/group/).

The trap it avoids: listing children the viewer may not see.
"""

from __future__ import annotations

from app.sandbox.http import Response
from app.sandbox.pages import rendering
from app.sandbox.pages.visit import Visit
from app.sandbox.world import Group


def overview(visit: Visit, group: Group) -> Response:
    """`/groups/<path>`."""
    return rendering.page(
        visit,
        "group.html",
        title=group.name,
        home=group,
        tab="overview",
        projects=visit.projects(group),
        subgroups=visit.groups(group),
        epics=[item for item in visit.items(group, ["EPIC"]) if item.state == "opened"][:12],
        boards=visit.boards(group),
        epic_boards=visit.boards(group, epic=True) if visit.world.licensed else [],
    )
