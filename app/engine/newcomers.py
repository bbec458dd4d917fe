"""New partners from issues of the control project: read the form, write the partner file, say so, close the issue.

The trap: dying in between. The file comes first, the reply next and the closing last, and each is found again: a form
whose file is there already, word for word, is simply answered once more.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from app.crash_points import Passing, carry_on
from app.engine.desired import DesiredState
from app.engine.seats import Locks
from app.engine.store import Store
from app.gitlab.control import Control, partner_path
from app.gitlab.errors import GitLabError, Refused
from app.gitlab.ground import Ground
from app.gitlab.newcomers import NewcomerIssue, NewcomerIssues
from app.journey.loading import TemplateError
from app.journey.newcomer import Newcomer, line_of, read_newcomer, written_by_architects
from app.journey.prose.newcomers import (
    from_form,
    newcomer_problems,
    newcomer_refused,
    newcomer_welcome,
    not_by_architect,
)

log = logging.getLogger(__name__)

_ASKED = "newcomers asked"


class Newcomers:
    """Looked at when GitLab tells of an issue in the control project, and at every resync that finds one changed."""

    def __init__(
        self,
        issues: NewcomerIssues,
        control: Control,
        ground: Ground,
        desired: DesiredState,
        store: Store,
        locks: Locks,
        clock: Callable[[], datetime],
        passing: Passing = carry_on,
    ) -> None:
        self._issues = issues
        self._control = control
        self._ground = ground
        self._desired = desired
        self._store = store
        self._locks = locks
        self._clock = clock
        self._passing = passing
        self._rest_until: datetime | None = None

    def ask(self, reason: str) -> None:
        """The forms are to be looked at, soon. Durable when it returns; see `answer`."""
        self._store.remember(_ASKED, reason)

    def answer(self, wake: Callable[[str, str], None]) -> None:
        """Does what was asked, or tries it again in a minute."""
        reason = self._store.recall(_ASKED)
        if not reason or (self._rest_until is not None and self._clock() < self._rest_until):
            return
        try:
            for slug in self.look():
                wake(slug, "added by an issue")
        except GitLabError as error:
            log.warning("Forms for new partners were not looked at: %s It is tried again in a minute.", error.cause)
            self._rest_until = self._clock() + timedelta(minutes=1)
            return
        self._store.forget(_ASKED, reason)

    def look(self) -> list[str]:
        """Looks at every form; returns the slugs of the partners that were added. Raises GitLabError.

        One request where there is none; otherwise one for the architects and at most four for each form.
        """
        with self._locks.alone("newcomers"):
            found = self._issues.find()
            if not found:
                return []
            architects = self._issues.architects()
            added = [slug for issue in found if (slug := self._one(issue, architects))]
        if added:
            self._desired.reload()
        return added

    def _one(self, issue: NewcomerIssue, architects: frozenset[str]) -> str | None:
        """The slug of the partner that is added."""
        if not written_by_architects(issue.writers, architects):
            self._issues.answer(issue, not_by_architect())
            return None
        try:
            newcomer = read_newcomer(issue.description, self._desired.known().templates)
        except TemplateError as error:
            shown = [(problem, line_of(issue.description, problem.line)) for problem in error.problems]
            self._issues.answer(issue, newcomer_problems(shown))
            return None
        file_url = self._control.page_url(partner_path(newcomer.slug))
        refusal = self._write(newcomer, issue)
        if refusal is not None:
            self._issues.answer(issue, newcomer_refused(refusal.cause, refusal.fix))
            return None
        self._passing("a newcomer's file is written")
        place = self._ground.place
        project_url = f"{place.base_url}/{place.project_path(newcomer.slug)}"
        self._issues.answer(issue, newcomer_welcome(newcomer.slug, file_url, project_url))
        self._passing("a newcomer is answered")
        self._issues.close(issue)
        return newcomer.slug

    def _write(self, newcomer: Newcomer, issue: NewcomerIssue) -> Refused | None:
        """Why the file does not hold the newcomer; None when it does, just written or before a crash."""
        try:
            self._control.add_partner(newcomer.slug, newcomer.text, from_form(issue.iid))
        except Refused as error:
            there = self._control.kept(newcomer.slug).get(partner_path(newcomer.slug))
            return None if there == newcomer.text else error
        return None
