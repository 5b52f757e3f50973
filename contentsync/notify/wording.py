"""Which messages does a notice become? Pure.

The danger: a caption or TikTok's own text comes from somebody else, and a chat program may read a part of it as a
command, such as `@everyone`. The rule: our own sentences are shown with such parts broken up; a text that is sent to
be copied exactly is left out where it has one, and a sentence says where to find it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from contentsync.notices import Notice
from contentsync.visible import visible, visible_lines

#: What chat programs read as a call to many people, or as a link with another text.
_CALLS: Final = re.compile(r"@(?=everyone|here|channel|all\b)|<(?=[!@#a-z])", re.I)


def messages_of(notice: Notice) -> Iterator[tuple[str, str]]:
    """Title and text of each message, in the order in which they are sent."""
    whom = notice.post or notice.account
    title = f"{whom}: {notice.kind}" if whom else str(notice.kind)
    yield title, _harmless(visible_lines(notice.words))
    for text in notice.messages:
        yield "", text if is_harmless(text) else _instead(notice)


def is_harmless(text: str) -> bool:
    """Whether no chat program reads a part of the text as a command."""
    return _CALLS.search(text) is None


def _harmless(text: str) -> str:
    return _CALLS.sub(lambda found: found[0] + " ", text)


def _instead(notice: Notice) -> str:
    post = visible(notice.post)
    return f"A text of {post} would call everyone in a chat, so it is not sent here. See: contentsync handover {post}"
