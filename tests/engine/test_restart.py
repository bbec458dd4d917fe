"""A real death of the process at work, and what the next one finds: store, loop and queue on one file.

A module of its own: dbos is one per process."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from app.engine.durable import durable_queue
from app.engine.loop import Loop, Turn
from app.engine.store import Store
from tests.engine.workshop import Workshop, until

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ROOT = Path(__file__).parents[2]

DIES_AT_WORK = """
import os, random, sys, threading
from datetime import UTC, datetime
from app.engine.durable import durable_queue
from app.engine.loop import Loop
from app.engine.store import Store

def turn(partner, reason):
    queue.wake("cut", "event during the run")
    os._exit(9)

clock = lambda: datetime(2026, 11, 24, tzinfo=UTC)
store = Store(sys.argv[1], clock)
loop = Loop(store, turn, clock, random.Random(1))
with durable_queue(sys.argv[1], loop.run, settle_seconds=0, polling_seconds=0.02) as queue:
    queue.wake("behind", "waiting", delay_seconds=1)
    queue.wake("cut", "first")
    threading.Event().wait(30)
"""


def test_killed_at_work_the_cut_run_the_event_and_the_waiting_partner_come_back(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/journey.sqlite"
    died = subprocess.run(
        [sys.executable, "-c", DIES_AT_WORK, url], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, timeout=60
    )
    assert died.returncode == 9
    workshop = Workshop()

    def turn(partner: str, reason: str) -> Turn:
        workshop.run(partner, reason)
        return Turn(("looked again",), 1)

    with Store(url, lambda: NOON) as store:
        loop = Loop(store, turn, lambda: NOON, random.Random(1))
        with durable_queue(url, loop.run, settle_seconds=0, polling_seconds=0.02, drain_seconds=0) as queue:
            until(lambda: workshop.of("cut") == 2 and workshop.of("behind") == 1, "all three runs")
            until(lambda: not queue.waiting() and not queue.working(), "idle")
        audit = [(run.reason, run.outcome) for run in reversed(store.runs(partner="cut"))]
    assert audit == [("first", "interrupted"), ("first", "ok"), ("event during the run", "ok")]
    assert ("behind", "waiting") in workshop.runs
    assert workshop.overlaps == []
