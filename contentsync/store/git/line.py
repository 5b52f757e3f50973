"""Is the branch still the state that this machine knows, and how far did this machine read it?"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Final

from contentsync.errors import Problem, StoreError
from contentsync.frozen import frozen
from contentsync.post_state import Attempt
from contentsync.store.git import documents
from contentsync.store.git.branch import Branch, Pushed
from contentsync.store.port.conflicts import moved
from contentsync.store.sqlite import migration
from contentsync.store.sqlite.database import Database
from contentsync.store.sqlite.shared import SharedCopy
from contentsync.store.sqlite.state import SqliteStore
from contentsync.times import in_words

HEAD, LINEAGE, READ_AT = "shared head", "shared lineage", "shared read at"
NUMBER, SERIAL, COUNTED = "shared number", "shared serial", "serial when last shared"
PLACE: Final = "shared place"  # as in `state:`
FORMAT: Final = "contentsync.shared-state/1"
_EARLIER: Final = "contentsync.state/1"  # the same under its name until `state show` had it too


@frozen
class Root:
    """What the branch says of itself."""

    lineage: str
    #: Counts the commits.
    number: int
    #: As Store.serial.
    serial: int
    #: As Store.moved_to.
    moved_to: str = ""


class GitLine(SqliteStore):
    """What this machine knows of the branch itself. What each call does is written in store/port/."""

    def __init__(
        self,
        database: Database,
        branch: Branch,
        machine: str,
        who: str | None = None,
        alone: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        """alone: keeps other processes from the local copy while the block runs; never held over a request."""
        super().__init__(database, who)
        self._alone = alone
        self.machine = machine
        self._branch = branch
        self._copy = SharedCopy(database)
        self._pushing = threading.RLock()
        self._news: list[str] = []
        self._latest: datetime | None = None  # when this process last had something to share
        self._moving_to = ""  # what the next commit says of where this state went
        self._opens_again = False  # the next commit opens a state that was closed
        self._silent_at: datetime | None = None  # when the remote last did not answer
        self._silent_why: Problem | None = None  # what it said then
        self._begun: set[str] = set()  # attempts that this process claimed
        self._dropped: dict[str, Attempt] = {}  # claims that this process held, and of which no row may be left

    @property
    def lineage(self) -> str:
        return self._copy.value(LINEAGE) or super().lineage

    @property
    def has_fixed_lineage(self) -> bool:
        return bool(self._copy.value(LINEAGE))

    @property
    def serial(self) -> int:
        """That of the shared state, with what this machine changed since."""
        return self._count(SERIAL) + super().serial - self._count(COUNTED)

    def _count(self, name: str) -> int:
        return int(self._copy.value(name) or 0)

    @property
    def moved_to(self) -> str:
        return self._copy.value(migration.MOVED)

    def _refuse_moved(self) -> None:
        if self.moved_to and not self._opens_again:
            raise StoreError(moved(f"{self._branch.remote}/{self._branch.name}", self.moved_to))

    def _same_line(self, text: bytes, known: str, head: str) -> Root:
        """What the branch says about itself. Raises StoreError if it was reset or belongs to another state."""
        try:
            told = json.loads(text)
            root = Root(str(told["lineage"]), int(told["number"]), int(told["serial"]), str(told.get("moved_to", "")))
            written = told["format"]
        except (ValueError, KeyError, TypeError) as err:
            what = f"{documents.ROOT} on branch {self._branch.name} can't be read: {err}"
            raise StoreError(Problem("state-corrupt", what, "see its history with git log")) from err
        if written not in {FORMAT, _EARLIER}:
            what = f"branch {self._branch.name} was written by another version of contentsync ({written})"
            raise StoreError(Problem("state-newer", what, "upgrade contentsync on this machine"))
        ours, number = self._copy.value(LINEAGE), self._count(NUMBER)
        if ours and (root.lineage != ours or root.number < number or not self._branch.follows(head, known)):
            raise StoreError(self._put_back(known))
        return root

    def _at(self, head: str, root: Root) -> None:
        """The local copy is what `head` says, but for what is marked."""
        known = {
            HEAD: head,
            LINEAGE: root.lineage,
            NUMBER: root.number,
            SERIAL: root.serial,
            migration.MOVED: root.moved_to,
        }
        self._copy.remember(**{name: str(value) for name, value in known.items()}, **{COUNTED: str(super().serial)})

    @property
    def _place(self) -> str:
        """This branch as `state:` names it."""
        return f"git:{self._branch.remote}#{self._branch.name}"

    def _gone(self, known: str) -> Problem:
        if switched := self._switched():
            return switched
        what = f"branch {self._branch.name} is gone from {self._branch.remote}; its last known commit is {known[:12]}"
        return Problem("state-rewound", what, self._put_again(known))

    def _put_back(self, known: str) -> Problem:
        if switched := self._switched():
            return switched
        what = f"branch {self._branch.name} of {self._branch.remote} was reset, or belongs to another state now"
        return Problem("state-rewound", what, self._put_again(known))

    def _switched(self) -> Problem | None:
        """The problem where `state:` names another branch than the one that this copy was read from."""
        was = self._copy.value(PLACE)
        if was in {"", self._place}:
            return None
        what = f"`state:` names {self._place} now, but this clone's copy is of {was}, which is another state"
        hint = (
            f"write `state: {was}` again; or move the state: CONTENTSYNC_STATE={was} contentsync state migrate "
            ".contentsync/state.db, then rename .contentsync/shared.db, then CONTENTSYNC_STATE=.contentsync/state.db "
            f"contentsync state migrate {self._place}"
        )
        return Problem("state-left-behind", what, hint)

    def _put_again(self, known: str) -> str:
        return f"put it back: git push --force {self._branch.remote} {known}:refs/heads/{self._branch.name}"

    def _unreachable(self, why: str) -> Problem:
        place = f"{self._branch.remote}/{self._branch.name}"
        what = f"the shared state on {place} can't be reached: {why}; {self._age()}"
        return Problem("state-unreachable", what, "nothing new is started until then; run apply again later")

    def _refuse_unpushed(self, pushed: Pushed, why: str) -> None:
        """Raise StoreError where the remote could not be reached, or does not allow the push."""
        if pushed is Pushed.UNREACHABLE:
            raise StoreError(self._unreachable(why))
        if pushed is Pushed.FORBIDDEN:
            raise StoreError(self._forbidden(why))

    def _forbidden(self, why: str) -> Problem:
        branch, remote = self._branch.name, self._branch.remote
        what = f"{remote} does not allow pushing the shared state to its branch {branch}: {why}"
        hint = (
            f"allow this machine's token or key to push the branch {branch}: take the branch out of the remote's "
            "protection rules, and in a CI give the job write access; nothing new is started until then"
        )
        return Problem("state-unreachable", what, hint)

    def _age(self) -> str:
        """How old the local copy is, for a person; empty where there is none."""
        read_at = self._copy.value(READ_AT)
        if not read_at:
            return ""
        return f"the last copy is from {in_words(datetime.fromisoformat(read_at))}"

    def identities_seen(self) -> dict[str, str]:
        """As in Store; for an account that this machine never asked about, from the shared state."""
        return self._copy.pins() | super().identities_seen()

    def _no_state(self) -> Problem:
        what = f"branch {self._branch.name} of {self._branch.remote} holds something else than a state of contentsync"
        hint = f"name a branch that only contentsync writes, as `state: git:{self._branch.remote}` does"
        return Problem("state-corrupt", what, hint)
