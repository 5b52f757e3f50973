"""Yes, no, or nothing to rely on: one table of answers."""

from __future__ import annotations

from typing import Any

import pytest

from contentsync.errors import Refused, Unanswered
from contentsync.tiktok.answers import judge
from contentsync.tiktok.refusals import REFUSALS

DEFINITE = [code for code, row in REFUSALS.items() if row.definite]


def an_envelope(code: object, message: str = "", **over: Any) -> dict[str, Any]:
    return {"data": {"publish_id": "p"}, "error": {"code": code, "message": message, "log_id": "2026AB"} | over}


@pytest.mark.parametrize("status", [200, 201, 202])
def test_ok_with_a_status_of_success_is_a_success(status: int) -> None:
    assert judge(status, an_envelope("ok")) == judge(status, an_envelope("OK")) == {"publish_id": "p"}


@pytest.mark.parametrize("data", [None, [], "x", 7])
def test_a_success_without_usable_data_has_empty_data(data: object) -> None:
    assert judge(200, {"data": data, "error": {"code": "ok"}}) == {}


@pytest.mark.parametrize("code", DEFINITE)
@pytest.mark.parametrize("status", [200, 400, 401, 403, 429, 302])
def test_a_known_refusal_is_a_no_whatever_the_status_below_500(code: str, status: int) -> None:
    with pytest.raises(Refused) as caught:
        judge(status, an_envelope(code))
    assert (caught.value.error_code, caught.value.http_status, caught.value.log_id) == (code, status, "2026AB")


@pytest.mark.parametrize("code", DEFINITE)
def test_a_known_refusal_in_capitals_is_the_same_no(code: str) -> None:
    with pytest.raises(Refused) as caught:
        judge(400, an_envelope(code.upper()))
    assert caught.value.error_code == code


def test_an_internal_error_in_capitals_proves_nothing() -> None:
    with pytest.raises(Unanswered):
        judge(400, an_envelope("INTERNAL_ERROR"))


@pytest.mark.parametrize("code", [*DEFINITE, "ok", "internal_error", "something_new"])
@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
def test_a_5xx_proves_nothing_whatever_its_envelope_says(code: str, status: int) -> None:
    with pytest.raises(Unanswered) as caught:
        judge(status, an_envelope(code))
    assert caught.value.http_status == status


@pytest.mark.parametrize("status", [200, 400, 403, 429])
@pytest.mark.parametrize("code", ["internal_error", "something_new", "invalid_grant", "spam_risk_text"])
def test_a_code_that_is_vague_or_unknown_proves_nothing(code: str, status: int) -> None:
    with pytest.raises(Unanswered) as caught:
        judge(status, an_envelope(code))
    assert code in caught.value.problem.what
    assert caught.value.log_id == "2026AB"


@pytest.mark.parametrize("status", [301, 307, 400, 401, 403, 404, 429])
def test_ok_with_a_status_of_failure_proves_nothing(status: int) -> None:
    with pytest.raises(Unanswered):
        judge(status, an_envelope("ok"))


NO_CODES: list[object] = [None, 0, 1.5, [], {}, "", "ok ", "ok\n", True]
NO_ENVELOPES = [None, [], {}, "ok", 7, [an_envelope("ok")], {"data": {"publish_id": "p"}}, {"error": "invalid_grant"}]


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 429, 500])
@pytest.mark.parametrize("body", NO_ENVELOPES + [an_envelope(code) for code in NO_CODES])
def test_a_body_without_an_envelope_proves_nothing(status: int, body: object) -> None:
    with pytest.raises(Unanswered):
        judge(status, body)


@pytest.mark.parametrize("code", ["invalid_params", "invalid_param"])
def test_an_unknown_publish_id_is_told_by_its_message_too(code: str) -> None:
    with pytest.raises(Refused) as caught:
        judge(400, an_envelope(code, "invalid_publish_id"))
    assert caught.value.error_code == "invalid_publish_id"


@pytest.mark.parametrize("code", ["invalid_params", "invalid_param"])
def test_both_spellings_of_invalid_params_are_shown_as_tiktok_wrote_them(code: str) -> None:
    with pytest.raises(Refused) as caught:
        judge(400, an_envelope(code, "The total chunk count is invalid"))
    assert caught.value.error_code == code
    assert f"(TikTok: {code}, “The total chunk count is invalid”, log_id 2026AB)" in caught.value.problem.what


def test_the_log_id_is_found_under_its_other_name() -> None:
    with pytest.raises(Refused) as caught:
        judge(400, {"error": {"code": "invalid_params", "logid": "2026CD"}})
    assert caught.value.log_id == "2026CD"


def test_a_token_in_tiktoks_own_sentence_is_not_passed_on() -> None:
    with pytest.raises(Refused) as caught:
        judge(401, an_envelope("access_token_invalid", "token act.TopSecret!4321.a is invalid"))
    assert "TopSecret" not in str(caught.value)
