"""Issues, comments, labels, milestones, boards and epics through the real client."""

from __future__ import annotations

import gitlab
import pytest
from rest_client import Scene, make_scene


@pytest.fixture
def scene() -> Scene:
    return make_scene()


def test_the_life_of_an_issue(scene: Scene) -> None:
    project = scene.project()
    milestone = project.milestones.create({"title": "Stage 1", "due_date": "2026-12-01"})
    sam = scene.client().users.list(username="gl.sa1", get_all=True)[0]
    issue = project.issues.create(
        {
            "title": "Train the team",
            "description": "- [x] one\n- [ ] two",
            "labels": "stage::1,security",
            "milestone_id": milestone.id,
            "assignee_ids": [sam.id],
            "due_date": "2026-11-30",
            "weight": 3,
        }
    )
    assert issue.state == "opened"
    assert issue.created_at == "2026-11-02T09:05:12.000Z"
    assert issue.task_completion_status == {"count": 2, "completed_count": 1}
    assert issue.milestone["title"] == "Stage 1"
    assert issue.references["full"] == "partners/acme#1"
    scene.clock.forward(hours=1)
    project.issues.update(issue.iid, {"add_labels": "stage::2", "state_event": "close", "assignee_ids": []})
    closed = project.issues.get(issue.iid)
    assert closed.labels == ["security", "stage::2"]
    assert (closed.state, closed.attributes["closed_by"]["username"], closed.assignees) == ("closed", "partner-bot", [])
    events = closed.resourcelabelevents.list(get_all=True)
    assert {(event.action, event.label["name"]) for event in events[2:]} == {
        ("add", "stage::2"),
        ("remove", "stage::1"),
    }
    assert [event.state for event in closed.resourcestateevents.list(get_all=True)] == ["closed"]
    project.issues.update(issue.iid, {"milestone_id": 0, "due_date": ""})
    cleared = project.issues.get(issue.iid)
    assert (cleared.milestone, cleared.due_date) == (None, None)


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ({"state": "opened"}, ["Beta", "Gamma"]),
        ({"labels": "x"}, ["Alpha", "Beta"]),
        ({"labels": "x,y"}, ["Beta"]),
        ({"labels": "None"}, ["Gamma"]),
        ({"not[labels]": "y"}, ["Alpha", "Gamma"]),
        ({"search": "gam"}, ["Gamma"]),
        ({"iids[]": [1, 3]}, ["Alpha", "Gamma"]),
        ({"author_username": "gl.sa1"}, []),
        ({"assignee_username": "gl.sa1"}, ["Beta"]),
        ({"assignee_id": "None"}, ["Alpha", "Gamma"]),
        ({"confidential": True}, ["Gamma"]),
        ({"updated_after": "2026-11-02T10:30:00Z"}, ["Alpha", "Gamma"]),
        ({"order_by": "title", "sort": "desc"}, ["Gamma", "Beta", "Alpha"]),
    ],
)
def test_issue_filters(scene: Scene, query: dict[str, object], titles: list[str]) -> None:
    project = scene.project()
    sam = scene.client().users.list(username="gl.sa1", get_all=True)[0]
    project.issues.create({"title": "Alpha", "labels": ["x"]})
    project.issues.create({"title": "Beta", "labels": ["x", "y"], "assignee_ids": [sam.id]})
    scene.clock.forward(hours=2)
    project.issues.create({"title": "Gamma", "confidential": True})
    project.issues.update(1, {"state_event": "close"})
    given = {"order_by": "title", "sort": "asc"} | query
    assert [issue.title for issue in project.issues.list(get_all=True, query_parameters=given)] == titles
    group = scene.client().groups.get("partners")
    assert [issue.title for issue in group.issues.list(get_all=True, query_parameters=given)] == titles


def test_comments_and_quick_actions(scene: Scene) -> None:
    issue = scene.project().issues.create({"title": "Talk"})
    note = issue.notes.create({"body": "Hello\n\n/label ~todo"})
    assert note.body == "Hello"
    internal = issue.notes.create({"body": "Only us", "internal": True})
    assert internal.internal is True
    note.body = "Hello again"
    note.save()
    assert [row.body for row in issue.notes.list(sort="asc", get_all=True, activity_filter="only_comments")] == [
        "Hello again",
        "Only us",
    ]
    only_commands = scene.send(
        f"/projects/partners%2Facme/issues/{issue.iid}/notes", method="POST", body=b'{"body":"/close"}'
    )
    assert only_commands.status == 202
    assert set(only_commands.json()) == {"commands_changes", "summary"}
    assert scene.project().issues.get(issue.iid).state == "closed"
    note.delete()
    with pytest.raises(gitlab.GitlabGetError):
        issue.notes.get(note.id)


def test_a_guest_does_not_see_internal_notes_and_confidential_issues(scene: Scene) -> None:
    project = scene.project()
    lead = scene.client().users.list(username="acme.lead", get_all=True)[0]
    project.members.create({"user_id": lead.id, "access_level": 10})
    issue = project.issues.create({"title": "Open"})
    issue.notes.create({"body": "secret", "internal": True})
    project.issues.create({"title": "Hidden", "confidential": True})
    theirs = scene.project("acme.lead")
    assert [row.title for row in theirs.issues.list(get_all=True)] == ["Open"]
    assert theirs.issues.get(1).notes.list(get_all=True) == []


