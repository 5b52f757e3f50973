"""Which exit code says what? The only place that knows the numbers and which of several wins."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from typing import Final

DONE: Final = 0
FAILED: Final = 1
CHANGES: Final = 2
NOT_FINAL: Final = 3
UNKNOWN: Final = 4
HELD: Final = 5
LOCKED: Final = 6
STALE: Final = 7
SIGN_IN: Final = 8
USAGE: Final = 64
DEFECT: Final = 70
INTERRUPTED: Final = 130

ORDER: Final = (DEFECT, INTERRUPTED, USAGE, SIGN_IN, LOCKED, STALE, UNKNOWN, FAILED, HELD, NOT_FINAL, CHANGES)


def worst(codes: Iterable[int]) -> int:
    """The code to exit with where several apply."""
    held = set(codes)
    return next((code for code in ORDER if code in held), DONE)


#: The output goes to a disk that is full.
_NO_ROOM: Final = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


def of_error(err: BaseException) -> int | None:
    """The code of an error that ends a command; None for an unexpected one."""
    from contentsync import errors

    table: tuple[tuple[type[BaseException], int], ...] = (
        (errors.UsageError, USAGE),
        (errors.StoreLocked, LOCKED),
        (errors.StalePlan, STALE),
        (errors.SignInNeeded, SIGN_IN),
        (errors.ContentsyncError, FAILED),
    )
    if isinstance(err, errors.Refused):
        return _of_refusal(err.error_code)
    if isinstance(err, OSError) and err.errno in _NO_ROOM:
        return FAILED
    return next((code for kind, code in table if isinstance(err, kind)), None)


def _of_refusal(error_code: str) -> int:
    """TikTok said no to the call itself: a matter of the sign-in, or of what was asked."""
    from contentsync.tiktok.refusals import Family, refusal

    row = refusal(error_code)
    return SIGN_IN if row is not None and row.family is Family.SIGN_IN else FAILED
