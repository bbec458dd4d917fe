"""What clients of other people asked that nobody had asked before, as bare requests.

These programs were run against the sandbox over loopback: go-gitlab 0.73.1, NARKOZ's gem `gitlab` 4.17.0,
GitLab::API::v4 0.26 for Perl with its command line, gitlabform 3.16.5, gitlabber 2.1.2, gitlabracadabra 1.12.0,
@gitbeaker/cli 43.8.0, @gitbeaker/node 35.8.1, @zereight/mcp-gitlab 2.1.64, @semantic-release/gitlab 13.3.3; and on
GraphQL get-graphql-schema, graphql-codegen, graphql-request, Apollo Client, urql and sgqlc.

Left out are their own mistakes: go-gitlab reads an invitation's day as a moment, and one list of a group board as many;
@gitbeaker/node subscribes to a label at an issue's address.
"""

from __future__ import annotations

from typing import Any

import pytest
from rest_client import Scene, make_scene

ACME = "/projects/partners%2Facme"


@pytest.fixture
def scene() -> Scene:
    return make_scene()


# --- parameters ---


def test_what_gitlab_ignores_is_ignored_and_said_in_a_header(scene: Scene) -> None:
    """gitlabber: python-gitlab has no `as_list` any more, so it is sent to GitLab."""
    answer = scene.send("/groups?as_list=true&statistics=true")
    assert (answer.status, answer.headers["X-Sandbox-Ignored"]) == (200, "as_list")
    assert "X-Sandbox-Ignored" not in scene.send("/groups?statistics=true").headers


def test_a_null_says_nothing(scene: Scene) -> None:
    """gitlabform sends `member_role_id: null`, go-gitlab `default_branch_protection: null`."""
    group = {"name": "Region", "path": "region", "parent_id": 40, "default_branch_protection": None}
    made = scene.ask("POST", "/groups", group)
    assert (made.status, made.json()["default_branch_protection"]) == (201, 2)
    lead = scene.done("GET", "/users?username=acme.lead")[0]["id"]
    member = scene.ask("POST", f"{ACME}/members", {"user_id": lead, "access_level": 30, "member_role_id": None})
    assert (member.status, "X-Sandbox-Ignored" in member.headers) == (201, False)
    assert scene.done("GET", f"{ACME}/issues?import_url=") == []


@pytest.mark.parametrize(
    ("method", "target", "body", "message"),
    [
        ("GET", f"{ACME}/issues?assignee=gl.sa1", None, "do you mean assignee_id?"),
        ("POST", f"{ACME}/issues", {"title": "A", "assignees": [1]}, "do you mean assignee_ids?"),
        ("PUT", ACME, {"import_url": "https://x.example/a.git"}, "import_url is not part of the sandbox: leave it out"),
        ("GET", "/projects?with_programming_language=go", None, "not part of the sandbox"),
    ],
)
def test_what_would_die_unseen_is_refused(scene: Scene, method: str, target: str, body: Any, message: str) -> None:
    answer = scene.ask(method, target, body)
    assert answer.status == 400
    assert message in answer.json()["error"]


def test_settings_of_projects_are_kept_and_shown(scene: Scene) -> None:
    given = {
        "build_timeout": 600, "keep_latest_artifact": False, "ci_default_git_depth": 1, "public_builds": False,
        "auto_cancel_pending_pipelines": "disabled", "merge_trains_enabled": True, "issues_template": "# Goal",
    }  # fmt: skip
    scene.done("PUT", ACME, given)
    shown = scene.done("GET", ACME)
    assert {name: shown[name] for name in given if name != "public_builds"} == {
        name: value for name, value in given.items() if name != "public_builds"
    }
    assert shown["public_jobs"] is False
    free = make_scene("free")
    assert "merge_trains_enabled" not in free.done("GET", ACME)


def test_settings_of_groups_are_kept_and_shown(scene: Scene) -> None:
    given = {"project_creation_level": "maintainer", "request_access_enabled": False, "default_branch_protection": 1}
    region = scene.done("POST", "/groups", {"name": "Region", "path": "region", "parent_id": 40, **given})
    assert {name: region[name] for name in given} == given
    changed = scene.done(
        "PUT", f"/groups/{region['id']}", {"shared_runners_setting": "enabled", "membership_lock": True}
    )
    assert (changed["membership_lock"], changed["project_creation_level"]) == (True, "maintainer")


