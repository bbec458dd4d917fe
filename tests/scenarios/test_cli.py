"""What people type: every command against a GitLab on a real port, by output, exit code and what is there then."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from stagehand import BOT

from app.bot import wall_clock
from app.cli import main
from app.demo.local import ACME, BOT_TOKEN, SIGNING_TOKEN
from app.engine.seats import take_seat
from app.engine.store import Store
from app.journey import markers
from app.journey_files import BUILT_IN
from app.sandbox import operations
from app.sandbox.core import Sandbox
from app.sandbox.http import error_response
from app.sandbox.seed import seed_world
from app.sandbox.server import create_app
from app.sandbox.world import Tier, WorkItem, World


@dataclass
class Result:
    """How a command ended. `text` is what it printed, to both streams."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Result]


@dataclass
class Address:
    """A sandbox that listens, and what is in it."""

    url: str
    sandbox: Sandbox

    @property
    def world(self) -> World:
        return self.sandbox.world

    def write(self, path: str, text: str) -> None:
        control = self.world.project_by_path("partners/journey-control")
        root = self.world.user_by_name("root")
        assert control is not None
        assert root is not None
        action = {"action": "update" if path in control.files else "create", "file_path": path, "content": text}
        operations.commit_files(self.world, root, control, branch="main", message="Change", actions=[action])

    def close_one(self, slug: str = "acme") -> WorkItem:
        project, sa = self.world.project_by_path(f"partners/{slug}"), self.world.user_by_name("gl.sa1")
        assert project is not None
        assert sa is not None
        item = next(
            i
            for i in self.world.work_items.values()
            if i.project_id == project.id and i.state == "opened" and markers.find("capability", i.description)
        )
        operations.update_work_item(self.world, sa, item, state_event="close")
        return item


class _Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


@pytest.fixture
def gitlab() -> Iterator[Address]:
    """A sandbox GitLab on a loopback port of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    sandbox = Sandbox(seed_world(wall_clock, base_url=url))
    server = _Server(
        uvicorn.Config(create_app(sandbox, deliver=False), log_level="error", ws="none", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    assert server.listening.wait(10)
    try:
        yield Address(url, sandbox)
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


@pytest.fixture
def run(gitlab: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command with the settings of this GitLab; keyword arguments replace settings, None takes one away."""
    monkeypatch.chdir(tmp_path)
    settings = {
        "URL": gitlab.url,
        "TOKEN": BOT_TOKEN,
        "GROUP": "partners",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'bot.sqlite'}",
    }

    def run(*arguments: str, **changed: str | None) -> Result:
        for name, value in {**settings, **changed}.items():
            if value is None:
                monkeypatch.delenv(f"PARTNER_JOURNEY_{name}", raising=False)
            else:
                monkeypatch.setenv(f"PARTNER_JOURNEY_{name}", value)
        monkeypatch.setattr(sys, "argv", ["partner-journey", *arguments])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        printed = capsys.readouterr()
        assert BOT_TOKEN not in printed.out + printed.err
        return Result(code, printed.out, printed.err)

    return run


ADD_ACME = (
    "partner", "add", "acme", "--name", "Acme Integrators", "--category", "rsi", "--region", "EMEA",
    "--lead", "acme.lead", "--engineer", "acme.dev", "--sa", "gl.sa1", "--manager", "gl.cam1",
)  # fmt: skip


# --- setting up ---


def test_partner_archive_shows_what_it_would_do_and_does_it_when_told(
    run: Run, gitlab: Address, tmp_path: Path
) -> None:
    run(*ADD_ACME)
    shown = run("partner", "archive", "acme")
    assert shown.code == 2
    assert "member acme.lead" in shown.out
    project = gitlab.world.project_by_path("partners/acme")
    assert project is not None
    assert not project.archived
    done = run("partner", "archive", "acme", "--yes", "--out", "kept")
    assert done.code == 0, done.text
    assert project.archived
    assert {path.name for path in (tmp_path / "kept").iterdir()} == {"acme.json", "acme.csv", "acme.md"}
    again = run("partner", "archive", "acme")
    assert again.code == 0
    assert "Nothing to do" in again.out


def test_partner_archive_of_nobody_says_what_to_check(run: Run) -> None:
    run("setup")
    result = run("partner", "archive", "nobody", "--yes")
    assert result.code == 1
    assert "none of that name has left" in result.text


