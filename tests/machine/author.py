"""What does the author declare? A few posts in files, under whatever names, and how often each may be at TikTok."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from contentsync.post import DesiredPost, Media

CLIP: Final = (Path(__file__).parents[1] / "media" / "video-h264.mp4").read_bytes()
KINDS: Final = ("public", "private", "draft", "pull")

PROJECT: Final = """\
version: 1
app: {{client_key: "${{CONTENTSYNC_CLIENT_KEY}}", client_secret: "${{CONTENTSYNC_CLIENT_SECRET}}", audited: true}}
accounts:
  {account}:
    mode: direct
    open_id: "{open_id}"
    limits: {{inits_per_minute: 100, status_per_minute: 1000, creator_info_per_minute: 1000, posts_per_day: 1000,
      pending_drafts: 1000, max_creates_per_run: 1000, max_creates_per_day: 1000}}
api: {{poll_initial: 2s, poll_max: 30s}}
"""


def clip(number: int, version: int) -> bytes:
    """A playable film of its own for each version of each post: the same frames, with a box that players skip."""
    mark = f"{number}.{version}".encode()
    return CLIP + (len(mark) + 8).to_bytes(4, "big") + b"free" + mark


@dataclass
class Declared:
    """One post as its author means it, from its first manifest to its last, whatever it is called.

    marks: what it was ever made of: the digest of each version of its file, or its address. may_be_there: how many
    postings of it the author has asked for, by generations and by knowing leave. renamed_since: its name changed, and
    no plan took that in yet. unseen: its media changed, and the state does not know that yet. misled: a person said
    that it is there, or will never be, and was wrong.
    """

    number: int
    name: str
    kind: str
    caption: str
    generation: int = 1
    version: int = 1
    folder: str = "posts"
    hold: bool = False
    moved_from: str = ""
    is_declared: bool = True
    may_be_there: int = 1
    renamed_since: bool = False
    unseen: bool = False
    misled: bool = False
    marks: set[str] = field(default_factory=set)

    @property
    def media_digest(self) -> str:
        return DesiredPost("", self.name, media=(Media(url=self.mark),)).media_digest

    @property
    def mark(self) -> str:
        """What it is made of now."""
        if self.kind == "pull":
            return f"https://media.acme.example/{self.number}.mp4"
        return hashlib.sha256(clip(self.number, self.version)).hexdigest()

    def manifest(self, account: str) -> str:
        values: dict[str, object] = {"name": self.name, "account": account}
        values["video"] = self.mark if self.kind == "pull" else f"{self.number}.mp4"
        values["caption"] = self.caption
        values |= {"mode": "draft"} if self.kind == "draft" else {}
        values |= {"privacy": "everyone"} if self.kind in {"public", "pull"} else {}
        values |= {"privacy": "only_me"} if self.kind == "private" else {}
        values |= {"generation": self.generation, "hold": self.hold}
        values |= {"moved_from": self.moved_from} if self.moved_from else {}
        return "".join(f"{key}: {json.dumps(value)}\n" for key, value in values.items())


class Author:
    """The content repository, as people edit it."""

    EDITS: Final = (
        "caption",
        "media",
        "rename",
        "rename, and say so",
        "swap",
        "account",
        "folder",
        "manifest",
        "generation",
        "hold",
    )

    NAMES: Final = frozenset({"rename", "rename, and say so", "swap", "account"})

    def __init__(self, root: Path, open_id: str) -> None:
        self.root, self.open_id = root, open_id
        self.account = "acme"
        self.renamed = False
        self.posts: list[Declared] = []
        self._write_project()

    def add(self, kind: str, *, alike: bool = False) -> None:
        number = len(self.posts) + 1
        caption = "About a launch" if alike else f"About post {number}"
        self.posts.append(Declared(number, f"post-{number}", kind, caption))
        self._write(self.posts[-1])

    def pick(self, which: int) -> Declared:
        return self.posts[which % len(self.posts)]

    def key(self, post: Declared) -> str:
        return f"{self.account}/{post.name}"

    def declared(self) -> list[Declared]:
        return [post for post in self.posts if post.is_declared]

    def edit(self, post: Declared, how: str) -> None:
        self.renamed |= how in self.NAMES
        match how:
            case "caption":
                post.caption += "!"
            case "media":
                # Another name and other media at once: no more than a new post can be seen in that.
                post.may_be_there += post.renamed_since and not post.moved_from
                post.version += post.kind != "pull"
                post.unseen = post.kind != "pull"
            case "rename" | "rename, and say so":
                self._rename(post, say=how != "rename")
            case "swap":
                self._swap(post)
            case "account":
                self.account = "acme2" if self.account == "acme" else "acme"
                self._write_project()
            case "folder":
                post.folder = "posts/archive" if post.folder == "posts" else "posts"
            case "manifest":
                post.is_declared = not post.is_declared
            case "generation":
                post.generation, post.may_be_there = post.generation + 1, post.may_be_there + 1
            case "hold":
                post.hold = not post.hold
        for one in self.posts if how in {"account", "swap"} else [post]:
            self._write(one)

    def _rename(self, post: Declared, *, say: bool) -> None:
        if not say:
            post.may_be_there += post.unseen
        known_as = post.moved_from if post.renamed_since else post.name
        post.name = f"post-{int(post.name.rpartition('-')[2]) + 10}"
        post.moved_from = known_as if say else ""
        post.renamed_since = True

    def _swap(self, post: Declared) -> None:
        others = [other for other in self.declared() if other is not post]
        if not (post.is_declared and others):
            return
        other = others[0]
        post.name, other.name = other.name, post.name
        for one in (post, other):
            one.moved_from, one.renamed_since = "", True
            # A generation counts for the name that bears it: under another one it may be higher, and asks anew.
            one.may_be_there += one.version > 1 or one.generation > 1

    def _write(self, post: Declared) -> None:
        """Put the post's files where they belong; none where it is not declared."""
        post.marks.add(post.mark)
        for old in (self.root / "posts").rglob(f"{post.number}.*"):
            old.unlink()
        if not post.is_declared:
            return
        folder = self.root / post.folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{post.number}.yaml").write_text(post.manifest(self.account), encoding="utf-8")
        if post.kind != "pull":
            (folder / f"{post.number}.mp4").write_bytes(clip(post.number, post.version))

    def be(self, open_id: str) -> None:
        """Pin the account to another open_id."""
        self.open_id = open_id
        self._write_project()

    def _write_project(self) -> None:
        text = PROJECT.format(account=self.account, open_id=self.open_id)
        (self.root / "contentsync.yaml").write_text(text, encoding="utf-8")
