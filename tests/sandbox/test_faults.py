"""What each fault of `world.faults` looks like to a client, and when it ends."""

from __future__ import annotations

import gitlab
import pytest
import requests
from rest_client import Scene, make_scene
from test_pages import Browser

from app.sandbox.faults import Faults
from app.sandbox.http import json_bytes


@pytest.fixture
def scene() -> Scene:
    made = make_scene()
    made.clock.forward(minutes=10)
    return made


def test_a_fresh_project_answers_404_to_everybody_and_its_path_is_taken(scene: Scene) -> None:
    scene.world.faults = Faults(late_projects_seconds=30)
    group = scene.client().groups.get("partners")
    made = scene.client().projects.create({"name": "Late", "path": "late", "namespace_id": group.id})
    for who in ("partner-bot", "root"):
        with pytest.raises(gitlab.GitlabGetError) as refused:
            scene.client(who).projects.get(made.id)
        assert refused.value.response_code == 404
    with pytest.raises(gitlab.GitlabCreateError) as taken:
        scene.client().projects.create({"name": "Late again", "path": "late", "namespace_id": group.id})
    assert "path" in taken.value.error_message
    scene.clock.forward(seconds=30)
    assert scene.client().projects.get("partners/late").id == made.id


def test_a_fresh_comment_is_in_no_list(scene: Scene) -> None:
    issue = scene.project().issues.create({"title": "Slow"})
    scene.world.faults = Faults(late_notes_seconds=30)
    note = issue.notes.create({"body": "Hello"})
    assert issue.notes.list(get_all=True) == []
    with pytest.raises(gitlab.GitlabGetError):
        issue.notes.get(note.id)
    scene.clock.forward(seconds=30)
    assert [each.body for each in issue.notes.list(get_all=True)] == ["Hello"]


def test_a_fresh_member_has_no_access_and_cannot_be_added_again(scene: Scene) -> None:
    scene.world.faults = Faults(late_members_seconds=30)
    user = scene.world.user_by_name("globex.lead")
    assert user is not None
    members = scene.project().members
    members.create({"user_id": user.id, "access_level": 30})
    assert user.id not in [each.id for each in members.list(get_all=True)]
    with pytest.raises(gitlab.GitlabGetError):
        scene.project("globex.lead")
    with pytest.raises(gitlab.GitlabCreateError) as refused:
        members.create({"user_id": user.id, "access_level": 30})
    assert refused.value.response_code == 409
    scene.clock.forward(seconds=30)
    assert scene.project("globex.lead").path == "acme"


def test_a_lock_refuses_writes_and_no_reads(scene: Scene) -> None:
    project = scene.project()
    scene.world.faults = Faults(locked=2)
    with pytest.raises(gitlab.GitlabCreateError) as refused:
        project.issues.create({"title": "Never"})
    assert (refused.value.response_code, refused.value.error_message) == (409, "409 Conflict: Resource lock")
    assert project.issues.list(get_all=True) == []
    ask = 'mutation { createNote(input: {noteableId: "gid://gitlab/WorkItem/1", body: "x"}) { errors } }'
    answer = scene.send("/api/graphql", method="POST", body=json_bytes({"query": ask}), below="")
    assert (answer.status, answer.json()) == (500, {"errors": [{"message": "Internal server error"}]})
    assert project.issues.create({"title": "Now"}).iid == 1


def test_a_lost_answer_comes_after_the_effect(scene: Scene) -> None:
    project = scene.project()
    scene.world.faults = Faults(lost=1)
    with pytest.raises(gitlab.GitlabCreateError):
        project.issues.create({"title": ""})  # a refusal is an answer
    with pytest.raises(requests.exceptions.ReadTimeout):
        project.issues.create({"title": "Made"})
    assert [issue.title for issue in project.issues.list(get_all=True)] == ["Made"]


def test_a_project_that_waits_for_its_deletion_may_keep_its_path(scene: Scene) -> None:
    scene.world.faults = Faults(paths_kept=True)
    scene.project("root").delete()
    kept = scene.client("root").projects.get("partners/acme")
    assert kept.marked_for_deletion_on == scene.clock().date().isoformat()
    kept.restore()
    assert scene.project().marked_for_deletion_on is None


def test_the_page_of_faults_takes_all_numbers_or_none(scene: Scene) -> None:
    browser = Browser(scene.world)
    browser.get("/-/sandbox/faults")
    said = browser.post("/-/sandbox/faults", locked="3", late_notes_seconds="60", lost="", paths_kept="1").text
    assert "From now on GitLab behaves like this." in said
    assert scene.world.faults == Faults(late_notes_seconds=60, locked=3, paths_kept=True)
    browser.get("/-/sandbox/faults")
    refused = browser.post("/-/sandbox/faults", locked="-1", lost="5")
    assert refused.status == 400
    assert "Each number is whole" in refused.text
    assert scene.world.faults.locked == 3