def test_before_setup_plan_says_what_to_do_first(run: Run) -> None:
    result = run("plan")
    assert result.code == 1
    assert "partner-journey setup" in result.err


def test_setup_shows_its_plan_and_changes_nothing_until_it_is_told_to(run: Run, gitlab: Address) -> None:
    planned = run("setup")
    assert planned.code == 2
    for line in ("+ project partners/journey-control", "+ label stage::leading", "+ board Partner portfolio", "--yes"):
        assert line in planned.text
    machine = run("setup", "--json")
    assert machine.code == 2
    assert {"+ project partners/journey-control"} <= {f"{row['verb']} {row['key']}" for row in machine.json}
    assert not gitlab.world.projects
    assert not gitlab.world.labels


@pytest.mark.parametrize("tier", ["ultimate", "free"])
def test_setup_makes_all_that_partners_share_once(run: Run, gitlab: Address, tier: Tier) -> None:
    gitlab.world.tier = tier
    first = run("setup", "--yes", PUBLIC_URL="https://journey.example.com", SIGNING_TOKEN=SIGNING_TOKEN)
    assert first.code == 0, first.err
    (board,) = [b for b in gitlab.world.boards.values() if b.name == "Partner portfolio"]
    assert board.epic is (tier == "ultimate")
    assert len([entry for entry in board.lists if entry.label_id]) == 5
    (hook,) = gitlab.world.hooks.values()
    assert (hook.url, hook.signing_token) == ("https://journey.example.com/webhooks/gitlab", SIGNING_TOKEN)
    again = run("setup")
    assert (again.code, len(gitlab.world.projects)) == (0, 1)
    assert "Nothing to do" in again.out
    assert run("setup", "--json").json == []
    run(*ADD_ACME)
    assert not any(key in run("plan", "--json").out for key in ("label", "board"))


def test_a_setup_that_was_cut_off_goes_on_where_it_ended(run: Run, gitlab: Address) -> None:
    gitlab.sandbox.fault = lambda request, _: error_response(500, "no") if b"epicBoardCreate" in request.body else None
    assert run("setup", "--yes").code == 1
    gitlab.sandbox.fault = None
    rest = run("setup")
    assert "+ board Partner portfolio" in rest.out
    assert "+ project" not in rest.out
    assert run("setup", "--yes").code == 0
    assert "Nothing to do" in run("setup").out


def test_a_partner_is_added_in_its_language(run: Run, gitlab: Address) -> None:
    assert run(*ADD_ACME, "--language", "de").code == 0
    titles = [item.title for item in gitlab.world.work_items.values()]
    assert "NFR-Lizenz über das Partner Portal erhalten" in titles


def test_adding_a_partner_onboards_it_at_once(run: Run, gitlab: Address) -> None:
    result = run(*ADD_ACME)
    assert result.code == 0, result.err
    assert "partners/acme.yaml is written" in result.out
    assert gitlab.world.project_by_path("partners/acme") is not None
    assert run("plan").code == 0

    again = run(*ADD_ACME)
    assert again.code == 1
    assert "partners/acme.yaml" in again.err


def test_adding_a_partner_that_cannot_be_writes_nothing(run: Run, gitlab: Address) -> None:
    run("setup", "--yes")
    result = run(*(word.replace("acme", "Not A Slug") if word == "acme" else word for word in ADD_ACME))
    assert result.code == 1
    assert "slug" in result.err
    control = gitlab.world.project_by_path("partners/journey-control")
    assert control is not None
    assert not [path for path in control.files if path.startswith("partners/")]


# --- plan, apply, sync ---


def test_plan_prints_what_apply_then_does_and_tells_it_by_its_exit_code(run: Run, gitlab: Address) -> None:
    run("setup", "--yes")
    gitlab.write("partners/acme.yaml", ACME)
    before = len(gitlab.world.projects)
    planned = run("plan")
    assert planned.code == 2
    assert "+ project acme" in planned.out
    assert "+ milestone 01 - Onboarding (Stand)" in planned.out
    assert "to create" in planned.out
    assert len(gitlab.world.projects) == before, "plan changes nothing"

    applied = run("apply", "acme")
    assert applied.code == 0
    assert "1 partners: 1 changed, 0 failed" in applied.out
    nothing = run("plan")
    assert nothing.code == 0
    assert "Nothing to do" in nothing.out
    assert "acme" not in nothing.out

    item = gitlab.close_one()
    changed = run("plan", "acme")
    assert changed.code == 2
    assert "~ issue page/status" in changed.out
    assert f"#{item.iid}" not in changed.out
    assert run("apply").code == 0
    assert run("plan").code == 0


