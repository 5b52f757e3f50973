"""What does a plan look like as a comment on a pull request? Markdown in which other people's text stays text. Pure.

The danger: a caption may mention people, link, load a picture, close an issue, hold HTML, or end the block that it
stands in and go on as if it were ours. Escapes are no help: GitHub and GitLab find mentions and issues in the text
after Markdown was read. The rule: text that is not ours stands in code only, where nothing is looked for. In a line
it is a code span, with more backticks around it than it holds in a row; in a block it is fenced, likewise; in a
summary, which is HTML, it is a <code> element. No table holds such text, since a `|` ends a cell even in code.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from typing import Final

from contentsync.amounts import many
from contentsync.errors import Level, Problem
from contentsync.limits import utf16_units
from contentsync.operations.preview import Preview, Section
from contentsync.plan.declaration import declarations
from contentsync.times import in_words
from contentsync.views.card import Card
from contentsync.views.plan_page import TITLES, AccountLine, Group, accounts, grouped, summary
from contentsync.views.word_diff import Side
from contentsync.visible import visible, visible_lines

MOST: Final = 65_000  # GitHub takes 65,536 characters
_PROBLEMS: Final = 25_000  # for the list of all problems
_ACCOUNTS: Final = 10_000
_UNPINNED: Final = "open-id-not-pinned"
_NAMED: Final = 20  # accounts in the line about those that are not pinned yet
_LINE: Final = 600  # of one text in a line; the page and the terminal have it whole
_CLOSED: Final = 400  # what the lines after the posts may take, counts of those left out included


def comment(preview: Preview) -> str:
    """The plan as Markdown, at most MOST characters."""
    sections = grouped(preview)
    head = "\n".join(_head(preview, sections))
    foot = "\n".join(_foot(preview))
    room = MOST - _CLOSED - utf16_units(head) - utf16_units(foot)
    return "\n".join([head, *_posts(sections, room), foot, ""])


def code(text: str, most: int = _LINE) -> str:
    """Other people's text within a line."""
    shown = visible(text if len(text) <= most else text[: most - 1] + "…") or " "
    ticks = "`" * (max(map(len, re.findall("`+", shown)), default=0) + 1)
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def block(text: str, kind: str = "text") -> str:
    """Other people's text as a block of lines.

    Each line begins with a `|`: GitLab looks for its commands (`/close`) at the beginning of lines, and takes any
    line of three backticks for the end of a block, however the block began.
    """
    shown = "\n".join(f"| {line}".rstrip() for line in visible_lines(text).split("\n"))
    ticks = "`" * max(3, max(map(len, re.findall("`+", shown)), default=0) + 1)
    return f"{ticks}{kind}\n{shown}\n{ticks}"


def _head(preview: Preview, sections: dict[Section, list[Group]]) -> Iterator[str]:
    plan = preview.plan
    yield f"### Plan: {summary(plan)}"
    yield ""
    yield from _as_far_as([_account(line) for line in accounts(preview)], _ACCOUNTS, "account")
    needs = [card for group in sections[Section.NEEDS_A_PERSON] for card in group.cards]
    told = [*_problems((*preview.problems, *plan.notes)), *map(_needs, needs)]
    if told:
        yield ""
        only_notes = not needs and all(problem.level is Level.NOTE for problem in (*preview.problems, *plan.notes))
        yield "**Notes**" if only_notes else "**Problems first**"
        yield ""
        yield from _as_far_as(told, _PROBLEMS, "problem")


def _account(line: AccountLine) -> str:
    kind = f", {line.kind}" if line.kind else ""
    return f"- {code(line.view.name)}: {code(line.who)}{kind}; {'; '.join(bar.words for bar in line.bars)}"


def _needs(card: Card) -> str:
    first = next(iter(card.problems), None)
    told = _problem(first).removeprefix("- ") if first else code(card.action.reason)
    return f"- {code(card.action.post)} {card.meaning}: {told}"


