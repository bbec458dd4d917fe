"""What docs/sandbox-coverage.md says of each route is what the contract tests really did."""

from __future__ import annotations

import json

import uses
from pinned import FILE, RENEW, as_text, facts
from plays import Played
from published import ROOT


def test_the_facts_about_each_route_are_true(stories: dict[str, Played], tours: dict[str, Played]) -> None:
    assert FILE.read_text(encoding="utf-8") == as_text(facts(stories.values(), tours.values())), RENEW


def test_the_uses_name_nothing_that_is_gone() -> None:
    """Which file uses what is made by a run of all of them; here is held what can be told without one."""
    found = json.loads(uses.FILE.read_text(encoding="utf-8"))
    assert set(found) <= set(uses.known_names()), uses.RENEW
    assert {name for files in found.values() for name in files if not (ROOT / name).is_file()} == set(), uses.RENEW
