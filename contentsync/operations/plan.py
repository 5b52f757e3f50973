"""What would apply do? Load the manifests, ask TikTok about each account, decide.

The rules are in plan/. apply.py carries the plan out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import field, replace
from functools import cache

from contentsync.account import AccountAtWork
from contentsync.account_facts import witnesses_of
from contentsync.errors import ContentsyncError, Level, ManifestError, Problem
from contentsync.faulty import Faulty
from contentsync.frozen import frozen
from contentsync.manifest.loaded import Loaded
from contentsync.manifest.pointers import git_prefix
from contentsync.operations import resting
from contentsync.operations.addresses import decided
from contentsync.operations.answers import Answers
from contentsync.operations.nothing_to_do import NothingToDo
from contentsync.operations.plan_notes import left_out, not_pinned, paused
from contentsync.operations.policy_gate import judged
from contentsync.operations.resting import Resting
from contentsync.operations.resting_again import after_asking
from contentsync.operations.selection import Wish, load_all, select
from contentsync.operations.sent_media import SentMedia
from contentsync.operations.settled import settled_posts
from contentsync.plan.action import AccountFacts, Plan, World
from contentsync.plan.policy import LOOKED_BACK
from contentsync.post import DesiredPost, Mode
from contentsync.project import Project
from contentsync.settings import Settings
from contentsync.tiktok.refusals import hints

UNSET = "unset-variable"  # worth a note offline; where TikTok is asked, what is needed is missed by itself


@frozen
class Made:
    """A plan with what apply needs of it. failures: accounts that could not be asked, and why."""

    plan: Plan
    posts: dict[str, DesiredPost]
    world: World
    failures: dict[str, ContentsyncError] = field(default_factory=dict)
    notes: tuple[Problem, ...] = ()
    #: The errors of the selected posts, and of files that may declare one; the others are carried out all the same.
    faults: tuple[Problem, ...] = ()
    #: The posts that may not be sent, because the branch that approves does not declare them so (branch_approvals).
    refused: Mapping[str, Problem] = field(default_factory=dict)
    #: The files that manifests name as their media, whether they are there or not.
    #: None where that can't be said of every post.
    media: frozenset[str] | None = None
    #: Whether only what a person approved beforehand may be sent.
    approved_only: bool = False
    #: The posts that were left out because they rest; None where all were looked at.
    apart: Resting | None = None

    @property
    def zones(self) -> dict[str, str]:
        """The IANA name of each account's zone, by the account's name."""
        return {name: facts.account.timezone for name, facts in self.world.accounts.items()}

    @property
    def is_partial(self) -> bool:
        """Whether something is missing from it, so that an empty plan does not mean that all is done."""
        return bool(self.faults or self.failures)


def make_plan(
    project: Project, wish: Wish, still: NothingToDo | None = None, looked_into: frozenset[str] = frozenset()
) -> Made:
    """What apply would do.

    still: what the last plan found, so that this one can leave resting posts out; None to look at all posts.
    looked_into: the posts whose media are looked into even if they are settled.
    Raises ManifestError for a faulty project file (with `strict` for any fault), UsageError for unknown names.
    """
    if still is None:
        made = _made(project, wish, None, Answers(*_read_shared_state(project, wish)), looked_into)
        assert made is not None
        return made[0]
    still.begin(project)
    was_open = project.has_open_state
    project.state_is_proven = not was_open and still.is_proven()
    answers = Answers(*_read_shared_state(project, wish))  # before its rows are compared
    before = resting.known(still, project, asks=wish.refresh)
    made = _made(project, wish, before, answers, looked_into) if before else None
    made = made or _made(project, wish, None, answers, looked_into)
    assert made is not None
    plan, loaded = made
    if not (wish.selects or plan.failures):  # else not all rows were looked at
        resting.keep(still, project, loaded, plan.world.accounts, plan.apart)
        if not wish.refresh:
            still.keep(plan, project)
    if not was_open:
        still.keep_proven()
    return plan


def _read_shared_state(project: Project, wish: Wish) -> tuple[Problem | None, Problem | None]:
    """Read what other machines wrote, where TikTok is asked too; else use the copy. Returns two possible notes."""
    if not wish.refresh:
        return None, project.reading_store.use_copy()
    project.refuse_unset()
    return project.catch_up(), None


def _made(
    project: Project, wish: Wish, apart: Resting | None, answers: Answers, looked_into: frozenset[str]
) -> tuple[Made, Loaded] | None:
    """The plan, and what it was made from; None where it can't be made without the posts that rest."""
    while True:
        found = _tried(project, wish, apart, answers, looked_into)
        lacking = _not_looked_into(*found) - looked_into if found else frozenset()
        if not lacking:
            return found
        looked_into |= lacking


def _not_looked_into(made: Made, loaded: Loaded) -> frozenset[str]:
    """The posts of a plan's actions of whose media only the digests are known, though more may be said of them."""
    shown = filter(None, (made.posts.get(action.post) for action in made.plan.actions))
    return frozenset(
        post.key for post in shown for item in post.media if item.facts is None and item.path in loaded.hashed_only
    )


