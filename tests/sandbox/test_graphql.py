"""The sandbox's GraphQL endpoint, asked as GitLab's is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.sandbox import operations
from app.sandbox.git_ids import blob_id, tree_id
from app.sandbox.graphql import execute, score
from app.sandbox.seed import seed_world
from app.sandbox.world import GUEST, MAINTAINER, PLANNER, Project, Tier, User, World

UNAVAILABLE = (
    "The resource that you are attempting to access does not exist or you don't have permission to perform this action"
)
ISSUE, TASK, EPIC = (f"gid://gitlab/WorkItems::Type/{number}" for number in (1, 5, 8))


@dataclass
class Desk:
    """A world, a project in it, and somebody who asks."""

    world: World
    project: Project
    moment: list[datetime]

    def user(self, name: str) -> User:
        found = self.world.user_by_name(name)
        assert found is not None
        return found

    def ask(self, query: str, as_user: str | None = "partner-bot", **variables: Any) -> tuple[int, dict[str, Any]]:
        user = self.user(as_user) if as_user is not None else None
        return execute(self.world, user, {"query": query, "variables": variables})

    def data(self, query: str, as_user: str | None = "partner-bot", **variables: Any) -> dict[str, Any]:
        """The data of a query that must succeed."""
        status, body = self.ask(query, as_user, **variables)
        assert (status, body.get("errors")) == (200, None)
        found: dict[str, Any] = body["data"]
        return found

    def label(self, title: str) -> str:
        query = 'mutation($t: String!) { labelCreate(input: {groupPath: "partners", title: $t, color: "#112233"}) {'
        made = self.data(query + " label { id } errors } }", t=title)["labelCreate"]
        assert made["errors"] == []
        identifier: str = made["label"]["id"]
        return identifier

    def create(self, title: str, *, path: str = "partners/acme", type_id: str = ISSUE, **given: Any) -> str:
        """A new work item; its global id."""
        query = "mutation($i: WorkItemCreateInput!) { workItemCreate(input: $i) { workItem { id } errors } }"
        given |= {"title": title, "namespacePath": path, "workItemTypeId": type_id}
        made = self.data(query, i=given)["workItemCreate"]
        assert made["errors"] == []
        identifier: str = made["workItem"]["id"]
        return identifier

    def update(self, identifier: str, as_user: str = "partner-bot", **given: Any) -> dict[str, Any]:
        query = "mutation($i: WorkItemUpdateInput!) { workItemUpdate(input: $i) { workItem { title state } errors } }"
        return self.ask(query, as_user, i={"id": identifier, **given})[1]

    def titles(self, arguments: str, as_user: str = "partner-bot", **variables: Any) -> list[str]:
        """The titles of the project's work items that pass the filters."""
        query = f'{{ project(fullPath: "partners/acme") {{ workItems({arguments}) {{ nodes {{ title }} }} }} }}'
        nodes = self.data(query, as_user, **variables)["project"]["workItems"]["nodes"]
        return [node["title"] for node in nodes]


def desk_of(tier: Tier) -> Desk:
    moment = [datetime(2026, 11, 2, 9, 5, 12, tzinfo=UTC)]
    world = seed_world(lambda: moment[0], tier=tier)
    bot, group = world.user_by_name("partner-bot"), world.group_by_path("partners")
    assert bot is not None
    assert group is not None
    project = operations.create_project(world, bot, group=group, path="acme", initialize_with_readme=True)
    return Desk(world, project, moment)


@pytest.fixture
def desk() -> Desk:
    return desk_of("ultimate")


