"""`glab issue`: the requests that it makes, as read from its source, and the program itself where it is installed.

glab of December 2025 on client-go 1.0 names the project by its encoded path in every request, asks the root of the API
once for rate limits, and reads an issue before it changes it (gitlab-org/cli, internal/commands/issuable).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from rest_client import Scene, make_scene, running

from app.sandbox.http import Response, json_bytes

PROJECT = "/projects/partners%2Facme"
LIST = "in=title%2Cdescription&order_by=created_at&page=1&per_page=30&sort=desc&state="


@pytest.fixture
def scene() -> Scene:
    return make_scene()


def _ask(scene: Scene, method: str, target: str, body: dict[str, Any] | None = None) -> Response:
    headers = {"Content-Type": "application/json", "User-Agent": "glab/1.80.0 (linux, amd64)"}
    return scene.send(target, method=method, body=json_bytes(body) if body else b"", headers=headers)


def _create(scene: Scene, **given: Any) -> Response:
    return _ask(scene, "POST", f"{PROJECT}/issues", {"title": "One", "description": "Text", "labels": "", **given})


def test_it_asks_for_rate_limits_first(scene: Scene) -> None:
    assert _ask(scene, "GET", "/").status == 404


def test_create(scene: Scene) -> None:
    """`glab issue create -t One -d Text -l bug,new -a gl.sa1 -m "Stage 1" --due-date 2026-12-24 --confidential`"""
    scene.project().milestones.create({"title": "Stage 1"})
    assert _ask(scene, "GET", f"{PROJECT}?license=true&with_custom_attributes=true").json()["path"] == "acme"
    found = _ask(scene, "GET", f"{PROJECT}/milestones?include_parent_milestones=true&per_page=30&title=Stage+1")
    (milestone,) = found.json()
    (user,) = _ask(scene, "GET", "/users?per_page=30&username=gl.sa1").json()
    made = _create(
        scene, labels="bug,new", assignee_ids=[user["id"]], milestone_id=milestone["id"], confidential=True,
        due_date="2026-12-24", weight=2,
    )  # fmt: skip
    issue = made.json()
    assert (made.status, issue["iid"], issue["labels"], issue["due_date"]) == (201, 1, ["bug", "new"], "2026-12-24")
    assert (issue["milestone"]["title"], issue["assignees"][0]["username"]) == ("Stage 1", "gl.sa1")
    assert (issue["confidential"], issue["weight"], issue["web_url"].rpartition("/")[2]) == (True, 2, "1")


def test_list(scene: Scene) -> None:
    """`glab issue list`, `--closed`, `--all`, `--label`, `--not-label`, `--assignee`, `--search`, `--group`"""
    _create(scene, labels="bug")
    _create(scene, title="Two")
    _ask(scene, "PUT", f"{PROJECT}/issues/2", {"state_event": "close"})
    me = _ask(scene, "GET", "/user").json()["id"]

    def listed(query: str, where: str = PROJECT) -> list[int]:
        answer = _ask(scene, "GET", f"{where}/issues?{query}")
        assert answer.status == 200, answer.text
        return [issue["iid"] for issue in answer.json()]

    assert listed(f"{LIST}opened") == [1]
    assert listed(f"{LIST}closed") == [2]
    assert listed(f"{LIST}all") == [2, 1]
    assert listed(f"{LIST}opened&labels=bug") == [1]
    assert listed(f"{LIST}all&not%5Blabels%5D=bug") == [2]
    assert listed(f"{LIST}opened&assignee_id={me}") == []
    assert listed(f"{LIST}all&author_id={me}&search=Two") == [2]
    assert listed(f"{LIST}all&issue_type=issue&confidential=false") == [2, 1]
    assert listed(f"{LIST}all", where="/groups/partners") == [2, 1]


def test_view_with_comments(scene: Scene) -> None:
    """`glab issue view 1 --comments`"""
    _create(scene)
    _ask(scene, "POST", f"{PROJECT}/issues/1/notes", {"body": "Hello"})
    shown = _ask(scene, "GET", f"{PROJECT}/issues/1").json()
    assert (shown["title"], shown["issue_type"], shown["state"]) == ("One", "issue", "opened")
    notes = _ask(scene, "GET", f"{PROJECT}/issues/1/notes?page=1&per_page=20&sort=asc")
    assert [note["body"] for note in notes.json()] == ["Hello"]


def test_close_reopen_and_note(scene: Scene) -> None:
    """`glab issue close 1`, `glab issue reopen 1`, `glab issue note 1 -m Hello`"""
    _create(scene)
    for event, state in (("close", "closed"), ("reopen", "opened")):
        assert _ask(scene, "GET", f"{PROJECT}/issues/1").status == 200
        assert _ask(scene, "PUT", f"{PROJECT}/issues/1", {"state_event": event}).json()["state"] == state
    note = _ask(scene, "POST", f"{PROJECT}/issues/1/notes", {"body": "Hello"})
    assert (note.status, note.json()["noteable_iid"], note.json()["body"]) == (201, 1, "Hello")
    assert _ask(scene, "GET", f"{PROJECT}/issues/9").status == 404


@pytest.mark.skipif(shutil.which("glab") is None, reason="glab is not installed here: its requests are tested above")
def test_the_program_itself(scene: Scene, tmp_path: Path) -> None:
    with running(scene) as address:
        host = address.partition("://")[2]
        (tmp_path / "config.yml").write_text(
            f"host: {host}\ncheck_update: false\nhosts:\n  {host}:\n    api_protocol: http\n    api_host: {host}\n"
            "    token: sandbox-partner-bot\n"
        )
        (tmp_path / "config.yml").chmod(0o600)
        environment = {**os.environ, "GLAB_CONFIG_DIR": str(tmp_path), "NO_PROMPT": "1", "GITLAB_HOST": address}

        def glab(*words: str) -> str:
            line = ["glab", "issue", *words, "-R", "partners/acme"]
            return subprocess.run(
                line, env=environment, cwd=tmp_path, check=True, capture_output=True, text=True, timeout=60
            ).stdout

        glab("create", "-t", "One", "-d", "Text", "-l", "bug", "--yes")
        assert [issue["title"] for issue in json.loads(glab("list", "-O", "json"))] == ["One"]
        glab("note", "1", "-m", "Hello")
        assert "Hello" in glab("view", "1", "--comments")
        glab("close", "1")
        assert json.loads(glab("view", "1", "-F", "json"))["state"] == "closed"
        glab("reopen", "1")
        assert json.loads(glab("view", "1", "-F", "json"))["state"] == "opened"
