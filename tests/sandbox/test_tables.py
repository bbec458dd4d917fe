"""The sandbox's tables: what belongs to something is found at once, whatever was changed in between."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sandbox.world.tables import Table


@dataclass
class Thing:
    id: int
    owner: int


acts = st.lists(st.tuples(st.sampled_from(["put", "give", "delete"]), st.integers(1, 6), st.integers(1, 3)))


@given(acts)
def test_a_table_finds_what_a_search_through_all_of_it_finds(story: list[tuple[str, int, int]]) -> None:
    table: Table[Thing] = Table("owner")
    for act, number, owner in story:
        if act == "put":
            table[number] = Thing(number, owner)
        elif act == "give" and number in table:
            table[number].owner = owner
            table.file(number)
        elif number in table:
            del table[number]
        for each in (1, 2, 3):
            everything = sorted((t for t in table.values() if t.owner == each), key=lambda t: t.id)
            assert table.where("owner", each) == everything


def test_a_copied_table_is_a_table_of_its_own() -> None:
    table: Table[Thing] = Table("owner")
    table[1] = Thing(1, 7)
    twin = copy.deepcopy(table)
    twin[1].owner = 8
    twin.file(1)
    assert (table.where("owner", 7), twin.where("owner", 7)) == ([table[1]], [])
    assert twin.where("owner", 8) == [twin[1]]


def test_what_is_not_indexed_is_not_searched_for() -> None:
    table: Table[Thing] = Table("owner")
    with pytest.raises(KeyError):
        table.where("name", "x")
