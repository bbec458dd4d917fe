"""Table 4: what more partners cost: onboarding, a resync with nothing changed, with one in a hundred changed, memory.

All partners are really onboarded, in this process. A size that the time limit does not allow is left out and named:
nothing is extrapolated.
"""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path

from app.demo.local import ACME, LocalStage, local_stage
from benchmarks.report import Report


def measure(*, sizes: tuple[int, ...], limit_seconds: float) -> Report:
    """Onboards up to each size in turn on one sandbox. `limit_seconds`: no further size is begun after this time."""
    report = Report(
        "Scale",
        ("partners", "onboarding of the new ones, s", "unchanged resync, requests", "s", "1 % changed, requests", "s",
         "peak memory with sandbox, MB"),
    )  # fmt: skip
    started, there = time.monotonic(), 0
    costs: list[tuple[int, int]] = []
    with tempfile.TemporaryDirectory() as folder, local_stage(f"sqlite:///{Path(folder) / 'scale.sqlite'}") as stage:
        for size in sizes:
            expected = (time.monotonic() - started) * size / max(there, 1)
            if there and expected > limit_seconds:
                report.notes.append(f"left out: {size:,} partners would need about {expected:.0f} s to onboard")
                continue
            onboarding = _onboard(stage, there, size)
            there = size
            stage.clock.advance(minutes=70)  # what is done each hour, whatever has changed, is done now
            stage.settle()
            unchanged = _resync(stage)
            for number in range(max(1, size // 100)):
                item = next(i for i in stage.issues(f"p-{number}", state="opened") if i.iid != 1)
                stage.close(item, "gl.sa1")
            stage.world.outgoing.clear()  # their webhooks are lost: the resync finds them
            changed = _resync(stage)
            costs.append((size, unchanged[0]))
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            report.add(
                f"{size:,}", f"{onboarding:.1f}", unchanged[0], f"{unchanged[1]:.2f}", changed[0], f"{changed[1]:.2f}",
                memory,
            )  # fmt: skip
    (first, low), (last, high) = costs[0], costs[-1]
    slope = (high - low) / max(last - first, 1)
    report.notes.append(f"slope of the unchanged resync: {slope:.4f} requests a partner ({first:,} to {last:,})")
    report.judge("unchanged resync: 1 + partners / 50 requests or fewer", all(c <= 1 + n / 50 for n, c in costs))
    return report


def _onboard(stage: LocalStage, there: int, size: int) -> float:
    start = time.perf_counter()
    for number in range(there, size):
        stage.write_partner_file(f"p-{number}", ACME.replace("Acme", f"Number {number}"))
    stage.settle(limit=20 * size + 100)
    for _ in range(2):  # the first one still sees what the onboarding has changed
        stage.clock.advance(minutes=20)
        stage.settle(limit=20 * size + 100)
    return time.perf_counter() - start


def _resync(stage: LocalStage) -> tuple[int, float]:
    """Requests and seconds of one resync and the runs that it wakes."""
    requests, start = len(stage.world.journal), time.perf_counter()
    stage.clock.advance(minutes=11)
    stage.settle()
    return len(stage.world.journal) - requests, time.perf_counter() - start
