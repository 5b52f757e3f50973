"""How do other machines learn what changed here? Marked files are pushed on top of what was read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Final

from contentsync.errors import Level, Problem, StoreError
from contentsync.store.git import approvals, calendar, documents, notices
from contentsync.store.git.branch import Pushed
from contentsync.store.git.line import FORMAT, HEAD, NUMBER, Root
from contentsync.store.git.reading import GitReading

TRIES: Final = 20  # pushes that may lose the race in a row
SILENCE: Final = timedelta(minutes=1)


class GitPushing(GitReading):
    """Pushing to the branch. What each call does is written in store/port/."""

    def _push(self, now: datetime) -> None:
        """Push every file that is marked, until nothing is. Raises StoreError; then the marks stay."""
        with self._pushing:
            for _ in range(TRIES):
                if not self._copy.marked():
                    return
                self._base(now)
                self._offer(now)
            raise StoreError(self._unreachable("other machines were quicker each time"))

    def _offer(self, now: datetime) -> bool:
        """Push every marked file once; False where the remote had more, which is read now. Raises StoreError."""
        news = self._news[:]
        with self._alone():
            base, files = self._copy.value(HEAD), self._files()
            made = self._commit(base, files, now, news)
        what, why = self._branch.push(made, base)
        self._refuse_unpushed(what, why)
        if what is Pushed.TAKEN:
            self._taken(made, base, files, news)
        else:
            self._read(now)
        return what is Pushed.TAKEN

    def _offer_as_decided(self, now: datetime) -> bool:
        """The same on top of exactly what the decision was made from; False where there was more to know."""
        if not self._copy.value(HEAD) and self._read(now):
            return False
        return self._offer(now)

    def _files(self) -> dict[str, bytes | None]:
        """The marked files as they should be: None for a post that has another name now."""
        return {path: self._file(path, *of) for path, of in self._copy.marked().items()}

    def _file(self, path: str, open_id: str, name: str) -> bytes | None:
        if path.startswith(documents.ACCOUNTS):
            return documents.account_text(self._decisions(open_id))
        if path.startswith(documents.PAUSES):
            return self._shared_pauses.text(path)
        if path.startswith(approvals.FOLDER):
            return self._approvals.text(open_id, name)
        if path.startswith(notices.FOLDER):
            return self._shared_outbox.text(path)
        if path.startswith(calendar.FOLDER):
            return self._shared_calendar.text(open_id, name)
        row = self.post_named(open_id, name)
        return documents.post_text(row) if row else None

    def _base(self, now: datetime) -> None:
        """Read the remote if no commit to build on is known yet."""
        if not self._copy.value(HEAD):
            self._read(now)

    def _commit(self, base: str, files: dict[str, bytes | None], now: datetime, news: list[str]) -> str:
        self._refuse_moved()
        root = {"format": FORMAT} | {name: value for name, value in asdict(self._next()).items() if value != ""}
        text = (json.dumps(root, indent=1) + "\n").encode()
        return self._branch.commit(base, files | {documents.ROOT: text}, self._message(news), int(now.timestamp()))

    def _next(self) -> Root:
        """What the branch says of itself with one commit more."""
        return Root(self.lineage, self._count(NUMBER) + 1, self.serial, self._moving_to)

    def _message(self, news: list[str]) -> str:
        """What happened, for `git log`; [skip ci], since the branch holds nothing to build."""
        lines = list(dict.fromkeys(news)) or ["posts"]
        first = lines[0] if len(lines) == 1 else f"{lines[0]}, and {len(lines) - 1} more"
        rest = "\n".join(lines) if len(lines) > 1 else ""
        return f"{first} [skip ci]\n\n{rest}\n\nBy {self._who} on {self.machine.partition('/')[0]}\n".replace(
            "\n\n\n", "\n"
        )

    def _taken(self, made: str, base: str, files: dict[str, bytes | None], news: list[str]) -> None:
        """The remote's head is our commit: what has not changed again meanwhile is shared."""
        del self._news[: len(news)]
        with self._alone():
            if self._copy.value(HEAD) != base:
                return  # another process has read further already, and merged what is marked
            self._at(made, self._next())
            for path, text in self._files().items():
                if path in files and files[path] == text:
                    self._copy.unmark(path)

    @contextmanager
    def sharing(self, now: datetime, news: str, *posts: tuple[str, str]) -> Iterator[None]:
        """Mark the files of these posts, let the block change them, then push; a dead remote only delays the push."""
        with self._alone():
            self._mark(*posts)
            yield
        self._report(news, now)
        self._share(now)

    @contextmanager
    def saying(self, now: datetime, news: str, *files: tuple[str, str, str]) -> Iterator[None]:
        """Let the block record a person's decision here, then push it. Raises StoreError if the push fails.

        files: the decision's files, with the open_id and name that each is about.
        """
        with self._alone():
            for file in files:
                self._copy.mark(*file)
            yield
        self._report(news, now)
        try:
            self._push(now)
        except StoreError as err:
            raise _not_shared(news, err, "run the same command again once the remote can be reached") from err

    def share(self, now: datetime) -> None:
        with self._pushing:
            if not self._news:
                return  # it is on the remote, or this process recorded nothing
            news = "; ".join(dict.fromkeys(self._news))
            try:
                if self._is_silent(now) and self._silent_why:
                    raise StoreError(self._silent_why)
                self._push(now)
            except StoreError as err:
                hint = "once the remote can be reached, `contentsync status` shares it, as any command does"
                raise _not_shared(news, err, hint) from err

    def _share(self, now: datetime) -> None:
        """Push; what can't be pushed now stays marked and goes with a later push.

        A remote that did not answer a moment ago is not waited for again: its deadline would stop all else.
        """
        if self._is_silent(now):
            return
        try:
            self._push(now)
        except StoreError as err:
            if err.problems[0].code != "state-unreachable":
                raise
            self._silent_at, self._silent_why = now, err.problems[0]

    def _is_silent(self, now: datetime) -> bool:
        """Whether the remote did not answer a moment ago."""
        return self._silent_at is not None and abs(now - self._silent_at) < SILENCE

    def share_marked(self, news: str, now: datetime, *, at_once: bool) -> None:
        """Push what is marked: at once, or when the state is closed. A dead remote only delays it.

        Raises StoreError for a branch that can't be used.
        """
        self._report(news, now)
        if at_once:
            self._share(now)

    def _mark(self, *posts: tuple[str, str]) -> None:
        for open_id, name in posts:
            self._copy.mark(documents.path_of(open_id, name), open_id, name)

    def _report(self, news: str, now: datetime) -> None:
        with self._pushing:
            self._news.append(news)
            self._latest = now

    @contextmanager
    def deciding(self, *open_ids: str) -> Iterator[None]:
        """Mark the files of these identities, and let the block change them; they go with the next push."""
        with self._alone():
            for open_id in filter(None, open_ids):
                self._copy.mark(documents.account_path(open_id), open_id, "")
            yield

    def share_file(
        self, path: str, text: bytes | None, was: bytes | None, news: str, now: datetime, *, force: bool = False
    ) -> bool:
        with self._pushing:
            for _ in range(TRIES):
                self._read(now)
                if not force and self.shared_files(path, now, anew=False).get(path) != was:
                    return False
                told = self._news[:]
                with self._alone():
                    base, files = self._copy.value(HEAD), self._files() | {path: text}
                    made = self._commit(base, files, now, [news, *told])
                pushed, why = self._branch.push(made, base)
                self._refuse_unpushed(pushed, why)
                if pushed is Pushed.TAKEN:
                    self._taken(made, base, files, told)
                    return True
            raise StoreError(self._unreachable("other machines were quicker each time"))

    def shared_files(self, folder: str, now: datetime, *, anew: bool) -> dict[str, bytes]:
        with self._pushing:
            head = self._read(now) if anew else self._copy.value(HEAD)
            return dict(self._branch.read(self._branch.files(head, folder))) if head else {}

    def catch_up(self, now: datetime, *, share: bool = True) -> Problem | None:
        """Take in what others pushed, and push what they lack. Returns what stood in the way, as a note."""
        with self._pushing:
            try:
                self._read(now)
                if share:
                    self._push(now)
            except StoreError as err:
                return replace(err.problems[0], level=Level.NOTE)
        return None


def _not_shared(news: str, err: StoreError, hint: str) -> StoreError:
    what = f"{news}, on this machine only; no other machine knows it yet: {err.problems[0].what}"
    return StoreError(Problem("not-shared", what, hint))
