"""What people want: the control project's files at its newest commit, kept in memory by that commit.

Whoever hears of another commit says so, and the files are read again; so a changed file is noticed without a request of
its own. The trap: going on with yesterday's file. Therefore a partner that is not there, or whose file cannot be used,
is only believed after a look at the newest commit.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from app.engine.problems import Problems
from app.gitlab.control import Control, Wishes, partner_path
from app.gitlab.errors import GitLabError
from app.journey import prose
from app.journey.languages import laid_over
from app.journey.loading import TemplateError, load_partner, load_templates
from app.journey.model import Partner
from app.journey.templates import Templates


class PartnerFileError(GitLabError):
    """A partner file that cannot be used. The partner is left as it is until a person mends the file."""

    kind = "partner_file"


class JourneyFilesError(GitLabError):
    """The control project's own journey files cannot be used; no partner file is to blame."""

    kind = "journey_files"


class UnknownPartnerError(GitLabError):
    """There is no partner file for this slug."""

    kind = "missing"


@dataclass(frozen=True)
class Desired:
    """What people want, at one commit of the control project."""

    wishes: Wishes
    templates: Templates

    def partner(self, slug: str) -> Partner:
        """Raises UnknownPartnerError or PartnerFileError."""
        text = self.wishes.partners.get(slug)
        if text is None:
            raise UnknownPartnerError(
                f"There is no partner {slug}.",
                f"Check the name with `partner-journey partner list`, or add partners/{slug}.yaml to the control "
                "project.",
            )
        try:
            return load_partner(slug, text, self.templates)
        except TemplateError as error:
            raise PartnerFileError(str(error), "Correct the file; the partner is left as it is until then.") from None


class DesiredState:
    """Keeps the newest `Desired`, for any thread. Every verb raises GitLabError, or JourneyFilesError for journey files
    with a mistake."""

    def __init__(
        self,
        control: Control,
        problems: Problems,
        defaults: Mapping[str, str],
        settle_minutes: float | None = None,
    ) -> None:
        """`defaults`: the built-in journey's files by path; `settle_minutes` overrides the journey's own policy."""
        self._control = control
        self._problems = problems
        self._defaults = dict(defaults)
        self._settle_minutes = settle_minutes
        self._known: Desired | None = None
        self._lock = threading.Lock()

    def known(self, *, commit: str | None = None) -> Desired:
        """What is in memory; read again when there is nothing or `commit` says that it is old."""
        with self._lock:
            if self._known is None or (commit is not None and commit != self._known.wishes.commit):
                return self._read()
            return self._known

    def refresh(self, slug: str | None = None) -> Desired:
        """Reads the control project again in any case; `slug`: a partner whose file may be new there."""
        with self._lock:
            return self._read(slug)

    def reload(self) -> Desired:
        """As refresh; and whether the journey's own files can be used is told in the control project."""
        try:
            desired = self.refresh()
        except JourneyFilesError as error:
            self._problems.report(prose.JOURNEY_FILES, error)
            raise
        self._problems.report(prose.JOURNEY_FILES, None)
        return desired

    def slugs(self) -> list[str]:
        return sorted(self.known().wishes.partners)

    def partner(self, slug: str) -> tuple[Partner, Templates]:
        """Raises UnknownPartnerError or PartnerFileError, both only after a look at the newest commit."""
        try:
            desired = self.known()
            return desired.partner(slug), desired.templates
        except (UnknownPartnerError, PartnerFileError):
            desired = self.refresh(slug)
            return desired.partner(slug), desired.templates

    def _read(self, slug: str | None = None) -> Desired:
        paths = self._known.wishes.paths if self._known else frozenset()
        wishes = self._control.read(paths | {partner_path(slug)} if slug and paths else paths)
        self._known = Desired(wishes, self._load(wishes))
        return self._known

    def _load(self, wishes: Wishes) -> Templates:
        """Raises JourneyFilesError when the journey files are broken: better no run than a wrong one."""
        templates = _templates(tuple(sorted(laid_over(self._defaults, wishes.journey_files).items())))
        if isinstance(templates, TemplateError):
            raise JourneyFilesError(
                f"The journey files of the control project have problems:\n{templates}",
                "Correct them; `partner-journey template check DIR` lists all problems.",
            )
        if self._settle_minutes is not None:
            policy = templates.file.policy.model_copy(update={"settle_minutes": self._settle_minutes})
            return templates.changed(policy=policy)
        return templates


@lru_cache(maxsize=4)
def _templates(files: tuple[tuple[str, str], ...]) -> Templates | TemplateError:
    """Partner files change much more often than the journey's, which take a twentieth of a second to read.

    Broken files are remembered too: until they are mended, everybody who asks gets the same answer at no cost.
    """
    try:
        return load_templates(dict(files))
    except TemplateError as error:
        return error
