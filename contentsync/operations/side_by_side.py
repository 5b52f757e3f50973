"""Work for several accounts at the same time; a failure of one does not stop the others."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Final, Protocol, TypeVar

from contentsync.account import AccountAtWork
from contentsync.attempt.waiting import Stop, Stopped
from contentsync.clock import Clock
from contentsync.errors import ContentsyncError, UsageError

T = TypeVar("T")

SIDE_BY_SIDE = 8
_LOOK: Final = 0.05  # seconds after which a turn that came due begins, though none has ended


class Named(Protocol):
    """An account, or anything else with its name."""

    @property
    def name(self) -> str: ...


A = TypeVar("A", bound=Named)


def side_by_side(
    accounts: list[AccountAtWork], work: Callable[[AccountAtWork], T], failures: dict[str, ContentsyncError]
) -> list[tuple[str, T]]:
    """Run `work` for each account; a failure of one is kept in `failures` and does not stop the others."""
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


def in_turns(
    accounts: Sequence[A],
    turn: Callable[[A], float],
    failures: dict[str, ContentsyncError],
    clock: Clock,
    stop: Stop,
) -> None:
    """Give each account turns until it is done; one that waits keeps no other from its turn.

    turn: returns the seconds after which the account wants its next turn; 0 once it is done. After a stop each has
    one more turn, at once. A failure of one account is kept in `failures` and does not stop the others.
    """
    due = [(clock.monotonic(), number) for number in range(len(accounts))]
    at_work: dict[Future[float], int] = {}
    with ThreadPoolExecutor(max_workers=SIDE_BY_SIDE) as pool:
        while due or at_work:
            while due and (stop.is_set() or due[0][0] <= clock.monotonic()):
                _, number = heapq.heappop(due)
                at_work[pool.submit(turn, accounts[number])] = number
            if not at_work:
                with suppress(Stopped):
                    clock.sleep(due[0][0] - clock.monotonic())
                continue
            for future in wait(at_work, _LOOK if due else None, FIRST_COMPLETED).done:
                number = at_work.pop(future)
                if seconds := _seconds(future, accounts[number].name, failures):
                    heapq.heappush(due, (clock.monotonic() + seconds, number))


def _seconds(future: Future[float], name: str, failures: dict[str, ContentsyncError]) -> float:
    """The seconds until the account's next turn; 0 if it is done or failed."""
    try:
        return future.result()
    except UsageError:  # of the command, not of one account
        raise
    except ContentsyncError as err:
        failures[name] = err
        return 0.0