def test_json_is_for_machines(run: Run, gitlab: Address) -> None:
    run(*ADD_ACME)
    assert run("plan", "--json").json == {"partners": {"acme": []}, "problems": {}}
    gitlab.close_one()
    planned = run("plan", "--json")
    assert planned.code == 2
    actions = planned.json["partners"]["acme"]
    assert {(a["verb"], a["key"]) for a in actions} == {
        ("~", "issue page/status"), ("~", "epic"), ("~", "commit of 3 files"),
    }  # fmt: skip
    assert all(a["reason"] for a in actions)
    applied = run("apply", "--json").json
    assert applied["acme"]["actions"] == ["~ issue page/status", "~ epic", "~ commit of 3 files"]
    assert (applied["acme"]["cause"], run("apply", "--json").json["acme"]["actions"]) == ("", [])


def test_sync_does_all_partners_and_one_that_is_broken_stops_nobody(run: Run, gitlab: Address) -> None:
    run("setup", "--yes")
    gitlab.write("partners/acme.yaml", ACME.replace("region:", "regoin:"))
    gitlab.write("partners/zeta.yaml", ACME.replace("Acme", "Zeta"))
    result = run("sync")
    assert result.code == 1
    assert "regoin" in result.out
    assert gitlab.world.project_by_path("partners/zeta") is not None
    assert gitlab.world.project_by_path("partners/acme") is None
    planned = run("plan", "--json")
    assert planned.code == 1
    assert "regoin" in planned.json["problems"]["acme"]["cause"]
    assert planned.json["partners"] == {"zeta": []}

    gitlab.write("partners/acme.yaml", ACME)
    assert run("sync").code == 0
    control = gitlab.world.project_by_path("partners/journey-control")
    assert control is not None
    reports = [i for i in gitlab.world.work_items.values() if i.project_id == control.id]
    assert [i.state for i in reports] == ["closed"]


def test_sync_needs_no_database_to_change_nothing(run: Run, gitlab: Address, tmp_path: Path) -> None:
    run(*ADD_ACME)
    (tmp_path / "bot.sqlite").unlink()
    writes = len([e for e in gitlab.world.journal if e.username == BOT and e.operation == "apply"])
    assert run("sync", "--json").json["acme"]["actions"] == []
    assert len([e for e in gitlab.world.journal if e.username == BOT and e.operation == "apply"]) == writes


# --- looking ---


def test_show_and_list_tell_where_partners_are(run: Run, gitlab: Address) -> None:
    run("setup", "--yes")
    assert "No partners yet" in run("partner", "list").out
    run(*ADD_ACME)
    item = gitlab.close_one()
    run("apply")
    shown = run("partner", "show", "acme")
    assert shown.code == 0
    assert "01 - Onboarding (Stand) · " in shown.out
    assert "Getting GitLab certified" in shown.out
    assert item.title not in shown.out
    assert f"{gitlab.url}/partners/acme" in shown.out
    assert run("partner", "show", "acme", "--json").json["stages"][0]["done"] == 1
    listed = run("partner", "list")
    assert "Acme Integrators" in listed.out
    assert "01 - Onboarding" in listed.out
    assert [row["slug"] for row in run("partner", "list", "--json").json] == ["acme"]


def test_show_of_a_partner_that_is_not_there_says_how_to_add_one(run: Run) -> None:
    run("setup", "--yes")
    result = run("partner", "show", "nobody")
    assert result.code == 1
    assert "partners/nobody.yaml" in result.err


def test_show_tells_why_a_broken_file_cannot_be_used(run: Run, gitlab: Address) -> None:
    run(*ADD_ACME)
    gitlab.write("partners/acme.yaml", ACME.replace("category: rsi", "category: reseller"))
    result = run("partner", "show", "acme")
    assert result.code == 1
    assert "category" in result.err
    assert "Correct the file" in result.err


# --- wrong settings ---