class TestWhoSeesWhat:
    def test_strangers_get_null_in_queries_and_an_error_in_mutations(self, desk: Desk) -> None:
        query = """{ currentUser { username } group(fullPath: "partners") { id }
          project(fullPath: "partners/acme") { id } namespace(fullPath: "partners/acme") { id } }"""
        nothing = {"group": None, "project": None, "namespace": None}
        assert desk.data(query, "acme.dev") == {"currentUser": {"username": "acme.dev"}, **nothing}
        assert desk.data(query, None) == {"currentUser": None, **nothing}
        issue = desk.create("secret")
        body = desk.update(issue, as_user="acme.dev", title="mine")
        assert body["data"] == {"workItemUpdate": None}
        assert [(error["message"], error["path"]) for error in body["errors"]] == [(UNAVAILABLE, ["workItemUpdate"])]

    def test_a_guest_reads_issues_but_no_code_no_confidential_issue_and_no_internal_note(self, desk: Desk) -> None:
        operations.add_member(desk.world, desk.user("partner-bot"), desk.project, desk.user("acme.dev"), GUEST)
        issue = desk.create("open to all")
        desk.create("hidden", confidential=True)
        for body, internal in (("hello", False), ("between us", True)):
            query = "mutation($i: CreateNoteInput!) { createNote(input: $i) { note { internal } errors } }"
            desk.data(query, i={"noteableId": issue, "body": body, "internal": internal})
        query = """{ project(fullPath: "partners/acme") { repository { rootRef }
          webhook(id: "gid://gitlab/ProjectHook/300") { url }
          workItems { count nodes { title userPermissions { updateWorkItem } widgets(onlyTypes: [NOTES]) {
            ... on WorkItemWidgetNotes { notes(filter: ONLY_COMMENTS) { nodes { body } } } } } } } }"""
        seen = desk.data(query, "acme.dev")["project"]
        assert (seen["repository"], seen["webhook"], seen["workItems"]["count"]) == (None, None, 1)
        [node] = seen["workItems"]["nodes"]
        assert node["userPermissions"] == {"updateWorkItem": False}
        assert node["widgets"] == [{"notes": {"nodes": [{"body": "hello"}]}}]
        everything = desk.data(query)["project"]["workItems"]
        assert everything["count"] == 2

    def test_members_are_direct_or_inherited(self, desk: Desk) -> None:
        operations.add_member(desk.world, desk.user("partner-bot"), desk.project, desk.user("acme.lead"), PLANNER)
        query = """query($r: [ProjectMemberRelation!]) { project(fullPath: "partners/acme") {
          projectMembers(relations: $r) { nodes {
             __typename user { username } accessLevel { integerValue stringValue humanAccess } } } } }"""
        [direct] = desk.data(query, r=["DIRECT"])["project"]["projectMembers"]["nodes"]
        level = {"integerValue": 15, "stringValue": "PLANNER", "humanAccess": "Planner"}
        assert direct == {"__typename": "ProjectMember", "user": {"username": "acme.lead"}, "accessLevel": level}
        everybody = desk.data(query)["project"]["projectMembers"]["nodes"]
        assert {each["__typename"] for each in everybody} == {"ProjectMember", "GroupMember"}
        assert "gl.sa1" in [each["user"]["username"] for each in everybody]


