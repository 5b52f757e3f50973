"""Where are things? The root of a project, its settings and accounts; opens the store and the clients."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from contentsync.allowed_places import checked_state, exposed_state, refuse_place
from contentsync.clock import Clock, SystemClock
from contentsync.errors import Level, ManifestError, Problem, StoreError, UsageError
from contentsync.evidence import first_posts
from contentsync.evidence.journal import Journal
from contentsync.manifest.settings import NOTHING_SAID
from contentsync.media_urls import Hosting, Look
from contentsync.post import Media
from contentsync.post_state import PostState
from contentsync.receipt_folder import ReceiptFolder
from contentsync.root import find_root, user_says
from contentsync.settings import Account, Settings
from contentsync.standard_paths import data_folder, is_shared
from contentsync.store.backends import backend_of, refuse_left_behind
from contentsync.store.machine_secret import machine_secret
from contentsync.store.port.backend import Backend
from contentsync.store.port.conflicts import moved
from contentsync.store.port.store import Store
from contentsync.store.sqlite.cache import FileCache
from contentsync.suggestions import near
from contentsync.tiktok.chunks import ChunkPlan, plan_chunks
from contentsync.trust import UserSays, stripped

if TYPE_CHECKING:
    import httpx

    from contentsync.account import AccountAtWork
    from contentsync.hosting.bucket import Bucket
    from contentsync.hosting.host import Host
    from contentsync.manifest.attachments import SentBy
    from contentsync.manifest.load import Loaded
    from contentsync.tiktok.exchange import OnRequest
    from contentsync.tiktok.tokens import TokenStore


@dataclass
class Project:
    """One content repository.

    environ: the environment. transport: instead of the network. on_request: told of each request.
    backend_of: where a project's `state:` is kept. plan_chunks: how a file of so many bytes is cut.
    media_transport: instead of the network, for looks at the addresses of media. on_note: told of what stands in the
    way of nothing.
    """

    root: Path
    settings: Settings
    environ: Mapping[str, str]
    clock: Clock = field(default_factory=SystemClock)
    transport: httpx.BaseTransport | None = None
    on_request: OnRequest | None = None
    backend_of: Callable[[Path, str, Mapping[str, str]], Backend] = backend_of
    plan_chunks: Callable[[int], ChunkPlan] = plan_chunks
    media_transport: httpx.BaseTransport | None = None
    on_note: Callable[[Problem], None] = lambda _: None
    #: Told of work that may take long: what it is, how many things are done, and of how many.
    on_progress: Callable[[str, int, int], None] | None = None
    #: What the user says of the project, outside of its repository.
    user: UserSays = NOTHING_SAID
    #: Whether the state was found whole before and is unchanged since. Only for a plan that asks nobody.
    state_is_proven: bool = False
    _at_work: dict[str, AccountAtWork] = field(default_factory=dict)
    _is_locked: bool = False
    #: What stood in the way of the last reading of a shared state; empty before there was one.
    _caught_up: tuple[Problem | None, ...] = ()

    @classmethod
    def open(
        cls,
        start: Path,
        environ: Mapping[str, str],
        on_request: OnRequest | None = None,
        on_note: Callable[[Problem], None] = lambda _: None,
    ) -> Project:
        """The project around `start`. Raises ManifestError with all that is wrong with its file."""
        from contentsync.manifest.load import load_settings

        environ = stripped(environ)
        root = find_root(start, environ)
        user = user_says(root, environ)
        settings, problems = load_settings(root, environ, user)
        errors = [problem for problem in problems if problem.level is Level.ERROR]
        if settings is None or errors:
            raise ManifestError(*errors)
        return cls(root, settings, environ, on_request=on_request, on_note=on_note, user=user)

    def load(
        self,
        paths: Sequence[Path] | None = None,
        found: Sequence[str] | None = None,
        sent_by: SentBy = lambda _: None,
    ) -> Loaded:
        """All manifests, or those at `paths`, with their media, and everything that is wrong with them.

        found: exactly these manifests, from the root. sent_by: as in manifest.load.
        """
        from contentsync.manifest.load import load

        cache = FileCache(self.root / ".contentsync" / "cache.db", machine_secret(self.data_folder))
        try:
            return load(
                self.root,
                self.environ,
                paths,
                cache=cache,
                memory=cache,
                user=self.user,
                found=found,
                on_progress=self.on_progress,
                sent_by=sent_by,
            )
        finally:
            cache.close()

    def has_manifests(self) -> bool:
        """Whether any file is a manifest; ends at the first."""
        from contentsync.manifest.files import every_file, would_find

        return any(would_find(self.settings.manifests, name) for name in every_file(self.root))

    @cached_property
    def store(self) -> Store:
        """The state, made where there is none. Raises StoreError."""
        return self._in_use(self.backend.open())

    def _in_use(self, store: Store) -> Store:
        """Raises StoreError for a state that was moved."""
        if to := store.moved_to:
            store.close()
            raise StoreError(moved(self.backend.place, to))
        return store

    @property
    def reading_store(self) -> Store:
        """The state for a command that only reads; what such a command learns is kept where that is possible.

        A copy where the state can't be written, an empty one where there is none and none can be made. Once `store`
        was used, as every command that changes something does, this is the same one.
        """
        return self.store if "store" in self.__dict__ else self._looked_into

    @property
    def has_open_state(self) -> bool:
        """Whether the state was opened already."""
        return "store" in self.__dict__ or "_looked_into" in self.__dict__

    @cached_property
    def _looked_into(self) -> Store:
        store, why = self.backend.look(is_proven=self.state_is_proven)
        self._in_use(store)
        if why:
            what = f"the state at {self.backend.place} can't be written ({why}): this run can't save anything in it"
            self.on_note(Problem("state-not-kept", what, level=Level.NOTE))
        elif store.is_kept:
            self.__dict__["store"] = store
        return store

    @cached_property
    def backend(self) -> Backend:
        """Where the state is kept. Raises StoreError for a backend or a place that can't be used."""
        if exposed := exposed_state(self.root, self.settings):
            self.on_note(exposed)
        return self.backend_of(self.root, checked_state(self.root, self.settings), self.environ)

    def backend_at(self, state: str) -> Backend:
        """Another place for the state. state: as in the project file. Raises as `backend`."""
        wanted = replace(self.settings, state=state, state_by_user=False)
        return self.backend_of(self.root, checked_state(self.root, wanted), self.environ)

    def catch_up(self) -> Problem | None:
        """Read what other machines wrote into a shared state: once for each command, and again once the lock is held.

        Returns the obstacle as a note; `on_note` gets it too.
        """
        if not self._caught_up:
            behind = self.reading_store.catch_up(self.clock.now())
            if behind is not None and behind.code == "state-moved":
                raise StoreError(replace(behind, level=Level.ERROR))
            if behind is not None:
                self.on_note(behind)
            refuse_left_behind(self.root, self.settings.state, self.reading_store)
            self._caught_up = (behind,)
        return self._caught_up[0]

    def use_copy(self) -> None:
        """For a command without a network: use this machine's copy of a shared state; `on_note` hears of its age."""
        if note := self.reading_store.use_copy():
            self.on_note(note)

    @cached_property
    def known_identities(self) -> first_posts.Known:
        """Who the user's projects on this machine posted as; read once."""
        return first_posts.Known(self.data_folder)

    @cached_property
    def data_folder(self) -> Path:
        """The user's own folder, outside every repository."""
        return data_folder(self.environ)

    @property
    def api_url(self) -> str:
        """Where TikTok's API is called. Raises ManifestError where no secret may go to the address of the project."""
        if self.settings.base_url_refused:
            raise ManifestError(self.settings.base_url_refused)
        return self.settings.base_url

    @cached_property
    def tokens(self) -> TokenStore:
        """Where tokens are kept: on this machine, or, with a key for that, on the shared state's branch."""
        from contentsync.tiktok.tokens import TokenStore

        key = self.environ.get("CONTENTSYNC_SECRET_KEY", "")
        if not key or not is_shared(self.settings.state):
            return TokenStore.of(self.environ)
        from contentsync.shared_tokens import SharedTokens

        return SharedTokens.at(self.environ, key, self.reading_store, self.clock)

    def account(self, name: str) -> Account:
        """The account of that name. Raises UsageError with what it may have meant."""
        if name in self.settings.accounts:
            return self.settings.accounts[name]
        raise UsageError(unknown("account", name, self.settings.accounts))

    @contextlib.contextmanager
    def lock(self, doing: str, timeout: float = 0.0) -> Iterator[None]:
        """The apply lock, in the state's folder, and a state that is checked and read again.

        Whoever holds it may take it again. Raises StoreLocked, and StoreError for a state that can't be relied on.
        """
        if self._is_locked:
            yield
            return
        with self.bare_lock(doing, timeout):
            self.store.check()
            self._caught_up = ()
            self.catch_up()
            self._is_locked = True
            try:
                yield
            finally:
                self._is_locked = False

    @contextlib.contextmanager
    def bare_lock(self, doing: str, timeout: float = 0.0) -> Iterator[None]:
        """The apply lock alone. Raises StoreLocked."""
        with self.backend.lock(doing, self.clock, timeout):
            yield

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """The place of the only watcher of the state. Raises StoreLocked."""
        with self.backend.watching(self.clock):
            yield

    def at_work(self, name: str) -> AccountAtWork:
        """The account of that name with what is needed to work for it. Raises UsageError."""
        from contentsync.account import AccountAtWork

        if name not in self._at_work:
            self._at_work[name] = AccountAtWork(self, self.account(name), self._seen_before.get(name, ""))
        return self._at_work[name]

    def all_at_work(self) -> list[AccountAtWork]:
        """Every account of the project, in the order of its file."""
        return [self.at_work(name) for name in self.settings.accounts]

    @cached_property
    def _seen_before(self) -> dict[str, str]:
        """The open_id that TikTok last gave for each account's name; read once for all of them."""
        return self.reading_store.identities_seen()

    @property
    def hosting(self) -> Hosting:
        """How local photos get public addresses."""
        settings = self.settings
        return Hosting(settings.hosting_base_url, bool(settings.hosting_upload), settings.hosting_verified)

    def look_at(self, urls: Mapping[str, int]) -> dict[str, Look]:
        """What these addresses answer. urls: with the number of bytes that each should serve, 0 if unknown."""
        from contentsync.hosting.preflight import Preflight

        with Preflight(self.clock, self.media_transport, self.on_request) as preflight:
            return preflight.look_at(urls)

    def prove(self, files: Mapping[str, Media]) -> dict[str, Look]:
        """Whether the addresses serve exactly the bytes of these files."""
        from contentsync.hosting.preflight import Preflight

        with Preflight(self.clock, self.media_transport, self.on_request) as preflight:
            return preflight.prove(files)

    @cached_property
    def host(self) -> Host:
        """The place for photos; nothing of it is opened yet."""
        from contentsync.hosting.host import Host

        opens = self.open_bucket if self.settings.hosting_upload else None
        return Host(self.hosting, self.root, self.store.hosted, self.clock, self.look_at, self.prove, opens)

    def open_bucket(self, upload: str = "") -> Bucket:
        """The store at `upload`, or the one that the project names. Raises HostingError."""
        from contentsync.hosting.bucket import Bucket

        refuse_place(self.root, self.settings, upload or self.settings.hosting_upload)
        return Bucket(upload or self.settings.hosting_upload, self.root, self.environ)

    def refuse_unset(self) -> None:
        """Refuse an unset ${NAME} before TikTok is asked: a key without its value would be left out.

        Not so the app's keys, which only a renewal of tokens needs. Raises ManifestError.
        """
        for name, key, place in self.settings.unset:
            overruled = key == "api.base_url" and bool(self.environ.get("CONTENTSYNC_API_URL"))
            if not overruled and not key.startswith(("app.", "notify", "watch")):
                what = f"{key} needs the environment variable {name}, which is not set"
                raise ManifestError(Problem("unset-variable", what, f"export {name}=…", place))
        self.refuse_withheld()

    def refuse_withheld(self) -> None:
        """Refuse a ${NAME} that is not trusted, because its value is needed. Raises ManifestError."""
        needed = [problem for key, problem in self.settings.withheld if not key.startswith(("notify", "watch"))]
        if needed:
            raise ManifestError(*(replace(problem, level=Level.ERROR) for problem in needed))

    def app_keys(self) -> list[tuple[str | None, str]]:
        """The app's client keys, as far as they are known, with the secrets that TikTok may sign with."""
        app = self.settings.app
        pairs = [(app.client_key, app.client_secret)]
        if app.sandbox:
            pairs.append((app.sandbox.client_key, app.sandbox.client_secret))
        return [(key, secret) for key, secret in pairs if secret]

    @property
    def receipts(self) -> ReceiptFolder:
        return ReceiptFolder(self.root / "receipts", self.reading_store, self.settings.receipts)

    def offer_receipt(self, row: PostState) -> None:
        """Write a post's receipt after a mere look, but never ahead of the state."""
        if self.reading_store is self.__dict__.get("store"):
            self.receipts.offer(row, self.on_note)

    @property
    def journal(self) -> Journal:
        """What this machine remembers, outside of every repository."""
        return Journal(self.data_folder, self.reading_store.lineage)

    def close(self) -> None:
        """Close the connections to TikTok. Closing twice is harmless."""
        for account in self._at_work.values():
            account.close()
        self._at_work.clear()
        self.__dict__.pop("_seen_before", None)

    def close_state(self) -> None:
        """Close the state, if it was opened."""
        opened = [self.__dict__.pop(name, None) for name in ("store", "_looked_into")]
        for store in dict.fromkeys(filter(None, opened)):  # often one and the same
            store.close()


def unknown(kind: str, name: str, known: Mapping[str, object] | list[str]) -> Problem:
    """The problem for a name that is not there, with those it may have meant."""
    found = near(name, known, most=3)
    hint = f"did you mean {' or '.join(found)}?" if found else _there(kind, list(known))
    return Problem(f"unknown-{kind}", f'there is no {kind} "{name}"', hint)


def _there(kind: str, known: list[str]) -> str:
    if not known:
        return f"there is no {kind} at all"
    more = f" and {len(known) - 8} more" if len(known) > 8 else ""
    return f"known: {', '.join(sorted(known)[:8])}{more}"
