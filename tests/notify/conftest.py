"""What the tests of channels share: receivers on loopback ports, see receivers.py."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from receivers import Chat, Mail, chat_service, mail_server


@pytest.fixture
def chat() -> Iterator[Chat]:
    with chat_service() as found:
        yield found


@pytest.fixture
def second_chat() -> Iterator[Chat]:
    with chat_service() as found:
        yield found


@pytest.fixture
def mail() -> Iterator[Mail]:
    with mail_server() as found:
        yield found
