"""The token in a file: changed while the service runs, kept before it is used, and never lost by a cut-off rotation."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from stagehand import BOT, KINDS, Fault, Kind, Theatre, capabilities, copied

from app.demo.local import BOT_TOKEN, LocalStage
from app.gitlab.client import Client
from app.gitlab.credential import FixedToken, TokenFile
from app.gitlab.errors import Denied, GitLabError, Refused
from app.gitlab.rotation import Rotation
from app.sandbox import operations
from app.sandbox.http import Request, Response, error_response
from app.sandbox.inprocess import httpx_transport, requests_adapter
from app.sandbox.world import MAINTAINER, World
from app.settings import Settings


@dataclass
class Keyring:
    """A service whose token is in a file, and who changes it."""

    stage: LocalStage
    file: TokenFile
    said: list[str] = field(default_factory=list)

    @property
    def token(self) -> str:
        return self.file.path.read_text().strip()

    def steps(self, days: int = 365) -> Iterator[str]:
        """What it says at each step. Raises GitLabError."""
        rotation = Rotation(self._client(self.file), self.file, lambda t: self._client(FixedToken(t)), "partners")
        return rotation.rotate(self.stage.clock().date(), days)

    def rotate(self, days: int = 365) -> None:
        """Raises GitLabError. What it said by then is in `said`."""
        for line in self.steps(days):
            self.said.append(line)

    def works(self, token: str) -> bool:
        try:
            self._client(FixedToken(token)).get("/user")
        except Denied:
            return False
        return True

    def living(self) -> set[str]:
        """The bot's tokens that GitLab takes."""
        bot = self.stage.user(BOT).id
        return {t.value for t in self.stage.world.tokens.values() if t.user_id == bot and not t.revoked}

    def _client(self, credential: TokenFile | FixedToken) -> Client:
        sandbox, limiter = self.stage.sandbox, self.stage.service.client.limiter
        return Client(
            self.stage.world.base_url, credential, adapter=requests_adapter(sandbox),
            transport=httpx_transport(sandbox), limiter=limiter,
        )  # fmt: skip


@pytest.fixture
def keyring(theatre: Theatre, onboarded_world: World, tmp_path: Path) -> Iterator[Keyring]:
    file = TokenFile(tmp_path / "token")
    file.path.write_text(f"{BOT_TOKEN}\n")
    file.path.chmod(0o600)
    with theatre.open(copied(onboarded_world), settings={"token": None, "token_file": file.path}) as stage:
        stage.settle()
        yield Keyring(stage, file)


def demote(keyring: Keyring) -> None:
    """The bot is Maintainer, so it may make no second token."""
    group = keyring.stage.world.group_by_path("partners")
    assert group is not None
    (own,) = [m for m in group.members if m.user_id == keyring.stage.user(BOT).id]
    own.access_level = MAINTAINER


def test_a_running_service_goes_on_with_the_new_token_and_the_old_one_is_revoked(keyring: Keyring) -> None:
    keyring.rotate()
    assert keyring.token != BOT_TOKEN
    assert keyring.living() == {keyring.token}
    assert stat.S_IMODE(keyring.file.path.stat().st_mode) == 0o600
    assert not keyring.file.beside.exists()
    new = keyring.stage.world.tokens[keyring.token]
    assert (new.scopes, new.expires_at) == (["api"], (keyring.stage.clock() + timedelta(days=365)).date())

    item = capabilities(keyring.stage, state="opened")[-1]
    keyring.stage.finish(item, "gl.sa1")
    keyring.stage.settle()
    assert keyring.stage.service.reconciler.standing("acme").stages[0].done == 1
    assert not any(token in line for line in keyring.said for token in (BOT_TOKEN, keyring.token))


def test_where_no_second_token_is_allowed_gitlabs_own_rotate_is_used(keyring: Keyring) -> None:
    demote(keyring)
    keyring.rotate(days=30)
    assert keyring.living() == {keyring.token}
    assert keyring.token != BOT_TOKEN
    assert keyring.stage.world.tokens[keyring.token].expires_at == (keyring.stage.clock() + timedelta(days=30)).date()
    assert "own rotate is used" in keyring.said[0]


def test_where_the_token_could_not_be_kept_gitlab_is_not_asked_for_one(keyring: Keyring) -> None:
    keyring.file.beside.mkdir()
    writes = sum(e.method != "GET" for e in keyring.stage.world.journal)
    with pytest.raises(Refused, match="cannot be written"):
        keyring.rotate()
    assert sum(e.method != "GET" for e in keyring.stage.world.journal) == writes
    assert keyring.living() == {BOT_TOKEN}