def test_labels_of_group_and_project(scene: Scene) -> None:
    group, project = scene.client().groups.get("partners"), scene.project()
    group.labels.create({"name": "stage::1", "color": "#ff0000"})
    with pytest.raises(gitlab.GitlabCreateError) as error:
        project.labels.create({"name": "stage::1", "color": "#00ff00"})
    assert (error.value.response_code, error.value.error_message) == (409, "Label already exists")
    project.labels.create({"name": "own", "color": "red", "description": "Ours"})
    assert {(label.name, label.is_project_label) for label in project.labels.list(get_all=True)} == {
        ("stage::1", False),
        ("own", True),
    }
    label = project.labels.get("own")
    label.new_name = "mine"
    label.save()
    assert project.labels.get("mine").color == "#FF0000"
    project.labels.delete("mine")
    with pytest.raises(gitlab.GitlabGetError):
        project.labels.get("mine")
    with pytest.raises(gitlab.GitlabDeleteError):
        project.labels.delete("stage::1")


def test_milestones_and_their_issues(scene: Scene) -> None:
    project = scene.project()
    milestone = project.milestones.create({"title": "Stage 1", "description": "First"})
    project.issues.create({"title": "In it", "milestone_id": milestone.id})
    assert [issue.title for issue in milestone.issues(get_all=True)] == ["In it"]
    milestone.state_event = "close"
    milestone.save()
    assert project.milestones.list(state="active", get_all=True) == []
    with pytest.raises(gitlab.GitlabCreateError) as error:
        project.milestones.create({"title": "Stage 1"})
    assert error.value.response_code == 400
    milestone.delete()
    assert project.issues.get(1).milestone is None


def test_boards_and_lists(scene: Scene) -> None:
    project = scene.project()
    assert project.boards.list(get_all=True) == []
    board = project.boards.create({"name": "Journey"})
    labels = [project.labels.create({"name": name, "color": "#112233"}) for name in ("one", "two")]
    lists = [board.lists.create({"label_id": label.id}) for label in labels]
    lists[1].position = 0
    lists[1].save()
    assert [row.label["name"] for row in board.lists.list(get_all=True)] == ["two", "one"]
    board.hide_closed_list = True
    board.save()
    assert project.boards.get(board.id).hide_closed_list is True
    lists[0].delete()
    board.delete()
    assert project.boards.list(get_all=True) == []


def test_epics_links_and_reactions(scene: Scene) -> None:
    group, project = scene.client().groups.get("partners"), scene.project()
    epic = group.epics.create({"title": "Acme", "labels": "stage::1", "due_date_fixed": "2026-12-31"})
    first = project.issues.create({"title": "One", "epic_id": epic.id})
    second = project.issues.create({"title": "Two"})
    assert first.epic["iid"] == epic.iid
    assert epic.work_item_id != epic.id
    assert (epic.labels, epic.due_date) == (["stage::1"], "2026-12-31")
    link = epic.issues.create({"issue_id": second.id})
    assert [row.title for row in epic.issues.list(get_all=True)] == ["One", "Two"]
    link.delete()
    assert project.issues.get(2).epic is None
    epic.notes.create({"body": "On the epic"})
    assert [note.body for note in epic.notes.list(get_all=True, activity_filter="only_comments")] == ["On the epic"]
    epic.state_event = "close"
    epic.save()
    assert group.epics.list(state="opened", get_all=True) == []
    source, target = first.links.create({"target_project_id": project.id, "target_issue_iid": 2})
    assert (source.title, target.title) == ("One", "Two")
    linked = second.links.list(get_all=True)
    assert [row.title for row in linked] == ["One"]
    second.links.delete(linked[0].issue_link_id)
    assert first.links.list(get_all=True) == []
    award = first.awardemojis.create({"name": "thumbsup"})
    assert project.issues.get(1).upvotes == 1
    award.delete()


def test_pages_follow_by_number_and_by_key(scene: Scene) -> None:
    project = scene.project()
    for number in range(25):
        project.issues.create({"title": f"Issue {number:02}"})
    first = scene.send("/projects/partners%2Facme/issues?sort=asc")
    assert len(first.json()) == 20
    assert (first.headers["X-Total"], first.headers["X-Next-Page"]) == ("25", "2")
    assert 'page=2&per_page=20>; rel="next"' in first.headers["Link"]
    assert len(scene.send("/projects/partners%2Facme/issues?per_page=500&page=1").json()) == 25
    for query in ({"per_page": 7}, {"per_page": 7, "pagination": "keyset", "order_by": "created_at", "sort": "asc"}):
        titles = [issue.title for issue in project.issues.list(iterator=True, **query)]
        assert sorted(titles) == [f"Issue {number:02}" for number in range(25)]
    keyed = scene.send("/projects/partners%2Facme/issues?pagination=keyset&per_page=5")
    assert "X-Total" not in keyed.headers
    assert keyed.headers["Link"].endswith('rel="next"')
    projects = scene.client().projects.list(iterator=True, pagination="keyset", order_by="id", sort="asc", per_page=1)
    assert [row.path for row in projects] == ["acme"]


def test_moving_an_issue_closes_it_here_and_opens_it_there(scene: Scene) -> None:
    bot = scene.client()
    other = bot.projects.create({"name": "Globex", "namespace_id": bot.groups.get("partners").id})
    issue = scene.project().issues.create({"title": "Moves"})
    issue.move(other.id)
    assert scene.project().issues.get(issue.iid).state == "closed"
    assert [row.title for row in other.issues.list(get_all=True)] == ["Moves"]