def _problems(problems: Sequence[Problem]) -> Iterator[str]:
    """A line for each problem; one for all accounts that are not pinned yet, at the place of the first."""
    unpinned = [problem for problem in problems if _is_unpinned(problem)]
    for problem in problems:
        if len(unpinned) < 2 or not _is_unpinned(problem):
            yield _problem(problem)
        elif problem is unpinned[0]:
            yield _all_unpinned(unpinned)


def _is_unpinned(problem: Problem) -> bool:
    return problem.code == _UNPINNED and problem.level is Level.NOTE


def _all_unpinned(problems: Sequence[Problem]) -> str:
    """The accounts that are not pinned yet. Whom each posts as stands in the list of accounts."""
    names = [code(problem.what.partition(" ")[0]) for problem in problems[:_NAMED]]
    more = f" and {len(problems) - _NAMED} more" if len(problems) > _NAMED else ""
    return (
        f"- **note** {len(problems)} accounts are not pinned to a TikTok account yet: {', '.join(names)}{more} "
        f"({code(_UNPINNED)}). Each posts as the TikTok account named above; apply writes its open_id into "
        "contentsync.yaml, and from then on only that one may post for it"
    )


def _problem(problem: Problem) -> str:
    place = f" at {code(str(problem.where))}" if problem.where and problem.where.file else ""
    hint = f". What to do: {code(problem.hint)}" if problem.hint else ""
    return f"- **{problem.level}** {code(problem.what)} ({code(problem.code)}){place}{hint}"


def _as_far_as(lines: Sequence[str], room: int, noun: str) -> Iterator[str]:
    """The lines that there is room for, and how many are left out."""
    for number, line in enumerate(lines):
        room -= utf16_units(line) + 1
        if room < 0:
            yield f"- and {many(len(lines) - number, f'more {noun}')}: run `contentsync plan`"
            return
        yield line


def _posts(sections: dict[Section, list[Group]], room: int) -> Iterator[str]:
    """The posts that there is room for, each folded, and how many are left out."""
    left_out = 0
    for section, groups in sections.items():
        cards = [card for group in groups for card in group.cards]
        title = f"\n**{TITLES[section]}** ({many(len(cards), 'post')})\n"
        if cards and (room := room - utf16_units(title) - 1) > 0:
            yield title
        for card in cards:
            told = _card(card)
            if left_out or utf16_units(told) + 1 > room:
                left_out += 1
                continue
            room -= utf16_units(told) + 1
            yield told
    if left_out:
        yield f"\n**{many(left_out, 'post')} more**, for which there is no room: run `contentsync plan --html FILE`\n"


def _card(card: Card) -> str:
    lines = [
        f"<details><summary><code>{html.escape(visible(card.action.post))}</code> {card.meaning}"
        f"{_summary(card)}</summary>",
        "",
        *(f"- {fact.name}: {code(fact.value)}" for fact in card.facts),
        *map(_problem, card.problems),
        *_changes(card),
        "",
        *_texts(card),
        "</details>",
    ]
    return "\n".join(lines)


def _summary(card: Card) -> str:
    return f" <code>{html.escape(visible(card.summary))}</code>" if card.summary else ""


def _texts(card: Card) -> Iterator[str]:
    for name, text in (("Title", card.title), ("Caption", "".join(part for _, part in card.caption))):
        if text:
            unsent = " (not sent)" if name.lower() in card.action.not_sent else ""
            yield f"{name}{unsent}:\n\n{block(text)}\n"


def _changes(card: Card) -> Iterator[str]:
    for key, parts in card.changes:
        before = "".join(text for side, text in parts if side is not Side.AFTER)
        after = "".join(text for side, text in parts if side is not Side.BEFORE)
        yield f"- {code(key)} was {code(before)}, is {code(after)}"


def _foot(preview: Preview) -> Iterator[str]:
    plan = preview.plan
    yield ""
    yield from (f"- {code(sentence)}" for sentence in declarations(plan.actions))
    yield ""
    yield f"Plan `{preview.digest}`, made {in_words(plan.created_at)}, good until {in_words(plan.expires_at)}."
