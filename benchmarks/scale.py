"""Table 4: what more partners cost: onboarding, a resync with nothing changed, with one in a hundred changed, memory.

All in this process, bot and sandbox together, so times are processor time: other people's work on this machine is not
counted. Up to `onboarded` partners are really onboarded. Those above are copies of one of them (see seeding.py), which
the bot takes up as after the loss of its database; the table names them. Should it have to write to one of them, the
copy would not be what an onboarding leaves behind, and the table says so. The page about all partners is another thing:
to take up thousands takes longer than the minutes after which it is renewed, so it must be written meanwhile.
"""

from __future__ import annotations

import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from app.demo.local import LocalStage, local_stage
from benchmarks.report import Report
from benchmarks.seeding import seed, slug_of, write_files


@dataclass(frozen=True)
class Cost:
    """Requests to GitLab, how many of them wrote to partners, and processor time in seconds, the sandbox's included."""

    requests: int
    writes: int
    seconds: float


def measure(*, sizes: tuple[int, ...], onboarded: int, limit_seconds: float) -> Report:
    """Grows one sandbox to each size in turn.

    `onboarded`: no more than these are really onboarded. `limit_seconds`: no size is begun that would end after it.
    """
    report = Report(
        "Scale",
        ("partners", "processor time for each new one, ms", "unchanged resync, requests", "s",
         "1 % changed, requests", "s", "peak memory with sandbox, MB"),
    )  # fmt: skip
    started, there = time.monotonic(), 0
    costs: list[tuple[int, int]] = []
    with tempfile.TemporaryDirectory() as folder, local_stage(f"sqlite:///{Path(folder) / 'scale.sqlite'}") as stage:
        for size in sizes:
            expected = (time.monotonic() - started) * min(size / max(there, 1), 8)
            if there and expected > limit_seconds:
                report.notes.append(f"left out: {size:,} partners would need about {expected:.0f} s")
                continue
            new = _grow(stage, there, size, onboarded)
            seeded = max(size - max(there, onboarded), 0)
            report.judge(f"the copies among {size:,} partners are as an onboarding leaves them: the bot writes to none",
                         new.writes == 0) if seeded else None  # fmt: skip
            unchanged, changed = _resync(stage), _resync(stage, changed=max(1, size // 100))
            costs.append((size, unchanged.requests))
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            report.add(
                f"{size:,}", f"{new.seconds * 1000 / (size - there):.0f}{' (copies)' if seeded else ''}",
                unchanged.requests, f"{unchanged.seconds:.2f}", changed.requests, f"{changed.seconds:.2f}", memory,
            )  # fmt: skip
            there = size
    (first, low), (last, high) = costs[0], costs[-1]
    slope = (high - low) / max(last - first, 1)
    report.notes.append(f"slope of the unchanged resync: {slope:.4f} requests a partner ({first:,} to {last:,})")
    report.notes.append("copies: made in the sandbox from one onboarded partner; the bot then takes them up")
    report.judge("unchanged resync: 1 + partners / 50 requests or fewer", all(c <= 1 + n / 50 for n, c in costs))
    return report


def _grow(stage: LocalStage, there: int, size: int, onboarded: int) -> Cost:
    """What the new partners cost; where some are copies, what those cost."""
    cost = Cost(0, 0, 0.0)
    if there < onboarded:
        write_files(stage, range(there, min(size, onboarded)))
        cost = _cost_of(stage, size)
    if size > onboarded:
        seed(stage, range(max(there, onboarded), size), pattern=onboarded - 1)  # one at which nobody has worked
        cost = _cost_of(stage, size)
    for _ in range(2):  # the first one still sees what the onboarding has changed
        stage.clock.advance(minutes=20)
        _cost_of(stage, size)
    stage.clock.advance(minutes=70)  # what is done each hour, whatever has changed, is done now
    # All are new in one and the same second of this clock. Somebody works later, so that it is not the last change.
    stage.comment(stage.issues(slug_of(0))[1], "gl.sa1", "How is it going?")
    _cost_of(stage, size)
    _resync(stage)  # sees it once more: what is as young as this may hide another change of its second
    return cost


def _cost_of(stage: LocalStage, size: int) -> Cost:
    """Of everything that is waiting. The journal starts anew: it would hold more memory than all partners."""
    del stage.world.journal[:]
    start = time.process_time()
    stage.settle(limit=20 * size + 100)
    seconds = time.process_time() - start
    reads = ("query", "observe", "portfolio", "talk", "changes", "control")
    journal = stage.world.journal
    writing = [e for e in journal if e.method != "GET" and not (e.operation or "").startswith(reads)]
    writes = sum("journey-control" not in e.path for e in writing)
    return Cost(journal[-1].id - journal[0].id + 1 if journal else 0, writes, seconds)


def _resync(stage: LocalStage, *, changed: int = 0) -> Cost:
    """One resync and the runs that it wakes, after a closing at each of so many partners whose webhook was lost."""
    for number in range(changed):
        item = next(i for i in stage.issues(slug_of(number), state="opened") if i.iid != 1)
        stage.close(item, "gl.sa1")
    stage.world.outgoing.clear()
    stage.clock.advance(minutes=11)
    return _cost_of(stage, 1_000 + changed)
