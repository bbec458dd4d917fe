"""What partners found worth knowing, collected from all of them: one page for each stage, by capability.

A page is its own memory: each answer carries hidden keys of those who gave it, so one partner's answers are replaced
without asking the others. A key is a digest, for the page names no partner. The trap: two partners with the same words.
They share one line, which goes with the last of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from app.journey import evidence, markers
from app.journey.model import Partner
from app.journey.progress import Progress
from app.journey.prose.best_practices import Answer, Source, Topic, best_practices_page, said
from app.journey.text import plain

_COLLECTED = frozenset({"done", "renewing", "expired"})  # what was accepted once; the answer does not expire
_FEWEST_LETTERS = 10
_MOST = 60
"""Answers for each capability, the newest: GitLab stops to render a page that is too long."""
_TOPIC = re.compile(r"^## (?P<title>.*) <!-- partner-journey capability=(?P<id>\S+) -->$")
_ANSWER = re.compile(
    r"^- (?P<text>.*?) \((?P<sources>(?:<!-- partner-journey answer=\S+ -->\[source\]\(\S+\)(?:, )?)+)\)$"
)
_SOURCE = re.compile(r"<!-- partner-journey answer=(\S+) -->\[source\]\((\S+?)\)")


@dataclass(frozen=True)
class StageAnswers:
    """What one partner says about one stage: capability id -> answer. `titles` and their order are the journey's."""

    stage: str
    stage_title: str
    titles: Mapping[str, str]
    answers: Mapping[str, Answer]
    keys: frozenset[str]
    accepted: bool  # whether any capability of the stage was, so that there may be answers on the page

    @property
    def digest(self) -> str:
        return markers.digest(repr(sorted(self.answers.items())))


def answers_of(partner: Partner, progress: Progress) -> tuple[StageAnswers, ...]:
    """The answers in all accepted issues of one partner, stage by stage."""
    names = (partner.name, partner.slug, *partner.people.everyone)
    found = []
    for stage in progress.stages:
        answers, accepted = {}, False
        for item in stage.items:
            if item.issue is None or item.state not in _COLLECTED:
                continue
            accepted = True
            text = evidence.block(item.issue.description, item.capability.form.answer)
            if len(re.findall(r"\w", text[:1000])) >= _FEWEST_LETTERS:
                source = Source(_key(partner.slug, item.capability.id), item.issue.url)
                answers[item.capability.id] = Answer(said(text, names), (source,))
        titles = {item.capability.id: plain(item.capability.shared_title) for item in stage.items}
        keys = frozenset(_key(partner.slug, name) for name in titles)
        found.append(StageAnswers(stage.stage.id, stage.stage.title, titles, answers, keys, accepted))
    return tuple(found)


def best_practices_mark(stage: str) -> str:
    """The value of the mark `page` on a stage's page."""
    return f"best-practices/{stage}"


def plan_best_practices(seen: str | None, given: StageAnswers) -> str | None:
    """The page's whole new text, or None where nothing changes. `seen`: its present text, None where there is none."""
    topics = {topic.capability: topic for topic in _read(markers.section_body(seen) or "")} if seen else {}
    before = dict(topics)
    for name, title in given.titles.items():
        topic = topics.get(name, Topic(name, title, ()))
        topics[name] = replace(topic, title=title, answers=_merged(topic.answers, given.answers.get(name), given.keys))
    order = {name: index for index, name in enumerate(given.titles)}
    kept = sorted((t for t in topics.values() if t.answers), key=lambda t: order.get(t.capability, len(order)))
    if not kept and not any(topic.answers for topic in before.values()):
        return None
    body = best_practices_page(given.stage_title, kept)
    if seen is None:
        return f"{markers.mark('page', best_practices_mark(given.stage))}\n{markers.section(body)}\n"
    return None if markers.section_body(seen) == body else markers.replace_section(seen, body)


def _merged(answers: Iterable[Answer], mine: Answer | None, keys: frozenset[str]) -> tuple[Answer, ...]:
    """The others' answers and this partner's; one that did not change keeps its place, equal ones become one."""
    merged: list[Answer] = []
    placed = False
    for answer in answers:
        others = tuple(source for source in answer.sources if source.key not in keys)
        if mine is not None and _same(answer, mine):
            others, placed = (*others, *mine.sources), True
        if others:
            merged.append(Answer(answer.text, tuple(sorted(others, key=lambda source: source.key))))
    if mine is not None and not placed:
        merged.append(mine)
    return tuple(merged[-_MOST:])


def _same(one: Answer, other: Answer) -> bool:
    return one.text.casefold() == other.text.casefold()


def _key(slug: str, capability: str) -> str:
    return markers.digest(f"{slug} {capability}")


def _read(body: str) -> list[Topic]:
    """The topics of a page. Lines that people broke are left out, and their answers come back when they change."""
    topics: list[Topic] = []
    for line in body.splitlines():
        heading, answer = _TOPIC.match(line), _ANSWER.match(line)
        if heading is not None:
            topics.append(Topic(heading["id"], heading["title"], ()))
        elif answer is not None and topics:
            sources = tuple(Source(key, url) for key, url in _SOURCE.findall(answer["sources"]))
            topics[-1] = replace(topics[-1], answers=(*topics[-1].answers, Answer(answer["text"], sources)))
    return topics
