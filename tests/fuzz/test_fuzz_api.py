"""Schemathesis on our own OpenAPI, in process: whatever is sent, the answer is ours, and never a server's failure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from app.demo.local import ACME, local_stage
from app.web.app import create_app

TOKEN = "the-api-token"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The OpenAPI of a service with one partner."""
    folder: Path = tmp_path_factory.mktemp("fuzz")
    with local_stage(f"sqlite:///{folder / 'fuzz.sqlite'}") as stage:
        stage.write_partner_file("acme", ACME)
        stage.settle()
        yield schemathesis.openapi.from_asgi("/openapi.json", create_app(stage.service, TOKEN))


def test_every_answer_is_ours(api: Any) -> None:
    # Not by schemathesis' own parametrize: it does not know this version of pytest.
    operations = [found.ok() for found in api.get_all_operations()]
    assert {operation.path for operation in operations} >= {"/webhooks/gitlab", "/api/partners", "/readyz"}
    for operation in operations:

        @given(case=operation.as_strategy())
        @settings(max_examples=30, suppress_health_check=list(HealthCheck))
        def check(case: Any) -> None:
            answer = case.call(headers={"Authorization": f"Bearer {TOKEN}"})
            assert answer.status_code < 500, (case.as_curl_command(), answer.text)
            if answer.status_code >= 400:
                assert answer.text, case.as_curl_command()

        check()
