"""Every document that the bot sends is one that GitLab takes: it fits both published schemas and GitLab's limits."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import DocumentNode, OperationDefinitionNode, parse, validate
from published import NEW, OLD, schema

from app.gitlab import documents
from app.sandbox.graphql import complexity
from app.sandbox.graphql.schema import schema_for

VARIABLES: dict[str, Any] = {
    "desired": ["partners/acme.yaml"],
    "files": [f"file-{number}.yml" for number in range(40)],
    "paths": [f"file-{number}.yml" for number in range(100)],
    "withHook": True,
    "withStatus": True,
    "withPortfolioItem": True,
}
"""What makes a document as dear as it gets: every optional part, and as many files as a journey may have."""


@pytest.mark.parametrize("licensed", [True, False], ids=["premium", "free"])
@pytest.mark.parametrize("name", documents.names())
class TestDocument:
    @pytest.mark.parametrize("published", [OLD, NEW])
    def test_fits_the_published_schema(self, name: str, licensed: bool, published: str) -> None:
        assert validate(schema(published), parse(documents.text(name, licensed=licensed))) == []

    def test_fits_the_sandbox(self, name: str, licensed: bool) -> None:
        """What is sent without a licence must do on CE, where EE's fields do not exist."""
        document = parse(documents.text(name, licensed=licensed))
        if name == "mutations" and not licensed:  # sent by name; nobody asks for epic boards there
            kept = [each for each in document.definitions if not _makes_epic_boards(each)]
            document = DocumentNode(definitions=tuple(kept))
        assert [error.message for error in validate(schema_for(licensed), document)] == []

    def test_stays_within_gitlabs_limits(self, name: str, licensed: bool) -> None:
        text = documents.text(name, licensed=licensed)
        assert len(text) <= 10_000
        document = parse(text)
        for each in document.definitions:
            if isinstance(each, OperationDefinitionNode) and each.name is not None:
                cost = complexity.measure(schema_for(True), document, each.name.value, VARIABLES)
                assert cost.score <= complexity.AUTHENTICATED, each.name.value
                assert cost.depth <= complexity.DEPTH_AUTHENTICATED, each.name.value


def test_twenty_joined_writes_fit_one_request() -> None:
    inputs = {
        name: {"clientMutationId": "x"} for name in ("createLabel", "createWorkItem", "updateWorkItem", "createNote")
    }
    writes = [documents.Write(name, given) for name, given in inputs.items() for _ in range(5)]
    text, _ = documents.join(writes)
    document = parse(text)
    assert validate(schema_for(False), document) == []
    assert complexity.measure(schema_for(False), document, "apply", {}).score <= complexity.AUTHENTICATED


def _makes_epic_boards(node: object) -> bool:
    return isinstance(node, OperationDefinitionNode) and node.name is not None and "EpicBoard" in node.name.value
