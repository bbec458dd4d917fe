"""How long one plan takes, and how many requests the usual events cost, on the sandbox. Run with `make bench`.

Times are of this machine and this run; the requests are exact and the same everywhere.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from app.demo.local import ACME, GLOBEX, LocalStage, local_stage
from app.journey.plan import plan

_ROUNDS = 200


def main() -> None:
    """Plays the events on an in-process sandbox and prints two tables."""
    console = Console(width=100)
    with tempfile.TemporaryDirectory() as folder, local_stage(f"sqlite:///{Path(folder) / 'bench.sqlite'}") as stage:
        requests = Table("What", "Requests to GitLab", title="Requests", title_justify="left")
        requests.add_row("onboard the first partner of a group", str(_cost(stage, lambda: _add(stage, "acme", ACME))))
        requests.add_row("onboard a further partner", str(_cost(stage, lambda: _add(stage, "globex", GLOBEX))))
        requests.add_row("one capability closed", str(_cost(stage, lambda: _close(stage, 1))))
        requests.add_row("six capabilities closed at once", str(_cost(stage, lambda: _close(stage, 6))))
        requests.add_row("the last one closed", str(_cost(stage, lambda: _close(stage, 1))))
        stage.clock.advance(minutes=11)
        requests.add_row("stage change, after the quiet time", str(_cost(stage, lambda: None)))
        console.print(requests)
        console.print(_planning(stage))


def _cost(stage: LocalStage, act: Callable[[], None]) -> int:
    """Requests of the partners' runs that an act leads to."""
    newest = max((run.id for run in stage.service.store.runs(limit=1)), default=0)
    act()
    stage.settle()
    return sum(run.requests for run in stage.service.store.runs(limit=50) if run.id > newest and run.actions)


def _add(stage: LocalStage, slug: str, text: str) -> None:
    stage.write_partner_file(slug, text)


def _close(stage: LocalStage, count: int) -> None:
    open_items = [i for i in stage.issues("acme", state="opened") if i.iid != 1]
    for item in open_items[:count]:
        stage.close(item, "acme.lead")


def _planning(stage: LocalStage) -> Table:
    view = stage.service.reconciler.view("acme")
    times = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        plan(view.journey, view.partner, view.observed, stage.clock())
        times.append((time.perf_counter() - start) * 1000)
    table = Table("Planning one partner", "ms", title="Times of this machine", title_justify="left")
    table.add_row("p50", f"{statistics.median(times):.2f}")
    table.add_row("p99", f"{sorted(times)[int(_ROUNDS * 0.99) - 1]:.2f}")
    return table


if __name__ == "__main__":
    main()
