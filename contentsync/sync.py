"""In what order? Load, refresh, plan, apply, and again. Read this first.

A command asks for one of these; what each part does is the part's own matter.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from contentsync import refresh
from contentsync.apply import AccountRun, Run
from contentsync.attempt.steps import Steps, Stop
from contentsync.attempt.told import Outcome, Tell, Told
from contentsync.errors import ContentsyncError, Level, ManifestError, Problem, UsageError
from contentsync.evidence import receipts
from contentsync.evidence.noted import not_known
from contentsync.fetching import decided, readiness
from contentsync.plan.action import GUARDS, AccountFacts, Action, Kind, Plan, Receipt, Remote, World
from contentsync.plan.guards import ExistingPosts
from contentsync.post import Account, Creator, DesiredPost, Mode, PostState
from contentsync.project import Project, Session, unknown

if TYPE_CHECKING:
    from contentsync.manifest.load import Loaded

T = TypeVar("T")

DAY = timedelta(hours=24)
SIDE_BY_SIDE = 8
UNSET = "unset-variable"  # worth a note offline; where TikTok is asked, what is needed is missed by itself


@dataclass(frozen=True, slots=True)
class Wish:
    """Which posts, and how. only, exclude: globs of keys or names. allow: guards to lift. retry: keys."""

    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    retry: tuple[str, ...] = ()
    refresh: bool = True
    full_list: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """A plan with what apply needs of it. failures: accounts that could not be asked, and why."""

    plan: Plan
    posts: dict[str, DesiredPost]
    world: World
    failures: dict[str, ContentsyncError] = field(default_factory=dict)
    notes: tuple[Problem, ...] = ()


class NeverStop:
    """Nobody asks to stop."""

    def is_set(self) -> bool:
        return False


def load(project: Project) -> Loaded:
    """The manifests, all of them sound. Raises ManifestError with every problem."""
    loaded = project.load()
    if loaded.has_errors:
        raise ManifestError(*loaded.problems)
    return loaded


def make_plan(project: Project, wish: Wish) -> Made:
    """What apply would do. Raises ManifestError for an invalid project, UsageError for names that are not there."""
    if wish.refresh:
        project.refuse_unset()
    loaded = load(project)
    posts = {post.key: post for post in loaded.posts}
    selected = select(project, posts, wish)
    asked = _accounts_of(project, posts, selected)
    failures: dict[str, ContentsyncError] = {}
    facts, notes = _facts(project, asked, posts, wish, failures)
    world = World(
        now=project.clock.now(),
        accounts=facts,
        app=project.settings.app,
        attempts=tuple(project.reading_store.attempts_since(project.clock.now() - DAY)),
        allow=frozenset(wish.allow),
        retry=frozenset(wish.retry),
        refreshed=wish.refresh,
        hosting=project.hosting,
        lineage=project.reading_store.lineage,
        serial=project.reading_store.serial,
    )
    told = {key: post for key, post in posts.items() if post.account in facts}
    plan, world = decided(project, told, world, selected)
    warnings = [p for p in loaded.problems if p.level is not Level.ERROR and (p.code != UNSET or not wish.refresh)]
    return Made(plan, told, world, failures, (*warnings, *notes))


def select(project: Project, posts: dict[str, DesiredPost], wish: Wish) -> frozenset[str] | None:
    """The keys that are meant; None for all. Raises UsageError for a name or glob that nothing answers to."""
    for name in wish.accounts:
        project.account(name)
    for guard in wish.allow:
        if guard not in GUARDS:
            raise UsageError(unknown("guard", guard, list(GUARDS)))
    keys = known_keys(project, posts)
    for glob in (*wish.only, *wish.exclude):
        if not any(_fits(key, glob) for key in keys):
            raise UsageError(unknown("post", glob, keys))
    if not (wish.only or wish.exclude or wish.accounts):
        return None
    return frozenset(
        key
        for key in keys
        if (not wish.accounts or key.partition("/")[0] in wish.accounts)
        and (not wish.only or any(_fits(key, glob) for glob in wish.only))
        and not any(_fits(key, glob) for glob in wish.exclude)
    )


def full_keys(project: Project, names: Iterable[str]) -> tuple[str, ...]:
    """The keys that these names or keys mean. Raises UsageError for one that is not there, or not one."""
    wanted = tuple(names)
    keys = known_keys(project, {post.key: post for post in project.load().posts}) if wanted else []
    return tuple(one_key(keys, name) for name in wanted)


def known_keys(project: Project, posts: dict[str, DesiredPost]) -> list[str]:
    """The keys of all posts that are declared or remembered."""
    rows = [row.key for rows in rows_by_account(project).values() for row in rows]
    return list(dict.fromkeys([*posts, *rows]))


def _fits(key: str, glob: str) -> bool:
    return fnmatchcase(key, glob) or fnmatchcase(key.partition("/")[2], glob)


def rows_by_account(project: Project) -> dict[str, list[PostState]]:
    """The rows of each declared account, as far as its open_id is known."""
    found = {}
    for name, account in project.settings.accounts.items():
        if open_id := known_open_id(project, account):
            found[name] = project.reading_store.posts(open_id)
    return found


def known_open_id(project: Project, account: Account) -> str | None:
    """The account's identity as pinned, or as TikTok last told."""
    return project.known_open_id(account) or None


