"""The benchmarks run: each table in its smallest form, without the peers that must be installed first."""

from __future__ import annotations

from benchmarks import acknowledge, planning, scale, traffic


def test_the_load_generator_and_our_servers() -> None:
    report = acknowledge.measure(seconds=0.3, connections=(2,), peers=False)
    rows = {row[0]: row for row in report.rows}
    assert {acknowledge.BARE, acknowledge.SQLITE} <= rows.keys()
    assert all(row[-1] == "0" for row in report.rows), report.rows  # errors


def test_requests_keep_their_budgets() -> None:
    assert not [note for note in traffic.measure().notes if note.startswith("MISSED")]


def test_planning_and_scale() -> None:
    assert len(planning.measure(rounds=20).rows) == 3
    report = scale.measure(sizes=(2, 4), onboarded=3, limit_seconds=60)
    assert [row[0] for row in report.rows] == ["2", "4"]
    assert not [note for note in report.notes if note.startswith("MISSED")]
