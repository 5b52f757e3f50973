"""Which questions does `contentsync new` ask, and which answers does it take? It asks again until it has one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import click

from contentsync.cli.terminal import text
from contentsync.importers import cells
from contentsync.importers.dates import publish_time
from contentsync.manifest.scalars import ScalarError
from contentsync.manifest.wording import listed, shown
from contentsync.operations import new_post
from contentsync.operations.drafting import slug
from contentsync.operations.new_post import Asked
from contentsync.post import Disclosure, Interaction, Mode, Privacy
from contentsync.project import Project

#: The words that a key takes.
WORDS: Final[dict[str, list[str]]] = {
    "mode": [mode.value for mode in Mode],
    "privacy": [level.value for level in Privacy],
    "allow": [one.value for one in Interaction],
    "disclosure": [one.value for one in Disclosure],
}


def answered(project: Project, asked: Asked, given: set[str]) -> Asked:
    """The same with a person's answers: first what is needed, then what may be said. given: is not asked again."""
    if "name" not in given:
        asked = asked.with_value("name", _ask("Name of the post", _name, str(asked.values["name"])))
    while lacking := new_post.lacking(project, asked):
        key = lacking[0]
        choices = WORDS.get(key, list(project.settings.accounts))
        asked = asked.with_value(key, click.prompt(_QUESTIONS[key], type=click.Choice(choices), err=True))
    if "caption" not in given:
        asked = asked.with_value("caption", _ask_caption())
    if new_post.mode_of(project, asked) == Mode.DIRECT:
        for key in ("allow", "disclosure"):
            if key not in given and (words := _ask(f"{_QUESTIONS[key]} (empty: nothing)", _list_of(key), "")):
                asked = asked.with_value(key, words)
        if "ai_generated" not in given and click.confirm("AI-generated?", default=False, err=True):
            asked = asked.with_value("ai_generated", True)
    if not given & {"publish_at", "hold"} and (at := _ask(_when(project, asked), _time, "")):
        asked = asked.with_value("publish_at", at)
    return asked


def _when(project: Project, asked: Asked) -> str:
    """The question for the time. It names next-slot only where the account has slots."""
    account = project.settings.accounts.get(str(asked.values.get("account", "")))
    slot = ", or next-slot" if account and account.slots else ""
    return f"When: 2026-12-01 18:00{slot} (empty: at the next apply)"


_QUESTIONS: Final = {
    "account": "Account",
    "mode": "What it does",
    "privacy": "Who may see it",
    "allow": f"What viewers may do: {', '.join(WORDS['allow'])}",
    "disclosure": f"What it advertises: {', '.join(WORDS['disclosure'])}",
}


def _ask(question: str, read: Callable[[str], Any], default: str) -> Any:
    """An answer that `read` takes; asked again until there is one."""
    return click.prompt(question, default=default, show_default=bool(default), value_proc=_told(read), err=True)


def _told(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """`read`, whose refusal is shown before the question comes again."""

    def told(answer: str) -> Any:
        try:
            return read(answer)
        except ScalarError as err:
            raise click.UsageError(f"this {err.phrase.replace('{shown}', shown(answer))}; {err.hint}") from err

    return told


def _name(answer: str) -> str:
    """A name as it was typed, if it is one. Raises ScalarError."""
    name = slug(answer)
    if name != answer.strip():
        raise ScalarError("name-pattern", "can't be a name: {shown}", f"write {name or 'a-z, 0-9, _ and -'}")
    return name


def _time(answer: str) -> str:
    return publish_time(answer, None) if answer.strip() else ""


def _list_of(key: str) -> Callable[[str], list[str]]:
    def read(answer: str) -> list[str]:
        typed = cells.words(answer)
        words = cells.allowed(answer) if key == "allow" else typed
        odd = [said for said, word in zip(typed, words, strict=False) if word not in WORDS[key]]
        if odd:
            raise ScalarError("unknown-word", f"is none of them: {shown(odd[0])}", f"choose {listed(WORDS[key])}")
        return words

    return read


def _ask_caption() -> str:
    """The lines that a person types, up to an empty one."""
    text.tell("Caption, ended by an empty line:")
    lines: list[str] = []
    while line := click.prompt("", default="", show_default=False, prompt_suffix="  ", err=True):
        lines.append(line)
    return "\n".join(lines)
