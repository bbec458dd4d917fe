"""What a journey and a partner are: the two file formats and the values made from them.

The trap: a typo in YAML that silently means nothing. Every model refuses unknown keys, and the JSON Schemas that
editors use are generated from these classes, so file, check and schema cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.journey.catalogue import IN_ENGLISH, Catalogue

Category = Literal["dmr", "gsi", "rsi", "fsi"]
Owner = Literal["partner", "sa", "manager"]
Verify = Literal["none", "sa"]
Gate = Literal["none", "sa"]
Evidence = Literal["none", "note", "link"]

CATEGORY_TITLES: dict[str, str] = {
    "dmr": "Direct market reseller",
    "gsi": "Global system integrator",
    "rsi": "Regional system integrator",
    "fsi": "Federal system integrator",
}

PracticeId = Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$", description="e.g. banking")]
CapabilityId = Annotated[str, Field(pattern=r"^[a-z0-9-]+/[a-z0-9-]+$", description="stage/name, never reused")]
ItemId = Annotated[
    str, Field(pattern=r"^[a-z0-9-]+/[a-z0-9-]+(@[a-z0-9-]+)?$", description="stage/name, or stage/name@practice")
]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?$")]
Username = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,255}$", description="a GitLab username, without @")]
ShortText = Annotated[str, Field(min_length=1, max_length=255)]
Line = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\r\n]+$")]


def _readable(value: str) -> str:
    if not any(character.isalnum() for character in value):
        raise ValueError("it has no letter and no digit")
    return value


Title = Annotated[Line, AfterValidator(_readable)]  # becomes the name of something in GitLab, which takes no blank one


class Frozen(BaseModel):
    """A value: cannot change, and refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# --- journey.yaml -----------------------------------------------------------------------------------------------


class CapabilitySettings(Frozen):
    """What `defaults:` and an overlay's `set:` may say of a capability; only the given keys change anything."""

    required: bool | None = Field(None, description="false: optional, never holds a stage")
    owner: Owner | None = Field(None, description="who does the work")
    verify: Verify | None = Field(None, description="sa: a solution architect confirms before it counts")
    evidence: Evidence | None = Field(None, description="what must be in the issue when it is closed")
    days: int | None = Field(None, ge=1, le=1000, description="days from stage start to the due date")
    weight: int | None = Field(None, ge=0, le=100, description="share in the percent shown; never moves a stage")
    per_practice: bool | None = Field(None, description="false: once for the company, not for each of its practices")


class CapabilityEntry(CapabilitySettings):
    """One line of a stage in journey.yaml."""

    id: CapabilityId
    title: Title | None = Field(None, description="overrides the title of the Markdown file")
    after: tuple[CapabilityId, ...] = Field((), description="capabilities to finish first")
    valid_days: int | None = Field(None, ge=1, description="how long it counts before it must be renewed")
    counts_from: date | None = Field(
        None, description="where the stage has begun already, required only from this day; without it after 90 days"
    )
    was: tuple[CapabilityId, ...] = Field(
        (), description="former ids: their issues and judgements go on under this one"
    )
    retired: bool = Field(False, description="true: not part of the journey any more; the id stays taken")
    after_wins: int = Field(0, ge=0, le=100, description="comes up once so many practices have won; not before")


class StageEntry(Frozen):
    id: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    title: Title
    goal: ShortText = Field(description="one sentence: what a partner in this stage is doing")
    days: int = Field(ge=1, le=2000, description="target for the whole stage, sets the milestone's due date")
    gate: Gate = Field("none", description="sa: a solution architect reviews the stage as a whole before it is reached")
    capabilities: tuple[CapabilityEntry, ...] = Field(min_length=1)


class AddedCapability(CapabilityEntry):
    """A capability that an overlay adds; `stage` says where, at the end of that stage."""

    stage: str


class PracticeRules(Frozen):
    """The run of every practice: a stage of its own first, then stages of the journey once `unlock` counts."""

    unlock: CapabilityId = Field(description="until it counts, the later stages of the practice are locked")
    entry: StageEntry = Field(description="the first stage of every practice; it has the unlock capability")
    stages: tuple[str, ...] = Field(min_length=1, description="stages of the journey that each practice walks")


class Overlay(Frozen):
    """How a category differs from the base: `set` changes keys, `add` appends, `skip` leaves out."""

    practice: PracticeRules | None = Field(None, description="how its practices walk, each on its own")

    set: dict[CapabilityId, CapabilitySettings] = Field(default_factory=dict)
    add: tuple[AddedCapability, ...] = ()
    skip: tuple[CapabilityId, ...] = ()


