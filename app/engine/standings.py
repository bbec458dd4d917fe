"""The latest standing of every partner, for the pages: in memory, and in the store so that a restart shows it at once.

GitLab stays the truth. A reconcile puts the standing here; after the database was deleted the first resync looks at
everybody and fills it again. The trap it avoids: a page that asks GitLab, or reads a thousand texts, at every visit.
Only standings whose digest in the store has changed (another process may have written it) are read again.
"""

from __future__ import annotations

import hashlib
import threading

from pydantic import ValidationError

from app.engine.kept_standings import KeptStandings
from app.journey.standing import Standing


class Standings:
    """Safe to use from several threads. Every verb raises StoreError when the database does not answer."""

    def __init__(self, kept: KeptStandings) -> None:
        self._store = kept
        self._kept: dict[str, tuple[str, Standing]] = {}
        self._lock = threading.Lock()

    def put(self, standing: Standing) -> None:
        """The newest standing of its partner. Writes only what differs from the one before."""
        body = standing.model_dump_json()
        digest = hashlib.sha256(body.encode()).hexdigest()
        with self._lock:
            if self._kept.get(standing.slug, ("", None))[0] == digest:
                return
            self._store.keep(standing.slug, digest, body)
            self._kept[standing.slug] = digest, standing

    def drop(self, slug: str) -> None:
        """The partner is gone."""
        with self._lock:
            self._store.drop(slug)
            self._kept.pop(slug, None)

    def get(self, slug: str) -> Standing | None:
        """The latest standing of one partner; None before the first look at it."""
        return self.all().get(slug)

    def all(self) -> dict[str, Standing]:
        """Slug -> latest standing of every partner that has been looked at."""
        with self._lock:
            digests = self._store.digests()
            stale = [slug for slug, digest in digests.items() if self._kept.get(slug, ("", None))[0] != digest]
            for slug, (digest, body) in self._store.read(stale).items() if stale else ():
                found = _read(body)
                if found is not None:
                    self._kept[slug] = digest, found
            self._kept = {slug: kept for slug, kept in self._kept.items() if slug in digests}
            return {slug: standing for slug, (_, standing) in self._kept.items()}


def _read(body: str) -> Standing | None:
    """None for a text that another version of the bot wrote: the partner counts as not looked at yet."""
    try:
        return Standing.model_validate_json(body)
    except ValidationError:
        return None
