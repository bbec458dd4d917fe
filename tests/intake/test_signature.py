"""Who may speak for GitLab: vectors made with openssl, and properties over any body and any tampering."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.intake.signature import TOLERANCE_SECONDS, Secrets, UnverifiedError, verify
from app.notify.standard_webhooks import SigningTokenError, sign, signing_key

SIGNING = "whsec_" + base64.b64encode(bytes(range(65, 97))).decode()
PREVIOUS = "whsec_" + base64.b64encode(bytes(range(32))).decode()
STRANGER = "whsec_" + base64.b64encode(bytes(range(100, 132))).decode()
BODY = b'{"object_kind":"issue"}'
# printf 'partner-journey-1.1790000000.{"object_kind":"issue"}' | openssl dgst -sha256 -mac HMAC ... | base64
VECTOR = {
    "webhook-id": "partner-journey-1",
    "webhook-timestamp": "1790000000",
    "webhook-signature": "v1,8pifOgRAu0oIRHpP1F+PPQpLt/n/Kx12NnfyBB6qesw=",
}
NOW = datetime.fromtimestamp(1790000000, UTC)
SECRETS = Secrets((SIGNING, PREVIOUS), ("plain-now", "plain-before"))


def signed(token: str, body: bytes, **changed: str) -> dict[str, str]:
    headers = {"webhook-id": "m-1", "webhook-timestamp": "1790000000"}
    signature = sign(signing_key(token), headers["webhook-id"], headers["webhook-timestamp"], body)
    return headers | {"webhook-signature": signature} | {name.replace("_", "-"): text for name, text in changed.items()}


def refused(headers: dict[str, str], body: bytes = BODY, secrets: Secrets = SECRETS, now: datetime = NOW) -> str:
    with pytest.raises(UnverifiedError) as caught:
        verify(headers, body, secrets=secrets, now=now)
    return str(caught.value)


def test_the_vector_verifies_in_any_header_case() -> None:
    assert verify(VECTOR, BODY, secrets=SECRETS, now=NOW) == "signature"
    shouted = {name.upper(): text for name, text in VECTOR.items()}
    assert verify(shouted, BODY, secrets=SECRETS, now=NOW) == "signature"


def test_current_and_previous_secrets_count_and_several_signatures_may_come() -> None:
    for token in (SIGNING, PREVIOUS):
        assert verify(signed(token, BODY), BODY, secrets=SECRETS, now=NOW) == "signature"
    several = "v1a,unknown " + signed(STRANGER, BODY)["webhook-signature"] + " " + VECTOR["webhook-signature"]
    assert verify(VECTOR | {"webhook-signature": several}, BODY, secrets=SECRETS, now=NOW) == "signature"
    for token in ("plain-now", "plain-before"):
        assert verify({"X-Gitlab-Token": token}, BODY, secrets=SECRETS, now=NOW) == "token"


@pytest.mark.parametrize("offset", [-TOLERANCE_SECONDS, TOLERANCE_SECONDS])
def test_the_tolerance_is_five_minutes_to_the_second(offset: int) -> None:
    assert verify(VECTOR, BODY, secrets=SECRETS, now=NOW + timedelta(seconds=offset)) == "signature"
    beyond = offset + (1 if offset > 0 else -1)
    assert "clock" in refused(VECTOR, now=NOW + timedelta(seconds=beyond))


@pytest.mark.parametrize(
    "bad",
    [
        VECTOR | {"webhook-signature": ""},
        VECTOR | {"webhook-signature": "v1,"},
        VECTOR | {"webhook-signature": VECTOR["webhook-signature"].removeprefix("v1,")},
        VECTOR | {"webhook-signature": VECTOR["webhook-signature"].replace("v1,", "v2,")},
        VECTOR | {"webhook-signature": "v1,\xe9\udcff"},
        VECTOR | {"webhook-id": "another"},
        VECTOR | {"webhook-id": ""},
        VECTOR | {"webhook-timestamp": "1790000001"},
        VECTOR | {"webhook-timestamp": " 1790000000"},
        VECTOR | {"webhook-timestamp": "١٧٩٠٠٠٠٠٠٠"},
        VECTOR | {"webhook-timestamp": "-1"},
        VECTOR | {"webhook-timestamp": "9" * 5000},
        {"webhook-signature": VECTOR["webhook-signature"]},
        signed(STRANGER, BODY),
    ],
)
def test_a_bad_signature_is_refused_even_with_the_right_token(bad: dict[str, str]) -> None:
    refused(bad | {"x-gitlab-token": "plain-now"})


@pytest.mark.parametrize("token", ["", "plain-no", "plain-now ", "PLAIN-NOW", "\xe9", "\udcff", SIGNING])
def test_a_wrong_token_is_refused(token: str) -> None:
    assert "plain-now" not in refused({"x-gitlab-token": token})


def test_empty_secrets_verify_nothing() -> None:
    for empty in (Secrets(), Secrets(("",), ("",))):
        refused({"x-gitlab-token": ""}, secrets=empty)
        refused({}, secrets=empty)
        assert "no signing token is set" in refused(VECTOR, secrets=empty)


@pytest.mark.parametrize("token", ["whsec_", "whsec_c2hvcnQ=", "whsec_not base64!", "c2VjcmV0", "whsec_é"])
def test_a_malformed_signing_token_is_refused_at_the_start_and_not_shown(token: str) -> None:
    with pytest.raises(SigningTokenError, match="base64 of 32 random bytes") as caught:
        Secrets((token,))
    assert "c2hvcnQ" not in str(caught.value)


def test_secrets_do_not_show_themselves() -> None:
    assert "plain" not in repr(SECRETS)
    assert "whsec" not in repr(SECRETS)


@given(body=st.binary(max_size=200), key=st.binary(min_size=24, max_size=64), at=st.integers(0, 299))
def test_what_is_signed_verifies_and_one_changed_byte_does_not(body: bytes, key: bytes, at: int) -> None:
    token = "whsec_" + base64.b64encode(key).decode()
    secrets = Secrets((token,))
    headers = signed(token, body)
    assert verify(headers, body, secrets=secrets, now=NOW + timedelta(seconds=at)) == "signature"
    changed = bytearray(body + b"x")
    changed[at % len(changed)] ^= 1
    refused(headers, bytes(changed), secrets)


@given(
    headers=st.dictionaries(
        st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature", "x-gitlab-token", "X-GITLAB-TOKEN"]),
        st.text(max_size=60),
    )
)
def test_no_guess_gets_in_and_no_header_breaks_it(headers: dict[str, str]) -> None:
    refused(headers, b"{}")