def test_a_group_moves_with_all_below_and_is_not_less_open_than_what_is_in_it(scene: Scene) -> None:
    region = scene.done("POST", "/groups", {"name": "Region", "path": "region", "parent_id": 40})["id"]
    scene.done("POST", "/projects", {"name": "Globex", "namespace_id": region})
    scene.done("PUT", f"/groups/{region}", {"path": "emea", "name": "EMEA"})
    assert scene.done("GET", "/projects/partners%2Femea%2Fglobex")["name_with_namespace"].endswith("EMEA / Globex")
    taken = scene.ask("PUT", f"/groups/{region}", {"path": "acme"})
    assert (taken.status, taken.json()["message"]) == (400, {"path": ["has already been taken"]})
    wider = scene.ask("PUT", f"/groups/{region}", {"visibility": "public"})
    assert "since the parent group has a private visibility" in wider.json()["message"]["visibility_level"][0]
    scene.done("PUT", "/groups/partners", {"visibility": "public"})
    scene.done("PUT", ACME, {"visibility": "public"})
    narrower = scene.ask("PUT", "/groups/partners", {"visibility": "private"})
    assert "since this group contains projects with higher" in narrower.json()["message"]["visibility_level"][0]


def test_profiles_are_kept_and_shown_and_people_filtered_by_them(scene: Scene) -> None:
    person = {"username": "new", "name": "New", "email": "new@x.example", "reset_password": True}
    made = scene.done("POST", "/users", {**person, "external": True, "projects_limit": 3, "bio": "Hi"}, "root")
    assert (made["external"], made["projects_limit"], made["bio"]) == (True, 3, "Hi")
    scene.done("PUT", f"/users/{made['id']}", {"location": "Bern"}, "root")
    shown = scene.done("GET", f"/users/{made['id']}")
    assert (shown["bio"], shown["location"]) == ("Hi", "Bern")
    assert [user["username"] for user in scene.done("GET", "/users?external=true", username="root")] == ["new"]
    assert "new" not in [user["username"] for user in scene.done("GET", "/users?exclude_external=true")]
    assert scene.done("GET", "/users?two_factor=enabled", username="root") == []


# --- issues ---


def test_lists_in_the_order_of_a_day_that_some_lack(scene: Scene) -> None:
    due = scene.done("POST", f"{ACME}/milestones", {"title": "M", "due_date": "2027-01-01"})["id"]
    for body in ({"due_date": "2026-12-24"}, {}, {"due_date": "2026-11-01", "milestone_id": due}):
        scene.done("POST", f"{ACME}/issues", {"title": "One", **body})
    for query, wanted in {
        "order_by=due_date&sort=asc": [3, 1, 2],
        "order_by=due_date&sort=desc": [1, 3, 2],
        "order_by=milestone_due&sort=asc": [3, 1, 2],
    }.items():
        assert [issue["iid"] for issue in scene.done("GET", f"{ACME}/issues?{query}")] == wanted


def test_filters_that_exclude(scene: Scene) -> None:
    me = scene.done("GET", "/user")["id"]
    scene.done("POST", f"{ACME}/issues", {"title": "One", "weight": 3, "assignee_ids": [me]})
    scene.done("POST", f"{ACME}/issues", {"title": "Two"})
    scene.done("POST", f"{ACME}/issues/2/award_emoji", {"name": "rocket"})
    for query, wanted in {
        "not[weight]=3": [2],
        f"not[assignee_id][]={me}": [2],
        f"not[author_id]={me}": [],
        "not[my_reaction_emoji]=rocket": [1],
        "not[milestone_id]=None": [],
        "health_status=at_risk": [],
        "health_status=none": [2, 1],
        "iteration_title=Sprint": [],
    }.items():
        assert [issue["iid"] for issue in scene.done("GET", f"{ACME}/issues?{query}")] == wanted, query


