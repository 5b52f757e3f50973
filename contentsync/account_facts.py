"""What is known of an account? Facts for the planner, from the state, receipts and journal; nothing is decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from contentsync.account_line import AccountLine
from contentsync.deferred import DeferredMapping, DeferredSequence
from contentsync.evidence import first_posts, journal, receipts
from contentsync.evidence.identity import Former, Identity, Witnessed, Witnesses
from contentsync.evidence.witness import Witness
from contentsync.frozen import frozen
from contentsync.pause import pause_of
from contentsync.plan.action import AccountFacts, Remote
from contentsync.post import DesiredPost
from contentsync.post_state import PostState
from contentsync.remote_post import Creator

if TYPE_CHECKING:
    from contentsync.project import Project


_ONE_BY_ONE: Final = 1_000  # rows up to which reading single ones costs less than reading all


@frozen
class About:
    """The post that evidence is read for, right before it is sent.

    A receipt is about the post of its name; under another name it counts only while no row has that name. So the
    receipts of other posts that had a row already when the plan was made say nothing about this one.
    """

    post: DesiredPost
    #: The names of other posts that have a row.
    others: frozenset[str]


@frozen
class Apart:
    """The posts of one account that a plan leaves out, since they rest as they were sent (operations/resting.py)."""

    #: Their names.
    names: frozenset[str]
    #: The rows that are left, of all identities.
    uids: frozenset[str]
    #: The declared posts that are left.
    posts: tuple[DesiredPost, ...]
    #: Gives the identities that the account's receipts name.
    identities: Callable[[], list[Witnessed]]


def witnesses_of(project: Project, left: receipts.LeftBehind | None = None) -> Witnesses:
    """All evidence of posts under any open_id: rows, receipts of former names, this machine's journal.

    left: those receipts, where the caller read them already.
    """
    names = project.settings.accounts
    if left is None:
        left = project.receipts.left_behind(names)
    behind = [Witnessed(told.identity, "", receipts=1) for several in left.values() for told in several]
    noted = first_posts.of_project(project.data_folder, place_of(project))
    first = [Witnessed(identity, name) for name, identity in noted.items()]
    owners = {account.open_id: account.name for account in project.all_at_work() if account.open_id}
    return Witnesses([*project.reading_store.accounts.witnessed(), *behind, *first], owners)


def place_of(project: Project) -> str:
    """The value that identifies a project on this machine."""
    return f"{project.root} {project.settings.base_url}"


class KnownAccount(AccountLine):
    """One account with all that any witness says about it."""

    def facts(
        self,
        creator: Creator | None = None,
        left: receipts.LeftBehind | None = None,
        witnesses: Callable[[], Witnesses] | None = None,
        about: About | None = None,
        apart: Apart | None = None,
    ) -> AccountFacts:
        """All that is known of the account now.

        creator: from fresh calls, None where none were made. left: the receipts under former names of accounts, where
        they were read already, as for many accounts at a time. about: leave out evidence that is of no concern for
        one post. apart: leave out these posts, with what is of no concern for others. With both, the posts that are
        left out are among the others of `about`.
        """
        open_id = creator.open_id if creator else self.open_id
        # Receipts and journal are read before the rows: a row is written first, so it is never behind. What they say
        # is worked out only when a post is to be sent.
        without = about.others if about else apart.names if apart else frozenset[str]()
        pages = self._project.receipts.pages(self.name, without)
        told = self._receipts(open_id, pages, left)
        if not open_id:
            return AccountFacts(
                self.settings, receipts=told, pause=pause_of(self.store.pauses.all(), self.name, None)
            )
        store = self.store
        noted = self._project.journal.pages(open_id)
        everywhere = [*noted, *self._noted_elsewhere(open_id)]
        notes = self._concerning(everywhere, about, apart)
        # Nothing looks for a listed video that belongs to a post, unless all posts are looked at.
        videos = store.videos_unbound_or_gone(open_id) if apart else store.videos(open_id)
        rows = self._rows(open_id, apart)
        return AccountFacts(
            account=self.settings,
            open_id=open_id,
            creator=creator,
            rows=tuple(rows),
            bindings=DeferredMapping(lambda: store.bindings(open_id)) if apart else store.bindings(open_id),
            remote=Remote(
                videos=tuple(video for video, gone_at in videos if gone_at is None),
                gone=store.events.told_gone(open_id)
                | {video.post_id: gone_at for video, gone_at in videos if gone_at},
                read_at=store.list_read_at(open_id),
            ),
            receipts=told,
            noted_elsewhere=journal.names_another_state(noted, store.lineage),
            journal=DeferredSequence(lambda: journal.witnesses(journal.of_pages(notes))),
            acquainted=store.is_acquainted(open_id),
            left_out=store.left_out(open_id),
            sandbox=creator is not None and self.credentials.is_sandbox,
            tiktok_now=self.client.tiktok_now if creator else None,
            scopes=self.credentials.scopes() if creator else None,
            formers=DeferredSequence(
                lambda: self.formers(open_id, witnesses, pages, apart.identities() if apart and not about else None)
            ),
            token_since=self.credentials.pair().saved_at if creator else None,
            how_to_renew=self._how_to_renew,
            pause=pause_of(store.pauses.all(), self.name, open_id),
        )

    def _rows(self, open_id: str, apart: Apart | None) -> list[PostState]:
        if apart is None or len(apart.uids) > _ONE_BY_ONE:
            return [row for row in self.store.posts(open_id) if apart is None or row.uid in apart.uids]
        rows = filter(None, map(self.store.post, sorted(apart.uids)))
        return [row for row in rows if row.open_id == open_id]

    def _concerning(self, lines: list[bytes], about: About | None, apart: Apart | None) -> list[bytes]:
        """The lines of the journal that may concern these posts."""
        if about:
            return journal.concerning(lines, {about.post.name, about.post.media_digest})
        if apart and lines:
            marks = {mark for post in apart.posts for mark in (post.name, post.media_digest)}
            return journal.concerning(lines, marks)
        return lines

    def _noted_elsewhere(self, open_id: str) -> list[bytes]:
        """What the journal says of the same TikTok account as other apps see it, under their open_ids."""
        others = self._project.known_identities.others(self.store.accounts.identity(open_id))
        return [line for other in others for line in self._project.journal.pages(other)]

    def formers(
        self,
        open_id: str,
        witnesses: Callable[[], Witnesses] | None = None,
        pages: receipts.Pages | None = None,
        named: list[Witnessed] | None = None,
    ) -> tuple[Former, ...]:
        """The other open_ids of the account's posts, from the state, receipts and journal.

        witnesses: gives what speaks of all accounts; pages: the receipts under its name; named: the identities that
        all of these name; where they were read already.
        """
        own = self._named(pages) if named is None else list(named)
        own.append(Witnessed(Identity(self.store.accounts.pinned(self.name)), self.name))
        found = witnesses() if witnesses else witnesses_of(self._project)
        return found.formers(self.store.accounts.identity(open_id), self.name, own)

    def _named(self, pages: receipts.Pages | None) -> list[Witnessed]:
        told = receipts.of_pages(self._project.receipts.pages(self.name) if pages is None else pages)
        return [Witnessed(one.identity, self.name, receipts=1) for one in told if one.is_of_a_post]

    def _receipts(
        self, open_id: str, pages: receipts.Pages, left: receipts.LeftBehind | None
    ) -> Mapping[str, Witness]:
        """What the receipts of an identity say, by name."""
        others = self._project.receipts.left_behind(self._project.settings.accounts) if left is None else left
        return DeferredMapping(
            lambda: {one.name: one.witness() for one in receipts.of_identity(pages, open_id or None, others)}
        )
