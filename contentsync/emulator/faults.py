"""What goes wrong, and when? Faults as data, the list that counts them down, and the text form of a fault.

`connection.py` applies faults of the connection, `exchange.py` those of a posting.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Final

INITS: Final = frozenset({"video_init", "inbox_init", "photo_init"})
ENDPOINTS: Final = INITS | {
    "token",
    "revoke",
    "authorize",
    "user_info",
    "video_list",
    "video_query",
    "creator_info",
    "upload",
    "status",
    "cancel",
    "webhook",
    "comment_list",
}
WEBHOOK: Final = "webhook"  # not called by the client: what the emulator sends by itself
GROUPS: Final[dict[str, frozenset[str]]] = {"any": frozenset(ENDPOINTS - {WEBHOOK}), "init": INITS}


class Action(StrEnum):
    """What a fault does: to the wire, to an answer, to a posting, or to a webhook."""

    DROP_BEFORE = "drop_before"  # take the request, close without doing it
    DROP_AFTER = "drop_after"  # do it, close without an answer
    CUT = "cut"  # close after `bytes` of the request's body
    STALL = "stall"  # say nothing more, after `bytes` of the body if given
    DELAY = "delay"  # wait `seconds`
    TRUNCATE = "truncate"  # close after `bytes` of the answer's body
    GARBAGE = "garbage"  # 200 and a body that is no JSON
    EMPTY = "empty"  # 200 and no body
    TRICKLE = "trickle"  # send the answer byte by byte, `seconds` apart, its head first
    DATE = "date"  # the Date of the answer is off by `seconds`, which may be negative
    CURSOR_BACK = "cursor_back"  # the page of a list leads back to its beginning and promises more
    EMPTY_PAGE = "empty_page"  # the page of a list is empty and promises more
    STATUS = "status"  # this HTTP `status`, with an envelope that goes with it, or `body`
    ERROR = "error"  # this error `code`, with its documented status or `status`
    EXPIRE_TOKEN = "expire_token"  # noqa: S105  the caller's access tokens end before the work
    UNKNOWN = "unknown_publish_id"  # the posting is not known for `polls` status calls
    STUCK = "stuck"  # the posting never gets out of processing
    FAIL = "fail"  # the posting ends with `reason`
    FALSE_FAIL = "false_fail"  # for `polls` status calls a post that is published is said to have FAILED
    FORGET = "forget"  # the posting's publish_id is not known any more
    TWICE = "twice"  # a webhook is delivered two times
    REORDER = "reorder"  # a webhook waits until the one after it was delivered
    WRONG_SIGNATURE = "wrong_signature"  # a webhook is signed with another secret, this time


OF_WEBHOOKS: Final = {Action.TWICE, Action.REORDER, Action.WRONG_SIGNATURE}
ON_WEBHOOKS: Final = OF_WEBHOOKS | {Action.DROP_BEFORE, Action.DELAY}
ON_PAGES: Final = {Action.CURSOR_BACK, Action.EMPTY_PAGE}
LISTS: Final = frozenset({"video_list", "comment_list"})
AFTER_UNLESS_SAID: Final = {Action.GARBAGE, Action.EMPTY}
ON_POSTING: Final = {Action.UNKNOWN, Action.STUCK, Action.FAIL, Action.FALSE_FAIL, Action.FORGET}
# The field that a bare value means: `upload:status=503` is `upload:status,status=503`.
MAIN_FIELD: Final[dict[Action, str]] = {
    Action.CUT: "bytes",
    Action.STALL: "bytes",
    Action.TRUNCATE: "bytes",
    Action.DELAY: "seconds",
    Action.TRICKLE: "seconds",
    Action.DATE: "seconds",
    Action.STATUS: "status",
    Action.ERROR: "code",
    Action.UNKNOWN: "polls",
    Action.FALSE_FAIL: "polls",
    Action.FAIL: "reason",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to do wrong.

    endpoint: a name of ENDPOINTS or GROUPS. nth: the first matching call that is hit, from 1. count: how many
    are hit from there, None is every one. account: only its calls. when: "before" or "after" the work, "" is
    the action's own habit. early: answer once the head is read, with the body still on its way. message: None
    is the usual words of the code. body: of a `status` answer, None is the usual one. polls: None is for ever, which
    `false_fail` alone takes. post_id: whether a false failure tells the id of the post.
    """

    action: Action
    endpoint: str = "any"
    nth: int = 1
    count: int | None = 1
    account: str = ""
    when: str = ""
    status: int | None = None
    code: str = "internal_error"
    message: str | None = None
    body: str | None = None
    seconds: float = 1.0
    bytes: int | None = None
    polls: int | None = 1
    reason: str = "internal"
    early: bool = False
    post_id: bool = False

    def __post_init__(self) -> None:
        if self.endpoint not in ENDPOINTS and self.endpoint not in GROUPS:
            raise ValueError(f'there is no endpoint "{self.endpoint}", only {_listed(ENDPOINTS | set(GROUPS))}')
        if self.action in OF_WEBHOOKS and self.endpoint != WEBHOOK:
            raise ValueError(f"the action {self.action} is one of webhook only")
        if self.endpoint == WEBHOOK and self.action not in ON_WEBHOOKS:
            raise ValueError(f"webhook takes no {self.action}, only {_listed(ON_WEBHOOKS)}")
        if self.action in ON_PAGES and self.endpoint not in LISTS:
            raise ValueError(f"the action {self.action} is one of {_listed(LISTS)} only")
        if self.polls is None and self.action is not Action.FALSE_FAIL:
            raise ValueError(f"the action {self.action} needs a number of polls")
        if self.seconds < 0 and self.action is not Action.DATE:
            raise ValueError(f"the action {self.action} needs seconds from 0 on")
        if self.nth < 1 or (self.count is not None and self.count < 1):
            raise ValueError("nth and count begin at 1")
        if self.when not in ("", "before", "after"):
            raise ValueError(f'when is "before" or "after", not "{self.when}"')
        if self.action is Action.STATUS and self.status is None:
            raise ValueError("the action status needs a status, as in upload:status=503")
        if self.status is not None and not 200 <= self.status <= 599:
            raise ValueError(f"a status is 200 to 599, not {self.status}")

    @property
    def after(self) -> bool:
        """True when the work is done first."""
        return self.when == "after" or (not self.when and self.action in AFTER_UNLESS_SAID)

    def hits(self, endpoint: str, account: str) -> bool:
        """True when a call is one that this fault counts."""
        there = endpoint == self.endpoint or endpoint in GROUPS.get(self.endpoint, ())
        return there and self.account in ("", account)

    def __str__(self) -> str:
        return f"{self.endpoint}:{self.action}"


