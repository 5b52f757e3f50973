"""`contentsync probe`: the facts of a media file, and whether TikTok takes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from contentsync.cli import exits
from contentsync.cli.options import as_json
from contentsync.cli.terminal import text
from contentsync.visible import visible

if TYPE_CHECKING:
    from contentsync.operations.probe import Probed


# What keeps a file from being looked at, so that nothing can be said of what TikTok would do.
_UNREAD: Final = frozenset({"media-not-found", "media-not-a-file", "media-unreadable"})


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@as_json
def probe(file: Path, json_: bool) -> int:
    """Show what is in FILE, a video or a photo, and what TikTok would say of it.

    Needs no project, no network and no token. Exits 0 where TikTok takes the file, 1 where it does not.

    Example: contentsync probe posts/teaser.mp4
    """
    from contentsync.operations import probe as operation
    from contentsync.views import probe as view

    probed = operation.probe(file)
    if json_:
        text.show_json(view.document(probed))
    else:
        _show(probed)
    return exits.DONE if probed.is_fine else exits.FAILED


def _show(probed: Probed) -> None:
    text.say(text.style(visible(str(probed.path)), bold=True))
    for name, value in _facts(probed):
        text.say(f"  {text.style(f'{name:<10}', dim=True)} {value}")
    for problem in probed.problems:
        for line in text.problem_lines(problem):
            text.say(f"  {line}")
    if any(problem.code in _UNREAD for problem in probed.problems):
        text.say(text.style("There is no file to check.", fg="red"))
    elif probed.is_fine and not probed.look.facts:
        text.say("The content of the file was not checked.")
    elif probed.is_fine:
        kind = "a video" if probed.kind.value == "video" else "a photo"
        text.say(text.style(f"TikTok takes it as {kind}.", fg="green"))
    else:
        text.say(text.style("TikTok does not take it.", fg="red"))


def _facts(probed: Probed) -> Iterator[tuple[str, str]]:
    look, facts = probed.look, probed.look.facts
    if facts:
        yield "container", facts.container or "unknown"
        if facts.codec:
            yield "codec", facts.codec
        if facts.width and facts.height:
            yield "picture", f"{facts.width}x{facts.height}"
        if facts.duration is not None:
            yield "length", f"{facts.duration:.1f} s"
        if facts.frame_rate:
            yield "rate", f"{facts.frame_rate:g} frames a second"
    if look.sha256:
        yield "size", f"{text.size(look.size)} ({look.size:,} bytes)"
        yield "sha256", look.sha256
