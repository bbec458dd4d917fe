"""The sandbox as an OAuth provider: the flow of https://docs.gitlab.com/api/oauth2/, and everything it must refuse."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from app.sandbox import operations
from app.sandbox.core import Sandbox
from app.sandbox.http import Response, request_for
from app.sandbox.seed import SITE_ADDRESS, SITE_SECRET, SITE_UID, seed_world

# The example of GitLab's own page.
VERIFIER = "ks02i3jdikdo2k0dkfodf3m39rjfjsdk0wk349rj3jrhf"
CHALLENGE = "2i0WFA-0AerkjQm4X4oDEhqA17QIAKNjXpagHBXmO_U"
ASKED = {
    "client_id": SITE_UID, "redirect_uri": SITE_ADDRESS, "response_type": "code", "scope": "openid",
    "state": "the-state", "nonce": "the-nonce", "code_challenge": CHALLENGE, "code_challenge_method": "S256",
}  # fmt: skip


@dataclass
class Provider:
    """The sandbox, with a browser's cookie and a clock to move."""

    now: datetime = datetime(2026, 11, 2, 9, 5, tzinfo=UTC)
    cookie: str = ""
    sandbox: Sandbox = field(init=False)

    def __post_init__(self) -> None:
        self.sandbox = Sandbox(seed_world(lambda: self.now))

    def get(self, target: str, **headers: str) -> Response:
        answer = self.sandbox.handle(request_for(target, headers={"Cookie": self.cookie, **headers}))
        self.cookie = answer.headers.get("Set-Cookie", self.cookie).partition(";")[0]
        return answer

    def post(self, target: str, form: dict[str, str], **headers: str) -> Response:
        sent = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded", **headers}
        return self.sandbox.handle(request_for(target, method="POST", headers=sent, body=urlencode(form).encode()))

    def agree(self, asked: dict[str, str] = ASKED, **decision: str) -> Response:
        """The person opens the page and presses a button on it."""
        shown = self.get(f"/oauth/authorize?{urlencode(asked)}")
        assert shown.status == 200
        hidden = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', shown.text)
        fields = {name: html.unescape(value) for name, value in hidden if name != "back"}
        return self.post("/oauth/authorize", fields | (decision or {"user": "gl.sa1"}))

    def code(self, **decision: str) -> str:
        return returned(self.agree(**decision))["code"]

    def exchange(self, code: str, /, **other: str) -> Response:
        form = {
            "client_id": SITE_UID, "client_secret": SITE_SECRET, "grant_type": "authorization_code", "code": code,
            "redirect_uri": SITE_ADDRESS, "code_verifier": VERIFIER,
        }  # fmt: skip
        return self.post("/oauth/token", form | other)


def returned(answer: Response) -> dict[str, str]:
    """What the browser carries back to the application."""
    assert answer.status == 303
    assert answer.headers["Location"].startswith(f"{SITE_ADDRESS}?")
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


@pytest.fixture
def provider() -> Provider:
    return Provider()


def test_the_example_of_the_documentation_fits_together() -> None:
    digest = hashlib.sha256(VERIFIER.encode()).digest()
    assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == CHALLENGE


def test_a_person_agrees_and_the_application_learns_who_it_is(provider: Provider) -> None:
    back = returned(provider.agree())
    assert back["state"] == "the-state"
    answer = provider.exchange(back["code"])
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    told = answer.json()
    assert (told["token_type"], told["expires_in"], told["scope"]) == ("Bearer", 7200, "openid")
    who = provider.get("/oauth/userinfo", Authorization=f"Bearer {told['access_token']}").json()
    assert (who["nickname"], who["name"], who["groups"]) == ("gl.sa1", "Sam Rivera", ["partners"])
    assert who["https://gitlab.org/claims/groups/developer"] == ["partners"]
    assert "email" not in who


def test_the_id_token_is_signed_and_says_for_whom(provider: Provider) -> None:
    signed = provider.exchange(provider.code()).json()["id_token"]
    discovery = provider.get("/.well-known/openid-configuration").json()
    keys = provider.get(urlsplit(discovery["jwks_uri"]).path).json()
    assert "d" not in keys["keys"][0], "the private half stays here"
    claims = jwt.decode(signed, KeySet.import_key_set(keys), algorithms=["RS256"]).claims
    user = provider.sandbox.world.user_by_name("gl.sa1")
    assert user is not None
    assert claims["sub"] == str(user.id)
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (discovery["issuer"], SITE_UID, "the-nonce")
    assert claims["exp"] > provider.now.timestamp()


def test_one_agrees_as_whom_one_likes(provider: Provider) -> None:
    token = provider.exchange(provider.code(user="acme.lead")).json()["access_token"]
    assert provider.get("/oauth/userinfo", Authorization=f"Bearer {token}").json()["nickname"] == "acme.lead"


