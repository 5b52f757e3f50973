"""Is an account still the TikTok account that its posts were made for? One comparison, used everywhere.

The danger: TikTok gives one account another open_id in each app. With another app (from sandbox to live, or a second
key in the CI) all rows and receipts seem to belong to somebody else, and every post would be sent again.

The rule: any evidence of posts under another open_id, with the account's name or the same union_id or username, stops
the account's creates until a person says that it is the same account.

Why that is enough: every witness of a post has the open_id that made it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from contentsync.frozen import frozen


@frozen
class Identity:
    """A TikTok account in the view of one app."""

    #: One for each app.
    open_id: str
    #: One for each developer; empty where it is not known.
    union_id: str = ""
    #: The handle; empty where it is not known.
    username: str = ""

    def is_like(self, other: Identity) -> bool:
        """Whether another open_id is, by all that is known, the same TikTok account."""
        if self.union_id and other.union_id:
            return self.union_id == other.union_id
        return bool(self.username) and self.username == other.username

    @property
    def shown(self) -> str:
        return f"@{self.username} ({self.open_id})" if self.username else self.open_id


@frozen
class Witnessed:
    """That posts were made under an identity, for an account of that name."""

    identity: Identity
    account: str
    rows: int = 0
    receipts: int = 0


@frozen
class Former:
    """Another open_id under which posts of the account were made."""

    identity: Identity
    rows: int = 0
    receipts: int = 0

    @property
    def counted(self) -> str:
        """How much was made under it, in words."""
        told = {"post in the state": self.rows, "receipt": self.receipts}
        found = [f"{count} {_many(name, count)}" for name, count in told.items() if count]
        return " and ".join(found) or "notes on this machine"


def _many(name: str, count: int) -> str:
    first, space, rest = name.partition(" ")
    return name if count == 1 else f"{first}s{space}{rest}"


class Witnesses:
    """What posts of a project were made under, to be asked for each of its accounts."""

    def __init__(self, witnessed: Iterable[Witnessed], owners: Mapping[str, str]) -> None:
        """owners: by open_id, the account of the project that has it now: its posts are its own."""
        self._owners = owners
        self._found: dict[tuple[str, str], list[Witnessed]] = {}
        for one in witnessed:
            marks = ("account", one.account), ("union_id", one.identity.union_id), ("username", one.identity.username)
            for mark in marks:
                self._found.setdefault(mark, []).append(one)

    def formers(self, now: Identity, account: str, own: Iterable[Witnessed] = ()) -> tuple[Former, ...]:
        """The other identities that posts of an account were made under. now: who it is. own: more of its name."""
        named = [*self._found.get(("account", account), ()), *own]
        marks = [(kind, mark) for kind, mark in (("union_id", now.union_id), ("username", now.username)) if mark]
        alike = [one for mark in marks for one in self._found.get(mark, ()) if one.identity.is_like(now)]
        found: dict[str, Former] = {}
        for one in {id(one): one for one in (*named, *alike)}.values():
            open_id = one.identity.open_id
            if open_id in {"", now.open_id} or self._owners.get(open_id, account) != account:
                continue
            known = found.get(open_id, Former(one.identity))
            identity = known.identity if known.identity.username else one.identity
            found[open_id] = Former(identity, known.rows + one.rows, known.receipts + one.receipts)
        return tuple(found[open_id] for open_id in sorted(found))
