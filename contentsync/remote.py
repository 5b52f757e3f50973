"""What is at TikTok? Reads into the state who the account is, its public list, and the outcome of attempts.

This changes nothing at TikTok, and needs no lock: each write repeats its precondition.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from contentsync.attempt.doubt import RECENT as DOUBTED
from contentsync.attempt.doubt import ask_again, doubtful
from contentsync.attempt.step import Step
from contentsync.attempt.steps import Steps
from contentsync.clock import Clock
from contentsync.errors import Level, ManifestError, NotSent, Problem, Refused, SignInNeeded, Unanswered
from contentsync.figures import Figures
from contentsync.frozen import frozen
from contentsync.lifecycle import Phase
from contentsync.plan.schedule import CLOCKS_APART
from contentsync.post import Privacy
from contentsync.post_state import Attempt, PostState
from contentsync.remote_post import Creator, RemotePost
from contentsync.settings import Account
from contentsync.store.port.conflicts import Superseded
from contentsync.store.port.store import Store
from contentsync.tiktok.client import Client
from contentsync.tiktok.refusals import Family, refusal
from contentsync.tiktok.wire import UserInfo

STOPS: Final = frozenset(
    {"spam_risk_too_many_posts", "spam_risk_user_banned_from_posting", "reached_active_user_cap"}
)

LACKS_SCOPE: Final = frozenset({"scope_not_authorized", "scope_permission_missed"})
DIRECT_SCOPE: Final = "video.publish"  # of Query Creator Info, too
LIST_SCOPE: Final = "video.list"

ANOTHER_APP: Final = "token-not-authorized-for-specified-publish-id"  # another app began it; only a person can tell
NEVER: Final = datetime.fromtimestamp(0, UTC)  # of a video whose time TikTok does not tell

#: The codes of a look that brought no news, so that what is known of the attempt is as old as before.
NO_NEWS: Final = frozenset({"not-sent", "unanswered", "rate-limit-exceeded", "token-lock-held"})

SILENT: Final = 3  # attempts in a row without an answer, of which a single one may have a fault of its own

LATE_IDS: Final = 10  # asked for at a time: some never come, and each question counts against a limit by the minute

RECENT: Final = timedelta(days=2)

RECEIPTS: Final = 50

ASK_FOR: Final = timedelta(days=7)  # how long TikTok is asked for an id or an end that may come late


def identify(
    client: Client, store: Store, account: Account, now: datetime, *, noted: str = "", renewal: str = ""
) -> Creator:
    """Who the token speaks for, checked against the pin and against what is known of the account.

    noted: the open_id that its first post from this machine bound it to; empty for none. renewal: as in
    `not_listed`. Raises SignInNeeded for another identity.
    """
    user = client.user_info()
    known = account.open_id or store.accounts.pinned(account.name)
    if not known and (seen := store.last_seen(account.name)) and seen in store.identities():
        known = seen
    known = known or noted
    if known not in {"", user.open_id}:
        owner = user.display_name or user.open_id
        what = f"the token of account {account.name} belongs to {owner}, not to the account's open_id"
        raise SignInNeeded(Problem("other-identity", what, _other_hint(account, user, renewal)))
    creator = Creator(user.open_id, nickname=user.display_name, username=user.username, union_id=user.union_id)
    store.save_creator(account.name, creator, now)
    return creator


def _other_hint(account: Account, user: UserInfo, renewal: str) -> str:
    """The hint for a token that belongs to another identity than the account's."""
    right = f"use the right account's token: {renewal or f'contentsync login {account.name}'}"
    pin = f'write open_id: "{user.open_id}" under accounts: {account.name}: and run '
    anew = f"{pin if account.open_id else 'run '}contentsync accounts rebind {account.name}"
    return f"{right}; or, if it is the same TikTok account in another app, {anew}"


def clock_wrong(now: datetime, date: datetime | None) -> Problem | None:
    """The note for a machine whose clock is far from TikTok's. date: TikTok's; None if it sent none."""
    if date is None or abs(now - date) < CLOCKS_APART:
        return None
    minutes, way = abs(now - date) // timedelta(minutes=1), "ahead of" if now > date else "behind"
    what = f"this machine's clock is {minutes} min {way} TikTok's"
    hint = "correct this machine's clock; until then a scheduled post is sent once it is due by both clocks"
    return Problem("clock-wrong", what, hint, level=Level.NOTE)


def refuse_twins(identities: dict[str, str]) -> None:
    """Two names for one open_id would post everything twice. Raises ManifestError."""
    names: dict[str, str] = {}
    for name, open_id in identities.items():
        if open_id in names:
            what = f"accounts {names[open_id]} and {name} are the same TikTok account"
            raise ManifestError(Problem("open-id-twice", what, "keep one of the two names in contentsync.yaml"))
        names[open_id] = name


