"""Who is an account, what is known of it, and what is needed to work for it?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from contentsync.attempt.steps import Steps, Stop
from contentsync.attempt.told import Tell
from contentsync.errors import ContentsyncError, Level, Problem, SignInNeeded
from contentsync.evidence import receipts
from contentsync.evidence.noted import not_known
from contentsync.plan.action import AccountFacts, Receipt, Remote
from contentsync.post import Account, Creator, DesiredPost
from contentsync.project import Project, Session
from contentsync.remote import ask_creator, clock_wrong, identify, look_at_attempts, not_listed, see_list
from contentsync.tiktok.overriding_token import step_to_renew


class NeverStop:
    """Nobody asks to stop."""

    def is_set(self) -> bool:
        return False


def known_open_id(project: Project, account: Account) -> str | None:
    """The account's identity as pinned, or as TikTok last told."""
    return project.known_open_id(account) or None


def ask(project: Project, account: Account, direct: bool, full_list: bool, notes: list[Problem]) -> Creator:
    """Read one account at TikTok: who it is, what it may post, its public list, its open attempts.

    What could not be read is part of the answer, and of the notes.
    """
    session, store, now = project.session(account), project.reading_store, project.clock.now()
    creator = identify(session.client, store, account, now)
    if (wrong := clock_wrong(project.clock.now(), session.client.date)) and wrong.code not in _codes(notes):
        notes.append(wrong)
    session.throttle.count_for(creator.open_id)
    if direct:
        creator = ask_creator(session.client, creator, session.credentials.scopes())
        store.save_creator(account.name, creator, now)
    granted = session.credentials.scopes()
    creator = see_list(session.client, store, creator, now, granted=granted, full=full_list)
    if unlisted := not_listed(account, creator, step_to_renew(account, project.environ)):
        notes.append(unlisted)
    steps = steps_of(project, session, lambda _: None, NeverStop())
    for row in look_at_attempts(steps, store.posts(creator.open_id), project.clock):
        project.offer_receipt(row)
    return creator


def ask_with_list(project: Project, account: Account, *, scope_needed: bool = True) -> Creator:
    """As `ask`, with the whole public list.

    Raises Unlisted where TikTok gives none now; SignInNeeded where the scope for it is needed and missing.
    """
    notes: list[Problem] = []
    creator = ask(project, account, False, True, notes)
    for problem in (replace(note, level=Level.ERROR) for note in notes if note.code == "list-not-read"):
        if creator.list_unread:
            raise Unlisted(problem)
        if scope_needed:
            raise SignInNeeded(problem)
    return creator


class Unlisted(ContentsyncError):
    """TikTok did not give the public list, which is what the command is about."""


def _codes(notes: list[Problem]) -> set[str]:
    return {note.code for note in notes}


def facts_of(project: Project, account: Account, creator: Creator | None) -> AccountFacts:
    """All that is known of an account now. creator: from fresh calls, None where none were made."""
    store = project.reading_store
    open_id = creator.open_id if creator else known_open_id(project, account)
    written = receipts.of_identity(project.root / "receipts", account.name, open_id, project.settings.accounts)
    told = {r.name: Receipt(r.phase, r.generation, r.post_id, r.attempts, r.media) for r in written}
    if open_id is None:
        return AccountFacts(account, receipts=told)
    videos, rows, noted = store.videos(open_id), store.posts(open_id), project.noted(open_id)
    return AccountFacts(
        account=account,
        open_id=open_id,
        creator=creator,
        rows=tuple(rows),
        bindings=store.bindings(open_id),
        remote=Remote(
            videos=tuple(video for video, gone_at in videos if gone_at is None),
            gone=store.events.told_gone(open_id) | {video.post_id: gone_at for video, gone_at in videos if gone_at},
            read_at=store.list_read_at(open_id),
        ),
        receipts=told,
        noted_elsewhere=any(note.lineage != store.lineage for note in noted),
        not_known=tuple(not_known(noted, rows)),
        noted_at={note.attempt: note.at for note in noted if note.attempt},
        left_out=store.left_out(open_id),
        sandbox=creator is not None and project.session(account).credentials.is_sandbox,
        tiktok_now=project.session(account).client.date if creator else None,
        scopes=project.session(account).credentials.scopes() if creator else None,
        how_to_renew=step_to_renew(account, project.environ),
    )


def steps_of(project: Project, session: Session, tell: Tell, stop: Stop) -> Steps:
    """The steps of an account's attempts, over its own line to TikTok."""
    return Steps(
        store=project.reading_store,
        client=session.client,
        clock=project.clock,
        tell=tell,
        stop=stop,
        open_media=lambda post: _path_of(project, post),
        poll_initial=project.settings.poll_initial.total_seconds(),
        poll_max=project.settings.poll_max.total_seconds(),
        plan_chunks=project.plan_chunks,
        url_of=project.hosting.url_of,
        begins=project.note_begun,
    )


def _path_of(project: Project, post: DesiredPost) -> Path:
    return project.root / post.media[0].path