def test_all_missing_settings_are_named_at_once(run: Run) -> None:
    result = run("plan", TOKEN=None, GROUP=None, URL="gitlab.example")
    assert result.code == 1
    for name in ("PARTNER_JOURNEY_TOKEN", "PARTNER_JOURNEY_GROUP", "PARTNER_JOURNEY_URL"):
        assert name in result.err
    assert "Traceback" not in result.text


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("TOKEN", None, "PARTNER_JOURNEY_TOKEN is not set, nor is PARTNER_JOURNEY_TOKEN_FILE"),
        ("TOKEN_FILE", "token", "PARTNER_JOURNEY_TOKEN and PARTNER_JOURNEY_TOKEN_FILE are set. Keep one."),
        ("TOKEN", "glpat-wrong", "PARTNER_JOURNEY_TOKEN"),
        ("TOKEN", "sandbox-acme.lead", "member of it"),
        ("GROUP", "no/such/group", "no/such/group"),
        ("GROUP", "", "PARTNER_JOURNEY_GROUP is wrong: it is empty."),
        ("GROUP", "https://gitlab.example/groups/partners", "write the full path alone"),
        ("URL", "http://127.0.0.1:9", "Nothing listens at"),
        ("URL", "", "PARTNER_JOURNEY_URL is wrong: it must start with https://"),
        ("URL", "https://bot:glpat-wrong@gitlab.example", "take user and password out of it"),
        ("PUBLIC_URL", "https://journey.example/x?y=1", "without ? and #"),
        ("PUBLIC_URL", "https://[journey", "PARTNER_JOURNEY_PUBLIC_URL is wrong: it is no address"),
        ("LIMITS", '{"notes": -1}', "PARTNER_JOURNEY_LIMITS is wrong: a limit is"),
        ("LIMITS", '{"notes":}', "PARTNER_JOURNEY_LIMITS is no JSON"),
        ("JOURNEY_DIR", "/no/such/folder", "PARTNER_JOURNEY_JOURNEY_DIR is wrong: there is no journey.yaml"),
        ("NODE", "A b", "PARTNER_JOURNEY_NODE is wrong: use small letters, digits and dashes"),
        ("LOG_LEVEL", "loud", "PARTNER_JOURNEY_LOG_LEVEL is wrong"),
        ("DATABASE_URL", "sqlite:////no/such/folder/bot.sqlite", "mkdir -p"),
        ("DATABASE_URL", "nonsense", "sqlite:///"),
    ],
)
def test_a_wrong_setting_is_named_with_the_way_out(run: Run, setting: str, value: str | None, words: str) -> None:
    result = run("plan", **{setting: value})
    assert result.code == 1
    assert words in result.err
    assert "glpat-wrong" not in result.text
    assert "Traceback" not in result.text
    assert "Value error" not in result.text


def test_the_doctor_names_a_setting_whose_name_is_misspelt(run: Run) -> None:
    told = run("doctor", PUBLIC_ULR="https://journey.example", TOKEN_OF_SOMEBODY_ELSE="x").out
    assert "PARTNER_JOURNEY_PUBLIC_ULR is no setting; PARTNER_JOURNEY_PUBLIC_URL is." in told
    assert "SOMEBODY" not in told


def test_a_port_that_is_taken_is_named_before_anybody_is_told_that_we_listen(run: Run, gitlab: Address) -> None:
    result = run("serve", PORT=gitlab.url.rsplit(":", 1)[1])
    assert result.code == 1
    assert "PARTNER_JOURNEY_PORT" in result.err
    assert "listens" not in result.text


def test_a_journey_that_takes_much_away_is_done_only_when_somebody_says_so(run: Run, gitlab: Address) -> None:
    run(*ADD_ACME)
    lines = (BUILT_IN / "journey.yaml").read_text().splitlines(keepends=True)
    gitlab.write("journey.yaml", "".join(x for x in lines if not x.startswith("      - {id: strategic/co")))
    assert run("plan").code == 2  # three of 31
    fewer = "".join(x for x in lines if not x.startswith(("      - {id: strategic/co", "      - {id: strategic/f")))
    gitlab.write("journey.yaml", fewer)
    for command in ("plan", "apply"):
        refused = run(command)
        assert refused.code == 1
        assert "takes away 4 of this partner's capabilities: strategic/co-marketing" in refused.text
        assert "partner-journey apply acme --allow-removals" in refused.text
    assert run("plan", "--allow-removals").code == 2
    assert run("apply", "--allow-removals").code == 0
    assert run("plan").code == 0


