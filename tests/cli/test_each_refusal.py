"""Each error code of each endpoint, and each fail_reason: what is told, how it ends, what may follow and when.

The codes are written out from TikTok's pages, an endpoint at a time; each goes through the emulator, the real client
and the real command, in the HTTP status that is documented. A 401 comes as a 200 too: it is the only status below 500
that changes what follows, as tests/tiktok/test_answers.py shows.
Source: Error Handling; Query Creator Info; Direct Post; Upload; Photo; Get Post Status; Media Transfer Guide
("Cancel"); OAuth Error Handling; Query Video Comments.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contentsync.emulator.config import Account, App, Video
from contentsync.errors import Refused, Unanswered
from contentsync.tiktok import refusals
from tests.builders import ManualClock
from tests.cli.at_a_desk import Desk, a_desk

COMMON = {
    "access_token_invalid": 401,
    "scope_not_authorized": 401,
    "scope_permission_missed": 400,
    "invalid_params": 400,
    "invalid_file_upload": 400,
    "rate_limit_exceeded": 429,
    "internal_error": 500,
}
CREATOR_INFO = COMMON | {
    "spam_risk_too_many_posts": 200,
    "spam_risk_user_banned_from_posting": 200,
    "reached_active_user_cap": 200,
}
VIDEO_INIT = COMMON | {
    "invalid_param": 400,
    "spam_risk_too_many_posts": 403,
    "spam_risk_user_banned_from_posting": 403,
    "reached_active_user_cap": 403,
    "unaudited_client_can_only_post_to_private_accounts": 403,
    "url_ownership_unverified": 403,
    "privacy_level_option_mismatch": 403,
}
INBOX_INIT = COMMON | {
    "invalid_param": 400,
    "spam_risk_too_many_pending_share": 403,
    "spam_risk_user_banned_from_posting": 403,
    "url_ownership_unverified": 403,
}
PHOTO_INIT = VIDEO_INIT | INBOX_INIT | {"app_version_check_failed": 400}
STATUS = COMMON | {"invalid_publish_id": 400, "token_not_authorized_for_specified_publish_id": 400}
CANCEL = STATUS | {"publish_not_cancellable": 400, "url_ownership_unverified": 403}
TOKEN = {
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
FAIL_REASONS = {
    "file_format_check_failed",
    "duration_check_failed",
    "frame_rate_check_failed",
    "picture_size_check_failed",
    "internal",
    "video_pull_failed",
    "photo_pull_failed",
    "publish_cancelled",
    "auth_removed",
    "spam_risk_too_many_posts",
    "spam_risk_user_banned_from_posting",
    "spam_risk_text",
    "spam_risk",
}

SIGN_IN = {"scope_not_authorized", "scope_permission_missed", "token_not_authorized_for_specified_publish_id"}
A_DAY = {"spam_risk_too_many_posts", "reached_active_user_cap"}
ONCE_MORE = {"internal", "video_pull_failed", "photo_pull_failed"}
BY_INIT = {"video_init": VIDEO_INIT, "inbox_init": INBOX_INIT, "photo_init": PHOTO_INIT}


def of(codes: dict[str, int], *, but: set[str] = frozenset()) -> list[tuple[str, int]]:  # type: ignore[assignment]
    """Each code with each status that may make a difference."""
    there = [(code, documented) for code, documented in codes.items() if code not in but]
    return [*there, *((code, 200) for code, documented in there if documented == 401)]


INITS = [(endpoint, code, status) for endpoint, codes in BY_INIT.items() for code, status in of(codes)]


def inits_of(*codes: str) -> pytest.MarkDecorator:
    wanted = [entry for entry in INITS if entry[1] in codes]
    return pytest.mark.parametrize(("endpoint", "code", "status"), wanted)


def told(code: str) -> str:
    """How a person finds it on the terminal."""
    return f"[{code.replace('_', '-')}]"


@pytest.fixture
def desk(tmp_path: Path, clock: ManualClock, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    film = Video("Film", id=7_400_000_000_000_000_001)
    people = (Account("acme", videos=(film,)), Account("acme_de"))
    with a_desk(tmp_path, clock, capsys, accounts=people, app=App(audited=True, research=True)) as made:
        yield made


def declare(desk: Desk, endpoint: str) -> None:
    """One post that begins with this endpoint; what else is public there is no matter of it."""
    if endpoint == "inbox_init":
        desk.site.studio.post("launch", "acme_de")
    elif endpoint == "photo_init":
        desk.site.studio.post("launch", photos=["https://media.acme.example/1.jpg"])
    else:
        desk.site.studio.post("launch")


def apply(desk: Desk, *args: str) -> tuple[int, str]:
    said = desk.apply("--allow", "existing-posts", *args)
    return said.code, said.text


def test_the_tables_hold_these_codes_and_no_others() -> None:
    of_api = {*CREATOR_INFO, *VIDEO_INIT, *INBOX_INIT, *PHOTO_INIT, *STATUS, *CANCEL}
    assert set(refusals.REFUSALS) == of_api
    assert set(refusals.OAUTH) == TOKEN
    assert set(refusals.FAILURES) == FAIL_REASONS


# The three inits.


@inits_of(
    "invalid_params",
    "invalid_param",
    "invalid_file_upload",
    "spam_risk_user_banned_from_posting",
    "unaudited_client_can_only_post_to_private_accounts",
    "url_ownership_unverified",
    "privacy_level_option_mismatch",
    "app_version_check_failed",
)
def test_a_refusal_of_the_post_waits_for_a_person(desk: Desk, endpoint: str, code: str, status: int) -> None:
    declare(desk, endpoint)
    desk.site.emulator.add_fault(f"{endpoint}:error={code},status={status}")
    exit_code, text = apply(desk)
    assert (exit_code, told(code) in text, refusals.REFUSALS[code].what in text) == (1, True, True)
    desk.later(hours=25)
    assert (apply(desk)[0], desk.inits()) == (5, 1)
    key = "acme_de/launch" if endpoint == "inbox_init" else "acme/launch"
    assert (apply(desk, "--retry", key)[0], desk.inits()) == (0, 2)


@inits_of(*A_DAY)
def test_a_cap_holds_the_post_for_a_day_and_then_it_goes(desk: Desk, endpoint: str, code: str, status: int) -> None:
    declare(desk, endpoint)
    desk.site.emulator.add_fault(f"{endpoint}:error={code},status={status}")
    exit_code, text = apply(desk)
    assert (exit_code, told(code) in text, refusals.REFUSALS[code].what in text) == (5, True, True)
    desk.later(hours=23)
    assert (apply(desk)[0], desk.inits()) == (5, 1)
    desk.later(hours=1, minutes=1)
    assert (apply(desk)[0], desk.inits()) == (0, 2)


@inits_of("spam_risk_too_many_pending_share")
def test_a_full_inbox_is_asked_about_again_after_hours(desk: Desk, endpoint: str, code: str, status: int) -> None:
    declare(desk, endpoint)
    desk.site.emulator.add_fault(f"{endpoint}:error={code},status={status}")
    exit_code, text = apply(desk)
    assert (exit_code, told(code) in text, refusals.REFUSALS[code].what in text) == (5, True, True)
    desk.later(hours=3)
    assert (apply(desk)[0], desk.inits()) == (5, 1)
    desk.later(hours=1, minutes=1)
    assert (apply(desk)[0], desk.inits()) == (0, 2)


@inits_of("rate_limit_exceeded")
def test_the_limit_of_a_minute_is_waited_out(desk: Desk, endpoint: str, code: str, status: int) -> None:
    declare(desk, endpoint)
    desk.site.emulator.add_fault(f"{endpoint}:error={code},status={status}")
    before = desk.clock.monotonic()
    assert (apply(desk)[0], desk.inits()) == (0, 2)
    assert desk.clock.monotonic() - before >= 60


@inits_of("scope_not_authorized", "scope_permission_missed")
def test_a_missing_scope_needs_a_sign_in_and_then_it_goes(desk: Desk, endpoint: str, code: str, status: int) -> None:
    declare(desk, endpoint)
    desk.site.emulator.add_fault(f"{endpoint}:error={code},status={status}")
    exit_code, text = apply(desk)
    assert (exit_code, told(code) in text) == (8, True)
    assert (apply(desk)[0], desk.inits()) == (0, 2)


@inits_of("access_token_invalid")
def test_a_refused_token_is_renewed_once(desk: Desk, endpoint: str, code: str, status: int) -> None:
    declare(desk, endpoint)
    desk.site.emulator.add_fault(f"{endpoint}:error={code},status={status}")
    assert (apply(desk)[0], desk.inits()) == (0, 2)


@inits_of("access_token_invalid")
def test_a_token_that_no_renewal_cures_needs_a_sign_in(desk: Desk, endpoint: str, code: str, status: int) -> None:
    declare(desk, endpoint)
    desk.site.emulator.add_fault(f"{endpoint}:error={code},status={status},count=2")
    exit_code, text = apply(desk)
    assert (exit_code, told(code) in text, desk.inits()) == (8, True, 2)
    assert apply(desk)[0] == 0


@inits_of("internal_error")
def test_a_fault_of_tiktoks_own_is_no_refusal(desk: Desk, endpoint: str, code: str, status: int) -> None:
    """A file can't be published without its upload; what TikTok fetches may be on its way, and is never repeated."""
    declare(desk, endpoint)
    desk.site.emulator.add_fault(f"{endpoint}:error={code},status={status}")
    exit_code, text = apply(desk)
    if endpoint == "photo_init":
        assert (exit_code, desk.inits(), "[unanswered]" in text) == (4, 1, True)
        assert (apply(desk)[0], desk.inits()) == (4, 1)
    else:
        assert (exit_code, desk.inits()) == (0, 2)


