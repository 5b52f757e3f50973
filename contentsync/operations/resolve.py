"""Record what a person says about the outcome of a post. The history has who, when and why. Sends nothing to TikTok.

A person may settle an attempt with an unknown outcome, evidence in a receipt or the journal that the state lacks, and
a post that the state never attempted ("it is there"). The evidence is copied into the row together with the person's
word, so that the next plan does not ask again.
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from contentsync.errors import Problem
from contentsync.evidence.compare import Known, is_settled, knows_less
from contentsync.evidence.record import made_up
from contentsync.evidence.witness import Tried
from contentsync.frozen import frozen
from contentsync.lifecycle import OVER, SUCCESS, Event, Phase
from contentsync.operations.account_evidence import Heard, hear
from contentsync.operations.selection import one_key
from contentsync.operations.state_rows import NotSettled, settled, shared_rows
from contentsync.operations.under_lock import under_lock
from contentsync.plan.named_video import Listed, doubt
from contentsync.post import DesiredPost, Mode
from contentsync.post_state import BY_HAND, Attempt, PostState
from contentsync.project import Project
from contentsync.store.port.conflicts import AttemptOpen, Superseded
from contentsync.times import in_words

STUCK: Final = timedelta(hours=1)  # TikTok's own bound for an upload or a download; Media Transfer Guide

POST_ID: Final = re.compile(r"[1-9][0-9]{0,31}")


class Verdict(StrEnum):
    """The outcome of a post, as a person says."""

    PUBLISHED = "published"
    NOT_PUBLISHED = "not-published"
    KEEP = "keep"


_EVENTS: Final = {
    Verdict.PUBLISHED: Event.FOUND,
    Verdict.NOT_PUBLISHED: Event.RULED_OUT,
    Verdict.KEEP: Event.KEPT,
}


@frozen
class Word:
    """What a person said, and when."""

    verdict: Verdict
    post_id: str
    why: str
    now: datetime

    @property
    def event(self) -> str:
        """For the history."""
        return f"resolved-{self.verdict}"


@frozen
class Case:
    """All that is known about the post that a person settles."""

    key: str
    open_id: str
    #: None where no manifest declares it.
    post: DesiredPost | None
    #: None where the state does not know it.
    row: PostState | None
    #: What a receipt or the journal tells beyond the row, if only that there is something that can't be read; None
    #: where neither does.
    told: PostState | None = None

    @property
    def name(self) -> str:
        return self.key.partition("/")[2]

    @property
    def generation(self) -> int:
        """The generation that the person settles."""
        known = self.post or self.row or self.told
        return known.generation if known else 1


@under_lock("contentsync resolve")
def resolve(project: Project, name: str, verdict: Verdict, post_id: str, why: str) -> PostState:
    """Settle a post by a person's word. Raises UsageError where there is nothing to settle."""
    if post_id and not POST_ID.fullmatch(post_id):
        hint = "it is the number at the end of the video's address"
        raise NotSettled(Problem("post-id-malformed", f'"{post_id}" is not the id of a TikTok post', hint))
    case = _case(project, name)
    word = Word(verdict, post_id, why, project.clock.now())
    if _is_so_already(case, word):
        return settled(project, case.open_id, case.name)
    if post_id:
        _refuse_taken(project, case, post_id)
        _say_doubt(project, case, post_id)
    if verdict is Verdict.NOT_PUBLISHED:
        _refuse_to_rule_out(case)
    said = [step(project, case, word) for step in (_take_in, _settle_unknown)]
    row = project.store.post_named(case.open_id, case.name)
    if verdict is Verdict.NOT_PUBLISHED and not any(said):
        raise _nothing(case, row)
    if row is None and verdict is Verdict.NOT_PUBLISHED and case.post is not None:
        project.store.ensure_post(case.post, case.open_id, now=word.now)
    if verdict is not Verdict.NOT_PUBLISHED and not (any(said) and row and is_settled(row, case.generation)):
        _say_it_is_there(project, case, row, word)
    return settled(project, case.open_id, case.name)


def _case(project: Project, name: str) -> Case:
    """The post, with all that is known about it. Raises UsageError."""
    rows = {row.key: row for row in shared_rows(project)}
    posts = {post.key: post for post in project.load().posts}
    key = one_key(list(dict.fromkeys([*rows, *posts])), name)
    row, post, account = rows.get(key), posts.get(key), project.settings.accounts.get(key.partition("/")[0])
    if account is None:
        assert row is not None  # no manifest is loaded without its account
        return Case(key, row.open_id, post, row)
    at_work = project.at_work(account.name)
    open_id = row.open_id if row else at_work.open_id or at_work.identify().open_id
    heard = hear(project, account, open_id, [post] if post else [])
    return Case(key, open_id, post, row, _told_beyond(project, heard, Case(key, open_id, post, row)))


