"""When does the sign-in of each account end? Read from the tokens on this machine, without a request."""

from __future__ import annotations

from datetime import datetime

from contentsync.errors import ContentsyncError
from contentsync.project import Project


def sign_in_ends(project: Project) -> dict[str, datetime]:
    """By account: when its refresh token ends, as far as that is known. Commands that print tokens are not run."""
    found = {}
    for account in project.all_at_work():
        if account.settings.token_command:
            continue
        try:
            ends_at = account.credentials.pair().refresh_expires_at
        except ContentsyncError:  # the command that needs these tokens says what is wrong with them
            continue
        if ends_at:
            found[account.name] = ends_at
    return found
