"""Is a draft that the creator posted public as it was declared? Pure.

TikTok lists public videos with a caption that is cut at 150 units, and with whole seconds. So only that much can be
compared, and what the list does not show is never called different.
"""

from __future__ import annotations

from contentsync.frozen import frozen
from contentsync.lifecycle import Phase
from contentsync.plan.match import normal, same_caption, same_length
from contentsync.post import Mode
from contentsync.post_state import Attempt, PostState
from contentsync.remote_post import RemotePost


@frozen
class Difference:
    """One thing that is public in another way than declared."""

    #: `caption` or `length`.
    what: str
    declared: str
    public: str

    def __str__(self) -> str:
        return f"its {self.what} is {self.public}, declared is {self.declared}"


def posted_by_creator(row: PostState) -> Attempt | None:
    """The newest attempt, where it was a draft that the creator posted and whose video is known."""
    last = row.last
    is_it = last is not None and last.phase is Phase.PUBLISHED and last.mode is Mode.DRAFT and last.post_id
    return last if is_it else None


def differences(done: Attempt, video: RemotePost) -> tuple[Difference, ...]:
    """What of a public video differs from what was declared when the draft was sent.

    A caption that was not declared is the creator's choice.
    """
    found = []
    listed = video.caption or video.title
    if normal(done.caption) and not same_caption(done.caption, listed):
        found.append(Difference("caption", _quoted(done.caption), _quoted(listed)))
    if done.duration is not None and not same_length(done.duration, video.duration):
        found.append(Difference("length", f"{done.duration:.0f} s", f"{video.duration} s"))
    return tuple(found)


def _quoted(text: str) -> str:
    """A caption as a message names it: on one line, at most 60 characters."""
    line = " ".join(text.split())
    return f'"{line[:59]}…"' if len(line) > 60 else f'"{line}"'
