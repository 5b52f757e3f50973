"""Which manifests may a plan leave out, because all their posts are settled as they were sent?

The danger: a manifest that is left out hides an edit, or a row that is left out hides that a post is already out.
The rule: what was found to rest is kept with the stat of the manifest and of each of its media, and is used only
while these, the project file and the state are the same (`still.py` has the theory; one keyed digest proves the
whole file). A plan that leaves posts out is made only where nothing that is left over shares a name, media, a video
or an attempt with them, or counts with them: see `stands_alone`. In any doubt the whole plan is made.

It is kept by folder, a line each: how the files of the folder looked, and what rests there. The details of each
folder are in a file beside it. They are read only for a folder that looks different now, and only new ones are added.
Each line has the keyed digest of its details, so that details of another time are never taken for these.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any, Final

from contentsync.account_facts import Apart
from contentsync.errors import Level, Problem
from contentsync.lifecycle import Phase
from contentsync.manifest.files import matcher
from contentsync.manifest.loaded import Loaded
from contentsync.operations.nothing_to_do import DetailsLost, NothingToDo
from contentsync.operations.receipt_identities import of_account
from contentsync.operations.resting_pages import DETAILS, Entry, Looks, Page
from contentsync.operations.settled import Odd, odd_of
from contentsync.plan.action import AccountFacts, fingerprint
from contentsync.plan.resting import rests
from contentsync.plan.sending import INBOX_FULL
from contentsync.plan.settled import as_compared
from contentsync.post import DesiredPost, Mode
from contentsync.post_state import PostState
from contentsync.project import Project
from contentsync.store.port.values import Shared
from contentsync.tree import RACY

_FILE: Final = "resting"
_VERSION: Final = 6
_SPARE: Final = 1 << 20  # bytes of details that nothing refers to any more, up to which they stay in the file
_MANY: Final = 5_000  # posts beyond which to look for kin may cost more than the whole plan
_QUIET: Final = frozenset({"media-lfs-pointer"})


@dataclass(slots=True)
class Resting:
    """What a plan may leave out."""

    still: NothingToDo
    #: The manifests that it must read.
    names: list[str]
    #: The posts that are left out: the fingerprint of each, by its key.
    prints: dict[str, str]
    #: The rows that are not left out, of all identities.
    uids: frozenset[str]
    #: The accounts with a direct post among them.
    direct: frozenset[str]
    odd: list[Odd]
    #: What is left out, by folder.
    pages: dict[str, Page] = field(default_factory=dict)
    #: The names that are left out, by their account.
    by_account: dict[str, set[str]] = field(default_factory=dict)
    #: The identity of each account whose rows were looked at.
    open_ids: Mapping[str, str] = field(default_factory=dict)
    #: The mark of each row when this was found, left out or not; empty for a plan that asks nobody.
    marks: Mapping[str, str] = field(default_factory=dict)

    def prints_of(self, accounts: Set[str]) -> dict[str, str]:
        """The fingerprints of the posts of these accounts."""
        if self.by_account.keys() <= accounts:
            return self.prints
        return {key: sign for key, sign in self.prints.items() if key.partition("/")[0] in accounts}

    def apart(self, account: str, posts: Iterable[DesiredPost], project: Project) -> Apart:
        """What the facts of an account may leave out. posts: all that are declared and not left out."""
        mine = tuple(post for post in posts if post.account == account)
        identities = partial(of_account, self.still, project, account)
        return Apart(frozenset(self.by_account.get(account, ())), self.uids, mine, identities)


def known(still: NothingToDo, project: Project, *, asks: bool = False) -> Resting | None:
    """What rests, as the last plan kept it; None if that can't be relied on.

    asks: the plan asks TikTok, so that rows may change while it is made (resting_again.py).
    """
    kept = still.read(_FILE)
    tree = still.tree
    if kept is None or tree is None or not tree.is_whole:
        return None
    marks = project.reading_store.marks() if asks else {}  # before the state is compared
    head, *lines = kept.split("\n")
    told = json.loads(head)
    basis = still.basis(project)
    if told["version"] != _VERSION or basis is None or still.began < told["made"] - 86_400 * 10**9:
        return None
    if any(told["basis"][name] != basis[name] for name in ("texts", "others")):
        return None
    if any(project.at_work(name).open_id != open_id for name, open_id in told["open_ids"].items()):
        return None
    pages = {page.folder: page for page in map(Page.of_line, lines)}
    try:
        if basis["state"] and told["basis"]["state"] == basis["state"]:
            found = _compared(pages, set(told["left"]), still, project)
        else:
            found = _rechecked(pages, still, project, marks or project.reading_store.marks())
    except DetailsLost:
        return None
    return replace(found, marks=marks, open_ids=told["open_ids"]) if found.prints else None


def _rechecked(pages: dict[str, Page], still: NothingToDo, project: Project, marks: Mapping[str, str]) -> Resting:
    """What still rests, where the state changed: by the mark of each row."""
    assert still.tree is not None
    looks, left = Looks(still.tree.folders), set(marks)
    for folder, page in pages.items():
        if page.has_same_rows(marks):
            left.difference_update(page.uids)
            continue
        entries = page.entries(still)
        same = [entry for entry in entries if all(marks.get(uid) == mark for _, _, uid, mark in entry.posts)]
        left -= {uid for entry in same for _, _, uid, _ in entry.posts}
        if len(same) < len(entries):
            gone = [entry.name for entry in entries if entry not in same]
            pages[folder] = replace(Page.made(folder, same, [*page.others, *gone], looks), looks=page.looks)
    return _compared(pages, left, still, project)


def _compared(pages: Mapping[str, Page], left: set[str], still: NothingToDo, project: Project) -> Resting:
    """What still rests, by how the folders look now. left: the rows that did not rest."""
    assert still.tree is not None
    looks, is_manifest = Looks(still.tree.folders), matcher(project.settings.manifests)
    found = Resting(still, [], {}, frozenset(), frozenset(), [])
    for folder in still.tree.folders:
        page = pages.get(folder)
        if page is None or any(looks.look(name) != look for name, look in page.looks.items()):
            kept = page.entries(still) if page else []
            same = [e for e in kept if all(looks.stat(path) == seen for path, seen in e.files.items())]
            left |= {uid for entry in kept if entry not in same for _, _, uid, _ in entry.posts}
            resting = {entry.name for entry in same}
            others = [name for name in looks.names(folder) if is_manifest(name) and name not in resting]
            page = Page.made(folder, same, others, looks)
        found.names += page.others
        found.prints |= page.prints
        found.odd += page.odd
        found.direct |= frozenset(page.direct)
        found.pages[folder] = page
    for folder in pages.keys() - still.tree.folders.keys():
        left |= set(pages[folder].uids)
    found.uids = frozenset(left)
    for account, _, name in (key.partition("/") for key in found.prints):
        found.by_account.setdefault(account, set()).add(name)
    return found


def stands_alone(
    project: Project, resting: Resting, loaded: Loaded, facts: Mapping[str, AccountFacts]
) -> dict[str, AccountFacts] | None:
    """The facts for a plan without the resting posts; None where they matter for what is left."""
    faulty = [one.post for one in loaded.faulty if one.post]
    posts = [*loaded.posts, *faulty]
    if len(posts) > _MANY or any(key in resting.prints for key in loaded.keys) or any(p.moved_from for p in posts):
        return None
    made = {}
    for name, one in facts.items():
        alone = facts_alone(project, resting, [post for post in posts if post.account == name], one)
        if alone is None:
            return None
        made[name] = alone
    return made


def facts_alone(
    project: Project, resting: Resting, posts: list[DesiredPost], facts: AccountFacts
) -> AccountFacts | None:
    """The facts of one account for decisions about these posts of it; None where the resting ones matter for them."""
    if not resting.by_account.get(facts.account.name) or facts.open_id is None:
        return facts
    if _matters(project, resting, posts, facts):
        return None
    shows = project.reading_store.others_show(facts.open_id, resting.uids)
    return replace(facts, others_show=True) if shows else None


def _matters(project: Project, resting: Resting, posts: list[DesiredPost], facts: AccountFacts) -> bool:
    """Whether the resting posts of an account may matter for what is left of it."""
    attempts = [attempt for row in facts.rows for attempt in row.attempts]
    if any(a.phase is Phase.UNKNOWN or a.problem_code == INBOX_FULL for a in attempts):
        return True
    witnesses = [*facts.journal, *facts.receipts.values()]
    tried = [one for witness in witnesses for one in witness.tried]
    if any(not one.id and not one.publish_id for one in tried):
        return True  # it is known by its second or number alone
    shared = Shared(
        media=frozenset({post.media_digest for post in posts} | {one.media for one in tried}),
        videos=frozenset({post.post_id or "" for post in posts} | {witness.bound for witness in witnesses}),
        tried=frozenset({one.id for one in tried} | {one.publish_id for one in tried}),
    )
    assert facts.open_id is not None
    return project.reading_store.has_kin(facts.open_id, resting.uids, shared)


def keep(
    still: NothingToDo, project: Project, loaded: Loaded, facts: Mapping[str, AccountFacts], before: Resting | None
) -> None:
    """Keep what rests, for the next plan. before: what this plan left out."""
    with suppress(DetailsLost):  # the next plan misses them, too, and is made whole
        _keep(still, project, loaded, facts, before)


def _keep(
    still: NothingToDo, project: Project, loaded: Loaded, facts: Mapping[str, AccountFacts], before: Resting | None
) -> None:
    tree = still.tree
    basis = still.basis(project)
    if tree is None or not tree.is_whole or basis is None:
        return
    looks = Looks(tree.folders)
    entries = {entry.name: entry for entry in _entries(still, project, loaded, facts, looks)}
    pages = dict(before.pages) if before else {}
    by_folder: dict[str, list[str]] = {}
    for name in loaded.files:
        by_folder.setdefault(name.rpartition("/")[0], []).append(name)
    for folder, names in by_folder.items():
        new = [entries[name] for name in names if name in entries]
        if folder in pages and not new:
            continue
        old = pages[folder].entries(still) if folder in pages else []
        pages[folder] = Page.made(folder, [*old, *new], [name for name in names if name not in entries], looks)
    for folder in tree.folders.keys() - pages.keys():
        pages[folder] = Page.made(folder, [], [], looks)
    uids = {uid for entry in entries.values() for _, _, uid, _ in entry.posts}
    left = before.uids if before else frozenset(row.uid for one in facts.values() for row in one.rows)
    open_ids = {name: one.open_id for name, one in facts.items() if one.open_id}
    head = {
        "version": _VERSION,
        "basis": basis,
        "made": still.began,
        "left": sorted(left - uids),
        "open_ids": open_ids,
    }
    _write(still, json.dumps(head), list(pages.values()))


def _write(still: NothingToDo, head: str, pages: list[Page]) -> None:
    """Write what rests: the details of new pages, then a line for each page. Raises DetailsLost."""
    kept = [page.spot for page in pages if page.spot]
    is_new = not kept or still.size_of(DETAILS) > 2 * sum(size for _, size, _ in kept) + _SPARE
    added = pages if is_new else [page for page in pages if not page.spot]
    spots = still.add(DETAILS, [page.text(still) for page in added], is_new=is_new)
    lines = {page.folder: page.at(spot) for page, spot in zip(added, spots, strict=True)}
    still.write(_FILE, "\n".join([head, *(lines.get(page.folder) or page.line for page in pages)]))


def _entries(
    still: NothingToDo, project: Project, loaded: Loaded, facts: Mapping[str, AccountFacts], looks: Looks
) -> Iterator[Entry]:
    """The manifests whose posts all rest."""
    rows = {f"{name}/{row.name}": row for name, known in facts.items() for row in known.rows}
    declared: dict[str, list[DesiredPost | None]] = {}
    for post in loaded.posts:
        declared.setdefault(post.where.file, []).append(post)
    for one in loaded.faulty:
        declared.setdefault(one.where.file, []).append(one.post)
    loud, sound = _loud(loaded), {post.key for post in loaded.posts}
    odd = {one.file: one for one in odd_of(loaded.faulty)}
    now = project.clock.now()
    bound = cache(lambda: _bound(facts))  # read only where something rests
    for name, found in declared.items():
        posts = [post for post in found if post is not None and _rests(post, rows, facts, now)]
        if name in loud or len(posts) < len(found):
            continue
        files = {path: looks.stat(path) for path in (name, *(i.path for post in posts for i in post.media if i.path))}
        if files[name] is None or not all(map(still.holds, files)) or any(map(looks.is_link, files)):
            continue
        if any(seen is not None and max(seen[1:3]) + RACY >= still.began for seen in files.values()):
            continue
        marked = tuple(_marked(project, post, rows[post.key], bound()) for post in posts)
        asked = [post for post in posts if post.key in sound]  # as in a plan that leaves nothing out
        direct = sorted({post.account for post in asked if post.mode is Mode.DIRECT and not post.post_id})
        yield Entry(name, files, marked, tuple(direct), odd.get(name))


def _bound(facts: Mapping[str, AccountFacts]) -> dict[str, list[str]]:
    """The videos that are bound to each row, by its uid."""
    found: dict[str, list[str]] = {}
    for post_id, uid in (item for known in facts.values() for item in known.bindings.items()):
        found.setdefault(uid, []).append(post_id)
    return found


def _marked(
    project: Project, post: DesiredPost, row: PostState, bound: Mapping[str, list[str]]
) -> tuple[str, str, str, str]:
    sign = fingerprint(as_compared(post, row))
    return post.key, sign, row.uid, project.reading_store.mark_of(row, bound.get(row.uid, ()))


def _rests(post: DesiredPost, rows: Mapping[str, PostState], facts: Mapping[str, AccountFacts], now: Any) -> bool:
    one = facts.get(post.account)
    return one is not None and rests(post, rows.get(post.key), one, now)


def _loud(loaded: Loaded) -> set[str]:
    """The files that a plan reports something about, even if their posts rest."""
    unsound = loaded.unsound
    loud = set(loaded.unread)
    for keys, problem in loaded.told:
        is_about_settled = bool(keys) and keys <= unsound and problem.code != "duplicate-post"
        if problem.where and not is_about_settled and not _is_quiet(problem):
            loud.add(problem.where.file)
    return loud


def _is_quiet(problem: Problem) -> bool:
    return problem.code in _QUIET and problem.level is not Level.ERROR
