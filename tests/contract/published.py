"""GitLab's published GraphQL schemas, where a copy of them is at hand.

They are not part of this repository. `PARTNER_JOURNEY_CONTRACT_DIR` names the folder that has `graphql/*.graphql`;
without it, a folder `shared/gitlab` beside the repository is looked for. Tests are skipped, and say so, where there
is neither.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema

ROOT = Path(__file__).resolve().parents[2]
OLD, NEW = "gitlab-18.9.graphql", "gitlab-19.4-workitems.merged.graphql"


@lru_cache(maxsize=2)
def schema(name: str) -> GraphQLSchema:
    """The published schema of that file name, or the running test is skipped."""
    folder = Path(os.environ.get("PARTNER_JOURNEY_CONTRACT_DIR") or ROOT.parent / "shared" / "gitlab")
    path = folder / "graphql" / name
    if not path.is_file():
        if os.environ.get("PARTNER_JOURNEY_REQUIRE_CONTRACT"):
            pytest.fail(f"{path} is missing, and PARTNER_JOURNEY_REQUIRE_CONTRACT says that it must be there")
        pytest.skip(
            f"GitLab's schema {name} is not at hand: set PARTNER_JOURNEY_CONTRACT_DIR to a folder with graphql/{name}"
        )
    return build_schema(path.read_text(encoding="utf-8"), assume_valid=True, no_location=True)
