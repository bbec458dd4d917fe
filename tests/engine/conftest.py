"""The databases that the engine must work on: a SQLite file, and PostgreSQL where it can be started."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.postgres import Cluster, cluster


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    with cluster() as opened:
        yield opened


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """Gives the URL of a new and empty database; each test with it runs once for each kind."""
    if request.param == "postgresql":
        database: Callable[[], str] = request.getfixturevalue("postgresql").database
        return database
    return lambda: f"sqlite:///{tmp_path_factory.mktemp('database')}/journey.sqlite"
