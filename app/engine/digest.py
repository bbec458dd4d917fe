"""The chore that tells each solution architect once a week what there is to tell, from the kept standings.

The traps: a week told twice (GitLab is asked for the week's mark, one process at a time), a week told late (a digest
that was missed is made good within its week, and never after it), and one told too early, right after the bot's
database was lost, when the standings of most partners are still missing.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import datetime

from app.engine.desired import DesiredState
from app.engine.seats import Locks
from app.engine.standings import Standings
from app.engine.store import Store
from app.gitlab.digest_issues import DigestIssues
from app.gitlab.errors import GitLabError
from app.journey.digest import WEEK, Digest, DigestTime, by_architect, digest, week_of
from app.journey.prose.digest import digest_comment, digest_mark
from app.journey.standing import Standing

log = logging.getLogger(__name__)

_DONE = "digest"


class DigestChore:
    """Posts what is due. Raises StoreError, and GitLabError for what concerns all architects."""

    def __init__(
        self,
        issues: DigestIssues,
        desired: DesiredState,
        standings: Standings,
        store: Store,
        locks: Locks,
        clock: Callable[[], datetime],
        when: DigestTime | None,
    ) -> None:
        """`when`: None for no digests at all."""
        self._issues = issues
        self._desired = desired
        self._standings = standings
        self._store = store
        self._locks = locks
        self._clock = clock
        self._when = when

    def post(self) -> list[str]:
        """Tells who was not told yet this week, and has something to hear; returns whom.

        Asks GitLab nothing when there is nothing to say. Otherwise one request, and for each architect two, or three
        the first time. One who cannot be told stops nobody, and is tried again at the next call.
        """
        if self._when is None:
            return []
        now = self._clock()
        until = self._when.last(now)
        week = week_of(until)
        if self._done(week) is None:
            return []
        seen, whole = self._seen()
        if seen is None:
            return []
        with self._locks.alone("digest"):
            done = self._done(week)
            if done is None:
                return []
            partners = by_architect(seen)
            all_due = [digest(sa, own, until - WEEK, until, now) for sa, own in partners.items()]
            due = [each for each in all_due if each and each.sa.casefold() not in done]
            told = self._tell(due, done)
            everybody = {sa.casefold() for sa in partners} | done
            failed = {each.sa.casefold() for each in due} - done
            self._store.remember(
                _DONE, json.dumps({"week": week, "done": sorted(everybody - failed), "all": whole and not failed})
            )
        return told

    def _done(self, week: str) -> set[str] | None:
        """The architects who are done with this week; None: all are, whoever comes later."""
        kept = json.loads(self._store.recall(_DONE) or "{}")
        if kept.get("week") != week:
            return set()
        return None if kept["all"] else set(kept["done"])

    def _seen(self) -> tuple[list[Standing] | None, bool]:
        """The standings of all partners that can be looked at, and whether those are all; None while one is missing.

        One that fails holds up nobody, but whose architect it is nobody knows before it was seen once.
        """
        kept, known = self._standings.all(), self._desired.slugs()
        missing = [slug for slug in known if slug not in kept]
        if any(not self._store.partner(slug).failures for slug in missing):
            return None, False
        return [kept[slug] for slug in known if slug in kept], not missing

    def _tell(self, due: list[Digest], done: set[str]) -> list[str]:
        """Posts the comments; adds to `done` who needs no further try."""
        told = []
        issues = self._issues.find() if due else {}
        for each in due:
            whose = each.sa.casefold()
            try:
                issue = issues.get(whose)
                fresh = issue is None
                issue = issue or self._issues.open(each.sa)
                if issue is None:
                    log.warning(
                        "No digest for %s, whom GitLab does not know. Name another `people.sa` in the partner files.",
                        each.sa,
                    )
                elif issue.wanted and (fresh or not self._issues.has(issue, digest_mark(each.week))):
                    self._issues.comment(issue, digest_comment(each))
                    told.append(each.sa)
            except GitLabError as error:
                log.warning("The digest of %s was not posted: %s It is tried again soon.", each.sa, error.cause)
                continue
            done.add(whose)
        return told
