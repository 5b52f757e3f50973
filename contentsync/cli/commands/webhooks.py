"""`contentsync webhooks`: receive what TikTok pushes, look at what came, and send an event for trying."""

from __future__ import annotations

import json
import signal
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import click

from contentsync.cli import exits
from contentsync.cli.duration import DURATION
from contentsync.cli.main import Context
from contentsync.cli.options import as_json
from contentsync.cli.terminal import text
from contentsync.cli.terminal.flood import Flood
from contentsync.errors import Problem, StoreError, UsageError
from contentsync.media_urls import shown
from contentsync.operations.state_rows import row_of
from contentsync.views import events as event_view
from contentsync.visible import visible

if TYPE_CHECKING:
    from contentsync.project import Project

PORT: Final = 8486
REFUSED_LINES: Final = 30  # a minute, about deliveries that were refused; beyond them their number
PATH: Final = "/tiktok/webhooks"


@click.group()
def webhooks() -> None:
    """Receive TikTok's webhooks, so that what happened is known sooner. Polling works without them."""


@webhooks.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65_535), default=PORT, show_default=True, help="0 picks a free one.")
@click.option("--path", default=PATH, show_default=True, metavar="/…", help="The only path that is answered.")
@click.option(
    "--tolerance",
    type=DURATION,
    default=300.0,
    metavar="TIME",
    help="What is signed longer ago than this and the 72 hours of TikTok's retries, or further ahead than this, is a "
    "hint to look only. [5m]",
)
@as_json
@click.pass_obj
def serve(context: Context, host: str, port: int, path: str, tolerance: float, json_: bool) -> int:
    """Listen for deliveries, verify them, store them, and ask TikTok about what they say.

    TikTok delivers to public https only: put a reverse proxy or a tunnel before it. Takes no lock and sends nothing
    to TikTok. Ends at Ctrl-C or SIGTERM; what waits is worked on by the next one.
    """
    from contentsync.webhooks.receiver import Receiver

    if not path.startswith("/") or any(char in path for char in "?#{} "):
        raise click.BadParameter(f'"{path}" is no path: it begins with / and has no ?, #, braces or blanks')
    project = context.project()
    teller = Teller(json_)
    receiver = Receiver(
        project, host=host, port=port, path=path, tolerance=timedelta(seconds=tolerance), tell=teller.tell
    )
    _run_until_told(receiver, teller)
    return exits.DONE


def _run_until_told(receiver: Any, teller: Teller) -> None:
    """Hold the receiver until a signal comes. Its handler raises, so that it also ends a wait."""
    ends = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(end, signal.default_int_handler) for end in ends]
    try:
        receiver.start()
        teller.listening(receiver.url)
        while True:
            time.sleep(1)
            receiver.check()
    except KeyboardInterrupt:
        for end in ends:
            signal.signal(end, signal.SIG_IGN)
    finally:
        receiver.stop()
        for end, handler in zip(ends, before, strict=True):
            signal.signal(end, handler or signal.SIG_DFL)


class Teller:
    """Shows what happens, a line each: as JSON on stdout, or in words on stderr. Never a signature or a body."""

    def __init__(self, json_: bool) -> None:
        self._json = json_
        self._lock = threading.Lock()
        self._refused = Flood(REFUSED_LINES, 60.0)

    def listening(self, url: str) -> None:
        self._line({"event": "listening", "url": url}, f"Listening on {url}; Ctrl-C ends it.")

    def tell(self, happened: Any) -> None:
        """One delivery, one event that was worked on, or a state that can't be written."""
        if isinstance(happened, StoreError):
            problem = happened.problems[0]
            self._line({"event": "problem", "code": problem.code, "what": problem.what}, str(problem))
        elif hasattr(happened, "came"):
            self._worked(happened)
        else:
            self._received(happened)

    def _received(self, answer: Any) -> None:
        if not answer.digest:  # anybody may send such a delivery, as often as they like
            takes, left_out = self._refused.takes(time.monotonic())
            if left_out:
                self._line({"event": "refused", "count": left_out}, f"{left_out} more deliveries were refused")
            if not takes:
                return
        told = {"event": "delivery", "status": answer.status, "what": answer.what}
        told |= {"name": answer.event or None, "id": answer.digest[:12] or None}
        told |= {"effect": answer.effect or None}
        words = f"{answer.status} {answer.what} {visible(answer.event)} {answer.digest[:12]}"
        kept = " kept, without effect" if answer.effect == "keep" else ""
        self._line(told, words.rstrip() + kept)

    def _worked(self, worked: Any) -> None:
        event, came = worked.event, worked.came
        told = {"event": "worked", "name": event.event, "id": event.digest[:12], "post": worked.post or None}
        told |= {"state": str(came.state), "outcome": came.outcome}
        again = f", again {text.when(worked.again_at, seconds=True)}" if worked.again_at else ""
        why = f" ({came.why})" if came.why else ""
        words = f"{event.digest[:12]} {visible(event.event)} {worked.post} {came.outcome}{why}{again}"
        self._line(told, " ".join(words.split()))

    def _line(self, told: dict[str, object], words: str) -> None:
        with self._lock:
            if self._json:
                text.say_json(told)
            else:
                text.tell(words)


