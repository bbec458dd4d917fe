"""Mutated webhook bodies: a 2xx or 4xx of ours with a line that says why, never an exception, and nothing lost.

Seeds are the sandbox's own bodies and, where GitLab's published ones are at hand, those too.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.demo.local import ACME, SIGNING_TOKEN, LocalStage, local_stage
from app.sandbox.webhooks.signing import sign

PUBLISHED = Path(os.environ.get("PARTNER_JOURNEY_CONTRACT_DIR") or Path(__file__).parents[3] / "shared" / "gitlab")
ODD: list[Any] = [
    None, True, False, -1, 0, 2**70, 1e308, "", "\x00", "\ud800", "é" * 2000, "../" * 50, "partners/\u202eacme",
    "partners/acme\n/close", [], {}, [[]] * 50, {"id": {"id": []}}, "partners/acme", "partners/journey-control",
]  # fmt: skip


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStage]:
    url = f"sqlite:///{tmp_path_factory.mktemp('fuzz') / 'fuzz.sqlite'}"

    with local_stage(url) as opened:
        opened.write_partner_file("acme", ACME)
        opened.settle()
        item = next(i for i in opened.issues("acme", state="opened") if i.iid != 1)
        opened.close(item, "acme.lead")
        yield opened


@cache
def _published() -> tuple[str, ...]:
    return tuple(path.read_text("utf-8") for path in sorted((PUBLISHED / "webhooks").glob("*/*.json")))


def _mutated(data: st.DataObject, node: Any) -> Any:
    """Some keys gone, some values of another kind, at any depth."""
    if isinstance(node, dict):
        kept = {key: value for key, value in node.items() if data.draw(st.integers(0, 19)) != 0}
        return {
            key: _mutated(data, value) if data.draw(st.integers(0, 3)) == 0 else value for key, value in kept.items()
        }
    if isinstance(node, list) and node:
        return [_mutated(data, node[0]), *node[1:]]
    return data.draw(st.sampled_from(ODD))


def _signed(stage: LocalStage, body: bytes, key: str) -> tuple[int, dict[str, Any]]:

    stamp = str(int(stage.clock().timestamp()))
    headers = {"webhook-id": key, "webhook-timestamp": stamp, "x-gitlab-event": "Issue Hook"}
    headers["webhook-signature"] = sign(SIGNING_TOKEN, key, stamp, body)
    return stage.service.intake.receive(headers, body)


@given(data=st.data())
@settings(max_examples=300, suppress_health_check=list(HealthCheck))
def test_a_mutated_delivery_gets_an_answer_with_its_cause(stage: LocalStage, data: st.DataObject) -> None:
    seeds = [entry.request_body for entry in stage.world.outgoing] + list(_published())
    payload = json.loads(data.draw(st.sampled_from(seeds)))
    body = json.dumps(_mutated(data, copy.deepcopy(payload))).encode()
    status, said = _signed(stage, body, f"k-{data.draw(st.integers(0, 10**9))}")
    assert status in (202, 401)
    assert said["status"] == "accepted" or said["status"].startswith(("ignored: ", "already known")), said


@given(body=st.binary(max_size=2000))
@settings(max_examples=100, suppress_health_check=list(HealthCheck))
def test_any_bytes_get_an_answer(stage: LocalStage, body: bytes) -> None:
    status, said = _signed(stage, body, "bytes")
    assert status == 202
    assert said["status"].startswith("ignored: ")


@given(data=st.data())
@settings(max_examples=50, suppress_health_check=list(HealthCheck))
def test_a_valid_delivery_among_mutated_ones_is_never_lost(stage: LocalStage, data: st.DataObject) -> None:
    valid = stage.world.outgoing[-1].request_body
    arrivals: list[Any] = []
    for number in range(data.draw(st.integers(1, 6))):
        body = json.dumps(_mutated(data, json.loads(valid))).encode()
        arrivals.append((f"m-{data.draw(st.integers(0, 10**9))}-{number}", body))
    key = f"v-{data.draw(st.integers(0, 10**12))}"
    arrivals.insert(data.draw(st.integers(0, len(arrivals))), (key, valid.encode()))
    for name, body in arrivals:
        _signed(stage, body, name)
    kept = stage.service.store.delivery(key)
    assert kept is not None
    assert kept.woken_at is not None
    assert "acme" in stage.service.queue.waiting()
