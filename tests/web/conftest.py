"""Two onboarded partners, the bot's service, and a reader."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from reader import Browser

from app.demo.local import ACME, GLOBEX, LocalStage, local_stage


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("filterwarnings", "ignore:Using variable_values and operation_name:DeprecationWarning")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[LocalStage]:
    """Acme and Globex are onboarded; Acme's people have closed two issues."""
    with local_stage(f"sqlite:///{tmp_path / 'site.sqlite'}", settle_minutes=0) as opened:
        opened.write_partner_file("acme", ACME)
        opened.write_partner_file("globex", GLOBEX)
        opened.settle()
        for item in [i for i in opened.issues("acme", state="opened") if i.iid > 1][:2]:
            opened.finish(item, "acme.lead")
        opened.settle()
        yield opened


@pytest.fixture
def browser(stage: LocalStage) -> Browser:
    return Browser(stage)


@pytest.fixture
def architect(browser: Browser) -> Browser:
    """Sam Rivera has signed in."""
    assert browser.sign_in().status_code == 200
    return browser
