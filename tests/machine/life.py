"""What goes on around the commands of one life? The emulator, the clock, and the truth that only the ledger knows."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from contentsync import __version__
from contentsync.emulator.config import Account, App, Config, Limits, Pace
from contentsync.emulator.server import Emulator
from contentsync.errors import ContentsyncError
from contentsync.lifecycle import NEXT, Phase
from contentsync.operations.backup import back_up
from contentsync.operations.plan import Made, make_plan
from contentsync.operations.rebind import preview, rebind
from contentsync.operations.rebuild import rebuild
from contentsync.operations.resolve import Verdict, resolve
from contentsync.operations.selection import Wish
from contentsync.plan import planfile
from contentsync.plan.action import Action, Kind
from contentsync.plan.moves import marks_of_row
from contentsync.post import Mode
from contentsync.post_state import Attempt, PostState
from contentsync.project import Project
from tests.builders import ManualClock
from tests.machine.author import Author, Declared
from tests.machine.process import Killed, Machine, Seam, WallClock

MEMORY: Final = Path("/dev/shm")
PRIVACY: Final = {"PUBLIC_TO_EVERYONE": "everyone", "SELF_ONLY": "only_me", None: ""}


def an_emulator(clock: ManualClock) -> Emulator:
    config = Config(
        accounts=(Account("acme", posts_per_day=None, pending_drafts=None),),
        app=App(audited=True),
        limits=Limits.off(),
        pace=Pace(processing_polls=1, moderation_polls=1),
        default_duration=1,
    )
    return Emulator(config, now=lambda: clock.now().timestamp()).start()


class Life:
    """approved: all that any plan which was carried out said would be sent. kept: the evidence that is
    never lost once a state was: receipts, or the user's notes. has_clone: a second machine has the project too.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="life-", dir=MEMORY if MEMORY.is_dir() else None))
        self.true = ManualClock()
        self.emulator = an_emulator(self.true)
        root = self.folder / "project"
        root.mkdir()
        self.author = Author(root, self.emulator.accounts["acme"].open_id)
        self.clock = WallClock(self.true)
        self.machine = Machine(root, self.environ(), self.clock)
        self.approved: set[tuple[str, str, str]] = set()
        self.kept = ""
        self.has_clone = False
        self._seen: set[str] = set()

    def environ(self) -> dict[str, str]:
        given = self.emulator.environment
        tokens = {key.replace("ACME", self.author.account.upper()): given[key] for key in given if "TOKEN" in key}
        own = {"CONTENTSYNC_DATA_DIR": str(self.folder / "data"), "CONTENTSYNC_TOKEN_STORE": "file"}
        return own | given | tokens

    def end(self) -> None:
        self.emulator.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def no_error() -> contextlib.suppress:
        """What a command refuses in words is no defect; whatever else it raises is."""
        return contextlib.suppress(ContentsyncError)

    # Commands.

    @property
    def plan_file(self) -> Path:
        return self.folder / "plan.json"

    def save_plan(self) -> None:
        with self.no_error(), self.machine.process() as project:
            plan = make_plan(project, Wish()).plan
            self.plan_file.write_text(planfile.dump(plan, __version__), encoding="utf-8")

    def approve(self, made: Made, actions: tuple[Action, ...]) -> None:
        for action in actions:
            if Kind.CREATE in {action.kind, action.then}:  # a move tells what follows it
                post = made.posts[action.post]
                caption = post.caption if post.mode is Mode.DIRECT else ""
                self.approved.add((post.media[0].identity, caption, str(post.privacy or "")))

    def rebuild(self) -> None:
        with self.no_error(), self.machine.process() as project, project.lock("contentsync state rebuild"):
            rebuild(project)

    def apply_elsewhere(self, wish: Wish, wait: float) -> None:
        """A run on a second machine, with a state and a journal of its own; receipts go there and back, as by git."""
        root, self.has_clone, self.kept = self.folder / "elsewhere", True, "receipts"
        for folder in ("posts", "receipts"):
            shutil.rmtree(root / folder, ignore_errors=True)
        shutil.copytree(self.author.root, root, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".contentsync"))
        ours, theirs = self.folder / "data", self.folder / "data-elsewhere"
        _copy_tokens(ours, theirs)
        environ = self.environ() | {"CONTENTSYNC_DATA_DIR": str(theirs)}
        Machine(root, environ, self.clock).apply(self.approve, wish=wish, wait=wait)
        _copy_tokens(theirs, ours)
        if (root / "receipts").is_dir():
            shutil.copytree(root / "receipts", self.author.root / "receipts", dirs_exist_ok=True)

    def lose_state(self, kept: str) -> None:
        """And one of the two that tell of it; where both were lost, nobody could know."""
        self._forget_state()
        self._lose_all_but(kept)

    def _lose_all_but(self, kept: str) -> None:
        self.kept = self.kept or kept
        if self.kept == "notes":
            shutil.rmtree(self.author.root / "receipts", ignore_errors=True)
        else:
            shutil.rmtree(self.folder / "data" / "lineages", ignore_errors=True)

    def _forget_state(self) -> None:
        for file in (self.author.root / ".contentsync").glob("state.db*"):
            file.unlink()
        self._seen.clear()
        for post in self.author.posts:
            post.unseen = post.version > 1

    @property
    def has_copy(self) -> bool:
        return (self.folder / "copy.db").exists()

    def keep_copy(self) -> None:
        copy = self.folder / "copy.db"
        copy.unlink(missing_ok=True)
        with self.no_error(), self.machine.process() as project:
            back_up(project, copy)

    def bring_copy_back(self, kept: str) -> None:
        """An older state: of what came after it only receipts or the user's notes tell."""
        self.lose_state(kept)
        shutil.copy(self.folder / "copy.db", self.author.root / ".contentsync" / "state.db")
        self.look_again()

    def by_hand(self, verb: Callable[[Project, str, str], PostState], post: Declared) -> None:
        with self.no_error(), self.machine.process() as project, project.lock("contentsync state"):
            verb(project, self.author.key(post), "because")

    def resolve(self, post: Declared, verdict: Verdict, *, lie: bool) -> None:
        """Settle it by what the ledger knows; or against it, which is then remembered."""
        row = self.row(post)
        if row is None or row.last is None or row.last.phase is not Phase.UNKNOWN:
            return
        is_there = self._is_there(post, row)
        if not lie and verdict is not Verdict.KEEP:
            verdict = Verdict.PUBLISHED if is_there else Verdict.NOT_PUBLISHED
        post.misled |= verdict is not Verdict.NOT_PUBLISHED and not is_there
        post.may_be_there += verdict is Verdict.NOT_PUBLISHED and is_there
        with self.no_error(), self.machine.process() as project, project.lock("contentsync resolve"):
            resolve(project, row.key, verdict, "", "looked")

    def _is_there(self, post: Declared, row: PostState) -> bool:
        known = {a.publish_id for a in row.attempts if a.publish_id and a.phase is not Phase.UNKNOWN}
        return any(task["lives"] and task["publish_id"] not in known for task in self.tasks_of(post))

    def another_app(self) -> None:
        """The account has another open_id from now on, for the token too; its manifests stay as they are."""
        old, new = self.author.open_id, f"{self.author.open_id}+"
        self.emulator.change_account("acme", open_id=new)
        for path in (self.folder / "data").glob("*.json"):
            path.write_text(path.read_text("utf-8").replace(json.dumps(old), json.dumps(new)), "utf-8")
        self.author.be(new)

    def rebind(self, seam: Seam | None = None) -> None:
        """A person says that it is the same account; the process may die on the way."""
        name = self.author.account
        with suppress(Killed), self.no_error(), self.machine.process(seam or Seam()) as project:
            wanted = preview(project, project.account(name))
            with project.lock(f"contentsync accounts rebind {name}"):
                rebind(project, wanted)

    # TikTok, its users, and time.

    def set_clock(self, seconds: float) -> None:
        self.clock.skew += timedelta(seconds=seconds)

    def use_the_app(self, which: int, how: str) -> None:
        drafts = [posting for posting in self.emulator.posts() if posting.status == "SEND_TO_USER_INBOX"]
        videos = self.emulator.videos("acme")
        if how == "draft posted" and drafts:
            self.emulator.publish_draft(drafts[which % len(drafts)].publish_id)
        elif how == "deleted" and videos:
            self.emulator.delete_video(str(videos[which % len(videos)].id))
        elif how == "hidden" and videos:
            self.emulator.change_video(str(videos[which % len(videos)].id), hidden=True)

    # What the ledger, and the state, tell.

    def tasks(self) -> list[dict[str, Any]]:
        """All publish tasks. lives: TikTok has all of it, and has not dropped it."""
        living = {posting.publish_id for posting in self.emulator.posts()}
        tasks: list[dict[str, Any]] = self.emulator.ledger()["tasks"]  # type: ignore[assignment]
        return [task | {"lives": task["publish_id"] in living} for task in tasks]

    def tasks_of(self, post: Declared) -> list[dict[str, Any]]:
        return [task for task in self.tasks() if self.content_of(task)[0] in post.marks]

    @staticmethod
    def content_of(task: dict[str, Any]) -> tuple[str, str, str]:
        """What was sent: the mark of the media, the caption, the privacy."""
        mark = task["urls"][0] if task["urls"] else task["sha256"] or ""
        return mark, task["caption"] if task["mode"] == "direct" else "", PRIVACY[task["privacy"]]

    def postings(self) -> list[tuple[Declared, int]]:
        """How often each post is there."""
        count = Counter(self.content_of(task)[0] for task in self.tasks() if task["lives"])
        return [(post, sum(count[mark] for mark in post.marks)) for post in self.author.posts]

    def row(self, post: Declared) -> PostState | None:
        with self.machine.state() as store:
            found = (store.post_named(one, post.name) for one in (self.author.open_id, *store.identities()))
            return next(filter(None, found), None)

    def look_again(self) -> None:
        """Which posts have a name and media that the state takes for their own? What was never begun may have any."""
        for post in self.author.posts:
            row, begun = self.row(post), any(True for _ in self.tasks_of(post))
            post.renamed_since = post.renamed_since and row is None and begun
            post.unseen = post.version > 1 and (row is None or post.media_digest not in marks_of_row(row))

    def last_attempt(self, post: Declared) -> Attempt | None:
        row = self.row(post)
        return row.last if row else None

    def check_state(self) -> None:
        """It can be read, no attempt vanished from it, and each went the ways that there are."""
        if not (self.author.root / ".contentsync" / "state.db").exists():
            return
        with self.machine.state() as store:
            rows = [row for open_id in store.identities() for row in store.posts(open_id)]
            history = store.history()
        for line in history:
            before, after = line["phase_before"], line["phase_after"]
            known = line["what"] == "restored" or not before or before == after
            assert known or after in NEXT[Phase(before)].values(), f"{before} → {after}"
        now = {attempt.id for row in rows for attempt in row.attempts}
        assert self._seen <= now, "an attempt vanished"
        self._seen |= now


def _copy_tokens(source: Path, target: Path) -> None:
    """A token that was renewed on one machine is at hand on the other, as by a secret that both read."""
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("lineages"))
