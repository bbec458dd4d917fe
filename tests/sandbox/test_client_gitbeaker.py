"""@gitbeaker/rest, the JavaScript client, drives the sandbox over loopback where node and the package are installed.

`npm install @gitbeaker/rest` beside the repository or globally; else name its `node_modules` in NODE_PATH. Version
43.8.0 was run. Left out are its own mistakes: `EpicLinks` and `EpicAwardEmojis` ask at addresses that GitLab has not.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from rest_client import make_scene, running

SCRIPT = Path(__file__).with_name("gitbeaker.cjs")


def _node(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    line = ["node", *words]
    return subprocess.run(
        line, env={**os.environ, "NODE_PATH": _modules(), **environment}, capture_output=True, text=True, timeout=120
    )


@cache
def _modules() -> str:
    """Where node looks: NODE_PATH, and what was installed globally."""
    places = [os.environ.get("NODE_PATH", "")]
    if shutil.which("npm"):
        found = subprocess.run(["npm", "root", "-g"], capture_output=True, text=True, timeout=60)
        places.append(found.stdout.strip())
    return os.pathsep.join(place for place in places if place)


@cache
def _missing() -> str | None:
    if shutil.which("node") is None:
        return "node is not installed here"
    if _node("-e", "require.resolve('@gitbeaker/rest')").returncode:
        return "@gitbeaker/rest is not installed here: npm install -g @gitbeaker/rest, or set NODE_PATH"
    return None


def test_every_step_of_the_script_succeeds() -> None:
    missing = _missing()
    if missing:
        pytest.skip(missing)
    with running(make_scene()) as address:
        done = _node(str(SCRIPT), SANDBOX_URL=address)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [
        "groups", "projects", "pages", "issues", "filters", "notesAndReactions", "labelsAndBoards", "epics",
        "peopleAndHooks", "filesAndWiki", "errors",
    ]  # fmt: skip
