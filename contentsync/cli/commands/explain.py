"""`contentsync explain`: the evidence about one post, and the decision that follows from it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import click

from contentsync.cli import complete, exits
from contentsync.cli.main import Context
from contentsync.cli.options import as_json
from contentsync.cli.terminal import text
from contentsync.cli.terminal.plan_text import post_lines
from contentsync.errors import Level
from contentsync.lifecycle import Phase
from contentsync.operations import explain as operation
from contentsync.operations.explain import Case
from contentsync.plan.action import Kind
from contentsync.post import DesiredPost
from contentsync.post_state import Attempt, PostState
from contentsync.project import Project
from contentsync.remote_post import RemotePost
from contentsync.views import explain as view
from contentsync.views.card import SYMBOLS
from contentsync.visible import visible


@click.command()
@click.argument("post", shell_complete=complete.posts)
@click.option("--refresh", "refresh_", is_flag=True, help="Ask TikTok first.")
@as_json
@click.pass_obj
def explain(context: Context, post: str, refresh_: bool, json_: bool) -> int:
    """Show all that is known of POST (ACCOUNT/NAME): manifest, state, attempts, TikTok's list, and the decision.

    \b
    Examples:
      contentsync explain acme/launch
      contentsync explain launch --refresh
    """
    project = context.project()
    try:
        case = operation.explain(project, post, refresh=refresh_)
        further = _further(project, case.row)
    finally:
        project.close()
    if json_:
        text.show_json(view.document(case, further))
    else:
        if account := project.settings.accounts.get(case.key.partition("/")[0]):
            text.use_zone(account.timezone)
        _show(case, further)
    return exits.FAILED if any(p.level is Level.ERROR for p in case.problems) else exits.DONE


def _show(case: Case, further: list[str]) -> None:
    text.say(text.style(case.key, bold=True))
    for title, lines in (
        ("manifest", _manifest(case.desired)),
        ("state", _state(case.row, further)),
        ("attempts", _attempts(case.row)),
        ("history", _history(case.history, case.shared_history)),
        ("TikTok", _remote(case)),
        ("decision", _decision(case)),
    ):
        text.say(text.style(title, fg="cyan"))
        for line in lines:
            text.say(f"  {line}")
    text.show_problems(case.problems)


def _manifest(desired: DesiredPost | None) -> Iterator[str]:
    if desired is None:
        yield "no manifest declares it"
        return
    yield str(desired.where)
    yield from (f"{name:<9}\t{value}" for name, value in post_lines(desired))
    yield f"{'content':<9}\t{desired.digest[:12]}…  generation {desired.generation}"


def _further(project: Project, row: PostState | None) -> list[str]:
    """The videos that are bound to a post beside the one that it names."""
    if row is None:
        return []
    bound = project.reading_store.bindings(row.open_id)
    return sorted(post_id for post_id, uid in bound.items() if uid == row.uid and post_id != row.post_id)


def _state(row: PostState | None, further: list[str]) -> Iterator[str]:
    if row is None:
        yield "no row: it was never attempted from this state"
        return
    yield f"row {row.uid[:8]} of {row.open_id}, generation {row.generation}"
    if row.post_id:
        yield f"TikTok post {row.post_id}{' (bound, not made here)' if row.bound_post_id else ''}"
    for post_id in further:
        yield f"further TikTok post {post_id}, bound to it too"
    if row.slot_at:
        yield f"slot {text.when(row.slot_at)}"


def _attempts(row: PostState | None) -> Iterator[str]:
    for attempt in row.attempts if row else ():
        yield f"{attempt.number}. {attempt.phase} ({attempt.mode}), begun {_second(attempt.created_at)}"
        yield from (f"   {line}" for line in _facts(attempt))
    if not row or not row.attempts:
        yield "none"


def _facts(attempt: Attempt) -> Iterator[str]:
    if attempt.publish_id:
        yield f"publish_id {attempt.publish_id}"
    if attempt.size:
        yield f"{attempt.sent_bytes} of {attempt.size} bytes acknowledged, content {attempt.digest[:12]}…"
    yield f"init sent {_second(attempt.init_sent_at)}; last chunk begun {_second(attempt.last_put_at)}"
    if attempt.phase is Phase.UPLOADING and attempt.upload_expires_at:
        there = f"; TikTok's clock said {_second(attempt.tiktok_opened_at)} when it gave the address"
        told = there if attempt.tiktok_opened_at else "; TikTok did not send its clock"
        yield f"upload address good until {_second(attempt.upload_expires_at)} by this machine's clock{told}"
    if attempt.problem_code:
        log = f", log_id {attempt.log_id}" if attempt.log_id else ""
        yield f"{visible(attempt.problem_what)} [{attempt.problem_code}{log}]"


def _history(lines: list[dict[str, object]], shared: str) -> Iterator[str]:
    """shared: the command that shows the history of all machines; empty where the state is not shared."""
    for line in lines:
        before, after = line["phase_before"], line["phase_after"]
        change = f" {before or '·'} → {after}" if after and before != after else ""
        log = f"  log_id {line['log_id']}" if line["log_id"] else ""
        at = line["at"]
        assert isinstance(at, datetime)
        yield f"{_second(at)}  {line['who']}  {line['what']}{change}{log}"
    if not lines:
        yield "none on this machine" if shared else "none"
    if shared:
        yield f"all machines' history is on the state's branch; run: {shared}"


def _remote(case: Case) -> Iterator[str]:
    if case.list_read_at is None:
        yield "its public list was never read"
        return
    yield f"public list read {text.when(case.list_read_at)}; absence from it proves nothing"
    for video in case.bound:
        yield f"this post: {_video(video)}"
    for one in case.differs:
        yield f"not as declared: {visible(str(one))}"
    for video in case.alike:
        yield f"looks alike, belongs to no post: {_video(video)}"


def _video(video: RemotePost) -> str:
    return f"{video.post_id}, {text.when(video.created_at)}, {video.duration} s, {visible(video.caption)[:60]!r}"


def _decision(case: Case) -> Iterator[str]:
    action = case.action
    if action is None:
        yield "unchanged: nothing to do" if case.desired else "nothing: it is not declared"
        return
    if action.kind is Kind.UNCHANGED:
        yield "unchanged: nothing to do"
        return
    due = f": {text.when(action.due_at)}" if action.due_at else ""
    yield f"{SYMBOLS[action.kind]} {action.kind}: {visible(action.reason)}{due}"
    for problem in action.problems:
        said = "" if action.reason.endswith(problem.what) else f"{visible(problem.what)} "
        yield f"  {said}[{problem.code}]"
        if problem.hint:
            yield f"  hint:\t{visible(problem.hint)}"


def _second(moment: datetime | None) -> str:
    return text.when(moment, seconds=True) if moment else "never"