def _accounts_of(project: Project, posts: dict[str, DesiredPost], selected: frozenset[str] | None) -> list[Account]:
    keys = list(posts) if selected is None else selected
    names = {key.partition("/")[0] for key in keys}
    names |= {name for name, rows in rows_by_account(project).items() if rows and selected is None}
    return [account for name, account in project.settings.accounts.items() if name in names]


# Asking TikTok, account by account, side by side.


def _facts(
    project: Project,
    accounts: list[Account],
    posts: dict[str, DesiredPost],
    wish: Wish,
    failures: dict[str, ContentsyncError],
) -> tuple[dict[str, AccountFacts], list[Problem]]:
    creators: dict[str, Creator] = {}
    notes: list[Problem] = []
    direct = {post.account for post in posts.values() if post.mode is Mode.DIRECT and not post.post_id}
    if wish.refresh:
        asked = side_by_side(accounts, lambda a: ask(project, a, a.name in direct, wish.full_list, notes), failures)
        creators = dict(asked)
        refresh.refuse_twins({name: creator.open_id for name, creator in creators.items()})
    present = [account for account in accounts if account.name not in failures]
    return {a.name: facts_of(project, a, creators.get(a.name)) for a in present}, notes


def side_by_side(
    accounts: list[Account], work: Callable[[Account], T], failures: dict[str, ContentsyncError]
) -> list[tuple[str, T]]:
    """`work` for each account; what goes wrong with one is kept in `failures` and leaves the others alone."""
    done = []
    with ThreadPoolExecutor(max_workers=SIDE_BY_SIDE) as pool:
        futures = {account.name: pool.submit(work, account) for account in accounts}
        for name, future in futures.items():
            try:
                done.append((name, future.result()))
            except UsageError:  # of the command, not of one account
                raise
            except ContentsyncError as err:
                failures[name] = err
    return done


def ask(project: Project, account: Account, direct: bool, full_list: bool, notes: list[Problem]) -> Creator:
    """Read one account at TikTok: who it is, what it may post, its public list, its open attempts."""
    session, store, now = project.session(account), project.reading_store, project.clock.now()
    creator = refresh.identify(session.client, store, account, now)
    if (wrong := refresh.clock_wrong(project.clock.now(), session.client.date)) and wrong.code not in _codes(notes):
        notes.append(wrong)
    session.throttle.count_for(creator.open_id)
    if direct:
        creator = refresh.ask_creator(session.client, creator)
        store.save_creator(account.name, creator, now)
    if not refresh.read_list(session.client, store, creator.open_id, now, full=full_list):
        notes.append(refresh.not_listed(account))
    steps = steps_of(project, session, lambda _: None, NeverStop())
    for row in refresh.look_at_attempts(steps, store.posts(creator.open_id), project.clock):
        project.offer_receipt(row)
    return creator


def _codes(notes: list[Problem]) -> set[str]:
    return {note.code for note in notes}


def facts_of(project: Project, account: Account, creator: Creator | None) -> AccountFacts:
    """All that is known of an account now. creator: from fresh calls, None where none were made."""
    store = project.reading_store
    open_id = creator.open_id if creator else known_open_id(project, account)
    written = receipts.of_identity(project.root / "receipts", account.name, open_id, project.settings.accounts)
    told = {r.name: Receipt(r.phase, r.generation, r.post_id, r.attempts, r.media) for r in written}
    if open_id is None:
        return AccountFacts(account, receipts=told)
    videos, rows, noted = store.videos(open_id), store.posts(open_id), project.noted(open_id)
    return AccountFacts(
        account=account,
        open_id=open_id,
        creator=creator,
        rows=tuple(rows),
        bindings=store.bindings(open_id),
        remote=Remote(
            videos=tuple(video for video, gone_at in videos if gone_at is None),
            gone=store.events.told_gone(open_id) | {video.post_id: gone_at for video, gone_at in videos if gone_at},
            read_at=store.list_read_at(open_id),
        ),
        receipts=told,
        noted_elsewhere=any(note.lineage != store.lineage for note in noted),
        not_known=tuple(not_known(noted, rows)),
        noted_at={note.attempt: note.at for note in noted if note.attempt},
        left_out=store.left_out(open_id),
        sandbox=creator is not None and project.session(account).credentials.is_sandbox,
        tiktok_now=project.session(account).client.date if creator else None,
        scopes=project.session(account).credentials.scopes() if creator else None,
    )