def test_numbers_and_times_by_hand_are_for_owners(scene: Scene) -> None:
    """As whoever brings issues over from another tracker sends them."""
    old = {"iid": 7, "created_at": "2020-01-02T03:04:05Z"}
    made = scene.done("POST", f"{ACME}/issues", {"title": "Old", **old})
    assert (made["iid"], made["created_at"]) == (7, "2020-01-02T03:04:05.000Z")
    again = scene.ask("POST", f"{ACME}/issues", {"title": "Old", **old})
    assert (again.status, again.json()) == (409, {"message": "Duplicated issue"})
    assert scene.done("POST", f"{ACME}/issues", {"title": "Next"})["iid"] == 8
    assert scene.done("POST", f"{ACME}/issues", {"title": "Sam's", "iid": 99}, "gl.sa1")["iid"] == 9
    changed = scene.done("PUT", f"{ACME}/issues/7", {"title": "Older", "updated_at": "2020-02-02T00:00:00Z"})
    assert changed["updated_at"] == "2020-02-02T00:00:00.000Z"
    note = scene.done("POST", f"{ACME}/issues/7/notes", {"body": "Then", "created_at": "2020-01-03T00:00:00Z"})
    assert note["created_at"] == "2020-01-03T00:00:00.000Z"


def test_a_second_equal_reaction_is_404_and_somebody_elses_401(scene: Scene) -> None:
    scene.done("POST", f"{ACME}/issues", {"title": "One"})
    award = scene.done("POST", f"{ACME}/issues/1/award_emoji", {"name": "rocket"})
    again = scene.ask("POST", f"{ACME}/issues/1/award_emoji", {"name": "rocket"})
    assert (again.status, again.json()["message"]) == (404, "404 Award Emoji Name has already been taken Not Found")
    theirs = scene.ask("DELETE", f"{ACME}/issues/1/award_emoji/{award['id']}", username="gl.sa1")
    assert (theirs.status, theirs.json()["message"]) == (401, "401 Unauthorized")


# --- repository ---


def test_files_as_ruby_and_go_send_them(scene: Scene) -> None:
    """Ruby's base64 ends in a line break; go-gitlab says whether a file is a program."""
    given = {"branch": "main", "commit_message": "Add", "content": "aGVs\nbG8=\n", "encoding": "base64"}
    scene.done("POST", f"{ACME}/repository/files/a.md", {**given, "execute_filemode": False})
    assert scene.send(f"{ACME}/repository/files/a.md/raw?ref=main").text == "hello"


def test_a_commit_by_somebody_else_names_them(scene: Scene) -> None:
    author = {"author_name": "Ada", "author_email": "ada@x.example"}
    given = {"branch": "main", "commit_message": "Add", "content": "1\n", **author}
    scene.done("POST", f"{ACME}/repository/files/a.md", given)
    newest = scene.done("GET", f"{ACME}/repository/commits?author=ada&trailers=true")[0]
    assert (newest["author_name"], newest["author_email"]) == ("Ada", "ada@x.example")
    assert newest["committer_name"] == "Partner Bot"


def test_what_a_commit_changed_and_where_it_is(scene: Scene) -> None:
    files = f"{ACME}/repository/files/a.md"
    for method, text in (("POST", "one\ntwo\n"), ("PUT", "one\nthree\n")):
        scene.done(method, files, {"branch": "main", "commit_message": "Write", "content": text})
    scene.done("POST", f"{ACME}/repository/branches", {"branch": "draft", "ref": "main"})
    commit = f"{ACME}/repository/commits/main"
    (changed,) = scene.done("GET", f"{commit}/diff")
    assert changed["diff"] == "@@ -1,2 +1,2 @@\n one\n-two\n+three\n"
    assert (changed["new_path"], changed["new_file"], changed["b_mode"]) == ("a.md", False, "100644")
    assert scene.done("GET", f"{commit}/diff?unidiff=true")[0]["diff"].startswith("--- a/a.md\n+++ b/a.md\n@@")
    assert [row["name"] for row in scene.done("GET", f"{commit}/refs?type=branch")] == ["draft", "main"]
    for nothing in ("refs?type=tag", "statuses", "merge_requests"):
        assert scene.done("GET", f"{commit}/{nothing}") == []