class Track(Frozen):
    """A certification that a partner may choose; it adds one optional capability `tracks/<name>`."""

    title: Title
    stage: str
    days: int = Field(180, ge=1, le=1000)
    valid_days: int | None = Field(None, ge=1)
    needs: dict[str, int] = Field(default_factory=dict, description="people or courses, e.g. pse: 3")
    after: tuple[str, ...] = Field((), description="tracks to finish first, where the partner has chosen them")


class Role(Frozen):
    title: Line = Field(description="how people call this role")


class Policy(Frozen):
    settle_minutes: float = Field(10, ge=0, le=10_000, description="quiet time before a stage change is announced")
    grace_days: int = Field(30, ge=0, le=1000, description="how long a reached stage is kept when it loses an item")
    stalled_days: int = Field(21, ge=1, le=1000, description="no partner activity for so long: shown as stalled")
    nudge_every_days: int = Field(14, ge=1, le=1000, description="a stalled partner is reminded at most so often")


class JourneyFile(Frozen):
    """journey.yaml: stages, capabilities and how categories differ."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    version: int = Field(ge=1, description="raise it on every change that touches running journeys")
    title: Title
    roles: dict[Owner, Role] = Field(default_factory=dict)
    defaults: CapabilitySettings = CapabilitySettings()
    policy: Policy = Policy()
    stages: tuple[StageEntry, ...] = Field(min_length=1)
    tracks: dict[Annotated[str, Field(pattern=r"^[a-z0-9-]+$")], Track] = Field(default_factory=dict)
    overlays: dict[Category, Overlay] = Field(default_factory=dict)


class CapabilityText(Frozen):
    """A capability's Markdown file: front matter and body."""

    title: Title
    who: Line = Field(description="the role that does the work, in words")
    verifier: Line
    question: Line = Field(description="the best-practice question, asked when it is done")
    body: str


# --- what the files mean ------------------------------------------------------------------------------------------


class Form(Frozen):
    """What the headings below the bot's part of an issue are called, in every language: an old issue keeps its own."""

    evidence: tuple[str, ...]
    answer: tuple[str, ...]


class Capability(Frozen):
    """A capability with all defaults and overlays applied."""

    id: str
    stage: str
    title: str
    titles: dict[str, str] = Field(description="in every language; `en` is always there")
    language: str = Field(description="of title and text: the partner's, or `en` where a translation is missing")
    required: bool
    owner: Owner
    verify: Verify
    evidence: Evidence
    days: int
    weight: int
    after: tuple[str, ...]
    valid_days: int | None
    text: CapabilityText
    form: Form
    counts_from: date | None = None
    was: tuple[str, ...] = ()
    after_wins: int = 0
    needs: dict[str, int] = Field(default_factory=dict)
    practice: str | None = None
    review: bool = False

    @property
    def shared_title(self) -> str:
        """The title on pages that partners of all languages share."""
        return self.titles["en"]

    def title_in(self, language: str) -> str:
        """The title in a language, in English where there is none."""
        return self.titles.get(language, self.shared_title)


class Stage(Frozen):
    id: str
    title: str
    goal: str
    days: int
    capabilities: tuple[Capability, ...]
    review: Capability | None = Field(None, description="of a stage with a gate: made by us, and in no count")

    @property
    def required(self) -> tuple[Capability, ...]:
        return tuple(c for c in self.capabilities if c.required)

    @property
    def all(self) -> tuple[Capability, ...]:
        """With the stage's review, if it has one."""
        return (*self.capabilities, self.review) if self.review else self.capabilities


class Journey(Frozen):
    """The journey as one partner walks it. Position `len(stages)` means: all stages done.

    Partners who chose the same share one, and what is made of it alone is remembered by it; so two are equal only when
    they are the same one.
    """

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    id: str
    version: int
    title: str
    roles: dict[Owner, Role]
    policy: Policy
    stages: tuple[Stage, ...]
    offered: frozenset[str] = frozenset()  # ids of all that the files have, also for partners of other kinds
    former: frozenset[str] = frozenset()  # ids that the files have given up: of renamed and of retired capabilities
    walked: frozenset[str] = frozenset()  # titles of all stages that the files have, also the first ones of practices
    practices: tuple[Practice, ...] = ()
    shared: tuple[Stage, ...] = Field((), description="the stages of practices, without the name of any")
    catalogue: Catalogue = IN_ENGLISH
    catalogues: tuple[Catalogue, ...] = Field((IN_ENGLISH,), description="of every language")

    def speaks(self, capability: Capability) -> Catalogue:
        """The language of a capability's issue, which is that of its text: English where that is not translated."""
        return self.catalogue if capability.language == self.catalogue.language else IN_ENGLISH

    @property
    def capabilities(self) -> tuple[Capability, ...]:
        """All of them, reviews included, those of the practices last."""
        own = tuple(c for stage in self.stages for c in stage.all)
        return own + tuple(c for practice in self.practices for c in practice.journey.capabilities)

    @property
    def renamed(self) -> dict[str, str]:
        """Former ids and what they are called now."""
        return {old: c.id for c in self.capabilities for old in c.was}

    def capability(self, capability_id: str) -> Capability:
        """Raises KeyError for an id that is not part of this journey."""
        for capability in self.capabilities:
            if capability.id == capability_id:
                return capability
        raise KeyError(capability_id)

    def stage_of(self, capability: Capability) -> Stage:
        """The stage of one of its capabilities, for a practice's the stage of that practice's run."""
        run = next((p.journey for p in self.practices if p.id == capability.practice), self)
        return next(stage for stage in run.stages if stage.id == capability.stage)

    def position(self, stage_id: str) -> int | None:
        """Index of a stage; `len(stages)` for "complete"; None for an id this journey does not have."""
        if stage_id == COMPLETE:
            return len(self.stages)
        return next((index for index, stage in enumerate(self.stages) if stage.id == stage_id), None)

    def stage_id(self, position: int) -> str:
        return self.stages[position].id if position < len(self.stages) else COMPLETE