def test_every_code_of_an_init_was_driven() -> None:
    marks = [mark for test in DRIVEN for mark in test.pytestmark if mark.name == "parametrize"]
    assert {entry for mark in marks for entry in mark.args[1]} == set(INITS)


DRIVEN = [
    test_a_refusal_of_the_post_waits_for_a_person,
    test_a_cap_holds_the_post_for_a_day_and_then_it_goes,
    test_a_full_inbox_is_asked_about_again_after_hours,
    test_the_limit_of_a_minute_is_waited_out,
    test_a_missing_scope_needs_a_sign_in_and_then_it_goes,
    test_a_refused_token_is_renewed_once,
    test_a_fault_of_tiktoks_own_is_no_refusal,
]


# Status: from init on nothing but looking follows.


def started(desk: Desk, fault: str) -> tuple[int, str]:
    declare(desk, "video_init")
    desk.site.emulator.add_fault(fault)
    return apply(desk)


@pytest.mark.parametrize(("code", "status"), of(STATUS, but={"internal_error"}))
def test_one_refused_look_begins_nothing(desk: Desk, code: str, status: int) -> None:
    exit_code, text = started(desk, f"status:error={code},status={status}")
    assert exit_code == (8 if code in SIGN_IN else 0)
    assert (told(code) in text) == (code in SIGN_IN)
    assert (apply(desk)[0], desk.inits()) == (0, 1)


