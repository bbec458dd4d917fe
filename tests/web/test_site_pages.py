"""What the pages say, and that each table says the same as CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from html import unescape
from html.parser import HTMLParser

import pytest
from reader import Browser

from app.demo.local import LocalStage
from app.engine.standings import Standings
from app.journey.tables import exported, table
from app.sandbox.http import Response, error_response
from app.web.rendering import coded

TABLES = (
    "partners", "funnel", "queue", "numbers", "checks", "parked", "deliveries", "partners/acme/capabilities",
    "partners/acme/timeline", "partners/acme/practices", "partners/acme/runs",
)  # fmt: skip
PAGES = ("/", "/partners/acme", "/queue", "/numbers", "/health")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_runs_no_foreign_script_and_cannot_be_framed(architect: Browser, path: str) -> None:
    page = architect.get(path)
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["cache-control"] == "no-store"
    assert " style=" not in page.text
    assert "onclick" not in page.text


def test_the_journey_is_a_picture_that_is_told_in_words_as_well(architect: Browser) -> None:
    picture = architect.get("/partners/acme/journey.svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert "script-src" not in picture.headers["content-security-policy"]
    assert picture.text.startswith("<svg")
    told = re.search(r'<img src="/partners/acme/journey.svg"[^>]* alt="([^"]+)"', architect.get("/partners/acme").text)
    assert told is not None
    assert "2 of 8 required capabilities" in told[1]
    assert architect.get("/partners/nobody/journey.svg").status_code == 404


@pytest.mark.parametrize("name", TABLES)
def test_every_table_is_the_same_as_csv_and_as_json(architect: Browser, name: str) -> None:
    text = architect.get(f"/tables/{name}.csv")
    data = json.loads(architect.get(f"/tables/{name}.json").text)
    rows = list(csv.DictReader(io.StringIO(text.text)))
    assert text.headers["content-type"].startswith("text/csv")
    assert "attachment" in text.headers["content-disposition"]
    assert len(rows) == len(data)
    if name in ("partners", "funnel", "checks", "partners/acme/capabilities"):
        assert list(rows[0]) == list(data[0])


def test_the_portfolio_follows_what_people_do(architect: Browser, stage: LocalStage) -> None:
    before = {r["slug"]: r for r in json.loads(architect.get("/tables/partners.json").text)}
    assert before["acme"]["percent"] > 0
    assert before["globex"]["percent"] == 0
    for item in stage.issues("acme", state="opened"):
        if item.iid > 1:
            stage.close(item, "gl.sa1")
    stage.settle()
    after = {r["slug"]: r for r in json.loads(architect.get("/tables/partners.json").text)}
    assert after["acme"]["stage"] == "enabling"
    steps = {s["stage"]: s for s in json.loads(architect.get("/tables/funnel.json").text)}
    assert (steps["onboarding"]["reached"], steps["onboarding"]["conversion"]) == (2, 50)
    assert "Stage: 02 - Enabling (Walk)" in architect.get("/partners/acme").text


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ("category=gsi", ["globex"]),
        ("region=EMEA", ["acme"]),
        ("sa=gl.sa2", ["globex"]),
        ("stage=onboarding", ["acme", "globex"]),
        ("stage=enabling", []),
        ("show=parked", []),
        ("text=ACME", ["acme"]),
        ("category=gsi&region=EMEA", []),
    ],
)
def test_the_filters(architect: Browser, query: str, slugs: list[str]) -> None:
    assert [r["slug"] for r in json.loads(architect.get(f"/tables/partners.json?{query}").text)] == slugs
    page = architect.get(f"/?{query}").text
    assert [slug for slug in ("acme", "globex") if f'href="/partners/{slug}"' in page] == slugs


def test_a_partner_where_nothing_happens_is_shown_as_stalled_with_the_reason(
    architect: Browser, stage: LocalStage
) -> None:
    stage.clock.advance(days=30)
    architect.sign_in()
    assert len(json.loads(architect.get("/tables/partners.json?show=stalled").text)) == 2
    page = architect.get("/partners/acme").text
    assert "Why it is stuck" in page
    assert "overdue since" in page


def test_a_parked_partner_is_shown_with_cause_and_fix(architect: Browser, stage: LocalStage) -> None:
    stage.write_partner_file("acme", "name: x\nregoin: y\n")
    stage.settle()
    assert [r["slug"] for r in json.loads(architect.get("/tables/partners.json?show=parked").text)] == ["acme"]
    for path in ("/partners/acme", "/health"):
        assert "regoin" in architect.get(path).text


PRACTICES = """\
name: Globex Consulting
category: gsi
region: Americas
people: {lead: globex.lead, engineers: [globex.dev], sa: gl.sa2, manager: gl.cam1}
practices:
  - {id: banking, lead: globex.lead}
  - {id: retail, lead: globex.lead}
