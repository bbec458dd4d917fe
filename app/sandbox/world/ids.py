"""Where ids, tokens and UUIDs come from.

The trap: a run that cannot be repeated, because one id in it came from the machine.
"""

from __future__ import annotations

import random
import uuid


class Ids:
    """Ids, tokens and UUIDs from one seeded generator: the same seed and story give the same world."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a sandbox wants repeatable ids, not secrets
        self._next: dict[str, int] = {}

    def next(self, table: str) -> int:
        """The next id of a table; tables start at different numbers so that mixed-up ids are noticed."""
        start = {"user": 1, "group": 40, "project": 100, "work_item": 1_000, "epic": 5_000, "note": 20_000}
        value = self._next.get(table, start.get(table, 300))
        self._next[table] = value + 1
        return value

    def uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def hex(self, characters: int) -> str:
        return f"{self._random.getrandbits(characters * 4):0{characters}x}"
