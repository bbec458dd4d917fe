"""`/-/sandbox/faults`: lets GitLab be late, locked or silent, to watch what a client makes of it.

A tool of the sandbox like the journal: it changes `world.faults` and nothing else. The trap it avoids: a half-read
form. Either every number is one, or nothing is changed.
"""

from __future__ import annotations

from dataclasses import replace

from app.sandbox.faults import Faults
from app.sandbox.http import Response
from app.sandbox.pages import rendering
from app.sandbox.pages.visit import Visit

LARGEST = 1_000_000
WORDS = {
    "late_projects_seconds": "Seconds for which a new project answers 404",
    "late_notes_seconds": "Seconds for which a new comment is in no list",
    "late_members_seconds": "Seconds for which a new member has no access yet",
    "locked": "Next writes that are refused, because another process holds the lock",
    "lost": "Next writes that are done, but get no answer",
}
"""The numbers of `Faults` in words."""


def show(visit: Visit) -> Response:
    return rendering.page(visit, "faults.html", title="Faults", faults=visit.world.faults, words=WORDS)


def change(visit: Visit) -> Response:
    """Takes the whole form: what is empty is zero, what is not ticked is off."""
    given = {name: visit.form.get(name, "").strip() or "0" for name in WORDS}
    if not all(text.isdecimal() and int(text) <= LARGEST for text in given.values()):
        visit.alert, visit.status = f"Each number is whole and at most {LARGEST}.", 400
        return show(visit)
    numbers = {name: int(text) for name, text in given.items()}
    visit.world.faults = replace(Faults(**numbers), paths_kept="paths_kept" in visit.form)  # type: ignore[arg-type]
    return rendering.redirect(visit, "/-/sandbox/faults", notice="From now on GitLab behaves like this.")
