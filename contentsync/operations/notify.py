"""Who gets which notices? Finds what should be reported, keeps it in the state, and sends it.

The danger: a notice that is lost with a killed process, one that is sent again and again, or a dead recipient that
holds a post back. The rule: a notice is kept before it is sent and marked when it was sent, under a key that says
which notices tell the same. It is sent after everything else, side by side and with a deadline; what could not be
sent waits for the next command. So a notice is sent at least once, and again only if the process died in between.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from contentsync.amounts import many
from contentsync.errors import ContentsyncError, Level, Problem
from contentsync.notices import Notice, NoticeKind, Recipient
from contentsync.notify.delivery import Sent, deliver
from contentsync.operations.plan import Made, make_plan
from contentsync.operations.recipients import Tried, by_name, send_at_once, sender
from contentsync.operations.selection import Wish
from contentsync.operations.sign_ins import sign_in_ends
from contentsync.operations.status import differing, usernames
from contentsync.plan.worth_telling import Known, kept_rows, notices_of
from contentsync.post_state import PostState
from contentsync.project import Project
from contentsync.store.port.rooms import Outbox
from contentsync.store.port.values import Waiting

#: How long a command waits for its recipients, all together.
SECONDS: Final = 10.0
#: How many notices a recipient gets at a time.
AT_A_TIME: Final = 50
#: After how long a notice that could not be sent is tried again; after the last of them it is given up.
AGAIN_AFTER: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720))
_ROWS_SINCE: Final = timedelta(days=7)


class Notifier:
    """Sends the notices of one project. Without recipients it reads and writes nothing."""

    def __init__(self, project: Project) -> None:
        """Report what happens from now on: a new recipient gets no notice of anything earlier."""
        self._project = project
        self._recipients = [one for one in project.settings.notify if one.refused is None]
        self._since = self._told_since()

    @property
    def refused(self) -> list[Problem]:
        """Why some recipients get no notices."""
        return [one.refused for one in self._project.settings.notify if one.refused]

    def tell(self, notice: Notice) -> None:
        """Keep a notice for each recipient that wants it and has not had it. Raises StoreError."""
        now = self._project.clock.now()
        for name in dict.fromkeys(one.name for one in self._recipients if self._wants(one, notice)):
            self._outbox.put(notice, name, now)

    def tell_happened(self, made: Made | None = None) -> None:
        """Send all notices that are due now. made: the newest plan; None makes one without asking TikTok."""
        self._since = self._told_since()  # another machine may have named a recipient earlier
        if self._since:
            for notice in notices_of(self._known(made or make_plan(self._project, Wish(refresh=False)))):
                self.tell(notice)

    def send(self, seconds: float = SECONDS) -> list[Problem]:
        """Send the waiting notices. Returns one problem each time that a recipient begins to fail."""
        if not self._since:
            return []
        now = self._project.clock.now()
        recipients = by_name(self._project)
        asked = [one for name in self._since for one in self._outbox.claim(name, now, AT_A_TIME)]
        agreed = self._outbox.agree(asked, now)
        claimed = {name: [one for one in agreed if one.recipient == name] for name in self._since}
        work = {
            name: (sender(self._project, recipients[name][0], seconds), [one.notice for one in waiting])
            for name, waiting in claimed.items()
            if waiting
        }
        problems: list[Problem] = []
        for sent in deliver(work, self._project.clock, seconds):
            problems += self._settle(sent, claimed[sent.recipient])
        return problems

    # What is below.

    @property
    def _outbox(self) -> Outbox:
        return self._project.reading_store.outbox

    def _told_since(self) -> Mapping[str, datetime]:
        """By recipient: since when it gets notices. Empty if no state can be kept, which other code reports."""
        if not self._recipients:
            return {}
        try:
            if not self._project.reading_store.is_kept:
                return {}
            now = self._project.clock.now()
            return {one.name: self._outbox.since(one.name, now) for one in self._recipients}
        except ContentsyncError:
            return {}

    def _wants(self, recipient: Recipient, notice: Notice) -> bool:
        since = self._since.get(recipient.name)
        is_early = notice.kind is NoticeKind.SIGN_IN_EXPIRING and not self._is_soon(recipient, notice)
        return since is not None and notice.at >= since and recipient.wants(notice) and not is_early

    def _is_soon(self, recipient: Recipient, notice: Notice) -> bool:
        ends_at = datetime.fromisoformat(str(notice.facts["ends_at"]))
        return ends_at - self._project.clock.now() <= recipient.sign_in_within

    def _settle(self, sent: Sent, claimed: list[Waiting]) -> list[Problem]:
        """Record the result of a notice; a failure also counts for those after it, which were not tried."""
        now = self._project.clock.now()
        changed = self._outbox.reachable(sent.recipient, not sent.why, now)
        if not sent.why:
            self._outbox.told(claimed[sent.number])
            return []
        given_up = 0
        for one in claimed[sent.number :]:
            again = AGAIN_AFTER[one.tries - 1] if one.tries <= len(AGAIN_AFTER) else None
            self._outbox.failed(one, now + again if again else None)
            given_up += again is None
        return _deaf(sent, given_up, is_new=changed)

    def _known(self, made: Made) -> Known:
        project, now = self._project, self._project.clock.now()
        store = project.reading_store
        rows = kept_rows((self._named(row) for row in store.changed_since(now - _ROWS_SINCE)), now)
        return Known(
            now=now,
            rows=rows,
            actions={action.post: action for action in made.plan.actions},
            posts=made.posts,
            differs=differing(project, rows),
            usernames=usernames(project),
            zones={name: account.timezone for name, account in project.settings.accounts.items()},
            sign_ins=self._sign_ins(),
            sign_in_within=max(one.sign_in_within for one in self._recipients),
        )

    def _named(self, row: PostState) -> PostState:
        """The row under the name that its account has now."""
        names = {one.open_id: one.name for one in self._project.all_at_work() if one.open_id}
        return replace(row, account=names.get(row.open_id, row.account))

    def _sign_ins(self) -> dict[str, datetime]:
        wanted = any(NoticeKind.SIGN_IN_EXPIRING in one.events for one in self._recipients)
        return sign_in_ends(self._project) if wanted else {}


def _deaf(sent: Sent, given_up: int, *, is_new: bool) -> list[Problem]:
    problems = []
    if is_new:
        what = f"a notice could not be sent to {sent.recipient}: {sent.why}; it is tried again"
        hint = "posts are not affected; to try it now, run: contentsync notify test"
        problems.append(Problem("notify-failed", what, hint, level=Level.WARNING))
    if given_up:
        what = f"gave up {many(given_up, 'notice')} that could not be sent to {sent.recipient} for a day: {sent.why}"
        hint = "posts are not affected; to see them, run: contentsync status"
        problems.append(Problem("notify-given-up", what, hint, level=Level.WARNING))
    return problems


def try_out(project: Project, seconds: float = SECONDS) -> list[Tried]:
    """Send a test message to each recipient, at once and without keeping it; in the order of the project file."""
    words = "This is a test message of contentsync. Notices arrive here."
    notice = Notice(NoticeKind.TEST, "", "", project.clock.now(), words)
    tried = {one.recipient.name: one for one in send_at_once(project, notice, seconds)}
    return [
        Tried(one, one.refused.what) if one.refused else tried[one.name]
        for one in {one.name: one for one in project.settings.notify}.values()
    ]
