"""How is each recipient of a project reached? Also sends one notice at once, without keeping it."""

from __future__ import annotations

from collections.abc import Mapping

from contentsync.frozen import frozen
from contentsync.notices import Notice, NoticeKind, Recipient
from contentsync.notify import chat, program
from contentsync.notify.delivery import Send, deliver
from contentsync.notify.wording import messages_of
from contentsync.project import Project
from contentsync.trust import without_secrets


@frozen
class Tried:
    """How one notice went for one recipient."""

    recipient: Recipient
    #: Why it was not sent; empty where it was.
    why: str


def by_name(project: Project) -> dict[str, list[Recipient]]:
    """The entries that may be used, by the recipient's name: one recipient may have several."""
    found: dict[str, list[Recipient]] = {}
    for one in project.settings.notify:
        if one.refused is None:
            found.setdefault(one.name, []).append(one)
    return found


def sender(project: Project, recipient: Recipient, seconds: float) -> Send:
    """The function that sends a notice to a recipient. seconds: how long a program may take."""
    if not recipient.command:
        speak = chat.speaker(recipient.url)
        return lambda notice: speak(messages_of(notice))
    environ = _environ(project)
    return lambda notice: program.send(recipient.command, project.root, environ, notice, seconds)


def _environ(project: Project) -> Mapping[str, str]:
    """The environment of a program that the project names: without our secrets."""
    app = project.settings.app
    secrets = [app.client_secret, app.sandbox.client_secret if app.sandbox else None]
    return without_secrets(project.environ, [*secrets, *(one.url for one in project.settings.notify)])


def send_at_once(project: Project, notice: Notice, seconds: float) -> list[Tried]:
    """Send a notice once to each recipient that wants it. It is neither kept nor retried."""
    wanting = {
        name: several[0]
        for name, several in by_name(project).items()
        if notice.kind is NoticeKind.TEST or any(one.wants(notice) for one in several)
    }
    work = {name: (sender(project, one, seconds), [notice]) for name, one in wanting.items()}
    return [Tried(wanting[sent.recipient], sent.why) for sent in deliver(work, project.clock, seconds)]
