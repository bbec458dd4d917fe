"""Threads, time tracking, counts, subscriptions to labels, promoted labels, namespaces."""

from __future__ import annotations

from typing import Any

import pytest
from rest_client import Scene, make_scene

from app.sandbox.durations import human, seconds_of
from app.sandbox.http import json_bytes

ACME = "/projects/partners%2Facme"
ISSUE = f"{ACME}/issues/1"


@pytest.fixture
def scene() -> Scene:
    scene = make_scene()
    scene.done("POST", f"{ACME}/issues", {"title": "One", "labels": "bug"})
    return scene


def _graphql(scene: Scene, query: str, **variables: Any) -> Any:
    body = json_bytes({"query": query, "variables": variables})
    answer = scene.send(
        "/graphql", method="POST", body=body, headers={"Content-Type": "application/json"}, below="/api"
    )
    found = answer.json()
    assert "errors" not in found, found
    return found["data"]


# --- threads ---


def test_a_thread_is_opened_answered_and_settled(scene: Scene) -> None:
    thread = scene.done("POST", f"{ISSUE}/discussions", {"body": "Who looks?"})
    assert (thread["individual_note"], thread["notes"][0]["type"]) == (False, "DiscussionNote")
    path = f"{ISSUE}/discussions/{thread['id']}"
    answer = scene.done("POST", f"{path}/notes", {"body": "I do"}, "gl.sa1")
    scene.done("PUT", f"{path}/notes/{answer['id']}", {"body": "I did"}, "gl.sa1")
    assert [note["body"] for note in scene.done("GET", f"{path}/notes")] == ["Who looks?", "I did"]
    settled = scene.done("PUT", path, {"resolved": True}, "gl.sa1")
    assert {(note["resolved"], note["resolved_by"]["username"]) for note in settled["notes"]} == {(True, "gl.sa1")}
    opened = scene.done("PUT", f"{path}/notes/{answer['id']}", {"resolved": False})
    assert (opened["resolved"], opened["resolved_by"], opened["resolved_at"]) == (False, None, None)
    scene.done("DELETE", f"{path}/notes/{answer['id']}", username="gl.sa1")
    assert scene.ask("GET", f"{path}/notes/{answer['id']}").status == 404
    assert scene.ask("GET", f"{ISSUE}/discussions/{'0' * 40}").json() == {"message": "404 Discussion Not Found"}


def test_a_single_comment_becomes_a_thread_by_its_answer(scene: Scene) -> None:
    scene.done("POST", f"{ISSUE}/notes", {"body": "Alone"})
    (row,) = scene.done("GET", f"{ISSUE}/discussions")
    assert (row["individual_note"], row["notes"][0]["resolvable"]) == (True, False)
    assert "resolved" not in row["notes"][0]
    scene.done("POST", f"{ISSUE}/discussions/{row['id']}/notes", {"body": "Not any more"})
    row = scene.done("GET", f"{ISSUE}/discussions/{row['id']}")
    assert (row["individual_note"], [note["type"] for note in row["notes"]]) == (False, ["DiscussionNote"] * 2)


def test_an_internal_comment_is_in_no_thread_of_a_guest_and_history_takes_no_answer(scene: Scene) -> None:
    scene.done("POST", f"{ISSUE}/notes", {"body": "Between us", "internal": True})
    guest = scene.done("GET", "/users?username=acme.dev")[0]["id"]
    scene.done("POST", f"{ACME}/members", {"user_id": guest, "access_level": 10})
    assert scene.done("GET", f"{ISSUE}/discussions", username="acme.dev") == []
    scene.done("PUT", ISSUE, {"title": "Two"})
    changed = next(row for row in scene.done("GET", f"{ISSUE}/discussions") if row["notes"][0]["system"])
    assert scene.ask("POST", f"{ISSUE}/discussions/{changed['id']}/notes", {"body": "Why?"}).status == 400


def test_threads_of_epics_are_found_by_the_legacy_id(scene: Scene) -> None:
    epic = scene.done("POST", "/groups/partners/epics", {"title": "Acme"})
    path = f"/groups/partners/epics/{epic['id']}/discussions"
    thread = scene.done("POST", path, {"body": "Who looks?"})
    assert [row["id"] for row in scene.done("GET", path)] == [thread["id"]]
    assert scene.ask("GET", f"/groups/partners/epics/{epic['iid']}/discussions").status == 404
    assert make_scene("free").ask("GET", path).status == 403


