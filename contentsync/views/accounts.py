"""`accounts --json`: who each account is, and what it can do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from contentsync.errors import ContentsyncError
from contentsync.plan.document import problem_as_json
from contentsync.settings import App
from contentsync.signin.scopes import abilities, missing
from contentsync.times import rfc3339

if TYPE_CHECKING:
    from contentsync.operations.accounts import Met

FORMAT: Final = "contentsync.accounts/1"
NOT_SIGNED_IN: Final = frozenset(
    {"no-token", "no-refresh-token", "invalid-grant", "access-token-invalid", "access-removed"}
)


def document(
    names: Iterable[str], seen: Mapping[str, Met], failures: Mapping[str, ContentsyncError], app: App
) -> dict[str, Any]:
    """seen: the accounts that answered, by name; failures: those that could not be asked."""
    return {"format": FORMAT, "accounts": [_account(name, seen.get(name), failures.get(name), app) for name in names]}


def _account(name: str, met: Met | None, err: ContentsyncError | None, app: App) -> dict[str, Any]:
    problem = err.problems[0] if err and err.problems else None
    told: dict[str, Any] = {
        "account": name,
        "signed_in": met is not None or not (problem and problem.code in NOT_SIGNED_IN),
        "problem": problem_as_json(problem) if problem else None,
    }
    return told | (_facts(met, app) if met else {})


def _facts(met: Met, app: App) -> dict[str, Any]:
    creator, pair, found = met.creator, met.pair, met.stats
    offered = creator.privacy
    return {
        "open_id": creator.open_id,
        "nickname": creator.nickname,
        "username": creator.username,
        "sandbox": met.sandbox,
        "scopes": None if met.scopes is None else list(met.scopes),
        "missing": list(missing(met.scopes)),
        "expires_at": rfc3339(pair.expires_at, "seconds"),
        "refresh_expires_at": rfc3339(pair.refresh_expires_at, "seconds"),
        "renewable": bool(pair.refresh_token),
        "kept_in": pair.kept_in,
        "public": creator.is_public,
        "privacy": None if offered is None else [str(level) for level in offered],
        "disabled": sorted(creator.disabled),
        "max_seconds": creator.max_seconds,
        "stop": creator.stop or None,
        "can": [
            {"what": able.name, "possible": able.possible, "why": able.why or None}
            for able in abilities(creator, app, met.scopes, sandbox=met.sandbox)
        ],
        "stats": found
        and {
            "followers": found.followers,
            "following": found.following,
            "likes": found.likes,
            "videos": found.videos,
        },
    }
