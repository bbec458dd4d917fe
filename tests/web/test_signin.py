"""Who may read the site: people of the group, whom GitLab vouches for, for as long as they are that."""

from __future__ import annotations

import base64
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from reader import Browser

from app.demo.local import SERVICE_URL
from app.sandbox import operations
from app.sandbox.world import DEVELOPER, REPORTER
from app.web.app import create_app
from app.web.sessions import local_path

PRIVATE = (
    "/partners/acme", "/queue", "/health", "/numbers", "/tables/partners.csv", "/tables/queue.json",
    "/tables/funnel.csv", "/tables/checks.json", "/tables/partners/acme/capabilities.csv",
    "/tables/partners/acme/runs.json", "/partners/acme/journey.svg",
)  # fmt: skip


def test_a_solution_architect_signs_in_with_gitlab_and_sees_the_portfolio(browser: Browser) -> None:
    assert "Sign in with GitLab" in browser.get("/").text
    page = browser.sign_in()
    assert "Sam Rivera" in page.text
    assert "Acme Integrators" in page.text


def test_one_comes_back_to_where_one_wanted_to_go(browser: Browser) -> None:
    browser.get("/partners/acme?x=1")
    assert "next=%2Fpartners%2Facme%3Fx%3D1" in browser.last.text
    assert "<h1><bdi>Acme Integrators</bdi></h1>" in browser.sign_in(then="/partners/acme?x=1").text


@pytest.mark.parametrize("username", ["acme.lead", "acme.dev", "root", "partner-bot"])
def test_nobody_else_gets_in_and_nothing_private_is_said(browser: Browser, username: str) -> None:
    """Partners are members of their project; the bot is no person; an administrator is no member."""
    page = browser.sign_in(username)
    assert page.status_code == 403
    assert f"@{username}" in page.text
    assert "Acme Integrators" not in page.text
    assert "Sign in with GitLab" in browser.get("/").text


def test_a_role_below_developer_is_not_enough(browser: Browser) -> None:
    world, stage = browser.stage.world, browser.stage
    group = world.group_by_path("partners")
    assert group is not None
    operations.add_member(world, stage.user("partner-bot"), group, stage.user("globex.dev"), REPORTER)
    assert browser.sign_in("globex.dev").status_code == 403
    next(m for m in group.members if m.user_id == stage.user("globex.dev").id).access_level = DEVELOPER
    assert browser.sign_in("globex.dev").status_code == 200


@pytest.mark.parametrize("path", PRIVATE)
def test_without_a_session_nothing_is_shown(browser: Browser, path: str) -> None:
    answer = browser.get(path, follow=False)
    assert answer.status_code in (303, 401)
    assert "Acme" not in answer.text


def test_who_denies_is_told_so(browser: Browser) -> None:
    browser.get("/signin")
    page = browser.agree(decision="deny")
    assert page.status_code == 403
    assert "Sign in with GitLab" in browser.get("/").text


def test_the_question_to_gitlab_is_minimal_and_proves_itself(browser: Browser) -> None:
    sent = parse_qs(urlsplit(browser.get("/signin", follow=False).headers["location"]).query)
    assert sent["scope"] == ["openid"]
    assert sent["code_challenge_method"] == ["S256"]
    assert min(len(sent[name][0]) for name in ("state", "nonce", "code_challenge")) >= 32


def test_an_answer_that_this_browser_did_not_ask_for_is_refused(browser: Browser) -> None:
    attacker, victim = Browser(browser.stage), browser
    victim.get("/signin")
    state = parse_qs(urlsplit(str(attacker.get("/signin", follow=False).headers["location"])).query)["state"][0]
    for forged in (f"?code=x&state={state}", "?code=x&state=", "?code=x", "?error=access_denied"):
        assert victim.get(f"/signin/callback{forged}").status_code == 400
    assert "Sign in with GitLab" in victim.get("/").text


def test_the_answer_works_once(browser: Browser) -> None:
    browser.get("/signin")
    back = browser.agree(user="gl.sa1", follow=False).headers["location"]
    assert browser.get(back).status_code == 200
    assert browser.get(back).status_code == 400