def test_who_denies_is_sent_back_without_a_code(provider: Provider) -> None:
    back = returned(provider.agree(decision="deny"))
    assert back == {
        "error": "access_denied",
        "error_description": "The resource owner or authorization server denied the request.",
        "state": "the-state",
    }


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "api"}, "invalid_scope"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
    ],
)
def test_a_request_that_cannot_be_goes_back_as_an_error(provider: Provider, change: dict[str, str], error: str) -> None:
    back = returned(provider.get(f"/oauth/authorize?{urlencode(ASKED | change)}"))
    assert (back["error"], back["state"]) == (error, "the-state")


@pytest.mark.parametrize(
    "change",
    [
        {"redirect_uri": "https://evil.example/signin/callback"},
        {"redirect_uri": SITE_ADDRESS + "/../x"},
        {"redirect_uri": ""},
        {"client_id": "somebody-else"},
    ],
)
def test_nothing_is_ever_sent_to_an_address_that_the_application_never_named(
    provider: Provider, change: dict[str, str]
) -> None:
    answer = provider.get(f"/oauth/authorize?{urlencode(ASKED | change)}")
    assert answer.status == 401
    assert "Location" not in answer.headers


def test_a_form_from_elsewhere_grants_nothing(provider: Provider) -> None:
    answer = provider.post("/oauth/authorize", ASKED | {"user": "gl.sa1", "csrf": "0" * 64})
    assert answer.status == 403
    assert not provider.sandbox.world.grants


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"code_verifier": "x" * 43}, 400, "invalid_grant"),
        ({"code_verifier": ""}, 400, "invalid_grant"),
        ({"redirect_uri": "http://127.0.0.1:8080/"}, 400, "invalid_grant"),
        ({"code": "0" * 64}, 400, "invalid_grant"),
        ({"client_secret": "guess"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"client_id": "guess"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_a_code_is_exchanged_only_by_its_own_application_with_its_own_proof(
    provider: Provider, change: dict[str, str], status: int, error: str
) -> None:
    answer = provider.exchange(provider.code(), **change)
    assert (answer.status, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]


def test_a_code_works_once_and_for_ten_minutes(provider: Provider) -> None:
    code = provider.code()
    assert provider.exchange(code).status == 200
    assert provider.exchange(code).json()["error"] == "invalid_grant"
    late = provider.code()
    provider.now += timedelta(minutes=10)
    assert provider.exchange(late).json()["error"] == "invalid_grant"


def test_credentials_may_come_by_http_basic(provider: Provider) -> None:
    basic = base64.b64encode(f"{SITE_UID}:{SITE_SECRET}".encode()).decode()
    form = {
        "grant_type": "authorization_code", "code": provider.code(), "redirect_uri": SITE_ADDRESS,
        "code_verifier": VERIFIER,
    }  # fmt: skip
    assert provider.post("/oauth/token", form, Authorization=f"Basic {basic}").status == 200
    assert provider.post("/oauth/token", form, Authorization="Basic !").status == 401


def _access(provider: Provider) -> dict[str, Any]:
    found: dict[str, Any] = provider.exchange(provider.code()).json()
    return found


def test_a_token_ends_after_two_hours_and_is_renewed_once(provider: Provider) -> None:
    told = _access(provider)
    provider.now += timedelta(hours=2)
    assert provider.get("/oauth/userinfo", Authorization=f"Bearer {told['access_token']}").status == 401
    form = {
        "client_id": SITE_UID, "client_secret": SITE_SECRET, "grant_type": "refresh_token",
        "refresh_token": told["refresh_token"],
    }  # fmt: skip
    renewed = provider.post("/oauth/token", form).json()
    assert provider.get("/oauth/userinfo", Authorization=f"Bearer {renewed['access_token']}").status == 200
    assert provider.post("/oauth/token", form).json()["error"] == "invalid_grant"


def test_a_revoked_token_opens_nothing(provider: Provider) -> None:
    token = _access(provider)["access_token"]
    info = provider.get("/oauth/token/info", Authorization=f"Bearer {token}").json()
    assert (info["scope"], info["application"]) == (["openid"], {"uid": SITE_UID})
    form = {"client_id": SITE_UID, "client_secret": SITE_SECRET, "token": token}
    assert (provider.post("/oauth/revoke", form).status, provider.post("/oauth/revoke", form).json()) == (200, {})
    assert provider.get("/oauth/userinfo", Authorization=f"Bearer {token}").status == 401


def test_the_token_works_on_the_api_as_far_as_its_scope_goes(provider: Provider) -> None:
    world = provider.sandbox.world
    application = operations.create_application(
        world, name="Reader", redirect_uri=SITE_ADDRESS, scopes=["read_api", "openid"], uid="reader", secret="s"
    )
    back = returned(provider.agree(ASKED | {"client_id": application.uid, "scope": "read_api openid"}))
    answer = provider.exchange(back["code"], client_id="reader", client_secret="s")
    reader, narrow = answer.json()["access_token"], _access(provider)["access_token"]
    assert provider.get("/api/v4/user", Authorization=f"Bearer {reader}").json()["username"] == "gl.sa1"
    assert provider.get(f"/api/v4/user?access_token={reader}").status == 200
    assert provider.get("/api/v4/user", Authorization=f"Bearer {narrow}").json()["error"] == "insufficient_scope"
