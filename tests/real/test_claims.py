"""What the sandbox claims of GitLab and the bot relies on, one claim a test. A real GitLab is asked where one is given.

Here the sandbox can be found wrong: a test that passes there and fails on a real GitLab names what to mend.
"""

from __future__ import annotations

from typing import Any

import gitlab
import pytest
from ground import Ground, real_site


def test_a_real_gitlab_was_asked() -> None:
    """Skipped with the reason where the claims below were only compared with the sandbox that makes them."""
    found = real_site()
    if isinstance(found, str):
        pytest.skip(found)


@pytest.fixture(scope="module")
def project(ground: Ground) -> Any:
    return ground.project("claims", initialize_with_readme=True)


def _graphql(ground: Ground, payload: Any) -> Any:
    """An answer of the GraphQL endpoint, by the same client."""
    return ground.client.http_request("post", f"{ground.site.url}/api/graphql", post_data=payload).json()


def test_a_taken_path_is_400_and_names_the_path(ground: Ground, project: Any) -> None:
    with pytest.raises(gitlab.GitlabCreateError) as refused:
        ground.client.projects.create({"name": "Other", "path": "claims", "namespace_id": ground.group.id})
    assert refused.value.response_code == 400
    assert "path" in refused.value.error_message


def test_a_label_that_exists_is_409(ground: Ground, project: Any) -> None:
    ground.group.labels.create({"name": "claims::one", "color": "#1f75cb"})
    with pytest.raises(gitlab.GitlabCreateError) as refused:
        ground.group.labels.create({"name": "claims::one", "color": "#1f75cb"})
    assert refused.value.response_code == 409


def test_an_issue_and_its_work_item_have_one_id(ground: Ground, project: Any) -> None:
    issue = project.issues.create({"title": "One"})
    text = "query($path: ID!, $iid: String!) { namespace(fullPath: $path) { workItem(iid: $iid) { id } } }"
    variables = {"path": project.path_with_namespace, "iid": str(issue.iid)}
    found = _graphql(ground, {"query": text, "variables": variables})
    assert found["data"]["namespace"]["workItem"]["id"] == f"gid://gitlab/WorkItem/{issue.id}"


def test_an_unknown_label_of_an_issue_is_made_in_the_project(project: Any) -> None:
    project.issues.create({"title": "Labelled", "labels": "made-by-an-issue"})
    assert "made-by-an-issue" in [label.name for label in project.labels.list(get_all=True)]


def test_a_comment_of_quick_actions_only_is_202_and_no_comment(ground: Ground, project: Any) -> None:
    issue = project.issues.create({"title": "Quick"})
    path = f"{ground.site.url}/api/v4/projects/{project.id}/issues/{issue.iid}/notes"
    answer = ground.client.http_request("post", path, post_data={"body": "/close"})
    assert answer.status_code == 202
    assert "commands_changes" in answer.json()
    assert project.issues.get(issue.iid).state == "closed"
    assert [note for note in issue.notes.list(get_all=True) if not note.system] == []


def test_a_commit_that_creates_what_exists_is_400(project: Any) -> None:
    action = {"action": "create", "file_path": "README.md", "content": "again"}
    with pytest.raises(gitlab.GitlabCreateError) as refused:
        project.commits.create({"branch": "main", "commit_message": "Again", "actions": [action]})
    assert refused.value.response_code == 400


def test_a_new_project_has_no_board(ground: Ground) -> None:
    assert ground.project("boardless").boards.list(get_all=True) == []


def test_a_deleted_project_waits_under_another_path(ground: Ground) -> None:
    doomed = ground.project("doomed")
    doomed.delete()
    waiting = ground.soon(lambda: ground.client.projects.get(doomed.id))
    assert waiting.marked_for_deletion_on is not None
    assert waiting.path != "doomed"
    assert ground.project("doomed").id != doomed.id


def test_issues_come_in_pages_by_key(project: Any) -> None:
    keyset = {"pagination": "keyset", "order_by": "created_at", "sort": "asc", "per_page": 1}
    found = [issue.iid for issue in project.issues.list(iterator=True, **keyset)]
    assert found == sorted(issue.iid for issue in project.issues.list(get_all=True))


@pytest.mark.parametrize(("verb", "path", "status"), [("put", "/projects", 405), ("get", "/", 404)])
def test_what_is_no_route(ground: Ground, verb: str, path: str, status: int) -> None:
    with pytest.raises(gitlab.GitlabHttpError) as refused:
        ground.client.http_request(verb, f"{ground.site.url}/api/v4{path}", max_retries=0)
    assert refused.value.response_code == status


def test_graphql_answers_an_array_and_writes_by_post_only(ground: Ground) -> None:
    first, second = _graphql(ground, [{"query": "{ currentUser { username } }"}, {"query": "{ nonsense }"}])
    assert ground.client.user is not None
    assert first["data"]["currentUser"]["username"] == ground.client.user.username
    assert second["errors"]
    write = 'mutation { createNote(input: {noteableId: "gid://gitlab/WorkItem/1", body: "x"}) { errors } }'
    with pytest.raises(gitlab.GitlabHttpError) as refused:
        ground.client.http_request("get", f"{ground.site.url}/api/graphql", query_data={"query": write}, max_retries=0)
    assert refused.value.response_code == 422


def test_each_mutation_of_a_request_stands_alone(ground: Ground, project: Any) -> None:
    """The bot sends many in one request and counts on the others when one is refused."""
    issue = project.issues.create({"title": "Batch"})
    text = """mutation($good: NoteableID!, $bad: NoteableID!) {
      bad: createNote(input: {noteableId: $bad, body: "x"}) { errors }
      good: createNote(input: {noteableId: $good, body: "Hello"}) { errors }
    }"""
    variables = {"good": f"gid://gitlab/WorkItem/{issue.id}", "bad": "gid://gitlab/WorkItem/999999999999"}
    answer = _graphql(ground, {"query": text, "variables": variables})
    assert (answer["data"]["bad"], answer["data"]["good"]) == (None, {"errors": []})
    assert [note.body for note in issue.notes.list(get_all=True)] == ["Hello"]