class Practice(Frozen):
    """One practice of a partner and its run: a journey of its own in the same project, locked until its joint win."""

    id: str
    lead: str
    champion: str | None
    unlock: str
    journey: Journey


Journey.model_rebuild()

COMPLETE = "complete"
REVIEW = "stage-review"
"""The name of every stage's review: its id is `<stage>/stage-review`."""

# --- partners/<slug>.yaml -----------------------------------------------------------------------------------------


class People(Frozen):
    """GitLab usernames. The partner's own people are invited to the project; ours already see it."""

    lead: Username = Field(description="the partner's practice lead")
    engineers: tuple[Username, ...] = Field((), max_length=50, description="the partner's people who do the work")
    sa: Username = Field(description="the solution architect who coaches this partner")
    manager: Username | None = Field(None, description="the channel account manager")
    sponsor: Line | None = Field(None, description="the partner's executive sponsor, as text")

    @property
    def partner_side(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.lead, *self.engineers)))

    @property
    def everyone(self) -> tuple[str, ...]:
        ours = (self.sa, self.manager) if self.manager else (self.sa,)
        return tuple(dict.fromkeys((*self.partner_side, *ours)))


class PracticeEntry(Frozen):
    """One practice of a partner that walks by practices."""

    id: PracticeId
    lead: Username = Field(description="the practice's lead at the partner")
    champion: Username | None = Field(None, description="who keeps GitLab knowledge current in the practice")


class Waiver(Frozen):
    capability: ItemId
    until: date
    reason: Line
    by: Username


class Skip(Frozen):
    capability: ItemId
    reason: Line


class PartnerFile(Frozen):
    """partners/<slug>.yaml: everything that people decide about one partner."""

    name: Title
    category: Category
    region: Line
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = Field(
        "en", description="two letters, e.g. de: the language of the partner's project; English where a text is missing"
    )
    tracks: tuple[str, ...] = ()
    people: People
    practices: tuple[PracticeEntry, ...] = Field((), max_length=50, description="of a global system integrator")
    waivers: tuple[Waiver, ...] = ()
    skip: tuple[Skip, ...] = ()

    @property
    def partner_side(self) -> tuple[str, ...]:
        """The partner's own people, those of its practices last."""
        named = [name for p in self.practices for name in (p.lead, p.champion) if name]
        return tuple(dict.fromkeys((*self.people.partner_side, *named)))

    @property
    def everyone(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.people.everyone, *self.partner_side)))

    def spelt_as(self, known: Iterable[str]) -> Self:
        """The same with usernames as GitLab spells them, which takes them in any case: two spellings of one person
        would be two people here (https://docs.gitlab.com/api/users/)."""
        right = {name.casefold(): name for name in known}
        if all(right.get(name.casefold(), name) == name for name in self.everyone):
            return self

        def spelt(name: str | None) -> str | None:
            return None if name is None else right.get(name.casefold(), name)

        people = self.people
        engineers = tuple(right.get(name.casefold(), name) for name in people.engineers)
        given = {"lead": spelt(people.lead), "engineers": engineers, "sa": spelt(people.sa)}
        return self.model_copy(
            update={
                "people": people.model_copy(update={**given, "manager": spelt(people.manager)}),
                "practices": tuple(
                    p.model_copy(update={"lead": spelt(p.lead), "champion": spelt(p.champion)}) for p in self.practices
                ),
            }
        )


class Partner(PartnerFile):
    """A partner file with the slug that its file name gives; the slug is also the project's path."""

    slug: Slug
