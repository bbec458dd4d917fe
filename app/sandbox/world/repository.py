"""Commits and the protection of branches.

Every commit keeps the whole tree after it. The trap: a tree that is changed in place changes older commits with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from app.sandbox.world.access import MAINTAINER

NO_COMMIT = "0" * 40
"""Stands in a push for the side where there is no commit."""


@dataclass
class Commit:
    sha: str
    message: str
    author_id: int
    created_at: datetime
    parent_shas: list[str]
    files: dict[str, str]  # the whole tree after this commit: path -> text content
    added: list[str] = field(default_factory=list)
    modified: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    author_name: str | None = None  # only where another one than the committer was named
    author_email: str | None = None


@dataclass
class Protection:
    """Who may push to and merge into a protected branch: the least access level, 0 for nobody."""

    push_level: int = MAINTAINER
    merge_level: int = MAINTAINER
    unprotect_level: int | None = None
    allow_force_push: bool = False
