"""What GitLab publishes of its API, where a copy is at hand: GraphQL schemas, OpenAPI, JSON schemas, webhook bodies.

None of it is part of this repository. `PARTNER_JOURNEY_CONTRACT_DIR` names the folder that has it; without it, a
folder `shared/gitlab` beside the repository is looked for. Tests are skipped, and say so, where there is neither, and
fail where `PARTNER_JOURNEY_REQUIRE_CONTRACT` says that it must be there.
"""

from __future__ import annotations

import json
import os
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from graphql import GraphQLSchema, build_schema
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

ROOT = Path(__file__).resolve().parents[2]
OLD, NEW = "gitlab-18.9.graphql", "gitlab-19.4-workitems.merged.graphql"


def folder() -> Path:
    """Where the published files should be; it need not exist."""
    return Path(os.environ.get("PARTNER_JOURNEY_CONTRACT_DIR") or ROOT.parent / "shared" / "gitlab")


def published_file(name: str) -> Path:
    """The path of a published file, or the running test is skipped (or fails, where it must be there)."""
    path = folder() / name
    if not path.is_file():
        if os.environ.get("PARTNER_JOURNEY_REQUIRE_CONTRACT"):
            pytest.fail(f"{path} is missing, and PARTNER_JOURNEY_REQUIRE_CONTRACT says that it must be there")
        pytest.skip(f"GitLab's {name} is not at hand: set PARTNER_JOURNEY_CONTRACT_DIR to a folder with {name}")
    return path


def read_json(name: str) -> Any:
    """A published JSON file; skips like `published_file`."""
    return json.loads(published_file(name).read_text(encoding="utf-8"))


@lru_cache(maxsize=2)
def schema(name: str) -> GraphQLSchema:
    """The published GraphQL schema of that file name, or the running test is skipped."""
    path = published_file(f"graphql/{name}")
    return build_schema(path.read_text(encoding="utf-8"), assume_valid=True, no_location=True)


@cache
def openapi() -> dict[str, Any]:
    """GitLab's OpenAPI document of its REST API, cut to the areas that matter here."""
    document: dict[str, Any] = read_json("openapi/openapi_v3.subset.json")
    return document


@cache
def response_schema(name: str) -> jsonschema.Draft4Validator:
    """The validator of a JSON schema below `schemas/`, such as `public_api/v4/issue.json`."""
    address = published_file(f"schemas/{name}").as_uri()
    registry: Registry[Any] = Registry(retrieve=_retrieve)  # type: ignore[call-arg]
    return jsonschema.Draft4Validator({"$ref": address}, registry=registry)


def _retrieve(address: str) -> Resource[Any]:
    text = Path(address.removeprefix("file://")).read_text(encoding="utf-8")
    return Resource.from_contents(_without_patterns(json.loads(text)), default_specification=DRAFT4)


def _without_patterns(node: Any) -> Any:
    """GitLab's patterns are Ruby's, and two of them are not Python's."""
    if isinstance(node, dict):
        return {key: _without_patterns(value) for key, value in node.items() if key != "pattern"}
    return [_without_patterns(value) for value in node] if isinstance(node, list) else node
