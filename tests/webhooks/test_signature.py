"""TikTok's signature: held against a vector of openssl's, the emulator's own, and all that is odd."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contentsync.emulator import webhooks as emulated
from contentsync.webhooks import signature

# printf '1767225600.'; cat body | openssl dgst -sha256 -hmac vector-secret
BODY = (
    rb'{"client_key":"awexample","event":"post.publish.complete","create_time":1767225600,"user_openid":"act.example",'
    rb'"content":"{\"publish_id\":\"v_pub_url~v2.7300000000000000001\",\"publish_type\":\"INBOX_SHARE\"}"}'
)
AT = 1_767_225_600
DIGEST = "b47e9e1b8e1058ea12641bcd604d6de8197b288e5d3032c9a61286ac318c0d63"
SECRET = "vector-secret"
WHEN = datetime.fromtimestamp(AT, UTC)


def test_the_vector_is_signed() -> None:
    assert signature.verify(f"t={AT},s={DIGEST}", BODY, [SECRET]) == (0, WHEN)


def test_the_emulator_signs_the_vector_alike() -> None:
    assert emulated.signature(SECRET, BODY, AT) == f"t={AT},s={DIGEST}"


@pytest.mark.parametrize(
    "header",
    [
        f"s={DIGEST},t={AT}",
        f" t = {AT} , s = {DIGEST} ",
        f"t={AT},s={DIGEST.upper()}",
        f"T={AT},S={DIGEST}",
        f"t={AT},s={'0' * 64},s={DIGEST}",
        f"v=2,t={AT},,x=y,s={DIGEST},",
    ],
)
def test_a_header_is_read_tolerantly(header: str) -> None:
    assert signature.verify(header, BODY, [SECRET]) == (0, WHEN)


@pytest.mark.parametrize(
    "header",
    [
        "",
        f"t={AT}",
        f"s={DIGEST}",
        f"t={AT + 1},s={DIGEST}",
        f"t={AT},t={AT + 1},s={DIGEST}",
        f"t=0{AT},s={DIGEST}",
        f"t=-{AT},s={DIGEST}",
        f"t={AT},s={DIGEST[:-1]}",
        f"t={AT},s={DIGEST}0",
        f"t={AT},s={'é' * 64}",
        f"t={AT};s={DIGEST}",
        "t=99999999999999999999,s=" + DIGEST,
        "," * 100_000 + f"t={AT},s={DIGEST}",
    ],
)
def test_what_does_not_verify_is_refused(header: str) -> None:
    assert signature.verify(header, BODY, [SECRET]) is None


def test_each_of_several_secrets_may_have_signed() -> None:
    assert signature.verify(f"t={AT},s={DIGEST}", BODY, ["other", SECRET]) == (1, WHEN)
    assert signature.verify(f"t={AT},s={DIGEST}", BODY, ["other"]) is None
    assert signature.verify(f"t={AT},s={DIGEST}", BODY, []) is None


def test_an_empty_secret_signs_nothing() -> None:
    digest = hmac.new(b"", f"{AT}.".encode() + BODY, hashlib.sha256).hexdigest()
    assert signature.verify(f"t={AT},s={digest}", BODY, [""]) is None


@given(st.binary(max_size=300), st.text(min_size=1, max_size=40), st.integers(0, 99_999_999_999))
def test_all_that_the_emulator_signs_verifies_and_no_other_byte_does(body: bytes, secret: str, at: int) -> None:
    header = emulated.signature(secret, body, at)
    proven = signature.verify(header, body, [secret])
    assert proven is not None and int(proven[1].timestamp()) == at
    assert signature.verify(header, body + b" ", [secret]) is None
    assert signature.verify(header, body, [secret + "x"]) is None


@given(st.text(max_size=200))
def test_no_header_makes_it_fail(header: str) -> None:
    assert signature.verify(header, BODY, [SECRET]) is None


def test_a_signature_may_be_as_old_as_repetitions_go() -> None:
    tolerance = timedelta(seconds=300)
    fresh = [timedelta(0), timedelta(seconds=-300), timedelta(hours=72, seconds=300)]
    assert not any(signature.is_late(WHEN, WHEN + age, tolerance) for age in fresh)
    late = [timedelta(seconds=-301), timedelta(hours=72, seconds=301)]
    assert all(signature.is_late(WHEN, WHEN + age, tolerance) for age in late)
