"""A table of the sandbox: records by id, and found at once by what they belong to.

A GitLab with thousands of projects must not read all of its items to show one project's. The trap: an index that
lags behind its records. So a record that changes one of the indexed attributes is filed again by whoever changes it,
and records come and go by assignment, `del` and `clear` alone.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, TypeVar

Record = TypeVar("Record")


class Table(dict[int, Record]):
    """Records by id. `indexed`: the attributes, or properties, by which `where` finds them."""

    def __init__(self, *indexed: str) -> None:
        super().__init__()
        self._drawers: dict[str, dict[Hashable, dict[int, Record]]] = {name: {} for name in indexed}
        self._filed: dict[int, dict[str, Hashable]] = {}

    def __setitem__(self, number: int, record: Record) -> None:
        super().__setitem__(number, record)
        self.file(number)

    def __delitem__(self, number: int) -> None:
        super().__delitem__(number)
        for name, value in self._filed.pop(number).items():
            del self._drawers[name][value][number]

    def clear(self) -> None:
        for number in list(self):
            del self[number]

    def file(self, number: int) -> None:
        """Files a record by what its attributes say now; to be called when an indexed one has changed."""
        record, filed = self[number], self._filed.setdefault(number, {})
        for name, drawers in self._drawers.items():
            value: Any = getattr(record, name)
            if name in filed and filed[name] == value:
                drawers[value][number] = record
                continue
            if name in filed:
                del drawers[filed[name]][number]
            filed[name] = value
            drawer = drawers.setdefault(value, {})
            late = bool(drawer) and next(reversed(drawer)) > number
            drawer[number] = record
            if late:
                drawers[value] = dict(sorted(drawer.items()))

    def where(self, name: str, value: Hashable) -> list[Record]:
        """The records whose attribute has this value, oldest first. Raises KeyError for one that is not indexed."""
        return list(self._drawers[name].get(value, {}).values())
