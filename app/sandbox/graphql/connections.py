"""Relay connections: one page of a list, with cursors (https://docs.gitlab.com/api/graphql/#pagination).

A cursor holds the sort key of its item, not a position. The trap this avoids: a client that pages through "recently
updated" items while they are updated would see some twice and others never, here or on GitLab, if cursors were offsets.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError

PAGE_SIZE = 100
"""GitLab's default and maximum page size."""

Key = tuple[Any, ...]


@dataclass
class PageInfo:
    end_cursor: str | None
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None


@dataclass
class Edge:
    cursor: str
    node: Any


@dataclass
class Connection:
    """One page. `total` is the number of all items that match, whatever the page."""

    nodes: list[Any]
    total: int
    has_next_page: bool
    has_previous_page: bool
    key: Callable[[Any], Key]

    @property
    def count(self) -> int:
        return self.total

    @property
    def edges(self) -> list[Edge]:
        return [Edge(_encode(self.key(node)), node) for node in self.nodes]

    @property
    def page_info(self) -> PageInfo:
        first, last = (self.nodes[0], self.nodes[-1]) if self.nodes else (None, None)
        return PageInfo(
            end_cursor=_encode(self.key(last)) if self.nodes else None,
            has_next_page=self.has_next_page,
            has_previous_page=self.has_previous_page,
            start_cursor=_encode(self.key(first)) if self.nodes else None,
        )


def paginate(
    items: Iterable[Any],
    key: Callable[[Any], Key],
    *,
    first: int | None = None,
    last: int | None = None,
    after: str | None = None,
    before: str | None = None,
) -> Connection:
    """Sort by `key` (a tuple of JSON values that ends in something unique) and cut one page of at most 100 items.

    Raises GraphQLError in GitLab's words for a cursor that is not one, and for `first` together with `last`.
    """
    if first is not None and last is not None:
        raise GraphQLError("Can only provide either `first` or `last`, not both")
    everything = sorted(((key(item), item) for item in items), key=lambda pair: pair[0])
    start = _position(everything, _decode(after), after=True) if after else 0
    end = _position(everything, _decode(before), after=False) if before else len(everything)
    size = max(0, min(first if first is not None else last if last is not None else PAGE_SIZE, PAGE_SIZE))
    if last is not None:
        start = max(start, end - size)
    else:
        end = min(end, start + size)
    page = everything[start : max(start, end)]
    return Connection([item for _, item in page], len(everything), end < len(everything), start > 0, key)


def in_order(items: Sequence[Any], **arguments: Any) -> Connection:
    """A page of a short list that has an order of its own; its cursors are positions."""
    position = {id(item): number for number, item in enumerate(items)}
    return paginate(items, lambda item: (position[id(item)],), **arguments)


def _position(pairs: list[tuple[Key, Any]], cursor: Key, *, after: bool) -> int:
    """The index of the first item behind (`after`) or at the cursor."""
    try:
        return next((n for n, (key, _) in enumerate(pairs) if (key > cursor if after else key >= cursor)), len(pairs))
    except TypeError:
        raise GraphQLError("Please provide a valid cursor") from None


def _encode(key: Key) -> str:
    return base64.urlsafe_b64encode(json.dumps(key, separators=(",", ":")).encode()).decode()


def _decode(cursor: str) -> Key:
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except ValueError:
        raise GraphQLError("Please provide a valid cursor") from None
    if not isinstance(found, list):
        raise GraphQLError("Please provide a valid cursor")
    return tuple(found)
