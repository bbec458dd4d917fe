"""What pins each route of the sandbox and whether the bot uses it: the facts behind docs/sandbox-coverage.md.

The document is made without GitLab's published files, so the facts are kept in `docs/sandbox-coverage.json`. A test
compares that file with what the story and the tour really did. Renew it with `python tests/contract/pinned.py`.
"""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from answers import entity_of, schema_of
from plays import STORY_TIERS, TOUR_TIERS, Played, play_story, play_tour, route_of
from published import ROOT

from app.sandbox import rest

FILE = ROOT / "docs" / "sandbox-coverage.json"
RENEW = "renew it with `.venv/bin/python tests/contract/pinned.py`, then `make schema`"


def facts(stories: Iterable[Played], tours: Iterable[Played]) -> dict[str, dict[str, Any]]:
    """Route -> what its answers were held against (`JSON schema x`, `OpenAPI x`, `tests`) and whether the bot asked."""
    stories, tours = list(stories), list(tours)
    used = {route for played in stories for route in played.routes}
    held: dict[str, str] = {}
    for played in [*tours, *stories]:
        for entry in played.exchanges:
            route = route_of(entry)
            if route is not None and entry.status < 300:
                held[route] = _held_against(route, entry)
    return {route: {"pinned_by": held.get(route, "tests"), "bot": route in used} for route in rest.coverage()}


def _held_against(route: str, entry: Any) -> str:
    if not entry.response_body or route.endswith("/raw"):
        return "OpenAPI operation"
    schema, entity = schema_of(route), entity_of(route, entry)
    if schema is not None:
        name = schema.replace("../../", "").strip("[]")
        return f"JSON schema {name}"
    return f"OpenAPI {entity}" if entity else "OpenAPI operation"


def as_text(found: dict[str, dict[str, Any]]) -> str:
    """One line per route, so that a change shows as one line."""
    rows = ",\n".join(f"  {json.dumps(route)}: {json.dumps(fact)}" for route, fact in found.items())
    return f"{{\n{rows}\n}}\n"


def _renew() -> None:
    warnings.simplefilter("ignore", DeprecationWarning)  # of gql, which python-gitlab calls in its old way
    with tempfile.TemporaryDirectory() as folder:
        stories = [play_story(Path(folder), tier) for tier in STORY_TIERS]
    FILE.write_text(as_text(facts(stories, [play_tour(tier) for tier in TOUR_TIERS])), encoding="utf-8")


if __name__ == "__main__":
    _renew()
