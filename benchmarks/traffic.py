"""Table 3: requests to GitLab, ours beside a script that does the same job the usual way. Exact on any machine."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from app.demo.local import ACME, GLOBEX, LocalStage, local_stage
from benchmarks.report import Report
from benchmarks.usual import Usual


def measure() -> Report:
    """Plays the events on two sandboxes in this process, and counts in their journals of requests."""
    ours, usual = _ours(), _usual()
    budgets = {"no-op": 1, "one closed": 2, "burst of 8": 4, "stage change": 6, "onboarding": 14}
    report = Report("Requests to GitLab", ("what", "ours", "budget", "python-gitlab, the usual way", "usual / ours"))
    for what, budget in budgets.items():
        report.add(what, ours[what], budget, usual[what], f"{usual[what] / ours[what]:.0f} x")
        report.judge(f"{what}: {budget} or fewer", ours[what] <= budget)
    report.notes.append("burst of 8: with a closing at a gate, which asks who closed it and who may confirm it")
    report.notes.append("usual: one REST call for each thing looked at or made, one run for each webhook; see usual.py")
    return report


def _counted(stage: LocalStage, act: Callable[[], object]) -> int:
    start = len(stage.world.journal)
    act()
    return len([entry for entry in stage.world.journal[start:] if entry.username == "partner-bot"])


def _open(stage: LocalStage, count: int | None = None) -> None:
    """Closes open capability issues of Acme, all or the first `count`."""
    for item in [i for i in stage.issues("acme", state="opened") if i.iid != 1][:count]:
        stage.finish(item, "gl.sa1")


def _run(stage: LocalStage, slug: str = "acme") -> None:
    stage.service.loop.run(slug, "counted")


def _steady(stage: LocalStage) -> None:
    stage.clock.advance(minutes=20)
    stage.settle()


def _wakes(stage: LocalStage) -> None:
    stage.deliver()
    stage.service.queue.run_all()  # type: ignore[attr-defined]


def _ours() -> dict[str, int]:
    with tempfile.TemporaryDirectory() as folder, local_stage(f"sqlite:///{Path(folder) / 'a.sqlite'}") as stage:
        stage.write_partner_file("acme", ACME)
        stage.settle()
        _steady(stage)
        counted = {"no-op": _counted(stage, lambda: _run(stage))}
        stage.write_partner_file("globex", GLOBEX)
        counted["onboarding"] = _counted(stage, lambda: _wakes(stage))
        _steady(stage)
        _open(stage, 1)
        counted["one closed"] = _counted(stage, lambda: _wakes(stage))
        _open(stage)
        counted["burst of 8"] = _counted(stage, lambda: _wakes(stage))
        stage.clock.advance(minutes=11)
        counted["stage change"] = _counted(stage, lambda: _run(stage))
        return counted


def _usual() -> dict[str, int]:
    with tempfile.TemporaryDirectory() as folder, local_stage(f"sqlite:///{Path(folder) / 'b.sqlite'}") as stage:
        bot = Usual(stage.sandbox)
        counted = {"onboarding": _counted(stage, lambda: bot.onboard("usual"))}
        counted["no-op"] = _counted(stage, lambda: bot.reconcile("usual"))
        bot.close(1)
        counted["one closed"] = _counted(stage, lambda: bot.on_close("usual"))
        bot.close(7)
        counted["burst of 8"] = _counted(stage, lambda: [bot.on_close("usual") for _ in range(8)])
        counted["stage change"] = _counted(stage, lambda: bot.advance("usual"))
        return counted
