"""`make bench`: the tables to the terminal and to RESULTS.md. Name tables to renew only those; `--quick` only shows."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from rich.console import Console

from benchmarks import acknowledge, comment, lifetime, memory, planning, report, scale, traffic

TABLES: dict[str, Callable[[bool], report.Report]] = {
    "acknowledge": lambda quick: acknowledge.measure(seconds=2 if quick else 5),
    "comment": lambda quick: comment.measure(partners=3 if quick else 20),
    "traffic": lambda _quick: traffic.measure(),
    "scale": lambda quick: _scale(quick),
    "memory": lambda quick: memory.measure(sizes=(10, 30) if quick else (10, 100, 1_000)),
    "planning": lambda quick: planning.measure(rounds=500 if quick else 10_000),
    "lifetime": lambda quick: lifetime.measure(starts=2 if quick else 5),
}


def _scale(quick: bool) -> report.Report:
    if quick:
        return scale.measure(sizes=(10, 30, 100), onboarded=30, limit_seconds=120)
    return scale.measure(sizes=(10, 100, 1_000, 10_000), onboarded=300, limit_seconds=1_200)


def main() -> None:
    """Each table is written as soon as it is complete."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("tables", nargs="*", choices=[[], *TABLES], help="all when none is named")
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    console = Console(width=120)
    for name in given.tables or TABLES:
        made = TABLES[name](given.quick)
        made.show(console)
        if not given.quick:
            report.write(made)
            console.print(f"Written to {report.RESULTS.name}.")


if __name__ == "__main__":
    main()
