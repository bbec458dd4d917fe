"""Issue boards and epic boards (https://docs.gitlab.com/user/project/issue_board/).

The trap it avoids: an item in two places or in none. Open holds what has no list's label, Closed everything closed,
and an item with two list labels stands in both lists, as on GitLab.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.sandbox import addresses
from app.sandbox.http import Response
from app.sandbox.pages import rendering
from app.sandbox.pages.chips import Chip, chip_of
from app.sandbox.pages.visit import Hidden, Visit
from app.sandbox.world import Board, BoardList, Container, WorkItem, belongs

MAX_CARDS = 100
_ORDER = {"backlog": 0, "label": 1, "closed": 2}


@dataclass(frozen=True)
class Column:
    """A list with its cards; `chip` for a label list, `kind` for the icon."""

    title: str
    kind: str
    chip: Chip | None
    label_id: int | None
    cards: list[WorkItem]
    total: int


def first(visit: Visit, home: Container) -> Response:
    """`/-/boards` leads to the first board, as on GitLab."""
    return _first(visit, home, visit.boards(home))


def first_epic(visit: Visit, home: Container) -> Response:
    """`/-/epic_boards`."""
    return _first(visit, home, visit.boards(home, epic=True) if visit.world.licensed else [])


def _first(visit: Visit, home: Container, boards: list[Board]) -> Response:
    if boards:
        return rendering.redirect(visit, addresses.of_board(visit.world, boards[0]))
    return rendering.page(
        visit, "board.html", title="Boards", home=home, tab="boards", board=None, columns=[], others=[]
    )


def board(visit: Visit, home: Container, number: int) -> Response:
    """`/-/boards/<id>` and `/-/epic_boards/<id>`."""
    found = visit.world.boards.get(number)
    if found is None or not belongs(found, home) or (found.epic and not visit.world.licensed):
        raise Hidden("board")
    return rendering.page(
        visit,
        "board.html",
        title=found.name,
        home=home,
        tab="epic_boards" if found.epic else "boards",
        board=found,
        columns=columns_of(visit, found, home),
        others=[b for b in visit.boards(home, epic=found.epic) if b is not found],
    )


def columns_of(visit: Visit, board: Board, home: Container) -> list[Column]:
    """The board's lists with the cards that the viewer may see."""
    items = visit.items(home, ["EPIC"] if board.epic else ["ISSUE", "INCIDENT"])
    scope = set(board.label_ids)
    items = sorted((i for i in items if scope <= set(i.label_ids)), key=lambda i: (i.relative_position, i.id))
    lists = list(board.lists)
    if not any(x.list_type == "backlog" for x in lists):
        lists.append(BoardList(0, "backlog", None))
    if not any(x.list_type == "closed" for x in lists):
        lists.append(BoardList(0, "closed", None))
    lists.sort(key=lambda x: (_ORDER[x.list_type], x.position or 0, x.id))
    hidden = {k for k, h in (("backlog", board.hide_backlog_list), ("closed", board.hide_closed_list)) if h}
    listed = {x.label_id for x in lists if x.list_type == "label" and x.label_id is not None}
    return [_column(visit, x, items, listed) for x in lists if x.list_type not in hidden]


def _column(visit: Visit, board_list: BoardList, items: list[WorkItem], listed: set[int]) -> Column:
    label = visit.world.labels.get(board_list.label_id) if board_list.label_id is not None else None
    if board_list.list_type == "closed":
        cards = sorted(
            (i for i in items if i.state == "closed"), key=lambda i: i.closed_at or i.updated_at, reverse=True
        )
    elif board_list.list_type == "backlog":
        cards = [i for i in items if i.state == "opened" and not listed & set(i.label_ids)]
    else:
        cards = [i for i in items if i.state == "opened" and label is not None and label.id in i.label_ids]
    title = {"backlog": "Open", "closed": "Closed"}.get(board_list.list_type, label.title if label else "Deleted label")
    chip = chip_of(label, scoped=visit.world.licensed) if label else None
    kind = board_list.list_type
    return Column(title, kind, chip, label.id if label else None, cards[:MAX_CARDS], len(cards))
