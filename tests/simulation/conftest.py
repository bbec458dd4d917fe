"""One warning of a library is known and not ours; see the same line in the scenarios."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """python-gitlab's GraphQL client hands variables to gql in the one way that it knows, which gql 4 calls old."""
    config.addinivalue_line("filterwarnings", "ignore:Using variable_values and operation_name:DeprecationWarning")
