"""The control project is made once, completed after an interruption, and its webhook follows the service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.demo.local import SERVICE_URL, LocalStage, local_stage
from app.gitlab.errors import GitLabError
from app.gitlab.hook_secrets import HookSecrets
from app.sandbox import operations
from app.sandbox.http import Request

SECRETS = HookSecrets(token="a-token")


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[LocalStage]:
    """A group whose control project was made and given up again, so that it can be made anew by hand."""
    with local_stage(f"sqlite:///{tmp_path / 'bot.sqlite'}") as stage:
        control = stage.project("journey-control")
        stage.world.hooks.clear()
        del stage.world.projects[control.id]
        yield stage


def control_hooks(stage: LocalStage) -> list[str]:
    control = stage.project("journey-control")
    return [hook.url for hook in stage.world.hooks.values() if hook.project_id == control.id]


@pytest.mark.parametrize("failing", range(4))
def test_an_interrupted_start_is_completed_by_the_next_one(empty: LocalStage, failing: int) -> None:
    seen = 0

    def refuse(_request: Request, _number: int) -> Exception | None:
        nonlocal seen
        seen += 1
        return ConnectionError("cut off") if seen == failing + 1 else None

    empty.sandbox.fault = refuse
    with pytest.raises(GitLabError):
        empty.service.control.ensure(SERVICE_URL, SECRETS)
    empty.sandbox.fault = None
    empty.service.control.ensure(SERVICE_URL, SECRETS)
    assert "README.md" in empty.project("journey-control").files
    assert control_hooks(empty) == [SERVICE_URL]
    assert empty.service.control.ensure(SERVICE_URL, SECRETS) == []


def test_a_service_that_moved_changes_its_webhook_and_makes_no_second_one(empty: LocalStage) -> None:
    empty.service.control.ensure(SERVICE_URL, SECRETS)
    assert empty.service.control.ensure("https://journey.example.com/webhooks/gitlab", SECRETS) == [
        "~ webhook of the control project"
    ]
    assert control_hooks(empty) == ["https://journey.example.com/webhooks/gitlab"]


def test_of_many_files_only_the_changed_one_is_read_again(stage: LocalStage) -> None:
    control, root = stage.project("journey-control"), stage.user("root")
    paths = [f"partners/p-{number}.yaml" for number in range(250)]
    actions = [{"action": "create", "file_path": path, "content": f"name: {path}\n"} for path in paths]
    operations.commit_files(stage.world, root, control, branch="main", message="Many", actions=actions)
    reader = stage.service.control
    first, costs = reader.read(), list[int]()
    for text in ("changed", "name: partners/p-7.yaml\n", None):  # and changed back, and nothing at all
        if text is not None:
            stage.write_partner_file("p-7", text)
        start = len(stage.world.journal)
        wishes = reader.read(first.paths)
        costs.append(len(stage.world.journal) - start)
        assert wishes.partners == first.partners | ({"p-7": text} if text else {})
    tree = 1 + 3  # what is newest, and its 250 names, a hundred at a time
    assert costs == [tree + 1, tree + 1, tree]
