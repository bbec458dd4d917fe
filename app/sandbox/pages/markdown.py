"""GitLab Flavoured Markdown to safe HTML (https://docs.gitlab.com/user/markdown/).

Text comes from strangers: scripts, HTML comments that imitate markers, a megabyte of brackets. Order matters: parse,
add our own elements as tokens, render, and sanitise the whole at the very end, so nothing escapes the sanitiser. The
trap it avoids: inserting HTML after sanitising, where a forged placeholder inside an attribute becomes an element.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup, escape

from app.sandbox.pages.diagram import drawn_chart
from app.sandbox.pages.live_view import NotUnderstoodError, live_table
from app.sandbox.pages.references import PATTERN, References, Target
from app.sandbox.pages.sanitiser import sanitised

MAX_CHARACTERS = 200_000
UNDRAWN = {
    "mermaid": "Diagram source. A real GitLab draws this; the sandbox draws only a chain of boxes.",
    "plantuml": "Diagram source. A real GitLab may draw this; the sandbox shows the text.",
}
_OUR_ATTRIBUTES = re.compile(r"(?<![\w-])(?:class|style|id|name|value|role)(?=\s*=)", re.IGNORECASE)
_OUR_TAGS = re.compile(r"<(/?)(?=(?:button|input)\b)", re.IGNORECASE)
_TASK = re.compile(r"\[([ xX])\](?=\s|$)")
_NEWLINE = re.compile(r"(\r\n?|\n)")


@dataclass(frozen=True)
class Setting:
    """Where a text stands: who reads it (`references`), whether boxes can be ticked, what relative links mean."""

    references: References | None = None
    tickable: bool = False
    link_base: str = ""
    image_base: str = ""


def render(text: str, setting: Setting | None = None) -> Markup:
    """Safe HTML of a Markdown text. Beyond MAX_CHARACTERS the text is shown as it is, because parsing would stall."""
    if len(text) > MAX_CHARACTERS:
        note = f"This text has {len(text):,} characters, so it is shown without formatting, and cut."
        return Markup('<p class="hint">{}</p><pre class="plain">{}</pre>').format(note, text[:MAX_CHARACTERS])
    return sanitised(_PARSER.render(text, {"setting": setting or Setting()}))


def task_lines(text: str) -> dict[int, bool]:
    """Line number (from 0) -> ticked, of every task in the text; tasks in code blocks do not count."""
    tokens = _PARSER.parse(text[:MAX_CHARACTERS], {"setting": Setting()})
    return {t.map[0]: bool(t.meta["checked"]) for t in tokens if t.map and t.meta and "checked" in t.meta}


def toggle_task(text: str, line: int) -> str:
    """The text with the box of that line ticked or unticked. Raises LookupError when the line holds no task."""
    if line not in task_lines(text):
        raise LookupError(f"line {line + 1} holds no task")
    pieces = _NEWLINE.split(text)
    pieces[line * 2] = _TASK.sub(lambda m: "[x]" if m[1] == " " else "[ ]", pieces[line * 2], count=1)
    return "".join(pieces)


@lru_cache(maxsize=2_048)
def task_count(text: str) -> tuple[int, int]:
    """(ticked, all) tasks, as in GitLab's task_completion_status."""
    boxes = task_lines(text).values() if "[" in text else []
    return sum(boxes), len(boxes)


def _make_parser() -> MarkdownIt:
    options = {"html": True, "tasklists": True, "alerts": True, "linkify": False}
    parser = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
    parser.core.ruler.after("inline", "sandbox", _decorate)
    parser.add_render_rule("list_item_open", _open_list_item)
    parser.add_render_rule("fence", _fence)
    parser.add_render_rule("table_open", _table)
    parser.add_render_rule("code_block", _code_block)
    return parser


def _decorate(state: StateCore) -> None:
    """After inline parsing: defuse raw HTML, name headings, resolve links and references."""
    setting: Setting = state.env["setting"]
    for index, token in enumerate(state.tokens):
        if token.type == "html_block":
            token.content = _defuse(token.content)
        if token.type == "inline" and token.children is not None:
            if state.tokens[index - 1].type == "heading_open":
                state.tokens[index - 1].attrSet("id", _slug(token.content))
            token.children = _decorate_inline(token.children, setting)


def _defuse(html: str) -> str:
    """Raw HTML may not carry the elements and attributes by which our own elements are made."""
    return _OUR_TAGS.sub(r"&lt;\1", _OUR_ATTRIBUTES.sub("data-theirs", html))


def _slug(heading: str) -> str:
    return "toc-" + re.sub(r"[^\w-]+", "-", heading.lower()).strip("-")[:80]


