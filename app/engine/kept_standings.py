"""The newest standing of every partner as JSON: a cache for the pages that outlives a restart.

A digest of each tells who has read it already whether it is worth reading again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import sqlalchemy as sa

from app.engine.database import Database
from app.engine.tables import standings


class KeptStandings:
    """Every verb is one short transaction, and raises StoreError when the database does not answer."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def keep(self, slug: str, digest: str, body: str) -> None:
        """The newest standing of a partner as JSON, in place of the one before."""
        values = {"digest": digest, "seen_at": self._clock(), "body": body}
        self._database.upsert(standings, "slug", {"slug": slug} | values, values)

    def digests(self) -> dict[str, str]:
        """Slug -> digest of every standing kept: a small answer that tells which ones are worth reading again."""
        rows = self._database.rows(sa.select(standings.c.slug, standings.c.digest))
        return {row["slug"]: row["digest"] for row in rows}

    def read(self, slugs: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Slug -> (digest, JSON) of those of the given partners that have one."""
        found: dict[str, tuple[str, str]] = {}
        for start in range(0, len(slugs), 500):  # databases limit the values of one statement
            wanted = standings.c.slug.in_(slugs[start : start + 500])
            found |= {
                r["slug"]: (r["digest"], r["body"]) for r in self._database.rows(standings.select().where(wanted))
            }
        return found

    def drop(self, slug: str) -> None:
        """The partner is no longer one of ours."""
        with self._database.writing() as connection:
            connection.execute(standings.delete().where(standings.c.slug == slug))