class TestWrites:
    def test_each_of_many_mutations_fails_on_its_own(self, desk: Desk) -> None:
        issue = desk.create("one")
        query = """mutation($id: WorkItemID!) {
          a: labelCreate(input: {groupPath: "partners", title: "stage::1"}) { label { title } errors }
          b: labelCreate(input: {groupPath: "partners", title: "stage::1"}) { label { title } errors }
          c: labelCreate(input: {groupPath: "nowhere", title: "x"}) { errors }
          d: workItemUpdate(input: {id: $id, title: ""}) { workItem { title } errors }
          e: workItemUpdate(input: {id: $id, stateEvent: CLOSE}) { workItem { state closedAt } errors }
        }"""
        _, body = desk.ask(query, id=issue)
        assert body["data"] == {
            "a": {"label": {"title": "stage::1"}, "errors": []},
            "b": {"label": None, "errors": ["Title has already been taken"]},
            "c": None,
            "d": {"workItem": None, "errors": ["Title can't be blank"]},
            "e": {"workItem": {"state": "CLOSED", "closedAt": "2026-11-02T09:05:12Z"}, "errors": []},
        }
        assert [(error["message"], error["path"]) for error in body["errors"]] == [(UNAVAILABLE, ["c"])]

    def test_null_clears_and_silence_keeps(self, desk: Desk) -> None:
        bot = desk.user("partner-bot")
        milestone = operations.create_milestone(desk.world, bot, title="Stage 1", project=desk.project)
        dates = {"startDate": "2026-11-03", "dueDate": "2026-12-01"}
        chosen = {"milestoneId": f"gid://gitlab/Milestone/{milestone.id}"}
        issue = desk.create("one", milestoneWidget=chosen, startAndDueDateWidget=dates)
        query = """query($id: WorkItemID!) { workItem(id: $id) { widgets(onlyTypes: [MILESTONE, START_AND_DUE_DATE]) {
          ... on WorkItemWidgetMilestone { milestone { title } }
          ... on WorkItemWidgetStartAndDueDate { startDate dueDate } } } }"""
        assert desk.data(query, id=issue)["workItem"]["widgets"] == [{"milestone": {"title": "Stage 1"}}, dates]
        assert "errors" not in desk.update(issue, startAndDueDateWidget={"dueDate": None})
        kept = [{"milestone": {"title": "Stage 1"}}, {**dates, "dueDate": None}]
        assert desk.data(query, id=issue)["workItem"]["widgets"] == kept
        desk.update(issue, milestoneWidget={"milestoneId": None})
        assert desk.data(query, id=issue)["workItem"]["widgets"][0] == {"milestone": None}

    def test_a_comment_of_only_quick_actions_makes_no_note(self, desk: Desk) -> None:
        issue = desk.create("one")
        query = """mutation($i: CreateNoteInput!) { createNote(input: $i) { note { body } errors
          quickActionsStatus { commandsOnly } } }"""
        made = desk.data(query, i={"noteableId": issue, "body": "/close"})["createNote"]
        assert made == {"note": None, "errors": [], "quickActionsStatus": {"commandsOnly": True}}
        assert desk.titles("state: closed") == ["one"]
        made = desk.data(query, i={"noteableId": issue, "body": "well done"})["createNote"]
        assert made == {"note": {"body": "well done"}, "errors": [], "quickActionsStatus": None}

    def test_boards_and_lists(self, desk: Desk) -> None:
        label = desk.label("stage::1")
        query = """mutation {
          createBoard(input: {projectPath: "partners/acme", name: "Journey"}) { board { id } errors }
          epicBoardCreate(input: {groupPath: "partners", name: "Partners"}) { epicBoard { id } errors } }"""
        made = desk.data(query)
        board, epic_board = made["createBoard"]["board"]["id"], made["epicBoardCreate"]["epicBoard"]["id"]
        assert epic_board.startswith("gid://gitlab/Boards::EpicBoard/")
        query = """mutation($b: BoardID!, $e: BoardsEpicBoardID!, $l: LabelID!) {
          a: boardListCreate(input: {boardId: $b, labelId: $l}) { list { title position } errors }
          b: epicBoardListCreate(input: {boardId: $e, labelId: $l}) { list { id title } errors }
          c: boardListCreate(input: {boardId: $b, labelId: "gid://gitlab/GroupLabel/9"}) { list { id } errors } }"""
        made = desk.data(query, b=board, e=epic_board, l=label)
        assert made["a"] == {"list": {"title": "stage::1", "position": 0}, "errors": []}
        assert made["b"]["list"]["id"].startswith("gid://gitlab/Boards::EpicList/")
        assert made["c"] == {"list": None, "errors": ["Label not found!"]}
        query = """{ project(fullPath: "partners/acme") {
          boards { nodes { name lists { nodes { title listType } } } } } }"""
        [found] = desk.data(query)["project"]["boards"]["nodes"]
        kinds = [(each["title"], each["listType"]) for each in found["lists"]["nodes"]]
        assert kinds == [("Open", "backlog"), ("stage::1", "label"), ("Closed", "closed")]


