"""One text, three ways to write it: plain, HTML and Markdown, for services that read only one of them.

Texts come as Markdown for GitLab, with other people's words escaped. The traps this avoids: backslashes that show in a
plain message, a partner's name that becomes a tag in an e-mail, and `@all` or a username that calls people in a chat
who have nothing to do with GitLab.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from markdown_it import MarkdownIt
from markdown_it.token import Token

_READER = MarkdownIt("commonmark").enable("table").disable("image")
_WRITER = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
_HIDDEN = re.compile(r"<!--.*?-->\s*", re.DOTALL)
_CALL = re.compile("@(?!\u2060)")


def markdown(text: str) -> str:
    """Markdown without GitLab's hidden marks, which calls nobody."""
    return _CALL.sub("@\u2060", _HIDDEN.sub("", text)).strip()


def html(text: str) -> str:
    """HTML with the tags of headings, lists, tables and emphasis; any tag in the text itself is shown as text."""
    return str(_WRITER.render(markdown(text))).strip()


def plain(text: str) -> str:
    """Text as people would type it: no marks of Markdown, no escapes, lists with dashes."""
    lines = _lines(_READER.parse(markdown(text)))
    return re.sub(r"\n{3,}", "\n\n", "".join(lines)).strip()


def _lines(tokens: Iterable[Token]) -> Iterable[str]:
    for token in tokens:
        match token.type:
            case "inline":
                yield _words(token.children or ())
            case "html_block" | "fence" | "code_block":
                yield f"{token.content.rstrip()}\n\n"
            case "list_item_open":
                yield "- "
            case "td_close" | "th_close":
                yield "  "
            case "heading_close" | "bullet_list_close" | "ordered_list_close" | "tbody_close":
                yield "\n\n"
            case "paragraph_close":
                yield "\n" if token.hidden else "\n\n"  # hidden: in a list without empty lines
            case "tr_close":
                yield "\n"
            case _:
                pass


def _words(tokens: Iterable[Token]) -> str:
    """The text of one paragraph; a link shows its address when that is not the text itself."""
    parts: list[str] = []
    address = ""
    for token in tokens:
        match token.type:
            case "softbreak" | "hardbreak":
                parts.append("\n")
            case "link_open":
                address = str(token.attrGet("href") or "")
            case "link_close":
                if address and (not parts or parts[-1] != address):
                    parts.append(f" ({address})")
            case _:
                parts.append(token.content)
    return "".join(parts)
