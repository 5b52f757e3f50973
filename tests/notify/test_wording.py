"""What a person reads is plain, and nothing in it calls a whole chat."""

from __future__ import annotations

import pytest

from contentsync.notices import Notice, NoticeKind
from contentsync.notify.wording import messages_of
from tests.builders import NOW


def messages(words: str = "", *texts: str, post: str = "acme/launch") -> list[tuple[str, str]]:
    notice = Notice(NoticeKind.DELIVERED, "acme" if post else "", post, NOW, words, messages=texts)
    return list(messages_of(notice))


def test_each_text_is_a_message_of_its_own_without_a_title() -> None:
    assert messages("In the inbox.", "Hi #fyp\n@acme", "Cover: 1 s") == [
        ("acme/launch: delivered", "In the inbox."),
        ("", "Hi #fyp\n@acme"),
        ("", "Cover: 1 s"),
    ]


@pytest.mark.parametrize(
    "call", ["@everyone", "hi @here", "<!channel>", "<@U123>", "@Channel", "<b>x</b>", "@all now"]
)
def test_a_text_that_would_call_everyone_is_not_sent(call: str) -> None:
    (_, first), (_, second) = messages(f"It failed: {call}", call)
    assert call not in first
    assert second == (
        "A text of acme/launch would call everyone in a chat, so it is not sent here. "
        "See: contentsync handover acme/launch"
    )


def test_unseen_characters_of_our_own_sentence_are_shown() -> None:
    assert messages("a\x1b[31mb\u202ec")[0][1] == "a\\u001b[31mb\\u202ec"
