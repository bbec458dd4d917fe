"""Where a group or a project is in the REST API: its full path in one piece.

See https://docs.gitlab.com/api/rest/#namespaced-paths. The trap: a path with its slashes, which is another route.
"""

from __future__ import annotations

from urllib.parse import quote


def group_api(full_path: str) -> str:
    return f"/groups/{quote(full_path, safe='')}"


def project_api(full_path: str) -> str:
    return f"/projects/{quote(full_path, safe='')}"