"""


def test_the_practices_of_an_integrator_have_their_own_table_map_and_timeline(
    architect: Browser, stage: LocalStage
) -> None:
    stage.write_partner_file("globex", PRACTICES)
    stage.settle()
    for item in stage.issues("globex", state="opened"):
        if item.iid > 1 and "(retail)" not in item.title:
            stage.finish(item, "gl.sa2")
    stage.settle()
    page = architect.get("/partners/globex").text
    assert "1 of 2 won" in page
    assert "Capabilities of banking" in page
    assert "Capabilities of the company" in page
    assert "Practice: 02 - Enabling (Walk): banking" in page
    rows = json.loads(architect.get("/tables/partners/globex/practices.json").text)
    assert [(r["id"], r["stage"], r["joint_win"]) for r in rows] == [
        ("banking", "enabling", True), ("retail", "gsi-entry", False),
    ]  # fmt: skip


def test_quiet_looks_are_left_out_of_the_page_and_kept_in_the_table(architect: Browser, stage: LocalStage) -> None:
    for _ in range(5):
        stage.service.loop.run("acme", "a look that finds nothing")
    assert architect.get("/partners/acme").text.count("a look that finds nothing") == 1
    rows = json.loads(architect.get("/tables/partners/acme/runs.json").text)
    assert [r["reason"] for r in rows].count("a look that finds nothing") == 5


def test_what_stands_between_backticks_is_shown_as_code_and_harmless() -> None:
    assert coded("Run `a <b>` now") == "Run <code>a &lt;b&gt;</code> now"
    assert coded("one ` <i>") == "one ` &lt;i&gt;"


def test_the_pages_ask_gitlab_for_nothing(architect: Browser, stage: LocalStage) -> None:
    before = len(stage.world.journal)
    for path in PAGES:
        assert architect.get(path).status_code == 200
    assert len(stage.world.journal) == before


def test_after_the_database_was_lost_the_first_resync_fills_the_pages_again(
    architect: Browser, stage: LocalStage
) -> None:
    wanted = architect.get("/tables/partners.json").text
    for slug in ("acme", "globex"):
        stage.service.standings.drop(slug)
    assert json.loads(architect.get("/tables/partners.json").text) == []
    stage.service.resync.everyone("first resync")
    stage.settle()
    assert architect.get("/tables/partners.json").text == wanted


def test_a_standing_of_another_version_counts_as_not_seen_yet(stage: LocalStage) -> None:
    stage.service.store.standings.keep("acme", "another", '{"slug": "acme"}')
    assert set(Standings(stage.service.store.standings).all()) == {"globex"}


def test_a_partner_is_looked_at_again_once_its_issues_are_open(stage: LocalStage) -> None:
    found = stage.service.standings.get("globex")
    assert found is not None
    assert found.since is not None
    assert all(c.url for c in found.capabilities if c.stage == "onboarding")


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script> & Co", '"><img src=x onerror=alert(1)>', "</title></td><svg onload=alert(1)>",
        "' onmouseover='alert(1)", "{{ 7*7 }} {% x %}", "<!-- x", "[x](javascript:alert(1))", "@all /close | `x`",
    ],
)  # fmt: skip
def test_hostile_names_stay_text(architect: Browser, stage: LocalStage, name: str) -> None:
    plain = {path: _Parts(architect.get(path).text).found for path in ("/", "/partners/acme", "/queue")}
    waiver = f"{{capability: onboarding/nfr-license, until: 2027-03-31, by: gl.sa1, reason: {json.dumps(name)}}}"
    text = f"name: {json.dumps(name)}\ncategory: dmr\nregion: '=1+1'\npeople: {{lead: acme.lead, sa: gl.sa1}}\n"
    stage.write_partner_file("acme", f"{text}waivers: [{waiver}]\n")
    stage.settle()
    for path, before in plain.items():
        page = architect.get(path).text
        assert _Parts(page).found <= before
        assert name in unescape(page) or path == "/queue"
    row = next(
        r for r in csv.DictReader(io.StringIO(architect.get("/tables/partners.csv").text)) if r["slug"] == "acme"
    )
    assert row["region"] == "'=1+1"


class _Parts(HTMLParser):
    """Kinds of elements of a page, with what would run in it: events, and addresses that are scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found = set[str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        self.found |= {name for name, _ in attrs if name.startswith("on")}
        self.found |= {"script as an address" for name, value in attrs if name == "href" and "script:" in (value or "")}


def test_an_unknown_partner_or_table_is_404(architect: Browser) -> None:
    assert architect.get("/partners/nobody").status_code == 404
    assert architect.get("/tables/nothing.csv").status_code == 404
    assert architect.get("/tables/partners/acme/nothing.csv").status_code == 404
    assert architect.get("/static/../site.py").status_code == 404


def test_a_token_that_gitlab_no_longer_takes_is_seen_on_the_health_page(architect: Browser, stage: LocalStage) -> None:
    def refuse(request: object, _number: int) -> Response | None:
        return error_response(401, "401 Unauthorized") if "personal_access_tokens" in request.path else None  # type: ignore[attr-defined]

    stage.sandbox.fault = refuse
    stage.clock.advance(hours=2)
    stage.settle()
    architect.sign_in()
    page = architect.get("/health").text
    assert "GitLab refuses the token" in page
    assert "PARTNER_JOURNEY_TOKEN" in page


def test_cells_that_a_spreadsheet_would_run_are_made_harmless() -> None:
    found = table("x", ("a", "b"), [{"a": "=cmd()", "b": -5}, {"a": "-1", "b": None}])
    assert exported(found, "csv") == "a,b\r\n'=cmd(),-5\r\n'-1,\r\n"
    assert json.loads(exported(found, "json")) == [{"a": "=cmd()", "b": -5}, {"a": "-1", "b": None}]


def test_a_thousand_partners_are_shown_in_a_moment(architect: Browser, stage: LocalStage) -> None:
    """In processor time: other tests run beside this one."""
    acme = stage.service.standings.get("acme")
    assert acme is not None
    for number in range(1000):
        stage.service.standings.put(acme.model_copy(update={"slug": f"p{number}", "name": f"Partner {number}"}))
    architect.get("/")
    begun = time.process_time()
    page = architect.get("/")
    taken = time.process_time() - begun
    assert "page 1 of 21" in page.text
    assert taken < 2.0, f"{taken:.2f} s"