@pytest.mark.parametrize("role", ["owner", "maintainer"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("at", range(1, 8))
def test_cut_off_anywhere_a_second_run_ends_with_one_working_token(
    keyring: Keyring, kind: Kind, at: int, role: str
) -> None:
    if role == "maintainer":
        demote(keyring)
    failure: GitLabError | None = None
    try:
        with Fault(keyring.stage, kind, at):
            keyring.rotate()
    except GitLabError as error:
        failure = error
    if failure is not None:
        assert failure.fix
        assert not any(token in str(failure) for token in keyring.stage.world.tokens)
        if "Create a token for the same account" in failure.fix:  # GitLab's answer, with the only token, was lost
            assert (role, kind) == ("maintainer", "lost on the way back")
            return
        kept = {keyring.token, keyring.file.waiting()}
        assert kept & keyring.living(), "a token that works is on the disk at every moment"
        keyring.rotate()
    assert keyring.works(keyring.token)
    assert keyring.file.waiting() is None


def test_a_rotation_that_was_killed_before_the_end_is_completed(keyring: Keyring) -> None:
    bot = keyring.stage.user(BOT)
    new = operations.create_token(keyring.stage.world, bot, name="next", scopes=["api"])
    keyring.file.beside.write_text(f"{new.value}\n")
    keyring.rotate()
    assert keyring.token == new.value
    assert keyring.living() == {new.value}
    keyring.file.beside.write_text("half of a tok")
    with pytest.raises(Refused, match="does not take"):
        keyring.rotate()
    keyring.rotate()
    assert keyring.living() == {keyring.token}


def test_killed_before_the_old_token_was_revoked_the_next_run_revokes_it_and_makes_no_third(keyring: Keyring) -> None:
    for line in keyring.steps():
        if "has it" in line:
            break  # killed here
    assert keyring.living() == {BOT_TOKEN, keyring.token}
    assert stat.S_IMODE(keyring.file.behind.stat().st_mode) == 0o600
    present = keyring.token
    keyring.rotate()
    assert (keyring.living(), keyring.token) == ({present}, present)
    assert not keyring.file.behind.exists()


@pytest.mark.parametrize("call", ["query", "get", "mutate"])
def test_a_request_that_meets_the_change_is_sent_again_with_the_new_token(keyring: Keyring, call: str) -> None:
    stage = keyring.stage
    new = operations.create_token(stage.world, stage.user(BOT), name="next", scopes=["api"])
    seen: list[str] = []

    def changed_meanwhile(request: Request, _number: int) -> Response | None:
        seen.append(request.headers.get("private-token") or request.headers["authorization"].removeprefix("Bearer "))
        if len(seen) > 1:
            return None
        keyring.file.path.write_text(new.value)
        return error_response(401, "401 Unauthorized")

    stage.sandbox.fault = changed_meanwhile
    client = stage.service.client
    if call == "mutate":
        stage.sandbox.fault = None
        stage.close(capabilities(stage, state="opened")[-1], "acme.lead")
        view = stage.service.reconciler.view("acme")
        stage.sandbox.fault = changed_meanwhile
        view.footing.applier.apply(view.plan, view.observed, [])
        assert not stage.service.reconciler.view("acme").plan
    elif call == "query":
        assert client.query("instance", {"group": "partners"})["group"]
    else:
        assert client.get("/user")["username"] == BOT
    assert seen[:2] == [BOT_TOKEN, new.value]


def test_a_token_that_is_refused_for_good_is_sent_once_only(keyring: Keyring) -> None:
    keyring.file.path.write_text("glpat-wrong")
    before = len(keyring.stage.world.journal)
    with pytest.raises(Denied) as caught:
        keyring.stage.service.client.get("/user")
    assert "glpat-wrong" not in str(caught.value)
    assert len(keyring.stage.world.journal) == before + 1


@pytest.mark.parametrize("text", ["", " \n", "two\nlines", None])
def test_a_file_without_a_token_is_told_with_its_name(keyring: Keyring, text: str | None) -> None:
    keyring.file.path.unlink()
    if text is not None:
        keyring.file.path.write_text(text)
    with pytest.raises(Denied, match="token") as caught:
        keyring.stage.service.client.get("/user")
    assert str(keyring.file.path) in str(caught.value)


def test_exactly_one_way_to_give_the_token(tmp_path: Path) -> None:
    file = tmp_path / "token"
    assert Settings(group="partners", token_file=file).token_file == file
    for wrong in ({}, {"token": SecretStr("x"), "token_file": file}, {"token": SecretStr("")}):
        with pytest.raises(ValueError, match="PARTNER_JOURNEY_TOKEN_FILE"):
            Settings(group="partners", **wrong)  # type: ignore[arg-type]
