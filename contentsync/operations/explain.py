"""All the evidence about one post, and the plan's decision."""

from __future__ import annotations

from datetime import datetime

from contentsync.errors import Level, Problem
from contentsync.frozen import frozen
from contentsync.operations.plan import make_plan
from contentsync.operations.selection import Wish, known_keys, one_key
from contentsync.operations.sent_media import SentMedia
from contentsync.operations.status import differing
from contentsync.plan.action import Action
from contentsync.plan.differs import Difference
from contentsync.plan.match import candidates
from contentsync.post import DesiredPost
from contentsync.post_state import PostState
from contentsync.project import Project
from contentsync.remote_post import RemotePost


@frozen
class Case:
    """All that is known of one post. alike: public videos that match its last attempt and belong to no post."""

    key: str
    desired: DesiredPost | None
    row: PostState | None
    action: Action | None
    history: list[dict[str, object]]
    #: The command that shows the history of all machines; empty where the state is not shared.
    shared_history: str = ""
    problems: tuple[Problem, ...] = ()
    list_read_at: datetime | None = None
    bound: tuple[RemotePost, ...] = ()
    alike: tuple[RemotePost, ...] = ()
    #: How its public video differs from what was declared, of a draft that its creator posted.
    differs: tuple[Difference, ...] = ()


def explain(project: Project, name: str, *, refresh: bool) -> Case:
    """The evidence about one post, and the plan's decision. Raises UsageError for an unknown post."""
    if refresh:
        project.catch_up()
    else:
        project.use_copy()
    loaded = project.load(sent_by=SentMedia(project))
    posts = {post.key: post for post in loaded.posts}
    key = one_key(known_keys(project, loaded), name)
    made = make_plan(project, Wish(only=(key,), refresh=refresh), looked_into=frozenset({key}))
    name = key.partition("/")[0]
    facts = project.at_work(name).facts() if name in project.settings.accounts else None
    row = next((row for row in facts.rows if row.key == key), None) if facts else None
    action = next((a for a in made.plan.actions if a.post == key), None)
    failed = [p for err in made.failures.values() for p in err.problems]
    videos = facts.remote.videos if facts else ()
    free = [video for video in videos if facts and video.post_id not in facts.bindings]
    return Case(
        key=key,
        desired=made.posts.get(key, posts.get(key)),
        row=row,
        action=action,
        history=project.reading_store.history(row.uid) if row else [],
        shared_history=project.reading_store.shared_history(row.open_id, row.name) if row else "",
        problems=(*(p for p in made.notes if loaded.unread and p.level is not Level.NOTE), *failed),
        list_read_at=facts.remote.read_at if facts else None,
        bound=tuple(video for video in videos if row and video.post_id == row.post_id),
        alike=tuple(candidates(row.last, free)) if row and row.last else (),
        differs=differing(project, [row]).get(key, ()),
    )
