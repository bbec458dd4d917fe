"""The sandbox's pages, used as a browser without JavaScript uses them."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from urllib.parse import urlencode

import pytest

from app.sandbox import operations, webhooks
from app.sandbox.http import Response, request_for
from app.sandbox.pages import Sessions, handle, markdown
from app.sandbox.pages.references import References
from app.sandbox.seed import seed_world
from app.sandbox.world import DEVELOPER, GUEST, JournalEntry, Project, Tier, User, World

NOW = datetime(2026, 11, 2, 9, 5, tzinfo=UTC)
TASKS = "Intro\n\n- [ ] first\n- [x] second <!-- marker -->\n\n```\n- [ ] no task\n```\n"


@dataclass
class Browser:
    """Keeps the cookie, finds the form token on the last page, follows redirects."""

    world: World
    sessions: Sessions = field(default_factory=lambda: Sessions(secret=b"test", new_nonce=lambda: "nonce"))
    cookie: str = ""
    last: Response = field(default_factory=lambda: Response(0))

    def get(
        self, target: str, method: str = "GET", body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Response:
        sent = {"Cookie": self.cookie, **(headers or {})}
        answer = handle(self.world, request_for(target, method=method, headers=sent, body=body), self.sessions)
        assert answer is not None
        if "Set-Cookie" in answer.headers:
            self.cookie = answer.headers["Set-Cookie"].partition(";")[0]
        if answer.status == 303:
            return self.get(answer.headers["Location"].partition("#")[0])
        self.last = answer
        return answer

    def post(self, target: str, **fields: str) -> Response:
        token = re.search(r'name="csrf" value="([0-9a-f]+)"', self.last.text)
        assert token is not None
        return self.get(target, "POST", urlencode({"csrf": token[1], **fields}).encode())

    def become(self, username: str) -> Browser:
        self.get("/")
        assert self.post("/-/sandbox/act-as", user=username, back="/").status == 200
        return self

    def hidden(self, name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]*)"', self.last.text)
        assert found is not None
        return html.unescape(found[1])


def _user(world: World, username: str) -> User:
    found = world.user_by_name(username)
    assert found is not None
    return found


def _project(world: World, path: str) -> Project:
    found = world.project_by_path(path)
    assert found is not None
    return found


def _story(tier: Tier = "ultimate") -> World:
    """Two partners' projects, an issue with tasks, a board, an epic board, a hook."""
    world = seed_world(lambda: NOW, tier=tier)
    bot = _user(world, "partner-bot")
    group = world.group_by_path("partners")
    assert group is not None
    stages = [
        operations.create_label(world, bot, title=f"stage::{n}", color=c, group=group)
        for n, c in ((1, "#112233"), (2, "#eeddaa"))
    ]
    for path, lead in (("acme", "acme.lead"), ("globex", "globex.lead")):
        project = operations.create_project(world, bot, group=group, path=path, name=path.title())
        operations.add_member(world, bot, project, _user(world, lead), DEVELOPER)
    acme = _project(world, "partners/acme")
    operations.add_member(world, bot, acme, _user(world, "acme.dev"), GUEST)
    board = operations.create_board(world, bot, name="Journey", project=acme)
    for stage in stages:
        operations.create_board_list(world, bot, board, label_id=stage.id)
    operations.create_hook(
        world, bot, url="http://127.0.0.1:1/hook", project=acme, token="hook-s3cret", issues_events=True
    )
    readme = {
        "action": "create",
        "file_path": "README.md",
        "content": "# Welcome\n\n![map](docs/map.svg) [x](docs/a.md)",
    }
    operations.commit_files(world, bot, acme, branch="main", message="Add a README", actions=[readme])
    operations.create_work_item(
        world, bot, type="ISSUE", title="Portal", description=TASKS, project=acme, label_ids=[stages[0].id]
    )
    operations.create_work_item(
        world, bot, type="ISSUE", title="Globex plan", project=_project(world, "partners/globex")
    )
    return world


@pytest.fixture
def world() -> World:
    return _story()


@pytest.fixture
def browser(world: World) -> Browser:
    return Browser(world)


ISSUE = "/partners/acme/-/issues/1"


def test_start_page_says_where_one_is_and_who_one_is(browser: Browser) -> None:
    page = browser.get("/").text
    assert "not a real GitLab" in page
    assert "Sam Rivera" in page
    assert "/partners/acme" in page
    assert "/partners/globex" in page
    assert "<script" not in page
    browser.become("acme.lead")
    assert "Hello, Alex." in browser.last.text
    assert "partners/globex" not in browser.get("/").text.split("Projects you see")[1]


