"""Does a person's choice on a posting screen say what the manifest declares? Pure.

TikTok asks that a person chooses on a screen who sees the post, what viewers may do and what it advertises, with
nothing chosen beforehand. contentsync sends what the manifest declares and what was approved. So both must say the
same: a choice that differs approves nothing, and the person learns what to change in the manifest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from contentsync.errors import Problem
from contentsync.frozen import frozen
from contentsync.plan import declaration
from contentsync.post import DesiredPost, Disclosure, Interaction, Kind, Privacy
from contentsync.remote_post import Creator
from contentsync.visible import visible_lines

#: What a person can allow, by what a post is made of (2c).
OFFERED: Final = {
    Kind.VIDEO: (Interaction.COMMENT, Interaction.DUET, Interaction.STITCH),
    Kind.PHOTOS: (Interaction.COMMENT,),
}


@frozen
class Choice:
    """What a person chose for one direct post."""

    #: Empty where nothing was chosen.
    privacy: str = ""
    allow: frozenset[str] = frozenset()
    #: Whether commercial content is disclosed at all.
    discloses: bool = False
    disclosure: frozenset[str] = frozenset()
    ai_generated: bool = False
    auto_music: bool = False
    title: str = ""
    caption: str = ""


def against(choice: Choice, post: DesiredPost, creator: Creator) -> list[Problem]:
    """Why the choice approves nothing; none where it says exactly what is declared."""
    return [*_privacy(choice, post, creator), *_allowed(choice, post, creator), *_rest(choice, post)]


def _privacy(choice: Choice, post: DesiredPost, creator: Creator) -> Iterator[Problem]:
    if not choice.privacy:
        yield Problem("choice-differs", "you did not choose who can see the post", "choose it")
    elif choice.privacy not in (creator.privacy or ()):
        yield Problem(
            "choice-differs", f'TikTok does not offer "{choice.privacy}" to this account', "choose another one"
        )
    elif choice.privacy != post.privacy:
        yield _differs(post, "privacy", choice.privacy, str(post.privacy or "nothing"), choice.privacy)
    if choice.privacy == Privacy.ONLY_ME and Disclosure.BRANDED_CONTENT in _disclosed(choice):
        yield Problem("choice-differs", declaration.NOT_PRIVATE, "choose another one of the two")


def _allowed(choice: Choice, post: DesiredPost, creator: Creator) -> Iterator[Problem]:
    for one in sorted(choice.allow & creator.disabled):
        yield Problem(
            "choice-differs", f"this account does not allow {one}", f"choose it no more; TikTok's app turns {one} on"
        )
    if choice.allow != post.allow:
        wanted = f"[{', '.join(sorted(choice.allow))}]"
        yield _differs(post, "allow", _named(choice.allow), _named(post.allow), wanted)


def _rest(choice: Choice, post: DesiredPost) -> Iterator[Problem]:
    chosen = _disclosed(choice)
    if choice.discloses and not chosen:
        yield Problem(
            "choice-differs", declaration.NEITHER, "choose one of the two, or both, or turn the disclosure off"
        )
    elif chosen != post.disclosure:
        yield _differs(post, "disclosure", _named(chosen), _named(post.disclosure), f"[{', '.join(sorted(chosen))}]")
    for key, mine, declared in (
        ("ai_generated", choice.ai_generated, post.ai_generated),
        ("auto_music", choice.auto_music, post.auto_music),
    ):
        if mine != declared:
            yield _differs(post, key, _on(mine), _on(declared), str(mine).lower())
    for key, text, told in (("title", choice.title, post.title), ("caption", choice.caption, post.caption)):
        if not _same_text(text, told):
            where = post.place_of(key)
            hint = f"change {key} in {where.file}, line {where.line}, and open this page again"
            yield Problem("choice-differs", f"your {key} is not the one in the manifest", hint, where)


def _disclosed(choice: Choice) -> frozenset[str]:
    return choice.disclosure if choice.discloses else frozenset()


def _differs(post: DesiredPost, key: str, mine: str, declared: str, wanted: str) -> Problem:
    where = post.place_of(key)
    hint = f"choose what the manifest says; or write `{key}: {wanted}` in {where.file} and open this page again"
    return Problem("choice-differs", f"{key}: you chose {mine}, and the manifest says {declared}", hint, where)


def _named(chosen: frozenset[str] | frozenset[Interaction] | frozenset[Disclosure]) -> str:
    return ", ".join(sorted(chosen)) or "none"


def _on(value: bool) -> str:
    return "on" if value else "off"


def _same_text(mine: str, declared: str) -> bool:
    """Whether a text field still holds what the page showed, where a form changes line ends.

    A page shows unseen characters as escapes.
    """
    plain = mine.replace("\r\n", "\n")
    return plain in {declared.replace("\r\n", "\n"), visible_lines(declared)}
