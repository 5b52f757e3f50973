"""The same histories for a project whose state is on a branch that another clone writes to as well."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from contentsync.approval import approval_of
from contentsync.errors import StoreError
from contentsync.lifecycle import Event, Phase
from contentsync.post import DesiredPost
from contentsync.post_state import PostState
from contentsync.store.git.backend import GitBackend
from contentsync.store.git.branch import Branch
from contentsync.store.git.program import Git
from contentsync.store.port.conflicts import Conflict
from contentsync.store.port.store import Store
from tests.builders import NOW
from tests.operations.histories import OPEN_ID, PROJECTS, begin_in
from tests.operations.odd_histories import OddPlace
from tests.store.git.remotes import git

STATE = "contentsync-state"
HEAD = f"refs/heads/{STATE}"
TRACKED = f"refs/remotes/origin/{STATE}"


class SharedPlace(OddPlace):
    """A clone of a project with `state: git`, the bare remote, and another clone on another machine."""

    projects = (
        *(text.replace("version: 1\n", "version: 1\nstate: git\n") for text in OddPlace.projects),
        PROJECTS[0],  # the state was a file before, or becomes one
        PROJECTS[0].replace("version: 1\n", "version: 1\nstate: git:origin#another\n"),
    )

    def _build(self) -> None:
        git(self.root.parent, "init", "-q", "--bare", "-b", "main", str(self.remote))
        for folder in (self.root, self.elsewhere):
            git(self.root.parent, "init", "-q", "-b", "main", str(folder))
            git(folder, "remote", "add", "origin", self.remote.as_uri())
        super()._build()
        self._fetch()

    @classmethod
    def copied(cls, template: SharedPlace, folder: Path) -> SharedPlace:
        """A copy of a place to which nothing has happened yet: much quicker than to build one."""
        shutil.copytree(template.root.parent, folder, symlinks=True)
        place = cls.__new__(cls)
        place.root, place.saved, place.later = folder / template.root.name, {}, timedelta()
        place.environ = {name: str(folder / Path(value).name) for name, value in template.environ.items()}
        place.environ["CONTENTSYNC_CONFIG_DIR"] = str(folder)
        for clone in (place.root, place.elsewhere):
            git(clone, "remote", "set-url", "origin", place.remote.as_uri())
        place.first = place._files()
        return place

    @property
    def remote(self) -> Path:
        return self.root.parent / "remote.git"

    @property
    def elsewhere(self) -> Path:
        return self.root.parent / "elsewhere"

    @property
    def state_file(self) -> Path:
        """This machine's copy."""
        return self.root / ".contentsync" / "shared.db"

    def state(self) -> closing[Store]:
        """This clone's state, as another command of it opens it; that command reads the remote first."""
        store = self._opened(self.root)
        store.catch_up(NOW)
        return closing(store)

    def _opened(self, folder: Path) -> Store:
        branch = Branch(Git(folder, os.environ), "origin", STATE, wait=lambda _: None)
        return GitBackend(branch, folder / ".contentsync" / "shared.db").open()

    @contextmanager
    def _another_machine(self) -> Iterator[Store]:
        """The other clone's state, with all that the remote knows."""
        with closing(self._opened(self.elsewhere)) as store:
            store.catch_up(NOW)
            yield store

    def _fetch(self) -> None:
        """Bring the branch into this clone, as a person does with `git fetch`."""
        with suppress(OSError, RuntimeError):
            Git(self.root, os.environ).run("fetch", "-q", "--prune", "origin", f"+{HEAD}:{TRACKED}")

    def _head(self) -> str:
        return Git(self.remote, os.environ).run("rev-parse", "--verify", "--quiet", HEAD).line

    # -- steps

    def elsewhere_begins(self, chance: random.Random) -> None:
        with suppress(StoreError), self._another_machine() as store:
            begin_in(store, chance)
        self._maybe_fetch(chance)

    def elsewhere_decides(self, chance: random.Random) -> None:
        """Another machine records what a person decided there."""
        with suppress(StoreError, Conflict), self._another_machine() as store:
            rows = store.posts(OPEN_ID)
            if rows:
                chance.choice(self.DECISIONS)(store, chance.choice(rows))
        self._maybe_fetch(chance)

    def elsewhere_settles(self, chance: random.Random) -> None:
        """Another machine learns what became of each attempt that is not settled."""
        with suppress(StoreError, Conflict), self._another_machine() as store:
            for row in store.posts(OPEN_ID):
                if row.last and row.last.phase is Phase.UNKNOWN:
                    event = chance.choice([Event.FOUND, Event.RULED_OUT, Event.KEPT])
                    store.save(row.last.after(event, NOW + timedelta(days=1)), "resolved")
        self._maybe_fetch(chance)

    def fetch(self, _chance: random.Random) -> None:
        self._fetch()

    def catch_up(self, _chance: random.Random) -> None:
        """A command with a network ran here, such as `status`."""
        with suppress(StoreError), self.state():
            pass

    def rewind(self, chance: random.Random) -> None:
        """Somebody sets the branch back by some commits, or puts it where it was."""
        known = git(self.remote, "rev-list", "--topo-order", "--all").split()
        if known:
            git(self.remote, "update-ref", HEAD, chance.choice(known))
        self._maybe_fetch(chance)

    def delete_the_branch(self, chance: random.Random) -> None:
        if head := self._head():
            git(self.remote, "tag", "-f", f"kept-{head[:8]}", head)
            git(self.remote, "update-ref", "-d", HEAD)
        self._maybe_fetch(chance)

    def write_over_the_branch(self, chance: random.Random) -> None:
        """Somebody pushes something else to it."""
        made = Branch(Git(self.elsewhere, os.environ), "origin", "x").commit("", {"README": b"mine\n"}, "mine", 1)
        git(self.elsewhere, "push", "-q", "--force", "origin", f"{made}:{HEAD}")
        self._maybe_fetch(chance)

    def lose_the_copy(self, _chance: random.Random) -> None:
        for path in (self.root / ".contentsync").glob("shared.db*"):
            path.unlink()

    def save_the_copy(self, _chance: random.Random) -> None:
        if self.state_file.exists():
            shutil.copy2(self.state_file, self.state_file.with_suffix(".saved"))

    def put_an_older_copy_back(self, _chance: random.Random) -> None:
        if self.state_file.with_suffix(".saved").exists():
            shutil.copy2(self.state_file.with_suffix(".saved"), self.state_file)

    def take_the_remote_away(self, chance: random.Random) -> None:
        """Something happens here while the remote can't be reached."""
        away = self.remote.rename(self.remote.with_name("away.git"))
        chance.choice([self.finish, self.begin_an_attempt])(chance)
        away.rename(self.remote)

    def _maybe_fetch(self, chance: random.Random) -> None:
        chance.choice([self._fetch, self._fetch, lambda: None])()

    STEPS: tuple[Callable[..., None], ...] = (
        *OddPlace.STEPS, elsewhere_begins, elsewhere_begins, elsewhere_begins, elsewhere_decides, elsewhere_decides,
        elsewhere_decides, elsewhere_settles, elsewhere_settles, fetch, catch_up, rewind, rewind, delete_the_branch,
        write_over_the_branch, lose_the_copy, save_the_copy, put_an_older_copy_back, take_the_remote_away,
    )  # fmt: skip

    @staticmethod
    def _approve(store: Store, row: PostState) -> None:
        post = DesiredPost("acme", row.name, caption=f"About {row.name}", generation=row.generation)
        store.approvals.save(approval_of(post, OPEN_ID, "a person", "terminal", NOW))

    @staticmethod
    def _remove(store: Store, row: PostState) -> None:
        store.remove(row, "tested", NOW)

    @staticmethod
    def _acknowledge(store: Store, row: PostState) -> None:
        store.acknowledge(row, "f" * 64, "tested", NOW)

    @staticmethod
    def _pause(store: Store, _row: PostState) -> None:
        store.pauses.add("acme", OPEN_ID, "tested", NOW)

    @staticmethod
    def _resume(store: Store, _row: PostState) -> None:
        store.pauses.lift("acme", NOW)

    @staticmethod
    def _move(store: Store, row: PostState) -> None:
        store.move(row, DesiredPost("acme", f"{row.name}-renamed"), NOW)

    @staticmethod
    def _bind(store: Store, row: PostState) -> None:
        store.bind_post(DesiredPost("acme", row.name), OPEN_ID, "7400000000000000077", "resolved", NOW)

    DECISIONS: tuple[Callable[[Store, PostState], None], ...] = (
        _approve, _remove, _acknowledge, _pause, _resume, _move, _bind,
    )  # fmt: skip
