"""Everything here is played in a sandbox and, where one is given, in a real GitLab as well."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ground import Ground, Site, real_site, sandbox_site, throw_away

REAL = real_site()


@pytest.fixture(scope="module", params=["sandbox"] if isinstance(REAL, str) else ["sandbox", "real"])
def site(request: pytest.FixtureRequest) -> Site:
    return sandbox_site() if request.param == "sandbox" or isinstance(REAL, str) else REAL


@pytest.fixture(scope="module")
def ground(site: Site) -> Iterator[Ground]:
    with throw_away(site) as opened:
        yield opened
