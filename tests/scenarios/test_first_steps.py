"""A newcomer's mistakes, each ending in a line with the cause and the fix: address, token, group, webhooks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from stagehand import BOT, Theatre, close_required, connected, onboard, pass_quiet_time

from app.demo.local import ACME, BASE_URL, LocalStage, ManualClock
from app.engine.groundwork import Groundwork
from app.gitlab.errors import GitLabError
from app.gitlab.findings import Finding
from app.sandbox import operations
from app.sandbox.http import Request, Response, error_response, json_response
from app.sandbox.seed import seed_world
from app.sandbox.world import MAINTAINER
from app.settings import SettingsError, load_settings

GRAPHQL = "/api/graphql"


def connection(stage: LocalStage, **changed: object) -> Finding:
    """What the doctor says of the connection, which must have failed."""
    (found,) = [f for f in connected(stage, **changed) if f.check == "connection"]
    assert found.state == "failed", found
    assert found.fix
    return found


def answers(stage: LocalStage, response: Response) -> None:
    """GitLab, or what stands before it, answers every query so."""
    stage.sandbox.fault = lambda request, _: replace(response) if request.path == GRAPHQL else None


# --- the address ---


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("URL", "gitlab.example.com", "must start with https://"),
        ("URL", "https://:8080", "host's name"),
        ("URL", "https://gitlab.example.com:eighty", "no address"),
        ("URL", "http://::1:8080", "brackets"),
        ("URL", "https://oauth2:glpat-secret@gitlab.example.com", "take user and password out"),
        ("URL", "https://gitlab.example.com/api/v4/", "leave out /api"),
        ("URL", "https://gitlab.example.com?private_token=glpat-secret", "without ? and #"),
        ("PUBLIC_URL", "bot.example.com:8080", "must start with https://"),
        ("GROUP", "https://gitlab.example.com/company/partners", "full path"),
        ("GROUP", "groups/company/partners", "full path"),
        ("GROUP", "Company Partners", "full path"),
        ("GROUP", " / ", "is empty"),
        ("CONTROL", "https://gitlab.example.com/company/control", "full path"),
        ("ARCHITECTS_GROUP", "@company/architects", "full path"),
    ],
)
def test_a_setting_that_cannot_be_is_told_before_gitlab_is_asked(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv("PARTNER_JOURNEY_TOKEN", "glpat-x")
    monkeypatch.setenv("PARTNER_JOURNEY_GROUP", "partners")
    monkeypatch.setenv(f"PARTNER_JOURNEY_{name}", value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert f"PARTNER_JOURNEY_{name} is wrong" in str(refused.value)
    assert words in str(refused.value)
    assert "glpat" not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://gitlab.example.com/", "https://gitlab.example.com"),
        (" https://example.com/gitlab/ ", "https://example.com/gitlab"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_address_may_end_in_a_slash_have_a_path_or_be_ipv6(
    monkeypatch: pytest.MonkeyPatch, given: str, kept: str
) -> None:
    monkeypatch.setenv("PARTNER_JOURNEY_TOKEN", "glpat-x")
    monkeypatch.setenv("PARTNER_JOURNEY_GROUP", "/company/partners/")
    monkeypatch.setenv("PARTNER_JOURNEY_URL", given)
    settings = load_settings()
    assert (settings.url, settings.group) == (kept, "company/partners")


def test_the_address_of_a_group_is_told(onboarded: LocalStage) -> None:
    found = connection(onboarded, url=f"{onboarded.world.base_url}/partners")
    assert "does not answer as GitLab does" in found.text
    assert "without the path of a group" in found.fix


@pytest.mark.parametrize(
    ("location", "words", "fix"),
    [
        (
            "https://gitlab.example.com/api/graphql",
            "redirects to https://gitlab.example.com.",
            "Set PARTNER_JOURNEY_URL",
        ),
        (
            "https://example.com/gitlab/api/graphql",
            "redirects to https://example.com/gitlab.",
            "Set PARTNER_JOURNEY_URL",
        ),
        ("https://login.example.com/authorize?client_id=1", "looks like a sign-in page", "/api/"),
        ("/users/sign_in", "looks like a sign-in page", "/api/"),
    ],
)
def test_a_redirect_to_gitlab_itself_and_one_to_a_sign_in_page_are_told_apart(
    onboarded: LocalStage, location: str, words: str, fix: str
) -> None:
    answers(onboarded, Response(302, {"Location": location}))
    found = connection(onboarded)
    assert words in found.text
    assert fix in found.fix


def test_a_sign_in_page_instead_of_an_answer_is_told(onboarded: LocalStage) -> None:
    answers(onboarded, Response(200, {"Content-Type": "text/html"}, b"<html>Sign in</html>"))
    assert "sign-in page in between must let /api/ pass" in connection(onboarded).fix


def test_a_proxy_of_the_environment_is_named(onboarded: LocalStage, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_request: Request, _number: int) -> Exception:
        return ConnectionRefusedError("refused")

    monkeypatch.setenv("http_proxy", "http://user:hush@proxy.example:3128")
    monkeypatch.setenv("no_proxy", "")
    onboarded.sandbox.fault = broken
    found = connection(onboarded, url="http://gitlab.example")
    assert "proxy.example:3128" in found.text
    assert "NO_PROXY" in found.fix
    assert "hush" not in str(found)


def test_a_gitlab_below_a_path_of_its_host_is_played_like_any_other(theatre: Theatre) -> None:
    """Self-managed with a relative URL, https://docs.gitlab.com/install/relative_url/."""
    clock = ManualClock()
    world = seed_world(clock, base_url=f"{BASE_URL}/gitlab")
    with theatre.open(world, settings={"url": f"{BASE_URL}/gitlab"}) as stage:
        onboard(stage, "acme", ACME)
        close_required(stage)
        pass_quiet_time(stage)
        assert stage.service.reconciler.standing("acme").stages[0].done > 1
        assert [f for f in connected(stage) if f.state == "failed"] == []
        project = stage.project("acme")
        texts = [
            *project.files.values(),
            *(badge.link_url for badge in project.badges),
            *(item.description for item in world.work_items.values()),
        ]
        linked = [text for text in texts if BASE_URL in text]
        assert linked
        assert [text for text in linked if text.replace(f"{BASE_URL}/gitlab/", "").count(BASE_URL)] == []
        found = connection(stage, url=BASE_URL)
        assert "does not answer as GitLab does (404)" in found.text