class TestLists:
    def test_filters(self, desk: Desk) -> None:
        one, two = desk.label("stage::1"), desk.label("track")
        labels = {"labelIds": [one, two]}
        desk.create("Alpha", labelsWidget=labels, descriptionWidget={"description": "about geo"})
        desk.moment[0] += timedelta(minutes=1)
        beta = desk.create("Beta", labelsWidget={"labelIds": [one]})
        desk.create("Gamma", type_id=TASK)
        desk.update(beta, stateEvent="CLOSE")
        assert desk.titles('labelName: ["stage::1"], sort: TITLE_ASC') == ["Alpha", "Beta"]
        assert desk.titles('labelName: ["stage::1", "track"]') == ["Alpha"]
        assert desk.titles('or: {labelNames: ["track", "nope"]}') == ["Alpha"]
        assert desk.titles('not: {labelName: ["track"], types: [TASK]}') == ["Beta"]
        assert desk.titles("types: [TASK]") == ["Gamma"]
        assert desk.titles("state: opened, sort: TITLE_DESC") == ["Gamma", "Alpha"]
        assert desk.titles('search: "geo"') == ["Alpha"]
        assert desk.titles('search: "geo", in: [TITLE]') == []
        assert desk.titles('iids: ["1", "3"], sort: created_asc') == ["Alpha", "Gamma"]
        assert desk.titles('createdAfter: "2026-11-02T09:06:12Z", types: [ISSUE]') == ["Beta"]
        assert desk.titles('updatedBefore: "2026-11-02T09:05:12Z"') == ["Alpha"]
        assert desk.titles('authorUsername: "acme.dev"') == []

    def test_nobody_is_missed_when_items_change_between_two_pages(self, desk: Desk) -> None:
        items = []
        for number in range(5):
            desk.moment[0] += timedelta(minutes=1)
            items.append(desk.create(f"item {number}"))
        query = """query($after: String) { group(fullPath: "partners") {
          workItems(types: [ISSUE], includeDescendants: true, sort: UPDATED_ASC, first: 2, after: $after) {
            pageInfo { hasNextPage endCursor } nodes { title } } } }"""
        page = desk.data(query)["group"]["workItems"]
        seen = [node["title"] for node in page["nodes"]]
        assert seen == ["item 0", "item 1"]
        desk.moment[0] += timedelta(minutes=1)
        desk.update(items[0], title="item 0 again")
        while page["pageInfo"]["hasNextPage"]:
            page = desk.data(query, after=page["pageInfo"]["endCursor"])["group"]["workItems"]
            seen += [node["title"] for node in page["nodes"]]
        assert seen == ["item 0", "item 1", "item 2", "item 3", "item 4", "item 0 again"]

    def test_pages_backwards_are_bounded_and_need_a_real_cursor(self, desk: Desk) -> None:
        for number in range(3):
            desk.create(f"item {number}")
        assert desk.titles("sort: TITLE_ASC, last: 1") == ["item 2"]
        assert desk.titles("sort: TITLE_ASC, first: 1000") == ["item 0", "item 1", "item 2"]
        for arguments, message in (
            ('after: "nonsense"', "Please provide a valid cursor"),
            ("first: 1, last: 1", "Can only provide either `first` or `last`, not both"),
        ):
            query = f'{{ project(fullPath: "partners/acme") {{ workItems({arguments}) {{ nodes {{ id }} }} }} }}'
            body = desk.ask(query)[1]
            assert [error["message"] for error in body["errors"]] == [message]
            assert body["data"] == {"project": {"workItems": None}}

    def test_a_group_has_its_own_items_unless_told_to_include_descendants(self, desk: Desk) -> None:
        epic = desk.create("the partner", path="partners", type_id=EPIC)
        desk.create("capability", hierarchyWidget={"parentId": epic})
        query = 'query($d: Boolean) { namespace(fullPath: "partners") { workItems(includeDescendants: $d) { count } } }'
        assert desk.data(query, d=False)["namespace"]["workItems"] == {"count": 1}
        assert desk.data(query, d=True)["namespace"]["workItems"] == {"count": 2}

    def test_hierarchy(self, desk: Desk) -> None:
        epic = desk.create("the partner", path="partners", type_id=EPIC)
        issues = [desk.create(f"capability {n}", hierarchyWidget={"parentId": epic}) for n in range(3)]
        desk.create("step", type_id=TASK, hierarchyWidget={"parentId": issues[0]})
        desk.update(issues[1], stateEvent="CLOSE")
        query = """{ namespace(fullPath: "partners") { workItem(iid: "1") { widgets(onlyTypes: [HIERARCHY]) { type
          ... on WorkItemWidgetHierarchy { hasChildren hasParent parent { id }
            rolledUpCountsByType { workItemType { name } countsByState { all opened closed } }
            children(first: 2, state: OPEN) {
              nodes { title reference(full: true) } } } } } } }"""
        [widget] = desk.data(query)["namespace"]["workItem"]["widgets"]
        counts = {
            each["workItemType"]["name"]: tuple(each["countsByState"].values())
            for each in widget["rolledUpCountsByType"]
        }
        assert counts == {"Epic": (0, 0, 0), "Issue": (3, 2, 1), "Task": (1, 1, 0)}
        assert widget["children"]["nodes"] == [
            {"title": "capability 0", "reference": "partners/acme#1"},
            {"title": "capability 2", "reference": "partners/acme#3"},
        ]
        assert (widget["hasChildren"], widget["hasParent"], widget["parent"]) == (True, False, None)


