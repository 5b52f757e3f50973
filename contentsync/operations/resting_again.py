"""Does what a plan left out still rest, once TikTok was asked, and right before a post is begun?

The danger: a plan that asks TikTok learns something about a post that it left out: its video is gone, or its id came
late. Or another process changes such a row before a post is begun. The rule: the marks of all rows are read again.
After asking, one mark that differs is enough to make the whole plan. Right before an intent, rows that changed are
read like all others, and the check that nothing shares a name, media, a video or an attempt is made again for the
post.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from contentsync.operations.resting import Resting
from contentsync.project import Project


def after_asking(apart: Resting, project: Project) -> Resting | None:
    """What still rests after TikTok was asked; None where anything of it changed."""
    marks = project.reading_store.marks()
    left_out = apart.marks.keys() - apart.uids
    if any(marks.get(uid) != apart.marks[uid] for uid in left_out):
        return None
    return _with_changed(apart, marks)


def by_now(apart: Resting, project: Project) -> Resting:
    """The same, without the rows that changed since."""
    return _with_changed(apart, project.reading_store.marks())


def _with_changed(apart: Resting, marks: Mapping[str, str]) -> Resting:
    changed = {uid for uid, mark in marks.items() if apart.marks.get(uid) != mark}
    return replace(apart, uids=apart.uids | changed)