# --- files and the demo ---


def _picture(output: int, **environment: str) -> subprocess.CompletedProcess[bytes]:
    words = [str(Path(sys.executable).parent / "partner-journey"), "picture", "--blank"]
    return subprocess.run(
        words, stdout=output, stderr=subprocess.PIPE, timeout=60, check=False, cwd=BUILT_IN.parent,
        env={**os.environ, **environment},
    )  # fmt: skip


def test_what_is_written_is_utf_8_whatever_the_locale_says() -> None:
    made = _picture(subprocess.PIPE, PYTHONIOENCODING="ascii")
    assert made.stderr == b""
    assert made.stdout.decode("utf-8").rstrip().endswith("</svg>")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_one_line_and_no_traceback() -> None:
    with Path("/dev/full").open("wb") as full:
        failed = _picture(full.fileno())
    assert failed.returncode == 1
    assert b"The output cannot be written" in failed.stderr
    assert b"Traceback" not in failed.stderr


def test_the_built_in_templates_have_no_problems(run: Run) -> None:
    result = run("template", "check")
    assert result.code == 0
    assert "4 stages, 31 capabilities, no problems" in result.out


def test_template_check_names_a_file_that_is_not_utf_8_and_one_that_nobody_lists(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "journey"
    shutil.copytree(BUILT_IN, folder)
    text = folder / "capabilities/onboarding/nfr-license.md"
    shutil.copy(text, folder / "capabilities/onboarding/nfr-licence.md")
    listed = run("template", "check", str(folder))
    assert listed.code == 0
    assert "nfr-licence.md is not used" in listed.out
    text.write_bytes(b"---\ntitle: Caf\xe9\n---\n")
    broken = run("template", "check", str(folder))
    assert broken.code == 1
    assert "nfr-license.md:2: The file is not in UTF-8." in broken.err


def test_template_check_lists_all_mistakes_with_file_line_and_fix(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "journey"
    shutil.copytree(BUILT_IN, folder)
    journey = (folder / "journey.yaml").read_text()
    lines = journey.splitlines()
    at = next(number for number, line in enumerate(lines) if "goal:" in line)
    lines[at] = lines[at].replace("goal:", "gaol:")
    (folder / "journey.yaml").write_text("\n".join(lines) + "\n")
    (folder / "capabilities/leading/ha-geo.md").unlink()
    (folder / "capabilities/onboarding/get-certified.md").write_text("no front matter\n")
    result = run("template", "check", str(folder))
    assert result.code == 1
    assert f"journey.yaml:{at + 1}:" in result.err
    assert "gaol" in result.err
    assert "capabilities/onboarding/get-certified.md:1:" in result.err
    assert "problems." in result.err.splitlines()[-1]
    nowhere = run("template", "check", str(tmp_path / "nowhere"))
    assert nowhere.code == 1
    assert "journey.yaml" in nowhere.err


def test_the_demo_plays_a_whole_journey_and_says_so(run: Run) -> None:
    result = run("demo", "--once")
    assert result.code == 0, result.text
    assert result.out.count("✓") == 7
    assert "✗" not in result.out


def test_a_tier_that_gitlab_does_not_have_is_refused(run: Run) -> None:
    result = run("demo", "--once", "--tier", "gold")
    assert result.code == 1
    assert "premium" in result.err


def test_the_installed_command_starts() -> None:
    command = Path(sys.executable).parent / "partner-journey"
    shown = subprocess.run([command, "--help"], capture_output=True, text=True, check=True, timeout=60)
    for word in ("demo", "sandbox", "serve", "plan", "apply", "sync", "partner", "template"):
        assert word in shown.stdout


def test_the_version_is_told(run: Run) -> None:
    assert run("--version").out.split() == ["partner-journey", version("partner-journey")]


def test_help_waits_for_no_library_that_it_does_not_need() -> None:
    script = "import sys, app.cli; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    heavy = {"dbos", "fastapi", "gitlab", "httpx", "pydantic", "requests", "sqlalchemy", "yaml"}
    assert heavy.isdisjoint(loaded.stdout.split())


# --- beside a running service ---


def test_status_says_who_is_parked_why_and_what_comes_next(run: Run, gitlab: Address) -> None:
    fresh = run("status")
    assert fresh.code == 0
    assert "No service is running" in fresh.out
    assert "partner-journey serve" in fresh.out
    run(*ADD_ACME)
    gitlab.write("partners/acme.yaml", "name: [\n")
    assert run("apply", "acme").code == 1
    shown = run("status")
    assert "Nobody is parked" not in shown.out
    for words in ("acme", "partners/acme.yaml:2", "Correct the file", "1 failures in a row", "next try 20"):
        assert words in shown.out
    (parked,) = run("status", "--json").json["parked"]
    assert (parked["slug"], parked["failures"]) == ("acme", 1)


def test_beside_a_running_service_commands_ask_it_instead_of_doing_its_work(
    run: Run, gitlab: Address, tmp_path: Path
) -> None:
    run("setup", "--yes")
    url = f"sqlite:///{tmp_path / 'bot.sqlite'}"
    with take_seat(url, "one"):
        assert "A service is running" in run("status").out
        for command in (ADD_ACME, ("apply", "globex"), ("sync",)):
            result = run(*command)
            assert result.code == 0, result.err
            assert "has been asked" in result.err
        refused = run("serve")
        assert refused.code == 1
        assert "docs/operate.md" in refused.err
    assert gitlab.world.project_by_path("partners/acme") is None
    with Store(url, wall_clock) as store:
        assert {state.slug for state in store.due_timers(wall_clock())} == {"acme", "globex"}
        assert store.recall("resync asked") == "partner-journey sync"


def test_a_picture_is_written_to_a_file_or_the_terminal(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "journey.svg"
    assert run("picture", "--blank", "--output", str(file)).code == 0
    assert file.read_text(encoding="utf-8").startswith("<svg ")
    assert run("picture", "--blank").out == file.read_text(encoding="utf-8")
    answer = run("picture")
    assert answer.code == 1
    assert "Name one partner, or say --blank" in answer.text


def test_the_journey_of_the_settings_is_checked_and_pictured(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "journey"
    shutil.copytree(BUILT_IN, folder)
    (folder / "journey.yaml").write_text((BUILT_IN / "journey.yaml").read_text().replace("Partner Cap", "Our Cap"))
    for command in (("picture", "--blank"), ("template", "check")):
        assert "Our Capabilities Journey" in run(*command, JOURNEY_DIR=str(folder)).out


def test_report_tells_the_same_numbers_as_markdown_csv_and_json(run: Run, tmp_path: Path) -> None:
    run(*ADD_ACME)
    told = run("report").out
    assert told.startswith("# Partner journey: the program's numbers\n\n## Partners\n")
    assert "| on the journey | 1 | partners | 1 |" in told
    numbers = run("report", "--format", "json").json
    rows = list(csv.DictReader(io.StringIO(run("report", "--format", "csv").out)))
    assert [(r["group"], r["name"]) for r in rows] == [(n["group"], n["name"]) for n in numbers]
    assert all(f"| {n['name']} |" in told.replace("\\", "") for n in numbers)
    file = tmp_path / "numbers.csv"
    assert run("report", "--format", "csv", "--output", str(file)).code == 0
    assert list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8")))) == rows


def test_digest_shows_what_will_be_told_and_posts_nothing(run: Run, gitlab: Address) -> None:
    run(*ADD_ACME)
    assert "Nothing to say so far." in run("digest", "--for", "gl.sa1").out
    lead = gitlab.world.user_by_name("acme.lead")
    (gate,) = [i for i in gitlab.world.work_items.values() if "=onboarding/get-certified " in i.description]
    assert lead is not None
    operations.create_note(gitlab.world, lead, gate, body="Evidence: https://acme.example/names")
    operations.update_work_item(gitlab.world, lead, gate, state_event="close")
    run("apply")
    shown = run("digest", "--for", "GL.SA1")
    assert shown.code == 0
    assert "### Waits for you, longest first\n\n- [Getting GitLab certified" in shown.out
    assert "mon 07:00 UTC" in shown.err
    assert "gl.sa1" in run("digest").out
    nobody = run("digest", "--for", "gl.sa2")
    assert nobody.out == ""
    assert nobody.code == 1
    assert "No partner file names gl.sa2 as solution architect. Name one who is: gl.sa1." in nobody.err
    assert not [i for i in gitlab.world.work_items.values() if markers.find("digest", i.description)]
    assert "mon 07:00" in run("digest", DIGEST="monday").text, "a wrong setting says how to write it"