def ask_creator(client: Client, creator: Creator, granted: frozenset[str] | None = None) -> Creator:
    """The same creator, with what may be posted now; a stop for posting and a missing scope are part of the answer.

    granted: the token's scopes; None where they are not known.
    """
    if granted is not None and DIRECT_SCOPE not in granted:
        return replace(creator, denied=creator.denied | {DIRECT_SCOPE})
    try:
        info = client.creator_info()
    except Refused as err:
        if err.error_code in STOPS:
            row = refusal(err.error_code)
            return replace(creator, stop=err.error_code, stop_what=row.what if row else err.error_code)
        if err.error_code in LACKS_SCOPE:
            return replace(creator, denied=creator.denied | {DIRECT_SCOPE})
        raise _sign_in_or(err) from err
    return Creator(
        open_id=creator.open_id,
        nickname=info.nickname or creator.nickname,
        username=info.username or creator.username,
        privacy=info.privacy,
        disabled=info.disabled,
        max_seconds=info.max_seconds,
        union_id=creator.union_id,
    )


def ask_stats(client: Client, granted: frozenset[str] | None) -> UserInfo | None:
    """The account's figures; None without the scope user.info.stats, which TikTok reports in three ways."""
    if granted is not None and "user.info.stats" not in granted:
        return None
    try:
        found = client.user_stats()
    except Refused as err:
        if err.error_code in LACKS_SCOPE:
            return None
        raise
    figures = (found.followers, found.following, found.likes, found.videos)
    return None if all(figure is None for figure in figures) else found


def _sign_in_or(err: Refused) -> Exception:
    row = refusal(err.error_code)
    if row is not None and row.family is Family.SIGN_IN:
        return SignInNeeded(err.problem)
    return err


def see_list(
    client: Client, store: Store, creator: Creator, now: datetime, *, granted: frozenset[str] | None, full: bool
) -> Creator:
    """Read the public list into the state; the same creator, with what kept it from being read.

    A list that gives no answer leaves most of what can be done for an account as it is, so it is no error here.
    granted: as in `ask_creator`. Raises SignInNeeded where the token is refused altogether.
    """
    if granted is not None and LIST_SCOPE not in granted:
        return replace(creator, denied=creator.denied | {LIST_SCOPE})
    try:
        read = read_list(client, store, creator.open_id, now, full=full)
    except Refused as err:
        raised = _sign_in_or(err)
        if isinstance(raised, SignInNeeded):
            raise raised from err
        return replace(creator, list_unread=err.problem.what)
    except (Unanswered, NotSent) as err:
        return replace(creator, list_unread=err.problem.what)
    return creator if read else replace(creator, denied=creator.denied | {LIST_SCOPE})


def read_list(client: Client, store: Store, open_id: str, now: datetime, *, full: bool) -> bool:
    """Take in the public list, newest first until known, or all of it; False where the scope is missing."""
    is_whole = full or store.list_read_at(open_id) is None
    stop_at = frozenset() if is_whole else frozenset(store.listed_ids(open_id))
    listed: list[RemotePost] = []
    figures: list[Figures] = []
    try:
        for video in client.all_videos(stop_at=stop_at):
            listed.append(video.post)
            figures.append(video.figures(now))
    except Refused as err:
        if (row := refusal(err.error_code)) and row.family is Family.SIGN_IN and err.error_code.startswith("scope"):
            return False
        raise
    stopped_early = any(video.post_id in stop_at for video in listed)
    dated = (video.created_at for video in listed if video.created_at > NEVER)
    back_to = min(dated, default=now) if stopped_early else None
    store.save_videos(open_id, listed, back_to=back_to, now=now)
    store.figures.save(open_id, figures, now)
    _see_public(store, open_id, {video.post_id for video in listed}, now)
    return True


def _see_public(store: Store, open_id: str, listed: set[str], now: datetime) -> None:
    bound = store.bindings(open_id) if listed else {}
    seen = {uid for post_id, uid in bound.items() if post_id in listed}
    if seen:
        store.mark_public(seen, now)


def may_have_moved_on(store: Store, open_id: str, now: datetime) -> list[PostState]:
    """The rows of which `look_at_attempts` may ask or report anything: all others are left unread."""
    return store.unfinished_or_since(open_id, now - max(ASK_FOR, RECENT, DOUBTED))


@frozen
class LookedAt:
    """What came of asking TikTok about attempts."""

    #: The rows whose receipt may be behind.
    behind: list[PostState]
    #: By post key: why TikTok gave no news of its attempt.
    no_news: dict[str, Problem]


class Patience:
    """Whether to ask about further attempts, since each question without an answer waits for its own retries."""

    def __init__(self) -> None:
        self.problem = Problem("unanswered", "")  # of the last question
        self._in_a_row = 0

    def heard(self, problem: Problem | None) -> None:
        """Take in why TikTok gave no news of an attempt; None where it did."""
        self._in_a_row = 0 if problem is None else self._in_a_row + 1
        self.problem = problem or self.problem

    @property
    def is_over(self) -> bool:
        """Whether TikTok can't be asked now at all: no network, no room, or silence about several attempts."""
        return self._in_a_row >= (SILENT if self.problem.code == "unanswered" else 1)


