"""How does one request become an answer, with the faults on the way?

No socket is used here. The owner of the socket passes the body in, sends the result, and applies faults to it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace

from contentsync.emulator import pages, upload
from contentsync.emulator.faults import ON_PAGES, ON_POSTING, Action, Fault
from contentsync.emulator.message import Request, Response, envelope, flat, plain
from contentsync.emulator.refusal import STATUSES, Refused
from contentsync.emulator.tasks import Chunk, Task
from contentsync.emulator.world import World

BODY_LIMIT = 1_048_576
SWAPS = (Action.STATUS, Action.ERROR, Action.GARBAGE, Action.EMPTY)
GARBAGE = "<html><body>upstream connect error or disconnect/reset before headers</body></html>"
CODE_OF_STATUS = {401: "access_token_invalid", 429: "rate_limit_exceeded"}


class TooLarge(Exception):
    """The body of a call is over BODY_LIMIT."""


@dataclass(slots=True)
class LogLine:
    """One request in the log, without anything that opens a door. status: None when it got no answer."""

    method: str
    path: str
    endpoint: str
    account: str
    status: int | None = None
    fault: str | None = None

    def as_json(self) -> dict[str, object]:
        return {
            "method": self.method,
            "path": self.path,
            "endpoint": self.endpoint or None,
            "account": self.account or None,
            "status": self.status,
            "fault": self.fault,
        }


class Exchange(ABC):
    """One request under way."""

    #: The answer that the head alone earns; None if the body matters.
    early: Response | None = None
    #: Whether the faults were cleared after this request met them.
    are_cleared: Callable[[], bool] = staticmethod(lambda: False)

    def __init__(self, world: World, line: LogLine, faults: tuple[Fault, ...]) -> None:
        self.world, self.line, self.faults = world, line, faults
        line.fault = ", ".join(str(fault) for fault in faults) or None
        if self.fault(Action.EXPIRE_TOKEN) and line.account:
            world.tokens.expire(line.account)
        elif self.fault(Action.EXPIRE_TOKEN) and line.endpoint == "comment_list":
            world.tokens.expire_client_tokens()

    @abstractmethod
    def feed(self, data: bytes) -> None:
        """Take the next bytes of the body."""

    @abstractmethod
    def work(self) -> Response:
        """Do what is asked, and tell the answer."""

    def fault(self, *actions: Action, after: bool | None = None) -> Fault | None:
        """The first fault of these kinds; with `after`, only one for that side of the work."""
        for fault in self.faults:
            if fault.action in actions and after in (None, fault.after):
                return fault
        return None

    def answer(self) -> Response:
        """The answer, once the body is here: the true one, or what a fault puts in its place."""
        swap = self.fault(*SWAPS)
        if swap and not swap.after:
            return self.stand_in(swap)
        true = self.work()
        return self.stand_in(swap) if swap else true

    def stand_in(self, fault: Fault) -> Response:
        """What a fault answers in place of the truth."""
        if fault.action is Action.EMPTY:
            return Response(fault.status or 200)
        if fault.action is Action.GARBAGE:
            return plain(fault.status or 200, GARBAGE)
        if fault.action is Action.STATUS and fault.body is not None:
            return Response(fault.status or 200, fault.body.encode(), (("content-type", "application/json"),))
        code = fault.code
        if fault.action is Action.STATUS:
            code = CODE_OF_STATUS.get(fault.status or 0, "internal_error")
        return self.refusal(Refused(code, fault.message, fault.status))

    def refusal(self, err: Refused) -> Response:
        """An error in the shape of this endpoint's family."""
        log_id = self.world.ids.log_id(self.world.now())
        if self.line.endpoint in ("token", "revoke"):
            status = err.status or self.world.config.quirks.oauth_status
            return flat(log_id, err.code, err.message, status)
        status = err.status or STATUSES.get(err.code, 400)
        return envelope(log_id, None, err.code, err.message, status)

    def mark(self, task: Task | None) -> None:
        """Let the faults that are about a posting sit on this one."""
        for fault in self.faults:
            if task and fault.action in ON_POSTING:
                apply_mark(task, fault)


def apply_mark(task: Task, fault: Fault) -> None:
    """Change what becomes of a posting."""
    marks = task.marks
    if fault.action is Action.UNKNOWN:
        marks.unknown_polls = fault.polls or 0
    elif fault.action is Action.STUCK:
        marks.stuck = True
    elif fault.action is Action.FAIL:
        marks.fail_reason = fault.reason
    elif fault.action is Action.FALSE_FAIL:
        marks.false_fails, marks.false_reason, marks.false_with_id = fault.polls, fault.reason, fault.post_id
    elif fault.action is Action.FORGET:
        marks.forgotten = True


class Call(Exchange):
    """A request with a small body, answered as a whole."""

    def __init__(
        self,
        world: World,
        line: LogLine,
        faults: tuple[Fault, ...],
        head: Request,
        answer: Callable[[World, Request], Response],
    ) -> None:
        super().__init__(world, line, faults)
        self._head, self._answer = head, answer
        self._body = bytearray()

    def feed(self, data: bytes) -> None:
        """Take the next bytes; raises TooLarge."""
        self._body += data
        if len(self._body) > BODY_LIMIT:
            raise TooLarge

    def work(self) -> Response:
        request = replace(self._head, body=bytes(self._body))
        self.mark(self._named(request))
        before = len(self.world.tasks)
        answer = self._answer(self.world, request)
        if len(self.world.tasks) > before:
            self.mark(list(self.world.tasks.values())[-1])
        turn = self.fault(*ON_PAGES)
        return pages.turned(answer, request, turn.action, self.world.now()) if turn else answer

    def _named(self, request: Request) -> Task | None:
        """The posting that a status or cancel call asks about."""
        if self.line.endpoint not in ("status", "cancel"):
            return None
        try:
            return self.world.tasks.get(str(request.json().get("publish_id")))
        except Refused:
            return None


class Put(Exchange):
    """A chunk on its way in; its bytes are hashed and dropped."""

    def __init__(self, world: World, line: LogLine, faults: tuple[Fault, ...], head: Request) -> None:
        self._task = upload.task_of(world, head)
        line.account = self._task.account if self._task else ""
        super().__init__(world, line, faults)
        self.mark(self._task)
        found = upload.begin(world, head, self._task)
        self._chunk: Chunk | None = None
        if isinstance(found, Response):
            self.early = found
        else:
            self._chunk = found

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the chunk; of one that is refused they go nowhere."""
        if self._chunk:
            self._chunk.feed(data)

    def work(self) -> Response:
        if self.early is not None:
            return self.early
        assert self._task is not None
        assert self._chunk is not None
        return upload.finish(self.world, self._task, self._chunk)

    def refusal(self, err: Refused) -> Response:
        """No envelope here, but the progress where the true answer would tell it."""
        status = err.status or STATUSES.get(err.code, 400)
        if self._task and self._task.upload and status in (201, 206, 416):
            return upload.progress(self.world, self._task.upload, status)
        return Response(status)
