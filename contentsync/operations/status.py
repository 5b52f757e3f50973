"""What is the state of posts, after asking TikTok about those that may have changed?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from contentsync.account import AccountAtWork
from contentsync.errors import ContentsyncError, Problem, SignInNeeded
from contentsync.frozen import frozen
from contentsync.operations.plan import Made, make_plan
from contentsync.operations.quick import manifests_to_read, view_of
from contentsync.operations.selection import Wish, known_keys, rows_by_account, select
from contentsync.operations.sent_media import SentMedia
from contentsync.operations.side_by_side import side_by_side
from contentsync.plan.differs import Difference, differences, posted_by_creator
from contentsync.post_state import PostState
from contentsync.project import Project
from contentsync.remote import as_last_known, worth_asking


@frozen
class Found:
    """The state of posts, after asking TikTok."""

    #: By key; None for a post without a row.
    rows: dict[str, PostState | None]
    #: The accounts that could not be asked.
    failures: dict[str, ContentsyncError]
    #: By key: why TikTok gave no news of a post's attempt, so that its state is as last known.
    no_news: dict[str, Problem]

    @property
    def notes(self) -> dict[str, Problem]:
        """What is said about the posts without news, by key."""
        return {key: as_last_known(problem) for key, problem in self.no_news.items()}


def look(project: Project, wish: Wish, wait: float) -> Found:
    """The state of the selected posts, after asking TikTok about those that may have changed.

    wait: seconds to keep asking while any is not final.
    """
    project.catch_up()
    loaded = project.load(found=manifests_to_read(project), sent_by=SentMedia(project))
    keys = known_keys(project, loaded)
    chosen = select(project, loaded, wish)
    failures: dict[str, ContentsyncError] = {}
    no_news: dict[str, Problem] = {}
    until = project.clock.monotonic() + wait
    pause = project.settings.poll_initial.total_seconds()
    failures |= _removed(project, {key.partition("/")[0] for key in keys if chosen is None or key in chosen})
    while True:
        rows = {row.key: row for rows in rows_by_account(project).values() for row in rows}
        found = {key: rows.get(key) for key in sorted(keys) if chosen is None or key in chosen}
        no_news.clear()
        if not _look_at(project, [row for row in found.values() if row], failures, no_news) or failures:
            break
        if project.clock.monotonic() + pause > until:
            break
        project.clock.sleep(pause)
        pause = min(pause * 1.5, project.settings.poll_max.total_seconds())
    rows = {row.key: row for rows in rows_by_account(project).values() for row in rows}
    return Found({key: rows.get(key) for key in found}, failures, no_news)


def ask_about(project: Project, keys: Iterable[str]) -> tuple[dict[str, PostState | None], Found]:
    """The state of these posts before and after TikTok was asked once. Reads no manifest, and no other row."""
    wanted = sorted(keys)
    project.catch_up()
    before = _named(project, wanted)
    failures = _removed(project, {key.partition("/")[0] for key in wanted})
    no_news: dict[str, Problem] = {}
    _look_at(project, [row for row in before.values() if row], failures, no_news)
    return before, Found(_named(project, wanted), failures, no_news)


def _named(project: Project, keys: Iterable[str]) -> dict[str, PostState | None]:
    """The rows of these posts, by key; None for a post without a row, or of an account that is not known."""
    found: dict[str, PostState | None] = {}
    for key in keys:
        account, _, name = key.partition("/")
        open_id = project.at_work(account).open_id if account in project.settings.accounts else ""
        found[key] = project.reading_store.post_named(open_id, name) if open_id else None
    return found


def decided_now(project: Project, wish: Wish) -> Made:
    """The plan for the selected posts as known now, without asking TikTok. It has no action for settled posts."""
    return make_plan(project, replace(wish, refresh=False), view_of(project))


def as_known(project: Project, wish: Wish) -> tuple[dict[str, PostState | None], Made]:
    """The state of the selected posts, and the plan, without a request and without a lock."""
    made = decided_now(project, wish)
    loaded = project.load(sent_by=SentMedia(project))
    keys, chosen = known_keys(project, loaded), select(project, loaded, wish)
    rows = {row.key: row for rows in rows_by_account(project).values() for row in rows}
    return {key: rows.get(key) for key in sorted(keys) if chosen is None or key in chosen}, made


def differing(project: Project, rows: Iterable[PostState | None]) -> dict[str, tuple[Difference, ...]]:
    """By post: how the public video of a draft that its creator posted differs from what was declared."""
    posted = [(row, done) for row in rows if row and (done := posted_by_creator(row))]
    videos = {
        video.post_id: video
        for open_id in {row.open_id for row, _ in posted}
        for video, gone_at in project.reading_store.videos(open_id)
        if gone_at is None
    }
    found = {row.key: differences(done, videos[done.post_id]) for row, done in posted if done.post_id in videos}
    return {key: differing for key, differing in found.items() if differing}


def _removed(project: Project, names: set[str]) -> dict[str, ContentsyncError]:
    """Those of these accounts that removed the app's access."""
    told: dict[str, ContentsyncError] = {}
    for name in sorted(names & set(project.settings.accounts)):
        try:
            if err := project.at_work(name).access_removed():
                told[name] = err
        except SignInNeeded as err:
            told[name] = err
    return told


def _look_at(
    project: Project, rows: list[PostState], failures: dict[str, ContentsyncError], no_news: dict[str, Problem]
) -> bool:
    """Ask about the attempts of these rows; whether any is still open."""
    asked = [row for row in rows if worth_asking(row, project.clock.now())]
    names = {row.account for row in asked}
    accounts = [account for account in project.all_at_work() if account.name in names - set(failures)]

    def work(account: AccountAtWork) -> bool:
        mine = [row for row in asked if row.account == account.name]
        no_news.update(account.look_at(mine))
        fresh = [account.store.post(row.uid) for row in mine]
        return any(row and row.last and row.last.is_open for row in fresh)

    return any(still_open for _, still_open in side_by_side(accounts, work, failures))


def usernames(project: Project) -> dict[str, str]:
    """The handle of each identity, as TikTok last told it."""
    return {open_id: creator.username for open_id, creator, _ in project.reading_store.creators().values()}