def test_the_api_is_left_to_others(world: World) -> None:
    for target in ("/api/v4/projects", "/api/graphql", "/partners/acme.git/info/refs"):
        assert handle(world, request_for(target)) is None


def test_partner_closes_an_issue_with_a_comment(world: World, browser: Browser) -> None:
    browser.become("acme.lead").get(ISSUE)
    before = len(world.outgoing)
    page = browser.post(ISSUE, action="close", body="All *done*, @gl.sa1.")
    assert page.status == 200
    issue = world.work_items[1000]
    assert (issue.state, issue.closed_by_id) == ("closed", _user(world, "acme.lead").id)
    assert issue.notes[-1].body == "All *done*, @gl.sa1."
    assert "<em>done</em>" in page.text
    assert 'href="/gl.sa1"' in page.text
    assert "Reopen issue" in page.text
    assert len(world.outgoing) > before
    browser.post(ISSUE, action="reopen", body="")
    assert issue.state == "opened"


def test_quick_actions_report_and_labels_change(world: World, browser: Browser) -> None:
    browser.become("gl.sa1").get(ISSUE)
    page = browser.post(ISSUE, action="comment", body="/label ~stage::2")
    assert 'role="status"' in page.text
    issue = world.work_items[1000]
    assert [world.labels[i].title for i in issue.label_ids] == ["stage::2"]
    assert "added" in page.text
    stage_2 = issue.label_ids[0]
    browser.post(ISSUE, action="labels", remove=str(stage_2))
    assert issue.label_ids == []
    browser.post(ISSUE, action="labels", add=str(stage_2))
    browser.post(ISSUE, action="details", due_date="2026-12-24", assignee="", milestone="")
    assert (issue.label_ids, issue.due_date) == ([stage_2], date(2026, 12, 24))


def test_a_box_is_ticked_by_its_button(world: World, browser: Browser) -> None:
    browser.become("acme.lead").get(ISSUE)
    assert browser.last.text.count('class="task" type="submit"') == 2
    stale = browser.hidden("seen")
    browser.post(ISSUE, task="2", seen=stale)
    issue = world.work_items[1000]
    assert issue.description == TASKS.replace("[ ] first", "[x] first")
    refused = browser.post(ISSUE, task="3", seen=stale)
    assert refused.status == 409
    assert "changed meanwhile" in refused.text
    assert browser.post(ISSUE, task="6", seen=browser.hidden("seen")).status == 400
    assert issue.description == TASKS.replace("[ ] first", "[x] first")


def test_a_refused_write_keeps_the_draft_and_shows_why(world: World, browser: Browser) -> None:
    browser.become("acme.dev")
    page = browser.get(ISSUE).text
    assert 'value="close"' not in page
    assert "Why can I not close this?" in page
    refused = browser.post(ISSUE, action="comment", body="/close is what I wanted to say", internal="1")
    assert refused.status == 403
    assert 'role="alert"' in refused.text
    assert "/close is what I wanted to say</textarea>" in refused.text
    assert (world.work_items[1000].state, world.work_items[1000].notes) == ("opened", [])


def test_foreign_projects_are_not_found_and_the_page_says_who_sees_them(browser: Browser) -> None:
    browser.become("acme.lead")
    for target in ("/partners/globex", "/partners/globex/-/issues/1", "/partners/globex/-/boards"):
        page = browser.get(target)
        assert page.status == 404
        assert "Globex plan" not in page.text
        assert 'value="globex.lead"' in page.text
    missing = browser.get("/partners/nowhere")
    assert missing.status == 404
    assert "There is no such" in missing.text
    note = browser.get(ISSUE, headers={"x": "y"})
    assert note.status == 200
    assert "Globex plan" not in browser.post(ISSUE, action="comment", body="see partners/globex#1+").text


@pytest.mark.parametrize("token", ["", "0" * 64])
def test_forms_of_other_pages_are_refused(world: World, browser: Browser, token: str) -> None:
    browser.become("acme.lead")
    body = urlencode({"csrf": token, "action": "close"}).encode()
    assert browser.get(ISSUE, "POST", body).status == 403
    browser.cookie = ""
    assert browser.get(ISSUE, "POST", body).status == 403
    assert world.work_items[1000].state == "opened"


