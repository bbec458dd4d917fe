"""What the contract tests look at, played once: the story of the bot on two tiers, and the tour on three."""

from __future__ import annotations

import pytest
from plays import STORY_TIERS, TOUR_TIERS, Played, play_story, play_tour


def pytest_configure(config: pytest.Config) -> None:
    """python-gitlab's GraphQL client hands variables to gql in the one way that it knows, which gql 4 calls old."""
    config.addinivalue_line("filterwarnings", "ignore:Using variable_values and operation_name:DeprecationWarning")


@pytest.fixture(scope="session")
def stories(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Played]:
    """Tier -> what the bot did."""
    return {tier: play_story(tmp_path_factory.mktemp("story"), tier) for tier in STORY_TIERS}


@pytest.fixture(scope="session")
def tours() -> dict[str, Played]:
    """Tier -> what python-gitlab did."""
    return {tier: play_tour(tier) for tier in TOUR_TIERS}
