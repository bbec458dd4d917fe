"""Access levels, and who has which: members, invited groups, invited addresses.

The trap: levels are compared as numbers, but Planner (15) lies between Guest and Reporter and may some things that
Reporters may not (https://docs.gitlab.com/user/permissions/).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

NO_ACCESS, MINIMAL, GUEST, PLANNER, REPORTER, DEVELOPER, MAINTAINER, OWNER = 0, 5, 10, 15, 20, 30, 40, 50
ADMINISTRATOR = 60
"""Not a role: only the protection of a branch can ask for it."""

ROLES = {
    MINIMAL: "Minimal Access",
    GUEST: "Guest",
    PLANNER: "Planner",
    REPORTER: "Reporter",
    DEVELOPER: "Developer",
    MAINTAINER: "Maintainer",
    OWNER: "Owner",
}
"""The levels that a member can have, lowest first, as GitLab names them."""


@dataclass
class Member:
    id: int
    user_id: int
    access_level: int
    created_at: datetime
    created_by_id: int | None = None
    expires_at: date | None = None


@dataclass
class Share:
    """A group that was invited as a whole: its members come in, with this role at most."""

    group_id: int
    access_level: int
    expires_at: date | None = None


@dataclass
class Invitation:
    id: int
    email: str
    access_level: int
    created_at: datetime
    created_by_id: int
    token: str
    expires_at: date | None = None