def _told_beyond(project: Project, heard: Heard, case: Case) -> PostState | None:
    """The evidence about a post that no row has."""
    known = Known(project.store.posts(case.open_id))
    receipt = next((one.witness() for one in heard.receipts if one.name == case.name), None)
    beyond = receipt is not None and (case.row is None or knows_less(case.row, receipt, case.generation))
    beyond = beyond and receipt is not None and receipt.tells_something
    if not beyond and not any(note.name == case.name for note in heard.noted):
        return None
    told = next((one for one in heard.rows if one.name == case.name), None)
    if told is None:  # a receipt that can't be read, of a post that the state knows
        return PostState(made_up(case.key), case.open_id, case.name, case.key.partition("/")[0])
    return replace(told, attempts=tuple(a for a in told.attempts if known.lacks(case.name, Tried.of(a))))


def _is_so_already(case: Case, word: Word) -> bool:
    """Whether the state says exactly this: then saying it again changes nothing."""
    row = case.row
    if row is None or case.told is not None or word.verdict is not Verdict.PUBLISHED or not word.post_id:
        return False
    if row.bound_post_id == word.post_id:
        return row.generation >= case.generation
    return any(
        a.phase in SUCCESS and a.generation >= case.generation and a.post_id == word.post_id for a in row.attempts
    )


def _refuse_taken(project: Project, case: Case, post_id: str) -> None:
    """Refuse a video that another post or generation has, or that a manifest names."""
    row = case.row
    if row is not None and post_id in {row.bound_post_id, *(attempt.post_id for attempt in row.attempts)}:
        raise _taken(post_id, f"an earlier attempt of {case.key}")
    claimed = next((p.key for p in project.load().posts if p.post_id == post_id and p.key != case.key), None)
    if claimed:
        raise _taken(post_id, f"{claimed}, whose manifest names it")
    holder = project.store.bindings(case.open_id).get(post_id)
    if holder and (row is None or holder != row.uid):
        raise _taken(post_id, "another post")


def _say_doubt(project: Project, case: Case, post_id: str) -> None:
    """Warn if the public list, as far as it was read, speaks against the video."""
    read_at = project.store.list_read_at(case.open_id)
    if read_at is None:
        return
    account = project.settings.accounts.get(case.key.partition("/")[0])
    videos = [video for video, gone_at in project.store.videos(case.open_id) if gone_at is None]
    bound = project.store.bindings(case.open_id).keys()
    listed = Listed(videos, bound, read_at, account.timezone if account else "UTC")
    known = case.row or case.told
    if problem := doubt(case.key, post_id, case.post, known.last if known else None, listed):
        project.on_note(problem)


def _taken(post_id: str, holder: str) -> NotSettled:
    what = f"video {post_id} belongs to {holder} already"
    return NotSettled(Problem("video-bound-twice", what, "see: contentsync state list"))


def _refuse_to_rule_out(case: Case) -> None:
    """Refuse `--not-published` if the evidence says that the post is published or bound."""
    told = case.told
    if told is None:
        return
    done = [a for a in told.attempts if a.phase in SUCCESS and a.generation >= case.generation]
    if done or (told.bound_post_id and told.generation >= case.generation):
        what = f"a receipt or this machine's journal says that {case.key} is {done[0].phase if done else 'bound'}"
        hint = "run contentsync state rebuild to copy that into the state; to post it again, raise its `generation`"
        raise NotSettled(Problem("is-published", what, hint))


# What receipts and the journal tell.


def _take_in(project: Project, case: Case, word: Word) -> bool:
    """Copy the evidence into the row, with the person's word for open attempts; whether there was any."""
    if case.told is None:
        return False
    told = _ended(case, case.told, word)
    if (told.attempts or told.bound_post_id) and not project.store.restore(
        told, word.now, what=word.event, why=word.why
    ):
        what = f"the evidence about {case.key} contradicts what the state knows about another post"
        hint = f"compare: contentsync explain {case.key}, and contentsync state list"
        raise NotSettled(Problem("evidence-contradicts", what, hint))
    return True


def _ended(case: Case, told: PostState, word: Word) -> PostState:
    """The attempts in the evidence; the open ones get the outcome that the person says."""
    left = [a for a in told.attempts if a.phase not in OVER]
    done = any(a.phase in SUCCESS and a.generation >= case.generation for a in told.attempts)
    of_now = [a for a in left if a.generation >= case.generation]
    phase = Phase.ORPHANED if word.verdict is Verdict.NOT_PUBLISHED else Phase.ABANDONED
    ends = {a.id: replace(a, phase=phase, finished_at=word.now, updated_at=word.now) for a in left}
    if of_now and word.verdict is Verdict.PUBLISHED and not done:
        newest = of_now[-1].id
        ends[newest] = _as_declared(replace(ends[newest], phase=Phase.PUBLISHED, post_id=word.post_id), case.post)
    return replace(told, attempts=tuple(ends.get(a.id, a) for a in told.attempts))


