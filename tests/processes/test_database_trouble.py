"""The bot's own database goes away under the running service: nothing acknowledged is lost, and it goes on alone."""

from __future__ import annotations

import resource
from pathlib import Path

from tests.postgres import Cluster
from tests.processes.test_processes import SLUGS, audit, onboard
from tests.processes.town import Process, Town, open_town, until


def close_next(town: Town) -> None:
    """Somebody closes the next issue of each partner."""
    for slug in SLUGS:
        town.close(town.capabilities(slug)[0])


def reopen_one(town: Town) -> None:
    """Somebody reopens an issue of each partner."""
    for slug in SLUGS:
        town.reopen(town.capabilities(slug, "closed")[0])


def refuses(town: Town, process: Process) -> None:
    """Somebody works while nothing can be kept: GitLab hears so, in time, and the service stays alive."""
    before = len(town.acknowledged)
    close_next(town)
    until(lambda: "could not be kept" in process.log.read_text(), "GitLab has heard that nothing is kept")
    until(lambda: not town.world.outgoing, "the postman is through")
    assert len(town.acknowledged) == before
    assert process.answers("/healthz")
    until(lambda: not process.answers("/readyz"), "it says that it cannot work")


def heals(town: Town) -> None:
    """What was refused is not lost either: the next event of the partner, or the next resync, looks at everything."""
    reopen_one(town)
    assert town.rest() < 60
    audit(town)
    for process in town.alive:
        if process.port:
            until(lambda asked=process: asked.answers("/readyz"), "it can work again", 30)


def test_a_crash_of_postgresql_under_the_running_service_loses_nothing(postgresql: Cluster, tmp_path: Path) -> None:
    with open_town(postgresql.database(), tmp_path) as town:
        process = town.start("one")
        town.start("two", "work")
        onboard(town)
        town.slowness = 0.3
        close_next(town)
        until(lambda: bool(town.acknowledged) and not town.world.outgoing, "a run is about to work")
        postgresql.stop()
        try:
            refuses(town, process)
        finally:
            town.slowness = 0.0
            postgresql.start()
        heals(town)


def test_a_full_disk_under_the_running_service_loses_nothing(tmp_path: Path) -> None:
    with open_town(f"sqlite:///{tmp_path / 'journey.sqlite'}", tmp_path) as town:
        process = town.start("one")
        onboard(town)
        log = town.folder / "journey.sqlite-wal"
        _no_file_may_grow_beyond(log.stat().st_size // 2, process)
        refuses(town, process)
        _no_file_may_grow_beyond(resource.RLIM_INFINITY, process)
        heals(town)


def _no_file_may_grow_beyond(size: int, process: Process) -> None:
    """In bytes; what the process wants to write there is refused, as on a disk without room."""
    _, most = resource.prlimit(process.popen.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.popen.pid, resource.RLIMIT_FSIZE, (size, most))