@pytest.mark.parametrize(("code", "status"), of(STATUS))
def test_looks_that_are_always_refused_begin_nothing_either(desk: Desk, code: str, status: int) -> None:
    exit_code, _ = started(desk, f"status:error={code},status={status},count=all")
    expected = {"invalid_publish_id": 4, "access_token_invalid": 8} | dict.fromkeys(SIGN_IN, 8)
    assert exit_code == expected.get(code, 3)
    desk.later(hours=30)
    apply(desk)
    desk.site.emulator.clear_faults()
    assert (desk.run("status").code, desk.inits()) == (0, 1)


# What is only read.

READS = {
    "user_info": (COMMON, ("plan",)),
    "video_list": (COMMON, ("videos", "acme")),
    "video_query": (COMMON, ("videos", "acme", "--id", "7400000000000000001")),
    "comment_list": (COMMON, ("comments", "7400000000000000001")),
}
READ = [(name, code, status) for name, (codes, _) in READS.items() for code, status in of(codes)]


@pytest.mark.parametrize(("endpoint", "code", "status"), READ)
def test_a_refused_read_is_told_and_passing_trouble_outlasted(
    desk: Desk, endpoint: str, code: str, status: int
) -> None:
    desk.site.studio.post("launch")
    args = READS[endpoint][1]
    desk.site.emulator.add_fault(f"{endpoint}:error={code},status={status},count=1")
    once = desk.run(*args)
    desk.site.emulator.clear_faults()
    desk.site.emulator.add_fault(f"{endpoint}:error={code},status={status},count=all")
    always = desk.run(*args)
    passes = code in {"access_token_invalid", "rate_limit_exceeded", "internal_error"}
    needs_sign_in = code in {"access_token_invalid", "scope_not_authorized", "scope_permission_missed"}
    assert (once.code == 0) == passes
    assert always.code == (8 if needs_sign_in else 1)
    shown = {"internal_error": "[unanswered]"}.get(code, told(code))
    if endpoint == "comment_list" and code.startswith("scope"):
        shown = "[research-not-approved]"
    assert shown in always.text


@pytest.mark.parametrize(("code", "status"), of(CREATOR_INFO))
def test_a_stop_told_by_creator_info_sends_nothing(desk: Desk, code: str, status: int) -> None:
    declare(desk, "video_init")
    desk.site.emulator.add_fault(f"creator_info:error={code},status={status},count=all")
    exit_code, text = apply(desk)
    held = code.startswith(("spam_risk", "reached"))
    sign_in = code.startswith(("scope", "access_token"))
    assert (exit_code, desk.inits()) == (5 if held else 8 if sign_in else 1, 0)
    scope = dict.fromkeys(("scope_not_authorized", "scope_permission_missed"), "[scope-missing]")
    shown = ({"internal_error": "[unanswered]"} | scope).get(code, told(code))
    assert (shown in text) or (code in A_DAY and code in text)
    desk.site.emulator.clear_faults()
    assert (apply(desk)[0], desk.inits()) == (0, 1)