def test_graphql_shows_threads_and_answers_in_them(scene: Scene) -> None:
    for body in ("First", "Second"):
        scene.done("POST", f"{ISSUE}/discussions", {"body": body})
    walk = """query($sort: WorkItemDiscussionsSort) { namespace(fullPath: "partners/acme") { workItem(iid: "1") { id
      widgets(onlyTypes: [NOTES]) { ... on WorkItemWidgetNotes { discussions(filter: ONLY_COMMENTS, sort: $sort) {
        nodes { id replyId resolvable resolved resolvedBy { username } notes { nodes { id body } } } } } } } } }"""
    item = _graphql(scene, walk)["namespace"]["workItem"]
    threads = item["widgets"][0]["discussions"]["nodes"]
    assert [thread["notes"]["nodes"][0]["body"] for thread in threads] == ["First", "Second"]
    assert threads[0]["notes"]["nodes"][0]["id"].startswith("gid://gitlab/DiscussionNote/")
    turned = _graphql(scene, walk, sort="CREATED_DESC")["namespace"]["workItem"]["widgets"][0]["discussions"]["nodes"]
    assert turned == threads[::-1]
    answer = _graphql(
        scene,
        "mutation($i: CreateNoteInput!) { createNote(input: $i) { note { resolvable discussion { id } } errors } }",
        i={"noteableId": item["id"], "body": "Third", "discussionId": threads[0]["id"]},
    )["createNote"]
    assert answer == {"note": {"resolvable": True, "discussion": {"id": threads[0]["id"]}}, "errors": []}


# --- time ---


@pytest.mark.parametrize(
    ("text", "seconds", "shown"),
    [
        ("1h30m", 5400, "1h 30m"),
        ("1mo 2w 3d 4h 5m 6s", 965106, "1mo 2w 3d 4h 5m 6s"),
        ("8h", 28800, "1d"),
        ("5 days", 144000, "1w"),
        ("2", 7200, "2h"),
        ("1.5 hours", 5400, "1h 30m"),
        ("-45m", -2700, "-45m"),
        ("0h", 0, None),
    ],
)
def test_durations_are_of_working_time(text: str, seconds: int, shown: str | None) -> None:
    assert seconds_of(text) == seconds
    assert human(seconds) == shown


@pytest.mark.parametrize("text", ["", "soon", "1x", "h", "1" * 4000 + "x", "9" * 400])
def test_what_is_no_duration(text: str) -> None:
    assert seconds_of(text) is None


def test_time_is_estimated_spent_and_forgotten(scene: Scene) -> None:
    estimate = scene.ask("POST", f"{ISSUE}/time_estimate", {"duration": "1w 4d 5h"})
    assert (estimate.status, estimate.json()["time_estimate"]) == (200, 277200)
    spent = scene.ask("POST", f"{ISSUE}/add_spent_time", {"duration": "1h", "summary": "Reading"})
    assert (spent.status, spent.json()["total_time_spent"]) == (201, 3600)
    scene.done("POST", f"{ISSUE}/add_spent_time", {"duration": "-15m"})
    shown = {
        "time_estimate": 277200, "total_time_spent": 2700, "human_time_estimate": "1w 4d 5h",
        "human_total_time_spent": "45m",
    }  # fmt: skip
    assert scene.done("GET", f"{ISSUE}/time_stats") == scene.done("GET", ISSUE)["time_stats"] == shown
    query = """{ namespace(fullPath: "partners/acme") { workItem(iid: "1") { widgets(onlyTypes: [TIME_TRACKING]) {
      ... on WorkItemWidgetTimeTracking {
        timeEstimate totalTimeSpent humanReadableAttributes { timeEstimate } } } } } }"""
    assert _graphql(scene, query)["namespace"]["workItem"]["widgets"] == [
        {"timeEstimate": 277200, "totalTimeSpent": 2700, "humanReadableAttributes": {"timeEstimate": "1w 4d 5h"}}
    ]
    for verb in ("reset_spent_time", "reset_time_estimate"):
        assert scene.ask("POST", f"{ISSUE}/{verb}").status == 200
    assert set(scene.done("GET", f"{ISSUE}/time_stats").values()) == {0, None}
    history = [note["body"] for note in scene.done("GET", f"{ISSUE}/notes?sort=asc&activity_filter=only_activity")]
    assert history == [
        "changed time estimate to 1w 4d 5h", "added 1h of time spent", "subtracted 15m of time spent",
        "removed time spent", "removed time estimate",
    ]  # fmt: skip


def test_time_that_cannot_be(scene: Scene) -> None:
    bad = scene.ask("POST", f"{ISSUE}/time_estimate", {"duration": "soon"})
    assert (bad.status, "must have a valid format" in bad.json()["message"]) == (400, True)
    assert scene.ask("POST", f"{ISSUE}/add_spent_time", {"duration": "soon"}).status == 400
    less = scene.ask("POST", f"{ISSUE}/add_spent_time", {"duration": "-1h"})
    assert less.json()["message"] == {"base": ["Time to subtract exceeds the total time spent"]}
    guest = scene.done("GET", "/users?username=acme.dev")[0]["id"]
    scene.done("POST", f"{ACME}/members", {"user_id": guest, "access_level": 10})
    assert scene.ask("POST", f"{ISSUE}/time_estimate", {"duration": "1h"}, "acme.dev").status == 403


