"""The journey's files on this machine: the built-in ones, or those of a folder."""

from __future__ import annotations

from pathlib import Path

BUILT_IN = Path(__file__).parent.parent / "journey_templates"


def journey_files(folder: Path) -> dict[str, str]:
    """The journey files below a folder, by path relative to it."""
    paths = [folder / "journey.yaml"]
    paths += sorted([*folder.glob("capabilities/**/*.md"), *folder.glob("languages/*.yaml")])
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in paths if path.is_file()}
