"""Messages: put once, sent at least once, tried eight times, and signed so that the receiver can tell."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import respx
from pydantic import ValidationError

from app.engine.store import Store
from app.notify.channels import Event, UndeliveredError
from app.notify.outbox import CLAIM, TRIES, Outbox
from app.notify.subscription import Subscription
from app.notify.webhook import Webhook

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
KEY = bytes(range(32))
SIGNING = "whsec_" + base64.b64encode(KEY).decode()
RECEIVER = "https://chat.example/hooks/very-secret-path"
EVENT = Event(
    key="acme:stage:2:note-77",
    kind="stage-change",
    partner="acme",
    title="Acme has finished Discovery",
    text="Nine of nine capabilities are done. Grüße",
    url="https://gitlab.example/partners/acme/-/issues/1",
    at=NOON,
)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


class Recorder:
    """A channel that fails as often as it is told to."""

    def __init__(
        self, name: str, failures: int = 0, *, error: Exception | None = None, knows_again: bool = True
    ) -> None:
        self.name = name
        self.knows_again = knows_again
        self.failures = failures
        self.error = error or UndeliveredError("The receiver is down.", "Start it.")
        self.tried: list[str] = []
        self.sent: list[Event] = []

    def send(self, event: Event) -> None:
        self.tried.append(event.key)
        if self.failures > 0:
            self.failures -= 1
            raise self.error
        self.sent.append(event)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path}/journey.sqlite", clock) as opened:
        yield opened


def another(number: int) -> Event:
    return EVENT.model_copy(update={"key": f"other-{number}"})


def test_the_same_key_is_sent_once_by_each_channel_also_after_a_restart(store: Store, clock: Clock) -> None:
    chat, mail = Recorder("chat"), Recorder("mail")
    for _ in range(3):
        outbox = Outbox(store.outbox, [chat, mail], clock)
        outbox.put(EVENT)
        outbox.put(EVENT.model_copy(update={"text": "said differently"}))
        outbox.flush()
    assert chat.sent == mail.sent == [EVENT]


def test_a_failing_channel_holds_up_no_other_and_rests_for_a_minute(store: Store, clock: Clock) -> None:
    down, good = Recorder("down", failures=99), Recorder("good")
    outbox = Outbox(store.outbox, [down, good], clock)
    for number in range(5):
        outbox.put(another(number))
    assert outbox.flush() == 5
    assert (len(down.tried), len(good.sent)) == (1, 5)
    down.failures = 0
    outbox.flush()
    assert down.sent == []
    clock.now += timedelta(minutes=1)
    outbox.flush()
    assert len(down.sent) == 5


def test_eight_tries_with_growing_gaps_then_dead_until_revived(store: Store, clock: Clock) -> None:
    chat = Recorder("chat", failures=TRIES)
    outbox = Outbox(store.outbox, [chat], clock)
    outbox.put(EVENT)
    gaps = []
    for number in range(TRIES):
        outbox.flush()
        (entry,) = store.outbox.newest()
        assert entry.attempts == number + 1
        if entry.next_at is not None:
            gaps.append((entry.next_at - clock.now) / timedelta(minutes=1))
            clock.now = entry.next_at
    assert gaps == [1, 3, 9, 27, 81, 243, 720]
    (dead,) = store.outbox.newest(state="dead")
    assert dead.last_error == "The receiver is down. Start it."
    clock.now += timedelta(days=9)
    outbox.put(EVENT)
    assert outbox.flush() == 0
    store.outbox.revive(EVENT.key, "chat")
    assert outbox.flush() == 1
    assert store.outbox.newest(state="sent")[0].last_error == ""


def test_final_failures_die_at_once_and_a_bug_in_a_channel_is_named_without_its_text(
    store: Store, clock: Clock
) -> None:
    gone = Recorder("gone", failures=1, error=UndeliveredError("Gone.", "Remove it.", final=True))
    buggy = Recorder("buggy", failures=1, error=RuntimeError("token glpat-1"))
    Outbox(store.outbox, [gone, buggy], clock).put(EVENT)
    Outbox(store.outbox, [gone, buggy], clock).flush()
    states = {entry.channel: (entry.state, entry.last_error) for entry in store.outbox.newest()}
    assert states["gone"] == ("dead", "Gone. Remove it.")
    assert states["buggy"][0] == "waiting"
    assert "RuntimeError" in states["buggy"][1]
    assert "glpat" not in states["buggy"][1]


def test_a_channel_that_is_no_longer_set_up_or_an_unreadable_message_is_dead(store: Store, clock: Clock) -> None:
    Outbox(store.outbox, [Recorder("old")], clock).put(EVENT)
    store.outbox.put("ancient", "chat", '{"key": "ancient"}')
    assert Outbox(store.outbox, [Recorder("chat")], clock).flush() == 0
    assert {entry.key: entry.state for entry in store.outbox.newest()} == {EVENT.key: "dead", "ancient": "dead"}


def test_two_channels_of_one_name_are_refused(store: Store, clock: Clock) -> None:
    with pytest.raises(ValueError, match="same name"):
        Outbox(store.outbox, [Recorder("chat"), Recorder("chat")], clock)


# --- around a crash ---


class Crash(BaseException):
    """The process dies here."""


class Dying(Recorder):
    """The message arrives, but the process dies before it can note that."""

    def send(self, event: Event) -> None:
        self.tried.append(event.key)
        raise Crash


@pytest.mark.parametrize("knows_again", [True, False])
def test_a_crash_while_sending_repeats_a_message_only_to_a_receiver_that_knows_it_again(
    store: Store, clock: Clock, knows_again: bool
) -> None:
    dying = Dying("chat", knows_again=knows_again)
    outbox = Outbox(store.outbox, [dying], clock)
    outbox.put(EVENT)
    with pytest.raises(Crash):
        outbox.flush()

    chat = Recorder("chat", knows_again=knows_again)
    restarted = Outbox(store.outbox, [chat], clock)
    restarted.flush()
    clock.now += CLAIM
    restarted.flush()
    (entry,) = store.outbox.newest()
    if knows_again:
        assert (chat.tried, entry.state) == ([EVENT.key], "sent")
    else:
        assert (chat.tried, entry.state) == ([], "dead")
        assert entry.last_error.startswith("The process ended while this message was sent; it may have arrived.")
        store.outbox.revive(entry.key, entry.channel)
        assert restarted.flush() == 1  # a person has looked


def test_two_processes_that_both_think_they_lead_send_a_message_once(store: Store, clock: Clock) -> None:
    other = Recorder("chat", knows_again=False)

    class Slow(Recorder):
        def send(self, event: Event) -> None:
            Outbox(store.outbox, [other], clock).flush()  # the other process, while this one is at it
            super().send(event)

    slow = Slow("chat", knows_again=False)
    outbox = Outbox(store.outbox, [slow], clock)
    outbox.put(EVENT)
    assert outbox.flush() == 1
    assert (slow.tried, other.tried) == ([EVENT.key], [])


def test_what_a_crash_left_behind_holds_up_nothing_else(store: Store, clock: Clock) -> None:
    outbox = Outbox(store.outbox, [Dying("chat", knows_again=False)], clock)
    outbox.put(EVENT)
    with pytest.raises(Crash):
        outbox.flush()
    clock.now += CLAIM
    chat = Recorder("chat", knows_again=False)
    restarted = Outbox(store.outbox, [chat], clock)
    restarted.put(another(1))
    restarted.flush()
    assert chat.tried == ["other-1"]


# --- quiet hours and wishes ---

BERLIN_NIGHT = Subscription.model_validate({"quiet": {"begin": "18:00", "end": "08:00", "zone": "Europe/Berlin"}})


def test_what_comes_in_quiet_hours_waits_for_their_end_also_over_a_restart(store: Store, clock: Clock) -> None:
    night, day = Recorder("night"), Recorder("day")
    clock.now = NOON.replace(hour=17, minute=30)  # 18:30 in Berlin
    for number in range(60):  # more than one flush sends
        outbox = Outbox(store.outbox, [night, day], clock, subscriptions={"night": BERLIN_NIGHT})
        outbox.put(another(number))
        outbox.flush()
    assert (len(night.tried), len(day.sent)) == (0, 60)
    clock.now = (NOON + timedelta(days=1)).replace(hour=6, minute=59, second=59)
    assert outbox.flush() == 0
    clock.now += timedelta(seconds=1)
    assert outbox.flush() == 50
    assert outbox.flush() == 10
    assert len({event.key for event in night.sent}) == 60


def test_a_retry_waits_for_the_end_of_quiet_hours_as_well(store: Store, clock: Clock) -> None:
    night = Recorder("night", failures=1)
    clock.now = NOON.replace(hour=16, minute=59, second=30)
    outbox = Outbox(store.outbox, [night], clock, subscriptions={"night": BERLIN_NIGHT})
    outbox.put(EVENT)
    outbox.flush()
    clock.now += timedelta(minutes=1)
    outbox.flush()
    assert len(night.tried) == 1
    clock.now = (NOON + timedelta(days=1)).replace(hour=7)
    assert outbox.flush() == 1


def test_a_message_is_kept_only_for_the_channels_that_want_it(store: Store, clock: Clock) -> None:
    done, globex = Recorder("done"), Recorder("globex")
    wishes = {"done": Subscription(events=("complete",)), "globex": Subscription(partners=("globex",))}
    outbox = Outbox(store.outbox, [done, globex], clock, subscriptions=wishes)
    outbox.put(EVENT)
    outbox.put(another(1).model_copy(update={"kind": "complete", "partner": "globex"}))
    outbox.flush()
    assert ([e.key for e in done.sent], [e.key for e in globex.sent]) == (["other-1"], ["other-1"])
    assert len(store.outbox.newest()) == 2


@pytest.mark.parametrize("key", ["", "two words", "new\nline", "ä", "k" * 201])
def test_a_key_that_is_no_header_is_refused_when_the_event_is_made(key: str) -> None:
    with pytest.raises(ValidationError):
        Event(**EVENT.model_dump() | {"key": key})


@pytest.fixture
def webhook(clock: Clock) -> Iterator[Webhook]:
    with httpx.Client() as client:
        yield Webhook(RECEIVER, SIGNING, client, clock)


@respx.mock
def test_a_webhook_is_a_signed_cloud_event(webhook: Webhook) -> None:
    route = respx.post(RECEIVER).respond(204)
    webhook.send(EVENT)
    request = route.calls.last.request
    content = json.loads(request.content)
    assert (content["specversion"], content["id"], content["type"], content["subject"], content["time"]) == (
        "1.0",
        EVENT.key,
        "partner-journey.stage-change",
        "acme",
        "2026-11-24T12:00:00+00:00",
    )
    assert content["data"]["text"] == EVENT.text
    signed = f"{EVENT.key}.{int(NOON.timestamp())}.".encode() + request.content
    expected = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert request.headers["webhook-id"] == EVENT.key
    assert request.headers["webhook-signature"] == f"v1,{expected}"
    assert request.headers["content-type"].startswith("application/cloudevents+json")


@respx.mock
@pytest.mark.parametrize(
    ("answer", "said", "final"),
    [
        (httpx.Response(500), "answered 500", False),
        (httpx.Response(302, headers={"location": "https://elsewhere.example"}), "answered 302", False),
        (httpx.Response(410), "answered 410", True),
        (httpx.ConnectTimeout("very-secret-path"), "ConnectTimeout", False),
    ],
)
def test_a_refusing_receiver_is_named_without_its_address(
    webhook: Webhook, answer: httpx.Response | Exception, said: str, final: bool
) -> None:
    respx.post(RECEIVER).mock(side_effect=[answer])
    with pytest.raises(UndeliveredError, match=said) as caught:
        webhook.send(EVENT)
    assert caught.value.final is final
    assert "secret" not in str(caught.value)
