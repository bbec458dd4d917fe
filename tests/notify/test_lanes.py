"""Channels side by side: one that hangs holds up neither the clock nor another channel, and is tried once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from receivers import Chat, until

from app.engine.store import Store
from app.notify.apprise_channel import AppriseChannel
from app.notify.channels import Event
from app.notify.lanes import Lanes
from app.notify.outbox import Outbox

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path}/journey.sqlite", lambda: NOON) as opened:
        yield opened


def event(number: int) -> Event:
    return Event(
        key=f"acme/stage/{number}", kind="stage-change", partner="acme", title=f"Stage {number}", text="Well done.",
        url="", at=NOON + timedelta(seconds=number),
    )  # fmt: skip


def test_a_channel_that_hangs_holds_up_no_other_and_is_given_one_message(
    store: Store, chat: Chat, second_chat: Chat
) -> None:
    chat.gate.clear()
    channels = [
        AppriseChannel("hanging", chat.address, longest_send=2.0),
        AppriseChannel("good", second_chat.address),
    ]
    outbox = Outbox(store.outbox, channels, lambda: NOON)
    for number in range(5):
        outbox.put(event(number))
    lanes = Lanes(outbox)
    for _ in range(3):
        lanes.start()  # returns at once: this is the thread that keeps the clock
    until(lambda: store.outbox.counts().get("sent") == 5, "the good channel has sent all")
    until(lambda: store.outbox.counts().get("dead") == 1, "the message in doubt is given up")
    assert [said["title"] for said in second_chat.heard] == [f"Stage {n}" for n in range(5)]
    until(lambda: bool(chat.heard), "the hanging one has got its message")
    assert len(chat.heard) == 1
    assert store.outbox.counts()["waiting"] == 4  # the hanging one rests


def test_a_lane_that_fails_is_started_again_by_the_next_tick(store: Store, chat: Chat) -> None:
    times = iter([RuntimeError("the clock is broken"), *[NOON] * 20])

    def clock() -> datetime:
        moment = next(times)
        if isinstance(moment, Exception) and threading.current_thread().name.startswith("lane"):
            raise moment
        return NOON

    outbox = Outbox(store.outbox, [AppriseChannel("chat", chat.address)], clock)
    outbox.put(event(1))
    lanes = Lanes(outbox)
    for _ in range(2):
        lanes.start()
        until(lambda: not any(t.name == "lane chat" for t in threading.enumerate()), "the lane has ended")
    assert len(chat.heard) == 1
