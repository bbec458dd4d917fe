"""Signing a person in with GitLab: OAuth 2 authorization code with PKCE, OpenID Connect for who it is.

https://docs.gitlab.com/api/oauth2/ and https://docs.gitlab.com/integration/openid_connect_provider/. Only the scope
`openid` is asked for, and the person's token is given back as soon as GitLab has said who it is. Whether that person
may come in is asked with the bot's own token, by user id. The traps: trusting an e-mail address or a group's name in a
claim, and taking a partner, who is a member of one project, for a member of the group.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from app.gitlab.client import TIMEOUT_SECONDS, Client
from app.gitlab.errors import GitLabError, Missing, Refused, Transient
from app.gitlab.instance import Instance
from app.gitlab.verdicts import Circle

_LEEWAY_SECONDS = 120
_AGAIN = "Sign in again."


@dataclass(frozen=True)
class Leaving:
    """What must be remembered while the person is at GitLab: proof that the answer belongs to this browser."""

    address: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Person:
    """Who GitLab says it is."""

    id: int
    username: str
    name: str


class SignIn:
    """The conversation with GitLab about one person at a time. Safe to use from several threads."""

    def __init__(
        self,
        client: Client,
        instance: Instance,
        *,
        circle: Circle,
        application_id: str,
        secret: str,
        callback: str,
        clock: Callable[[], datetime],
        adapter: requests.adapters.BaseAdapter | None = None,
    ) -> None:
        """`callback`: the address that the application in GitLab names; `adapter` replaces the network."""
        self._client = client
        self._instance = instance
        self._circle = circle
        self._application_id = application_id
        self._secret = secret
        self._callback = callback
        self._clock = clock
        self._adapter = adapter
        self._discovered: dict[str, Any] | None = None

    def leave(self) -> Leaving:
        """Where to send the person, and what to remember meanwhile. Raises GitLabError."""
        verifier, nonce, state = secrets.token_urlsafe(48), secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        with self._session() as session:
            endpoint = self._endpoints(session)["authorization_endpoint"]
            address, _ = session.create_authorization_url(endpoint, state=state, nonce=nonce, code_verifier=verifier)
        return Leaving(address, state, nonce, verifier)

    def come_back(self, code: str, *, nonce: str, verifier: str) -> Person:
        """Who has come back with this code. Raises Refused when GitLab or the proofs say no, other GitLabErrors."""
        with self._session() as session:
            try:
                endpoints = self._endpoints(session)
                token = session.fetch_token(endpoints["token_endpoint"], code=code, code_verifier=verifier)
                subject = self._subject(session, endpoints, token, nonce)
                told = session.get(endpoints["userinfo_endpoint"]).json()
                session.revoke_token(endpoints["revocation_endpoint"], token["access_token"])
            except requests.RequestException as error:
                raise self._unreachable(error) from None
            except (AuthlibBaseError, JoseError, ValueError, KeyError) as error:
                what = getattr(error, "error", None) or type(error).__name__
                raise Refused(f"GitLab did not confirm who you are ({what}).", _AGAIN) from None
        if str(told.get("sub")) != subject:
            raise Refused("GitLab's two answers are about different people.", _AGAIN)
        return Person(int(subject), str(told.get("nickname", "")), str(told.get("name", "")))

    def is_architect(self, user_id: int) -> bool:
        """Whether this user counts as a solution architect. One request. Raises GitLabError."""
        if self._instance.bot_id.endswith(f"/{user_id}"):
            return False
        try:
            member = self._client.get(f"{self._circle.address}/{user_id}")
        except Missing:
            return False
        return self._circle.counts(member)

    # --- inside ---

    def _session(self) -> OAuth2Session:
        session = OAuth2Session(
            self._application_id,
            self._secret,
            scope="openid",
            redirect_uri=self._callback,
            code_challenge_method="S256",
            default_timeout=TIMEOUT_SECONDS,
        )
        if self._adapter is not None:
            session.mount("http://", self._adapter)
            session.mount("https://", self._adapter)
        return session

    def _endpoints(self, session: OAuth2Session) -> dict[str, Any]:
        """GitLab's own list of its addresses, read once. Raises GitLabError."""
        if self._discovered is None:
            try:
                answer = session.get(f"{self._client.url}/.well-known/openid-configuration", withhold_token=True)
                answer.raise_for_status()
                self._discovered = dict(answer.json())
            except (requests.RequestException, ValueError) as error:
                raise self._unreachable(error) from None
        return self._discovered

    def _subject(self, session: OAuth2Session, endpoints: dict[str, Any], token: dict[str, Any], nonce: str) -> str:
        """The user id of the ID token, once its signature, issuer, audience, time and nonce are right."""
        keys = session.get(endpoints["jwks_uri"], withhold_token=True).json()
        decoded = jwt.decode(token["id_token"], KeySet.import_key_set(keys), algorithms=["RS256"])
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {"iss": {"essential": True, "values": [endpoints["issuer"]]}},
            {"nonce": nonce, "client_id": self._application_id, "access_token": token["access_token"]},
        )
        claims.validate(now=int(self._clock().timestamp()), leeway=_LEEWAY_SECONDS)
        return str(claims["sub"])

    def _unreachable(self, error: Exception) -> GitLabError:
        what = f"GitLab cannot be asked who you are ({type(error).__name__})."
        return Transient(what, f"Check that {self._client.url} is reachable, and try again.")
