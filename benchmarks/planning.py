"""Table 5: how long one plan takes, and ten thousand of them on one core.

Every partner has a name of its own, so that no text and no picture is remembered from the one before.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from app.demo.local import ACME, local_stage
from app.journey.plan import plan
from benchmarks.report import Report

MANY = 10_000


def measure(*, rounds: int) -> Report:
    """Plans `rounds` partners that were onboarded alike; fewer than 10,000 are scaled up, which the table says."""
    with tempfile.TemporaryDirectory() as folder, local_stage(f"sqlite:///{Path(folder) / 'plan.sqlite'}") as stage:
        stage.write_partner_file("acme", ACME)
        stage.settle()
        view = stage.service.reconciler.view("acme")
        now = stage.clock()
    times = []
    for number in range(rounds):
        partner = view.partner.model_copy(update={"name": f"Acme Integrators {number}"})
        start = time.process_time()
        plan(view.journey, partner, view.observed, now)
        times.append((time.process_time() - start) * 1000)
    p50, p99 = statistics.median(times), sorted(times)[int(rounds * 0.99) - 1]
    many = sum(times) / rounds * MANY / 1000
    scaled = "" if rounds >= MANY else f", scaled up from {rounds}"
    report = Report("Planning", ("what", "processor time"))
    report.add("plan() of one partner, p50", f"{p50:.2f} ms")
    report.add("plan() of one partner, p99", f"{p99:.2f} ms")
    report.add(f"10,000 partners on one core{scaled}", f"{many:.1f} s")
    report.judge("one plan: p50 2 ms or less", p50 <= 2)
    report.judge("10,000 partners: 20 s or less", many <= 20)
    return report
