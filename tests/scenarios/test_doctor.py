"""The doctor: each mistake is told with cause and fix, hides no other, and leaves the report as long as ever."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from pydantic import SecretStr
from stagehand import BOT, Theatre, connected

from app.demo.local import LocalStage
from app.doctor import LINES, diagnose, examine
from app.gitlab.findings import Finding
from app.sandbox import operations
from app.sandbox.http import Request, Response, error_response
from app.sandbox.world import DEVELOPER, Hook
from app.settings import Settings, SettingsError


def doctor(stage: LocalStage) -> Iterator[Finding]:
    """All findings; GitLab sends what waits while the doctor does."""
    return diagnose(stage.service, lambda _seconds: stage.deliver() and None)


def by_state(findings: Iterator[Finding] | list[Finding], state: str) -> list[Finding]:
    return [finding for finding in findings if finding.state == state]


def line(findings: Iterator[Finding], check: str) -> Finding:
    (found,) = [finding for finding in findings if finding.check == check]
    return found


def test_where_all_is_well_every_line_is_ok(two_partners: LocalStage) -> None:
    findings = list(doctor(two_partners))
    assert [f for f in findings if f.state != "ok"] == []
    assert [f.check for f in findings] == list(LINES[2:])


@pytest.mark.parametrize("tier", ["free", "ce"])
def test_on_a_lesser_tier_the_doctor_says_what_stands_in(theatre: Theatre, tier: str) -> None:
    with theatre.open(tier=tier) as stage:
        findings = list(doctor(stage))
        assert by_state(findings, "failed") == []
        assert "tracker issues stand in" in next(f.text for f in findings if f.check == "tier")


def test_a_token_that_ends_within_thirty_days_is_told(onboarded: LocalStage) -> None:
    own = next(t for t in onboarded.world.tokens.values() if t.user_id == onboarded.user(BOT).id)
    own.expires_at = (onboarded.clock() + timedelta(days=31)).date()
    assert by_state(doctor(onboarded), "warning") == []
    own.expires_at = (onboarded.clock() + timedelta(days=30)).date()
    (found,) = by_state(doctor(onboarded), "warning")
    assert found.check == "token end"
    assert "in 30 days" in found.text


def test_scopes_that_the_bot_does_not_need_are_told(onboarded: LocalStage) -> None:
    own = next(t for t in onboarded.world.tokens.values() if t.user_id == onboarded.user(BOT).id)
    own.scopes.append("write_repository")
    (found,) = by_state(doctor(onboarded), "warning")
    assert "write_repository" in found.text


def test_a_role_that_is_too_low_is_told_and_the_other_checks_go_on(onboarded: LocalStage) -> None:
    group = onboarded.world.group_by_path("partners")
    assert group is not None
    (own,) = [m for m in group.members if m.user_id == onboarded.user(BOT).id]
    own.access_level = DEVELOPER
    findings = list(doctor(onboarded))
    assert any(f.check == "role" and "Owner" in f.fix for f in by_state(findings, "failed"))
    assert any(f.check == "database" for f in by_state(findings, "ok"))


def test_a_missing_label_and_a_broken_partner_file_are_told(onboarded: LocalStage) -> None:
    world = onboarded.world
    (label,) = [la for la in world.labels.values() if la.title == "stage::leading"]
    operations.delete_label(world, onboarded.user("root"), label)
    onboarded.write_partner_file("globex", "name: [\n")
    told = {f.check: f.text for f in by_state(doctor(onboarded), "warning")}
    assert "stage::leading" in told["labels"]
    assert "partner files" in told


@pytest.mark.parametrize(
    ("username", "bot", "words"),
    [("group_100_bot_5f", True, "30 days after"), ("dana.cole", False, "a person's account")],
)
def test_an_account_that_will_not_last_is_told(onboarded: LocalStage, username: str, bot: bool, words: str) -> None:
    user = onboarded.user(BOT)
    user.username, user.bot = username, bot
    found = line(doctor(onboarded), "account")
    assert (found.state, words in found.text) == ("warning", True)
    assert "service account" in found.fix


def test_a_group_without_any_webhook_is_told(onboarded: LocalStage) -> None:
    onboarded.world.hooks.clear()
    found = line(doctor(onboarded), "webhooks")
    assert (found.state, "partner-journey setup" in found.fix) == ("warning", True)


# --- GitLab's own test delivery ---


def control_hook(stage: LocalStage) -> Hook:
    control = stage.project("journey-control")
    (hook,) = [h for h in stage.world.hooks.values() if h.project_id == control.id]
    return hook


def test_gitlabs_own_test_delivery_is_seen_arriving(onboarded: LocalStage) -> None:
    before = len(onboarded.world.deliveries)
    found = line(doctor(onboarded), "test delivery")
    assert found.state == "ok"
    assert "accepted (202)" in found.text
    (sent,) = onboarded.world.deliveries[before:]
    assert (sent.hook_id, sent.status) == (control_hook(onboarded).id, 202)


def test_a_webhook_with_another_secret_is_told_by_its_test_delivery(onboarded: LocalStage) -> None:
    control_hook(onboarded).signing_token = "whsec_" + "b3RoZXItc2lnbmluZy10b2tlbi1ub3QtYS1zZWNyZXQ="
    found = line(doctor(onboarded), "test delivery")
    assert (found.state, "401" in found.text) == ("failed", True)
    assert "partner-journey hook rotate" in found.fix


def test_a_test_delivery_that_gitlab_reports_as_lost_is_told(onboarded: LocalStage) -> None:
    def refuse(request: Request, _number: int) -> Response | None:
        lost = request.path.endswith("/test/push_events")
        return error_response(422, "Hook execution failed: execution expired") if lost else None

    onboarded.sandbox.fault = refuse
    found = line(doctor(onboarded), "test delivery")
    assert found.state == "failed"
    assert "execution expired" in found.text
    assert "local network" in found.fix


def test_a_control_project_without_webhook_is_told(onboarded: LocalStage) -> None:
    operations.delete_hook(onboarded.world, onboarded.user("root"), control_hook(onboarded))
    found = line(doctor(onboarded), "test delivery")
    assert (found.state, "partner-journey setup" in found.fix) == ("failed", True)


def test_a_gitlab_that_is_slow_to_send_is_no_failure(onboarded: LocalStage) -> None:
    waited: list[float] = []
    found = line(diagnose(onboarded.service, waited.append), "test delivery")
    assert (found.state, "does not show it" in found.text) == ("warning", True)
    assert 5 < sum(waited) < 15


# --- clocks ---


@pytest.mark.parametrize(
    ("seconds", "state", "words"),
    [(2, "ok", "agree"), (-20, "ok", "20 s ahead of"), (90, "warning", "90 s behind"), (-400, "failed", "refused")],
)
def test_a_clock_that_differs_from_gitlabs_is_told(onboarded: LocalStage, seconds: int, state: str, words: str) -> None:
    def shifted(_request: Request, _number: int, response: Response) -> Response:
        theirs = onboarded.clock() + timedelta(seconds=seconds)
        response.headers["Date"] = format_datetime(theirs, usegmt=True)
        return response

    onboarded.sandbox.fault_after = shifted
    found = line(doctor(onboarded), "clock")
    assert (found.state, words in found.text) == (state, True)
    assert bool(found.fix) == (state != "ok")


# --- one failure hides no other line ---


@pytest.mark.parametrize("path", ["/personal_access_tokens/self", "/members/all/", "/labels", "/hooks", "/version"])
@pytest.mark.parametrize("status", [403, 404, 500])
def test_whatever_gitlab_refuses_the_report_has_all_lines(onboarded: LocalStage, path: str, status: int) -> None:
    onboarded.sandbox.fault = lambda request, _: error_response(status, "no") if path in request.path else None
    findings = list(doctor(onboarded))
    assert set(LINES[2:]) <= {f.check for f in findings}
    assert all(f.fix for f in findings if f.state != "ok")
    assert by_state(findings, "failed") or by_state(findings, "warning")
    assert line(iter(findings), "database").state == "ok"


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("token", "glpat-wrong", "PARTNER_JOURNEY_TOKEN"),
        ("token", "sandbox-globex.lead", "member of it"),
        ("group", "no/such/group", "no/such/group"),
    ],
)
def test_where_the_connection_fails_the_report_is_complete_and_says_what_was_not_checked(
    onboarded: LocalStage, setting: str, value: str, words: str
) -> None:
    findings = connected(onboarded, **{setting: value})
    assert [f.check for f in findings] == list(LINES)
    (failed,) = by_state(findings, "failed")
    assert failed.check == "connection"
    assert words in failed.text + failed.fix
    assert "glpat-wrong" not in str(findings)
    told = {f.check: f for f in findings}
    assert (told["settings"].state, told["database"].state) == ("ok", "ok")
    assert "because the connection to GitLab failed" in told["role"].text


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:9", "Nothing listens at"),
        ("http://partner-journey.invalid", "host name in http://partner-journey.invalid is not known"),
    ],
)
def test_an_address_where_nobody_answers_is_told_apart(tmp_path: Path, url: str, words: str) -> None:
    database = f"sqlite:///{tmp_path / 'bot.sqlite'}"
    settings = Settings(url=url, token=SecretStr("x"), group="partners", database_url=database)
    findings = list(examine(lambda: settings))
    assert [f.check for f in findings] == list(LINES)
    assert words in line(iter(findings), "connection").text
    assert "PARTNER_JOURNEY_URL" in line(iter(findings), "connection").fix


def test_a_database_that_cannot_be_used_hides_nothing_of_gitlab(onboarded: LocalStage) -> None:
    findings = connected(onboarded, database_url="sqlite:////no/such/folder/bot.sqlite")
    assert [f.check for f in findings] == list(LINES)
    (failed,) = by_state(findings, "failed")
    assert failed.check == "database"
    assert "mkdir -p" in failed.fix
    assert line(iter(findings), "access").state == "ok"
    assert "own database" in line(iter(findings), "test delivery").text


def test_settings_that_are_missing_are_the_first_line_of_a_complete_report() -> None:
    def load() -> Settings:
        raise SettingsError("PARTNER_JOURNEY_TOKEN is not set.")

    findings = list(examine(load))
    assert [f.check for f in findings] == list(LINES)
    assert (findings[0].state, "PARTNER_JOURNEY_TOKEN" in findings[0].text) == ("failed", True)


def test_no_test_is_sent_while_no_service_runs(onboarded: LocalStage, tmp_path: Path) -> None:
    before = len(onboarded.world.deliveries)
    findings = connected(onboarded, database_url=f"sqlite:///{tmp_path / 'other.sqlite'}")
    found = line(iter(findings), "test delivery")
    assert "no service is running on this database" in found.text
    assert "partner-journey serve" in found.fix
    assert len(onboarded.world.deliveries) == before
