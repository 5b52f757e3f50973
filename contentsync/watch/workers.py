"""Who does the work that takes long? A thread that sends and one that asks, so that looking never waits for them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")


class Worker(Protocol):
    """Runs one piece of work at a time. A seam: tests run it at once."""

    def start(self, work: Callable[[], T]) -> Future[T]:
        """Begin; the future is done when the work is."""
        ...

    def close(self) -> None:
        """Wait for what is under way."""
        ...


class ThreadWorker:
    """Work in a thread of its own."""

    def __init__(self, name: str, wake: Callable[[], None]) -> None:
        """wake: called whenever a piece of work is done."""
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=f"watch-{name}")
        self._wake = wake

    def start(self, work: Callable[[], T]) -> Future[T]:
        future = self._pool.submit(work)
        future.add_done_callback(lambda _: self._wake())
        return future

    def close(self) -> None:
        self._pool.shutdown(wait=True)


class InlineWorker:
    """Work at once, in the caller's thread."""

    def start(self, work: Callable[[], T]) -> Future[T]:
        future: Future[T] = Future()
        future.set_result(work())
        return future

    def close(self) -> None:
        """Nothing is under way."""


class Job(Generic[T]):
    """The piece of work that is under way, if any."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._future: Future[T] | None = None

    @property
    def is_busy(self) -> bool:
        return self._future is not None

    @property
    def is_done(self) -> bool:
        """Whether a result waits to be taken."""
        return self._future is not None and self._future.done()

    def start(self, work: Callable[[], T]) -> None:
        assert self._future is None
        self._future = self._worker.start(work)

    def take(self) -> T | None:
        """The result, once; None until there is one. Raises what the work raised."""
        if not self.is_done or self._future is None:
            return None
        future, self._future = self._future, None
        return future.result()

    def finish(self) -> T | None:
        """Wait for the end of what is under way, and take its result."""
        self._worker.close()
        return self.take()
