"""The real service in real processes: killed at any instant, many on one PostgreSQL, and stopped in time.

`PARTNER_JOURNEY_KILLS=200` kills more often.
"""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
from simulation import files
from simulation.auditor import Ledger, breaches

from tests.postgres import Cluster
from tests.processes.town import Process, Town, open_town, until

KILLS = int(os.environ.get("PARTNER_JOURNEY_KILLS", "6"))
SLUGS = ("acme", "globex")


def onboard(town: Town, slugs: tuple[str, ...] = SLUGS) -> None:
    people = dict(zip(slugs, (SLUGS * len(slugs))[: len(slugs)], strict=True))
    partners = {f"partners/{slug}.yaml": files.partner_text(who) for slug, who in people.items()}
    town.commit(files.journey_files() | partners)
    until(lambda: all(town.capabilities(slug) for slug in slugs), "everybody is onboarded")
    town.rest()


def audit(town: Town) -> None:
    """Nothing acknowledged was lost, nothing is doubled, nothing is left to do."""
    town.rest()
    assert town.forgotten() == []
    assert breaches(town.world, Ledger()) == []
    assert town.plan()["code"] == 0, town.plan()["text"]


def test_killed_again_and_again_it_loses_and_doubles_nothing(new_database: Callable[[], str], tmp_path: Path) -> None:
    rng, pause = random.Random(5), threading.Event()
    with open_town(new_database(), tmp_path) as town:
        process = town.start("one")
        onboard(town)
        for _ in range(KILLS):
            acknowledged = len(town.acknowledged)
            for slug in SLUGS:
                for item in town.capabilities(slug)[: rng.randint(0, 3)]:
                    town.close(item)
            pause.wait(rng.uniform(0.0, 0.8))
            town.kill(process)
            process = town.start("one")
            assert len(town.acknowledged) >= acknowledged
        assert town.acknowledged
        audit(town)


def test_two_services_and_three_workers_survive_the_death_of_one(postgresql: Cluster, tmp_path: Path) -> None:
    slugs = ("acme", "globex", "initech", "umbrella", "hooli", "wonka")
    url = postgresql.database()
    with open_town(url, tmp_path) as town:
        services = [town.start(name) for name in ("north", "south")]
        workers = [town.start(name, "work") for name in ("worker-1", "worker-2", "worker-3")]
        onboard(town, slugs)
        town.slowness = 0.3
        victim = _one_at_work(town, workers, slugs)
        town.kill(victim)
        town.slowness = 0.0
        for slug in slugs:
            for item in town.capabilities(slug)[:1]:
                town.close(item)
        took = town.rest()
        assert took < 60
        assert victim.name not in _owners(url)
        audit(town)
        assert all(service.listens for service in services)


def test_moving_from_sqlite_to_postgresql_and_back_loses_nothing_that_gitlab_shows(
    postgresql: Cluster, tmp_path: Path
) -> None:
    with open_town(f"sqlite:///{tmp_path}/journey.sqlite", tmp_path) as town:
        process = town.start("one")
        onboard(town)
        for database in (postgresql.database(), f"sqlite:///{tmp_path}/another.sqlite"):
            process.terminate()
            town.alive.remove(process)
            town.close(town.capabilities("acme")[0])  # nobody listens: this delivery is lost
            until(lambda: not town.world.outgoing, "the postman has found nobody")
            town.database = database
            town.acknowledged.clear()
            process = town.start("one")
            until(lambda: not town.plan()["code"], "the first resync has found it")
            audit(town)


def _one_at_work(town: Town, workers: list[Process], slugs: tuple[str, ...]) -> Process:
    """Closes issues until one of the workers has a run in hand, in the midst of its requests."""
    found: list[Process] = []

    def look() -> bool:
        owners = _owners(town.database)
        found[:] = [worker for worker in workers if worker.name in owners]
        return bool(found)

    for slug in slugs:
        for item in town.capabilities(slug)[:1]:
            town.close(item)
    until(look, "a worker works")
    return found[0]


def _owners(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT executor_id FROM dbos.workflow_status WHERE status = 'PENDING'").fetchall()
    return {row[0] for row in rows}


def test_it_is_ready_soon_after_its_start(tmp_path: Path) -> None:
    """Within two seconds on an idle machine. Here other tests run beside it, so its processor time is judged."""
    with open_town(f"sqlite:///{tmp_path / 'journey.sqlite'}", tmp_path) as town:
        process = town.start("one", ready=False)
        until(lambda: process.answers("/readyz"), "it is ready")
        assert process.processor_seconds < 4
        assert process.terminate() < 10
        town.alive.remove(process)


def test_sigterm_ends_it_in_time_though_gitlab_hangs_and_the_next_start_goes_on(tmp_path: Path) -> None:
    with open_town(f"sqlite:///{tmp_path}/journey.sqlite", tmp_path) as town:
        process = town.start("one")
        onboard(town)
        idle = process.terminate()
        town.alive.remove(process)
        assert process.popen.returncode == 0
        process = town.start("one")
        town.slowness = 25.0
        item = town.capabilities("acme")[0]
        town.close(item)
        with town.store() as store:
            until(lambda: any(run.partner == "acme" for run in store.open_runs()), "its run is at work")
        busy = process.terminate()
        town.alive.remove(process)
        assert process.popen.returncode == 0
        assert idle < busy < 10, "a service manager kills after ten seconds"
        assert "acme" in process.log.read_text().split("Stopped in the midst of")[1]
        town.slowness = 0.0
        town.start("one")
        audit(town)