def _as_declared(attempt: Attempt, post: DesiredPost | None) -> Attempt:
    """The attempt; if the evidence does not say what was sent, the manifest does."""
    if attempt.digest or post is None:
        return attempt
    return replace(attempt, digest=post.digest, media_digest=post.media_digest)


# An attempt of the row whose end is not known.


def _settle_unknown(project: Project, case: Case, word: Word) -> bool:
    """Settle an unknown attempt of the row, or one that TikTok processes for too long; whether there was one.

    Raises NotSettled for an open attempt that apply can resume.
    """
    row = project.store.post_named(case.open_id, case.name)
    last = row.last if row else None
    if row is None or last is None or last.phase in OVER:
        return False
    if last.phase is not Phase.UNKNOWN:
        last = _out_of_sight(project, case, row, last, word)
    there = word.verdict is Verdict.PUBLISHED and is_settled(row, last.generation)  # by what was told
    event = Event.KEPT if there else _EVENTS[word.verdict]
    done = last.after(event, word.now, upload_url="", retry=word.verdict is Verdict.NOT_PUBLISHED)
    if word.post_id and not there:
        done = replace(done, post_id=word.post_id)
    try:
        project.store.save(done, word.event, binds=bool(done.post_id), why=word.why)
    except AttemptOpen:
        raise _taken(word.post_id, "another post") from None
    except Superseded:
        raise NotSettled(_moved_on(case)) from None
    return True


def _out_of_sight(project: Project, case: Case, row: PostState, last: Attempt, word: Word) -> Attempt:
    """An open attempt that is not resumed any more: TikTok is stuck with it, or it was begun elsewhere too."""
    stuck = last.phase is Phase.PROCESSING and word.now - last.created_at > STUCK
    if not stuck and case.told is None:
        raise _nothing(case, row)
    what = f"TikTok has been processing it since {in_words(last.created_at, project.account(row.account).timezone)}"
    event = Event.LOST_AFTER_COMMIT if last.phase is Phase.INTENT else Event.LOST_SIGHT
    lost = last.after(event, word.now, problem_code="stuck", problem_what=what, upload_url="")
    try:
        return project.store.save(lost, "stuck")
    except Superseded:
        raise NotSettled(_moved_on(case)) from None


def _moved_on(case: Case) -> Problem:
    hint = f"look again: contentsync explain {case.key}"
    return Problem("changed-meanwhile", f"{case.key} was changed meanwhile", hint)


def _nothing(case: Case, row: PostState | None) -> NotSettled:
    stands = f"it is {row.last.phase}" if row and row.last else "no evidence says that it was ever sent"
    hint = f"contentsync explain {case.key} shows its state"
    return NotSettled(Problem("nothing-to-resolve", f"{case.key} has no unknown outcome: {stands}", hint))


# The person's word alone.


def _say_it_is_there(project: Project, case: Case, row: PostState | None, word: Word) -> None:
    """Settle a post without any evidence: it is at TikTok, or is abandoned. Raises NotSettled."""
    done = row.success if row else None
    if row is not None and done is not None and not done.post_id and word.post_id:
        named = done.noting(word.now, post_id=word.post_id)
        project.store.save(named, word.event, binds=True, why=word.why)
        return
    post = case.post
    if post is None or post.post_id or (row is not None and is_settled(row, case.generation)):
        raise _nothing(case, row)
    uid = row.uid if row else uuid.uuid4().hex
    attempt = _by_hand(post, case.open_id, uid, word)
    known = PostState(uid, case.open_id, post.name, post.account, post.generation, (attempt,), post.media_digest)
    if not project.store.restore(known, word.now, what=word.event, why=word.why):
        raise _taken(word.post_id, "another post")


def _by_hand(post: DesiredPost, open_id: str, uid: str, word: Word) -> Attempt:
    """An attempt that records only a person's word: the post is at TikTok, or is abandoned."""
    there = Phase.DELIVERED if post.mode is Mode.DRAFT and not word.post_id else Phase.PUBLISHED
    media = post.media[0] if post.media else None
    return Attempt(
        id=uuid.uuid4().hex,
        post_uid=uid,
        open_id=open_id,
        generation=post.generation,
        phase=there if word.verdict is Verdict.PUBLISHED else Phase.ABANDONED,
        mode=post.mode,
        pulls=post.pulls,
        digest=post.digest,
        media_digest=post.media_digest,
        sha256=media.sha256 if media else "",
        size=media.size if media else 0,
        created_at=word.now,
        updated_at=word.now,
        run_id=BY_HAND,
        sent=json.dumps(post.sent_values(), ensure_ascii=False, sort_keys=True),
        caption=post.caption,
        privacy=str(post.privacy or ""),
        duration=media.facts.duration if media and media.facts else None,
        finished_at=word.now,
        post_id=word.post_id,
        number=1,
        version=1,
    )
