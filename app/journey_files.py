"""The journey's files on this machine: the built-in ones, or those of a folder."""

from __future__ import annotations

from pathlib import Path

JOURNEY_DIR = "PARTNER_JOURNEY_JOURNEY_DIR"
"""The setting that names the folder; commands that need no other setting read it by itself."""

BUILT_IN = Path(__file__).parent.parent / "journey_templates"


def journey_files(folder: Path) -> dict[str, str]:
    """The journey files below a folder, by path relative to it. Raises TemplateError for one that is not in UTF-8."""
    paths = [folder / "journey.yaml"]
    paths += sorted([*folder.glob("capabilities/**/*.md"), *folder.glob("languages/*.yaml")])
    return {(name := path.relative_to(folder).as_posix()): _text(path, name) for path in paths if path.is_file()}


def _text(path: Path, name: str) -> str:
    from app.journey.loading import TemplateError
    from app.journey.yaml_lines import Problem

    content = path.read_bytes()
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        fix = "Save the file as UTF-8; an editor offers that when it saves."
        raise TemplateError([Problem(name, line, "The file is not in UTF-8.", fix)]) from None
