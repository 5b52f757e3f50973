"""What must be done about each post? The decision: desired, state, remote, quota and now in, a frozen Plan out.

Nothing here reads a file, asks TikTok or looks at the clock, and nothing decides again later: apply follows the plan.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from contentsync import limits
from contentsync.errors import Level, Problem
from contentsync.lifecycle import Phase
from contentsync.plan import schedule
from contentsync.plan.action import (
    AccountFacts,
    AccountView,
    Action,
    Change,
    Kind,
    Plan,
    World,
    fingerprint,
    inputs_digest,
)
from contentsync.plan.blocks import blocks_of, notes_of
from contentsync.plan.guards import Wanted, quota_of, ration
from contentsync.plan.match import candidates
from contentsync.plan.moves import Moves
from contentsync.post import Attempt, DesiredPost, PostState, Privacy, RemotePost

_NEVER_STARTED: Final = "new"


def make_plan(posts: Iterable[DesiredPost], world: World, selected: frozenset[str] | None = None) -> Plan:
    """The plan for all posts, or for the selected keys of them; the others still count as declared."""
    desired = {post.key: post for post in posts}
    deciders = {name: _Decider(facts, desired, world) for name, facts in world.accounts.items()}
    actions, wanted, unchanged = [], [], 0
    for key, post in desired.items():
        if selected is not None and key not in selected:
            continue
        decided = deciders[post.account].decide(post)
        if isinstance(decided, Wanted):
            wanted.append(decided)
        elif decided.kind is Kind.UNCHANGED:
            unchanged += 1
        else:
            actions.append(decided)
    for decider in deciders.values():
        actions += [a for a in decider.vanished() if selected is None or a.post in selected]
    wanted.sort(key=lambda want: (want.due, want.post.key))
    ordered = sorted([*actions, *ration(wanted, world)], key=lambda a: _order(a, desired, world.now))
    return Plan(
        created_at=world.now,
        expires_at=world.now + timedelta(hours=limits.PLAN_LIFE_HOURS),
        lineage=world.lineage,
        serial=world.serial,
        accounts=tuple(_view(facts, world) for facts in world.accounts.values()),
        actions=tuple(ordered),
        unchanged=unchanged,
        inputs=inputs_digest(
            {key: fingerprint(post) for key, post in desired.items()},
            {name: facts.open_id for name, facts in world.accounts.items()},
        ),
        allow=tuple(sorted(world.allow)),
    )


def _order(action: Action, desired: Mapping[str, DesiredPost], now: datetime) -> tuple[datetime, str]:
    """Oldest due first, then by key."""
    post = desired.get(action.post)
    return (action.due_at or (post.publish_at if post else None) or now, action.post)


def _view(facts: AccountFacts, world: World) -> AccountView:
    return AccountView(
        name=facts.account.name,
        open_id=facts.open_id,
        creator=facts.creator,
        quota=quota_of(facts, world.attempts, world.now),
        public=facts.creator.is_public if facts.creator else None,
        list_read_at=facts.remote.read_at,
    )


class _Decider:
    """The decisions for one account."""

    def __init__(self, facts: AccountFacts, desired: Mapping[str, DesiredPost], world: World) -> None:
        self.facts = facts
        self.world = world
        self.rows = {row.name: row for row in facts.rows}
        self.posts = {post.name: post for post in desired.values() if post.account == facts.account.name}
        self.moves = Moves(self.posts, self.rows)
        self._slots = self._free_slots()

    def _free_slots(self) -> Iterable[datetime]:
        taken = {row.slot_at for row in self.facts.rows if row.slot_at}
        slots = schedule.slots_after(self.facts.account, self.world.now)
        return (slot for slot in slots if slot not in taken)

    def decide(self, post: DesiredPost) -> Action | Wanted:
        """The one action that brings this post nearer to what its manifest asks."""
        row = self.rows.get(post.name)
        if row is None:
            return self._without_row(post)
        if row.account != post.account:
            reason = f"the account is called {post.account} now"
            return self._action(Kind.MOVE, post, reason, moved_from=row.key)
        if post.post_id:
            return self._bound(post, row)
        last = row.last
        if last is not None and (last.is_open or last.phase is Phase.UNKNOWN):
            return self._unfinished(post, row, last)
        return self._finished(post, row)

    def vanished(self) -> list[Action]:
        """What to do about rows whose manifest is gone."""
        left = [row for name, row in self.rows.items() if name not in self.posts and not self.moves.takes(row)]
        return [action for row in left if row.removed_at is None and (action := self._gone(row))]

    def _gone(self, row: PostState) -> Action | None:
        last = row.last
        key = f"{self.facts.account.name}/{row.name}"
        if last is not None and last.phase is Phase.UNKNOWN:
            return Action(
                Kind.UNKNOWN, key, f"may be live, and its manifest is gone; {_resolve(key)}", mode=last.mode
            )
        if last is not None and last.is_open and last.may_be_live:
            reason = "its manifest is gone, but TikTok has it: what became of it is still asked"
            return Action(Kind.RESUME, key, reason, mode=last.mode)
        if last is None and not row.bound_post_id:
            return None
        reason = "its manifest is gone; the video stays at TikTok" if row.success else "its manifest is gone"
        return Action(Kind.FORGET, key, reason, mode=last.mode if last else None)

    def _without_row(self, post: DesiredPost) -> Action | Wanted:
        if found := self.moves.source_of(post):
            return self._action(Kind.MOVE, post, f"was {found.key}", moved_from=found.key)
        if problem := self.moves.problem_of(post):
            return self._blocked(post, problem)
        if post.post_id:
            return self._bound(post, None)
        receipt = self.facts.receipts.get(post.name)
        if receipt is not None and receipt.generation >= post.generation and "existing-posts" not in self.world.allow:
            what = f"its receipt says {receipt.phase}, but this state does not know it"
            hint = "bring the old state back, raise its `generation`, or pass --allow existing-posts"
            return self._blocked(post, Problem("existing-posts", what, hint))
        return self._wanted(post, None, _NEVER_STARTED)

    def _bound(self, post: DesiredPost, row: PostState | None) -> Action:
        post_id = post.post_id or ""
        holder = self.facts.bindings.get(post_id)
        if row is not None and post_id in {row.bound_post_id, row.post_id}:
            return self._action(Kind.UNCHANGED, post, "bound")
        if holder is not None and (row is None or holder != row.uid):
            other = next((r.key for r in self.facts.rows if r.uid == holder), "another post")
            what = f"video {post_id} belongs to {other} already"
            return self._blocked(post, Problem("video-bound-twice", what, "remove one of the two manifests"))
        if row is not None and row.attempts:
            what = f"it has attempts of its own and can't be bound to video {post_id}"
            return self._blocked(post, Problem("post-id-of-a-made-post", what, f"contentsync explain {post.key}"))
        return self._action(Kind.ADOPT, post, f"bound by its manifest to video {post_id}", adopts=post_id)

    def _unfinished(self, post: DesiredPost, row: PostState, last: Attempt) -> Action:
        if last.phase is Phase.UNKNOWN:
            return self._unknown(post, last)
        if last.may_be_live:
            return self._action(Kind.RESUME, post, f"was left {last.phase}; TikTok is asked what became of it")
        if post.hold or self.facts.account.paused:
            why = "hold: true" if post.hold else "the account is paused"
            return self._action(Kind.WAIT, post, f"{why}; its upload was left {last.phase}")
        if schedule.window_of(post, row, None).is_over(self.world.now):
            return self._missed(post, row)
        if last.digest != post.digest and last.phase is not Phase.INTENT:
            until = last.upload_expires_at
            reason = "edited while its upload is open; the old upload is left to end first"
            ahead = until is not None and until > self.world.now
            kind, due_at = (Kind.WAIT, until) if ahead else (Kind.RESUME, None)
            return self._action(kind, post, reason, due_at=due_at, left=True)
        return self._action(Kind.RESUME, post, f"was left {last.phase}")

    def _unknown(self, post: DesiredPost, last: Attempt) -> Action:
        found = self._fitting(last)
        if len(found) == 1:
            video = found[0]
            reason = f"public video {video.post_id} fits it: caption, duration and time"
            return self._action(Kind.ADOPT, post, reason, adopts=video.post_id)
        several = f"; {len(found)} public videos would fit" if found else ""
        problem = Problem(
            last.problem_code or "outcome-unknown", last.problem_what, _resolve(post.key), level=Level.WARNING
        )
        reason = f"may be live{several}: {last.problem_what}"
        return self._action(Kind.UNKNOWN, post, reason, problems=(problem,))

    def _fitting(self, attempt: Attempt) -> list[RemotePost]:
        free = [v for v in self.facts.remote.videos if v.post_id not in self.facts.bindings]
        found = candidates(attempt, free)
        rivals = [r.last for r in self.facts.rows if r.last and r.last.phase is Phase.UNKNOWN]
        if len(found) == 1 and sum(bool(candidates(rival, found)) for rival in rivals) > 1:
            return found * 2  # two unknowns could claim it: neither gets it unasked
        return found

    def _finished(self, post: DesiredPost, row: PostState) -> Action | Wanted:
        done, last = row.success, row.last
        if post.generation > row.generation:
            return self._wanted(post, row, f"generation {post.generation}, after {row.generation}")
        if row.removed_at is not None:
            what = f"was removed from the state on {row.removed_at:%Y-%m-%d}"
            return self._blocked(post, Problem("returned", what, "raise its `generation` to post it again"))
        if done is not None and done.generation >= row.generation:
            return self._published(post, row, done)
        if row.bound_post_id or (last is not None and last.phase is Phase.ABANDONED):
            return self._action(Kind.UNCHANGED, post, "bound" if row.bound_post_id else "left for good")
        if last is None:
            return self._wanted(post, row, _NEVER_STARTED)
        return self._ended(post, row, last)

    def _published(self, post: DesiredPost, row: PostState, done: Attempt) -> Action:
        if post.generation < row.generation:
            what = f"its generation is {post.generation}, but {row.generation} was posted"
            return self._blocked(post, Problem("generation-lower", what, f"write generation: {row.generation}"))
        if done.digest != post.digest and row.acked_digest != post.digest:
            reason = "edited after it was sent; TikTok has no edit"
            return self._action(Kind.FROZEN, post, reason, changes=_changes(done, post))
        gone = self.facts.remote.gone.get(row.post_id)
        day = timedelta(hours=limits.DRIFT_GRACE_HOURS)
        if gone and done.privacy == Privacy.EVERYONE and self.world.now - (done.finished_at or gone) > day:
            return self._action(Kind.DRIFT, post, f"was public as {row.post_id}, and is not visible now")
        return self._action(Kind.UNCHANGED, post, str(done.phase))

    def _ended(self, post: DesiredPost, row: PostState, last: Attempt) -> Action | Wanted:
        if last.phase is Phase.ORPHANED:
            return self._wanted(post, row, f"its last attempt published nothing: {last.problem_what or 'cut off'}")
        if last.digest != post.digest:
            return self._wanted(post, row, "changed since it failed")
        if post.key in self.world.retry:
            return self._wanted(post, row, f"asked for again after: {last.problem_what}")
        if last.retry:
            return self._wanted(post, row, f"once more after: {last.problem_what}", not_before=last.not_before)
        problem = Problem(
            last.problem_code, last.problem_what, f"mend it, or run: contentsync apply --retry {post.key}"
        )
        return self._blocked(post, problem, f"failed: {last.problem_what}")

    def _wanted(
        self, post: DesiredPost, row: PostState | None, reason: str, *, not_before: datetime | None = None
    ) -> Action | Wanted:
        """A create, unless its time, a switch or a problem speaks against it; caps and guards come after."""
        now = self.world.now
        if post.hold or self.facts.account.paused:
            return self._action(Kind.WAIT, post, "hold: true" if post.hold else "the account is paused")
        window = schedule.window_of(post, row, next(iter(self._slots), None) if self._needs_slot(post, row) else None)
        if window.is_over(now):
            return self._missed(post, row)
        blocks = (*self._stopped(), *blocks_of(post, self.facts, self.world))
        notes = notes_of(post, self.facts, self.world)
        earliest = max(now, *(t for t in (window.opens_at, not_before, _inits_room(row, now)) if t), now)
        if earliest > now:
            timed = window.opens_at == earliest
            why = ("waits for its slot" if post.next_slot else "waits for its publish_at") if timed else reason
            waiting = self._action(Kind.WAIT, post, why, due_at=earliest, problems=(*blocks, *notes), left=not timed)
            return Wanted(waiting, post, row, self.facts, earliest, earliest)
        if blocks:
            return self._action(Kind.BLOCKED, post, blocks[0].what, problems=(*blocks, *notes))
        create = self._action(Kind.CREATE, post, reason, problems=notes)
        return Wanted(create, post, row, self.facts, now, window.opens_at or now)

    def _stopped(self) -> tuple[Problem, ...]:
        """An unknown outcome stops its account: what else is wrong there is not known either."""
        unknown = [row for row in self.facts.rows if row.last and row.last.phase is Phase.UNKNOWN]
        if not unknown:
            return ()
        what = f"{unknown[0].key} may be live or not; nothing else is sent for this account until that is settled"
        return (Problem("account-has-unknown", what, _resolve(unknown[0].key)),)

    def _needs_slot(self, post: DesiredPost, row: PostState | None) -> bool:
        return post.next_slot and (row is None or row.slot_at is None)

    def _missed(self, post: DesiredPost, row: PostState | None) -> Action:
        ends = schedule.window_of(post, row, None).ends_at
        what = f"its window ended at {ends:%Y-%m-%d %H:%M} UTC; it is not posted late" if ends else "missed"
        return self._blocked(post, Problem("missed", what, "give it a new publish_at, or a longer grace"))

    def _blocked(self, post: DesiredPost, problem: Problem, reason: str = "") -> Action:
        return self._action(Kind.BLOCKED, post, reason or problem.what, problems=(problem,))

    def _action(
        self,
        kind: Kind,
        post: DesiredPost,
        reason: str,
        *,
        due_at: datetime | None = None,
        changes: tuple[Change, ...] = (),
        problems: tuple[Problem, ...] = (),
        left: bool = False,
        moved_from: str = "",
        adopts: str = "",
    ) -> Action:
        if kind is Kind.UNCHANGED:
            return Action(kind, post.key, reason)
        placed = tuple(p if p.where else replace(p, where=post.where) for p in problems)
        return Action(
            kind=kind,
            post=post.key,
            reason=reason,
            where=str(post.where) if post.where.file else "",
            mode=post.mode,
            due_at=due_at,
            not_sent=post.settings_not_sent(),
            changes=changes,
            media=post.media,
            problems=placed,
            digest=fingerprint(post),
            left=left,
            moved_from=moved_from,
            adopts=adopts,
        )


def _inits_room(row: PostState | None, now: datetime) -> datetime | None:
    """When a post that was started too often today may be started again; None for now."""
    day = timedelta(hours=24)
    sent = [a.init_sent_at for a in row.attempts if a.init_sent_at and a.init_sent_at > now - day] if row else []
    return sent[-limits.INITS_PER_POST_A_DAY] + day if len(sent) >= limits.INITS_PER_POST_A_DAY else None


def _changes(done: Attempt, post: DesiredPost) -> tuple[Change, ...]:
    before, after = json.loads(done.sent), json.loads(json.dumps(post.sent_values()))
    keys = list(dict.fromkeys([*before, *after]))
    return tuple(Change(k, before.get(k), after.get(k)) for k in keys if before.get(k) != after.get(k))


def _resolve(key: str) -> str:
    return f"see: contentsync explain {key}"