def test_the_persons_token_is_given_back_at_once(architect: Browser) -> None:
    tokens = [t for t in architect.stage.world.tokens.values() if t.application_id is not None]
    assert tokens
    assert all(t.revoked for t in tokens)
    (cookie,) = architect.cookies[SERVICE_URL].values()
    told = json.loads(base64.b64decode(cookie.partition(".")[0] + "=="))
    assert not any(t.value in json.dumps(told) for t in architect.stage.world.tokens.values())


def test_the_cookie_is_kept_from_scripts_and_other_sites(browser: Browser) -> None:
    cookie = browser.get("/signin", follow=False).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_over_https_the_cookie_never_travels_open(browser: Browser) -> None:
    service = browser.stage.service
    service.settings = service.settings.model_copy(update={"public_url": "https://journey.example"})
    browser.app = create_app(service, None)
    answer = browser.get("/signin", follow=False)
    assert answer.headers["set-cookie"].startswith("__Host-journey=")
    assert "secure" in answer.headers["set-cookie"].lower()
    assert "max-age" in browser.get("/", follow=False).headers["strict-transport-security"]


def test_a_forged_or_old_cookie_opens_nothing(architect: Browser) -> None:
    jar = architect.cookies[SERVICE_URL]
    good = jar["journey"]
    jar["journey"] = good[:-2] + ("AA" if good[-2:] != "AA" else "BB")
    assert "Sign in with GitLab" in architect.get("/").text
    jar["journey"] = good
    assert "Acme Integrators" in architect.get("/").text
    architect.stage.clock.advance(hours=8)
    assert "Sign in with GitLab" in architect.get("/").text


def test_signing_out_ends_the_session_wherever_its_cookie_was_copied_to(architect: Browser) -> None:
    copied = dict(architect.cookies[SERVICE_URL])
    assert "Sign in with GitLab" in architect.sign_out().text
    architect.cookies[SERVICE_URL] = copied
    assert "Sign in with GitLab" in architect.get("/").text


def test_another_site_cannot_sign_one_out(architect: Browser) -> None:
    assert architect.post("/signout", {"form": "guess"}).status_code == 403
    assert "Acme Integrators" in architect.get("/").text


def test_who_leaves_the_group_loses_the_site_within_a_quarter_of_an_hour(architect: Browser) -> None:
    world = architect.stage.world
    group = world.group_by_path("partners")
    assert group is not None
    group.members[:] = [m for m in group.members if m.user_id != architect.stage.user("gl.sa1").id]
    architect.stage.clock.advance(minutes=16)
    page = architect.get("/partners/acme")
    assert page.status_code == 403
    assert "Integrators" not in page.text


@pytest.mark.parametrize(
    "text",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "evil", "",
     "/x\r\nSet-Cookie: a=b", "/\t/evil.example", "/ä"],
)  # fmt: skip
def test_the_way_back_never_leads_elsewhere(text: str) -> None:
    assert local_path(text) == "/"


def test_an_address_of_another_site_is_not_followed_after_signing_in(browser: Browser) -> None:
    assert browser.sign_in(then="//evil.example/x").status_code == 200
    assert "<h1>Portfolio</h1>" in browser.last.text


def test_without_an_application_the_site_says_how_to_set_it_up_and_shows_nothing(browser: Browser) -> None:
    service = browser.stage.service
    service.signin = None
    service.settings = service.settings.model_copy(update={"oauth_application_id": "", "oauth_secret": None})
    browser.app = create_app(service, None)
    page = browser.get("/").text
    assert "PARTNER_JOURNEY_OAUTH_APPLICATION_ID" in page
    assert f"{SERVICE_URL}/signin/callback" in page
    for path in ("/partners/acme", "/signin", "/signin/callback?code=x&state=y"):
        assert "Acme" not in browser.get(path).text
    assert browser.get("/tables/partners.csv", follow=False).status_code == 401


def test_a_gitlab_that_is_down_is_said_so(browser: Browser) -> None:
    def fail(*_: object) -> None:
        raise ConnectionError("down")

    browser.stage.sandbox.handle, handle = fail, browser.stage.sandbox.handle  # type: ignore[method-assign,assignment]
    try:
        page = browser.get("/signin")
    finally:
        browser.stage.sandbox.handle = handle  # type: ignore[method-assign]
    assert page.status_code == 502
    assert "reachable" in page.text


def test_the_rest_api_keeps_its_own_token(architect: Browser) -> None:
    assert architect.get("/api/partners").status_code == 401