def test_health_is_a_widget_of_ultimate(scene: Scene) -> None:
    query = """{ namespace(fullPath: "partners/acme") { workItem(iid: "1") { widgets(onlyTypes: [HEALTH_STATUS]) {
      ... on WorkItemWidgetHealthStatus { healthStatus } } } } }"""
    assert _graphql(scene, query)["namespace"]["workItem"]["widgets"] == [{"healthStatus": None}]
    premium = make_scene("premium")
    premium.done("POST", f"{ACME}/issues", {"title": "One"})
    assert _graphql(premium, query)["namespace"]["workItem"]["widgets"] == []


# --- counts, labels, namespaces ---


def test_issues_are_counted_by_the_filters_of_lists(scene: Scene) -> None:
    scene.done("POST", f"{ACME}/issues", {"title": "Two"})
    scene.done("PUT", f"{ACME}/issues/2", {"state_event": "close"})

    def counted(target: str, username: str = "partner-bot") -> list[int]:
        counts = scene.done("GET", target, username=username)["statistics"]["counts"]
        return [counts[name] for name in ("all", "opened", "closed")]

    assert counted(f"{ACME}/issues_statistics") == counted("/groups/partners/issues_statistics") == [2, 1, 1]
    assert counted(f"{ACME}/issues_statistics?labels=bug") == [1, 1, 0]
    assert counted("/issues_statistics") == counted("/issues_statistics?scope=all", "gl.sa1") == [2, 1, 1]
    assert counted("/issues_statistics", "gl.sa1") == [0, 0, 0]
    for nothing in (f"{ISSUE}/closed_by", f"{ISSUE}/related_merge_requests"):
        assert scene.done("GET", nothing) == []


def test_a_label_is_heard_of(scene: Scene) -> None:
    heard = scene.ask("POST", f"{ACME}/labels/bug/subscribe")
    assert (heard.status, heard.json()["subscribed"]) == (201, True)
    assert scene.ask("POST", f"{ACME}/labels/bug/subscribe").status == 304
    assert [row["subscribed"] for row in scene.done("GET", f"{ACME}/labels")] == [True]
    assert [row["subscribed"] for row in scene.done("GET", f"{ACME}/labels", username="gl.sa1")] == [False]
    assert scene.ask("POST", f"{ACME}/labels/bug/unsubscribe").json()["subscribed"] is False
    assert scene.ask("POST", f"{ACME}/labels/none/subscribe").status == 404


def test_a_promoted_label_is_one_for_all_projects_of_the_group(scene: Scene) -> None:
    scene.done("POST", "/projects", {"name": "Globex", "namespace_id": 40})
    scene.done("POST", "/projects/partners%2Fglobex/issues", {"title": "One", "labels": "bug"})
    promoted = scene.done("PUT", f"{ACME}/labels/bug/promote")
    assert [row["id"] for row in scene.done("GET", "/groups/partners/labels")] == [promoted["id"]]
    for project in ("acme", "globex"):
        path = f"/projects/partners%2F{project}"
        assert [row["id"] for row in scene.done("GET", f"{path}/labels")] == [promoted["id"]]
        assert scene.done("GET", f"{path}/issues/1")["labels"] == ["bug"]
    assert scene.ask("PUT", f"{ACME}/labels/promote", {"name": "bug"}).status == 404


def test_namespaces_are_where_projects_can_be_made(scene: Scene) -> None:
    assert [row["full_path"] for row in scene.done("GET", "/namespaces?search=part")] == ["partners"]
    assert scene.done("GET", "/namespaces", username="gl.sa1") == [], "a Developer makes none"
    shown = scene.done("GET", "/namespaces/partners")
    assert (shown["kind"], shown["projects_count"], shown["id"]) == ("group", 1, 40)
    assert "projects_count" not in scene.done("GET", "/namespaces/40", username="gl.sa1")
    assert scene.ask("GET", "/namespaces/none").json() == {"message": "404 Namespace Not Found"}
    assert scene.done("GET", "/namespaces/partners/exists") == {"exists": True, "suggests": ["partners1"]}
    assert scene.done("GET", "/namespaces/free/exists") == {"exists": False, "suggests": []}
    quota = {"shared_runners_minutes_limit": 100}
    assert scene.ask("PUT", "/namespaces/partners", quota).status == 403
    assert scene.done("PUT", "/namespaces/partners", quota, "root")["shared_runners_minutes_limit"] == 100
