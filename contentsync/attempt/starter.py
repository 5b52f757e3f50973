"""How does an attempt get its publish_id? Writes the attempt down, sends one init, and records the answer.

The danger: an init whose answer is lost may have started a post. The rule: the intent and the time of the init are on
disk before the init is sent, and the init is never repeated for the same attempt. For a file a lost answer ends the
attempt as orphaned, because nobody has its upload address. For media that TikTok fetches it makes the attempt
unknown.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from contentsync.attempt.step import Step, said
from contentsync.attempt.waiting import Stopped
from contentsync.attempt.window import window_over
from contentsync.errors import NotSent, Problem, Refused, SignInNeeded, StoreError, Unanswered
from contentsync.lifecycle import Event, Phase
from contentsync.post import DesiredPost, Kind, Mode
from contentsync.post_state import Attempt
from contentsync.store.port.conflicts import Superseded
from contentsync.tiktok import bodies, refusals, wire
from contentsync.upload_hour import HOUR

if TYPE_CHECKING:
    from contentsync.attempt.steps import Steps

_CUT_OFF: Final = Problem("cut-off", "the last run ended before it saved TikTok's answer", "")
_EDITED: Final = Problem(
    "edited-before-sent", "its manifest was edited or removed before anything was sent", "run apply again"
)


class Starter:
    """Begins one attempt at TikTok."""

    def __init__(self, steps: Steps, attempt: Attempt) -> None:
        self._steps, self._attempt = steps, attempt

    def run(self, post: DesiredPost | None) -> Step:
        """Send init, unless it was sent before. Raises Superseded."""
        if self._attempt.init_sent_at is not None:
            return Step(self._lost_init(_CUT_OFF))
        if post is None or (post.digest, post.generation) != (self._attempt.digest, self._attempt.generation):
            return self._not_sent(_EDITED)  # what was put down is not what would be sent
        if over := window_over(self._steps, self._attempt, post):
            return self._not_sent(over)
        try:
            answer = self._init(post)
        except Refused as err:
            return self._refused(err)
        except NotSent as err:
            return self._not_sent(err.problem)
        except SignInNeeded as err:
            return self._no_token(err.problems[0])
        except Unanswered as err:
            return Step(self._lost_init(err.problem, err.log_id), problem=self._told_as(err.problem))
        except Stopped:
            return Step(self._take_back())
        return self._accepted(answer)

    def _init(self, post: DesiredPost) -> wire.InitAnswer:
        if post.kind is Kind.PHOTOS:
            urls = [self._steps.at_work.url_of(item) for item in post.media]
            return self._steps.client.init_photos(bodies.PhotoPost.of(post, urls), self._about_to_send)
        media = post.media[0]
        source = bodies.UrlSource(media.url) if media.url else self._file_source(media.size)
        if post.mode is Mode.DRAFT:
            return self._steps.client.init_inbox(source, self._about_to_send)
        return self._steps.client.init_video(bodies.PostInfo.of(post), source, self._about_to_send)

    def _file_source(self, size: int) -> bodies.FileSource:
        plan = self._steps.at_work.plan_chunks(size)
        return bodies.FileSource(size, plan.chunk_size, plan.count)

    def _accepted(self, answer: wire.InitAnswer) -> Step:
        if not self._attempt.pulls and not answer.upload_url:
            what = "TikTok accepted the post, but gave no upload address"
            self._attempt = self._attempt.noting(self._steps.now, publish_id=answer.publish_id)
            problem = Problem("no-upload-url", what, "run it again")
            return Step(self._lost_init(problem), problem=problem)
        known: dict[str, object] = {"publish_id": answer.publish_id}
        if not self._attempt.pulls:
            plan = self._steps.at_work.plan_chunks(self._attempt.size)
            # From the answer: TikTok's hour may have begun long after init was put down, and never ends later.
            known |= {"upload_url": answer.upload_url, "upload_expires_at": self._steps.now + HOUR}
            known |= {"chunk_size": plan.chunk_size, "chunk_count": plan.count, "tiktok_opened_at": answer.date}
            self._steps.heard(self._attempt, answer.date)
        saved = self._keep_accepted(answer.publish_id, known)
        self._steps.at_work.note_begun(saved)
        self._steps.told("accepted", saved, publish_id=answer.publish_id, pulls=saved.pulls)
        return Step(saved, again_in=0.0 if not saved.pulls else self._steps.at_work.poll_initial)

    def _keep_accepted(self, publish_id: str, known: dict[str, object]) -> Attempt:
        event = Event.PULL_STARTED if self._attempt.pulls else Event.UPLOAD_OPENED
        try:
            return self._steps.save(self._attempt.after(event, self._steps.now, **known), str(event))
        except Superseded:
            return self._accepted_late(publish_id)
        except StoreError as err:
            what = f"{err.problems[0].what}; TikTok had just accepted the post as {publish_id}"
            raise StoreError(replace(err.problems[0], what=what)) from err

    def _accepted_late(self, publish_id: str) -> Attempt:
        """Record an accepted pull although another process took its answer for lost: TikTok goes on with it."""
        found = self._steps.store.attempt(self._attempt.id)
        if found.publish_id:
            raise Superseded(self._attempt.id)
        if found.phase is Phase.UNKNOWN:
            return self._steps.save(found.after(Event.SEEN, self._steps.now, publish_id=publish_id), "seen")
        self._steps.note(found, "accepted-late", publish_id=publish_id)  # kept as evidence only
        raise Superseded(self._attempt.id)

    def _told_as(self, problem: Problem) -> Problem:
        """What a person should do about a lost answer; for a pull only a look into TikTok's app helps."""
        if not self._attempt.pulls:
            return problem
        how = "contentsync resolve POST --published, --not-published or --keep"
        return replace(problem, hint=f"check TikTok's app, then settle the post with: {how}")

    def _lost_init(self, problem: Problem, log_id: str = "") -> Attempt:
        """Handle a lost answer (R5): a file without publish_id can't be published; a pull may be running."""
        event = Event.LOST_AFTER_COMMIT if self._attempt.pulls else Event.LOST_BEFORE_COMMIT
        lost = self._attempt.after(event, self._steps.now, **said(problem, log_id))
        return self._steps.save(lost, str(event))

    def _not_sent(self, problem: Problem) -> Step:
        known = said(problem) | {"init_sent_at": None, "retry": True}
        return Step(self._nothing_began(Event.NOT_SENT, "not-sent", known), problem=problem)

    def _no_token(self, problem: Problem) -> Step:
        """Handle a missing token, or one that could not be renewed: TikTok did nothing in both cases."""
        event = Event.NOT_SENT if self._attempt.init_sent_at is None else Event.REFUSED
        ended = self._nothing_began(event, str(event), said(problem) | {"retry": True})
        return Step(ended, problem=problem, sign_in=True, stop=True)

    def _refused(self, err: Refused) -> Step:
        row = refusals.refusal(err.error_code)
        assert row is not None  # the client raises Refused for known codes only
        sign_in = row.family is refusals.Family.SIGN_IN
        later = self._steps.now + row.again if row.again is not None else None
        problem = err.problem
        if self._attempt.is_photos and row.of_photos:
            problem = replace(problem, hint=row.of_photos)
        known = said(problem, err.log_id) | {"retry": sign_in or later is not None, "not_before": later}
        saved = self._nothing_began(Event.REFUSED, "refused", known, error_code=err.error_code)
        daily = row.again is not None and row.again > refusals.MINUTE
        stop = sign_in or daily or row.family in {refusals.Family.ACCOUNT, refusals.Family.APP}
        of_mode = saved.mode if err.error_code in refusals.OF_ONE_MODE else None
        return Step(saved, problem=problem, sign_in=sign_in, stop=stop, of_mode=of_mode)

    def _nothing_began(self, event: Event, what: str, known: dict[str, object], **detail: object) -> Attempt:
        """End an attempt whose init certainly did nothing, even if another process took it for lost."""
        try:
            return self._steps.save(self._attempt.after(event, self._steps.now, **known), what, **detail)
        except Superseded:
            found = self._steps.store.attempt(self._attempt.id)
            if found.phase is not Phase.UNKNOWN or found.publish_id:
                raise
            return self._steps.save(found.after(Event.FAILED, self._steps.now, **known), what, **detail)

    def _about_to_send(self) -> None:
        """Record that init is sent next (R1); if that can't be written, init is not sent."""
        self._steps.at_work.note_begun(self._attempt)
        self._attempt = self._steps.note(self._attempt, "init", init_sent_at=self._steps.now)

    def _take_back(self) -> Attempt:
        """Restore the attempt as it was before: TikTok refused its token, and init was not sent again."""
        if self._attempt.init_sent_at is None:
            return self._attempt
        return self._steps.note(self._attempt, "init-not-sent", init_sent_at=None)
