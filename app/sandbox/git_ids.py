"""The ids that git gives to files and folders.

The trap this avoids: made-up ids. Clients compare a file's id with the id of the text that they would write, and skip
the write when the two are equal.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache


@lru_cache(maxsize=4096)
def blob_id(text: str) -> str:
    """The SHA-1 that git gives a file with this text."""
    data = text.encode()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def tree_id(files: dict[str, str]) -> str:
    """The SHA-1 that git gives a folder with these files (path below the folder -> text)."""
    folders = {path.split("/", 1)[0] for path in files if "/" in path}
    entries = [(f"{name}/", b"40000", name, tree_id(below(files, name))) for name in folders]
    entries += [(name, b"100644", name, blob_id(text)) for name, text in files.items() if "/" not in name]
    data = b"".join(mode + b" " + name.encode() + b"\0" + bytes.fromhex(oid) for _, mode, name, oid in sorted(entries))
    return hashlib.sha1(b"tree %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def below(files: dict[str, str], folder: str) -> dict[str, str]:
    """The files of a folder at any depth, by their path below it; `""` is the root."""
    prefix = f"{folder}/" if folder else ""
    return {path[len(prefix) :]: text for path, text in files.items() if path.startswith(prefix)}
