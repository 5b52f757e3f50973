"""Work for several accounts at the same time; a failure of one does not stop the others."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from contentsync.account import AccountAtWork
from contentsync.errors import ContentsyncError, UsageError

T = TypeVar("T")

SIDE_BY_SIDE = 8


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