class TestTiers:
    def test_ce_refuses_a_document_that_names_an_ee_part(self) -> None:
        status, body = desk_of("ce").ask('{ group(fullPath: "partners") { id epicBoards { nodes { id } } } }')
        assert status == 200
        assert "data" not in body
        [error] = body["errors"]
        assert error["message"] == "Field 'epicBoards' doesn't exist on type 'Group'"
        assert error["extensions"] == {"code": "undefinedField", "typeName": "Group", "fieldName": "epicBoards"}

    def test_free_has_the_schema_and_nothing_behind_it(self) -> None:
        desk = desk_of("free")
        issue = desk.create("one")
        query = """query($id: WorkItemID!) { metadata { enterprise }
          workItem(id: $id) { widgets(onlyTypes: [STATUS]) { type } }
          group(fullPath: "partners") { epicBoards { nodes { id } }
            workItemTypes(name: EPIC, onlyAvailable: true) { nodes { id } }
            all: workItemTypes(name: EPIC) { nodes { id } } } }"""
        found = desk.data(query, id=issue)
        assert found["metadata"] == {"enterprise": True}
        assert found["workItem"] == {"widgets": []}
        nothing: dict[str, list[str]] = {"nodes": []}
        assert found["group"] == {"epicBoards": nothing, "workItemTypes": nothing, "all": {"nodes": [{"id": EPIC}]}}
        query = "mutation($i: WorkItemCreateInput!) { workItemCreate(input: $i) { workItem { id } errors } }"
        body = desk.ask(query, i={"title": "epic", "namespacePath": "partners", "workItemTypeId": EPIC})[1]
        assert body["data"] == {"workItemCreate": None}
        assert body["errors"][0]["message"] == UNAVAILABLE

    @pytest.mark.parametrize(("tier", "left"), [("premium", ["stage::2"]), ("free", ["stage::1", "stage::2"])])
    def test_scoped_labels_exclude_each_other_with_a_licence_only(self, tier: Tier, left: list[str]) -> None:
        desk = desk_of(tier)
        one, two = desk.label("stage::1"), desk.label("stage::2")
        issue = desk.create("one", labelsWidget={"labelIds": [one]})
        desk.update(issue, labelsWidget={"addLabelIds": [two]})
        query = """query($id: WorkItemID!) { workItem(id: $id) { widgets(onlyTypes: [LABELS]) {
          ... on WorkItemWidgetLabels { labels { nodes { title } } } } } }"""
        [widget] = desk.data(query, id=issue)["workItem"]["widgets"]
        assert [label["title"] for label in widget["labels"]["nodes"]] == left

    def test_a_status_that_cancels_closes(self, desk: Desk) -> None:
        issue = desk.create("one")
        statuses = desk.data("{ workItemAllowedStatuses { nodes { id name category } } }")["workItemAllowedStatuses"][
            "nodes"
        ]
        refused = next(each["id"] for each in statuses if each["name"] == "Won't do")
        assert (
            desk.update(issue, statusWidget={"status": refused})["data"]["workItemUpdate"]["workItem"]["state"]
            == "CLOSED"
        )
        query = """query($id: WorkItemID!) { workItem(id: $id) { widgets(onlyTypes: [STATUS]) {
          ... on WorkItemWidgetStatus { status { category } } } } }"""
        assert desk.data(query, id=issue)["workItem"]["widgets"] == [{"status": {"category": "CANCELED"}}]