@webhooks.command()
@click.argument("event", metavar="EVENT")
@click.option("--url", default=f"http://127.0.0.1:{PORT}{PATH}", show_default=True, help="The receiver.")
@click.option("--post", default="", metavar="POST", help="About this post: the publish_id of its last attempt.")
@click.option("--publish-id", default="", metavar="ID", help="About this publish_id.")
@click.option("--account", default="", metavar="NAME", help="Of this account; else that of the post, or the first.")
@click.option("--post-id", default="", metavar="ID", help="The video that is, or was, public.")
@click.option("--reason", default="", metavar="WORD", help="Why: a fail_reason, or 0 to 5 for authorization.removed.")
@click.option("--content", default="", metavar="JSON", help="The whole content, instead of the usual one.")
@click.option("--age", type=DURATION, default=0.0, metavar="TIME", help="Signed that long ago.")
@click.option("--twice", is_flag=True, help="Deliver the same bytes two times.")
@click.option("--wrong-signature", is_flag=True, help="Sign with another secret: the receiver must refuse it.")
@click.pass_obj
def send(
    context: Context,
    event: str,
    url: str,
    post: str,
    publish_id: str,
    account: str,
    post_id: str,
    reason: str,
    content: str,
    age: float,
    twice: bool,
    wrong_signature: bool,
) -> int:
    """Sign one event with the project's client secret, as TikTok would, and deliver it to a receiver: for trying.

    A receiver believes what is signed. Try it in a project that points at the emulator.
    """
    from contentsync.emulator import courier
    from contentsync.emulator import webhooks as emulated

    project = context.project()
    account, publish_id = _about(project, post, account, publish_id)
    told = {"publish_id": publish_id, "post_id": post_id, "reason": reason, "content": _content(content)}
    values = {key: value for key, value in told.items() if value}
    open_id = project.at_work(account).open_id if account else ""
    client_key, secret = _keys(project)
    now = int(time.time())
    try:
        body = emulated.body_of(client_key, event, open_id, emulated.content_of(event, values), now)
        key = f"not {secret}" if wrong_signature else secret
        headers = emulated.headers_of(key, body, now - int(age))
        answers = [courier.post(url, headers, body) for _ in range(2 if twice else 1)]
    except ValueError as err:
        raise UsageError(Problem("webhook-not-sent", str(err), "see contentsync webhooks send --help")) from err
    for status in answers:
        text.say(f"{event}: {f'answered {status}' if status else f'no answer from {shown(url)}'}")
    if 0 in answers:
        text.tell("  hint: is contentsync webhooks serve running there? --url names another receiver")
    return exits.DONE if all(200 <= status < 300 for status in answers) else exits.FAILED


def _about(project: Project, post: str, account: str, publish_id: str) -> tuple[str, str]:
    """The account and publish_id that are meant."""
    if post:
        row = row_of(project, post)
        return account or row.account, publish_id or (row.last.publish_id if row.last else "")
    return account or next(iter(project.settings.accounts), ""), publish_id


def _content(given: str) -> object:
    try:
        return json.loads(given) if given else None
    except ValueError as err:
        raise click.BadParameter(f"not JSON: {err}", param_hint="--content") from err


def _keys(project: Project) -> tuple[str, str]:
    keys = project.app_keys()
    if not keys:
        what = "an event is signed with the app's client secret, and there is none"
        raise UsageError(Problem("webhook-not-sent", what, "write client_secret under app: in contentsync.yaml"))
    return keys[0][0] or "", keys[0][1]


@webhooks.command("list")
@as_json
@click.pass_obj
def list_(context: Context, json_: bool) -> int:
    """Every event that came, oldest first: when, what, for which post, and what came of it. Asks nobody."""
    project = context.project()
    keys = {
        attempt.publish_id: row.key
        for creator in project.reading_store.creators().values()
        for row in project.reading_store.posts(creator[0])
        for attempt in row.attempts
        if attempt.publish_id
    }
    events = project.reading_store.events.all()
    if json_:
        text.show_json(event_view.document(events, keys))
        return exits.DONE
    for event in events:
        about = keys.get(event.publish_id) or event.publish_id or event.open_id
        name = event.event or "(unreadable)"
        line = f"{text.when(event.received_at)}  {event.digest[:12]}  {name}  {about}  {event.state}: {event.outcome}"
        text.say(visible(line.rstrip(": ")))
    if not events:
        text.say("No events.")
    return exits.DONE