def test_redirects_stay_here(browser: Browser) -> None:
    browser.get("/")
    token = browser.hidden("csrf")
    for back in ("//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nX: y"):
        body = urlencode({"csrf": token, "user": "root", "back": back}).encode()
        headers = {"Cookie": browser.cookie}
        answer = handle(
            browser.world, request_for("/-/sandbox/act-as", method="POST", headers=headers, body=body), browser.sessions
        )
        assert answer is not None
        assert answer.headers["Location"] == "/"
        assert "SameSite=Lax" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1)) <javascript:alert(1)>",
        '<a href="data:text/html,<script>alert(1)</script>">x</a>',
        "<svg onload=alert(1)></svg><math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
        '<form action="/-/sandbox/act-as"><button name="task" value="1">x</button><input name="csrf"></form>',
        '<div style="position:fixed;inset:0" class="chip" id="main">over</div>',
        "</div></main></body><style>*{display:none}</style><!-- open",
        "```mermaid\n</code><script>alert(1)</script>\n```",
        '~"<script>alert(1)</script>" @<script> #1<script>',
    ],
)
def test_hostile_text_stays_text(text: str) -> None:
    world = _story()
    setting = markdown.Setting(
        References(world, _user(world, "gl.sa1"), _project(world, "partners/acme")), tickable=True
    )
    shown = str(markdown.render(text, setting))
    tags = re.findall(r"<[^>]*>", shown)
    assert not [t for t in tags if re.match(r"</?(script|style|form|button|input|svg|math|iframe)\b", t)]
    assert not re.search(r"<[^>]*\s(on\w+|style|id)=", shown)
    assert "javascript:" not in "".join(tags)
    assert "<!--" not in shown


def test_hostile_titles_names_and_files_do_not_break_pages(world: World, browser: Browser) -> None:
    bot, acme = _user(world, "partner-bot"), _project(world, "partners/acme")
    evil = '"><script>alert(1)</script>\u202eabc'
    label = operations.create_label(world, bot, title="<b>x</b>::<i>y</i>", color="#abc", project=acme)
    operations.create_work_item(
        world, bot, type="ISSUE", title=evil, description="*" * 300_000, project=acme, label_ids=[label.id]
    )
    action = {
        "action": "create",
        "file_path": "x.svg",
        "content": "<svg onload='alert(1)'><script>alert(1)</script></svg>",
    }
    operations.commit_files(world, bot, acme, branch="main", message=evil, actions=[action])
    targets = ("", "/-/issues", "/-/issues/2", "/-/boards/300", "/-/labels", "/-/blob/main/x.svg", "/-/commits/main")
    for tail in targets:
        page = browser.get("/partners/acme" + tail)
        assert page.status == 200, tail
        assert "<script" not in page.text, tail
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    raw = browser.get("/partners/acme/-/raw/main/x.svg")
    assert "sandbox" in raw.headers["Content-Security-Policy"]
    assert raw.headers["X-Content-Type-Options"] == "nosniff"


def test_board_columns_hold_each_issue_once(world: World, browser: Browser) -> None:
    bot = _user(world, "partner-bot")
    acme = _project(world, "partners/acme")
    operations.create_work_item(world, bot, type="ISSUE", title="Unlabelled", project=acme)
    done = operations.create_work_item(world, bot, type="ISSUE", title="Finished", project=acme)
    operations.update_work_item(world, bot, done, state_event="close")
    page = browser.get("/partners/acme/-/boards").text
    columns = dict(
        zip(["Open", "stage::1", "stage::2", "Closed"], page.split('<section class="column')[1:], strict=True)
    )
    assert "Unlabelled" in columns["Open"]
    assert "Portal" in columns["stage::1"]
    assert "Nothing here" in columns["stage::2"]
    assert "Finished" in columns["Closed"]


def test_a_card_is_closed_on_the_board_by_those_who_may(world: World, browser: Browser) -> None:
    board = "/partners/acme/-/boards/300"
    page = browser.become("acme.lead").get(board)
    assert 'aria-label="Close Portal"' in page.text
    page = browser.post(ISSUE, action="close", back=board)
    assert "Portal" in page.text.split('<section class="column')[-1]
    assert world.work_items[1000].state == "closed"
    assert "Hello, Alex." in browser.post(ISSUE, action="comment", body="Done", back="//evil.example").text


def test_epics_only_with_a_licence() -> None:
    world = _story()
    bot, group = _user(world, "partner-bot"), world.group_by_path("partners")
    epic = operations.create_work_item(world, bot, type="EPIC", title="Acme epic", group=group)
    operations.update_work_item(world, bot, world.work_items[1000], parent_id=epic.id)
    board = operations.create_board(world, bot, name="Portfolio", group=group, epic=True)
    browser = Browser(world)
    assert "Portal" in browser.get("/groups/partners/-/epics/1").text
    assert "Acme epic" in browser.get(f"/groups/partners/-/epic_boards/{board.id}").text
    free = Browser(_story("free"))
    assert "Epic board" not in free.get("/groups/partners").text
    assert free.get("/groups/partners/-/epics/1").status == 404