def steps_of(project: Project, session: Session, tell: Tell, stop: Stop) -> Steps:
    """The steps of an account's attempts, over its own line to TikTok."""
    return Steps(
        store=project.reading_store,
        client=session.client,
        clock=project.clock,
        tell=tell,
        stop=stop,
        open_media=lambda post: _path_of(project, post),
        poll_initial=project.settings.poll_initial.total_seconds(),
        poll_max=project.settings.poll_max.total_seconds(),
        plan_chunks=project.plan_chunks,
        url_of=project.hosting.url_of,
        begins=project.note_begun,
    )


def _path_of(project: Project, post: DesiredPost) -> Path:
    return project.root / post.media[0].path


# Carrying a plan out.


def apply_plan(
    project: Project,
    made: Made,
    actions: Iterable[Action],
    *,
    tell: Tell,
    stop: Stop,
    wait: float,
    plan_digest: str = "",
) -> tuple[list[Outcome], dict[str, ContentsyncError]]:
    """Do what the actions say. The lock is held by the caller. Returns the outcomes, and the accounts that failed."""
    store, run_id = project.store, uuid.uuid4().hex  # never a copy that only a look may have
    run = Run(
        tell,
        wait,
        plan_digest,
        run_id,
        changed=lambda row: _receipt(project, row, tell),
        use_plan=lambda: not plan_digest or store.use_plan(plan_digest, run_id, project.clock.now()),
        gone=lambda key, row: _old_receipt(project, key, row, tell),
        make_ready=readiness(project, tell),
    )
    for guard in made.plan.allow:
        store.record("guard-lifted", project.clock.now(), guard=guard, run=run_id)
    if "existing-posts" in made.plan.allow:
        _keep_left_out(project, made, {action.post for action in actions})
    by_account: dict[str, list[Action]] = {}
    for action in actions:
        by_account.setdefault(action.account, []).append(action)
    failures: dict[str, ContentsyncError] = {}
    accounts = [project.settings.accounts[name] for name in by_account]

    def work(account: Account) -> list[Outcome]:
        return _apply_account(project, made, account, by_account[account.name], run, stop)

    done = side_by_side(accounts, work, failures)
    return [outcome for _, outcomes in done for outcome in outcomes], failures


def _keep_left_out(project: Project, made: Made, planned: set[str]) -> None:
    """A guard that is lifted for some posts stays where it is for those that were not asked for."""
    for name, facts in made.world.accounts.items():
        others = [p for key, p in made.posts.items() if p.account == name and key not in planned]
        if facts.open_id:
            guard = ExistingPosts(facts)
            held = [post for post in others if guard.problem(post)]
            left_out = {mark for post in held for mark in (post.name, post.media_digest) if mark}
            project.store.leave_out(facts.open_id, left_out, project.clock.now())


def _apply_account(
    project: Project, made: Made, account: Account, actions: list[Action], run: Run, stop: Stop
) -> list[Outcome]:
    open_id = made.world.accounts[account.name].open_id
    assert open_id is not None  # apply refreshes first
    session = project.session(account)
    sends = any(action.kinds & {Kind.CREATE, Kind.RESUME} for action in actions)
    if sends:
        session.credentials.ensure_fresh()
        project.note_lineage(open_id)
    steps = steps_of(project, session, run.tell, stop)
    return AccountRun(open_id, steps, run).carry_out(actions, made.posts)


def _receipt(project: Project, row: PostState, tell: Tell) -> bool:
    """Receipts are for others to read: one that can't be written is told, and stops nothing."""
    try:
        project.write_receipt(row, begun=True)
    except OSError as err:
        tell(Told("receipt-not-written", row.key, {"why": err.strerror or str(err)}))
        return False
    return True


def _old_receipt(project: Project, key: str, row: PostState, tell: Tell) -> None:
    """Take away the receipt of a name that its post has no more."""
    try:
        receipts.remove(project.root / "receipts", key, row)
    except OSError as err:
        tell(Told("receipt-not-removed", key, {"why": err.strerror or str(err)}))


def one_key(keys: list[str], name: str) -> str:
    found = [key for key in keys if name in {key, key.partition("/")[2]}]
    if len(found) == 1:
        return found[0]
    if found:
        hint = f"write the account before it: {' or '.join(found)}"
        raise UsageError(Problem("several-posts", f'{len(found)} posts are called "{name}"', hint))
    raise UsageError(unknown("post", name, keys))
