"""Chat and mail through Apprise, on real sockets: right in every format, and harmless when a service is not well."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from receivers import Chat, Mail, until

from app.journey.text import plain
from app.notify.apprise_channel import AddressError, AppriseChannel
from app.notify.channels import Event, UndeliveredError

HOSTILE = '@all <!channel> a_b_c *bold* <img src=x onerror=alert(1)> [x](http://evil.example) /close & "co" \\o/'


def event(name: str = "Acme", text: str = "### What comes next\n\n- #12 Demo\n- `sam`: start\n\n@sam") -> Event:
    return Event(
        key="acme/stage/1/walk",
        kind="stage-change",
        partner="acme",
        title=f"{plain(name)} has reached Walk",
        text=f"**{plain(name)}** is there.\n\n{text}",
        url="https://gitlab.example/partners/acme_group",
        at=datetime(2026, 11, 24, 12, tzinfo=UTC),
    )


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """What reaches the root logger, but for urllib3, whose paths the command line switches off.

    (pytest's own caplog also hears loggers that tell nobody else.)
    """
    lines: list[str] = []
    handler = logging.Handler()
    handler.addFilter(lambda record: not record.name.startswith("urllib3"))
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lines
    root.removeHandler(handler)
    root.setLevel(level)


def words(text: str) -> str:
    """Without the word joiners, which nobody sees."""
    return text.replace("\u2060", "")


def test_a_plain_channel_shows_a_hostile_name_as_it_was_typed_and_calls_nobody(chat: Chat) -> None:
    AppriseChannel("chat", f"{chat.address}?format=text").send(event(HOSTILE))
    (heard,) = chat.heard
    assert words(heard["title"]) == f"{HOSTILE} has reached Walk"
    assert words(heard["message"]) == (
        f"{HOSTILE} is there.\n\nWhat comes next\n\n- #12 Demo\n- sam: start\n\n@sam\n\n"
        "https://gitlab.example/partners/acme_group"
    )
    assert "@all" not in heard["title"] + heard["message"]
    assert "@sam" not in heard["message"]


def test_a_channel_that_reads_html_gets_tags_for_headings_and_none_from_a_name(chat: Chat) -> None:
    AppriseChannel("chat", f"{chat.address}?format=html").send(event(HOSTILE))
    text = words(chat.heard[0]["message"])
    assert "<h3>What comes next</h3>" in text
    assert "<li>#12 Demo</li>" in text
    assert '<a href="https://gitlab.example/partners/acme_group">' in text
    assert "&lt;img src=x onerror=alert(1)&gt;" in text
    assert "<img" not in text
    assert "\\" not in text.replace("\\o/", "")
    assert text.count("<a ") == 1


def test_a_service_that_reads_markdown_but_is_called_plain_gets_markdown(chat: Chat) -> None:
    AppriseChannel("team", f"mmost://127.0.0.1:{chat.port}/0123456789abcdefghijklmnop").send(event(HOSTILE))
    text = words(chat.heard[0]["text"])
    assert text.startswith("@all \\<\\!channel\\> a\\_b\\_c \\*bold\\*")
    assert "### What comes next" in text
    assert "[x](http" not in text


def test_a_letter_has_a_plain_and_an_html_part(mail: Mail) -> None:
    AppriseChannel("mail", f"mailto://127.0.0.1:{mail.port}/?from=bot@journey.example&to=sa@gitlab.example").send(
        event("Grüße & <b>Söhne</b>")
    )
    (letter,) = mail.letters
    assert words(str(letter["subject"])) == "Grüße & <b>Söhne</b> has reached Walk"
    parts = {part.get_content_type(): str(part.get_content()) for part in letter.walk() if not part.is_multipart()}  # type: ignore[attr-defined]
    assert "<h3>What comes next</h3>" in parts["text/html"]
    assert "Grüße &amp; &lt;b&gt;Söhne&lt;/b&gt;" in words(parts["text/html"])


@pytest.mark.parametrize("status", [401, 500])
def test_a_refusal_is_told_with_its_status_and_tried_again(chat: Chat, status: int, logged: list[str]) -> None:
    chat.status = status
    with pytest.raises(UndeliveredError) as caught:
        AppriseChannel("chat", chat.address).send(event())
    assert caught.value.cause == f"The service answered {status}."
    assert not caught.value.final
    assert "very-secret" not in str(caught.value) + "".join(logged)


def test_a_service_that_is_not_there_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(UndeliveredError, match="could not be reached") as caught:
        AppriseChannel("chat", f"json://127.0.0.1:{port}/very-secret-path").send(event())
    assert not caught.value.final


def test_a_service_that_hangs_is_left_alone_and_the_message_is_in_doubt(chat: Chat) -> None:
    chat.gate.clear()
    channel = AppriseChannel("chat", chat.address, longest_send=1.0)
    with pytest.raises(UndeliveredError, match=r"within 1 seconds; the message may have arrived") as caught:
        channel.send(event())
    assert caught.value.final
    with pytest.raises(UndeliveredError, match="still does not answer to an earlier message") as caught:
        channel.send(event())
    assert not caught.value.final  # nothing was sent, so it may be tried again
    until(lambda: bool(chat.heard), "the first message has come in: on a busy machine later than the channel waits")
    assert len(chat.heard) == 1


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("nonsense-very-secret", "address that Apprise knows"),
        ("unknown://very-secret", "address that Apprise knows"),
        ("slack://very-secret", "address that Apprise knows"),
        ("mailto://u:very-secret@gitlab.example?to=a@gitlab.example,b@gitlab.example", "names 2 receivers"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_being_shown(
    address: str, said: str, logged: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(AddressError, match=said) as caught:
        AppriseChannel("chat", address)
    assert "very-secret" not in str(caught.value) + "".join(logged) + "".join(capfd.readouterr())


def test_known_services_are_known_by_the_addresses_that_their_own_pages_show() -> None:
    for address in (
        "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        "mmosts://chat.example/0123456789abcdefghijklmnop",
        "workflows://prod-10.westus.logic.azure.com:443/643e69f83c8944438d68119179a10a64/KmwyVmHm3yaHrJEwKfCZCw",
        "mailtos://user:password@smtp.example:587/?from=bot@gitlab.example&to=sa@gitlab.example",
    ):
        assert AppriseChannel("some", address).name == "some"