@pytest.mark.parametrize(("code", "status"), of(CANCEL))
def test_a_refused_cancel_is_told_by_its_own_code(desk: Desk, code: str, status: int) -> None:
    desk.site.emulator.add_fault(f"cancel:error={code},status={status},count=all")
    with desk.site.project() as project:
        client = project.at_work("acme").client
        with pytest.raises(Unanswered if code == "internal_error" else Refused) as caught:
            client.cancel("v_pub_url~v2.1")
    if isinstance(caught.value, Refused):
        assert caught.value.error_code == code
        assert caught.value.problem.hint


# The token endpoint: flat errors, in 400; one of them in 200, too.


@pytest.mark.parametrize(("code", "status"), [("invalid_grant", 200), *((code, 400) for code in sorted(TOKEN))])
def test_a_renewal_that_is_refused_is_told(desk: Desk, code: str, status: int) -> None:
    desk.site.studio.post("launch")
    desk.site.emulator.expire_tokens("acme")
    desk.site.emulator.add_fault(f"token:error={code},status={status},count=all")
    said = desk.run("plan")
    vague = code in {"server_error", "temporarily_unavailable"}
    assert said.code == (1 if vague else 8)
    assert ("[unanswered]" if vague else told(code)) in said.text
    desk.site.emulator.clear_faults()
    assert desk.run("plan").code == 0


# How a posting fails that was taken.


@pytest.mark.parametrize("reason", sorted(FAIL_REASONS - ONCE_MORE - {"auth_removed", "spam_risk_too_many_posts"}))
def test_a_definite_failure_waits_for_a_person(desk: Desk, reason: str) -> None:
    exit_code, text = started(desk, f"init:fail={reason}")
    assert (exit_code, told(reason) in text, refusals.FAILURES[reason].what in text) == (1, True, True)
    desk.later(hours=25)
    assert (apply(desk)[0], desk.inits()) == (5, 1)
    assert (apply(desk, "--retry", "acme/launch")[0], desk.inits()) == (0, 2)


@pytest.mark.parametrize("reason", sorted(ONCE_MORE))
def test_a_failure_that_passes_is_tried_once_more_in_the_same_run(desk: Desk, reason: str) -> None:
    exit_code, _ = started(desk, f"init:fail={reason}")
    assert (exit_code, desk.inits()) == (0, 2)


@pytest.mark.parametrize("reason", sorted(ONCE_MORE))
def test_a_failure_that_does_not_pass_is_tried_twice_in_all(desk: Desk, reason: str) -> None:
    exit_code, text = started(desk, f"init:fail={reason},count=all")
    assert (exit_code, desk.inits(), told(reason) in text) == (1, 2, True)
    desk.later(hours=25)
    assert (apply(desk)[0], desk.inits()) == (5, 2)


def test_a_cap_that_a_status_tells_is_waited_out_for_a_day(desk: Desk) -> None:
    exit_code, text = started(desk, "init:fail=spam_risk_too_many_posts")
    assert (exit_code, told("spam_risk_too_many_posts") in text) == (5, True)
    assert (apply(desk)[0], desk.inits()) == (5, 1)
    desk.later(hours=24, minutes=1)
    assert (apply(desk)[0], desk.inits()) == (0, 2)


def test_a_post_whose_access_was_taken_away_goes_on_with_a_token_that_works(desk: Desk) -> None:
    exit_code, text = started(desk, "init:fail=auth_removed")
    assert (exit_code, told("auth_removed") in text) == (8, True)
    assert (apply(desk)[0], desk.inits()) == (0, 2)


def test_a_post_whose_access_is_taken_away_each_time_is_sent_twice_in_all(desk: Desk) -> None:
    assert started(desk, "init:fail=auth_removed,count=all")[0] == 8
    assert (apply(desk)[0], desk.inits()) == (8, 2)
    assert (apply(desk)[0], desk.inits()) == (5, 2)


def test_an_older_token_never_sends_again_what_was_revoked_and_a_newer_one_does(desk: Desk) -> None:
    desk.site.emulator.expire_tokens("acme")  # the renewal dates the token
    started(desk, "init:fail=auth_removed")
    assert (apply(desk)[0], desk.inits()) == (5, 1)
    desk.later(hours=1)
    desk.site.emulator.expire_tokens("acme")  # as a sign-in, its renewal gives a newer one
    desk.run("plan")
    assert (apply(desk)[0], desk.inits()) == (0, 2)
