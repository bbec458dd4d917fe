"""Mutated journey and partner files: they load, or a TemplateError names file and line. Never another exception."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.demo.local import ACME, GLOBEX
from app.journey.loading import TemplateError, load_partner, load_templates
from app.journey_files import BUILT_IN, journey_files

FILES = journey_files(BUILT_IN)
ODD = ["", ":", "- ", "[", "{", "&a ", "*a", "!!python/object:os.system ", "\t", "\x00", "\ud800", "|", "> ", "? ",
       "%", "2026-02-30", "9" * 5000,
       "~", "{{{{", "---\n", "...\n", "é\u202e", "<<: *x", "- - - - -", "'", '"', "-1", "1e999",
       "!!timestamp x", "!!binary x", "0x", "true", "\u2028", "stages:", "id:"]  # fmt: skip

mutation = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 30), st.sampled_from(ODD) | st.text(max_size=10)), min_size=1, max_size=4
)


def _mutated(text: str, changes: list[tuple[float, int, str]]) -> str:
    for place, length, new in changes:
        start = int(len(text) * place)
        text = text[:start] + new + text[start + length :]
    return text


def _says_where(error: TemplateError, names: set[str]) -> None:
    assert error.problems
    for problem in error.problems:
        assert problem.file in names
        assert problem.line >= 1
        assert problem.what
        assert problem.fix


@pytest.mark.parametrize("text", [ACME, GLOBEX])
@given(changes=mutation)
@settings(max_examples=250, suppress_health_check=list(HealthCheck))
def test_a_mutated_partner_file(text: str, changes: list[tuple[float, int, str]]) -> None:
    try:
        load_partner("acme", _mutated(text, changes), _TEMPLATES)
    except TemplateError as error:
        _says_where(error, {"partners/acme.yaml"})


_TEMPLATES = load_templates(FILES)


@given(name=st.sampled_from(sorted(FILES)) | st.just("journey.yaml"), changes=mutation)
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_a_mutated_journey_file(name: str, changes: list[tuple[float, int, str]]) -> None:
    try:
        load_templates(FILES | {name: _mutated(FILES[name], changes)})
    except TemplateError as error:
        _says_where(error, set(FILES))