def _tried(
    project: Project, wish: Wish, apart: Resting | None, answers: Answers, looked_into: Set[str]
) -> tuple[Made, Loaded] | None:
    """As `_made`. looked_into: the posts that must be looked into even if they are settled."""
    loaded = load_all(project, apart.names if apart else None, SentMedia(project, looked_into))
    if apart and not _is_same(loaded.settings, project.settings):
        return None  # the project file was changed since it was opened, maybe before what rests was looked for
    posts = {post.key: post for post in loaded.posts}
    selected = select(project, loaded, wish)
    asked = _accounts_of(project, posts, selected, apart)
    answers.ask(asked, _direct(posts.values(), apart), wish)
    if apart and wish.refresh and (apart := _after_asking(project, apart, asked, answers)) is None:
        return None
    facts = _facts(project, asked, posts, answers, apart)
    if apart and (alone := resting.stands_alone(project, apart, loaded, facts)) is None:
        return None
    facts = alone if apart and alone is not None else facts
    history = settled_posts(project, loaded, facts, apart.odd if apart else ())
    posts |= history.posts
    world = _world(project, wish, loaded, facts, apart)
    world = replace(world, behind=answers.behind, faulty=_by_account(history.faulty))
    told = {key: post for key, post in posts.items() if post.account in facts}
    plan, world = judged(project, lambda known: decided(project, told, known, selected), world)
    problems = _told(loaded, wish, selected, history.keys)
    blocked = {problem for action in plan.actions for problem in action.problems}
    said = (
        *(problem for problem in problems if problem not in blocked),
        *([answers.copied] if answers.copied else []),
        *answers.notes,
        *history.notes,
        *paused(facts),
        *not_pinned(project, plan),
    )
    plan = replace(plan, notes=(*said, *left_out(answers.failures)))
    faults = tuple(problem for problem in problems if problem.level is Level.ERROR)
    made = Made(plan, told, world, answers.failures, said, faults, media=_media_of(loaded), apart=apart)
    return made, loaded


def _world(
    project: Project, wish: Wish, loaded: Loaded, facts: dict[str, AccountFacts], apart: Resting | None
) -> World:
    """All that the decision needs, apart from what only a shared state and settled posts tell."""
    return World(
        now=project.clock.now(),
        accounts=facts,
        app=project.settings.app,
        attempts=tuple(project.reading_store.attempts_since(project.clock.now() - LOOKED_BACK)),
        allow=frozenset(wish.allow),
        retry=frozenset(wish.retry),
        refreshed=wish.refresh,
        hosting=project.hosting,
        lineage=project.reading_store.lineage,
        serial=project.reading_store.serial,
        machine=project.reading_store.machine,
        takeover=project.settings.takeover,
        run_every=project.settings.run_every,
        unread=loaded.unread,
        git_prefix=git_prefix(project.root.absolute()),
        resting=apart.prints_of(facts.keys()) if apart else {},
        hints=hints(),
        policy=project.settings.policy,
    )


def _told(loaded: Loaded, wish: Wish, selected: frozenset[str] | None, settled: frozenset[str]) -> list[Problem]:
    """What a plan of the selected posts says of the manifests. Raises ManifestError for a strict one with errors."""
    of_all = loaded.problems_of(None, settled) if wish.strict else ()
    if any(problem.level is Level.ERROR for problem in of_all):
        raise ManifestError(*of_all)
    quiet = {UNSET, "media-lfs-pointer"} if wish.refresh else {"media-lfs-pointer"}  # the posts to be sent say it
    told = loaded.problems_of(selected, settled)
    return [problem for problem in told if problem.code not in quiet or problem.level is Level.ERROR]


def _is_same(read: Settings | None, used: Settings) -> bool:
    """Whether the project file still says what is used. How posts are approved may be overruled by an option."""
    return read is not None and replace(read, approve_by=used.approve_by) == used


def _media_of(loaded: Loaded) -> frozenset[str] | None:
    """The files that the manifests name; None where a post has none, as one that names a file outside the project."""
    posts = (*loaded.posts, *(one.post for one in loaded.faulty if one.post))
    if any(not post.media and not post.post_id for post in posts):
        return None
    return frozenset([item.path for post in posts for item in post.media if item.path])


def _by_account(faulty: Iterable[Faulty]) -> dict[str, tuple[Faulty, ...]]:
    found: dict[str, list[Faulty]] = {}
    for one in faulty:
        found.setdefault(one.account, []).append(one)
    return {name: tuple(those) for name, those in found.items()}


def _accounts_of(
    project: Project, posts: dict[str, DesiredPost], selected: frozenset[str] | None, apart: Resting | None
) -> list[AccountAtWork]:
    keys = list(posts) if selected is None else selected
    names = {key.partition("/")[0] for key in keys}
    if selected is None:
        with_rows = set(project.reading_store.identities())
        names |= {account.name for account in project.all_at_work() if account.open_id in with_rows}
        names |= apart.by_account.keys() if apart else set()
    return [project.at_work(name) for name in project.settings.accounts if name in names]


def _direct(posts: Iterable[DesiredPost], apart: Resting | None) -> frozenset[str]:
    """The accounts with direct posts: of them TikTok is asked what they may post."""
    left_out = apart.direct if apart else frozenset()
    return left_out | {post.account for post in posts if post.mode is Mode.DIRECT and not post.post_id}


def _after_asking(
    project: Project, apart: Resting, accounts: list[AccountAtWork], answers: Answers
) -> Resting | None:
    """What still rests after TikTok was asked; None if an account turned out to be another one, or a row changed."""
    for account in accounts:
        creator = answers.creators.get(account.name)
        if creator and account.name in apart.by_account and creator.open_id != apart.open_ids.get(account.name):
            return None
    return after_asking(apart, project)


def _facts(
    project: Project,
    accounts: list[AccountAtWork],
    posts: dict[str, DesiredPost],
    answers: Answers,
    apart: Resting | None,
) -> dict[str, AccountFacts]:
    present = [account for account in accounts if account.name not in answers.failures]
    left = project.receipts.left_behind(project.settings.accounts)
    witnesses = cache(lambda: witnesses_of(project, left))
    found = {}
    for account in present:
        rest = apart.apart(account.name, posts.values(), project) if apart else None
        found[account.name] = account.facts(answers.creators.get(account.name), left, witnesses, apart=rest)
    return found
