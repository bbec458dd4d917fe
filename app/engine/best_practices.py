"""Keeps the pages of best practices: after each look at a partner, and only what this partner changed there.

What was written last is remembered in the store as digests, so a look that brings nothing new asks GitLab nothing; a
lost store costs two reads for each stage in which something was accepted. The trap: two partners at one page. All of
them wait for the same lock, and each reads the page inside it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from app.engine.seats import Locks
from app.engine.store import Store
from app.gitlab.control_pages import ControlPages
from app.journey.best_practices import StageAnswers, best_practices_mark, plan_best_practices
from app.journey.prose.best_practices import page_title


class BestPractices:
    """Safe to use from several threads. Every verb raises GitLabError or StoreError."""

    def __init__(self, pages: ControlPages, store: Store, locks: Locks) -> None:
        self._pages = pages
        self._store = store
        self._locks = locks

    def collect(self, slug: str, given: Iterable[StageAnswers]) -> list[str]:
        """Brings one partner's answers to the pages; returns what was written, in words for the audit."""
        key = f"best practices of {slug}"
        kept = self._store.recall(key)
        before: dict[str, str] | None = json.loads(kept) if kept else None
        given = list(given)
        done = [f"~ page {page_title(each.stage)}" for each in given if _is_new(each, before) and self._renew(each)]
        after = json.dumps({each.stage: each.digest for each in given}, sort_keys=True)
        if after != kept:
            self._store.remember(key, after)
        return done

    def _renew(self, given: StageAnswers) -> bool:
        with self._locks.alone("best practices"):
            return self._pages.renew(
                page_title(given.stage), best_practices_mark(given.stage),
                lambda seen: plan_best_practices(seen, given),
            )  # fmt: skip


def _is_new(given: StageAnswers, before: dict[str, str] | None) -> bool:
    if before is None:
        return given.accepted
    return before.get(given.stage, given.digest if not given.answers else "") != given.digest
