"""Each row of the refusals, and what no row may do."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from contentsync.tiktok.refusals import (
    AT_ONCE,
    DAY,
    FAILURES,
    LOOK_AGAIN,
    MINUTE,
    OAUTH,
    REFUSALS,
    Failure,
    Family,
    failure,
    oauth_refusal,
    refusal,
)

ROWS = [*REFUSALS.values(), *OAUTH.values(), *FAILURES.values()]

CODES = {
    "access_token_invalid": (Family.SIGN_IN, None),
    "scope_not_authorized": (Family.SIGN_IN, None),
    "scope_permission_missed": (Family.SIGN_IN, None),
    "invalid_params": (Family.CONTENT, None),
    "invalid_param": (Family.CONTENT, None),
    "invalid_file_upload": (Family.CONTENT, None),
    "rate_limit_exceeded": (Family.CAP, MINUTE),
    "internal_error": (Family.TIKTOK, None),
    "spam_risk_too_many_posts": (Family.CAP, DAY),
    "spam_risk_too_many_pending_share": (Family.CAP, LOOK_AGAIN),
    "spam_risk_user_banned_from_posting": (Family.ACCOUNT, None),
    "reached_active_user_cap": (Family.CAP, DAY),
    "unaudited_client_can_only_post_to_private_accounts": (Family.ACCOUNT, None),
    "url_ownership_unverified": (Family.APP, None),
    "privacy_level_option_mismatch": (Family.CONTENT, None),
    "app_version_check_failed": (Family.ACCOUNT, None),
    "invalid_publish_id": (Family.TIKTOK, None),
    "token_not_authorized_for_specified_publish_id": (Family.SIGN_IN, None),
    "publish_not_cancellable": (Family.CONTENT, None),
}
REASONS = {
    "file_format_check_failed": (Family.CONTENT, None),
    "duration_check_failed": (Family.CONTENT, None),
    "frame_rate_check_failed": (Family.CONTENT, None),
    "picture_size_check_failed": (Family.CONTENT, None),
    "internal": (Family.TIKTOK, AT_ONCE),
    "video_pull_failed": (Family.CONTENT, AT_ONCE),
    "photo_pull_failed": (Family.CONTENT, AT_ONCE),
    "publish_cancelled": (Family.CONTENT, None),
    "auth_removed": (Family.SIGN_IN, None),
    "spam_risk_too_many_posts": (Family.CAP, DAY),
    "spam_risk_user_banned_from_posting": (Family.ACCOUNT, None),
    "spam_risk_text": (Family.CONTENT, None),
    "spam_risk": (Family.ACCOUNT, None),
}
OF_OAUTH = {
    "access_denied",
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "unauthorized_client",
    "unsupported_grant_type",
    "unsupported_response_type",
    "server_error",
    "temporarily_unavailable",
}


def test_every_documented_error_code_has_a_row() -> None:
    assert {code: (row.family, row.again) for code, row in REFUSALS.items()} == CODES


def test_every_documented_fail_reason_has_a_row() -> None:
    assert {code: (row.family, row.again) for code, row in FAILURES.items()} == REASONS


def test_every_documented_oauth_error_has_a_row() -> None:
    assert set(OAUTH) == OF_OAUTH


def test_all_rows_are_definite_but_tiktoks_own_faults() -> None:
    vague = [row.code for row in [*REFUSALS.values(), *OAUTH.values()] if not row.definite]
    assert vague == ["internal_error", "server_error", "temporarily_unavailable"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.code)
def test_a_row_tells_the_user_what_and_how_to_mend_it(row: Failure) -> None:
    problem = row.problem("TikTok's sentence", "20260301AB")
    assert re.fullmatch(r"[a-z0-9-]+", problem.code)
    assert problem.what.endswith(f"(TikTok: {row.code}, “TikTok's sentence”, log_id 20260301AB)")
    assert problem.hint
    assert "please" not in problem.what + problem.hint


def test_a_row_without_message_and_log_id_still_shows_the_code() -> None:
    assert failure("spam_risk_text").problem().what == "TikTok considers the caption spam (TikTok: spam_risk_text)"


def test_the_rule_for_unaudited_apps_speaks_of_the_account_and_names_both_ways_out() -> None:
    row = refusal("unaudited_client_can_only_post_to_private_accounts")
    assert row is not None
    assert "to a private account" in row.what
    assert "mode: draft" in row.hint
    assert "private" in row.hint


@pytest.mark.parametrize(
    "code", ["", "OK", "ok", "Invalid_Params", "spam_risk_text", "something_new", "invalid_grant"]
)
def test_a_code_outside_the_table_is_no_definite_refusal(code: str) -> None:
    assert refusal(code) is None


def test_oauth_understands_the_codes_of_the_api_too() -> None:
    assert oauth_refusal("invalid_params") is refusal("invalid_params")
    assert oauth_refusal("something_new") is None


@pytest.mark.parametrize("reason", ["", "something_new"])
def test_an_unknown_fail_reason_is_final_and_needs_a_person(reason: str) -> None:
    assert failure(reason).again is None
    assert failure(reason).code in (reason, "no_reason_given")


def test_waits_are_longer_than_the_windows_they_wait_for() -> None:
    assert timedelta(seconds=60) < MINUTE
    assert timedelta(hours=24) == DAY
