"""glab: the requests of `glab issue`, as read from its source, and the program itself where it is installed.

glab of December 2025 on client-go 1.0 names the project by its encoded path in every request, asks the root of the API
once for rate limits, and reads an issue before it changes it (gitlab-org/cli, internal/commands/issuable). The program
was run against the sandbox in the versions 1.33.0 and 1.53.0; what only newer ones have, older ones are not asked for.

Left out, for they are glab's own mistakes: `--linked-issues` sends `target_project_id: null`, `token list` of a person
crashes at a token that never ends, and an address with a port loses the port unless the host has another name.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
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


# --- the program itself ---

HOST = "gitlab.example"


@dataclass(frozen=True)
class Program:
    """glab in the working copy of a project: `gitlab.example` and the socket's own address both lead to the sandbox."""

    folder: Path
    address: str
    scene: Scene

    def run(self, *words: str, host: str = HOST) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ, "GLAB_CONFIG_DIR": str(self.folder), "NO_PROMPT": "1", "GITLAB_HOST": host,
            "GLAMOUR_STYLE": "notty", "NO_COLOR": "1", "HOME": str(self.folder),
        }  # fmt: skip
        return subprocess.run(
            ["glab", *words], env=environment, cwd=self.folder, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip

    def __call__(self, *words: str, host: str = HOST) -> str:
        done = self.run(*words, host=host)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def numbers(self, *words: str) -> list[int]:
        """The numbers that `glab issue list` shows."""
        return [int(line) for line in self("issue", "list", "-F", "ids", *words).splitlines() if line.isdigit()]

    def api(self, target: str, *words: str) -> Any:
        return json.loads(self("api", target, *words))

    def knows(self, command: str, flag: str = "") -> bool:
        """Whether this version has the command, and the flag."""
        text = self.run(*command.split(), "--help").stdout
        name = command.rpartition(" ")[2]
        return (
            f"glab {command}" in text and re.search(rf"(^|[\s,]){re.escape(flag or name)}(?![\w-])", text) is not None
        )


@pytest.fixture
def glab(scene: Scene, tmp_path: Path) -> Iterator[Program]:
    if shutil.which("glab") is None or shutil.which("git") is None:
        pytest.skip("glab or git is not installed here: glab's requests are tested above")
    with running(scene) as address:
        plain = address.partition("://")[2]
        config = tmp_path / "config.yml"
        config.write_text(
            f"host: {HOST}\ncheck_update: false\nhosts:\n"
            + "".join(
                f"  {host}:\n    api_protocol: http\n    api_host: {plain}\n    token: sandbox-partner-bot\n"
                for host in (HOST, plain)
            )
        )
        config.chmod(0o600)
        for line in ("init -q", f"remote add origin https://{HOST}/partners/acme.git"):
            subprocess.run(["git", *line.split()], cwd=tmp_path, check=True, timeout=60)
        yield Program(tmp_path, address, scene)


def _issue(scene: Scene, iid: int) -> Any:
    return scene.project().issues.get(iid)


def test_the_program_makes_an_issue_with_everything(scene: Scene, glab: Program) -> None:
    scene.project().milestones.create({"title": "Stage 1"})
    epic = scene.client().groups.get("partners").epics.create({"title": "Acme"})
    newer = ["--due-date", "2026-12-24", "--epic", str(epic.id)] if glab.knows("issue create", "--due-date") else []
    said = glab(
        "issue", "create", "-t", "One", "-d", "Text", "-l", "bug,new", "-a", "gl.sa1", "-m", "Stage 1", "-w", "2",
        "-c", "--yes", *newer,
    )  # fmt: skip
    assert "/partners/acme/-/issues/1" in said
    issue = _issue(scene, 1)
    assert (issue.title, issue.description, issue.labels) == ("One", "Text", ["bug", "new"])
    assert (issue.assignees[0]["username"], issue.milestone["title"]) == ("gl.sa1", "Stage 1")
    assert (issue.weight, issue.confidential) == (2, True)
    if newer:
        assert (issue.due_date, issue.epic["id"]) == ("2026-12-24", epic.id)


def test_the_program_lists_by_every_filter(scene: Scene, glab: Program) -> None:
    project, me = scene.project(), scene.client().http_get("/user")["id"]  # type: ignore[index]
    milestone = project.milestones.create({"title": "Stage 1"})
    project.issues.create({"title": "Apple", "labels": "bug", "assignee_ids": [me]})
    project.issues.create({"title": "Pear", "confidential": True, "milestone_id": milestone.id})
    project.issues.create({"title": "Plum"})
    project.issues.update(3, {"state_event": "close"})
    assert glab.numbers() == [2, 1]
    assert glab.numbers("--closed") == [3]
    assert glab.numbers("--all") == [3, 2, 1]
    assert glab.numbers("--label", "bug") == glab.numbers("--assignee", "@me") == glab.numbers("--search", "app") == [1]
    assert glab.numbers("--assignee", "partner-bot", "--label", "bug", "--in", "title", "--search", "Apple") == [1]
    assert glab.numbers("--not-label", "bug") == glab.numbers("--not-assignee", "partner-bot") == [2]
    assert glab.numbers("--author", "partner-bot") == glab.numbers("--not-author", "gl.sa1") == [2, 1]
    assert glab.numbers("--milestone", "Stage 1") == glab.numbers("--confidential") == [2]
    assert glab.numbers("--all", "-P", "1", "-p", "2") == [2]
    assert glab.numbers("--issue-type", "issue", "--group", "partners") == [2, 1]
    assert f"{glab.address}/partners/acme/-/issues/2" in glab("issue", "list", "-F", "urls")
    assert re.search(r"Showing 2 open issues.*Apple.*\(bug\)", glab("issue", "list"), re.DOTALL)
    assert "No open issues match" in glab("issue", "list", "--author", "gl.sa1")
    if glab.knows("issue list", "--output"):
        assert [issue["title"] for issue in json.loads(glab("issue", "list", "-O", "json"))] == ["Pear", "Apple"]
    if glab.knows("issue list", "--iteration"):
        assert glab.numbers("--iteration", "1") == []


def test_the_program_shows_an_issue_with_comments_and_history(scene: Scene, glab: Program) -> None:
    issue = scene.project().issues.create({"title": "One", "description": "Text", "labels": "bug"})
    glab("issue", "note", "1", "-m", "Hello")
    issue.state_event = "close"
    issue.save()
    shown = glab("issue", "view", "1")
    for line in ("title:\tOne", "state:\tclosed", "author:\tpartner-bot", "labels:\tbug", "comments:\t1", "Text"):
        assert line in shown
    assert "Hello" not in shown
    assert "partner-bot commented" in glab("issue", "view", "1", "--comments")
    assert "Hello" in glab("issue", "view", f"https://{HOST}/partners/acme/-/issues/1", "--comments")
    scene.project().issues.update(1, {"title": "Two"})
    assert "changed title from" in glab("issue", "view", "1", "--comments", "--system-logs")
    if glab.knows("issue view", "--output"):
        assert json.loads(glab("issue", "view", "1", "-F", "json"))["state"] == "closed"


def test_the_program_changes_closes_and_deletes_an_issue(scene: Scene, glab: Program) -> None:
    scene.project().milestones.create({"title": "Stage 1"})
    scene.project().issues.create({"title": "One", "labels": "bug", "confidential": True})
    weight = ["-w", "5"] if glab.knows("issue update", "--weight") else []
    glab(
        "issue", "update", "1", "-t", "Newer", "-d", "Other", "-l", "ui,ux", "-u", "bug", "--lock-discussion", "-p",
        "-a", "gl.sa1", "-m", "Stage 1", *weight,
    )  # fmt: skip
    issue = _issue(scene, 1)
    assert (issue.title, issue.description, issue.labels) == ("Newer", "Other", ["ui", "ux"])
    assert (issue.discussion_locked, issue.confidential, issue.milestone["title"]) == (True, False, "Stage 1")
    assert (issue.assignees[0]["username"], issue.weight) == ("gl.sa1", 5 if weight else None)
    glab("issue", "update", "1", "--unlock-discussion", "--unassign", "-m", "")
    issue = _issue(scene, 1)
    assert (issue.discussion_locked, issue.assignees, issue.milestone) == (False, [], None)
    for word, state in (("close", "closed"), ("reopen", "opened")):
        glab("issue", word, "1")
        assert _issue(scene, 1).state == state
    assert "already subscribed" in glab("issue", "subscribe", "1")
    glab("issue", "unsubscribe", "1")
    assert _issue(scene, 1).subscribed is False
    glab("issue", "subscribe", "1")
    assert _issue(scene, 1).subscribed is True
    glab("issue", "delete", "1")
    gone = glab.run("issue", "view", "1")
    assert (gone.returncode, "404" in gone.stderr) == (1, True)


def test_the_program_on_boards_labels_and_projects(scene: Scene, glab: Program) -> None:
    glab("issue", "board", "create", "--name", "Journey")
    assert [board.name for board in scene.project().boards.list(get_all=True)] == ["Journey"]
    glab("label", "create", "-n", "risk", "-c", "#ff0000", "-d", "Watch")
    assert "risk -> Watch (#ff0000)" in glab("label", "list")
    if glab.knows("label delete"):
        glab("label", "delete", "risk")
        assert scene.project().labels.list(get_all=True) == []
    shown = glab("repo", "view", "partners/acme")
    assert "GitLab Partners / Acme" in shown
    assert "# Acme" in shown, "the README"
    for words in ((), ("--all",), ("--member", "--order", "name", "--sort", "asc")):
        assert "partners/acme" in glab("repo", "list", *words)
    glab("repo", "delete", "partners/acme", "--yes")
    assert scene.client().projects.list(get_all=True, active=True) == []
    assert "partner-bot" in glab("auth", "status")


def test_the_program_asks_rest_and_graphql(scene: Scene, glab: Program) -> None:
    for number in range(5):
        scene.project().issues.create({"title": f"Issue {number}"})
    made = glab.api("projects/:id/issues", "-X", "POST", "-f", "title=Raw", "-f", "labels=a,b")
    assert (made["iid"], made["labels"]) == (6, ["a", "b"])
    pages = glab("api", "projects/:fullpath/issues?per_page=2", "--paginate")
    assert len(re.findall(r'"iid":\d', pages)) == 6
    assert glab.api("version")["version"] == scene.world.version
    refused = glab.run("api", "projects/none")
    assert "404 Project Not Found" in refused.stdout + refused.stderr
    plain = glab.address.partition("://")[2]
    walk = (
        'query($endCursor: String) { project(fullPath: "partners/acme") { workItems(first: 4, after: $endCursor) '
        "{ nodes { iid } pageInfo { endCursor hasNextPage } } } }"
    )
    answers = glab("api", "graphql", "--paginate", "-f", f"query={walk}", host=plain)
    assert len(re.findall(r'"iid":"\d"', answers)) == 6
    asked = "query($path: ID!) { project(fullPath: $path) { name } }"
    found = glab("api", "graphql", "-f", f"query={asked}", "-f", "path=partners/acme", host=plain)
    assert json.loads(found) == {"data": {"project": {"name": "Acme"}}}


def test_the_program_makes_renews_and_revokes_tokens(scene: Scene, glab: Program) -> None:
    if not glab.knows("token create"):
        pytest.skip("this version of glab has no `token`")
    for place in ((), ("-g", "partners")):
        value = glab("token", "create", *place, "-A", "developer", "-S", "read_api", "-D", "168h", "report").strip()
        assert "_bot_" in scene.client(token=value).http_get("/user")["username"]  # type: ignore[index]
        assert re.search(r"report +developer +true", glab("token", "list", *place))
        renewed = glab("token", "rotate", *place, "report").strip()
        assert scene.send("/user", username=None, headers={"PRIVATE-TOKEN": value}).status == 401
        glab("token", "revoke", *place, "report")
        assert scene.send("/user", username=None, headers={"PRIVATE-TOKEN": renewed}).status == 401
