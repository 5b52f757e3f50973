"""`contentsync init`: a project that validates, with comments that teach. Never overwrites."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from contentsync.cli import exits
from contentsync.cli.commands.schema import write_schemas
from contentsync.cli.example import example_folder
from contentsync.cli.terminal import text
from contentsync.files import inside
from contentsync.store.backends import remote_of
from contentsync.visible import visible

PROJECT: Final = """\
# yaml-language-server: $schema=schemas/project.schema.json
# The project: which accounts there are, and what TikTok allows them. Every key: schemas/project.schema.json.
version: 1
{state}timezone: UTC                      # for every publish_at without an offset; e.g. Europe/Berlin

app:                               # your app in TikTok's developer portal
  client_key: ${CONTENTSYNC_CLIENT_KEY}          # read from the environment: no secret belongs in git
  client_secret: ${CONTENTSYNC_CLIENT_SECRET}
  audited: false                   # true once TikTok has audited the app for Direct Post
  # redirect_uri: http://127.0.0.1:*/callback/   # register this one for the app, under Login Kit, Desktop

accounts:
  me:                              # a name of yours; sign it in with: contentsync login me
    mode: draft                    # draft: into the inbox, the creator posts it in the app. direct: posts at once
"""

# In a git repository with a remote, where the state can be shared.
SHARED: Final = """\
# Share the state through the git remote "{remote}", so that all clones and CI runs know what was posted:
# state: {value}
"""

POST: Final = """\
# yaml-language-server: $schema=../../schemas/post.schema.json
# One post. Its key is me/hello, from account and name: the file may move, the post stays the same.
name: hello
account: me
video: hello.mp4                   # a file beside this manifest
caption: |
  Hello from git #firstpost

# A draft carries the video alone: the caption above is for you, and the plan says "not sent".
# To post it directly instead, take the # away and choose. There is no default for privacy, on purpose:
# mode: direct
# privacy: only_me                 # everyone | friends | followers | only_me
# allow: [comment]                 # comment, duet, stitch; nothing unless chosen
# publish_at: 2027-01-31T18:00:00  # absent: at the next apply
"""


@click.command()
@click.argument("folder", required=False, default=".", metavar="[DIR]", type=click.Path(file_okay=False))
def init(folder: str) -> int:
    """Start a project in DIR (here, unless given): one example draft that validates.

    Overwrites nothing: where one of its files is there already, it writes none.
    """
    root = Path(folder)
    texts = {
        root / "contentsync.yaml": PROJECT.replace("{state}", _offered(root)),
        root / "posts" / "hello" / "hello.yaml": POST,
    }
    video = root / "posts" / "hello" / "hello.mp4"
    if there := [path for path in (*texts, video) if os.path.lexists(path)]:
        raise click.ClickException(f"nothing was written, since there is already: {', '.join(map(str, there))}")
    try:
        for path, content in texts.items():
            inside(root, path.parent).mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        shutil.copyfile(_example_video(), video)
        write_schemas(root / "schemas")
    except OSError as err:
        raise click.ClickException(f"{root} can't be written: {err.strerror or err}") from err
    for path in (*texts, video, root / "schemas"):
        text.say(f"  {text.style('+', fg='green')} {path}")
    for line in _next_steps("" if root == Path() else folder):
        text.say(line)
    return exits.DONE


def _next_steps(folder: str) -> Iterator[str]:
    """What to do now. folder: where the project is; empty for here."""
    yield "Next:"
    if folder:
        yield f"  cd {visible(shlex.quote(folder))}"
    yield "  contentsync validate"
    yield "  edit posts/hello/hello.yaml, then contentsync plan --no-refresh"
    yield "  contentsync login me, to post; it needs an app of yours at TikTok: contentsync login --help"


def _offered(root: Path) -> str:
    """The lines that offer a shared state; empty where there is no remote to share it through."""
    remote = remote_of(root, os.environ)
    if not remote:
        return ""
    return SHARED.format(remote=remote, value="git" if remote == "origin" else f"git:{remote}")


def _example_video() -> Path:
    return example_folder() / "posts" / "launch" / "teaser.mp4"
