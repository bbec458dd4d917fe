"""What docs/sandbox-coverage.md says of each route is what the contract tests really did."""

from __future__ import annotations

from pinned import FILE, RENEW, as_text, facts
from plays import Played


def test_the_facts_about_each_route_are_true(stories: dict[str, Played], tours: dict[str, Played]) -> None:
    assert FILE.read_text(encoding="utf-8") == as_text(facts(stories.values(), tours.values())), RENEW