# --- the token ---


def own_token(stage: LocalStage) -> str:
    return next(value for value, token in stage.world.tokens.items() if token.user_id == stage.user(BOT).id)


def test_a_token_that_has_ended_is_told_apart_from_a_wrong_one(onboarded: LocalStage) -> None:
    token = onboarded.world.tokens[own_token(onboarded)]
    token.expires_at = (onboarded.clock() - timedelta(days=1)).date()
    assert "Token is expired" in connection(onboarded).text
    token.expires_at, token.revoked = None, True
    assert "Token was revoked" in connection(onboarded).text
    found = connection(onboarded, token="glpat-never-there")
    assert "expired" not in found.text
    assert "never-there" not in str(found)


@pytest.mark.parametrize(
    ("value", "words"),
    [("gldt-x", "deploy token"), ("glcbt-x", "CI job"), ("glrt-x", "runner token"), ("whsec_x", "signing token")],
)
def test_a_token_of_another_kind_is_named(onboarded: LocalStage, value: str, words: str) -> None:
    found = connection(onboarded, token=value)
    assert words in found.text
    assert "personal access token" in found.fix


@pytest.mark.parametrize("value", ["Bearer glpat-x", "glpat-\nx", "glpät"])
def test_a_token_that_was_not_copied_alone_is_told(onboarded: LocalStage, value: str) -> None:
    found = connection(onboarded, token=value)
    assert "characters that no token has" in found.text
    assert value not in str(found)


def test_blanks_around_a_token_do_not_count(onboarded: LocalStage) -> None:
    findings = connected(onboarded, token=f" {own_token(onboarded)}\n")
    assert next(f.state for f in findings if f.check == "connection") == "ok"


def test_a_projects_own_token_is_told(onboarded: LocalStage) -> None:
    token = operations.create_access_token(
        onboarded.world, onboarded.user("root"), onboarded.project("acme"), name="Report", scopes=["api"],
        level=MAINTAINER, expires_at=(onboarded.clock() + timedelta(days=300)).date(),
    )  # fmt: skip
    findings = {f.check: f for f in connected(onboarded, token=token.value)}
    assert (findings["account"].state, findings["role"].state) == ("failed", "failed")
    assert "nothing outside its project" in findings["account"].text
    assert "service account" in findings["account"].fix
    assert "is no member of it" in findings["role"].text


@pytest.mark.parametrize(("scopes", "state"), [(["read_api"], "ok"), (["read_user"], "failed")])
def test_a_token_without_the_scope_api_is_told(onboarded: LocalStage, scopes: list[str], state: str) -> None:
    onboarded.world.tokens[own_token(onboarded)].scopes = scopes
    findings = {f.check: f for f in connected(onboarded)}
    assert findings["connection"].state == state
    told = findings["token scopes"] if state == "ok" else findings["connection"]
    assert told.state == "failed"
    assert "scope api" in told.fix