def look_at_attempts(steps: Steps, rows: Iterable[PostState], clock: Clock) -> LookedAt:
    """Ask TikTok about attempts that are open, unknown, or lack an id that may still come.

    A receipt may be behind for those that changed now, and for the latest of those that changed lately, since a run
    may have been cut off between the state and the receipt.
    Raises SignInNeeded where the token may not see them.
    """
    now = clock.now()
    newest = sorted((row for row in rows if row.last), key=_changed_at, reverse=True)
    behind = dict.fromkeys(row.uid for row in newest[:RECEIPTS] if now - _changed_at(row) < RECENT)
    asked = [row for row in newest if worth_asking(row, now)]
    settled = [row for row in asked if not _is_unsettled(row)]
    no_news: dict[str, Problem] = {}
    patience = Patience()
    for row in (*filter(_is_unsettled, asked), *settled[:LATE_IDS]):
        if patience.is_over:
            no_news[row.key] = patience.problem
            continue
        attempt = _to_ask(row, now)
        assert attempt is not None
        after, problem = _look(steps, attempt)
        patience.heard(problem)
        if problem is not None:
            no_news[row.key] = problem
        if (after.phase, after.post_id) != (attempt.phase, attempt.post_id):
            behind[row.uid] = None
    return LookedAt([fresh for uid in behind if (fresh := steps.store.post(uid))], no_news)


def _changed_at(row: PostState) -> datetime:
    return row.last.updated_at if row.last else NEVER


def _is_unsettled(row: PostState) -> bool:
    return row.last is not None and (row.last.is_open or row.last.phase is Phase.UNKNOWN)


def worth_asking(row: PostState, now: datetime) -> bool:
    """Whether TikTok may know more about the row's attempts."""
    return _to_ask(row, now) is not None


def _to_ask(row: PostState, now: datetime) -> Attempt | None:
    """The attempt about which TikTok may know more: the last one, or a recent failure that TikTok may take back."""
    last = row.last
    if last is None or last.is_open or last.phase is Phase.UNKNOWN:
        return last if last and last.publish_id else None
    if failures := doubtful(row, now):
        return failures[0]
    young = now - (last.finished_at or last.created_at) < ASK_FOR
    may_be_public = last.phase is Phase.PUBLISHED and last.privacy in {"", Privacy.EVERYONE}
    comes_late = bool(last.publish_id) and not last.post_id and (may_be_public or last.phase is Phase.DELIVERED)
    return last if young and comes_late else None


def look_again(steps: Steps, attempt: Attempt) -> Attempt:
    """The attempt after asking TikTok about it because of a hint, even if it is too old for a regular look.

    Raises SignInNeeded where the token may not see it.
    """
    lacks_id = attempt.phase is Phase.PUBLISHED and not attempt.post_id
    failed = attempt.phase is Phase.FAILED and attempt.may_be_live
    asked = attempt.is_open or attempt.phase in {Phase.UNKNOWN, Phase.DELIVERED} or lacks_id or failed
    return _look(steps, attempt)[0] if asked and attempt.publish_id else attempt


def _look(steps: Steps, attempt: Attempt) -> tuple[Attempt, Problem | None]:
    """The attempt after asking TikTok about it, and why there was no news of it."""
    try:
        step = _asked(steps, attempt)
    except Superseded:
        return steps.store.attempt(attempt.id), None
    if step.stop and step.problem and step.problem.code != ANOTHER_APP:
        raise SignInNeeded(step.problem)
    return step.attempt, step.problem if step.problem and step.problem.code in NO_NEWS else None


def as_last_known(problem: Problem) -> Problem:
    """The note for a post of whose attempt there is no news."""
    what = f"TikTok gave no news of it now, so this is as last known: {problem.what}"
    return replace(problem, what=what, level=Level.NOTE)


def _asked(steps: Steps, attempt: Attempt) -> Step:
    if attempt.phase is Phase.FAILED:
        listed = [video for video, gone_at in steps.store.videos(attempt.open_id) if gone_at is None]
        return ask_again(steps, attempt, listed)
    return steps.late_id(attempt) if attempt.phase is Phase.PUBLISHED else steps.look(attempt)


def not_listed(account: Account, creator: Creator, grant: str) -> Problem | None:
    """The problem of a public list that could not be read; None if it was read. grant: how to get its scope."""
    unseen = "so existing videos, lookalikes, drift and the outcome of unknown posts are not checked"
    if LIST_SCOPE in creator.denied:
        what = f"the public videos of {account.name} can't be listed: the token lacks the scope video.list, {unseen}"
        hint = f"if TikTok gives your app this scope, grant it: {grant}"
        return Problem("list-not-read", what, hint, level=Level.NOTE)
    if creator.list_unread:
        what = f"the public videos of {account.name} could not be listed now ({creator.list_unread}), {unseen}"
        return Problem("list-not-read", what, "run the command again in a few minutes", level=Level.WARNING)
    return None
