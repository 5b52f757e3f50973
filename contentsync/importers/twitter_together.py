"""Which posts are in a repository of twitter-together? Reads the text and front matter of one `.tweet` file. Pure.

Source: github.com/twitter-together/action: front matter with media, schedule, poll, reply, retweet; threads by `---`.
A tweet without a film or pictures is nothing that TikTok could show.
"""

from __future__ import annotations

import re
from typing import Any, Final

from contentsync.errors import Place, Problem
from contentsync.importers.dates import publish_time
from contentsync.importers.draft import Draft, Shape, Taken, held, lost, skipped
from contentsync.manifest.scalars import ScalarError
from contentsync.manifest.source import read_text
from contentsync.manifest.wording import shown
from contentsync.manifest.writer import Value

_FRONT: Final = re.compile(r"---\n(?P<front>.*?)\n---(?:\n+|$)", re.DOTALL)
_THREAD: Final = re.compile(r"\n+---\n+")
_OPTION: Final = re.compile(r"^\(\s?\)\s+", re.MULTILINE)
_NEVER: Final = {"reply": "a reply", "retweet": "a retweet", "poll": "a poll"}


def read_tweet(text: str, file: str) -> Taken:
    """The draft in one `.tweet` file, or why it is left out."""
    where = Place(file)
    found = _FRONT.match(text)
    front, problems = _front(found["front"], file) if found else ({}, [])
    if problems:
        return Taken(problems=tuple(problems))
    body = text[found.end() :] if found else text
    first, *more = _THREAD.split(body)
    never = next((words for key, words in _NEVER.items() if front.get(key)), "")
    if never or _OPTION.search(first):
        return Taken(problems=(skipped(f"the tweet is {never or 'a poll'}, so it is left out", where),))
    media, told = _media(front.get("media"), where)
    if not media:
        return Taken(problems=(skipped("the tweet has neither a film nor pictures, so it is left out", where),))
    if more:
        told.append(lost("the tweet begins a thread; only its first part is taken", where))
    values: dict[str, Value] = {"caption": first.strip(" \t\n")}
    if "schedule" in front:
        at, problem = _schedule(front["schedule"], where)
        values |= {"publish_at": at} if at else {}
        told += [problem] if problem else []
    return Taken(held([Draft(where, values, media, Shape.FILE, {}, tuple(told))]))


def _front(front: str, file: str) -> tuple[dict[str, Any], list[Problem]]:
    documents, problems = read_text(f"\n{front}\n", file)  # one line down, so that lines are those of the file
    if not documents:
        return {}, problems
    return documents[0].value, [*problems, *documents[0].problems]


def _media(items: Any, where: Place) -> tuple[tuple[str, ...], list[Problem]]:
    """The files of a tweet, as seen from the folder `media` of its repository."""
    listed = items if isinstance(items, list) else []
    files, told = [], []
    for item in listed:
        name = (
            item if isinstance(item, str) else item.get("file") or item.get("url") if isinstance(item, dict) else ""
        )
        if isinstance(name, str) and name:
            files.append(name)
        if isinstance(item, dict) and item.get("alt"):
            told.append(lost("the alternative text of a file is dropped: TikTok's API has none", where))
    return tuple(files), told[:1]


def _schedule(text: Any, where: Place) -> tuple[str, Problem | None]:
    try:
        return publish_time(str(text), None), None
    except ScalarError as err:
        what = f"schedule {err.phrase.replace('{shown}', shown(str(text)))}"
        return "", Problem(err.code, what, err.hint, where)