# --- the group ---


def test_the_number_of_a_group_is_told(onboarded: LocalStage) -> None:
    assert "full path" in connection(onboarded, group="40").fix


def test_a_group_below_another_needs_its_whole_path(onboarded: LocalStage) -> None:
    assert "groups above it" in connection(onboarded, group="emea").fix


def test_capitals_in_the_groups_path_change_nothing(theatre: Theatre) -> None:
    with theatre.open(settings={"group": "Partners"}) as stage:
        onboard(stage, "acme", ACME)
        stage.close(stage.issues("acme", state="opened")[-1], "acme.lead")
        stage.deliver()
        assert stage.service.queue.waiting() == ["acme"], "GitLab writes the path in small letters in its webhooks"
        stage.settle()
        assert [f for f in connected(stage) if f.state == "failed"] == []


# --- an older GitLab, and one that is busy ---


def bare(stage: LocalStage) -> Groundwork:
    """Takes the webhook and a label away again, so that setup has something to write by REST and by GraphQL."""
    world = stage.world
    stage.service.groundwork.make(stage.service.groundwork.plan())
    world.hooks.clear()
    (label,) = [label for label in world.labels.values() if label.title == "stage::leading"]
    operations.delete_label(world, stage.user("root"), label)
    return stage.service.groundwork


def test_a_gitlab_that_is_too_old_is_told(onboarded: LocalStage) -> None:
    onboarded.world.version = "18.2.1-ee"
    (found,) = [f for f in connected(onboarded) if f.check == "version"]
    assert (found.state, "18.9 or newer" in found.fix) == ("failed", True)
    missing = {"message": "Field 'workItemTypes' doesn't accept argument 'onlyAvailable'"}
    answers(onboarded, json_response(200, {"errors": [missing]}))
    assert "18.9 or newer" in connection(onboarded).fix


def test_maintenance_is_no_lack_of_rights(stage: LocalStage) -> None:
    words = "You cannot perform write operations on a read-only instance"

    def maintained(request: Request, _number: int) -> Response | None:
        if request.path == GRAPHQL:
            asked = b"mutation" in request.body
            return json_response(200, {"data": None, "errors": [{"message": words}]}) if asked else None
        return error_response(403, words) if request.method != "GET" else None

    groundwork = bare(stage)
    stage.sandbox.fault = maintained
    with pytest.raises(GitLabError, match="read-only") as refused:
        groundwork.make(groundwork.plan())
    assert "Nothing to do but wait" in refused.value.fix
    stage.sandbox.fault = None
    groundwork.make(groundwork.plan())
    assert not groundwork.plan()


def test_a_limit_in_the_midst_of_setup_is_waited_for(stage: LocalStage) -> None:
    refused: list[int] = []

    def limited(request: Request, number: int) -> Response | None:
        if request.method == "POST" and request.path != GRAPHQL and len(refused) < 2:
            refused.append(number)
            return Response(429, {"Retry-After": "30"}, b"Retry later\n")
        return None

    groundwork = bare(stage)
    stage.sandbox.fault = limited
    groundwork.make(groundwork.plan())
    assert not groundwork.plan()
    assert len(refused) == 2


# --- webhooks ---


def test_an_address_that_gitlab_must_not_send_to_is_told_by_setup(stage: LocalStage) -> None:
    def refuse(request: Request, _number: int) -> Response | None:
        return error_response(422, "Invalid url given") if request.path.endswith("/hooks") and request.body else None

    groundwork = bare(stage)
    stage.sandbox.fault = refuse
    with pytest.raises(GitLabError, match="does not send webhooks to") as refused:
        groundwork.make(groundwork.plan())
    assert "local network" in refused.value.fix
    assert "PARTNER_JOURNEY_PUBLIC_URL" in refused.value.fix


def test_a_webhook_that_goes_to_another_port_than_the_services_is_told(onboarded: LocalStage) -> None:
    findings = {f.check: f for f in connected(onboarded, public_url="http://bot.example:8081")}
    found = findings["webhook of partners/journey-control"]
    assert (found.state, "http://bot.example:8081/webhooks/gitlab" in found.text) == ("failed", True)
    assert "partner-journey setup" in found.fix
    assert "partner-journey sync" in findings["webhook of partners/acme"].fix
    assert "8081" not in findings["test delivery"].text, "the test went where the webhook goes"
