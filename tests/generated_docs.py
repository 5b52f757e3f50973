"""Which pages are made from the source? `python -m tests.generated_docs` renews them, and the list in commands.md.

A test says so where one is behind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from contentsync.cli import main as cli
from contentsync.emulator.endpoints import ENDPOINTS, Api, Research
from contentsync.tiktok import refusals
from contentsync.tiktok.refusals import AT_ONCE, DAY, LOOK_AGAIN, MINUTE, Failure, Family, Refusal
from contentsync.tiktok.throttle import TIKTOKS_FIGURES, _per_minute
from contentsync.tiktok.wire import Endpoint

DOCS = Path(__file__).resolve().parent.parent / "docs"
RENEW = "python -m tests.generated_docs"


# docs/refusals.md


def refusals_page() -> str:
    """Each error code and fail_reason: whether and when a new attempt may follow, and what the user reads."""
    parts = [
        "# What TikTok's refusals lead to\n",
        f"Made from `contentsync/tiktok/refusals.py`, the only place that knows this: `{RENEW}` renews it.\n"
        "A code that is in none of these tables is no definite no: the outcome is looked into, never guessed.\n",
        "## Error codes of the API\n",
        "Told by `error.code`, in whatever HTTP status below 500 it comes.\n",
        *_table(refusals.REFUSALS.values()),
        "## Errors of the token endpoint\n",
        *_table(refusals.OAUTH.values()),
        "## Why a posting failed\n",
        "Told by `fail_reason`, once TikTok has taken the post.\n",
        *_table(refusals.FAILURES.values()),
    ]
    return "\n".join(parts)


def _table(rows: object) -> Iterator[str]:
    yield "| code | a new attempt | exit | what is told | hint |\n| --- | --- | --- | --- | --- |"
    for row in rows:  # type: ignore[attr-defined]
        cells = (f"`{row.code}`", again_of(row), str(exit_of(row)), row.what, row.hint)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
    yield ""


def again_of(row: Failure) -> str:
    """When a new attempt may follow, in words."""
    if isinstance(row, Refusal) and not row.definite:
        return "not known to have failed: looked into first"
    told = {MINUTE: "in the same run, after a minute", DAY: "after 24 hours", AT_ONCE: "once more, in the same run"}
    told[LOOK_AGAIN] = "after 4 hours, or once a draft was posted"
    if row.again is not None:
        return told[row.again]
    return "after a sign-in" if row.family is Family.SIGN_IN else "only by a person: `apply --retry`"


def exit_of(row: Failure) -> str:
    """How an apply ends that meets it to the last."""
    if isinstance(row, Refusal) and not row.definite:
        return "1, or 4 where it may be live"
    if row.family is Family.SIGN_IN or row.code in refusals.OAUTH:
        return "8"
    return "5" if row.again in {DAY, LOOK_AGAIN} else "1"


# docs/api-coverage.md


@dataclass(frozen=True, slots=True)
class Covered:
    """How an endpoint is used. ours: our function. command: which asks it. test: that proves it end to end."""

    ours: str
    command: str
    test: str


EVERY: Final = "tests/tiktok/test_every_endpoint.py::"
COVERED: Final[dict[str, Covered]] = {
    Endpoint.TOKEN: Covered("oauth.redeem, oauth.renew, research.client_token", "login, comments", "token"),
    Endpoint.REVOKE: Covered("oauth.revoke", "logout", "revoke"),
    Endpoint.USER_INFO: Covered("Client.user_info", "accounts", "user_info"),
    Endpoint.VIDEO_LIST: Covered("Client.videos, Client.all_videos", "videos, plan, refresh", "video_list"),
    Endpoint.VIDEO_QUERY: Covered("Client.query_videos", "videos --id", "video_query"),
    Endpoint.CREATOR_INFO: Covered("Client.creator_info", "accounts, plan, apply", "creator_info"),
    Endpoint.VIDEO_INIT: Covered("Client.init_video, Client.put_chunk", "apply", "video_init"),
    Endpoint.INBOX_INIT: Covered("Client.init_inbox", "apply", "inbox_init"),
    Endpoint.CONTENT_INIT: Covered("Client.init_photos", "apply", "content_init"),
    Endpoint.STATUS: Covered("Client.status", "apply, status", "status"),
    Endpoint.CANCEL: Covered("Client.cancel", "cancel", "cancel"),
    Endpoint.COMMENT_LIST: Covered("Client.comments, Client.all_comments", "comments", "comment_list"),
}


def coverage_page() -> str:
    """Each endpoint with all that uses and proves it."""
    head = (
        "# TikTok's API, endpoint by endpoint\n\n"
        f"Made from the source: `{RENEW}` renews it. Limits are calls a minute and token, as documented; each\n"
        "test is a real command, or the typed client, over a socket against the [emulator](emulator.md).\n\n"
        "| endpoint | scope | a minute | our code | command | emulator | test |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
    )
    return head + "".join(f"| {' | '.join(_row(path, it))} |\n" for path, it in COVERED.items())


def _row(path: str, it: Covered) -> tuple[str, ...]:
    served = ENDPOINTS[str(path)]
    scopes = ", ".join(served.scopes) if isinstance(served, Api | Research) else "the app's keys"
    limits = {str(endpoint): figure for endpoint, figure in _per_minute(TIKTOKS_FIGURES).items()}
    limit = "none documented" if path == Endpoint.CANCEL else str(limits.get(str(path), "none documented"))
    handler = f"{served.handler.__module__.removeprefix('contentsync.')}.{served.handler.__name__}"
    return (
        f"{served.method} `{path}`",
        scopes,
        limit,
        it.ours,
        it.command or "none yet",
        handler,
        f"`{test_of(it)}`",
    )


def test_of(it: Covered) -> str:
    return f"{EVERY}test_{it.test}"


test_of.__test__ = False  # type: ignore[attr-defined]


def our_functions() -> Iterator[str]:
    """The methods of the client that COVERED names."""
    for it in COVERED.values():
        yield from (name.removeprefix("Client.") for name in it.ours.split(", ") if name.startswith("Client."))


# The list in docs/commands.md

BEGIN: Final = f"<!-- made from the commands: {RENEW} renews it -->\n"
END: Final = "<!-- end -->\n"


def commands_page() -> str:
    """docs/commands.md with a fresh list of all commands; the rest of the page is written by hand."""
    page = (DOCS / "commands.md").read_text("utf-8")
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}{''.join(_groups())}{END}{rest.partition(END)[2]}"


def _groups() -> Iterator[str]:
    for path in sorted(DOCS.glob("commands-*.md"), key=_in_the_order_of_work):
        text = path.read_text("utf-8")
        title = text.partition("\n")[0].removeprefix("# ")
        yield f"### [{title}]({path.name})\n\n| command | does |\n| --- | --- |\n"
        yield from (_row_of(verb, path.name) for verb in re.findall(r"^## ([\w-]+)$", text, re.M))
        yield "\n"


def _in_the_order_of_work(path: Path) -> int:
    order = ("write", "send", "look", "accounts", "around")
    return order.index(path.stem.removeprefix("commands-"))


def _row_of(verb: str, page: str) -> str:
    command = cli.group.get_command(click.Context(cli.group), verb)
    assert command is not None, f"docs/{page} has a command {verb}, and contentsync has not"
    return f"| [`{verb}`]({page}#{verb}) | {command.get_short_help_str(limit=200)} |\n"


# docs/options.md


def options_page() -> str:
    """Every command with its arguments and options, as the program itself knows them."""
    head = (
        "# Every option\n\n"
        f"Made from the commands: `{RENEW}` renews it. The help of a command (`--help`) says the same.\n"
        "[commands.md](commands.md) has what each command is for, and its page explains the options.\n\n"
    )
    context = click.Context(cli.group, info_name="contentsync")
    own = f"## Before the command\n\n{''.join(_options_of(cli.group, context))}\n"
    return head + own + "".join(_every_command(cli.group, context, "")).rstrip("\n") + "\n"


def _every_command(group: click.Group, context: click.Context, before: str) -> Iterator[str]:
    for name in sorted(group.list_commands(context)):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        words = f"{before}{name}"
        inner = click.Context(command, info_name=name, parent=context)
        # Releases of click differ in how they name the subcommand of a group.
        usage = re.sub(r"\[?COMMAND\]? \[ARGS\]\.\.\.", "[COMMAND]", " ".join(command.collect_usage_pieces(inner)))
        yield f"## {words}\n\n{command.get_short_help_str(limit=200)}\n\n"
        yield f"```text\ncontentsync {words} {usage}\n```\n\n"
        if told := "".join(_options_of(command, inner)):
            yield f"{told}\n"
        if isinstance(command, click.Group):
            yield from _every_command(command, inner, f"{words} ")


def _options_of(command: click.Command, context: click.Context) -> Iterator[str]:
    options = [one for one in command.params if isinstance(one, click.Option)]  # the usage names the arguments
    rows = [record for one in options if (record := one.get_help_record(context))]
    if rows:
        yield "| option | |\n| --- | --- |\n"
    for names, words in rows:
        yield f"| `{_cell(names)}` | {_cell(words)} |\n"


def _cell(text: str) -> str:
    """A text in a table, where `|` ends a cell and `<` begins a tag."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


PAGES: Final = {
    "options.md": options_page,
    "commands.md": commands_page,
    "refusals.md": refusals_page,
    "api-coverage.md": coverage_page,
}


if __name__ == "__main__":
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), "utf-8")