@dataclass(slots=True)
class Armed:
    """A fault in the book, with the matching calls seen so far."""

    fault: Fault
    seen: int = 0

    def take(self) -> bool:
        """Count a matching call; True when it is to be hit."""
        self.seen += 1
        last = None if self.fault.count is None else self.fault.nth + self.fault.count
        return self.fault.nth <= self.seen and (last is None or self.seen < last)


@dataclass(slots=True)
class FaultBook:
    """The faults in force, and the cut of the whole wire.

    calls_left: answered calls until the wire is cut, None is never. lose_answer: the call that follows them
    is done as well, and only its answer lost.
    """

    armed: list[Armed] = field(default_factory=list)
    calls_left: int | None = None
    lose_answer: bool = False
    #: How often the faults were cleared.
    clearings: int = 0

    def add(self, fault: Fault) -> None:
        """Put a fault in force."""
        self.armed.append(Armed(fault))

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self.clearings += 1
        self.armed.clear()
        self.mend()

    def are_cleared(self) -> Callable[[], bool]:
        """A question for later: have the faults of this moment been cleared?"""
        before = self.clearings
        return lambda: self.clearings != before

    def mend(self) -> None:
        """Undo cut_after."""
        self.calls_left = None

    def cut_after(self, calls: int, lose_answer: bool) -> None:
        """Let so many calls through, and then none."""
        self.calls_left, self.lose_answer = calls, lose_answer

    def meet(self, endpoint: str, account: str) -> tuple[Fault, ...]:
        """The faults that one call runs into; they count it."""
        cut = self._cut()
        if cut is not None:
            return (Fault(cut),)
        return tuple(armed.fault for armed in self.armed if armed.fault.hits(endpoint, account) and armed.take())

    def _cut(self) -> Action | None:
        if self.calls_left is None:
            return None
        self.calls_left -= 1
        if self.calls_left >= 0:
            return None
        return Action.DROP_AFTER if self.calls_left == -1 and self.lose_answer else Action.DROP_BEFORE


def parse(text: str) -> Fault:
    """A fault from `ENDPOINT:ACTION[=VALUE][,KEY=VALUE]…`, as in `upload:status=503,nth=2,when=after`.

    Raises ValueError in words for a person.
    """
    endpoint, colon, rest = text.partition(":")
    first, *others = rest.split(",")
    name, has_value, value = first.partition("=")
    if not colon or not name:
        raise ValueError(f'a fault is written ENDPOINT:ACTION[=VALUE][,KEY=VALUE]…, not "{text}"')
    values: dict[str, object] = {"endpoint": endpoint, "action": name}
    if has_value:
        values[_main_field(name)] = value
    for other in others:
        key, _, values[key] = other.partition("=")
    return make({key: values[key] for key in values})


def make(values: Mapping[str, object]) -> Fault:
    """A fault from names and values, of JSON or of text; raises ValueError in words for a person."""
    known = {entry.name: entry.type for entry in fields(Fault)}
    unknown = [key for key in values if key not in known]
    if unknown:
        raise ValueError(f'a fault has no "{unknown[0]}", only {_listed(known)}')
    if "action" not in values:
        raise ValueError(f"a fault needs an action: {_listed(Action)}")
    read = {key: _read(key, str(known[key]), value) for key, value in values.items() if key != "action"}
    return Fault(_action(values["action"]), **read)  # type: ignore[arg-type]  # _read has made each its type


def _action(name: object) -> Action:
    try:
        return Action(str(name))
    except ValueError:
        raise ValueError(f'there is no action "{name}", only {_listed(Action)}') from None


def _main_field(action: str) -> str:
    found = MAIN_FIELD.get(_action(action))
    if found is None:
        raise ValueError(f"the action {action} takes no value of its own")
    return found


def _read(key: str, kind: str, value: object) -> object:
    """A value as its field's type; `all` and null are None."""
    if value is None or (key in ("count", "polls") and value == "all"):
        return None
    try:
        if kind.startswith("int"):
            return int(str(value))
        if kind == "float":
            return float(str(value))
    except ValueError:
        raise ValueError(f'{key} must be a number, not "{value}"') from None
    if kind == "bool":
        return str(value).lower() in ("true", "1", "yes")
    return str(value)


def _listed(names: object) -> str:
    return ", ".join(sorted(str(name) for name in names))  # type: ignore[attr-defined]