def test_files_follow_the_role(world: World, browser: Browser) -> None:
    page = browser.become("acme.lead").get("/partners/acme").text
    assert "Welcome</h1>" in page
    assert 'src="/partners/acme/-/raw/main/docs/map.svg"' in page
    assert 'href="/partners/acme/-/blob/main/docs/a.md"' in page
    assert browser.get("/partners/acme/-/edit/main/README.md").status == 200
    refused = browser.post("/partners/acme/-/edit/main/README.md", content="mine", seen=browser.hidden("seen"))
    assert refused.status == 403
    assert ">\nmine</textarea>" in refused.text
    browser.become("acme.dev")
    assert "Welcome" not in browser.get("/partners/acme").text
    assert browser.get("/partners/acme/-/blob/main/README.md").status == 404
    browser.become("partner-bot").get("/partners/acme/-/edit/main/README.md")
    browser.post("/partners/acme/-/edit/main/README.md", content="new\r\nlines\r\n", seen=browser.hidden("seen"))
    assert _project(world, "partners/acme").files["README.md"] == "new\nlines\n"


def test_new_issue_from_a_template(world: World, browser: Browser) -> None:
    bot, acme = _user(world, "partner-bot"), _project(world, "partners/acme")
    path = ".gitlab/issue_templates/Ask.md"
    action = {"action": "create", "file_path": path, "content": "What is your question?"}
    operations.commit_files(world, bot, acme, branch="main", message="Template", actions=[action])
    browser.become("acme.lead")
    assert "What is your question?" in browser.get("/partners/acme/-/issues/new?issuable_template=Ask").text
    page = browser.post("/partners/acme/-/issues/new", title="Logo?", description="Which one?\r\n/confidential")
    assert page.status == 200
    assert "Logo?" in page.text
    refused = browser.post("/partners/acme/-/issues/1", action="edit", title="", description="x", seen="0")
    assert refused.status == 409


def test_deliveries_and_journal_hide_secrets_and_resend(world: World, browser: Browser) -> None:
    webhooks.send_next(world, lambda _url, _headers, _body: (500, {"Content-Type": "text/plain"}, "no <b>luck</b>"))
    query = '{"variables":{"input":{"token":"tok-s3cret"}},"query":"mutation A { a }"}'
    world.journal.append(
        JournalEntry(7, NOW, "partner-bot", "POST", "/api/graphql", "private_token=q-s3cret", query, 200, "A")
    )
    listing = browser.get("/-/sandbox/deliveries").text
    assert "Issue Hook" in listing
    assert "500" in listing
    sent = world.deliveries[0]
    pages = [browser.get(f"/-/sandbox/deliveries/{sent.id}").text, browser.get("/-/sandbox/journal").text]
    pages.append(browser.get("/-/sandbox/journal/7").text)
    assert "no &lt;b&gt;luck" in pages[0]
    assert "X-Gitlab-Token" in pages[0]
    assert "object_kind" in pages[0]
    assert "partner-bot" in pages[1]
    assert not [page for page in pages if "s3cret" in page]
    waiting = len(world.outgoing)
    refused = browser.post(f"/-/sandbox/deliveries/{sent.id}/resend")
    assert refused.status == 403
    assert 'role="alert"' in refused.text
    browser.become("partner-bot").get("/-/sandbox/deliveries")
    assert "queued again" in browser.post(f"/-/sandbox/deliveries/{sent.id}/resend").text
    assert len(world.outgoing) == waiting + 1
    assert "queued again" not in browser.get("/-/sandbox/deliveries?notice=queued+again&proof=00").text


def test_every_page_answers_and_links_inside_lead_somewhere(world: World, browser: Browser) -> None:
    """Follows every local link from the start page, as somebody who sees all."""
    operations.create_milestone(world, _user(world, "partner-bot"), title="M", project=_project(world, "partners/acme"))
    browser.become("root")
    todo, seen = ["/"], set[str]()
    while todo:
        target = todo.pop()
        if target in seen or target.startswith("/api/") or "docs/" in target:
            continue
        seen.add(target)
        answer = browser.get(target)
        assert answer.status == 200, target
        if "html" in answer.headers["Content-Type"]:
            todo += [html.unescape(x).partition("#")[0] for x in re.findall(r'href="(/[^"]*)"', answer.text)]
    assert len(seen) > 40


def test_reading_a_page_changes_nothing(world: World, browser: Browser) -> None:
    browser.become("gl.sa1")
    before = repr(world)
    for target in ("/", "/partners/acme", ISSUE, "/partners/acme/-/boards/300", "/-/sandbox/deliveries"):
        browser.get(target)
    assert repr(world) == before
