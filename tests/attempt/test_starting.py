"""From the intent to the publish_id: what is on disk when, and what follows from each answer or its loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from contentsync.attempt.waiting import Stopped
from contentsync.errors import Problem, SignInNeeded, StoreError
from contentsync.lifecycle import Event, Phase
from contentsync.post import DesiredPost
from contentsync.post_state import Attempt
from contentsync.tiktok.wire import InitAnswer
from tests.attempt.bench import URL, Bench, a_refusal, no_line, silence
from tests.builders import a_draft, a_media, a_post, a_slideshow

PULL = a_post(media=(a_media(url="https://media.acme.example/a.mp4"),))
KINDS = [a_post(), a_draft(), PULL, a_slideshow()]


def test_the_intent_says_that_init_is_about_to_go_before_it_goes(bench: Bench) -> None:
    attempt, seen = bench.intent(), []
    bench.tiktok.inits = [lambda: seen.append(bench.on_disk(attempt))]
    bench.advance(attempt)
    assert seen[0].init_sent_at == bench.clock.now()
    assert seen[0].phase is Phase.INTENT


def test_an_accepted_upload_is_on_disk_whole_before_its_first_byte(bench: Bench) -> None:
    saved = bench.on_disk(bench.advance(bench.intent()).attempt)
    assert (saved.phase, saved.publish_id, saved.upload_url) == (Phase.UPLOADING, "v_pub_file~v2-1.1", URL)
    assert saved.upload_expires_at == bench.clock.now() + timedelta(hours=1)
    assert (saved.chunk_size, saved.chunk_count) == (10, 1)
    assert bench.tiktok.calls == [("init",)]


@pytest.mark.parametrize(
    ("trouble", "command"),
    [
        (silence(), "contentsync resolve acme/launch --published, --not-published or --keep"),
        (a_refusal("scope_not_authorized"), "contentsync login acme --scope all;"),
        (a_refusal("access_token_invalid"), "contentsync login acme;"),
    ],
)
def test_the_command_of_a_hint_names_the_post_or_its_account(
    bench: Bench, trouble: Callable[[], InitAnswer], command: str
) -> None:
    bench.tiktok.inits = [trouble]
    step = bench.advance(bench.intent(PULL), PULL)
    assert step.problem is not None and command in step.problem.hint


@pytest.mark.parametrize("post", KINDS)
@pytest.mark.parametrize(
    ("code", "retry", "stop"),
    [
        ("invalid_params", False, False),
        ("privacy_level_option_mismatch", False, False),
        ("rate_limit_exceeded", True, False),
        ("spam_risk_too_many_posts", True, True),
        ("reached_active_user_cap", True, True),
        ("unaudited_client_can_only_post_to_private_accounts", False, True),
        ("scope_not_authorized", True, True),
    ],
)
def test_a_refusal_is_a_definite_failure(bench: Bench, post: DesiredPost, code: str, retry: bool, stop: bool) -> None:
    bench.tiktok.inits = [a_refusal(code)]
    step = bench.advance(bench.intent(post), post)
    assert (step.attempt.phase, step.attempt.retry, step.stop) == (Phase.FAILED, retry, stop)
    assert bench.on_disk(step.attempt).problem_code == code.replace("_", "-")


@pytest.mark.parametrize(
    ("post", "phase"),
    [(a_post(), Phase.ORPHANED), (a_draft(), Phase.ORPHANED), (PULL, Phase.UNKNOWN), (a_slideshow(), Phase.UNKNOWN)],
)
def test_a_lost_answer_is_harmless_for_a_file_and_unknown_for_a_pull(
    bench: Bench, post: DesiredPost, phase: Phase
) -> None:
    bench.tiktok.inits = [silence()]
    assert bench.advance(bench.intent(post), post).attempt.phase is phase


@pytest.mark.parametrize(
    ("post", "phase"),
    [(a_post(), Phase.ORPHANED), (a_draft(), Phase.ORPHANED), (PULL, Phase.UNKNOWN), (a_slideshow(), Phase.UNKNOWN)],
)
def test_an_init_that_a_crash_cut_off_is_never_repeated(bench: Bench, post: DesiredPost, phase: Phase) -> None:
    attempt = bench.steps.note(bench.intent(post), "init", init_sent_at=bench.clock.now())
    assert bench.advance(attempt, post).attempt.phase is phase
    assert bench.tiktok.calls == []


@pytest.mark.parametrize("post", KINDS)
def test_what_never_left_this_machine_published_nothing(bench: Bench, post: DesiredPost) -> None:
    bench.tiktok.inits = [no_line()]
    ended = bench.on_disk(bench.advance(bench.intent(post), post).attempt)
    assert (ended.phase, ended.init_sent_at) == (Phase.ORPHANED, None)


def test_a_missing_token_stops_the_account(bench: Bench) -> None:
    bench.tiktok.inits = [SignInNeeded(Problem("sign-in", "no token", ""))]
    step = bench.advance(bench.intent())
    assert (step.attempt.phase, step.sign_in, step.stop) == (Phase.FAILED, True, True)


def test_a_stop_before_init_leaves_the_intent_as_it_was(bench: Bench) -> None:
    bench.tiktok.inits = [Stopped()]
    kept = bench.on_disk(bench.advance(bench.intent()).attempt)
    assert (kept.phase, kept.init_sent_at) == (Phase.INTENT, None)


def test_what_was_edited_before_it_was_sent_is_not_sent_under_the_old_intent(bench: Bench) -> None:
    attempt = bench.intent()
    step = bench.advance(attempt, replace(bench.post, caption="Another one"))
    assert (step.attempt.phase, step.attempt.problem_code) == (Phase.ORPHANED, "edited-before-sent")
    assert bench.tiktok.calls == []


def test_an_answer_without_an_upload_address_is_no_upload(bench: Bench) -> None:
    bench.tiktok.inits = [InitAnswer("v_pub_file~v2-1.1")]
    step = bench.advance(bench.intent())
    assert (step.attempt.phase, step.attempt.publish_id) == (Phase.ORPHANED, "v_pub_file~v2-1.1")


def giving_up(bench: Bench, attempt: Attempt, post: DesiredPost) -> Callable[[], object]:
    """Another process finds the intent while its init is under way, and holds it to be lost."""
    return lambda: bench.another().advance(bench.on_disk(attempt), post) and None


@pytest.mark.parametrize(("post", "phase"), [(a_post(), Phase.ORPHANED), (PULL, Phase.PROCESSING)])
def test_an_answer_that_comes_after_another_process_gave_up_is_kept(
    bench: Bench, post: DesiredPost, phase: Phase
) -> None:
    attempt = bench.intent(post)
    bench.tiktok.inits = [giving_up(bench, attempt, post)]
    step = bench.advance(attempt, post)
    kept = bench.on_disk(attempt)
    assert (step.attempt.phase, kept.phase, kept.publish_id) == (phase, phase, "v_pub_file~v2-1.1")
    assert bench.tiktok.count("put") == 0


def test_a_refusal_that_comes_after_another_process_gave_up_settles_the_pull(bench: Bench) -> None:
    attempt = bench.intent(PULL)
    give_up = giving_up(bench, attempt, PULL)

    def refuse() -> None:
        give_up()
        raise a_refusal("url_ownership_unverified")

    bench.tiktok.inits = [refuse]
    assert bench.advance(attempt, PULL).attempt.phase is Phase.FAILED


def test_only_one_of_two_processes_sends_the_init_of_an_intent(bench: Bench) -> None:
    attempt = bench.intent()
    bench.steps.note(attempt, "init", init_sent_at=bench.clock.now())
    step = bench.advance(attempt)
    assert step.again_in == 2.0
    assert bench.tiktok.calls == []


def test_init_is_not_sent_when_the_state_can_not_be_written(bench: Bench) -> None:
    attempt = bench.intent()
    with bench.store._db.reading() as connection:
        connection.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreError) as caught:
        bench.advance(attempt)
    assert caught.value.problems[0].code == "state-read-only"
    assert bench.tiktok.calls == []


def test_an_acceptance_that_can_not_be_written_is_told_with_its_id(bench: Bench) -> None:
    def make_read_only() -> None:
        with bench.store._db.reading() as connection:
            connection.execute("PRAGMA query_only = ON")

    bench.tiktok.inits = [make_read_only]
    with pytest.raises(StoreError, match=r"accepted the post as v_pub_file~v2-1\.1"):
        bench.advance(bench.intent(PULL), PULL)


def test_a_person_s_verdict_is_not_overruled_but_the_id_is_kept(bench: Bench) -> None:
    attempt = bench.intent(PULL)

    def verdict() -> None:
        lost = bench.on_disk(attempt).after(Event.LOST_AFTER_COMMIT, bench.clock.now())
        unknown = bench.store.save(lost, "lost")
        bench.store.save(unknown.after(Event.RULED_OUT, bench.clock.now()), "ruled-out")

    bench.tiktok.inits = [verdict]
    assert bench.advance(attempt, PULL).attempt.phase is Phase.ORPHANED
    assert bench.on_disk(attempt).publish_id == "v_pub_file~v2-1.1"
