"""A process of its own that renews acme's token: `python -m tests.tiktok.renewing BASE_URL FOLDER`.

It says `ready`, waits for a line, renews, and says the new token or the problem.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from contentsync.clock import SystemClock
from contentsync.errors import ContentsyncError
from contentsync.settings import Account, App
from contentsync.tiktok.auth import Credentials
from contentsync.tiktok.tokens import TokenStore


def main(base_url: str, folder: str) -> None:
    credentials = Credentials(
        Account("acme"), App("key", "secret"), base_url, TokenStore(Path(folder)), SystemClock(), os.environ
    )
    stale = credentials.token()
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        print(credentials.refresh(stale), flush=True)
    except ContentsyncError as err:
        print(err, flush=True)
    credentials.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