class TestRepository:
    def test_ids_are_those_of_git(self) -> None:
        assert blob_id("hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"
        assert tree_id({"hello.txt": "hello\n"}) == "aaa96ced2d9a1c8e72c56b253a0e2fe78393feb7"

    def test_files_trees_and_commits(self, desk: Desk) -> None:
        action = {"action": "create", "file_path": "partners/acme.yaml", "content": "name: Acme\n"}
        bot = desk.user("partner-bot")
        made = operations.commit_files(
            desk.world, bot, desk.project, branch="main", message="Add Acme", actions=[action]
        )
        query = """query($p: [String!]!) { project(fullPath: "partners/acme") { repository { rootRef empty
          blobs(paths: $p) { nodes { path rawTextBlob oid size } }
          tree(recursive: true) { lastCommit { sha title author { username } }
            blobs { nodes { path sha } } trees { nodes { path } } }
          folder: tree(path: "partners") { blobs { nodes { name } } } } } }"""
        found = desk.data(query, p=["partners/acme.yaml", "missing.md"])["project"]["repository"]
        assert (found["rootRef"], found["empty"]) == ("main", False)
        oid = blob_id("name: Acme\n")
        blob = {"path": "partners/acme.yaml", "rawTextBlob": "name: Acme\n", "oid": oid, "size": "11"}
        assert found["blobs"]["nodes"] == [blob]
        last = {"sha": made.sha, "title": "Add Acme", "author": {"username": "partner-bot"}}
        assert found["tree"]["lastCommit"] == last
        assert {"path": "partners/acme.yaml", "sha": oid} in found["tree"]["blobs"]["nodes"]
        assert found["tree"]["trees"]["nodes"] == [{"path": "partners"}]
        assert found["folder"]["blobs"]["nodes"] == [{"name": "acme.yaml"}]

    def test_a_webhook_shows_its_state_and_no_secret(self, desk: Desk) -> None:
        bot = desk.user("partner-bot")
        operations.add_member(desk.world, bot, desk.project, desk.user("acme.lead"), MAINTAINER)
        hook = operations.create_hook(
            desk.world,
            bot,
            project=desk.project,
            url="https://bot.example/hooks",
            token="t0ps3cret",
            issues_events=True,
        )
        query = """query($id: ProjectHookID!) { project(fullPath: "partners/acme") {
          webhook(id: $id) { url alertStatus issuesEvents noteEvents } } }"""
        shown = desk.data(query, "acme.lead", id=f"gid://gitlab/ProjectHook/{hook.id}")["project"]["webhook"]
        flags = {"issuesEvents": True, "noteEvents": False}
        assert shown == {"url": "https://bot.example/hooks", "alertStatus": "EXECUTABLE", **flags}
        body = desk.ask(
            '{ project(fullPath: "partners/acme") { webhook(id: "gid://gitlab/ProjectHook/1") { token } } }'
        )[1]
        assert body["errors"][0]["message"] == "Field 'token' doesn't exist on type 'ProjectHook'"


class TestLimits:
    DEAR = """{ project(fullPath: "partners/acme") { workItems(search: "x", first: %d) { nodes { %s } } } }"""

    def test_a_query_that_may_list_too_much_is_refused(self, desk: Desk) -> None:
        many = " ".join(f"t{number}: title" for number in range(125))
        status, body = desk.ask(self.DEAR % (100, many))
        assert (status, "data" in body) == (200, False)
        # nodes 126, one resolver, default sort, search 5: 133 doubled by a page of 100, and the project
        message = "Query has complexity of 267, which exceeds max complexity of 250"
        assert body["errors"] == [{"message": message}]
        assert score(desk.world, self.DEAR % (50, many), {}) == 200
        assert "exceeds max complexity of 200" not in str(desk.ask(self.DEAR % (50, many), None)[1])
        assert "of 267, which exceeds max complexity of 200" in str(desk.ask(self.DEAR % (100, many), None)[1])
        assert "errors" not in desk.ask(self.DEAR % (100, many), "root")[1]

    def test_the_score_is_told(self, desk: Desk) -> None:
        found = desk.data('{ queryComplexity { score limit } group(fullPath: "partners") { id } }')
        assert found["queryComplexity"] == {"score": 5, "limit": 250}

    def test_of_widgets_only_the_dearest_counts_and_files_count_one_by_one(self, desk: Desk) -> None:
        query = """query($w: Boolean!) { workItem(id: "gid://gitlab/WorkItem/1") { widgets {
          ... on WorkItemWidgetDescription { description edited }
          ... on WorkItemWidgetLabels @include(if: $w) { labels(first: 30) { nodes { id } } } } } }"""
        assert score(desk.world, query, {"w": False}) == 4
        assert score(desk.world, query, {"w": True}) == 5
        query = """query($p: [String!]!) { project(fullPath: "a") {
          repository { blobs(paths: $p, first: 10) { nodes { path } } } } }"""
        assert score(desk.world, query, {"p": []}) == 6
        assert score(desk.world, query, {"p": ["x"] * 20}) == 28

    def test_a_long_document_is_not_even_read(self, desk: Desk) -> None:
        status, body = desk.ask("{ currentUser { id } }" + "#" * 10_000)
        assert (status, body) == (422, {"errors": [{"message": "Query too large"}]})


class TestMistakes:
    @pytest.mark.parametrize(
        ("query", "message"),
        [
            ("{ nope }", "Field 'nope' doesn't exist on type 'Query'"),
            ('{ group(path: "x") { id } }', "Field 'group' doesn't accept argument 'path'"),
            ("{ group { id } }", "Field 'group' is missing required arguments: fullPath"),
            ("query q($a: ID!) { currentUser { id } }", "Variable $a is declared by q but not used"),
            ("query q { group(fullPath: $p) { id } }", "Variable $p is used by q but not declared"),
            (
                "{ currentUser }",
                "Field must have selections (field 'currentUser' returns CurrentUser but has no selections.",
            ),
            ("{ currentUser {", "Expected Name, found <EOF>"),
            ('query a { echo(text: "a") } query b { echo(text: "b") }', "An operation name is required"),
            ("", "No query string was present"),
            ("{ currentUser { ...F } }", "Fragment F was used, but not defined"),
            ("fragment F on User { id } { currentUser { id } }", "Fragment F was defined, but not used"),
            ("{ currentUser @nope { id } }", "Directive @nope is not defined"),
            ("{ currentUser { id { x } } }", "Selections can't be made on scalars (field 'id' returns UserID"),
            ("query($p: [Nope!]) { group(fullPath: $p) { id } }", "Nope isn't a defined input type (on $p)"),
            (
                'mutation { workItemUpdate(input: {title: "x"}) { errors } }',
                "Argument 'id' on InputObject 'WorkItemUpdateInput' is required.",
            ),
        ],
    )
    def test_what_does_not_fit_is_told_with_status_200(self, desk: Desk, query: str, message: str) -> None:
        status, body = desk.ask(query)
        assert status == 200
        assert "data" not in body
        assert message in [error["message"][: len(message)] for error in body["errors"]]

    def test_an_id_of_another_kind_is_refused(self, desk: Desk) -> None:
        body = desk.ask("query($id: WorkItemID!) { workItem(id: $id) { id } }", id="gid://gitlab/Project/100")[1]
        assert "data" not in body
        [error] = body["errors"]
        assert error["message"] == "Variable $id of type WorkItemID! was provided invalid value"
        explanation = '"gid://gitlab/Project/100" does not represent an instance of WorkItem'
        assert error["extensions"]["problems"] == [{"path": [], "explanation": explanation}]

    def test_an_unknown_part_of_an_input_is_refused(self, desk: Desk) -> None:
        query = "mutation($i: LabelCreateInput!) { labelCreate(input: $i) { errors } }"
        body = desk.ask(query, i={"groupPath": "partners", "title": "a", "colour": "#000000"})[1]
        assert "data" not in body
        assert body["errors"][0]["message"] == (
            "Variable $i of type LabelCreateInput! was provided invalid value for colour"
            " (Field is not defined on LabelCreateInput)"
        )
        body = desk.ask(query, i={"title": "a"})[1]
        assert body["errors"][0]["message"] == "Exactly one of groupPath or projectPath arguments is required"
