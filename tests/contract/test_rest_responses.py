"""What the sandbox answers is what GitLab answers: status, fields and types, by GitLab's own schemas.

Held against them is every answer that the bot got in its story and python-gitlab on its tour. The trap: a schema that
nothing was held against. So each is counted, and a wrong answer must be noticed.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from answers import ENTITIES, IN_PART, LEFT_OUT, SCHEMAS, STATUSES, entity_of, problems, schema_of
from plays import STORY_TIERS, TOUR_TIERS, Played, route_of
from rest_contract import entity

from app.sandbox import rest

NOT_ON_FREE = ("/groups/:id/epic", "/groups/:id/hooks")
NOT_ON_CE = ("/groups/:id/boards", "/groups/:id/service_accounts")


@pytest.mark.parametrize("tier", STORY_TIERS)
def test_every_answer_to_the_bot_is_as_gitlab_publishes_it(stories: dict[str, Played], tier: str) -> None:
    assert _all_problems(stories[tier]) == []


@pytest.mark.parametrize("tier", TOUR_TIERS)
def test_every_answer_on_the_tour_is_as_gitlab_publishes_it(tours: dict[str, Played], tier: str) -> None:
    assert _all_problems(tours[tier]) == []


def test_the_tour_sees_every_route_of_the_sandbox(tours: dict[str, Played]) -> None:
    everything = set(rest.coverage())
    assert tours["ultimate"].routes == everything
    free = {route for route in everything if not route.partition(" ")[2].startswith(NOT_ON_FREE)}
    assert tours["free"].routes == free
    assert tours["ce"].routes == {route for route in free if not route.partition(" ")[2].startswith(NOT_ON_CE)}


def test_tables_name_routes_that_there_are() -> None:
    known = set(rest.coverage())
    named = {route.replace("/:scope/", f"/{scope}/") for route in SCHEMAS for scope in ("projects", "groups")}
    assert named | set(ENTITIES) | set(STATUSES) <= known


def test_no_field_is_missing_but_those_that_are_left_out_on_purpose(tours: dict[str, Played]) -> None:
    """Over all answers with an entity: what none of them has."""
    missing: dict[str, set[str]] = {}
    for entry in tours["ultimate"].exchanges:
        route = route_of(entry) or ""
        name = entity_of(route, entry)
        if name is None or entry.status >= 300 or not entry.response_body:
            continue
        value = json.loads(entry.response_body)
        for each in value if isinstance(value, list) else [value]:
            absent = set(entity(name)["properties"]) - set(each)
            missing[name] = missing.get(name, absent) & absent
    found = {name: fields for name, fields in missing.items() if fields and name not in IN_PART}
    assert found == LEFT_OUT


@pytest.mark.parametrize(
    ("route", "changes", "expected"),
    [
        ("GET /projects/:id/issues/:issue_iid", {"iid": "1"}, "is not of type 'integer'"),
        ("GET /projects/:id/issues/:issue_iid", {"colour": "red"}, "colour is unknown"),
        ("GET /projects/:id/issues/:issue_iid", {"closed_at": "2026-11-02 09:05:12 UTC"}, "closed_at is no moment"),
        ("GET /projects/:id/hooks/:hook_id", {"issues_events": None}, "is not of type 'boolean'"),
        ("GET /groups/:id/epics/:epic_iid", {"group_id": "40"}, "group_id is str, published as integer"),
        ("GET /groups/:id/boards/:board_id", {"lists": None}, "is not of type 'array'"),
    ],
)
def test_a_wrong_answer_is_noticed(
    tours: dict[str, Played], route: str, changes: dict[str, Any], expected: str
) -> None:
    entry = next(e for e in tours["ultimate"].exchanges if route_of(e) == route)
    wrong = replace(entry, response_body=json.dumps(json.loads(entry.response_body) | changes))
    assert list(problems(route, entry)) == []
    assert any(expected in problem for problem in problems(route, wrong))


def test_most_routes_have_a_json_schema_or_an_entity(tours: dict[str, Played]) -> None:
    reads = {route_of(e): e for e in tours["ultimate"].exchanges if e.method == "GET" and e.status == 200}
    without = {r for r, e in reads.items() if r and schema_of(r) is None and entity_of(r, e) is None}
    assert without == {
        "GET /issues_statistics",
        "GET /groups/:id/issues_statistics",
        "GET /projects/:id/issues_statistics",
        "GET /groups/:id/hooks/:hook_id/events",
        "GET /projects/:id/hooks/:hook_id/events",
        "GET /projects/:id/repository/files/:file_path",
        "GET /projects/:id/repository/files/:file_path/raw",
    }


def _all_problems(played: Played) -> list[str]:
    found = []
    for entry in played.exchanges:
        route = route_of(entry)
        if entry.status < 300:
            found += [f"{route}: {problem}" for problem in problems(route or "", entry)]
    return sorted(set(found))
