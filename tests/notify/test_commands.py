"""`notify test` and `notify retry` as people type them, without a GitLab, and the examples that they paste."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from receivers import Chat
from typer.testing import CliRunner, Result

from app.bot import wall_clock
from app.cli import app
from app.doctor import LINES, examine
from app.engine.store import Store
from app.notify.channels import Event
from app.outside import open_channels
from app.settings import ChannelSettings, Settings, SettingsError, load_settings

ROOT = Path(__file__).resolve().parents[2]
SIGNING = "whsec_" + base64.b64encode(bytes(32)).decode()
Type = Callable[..., Result]


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/journey.sqlite"


def environment(database: str, channels: object) -> dict[str, str]:
    return {
        "PARTNER_JOURNEY_URL": "http://127.0.0.1:9", "PARTNER_JOURNEY_TOKEN": "none",
        "PARTNER_JOURNEY_GROUP": "partners",
        "PARTNER_JOURNEY_DATABASE_URL": database,
        "PARTNER_JOURNEY_CHANNELS": channels if isinstance(channels, str) else json.dumps(channels),
    }  # fmt: skip


@pytest.fixture
def typed(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Type:
    monkeypatch.chdir(tmp_path)

    def run(channels: object, *words: str) -> Result:
        return CliRunner().invoke(app, ["notify", *words], env=environment(database, channels))

    return run


def test_each_channel_gets_a_test_message_and_a_line(typed: Type, chat: Chat, second_chat: Chat) -> None:
    second_chat.status = 403
    channels = [
        {"name": "good", "url": chat.address, "events": ["complete"], "regions": ["EMEA"],
         "quiet": {"begin": "00:00", "end": "23:59", "zone": "UTC"}},
        {"name": "bad", "url": second_chat.address},
        {"name": "hook", "url": f"http://127.0.0.1:{chat.port}/very-secret-path", "signing_token": SIGNING},
    ]  # fmt: skip
    result = typed(channels, "test", "--json")
    assert result.exit_code == 1
    found = {line["check"]: line for line in json.loads(result.stdout)}
    assert {name: line["state"] for name, line in found.items()} == {"good": "ok", "bad": "failed", "hook": "ok"}
    assert found["good"]["text"] == (
        "The test message was taken. This channel hears complete, of EMEA only, quiet from 00:00 to 23:59 UTC."
    )
    assert found["bad"]["text"] == "The service answered 403."
    assert found["bad"]["fix"]
    assert [said.get("title") or said["data"]["title"] for said in chat.heard] == ["Partner Journey: test message"] * 2
    assert "very-secret" not in result.output


def test_one_channel_alone_can_be_tried(typed: Type, chat: Chat, second_chat: Chat) -> None:
    channels = [{"name": "one", "url": chat.address}, {"name": "two", "url": second_chat.address}]
    result = typed(channels, "test", "--channel", "two")
    assert (result.exit_code, len(chat.heard), len(second_chat.heard)) == (0, 0, 1)
    assert "ok" in result.output


@pytest.mark.parametrize(
    ("channels", "words", "said"),
    [
        ([], [], "No channel is set up"),
        ([{"name": "one", "url": "json://127.0.0.1/very-secret"}], ["--channel", "two"], "Name one of: one."),
        ([{"name": "one", "url": "nonsense-very-secret"}], [], "wrong at one: Its url is neither"),
        ([{"name": "one", "url": "https://a.example/very-secret", "signing_token": "very-secret"}], [], "malformed"),
        ([{"name": "one", "url": "json://very-secret"}] * 2, [], "two channels of one name"),
        ([{"name": "one", "url": "json://very-secret", "event": []}], [], "number 1, event: Extra inputs"),
        ([{"name": "one"}], [], "number 1, url is missing"),
        ("{'name': 'very-secret'}", [], "is no JSON"),
    ],
)
def test_settings_that_cannot_be_used_are_told_with_the_fix_and_without_a_secret(
    typed: Type, channels: object, words: list[str], said: str
) -> None:
    result = typed(channels, "test", *words)
    assert isinstance(result.exception, SettingsError)
    assert said in str(result.exception)
    assert "very-secret" not in str(result.exception)


def test_what_was_given_up_is_sent_again_when_a_person_asks(typed: Type, database: str, chat: Chat) -> None:
    channels = [{"name": "chat", "url": chat.address}]
    assert "Nothing to do" in typed(channels, "retry").output
    event = Event(
        key="acme/stage/1/walk", kind="stage-change", partner="acme", title="t", text="x", url="",
        at=datetime(2026, 11, 24, tzinfo=UTC),
    )  # fmt: skip
    with Store(database, wall_clock) as store:
        for name in ("chat", "gone"):
            store.outbox.put(event.key, name, event.model_dump_json())
            store.outbox.failed(event.key, name, "It was down.", None)
        result = typed(channels, "retry")
        assert (result.exit_code, "1 message waits" in result.output) == (0, True)
        assert {entry.channel: entry.state for entry in store.outbox.newest()} == {"chat": "waiting", "gone": "dead"}
    assert chat.heard == []


def examples() -> Any:
    text = (ROOT / "docs/operate.md").read_text(encoding="utf-8")
    (found,) = re.findall(r"<!-- example: PARTNER_JOURNEY_CHANNELS -->\n```json\n(.*?)```", text, re.DOTALL)
    return json.loads(found)


@pytest.mark.parametrize("example", examples(), ids=lambda example: example["name"])
def test_the_examples_in_the_documents_can_be_pasted(example: dict[str, Any]) -> None:
    with httpx.Client() as outside:
        (channel,) = open_channels([ChannelSettings.model_validate(example)], outside, wall_clock)
    assert channel.name == example["name"]


def test_the_whole_example_fits_into_one_variable(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in environment(database, examples()).items():
        monkeypatch.setenv(name, value)
    assert [channel.name for channel in load_settings().channels] == [example["name"] for example in examples()]


def test_the_doctor_names_a_channel_that_cannot_be_used_and_goes_on(database: str) -> None:
    settings = Settings.model_validate(
        {
            "url": "http://127.0.0.1:9", "token": "none", "group": "partners", "database_url": database,
            "channels": [{"name": "one", "url": "nonsense-very-secret"}],
        }
    )  # fmt: skip
    found = list(examine(lambda: settings, sleep=lambda _seconds: None))
    assert (found[0].check, found[0].state) == ("settings", "failed")
    assert "wrong at one: Its url is neither" in found[0].text
    assert set(LINES) <= {finding.check for finding in found}
    assert not any("very-secret" in finding.text + finding.fix for finding in found)
