"""Long work runs beside the clockwork, once at a time, and its failure is seen."""

from __future__ import annotations

import logging
import threading

import pytest

from app.engine.aside import Aside


def test_work_runs_beside_its_caller_and_not_twice_at_once() -> None:
    begun, go_on = threading.Event(), threading.Event()
    runs: list[str] = []

    def work() -> None:
        runs.append(threading.current_thread().name)
        begun.set()
        assert go_on.wait(10)

    with Aside() as aside:
        assert aside.start("webhooks", work)
        assert begun.wait(10)
        assert not aside.start("webhooks", work)
        assert aside.start("access", go_on.set)
    assert runs == ["webhooks"]


def test_what_has_ended_may_start_again_and_nothing_starts_after_the_end() -> None:
    with Aside() as aside:
        for _ in range(3):
            ended = threading.Event()
            while not aside.start("token", ended.set):
                pass  # the thread before is about to go
            assert ended.wait(10)
    assert not aside.start("token", lambda: None)


def test_a_failure_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def work() -> None:
        raise RuntimeError("no such thing")

    with caplog.at_level(logging.ERROR), Aside() as aside:
        assert aside.start("access", work)
    assert "The look at access failed" in caplog.text
    assert "no such thing" in caplog.text


def test_the_end_waits_for_no_pause() -> None:
    paused = threading.Event()

    def work() -> None:
        paused.set()
        aside.pace(3600)

    with Aside() as aside:
        assert aside.start("webhooks", work)
        assert paused.wait(10)