def _decorate_inline(tokens: list[Token], setting: Setting) -> list[Token]:
    result: list[Token] = []
    links_open = 0
    for token in tokens:
        if token.type == "link_open":
            links_open += 1
            _rebase(token, "href", setting.link_base)
        elif token.type == "link_close":
            links_open -= 1
        elif token.type == "image":
            _rebase(token, "src", setting.image_base)
        elif token.type == "html_inline":
            token.content = _defuse(token.content)
        if token.type == "text" and not links_open:
            result.extend(_with_references(token, setting.references))
        else:
            result.append(token)
    return result


def _rebase(token: Token, attribute: str, base: str) -> None:
    """A relative address in a repository file is relative to the repository; a heading's address to this page."""
    address = str(token.attrGet(attribute) or "")
    if attribute == "href" and address.startswith("#"):
        token.attrSet(attribute, "#toc-" + address[1:])
    elif base and address and not address.startswith("/") and not urlsplit(address).scheme:
        token.attrSet(attribute, base + address.removeprefix("./"))


def _with_references(token: Token, references: References | None) -> list[Token]:
    parts: list[Token] = []
    position = 0
    for match in PATTERN.finditer(token.content):
        end = match.end()
        target: Target | None
        if match["url"]:
            end = match.start() + len(_without_tail(match["url"]))
            url = match["url"][: end - match.start()]
            target = references.find_url(url) if references else Target(url, url, "url")
        else:
            target = references.find(match) if references else None
        if target is None:
            continue
        parts.append(_text(token.content[position : match.start()]))
        parts.append(_raw(_reference_html(target)))
        position = end
    if not parts:
        return [token]
    return [*parts, _text(token.content[position:])]


def _without_tail(url: str) -> str:
    """A full stop or bracket after an address belongs to the sentence."""
    url = url.rstrip(".,;:!?*_~")
    while url.endswith(")") and url.count(")") > url.count("("):
        url = url[:-1].rstrip(".,;:!?")
    return url


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _raw(html: str) -> Token:
    return Token("html_inline", "", 0, content=html)


def _reference_html(target: Target) -> str:
    if target.chip is not None:
        return str(target.chip.html(target.href))
    kind = {"user": "ref-user", "item": "ref-item", "milestone": "ref-item"}.get(target.kind, "ref-url")
    if not target.href:
        return str(Markup('<span class="{}" title="{}">{}</span>').format(kind, target.hover, target.text))
    return str(Markup('<a class="{}" href="{}" title="{}">{}</a>').format(kind, target.href, target.hover, target.text))


def _open_list_item(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """A task's box is a button that posts its line number, so that one click ticks it without JavaScript."""
    token = tokens[index]
    html = renderer.renderToken(tokens, index, options, env)
    if not token.meta or "checked" not in token.meta or token.map is None:
        return html
    checked = "true" if token.meta["checked"] else "false"
    setting: Setting = env["setting"]
    if setting.tickable:
        line = token.map[0]
        return (
            f'{html}<button class="task" type="submit" name="task" value="{line}" id="task-{line}" role="checkbox"'
            f' aria-checked="{checked}" aria-label="Done"></button>'
        )
    return f'{html}<span class="task" role="checkbox" aria-checked="{checked}" aria-disabled="true"></span>'


def _fence(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    del renderer, options
    token = tokens[index]
    language = token.info.strip().split(maxsplit=1)[0].lower() if token.info.strip() else ""
    if language == "mermaid" and (chart := drawn_chart(token.content)) is not None:
        return f'<figure class="drawn">{chart}</figure>\n'
    if language == "glql":
        return _live(token, env["setting"].references)
    return _source(UNDRAWN[language], token) if language in UNDRAWN else _code(token)


def _live(token: Token, references: References | None) -> str:
    if references is None:
        return _source("Query. Nobody reads it here, so it finds nothing.", token)
    try:
        return f'<figure class="drawn live">{live_table(token.content, references)}</figure>\n'
    except NotUnderstoodError as error:
        return _source(f"Query. The sandbox does not know {error}; GitLab may.", token)


def _source(caption: str, token: Token) -> str:
    return f'<figure class="drawn"><figcaption>{escape(caption)}</figcaption>{_code(token)}</figure>\n'


def _code_block(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    del renderer, options, env
    return _code(tokens[index])


def _table(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    """Can be reached by keyboard, because a wide one is read by scrolling."""
    del renderer, tokens, index, options, env
    return '<table tabindex="0">\n'


def _code(token: Token) -> str:
    """Can be reached by keyboard, because a long line is read by scrolling."""
    return f'<pre tabindex="0"><code>{escape(token.content)}</code></pre>\n'


_PARSER = _make_parser()
