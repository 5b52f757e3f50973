"""What does each page of the board show, and what does each form do? One operation each; no rule of its own.

Whatever is done here is done by the same operations as on the command line, and recorded with who and `board`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field, replace
from pathlib import Path
from typing import Final

from contentsync.board.gallery import Gallery
from contentsync.board.guard import Guard
from contentsync.errors import ContentsyncError, Problem, StoreLocked, UsageError
from contentsync.files import inside
from contentsync.frozen import frozen
from contentsync.operations import board, calendar, pause, posting, resolve
from contentsync.operations.approvals import SENT_LATER
from contentsync.operations.explain import Case
from contentsync.operations.handover import handovers
from contentsync.operations.plan import make_plan
from contentsync.operations.preview import preview
from contentsync.operations.resolve import Verdict
from contentsync.operations.selection import Wish
from contentsync.plan.declaration import PROCESSING
from contentsync.plan.posting import Choice
from contentsync.project import Project
from contentsync.views import board_page
from contentsync.views.board_page import Frame

HOW: Final = "board"
WHY_LENGTH: Final = 300
LOCK_SECONDS: Final = 20.0
_CHANGED: Final = Problem(
    "changed-meanwhile",
    "what is known of this post changed since the page was opened",
    "open the page again, and look at it again",
)
_PAUSED_ANEW: Final = Problem(
    "changed-meanwhile",
    "what is paused changed since the page was opened",
    "open the page again, and read who paused what, and why",
)
_TYPES: Final = {
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "png": "image/png",
}


@frozen
class Answer:
    """A page and its status."""

    page: str
    status: int = 200


@frozen
class Shown:
    """A media file of a post."""

    path: Path
    type: str


@frozen
class Form:
    """The fields of a form, each with all its values."""

    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def one(self, name: str) -> str:
        return next(iter(self.fields.get(name, ())), "")

    def all(self, name: str) -> frozenset[str]:
        return frozenset(self.fields.get(name, ()))


class Desk:
    """Opens the project for each request, calls one operation, and renders its result."""

    def __init__(self, open_project: Callable[[], Project], guard: Guard, wake: Callable[[], None]) -> None:
        """wake: called after something was done."""
        self._open_project, self._guard, self._wake = open_project, guard, wake
        self._gallery = Gallery()

    def show(self, page: str, post: str) -> Answer:
        """A page: empty for the first one."""
        pages: dict[tuple[str, bool], Callable[[Project, Frame, str], Answer]] = {
            ("", False): self._now,
            ("calendar", False): self._calendar,
            ("history", False): self._history,
            ("plan", False): self._plan,
            ("drafts", False): self._drafts,
            ("post", True): self._post,
            ("approve", True): self._posting,
        }
        show = pages.get((page, bool(post)))
        if show is None:
            return self._word("There is no such page", (), status=404)
        try:
            with self._project() as project:
                return show(project, self._frame(project), post)
        except ContentsyncError as err:
            return self._trouble("This can't be shown", err)

    def act(self, action: str, post: str, form: Form) -> Answer:
        """Carry out what a form asks for, and say what was done."""
        actions: dict[tuple[str, bool], Callable[[Project, Frame, str, Form], Answer]] = {
            ("approve", True): self._approve,
            ("resolve", True): self._resolve,
            ("pause", False): self._pause,
            ("resume", False): self._resume,
        }
        do = actions.get((action, bool(post)))
        if do is None:
            return self._word("There is no such action", (), status=404)
        try:
            with self._project() as project:
                answer = do(project, self._frame(project), post, form)
        except ContentsyncError as err:
            return self._trouble("Nothing was done", err)
        self._wake()
        return answer

    def media(self, key: str, number: int) -> Shown | None:
        """A media file of a post; None if there is none, or if it is neither a video nor a picture."""
        try:
            with self._project() as project:
                post = next((one for one in project.load().posts if one.key == key), None)
                item = post.media[number] if post and number < len(post.media) else None
                kind = _TYPES.get(item.facts.container or "") if item and item.facts else None
                if item is None or not item.path or item.pointer or kind is None:
                    return None
                return Shown(inside(project.root, project.root / item.path), kind)
        except ContentsyncError:
            return None  # its page says what is wrong

    def picture(self, sha256: str, milliseconds: int) -> bytes | None:
        """A small picture on the page of the plan; None if no page has shown it."""
        return self._gallery.picture((sha256, milliseconds))

    # Pages.

    def _now(self, project: Project, frame: Frame, _post: str) -> Answer:
        return Answer(board_page.now_page(frame, board.snapshot(project)))

    def _calendar(self, project: Project, frame: Frame, _post: str) -> Answer:
        return Answer(board_page.calendar(frame, calendar.calendar(project)))

    def _history(self, project: Project, frame: Frame, _post: str) -> Answer:
        lines = project.reading_store.latest_history(500)
        return Answer(board_page.history_page(frame, lines, project.settings.timezone))

    def _plan(self, project: Project, frame: Frame, _post: str) -> Answer:
        """What `plan --html` writes, as of now."""
        made = make_plan(project, Wish(refresh=False))
        found = preview(project, made, with_pictures=False)
        shown = [action for listed in found.sections.values() for action in listed]
        pictures = self._gallery.addresses(project, shown, made.posts, frame.base)
        plan = board.with_creators(project, found.plan)
        return Answer(board_page.plan(frame, replace(found, plan=plan, pictures=pictures)))

    def _drafts(self, project: Project, frame: Frame, _post: str) -> Answer:
        """What `handover --html` writes: what each creator pastes and chooses."""
        return Answer(board_page.drafts(frame, handovers(project), project.clock.now()))

    def _post(self, project: Project, frame: Frame, post: str) -> Answer:
        case = board.one_post(project, post)
        return Answer(board_page.post_page(frame, case, project.settings.timezone, _is_to_be_sent(case)))

    def _posting(self, project: Project, frame: Frame, post: str) -> Answer:
        found = posting.posting(project, post)
        return Answer(board_page.posting_page(frame, found, project.account(found.post.account).timezone))

    # Actions.

    def _approve(self, project: Project, frame: Frame, post: str, form: Form) -> Answer:
        try:
            given = posting.approve(project, post, form.one("digest"), _choice(form), HOW)
        except posting.NotAsDeclared as err:
            found = posting.posting(project, post)
            zone = project.account(found.post.account).timezone
            return Answer(board_page.posting_page(frame, found, zone, err.problems), 409)
        words = (
            f"{given.key} is approved. contentsync sends it when it is due, exactly as it was shown.",
            PROCESSING,
        )
        return Answer(board_page.word_page(frame, "Approved", words, f"post/{given.key}"))

    def _resolve(self, project: Project, frame: Frame, post: str, form: Form) -> Answer:
        try:
            verdict = Verdict(form.one("verdict"))
        except ValueError as err:
            raise UsageError(Problem("verdict-missing", "you did not say what you found", "choose one")) from err
        given_id = form.one("post_id").strip() if verdict is Verdict.PUBLISHED else ""
        doubts: list[Problem] = []
        project.on_note = doubts.append
        with project.lock(f"contentsync board: resolve {post}", LOCK_SECONDS):
            if form.one("shown") != board.shown_by(board.one_post(project, post)):
                raise UsageError(_CHANGED)  # a word about an earlier attempt must not settle a later one
            row = resolve.resolve(project, post, verdict, given_id, _why(form))
        stands = row.last.phase if row.last else "bound"
        said = [f"{one.what}: {one.hint}." for one in doubts if one.code == "post-id-doubtful"]
        words = (f"{row.key}: {stands}", *said)
        return Answer(board_page.word_page(frame, "Settled", words, f"post/{row.key}"))

    def _pause(self, project: Project, frame: Frame, _post: str, form: Form) -> Answer:
        held = pause.pause(project, form.one("account") or None, _why(form))
        return Answer(board_page.word_page(frame, "Paused", (held.said(project.settings.timezone),)))

    def _resume(self, project: Project, frame: Frame, _post: str, form: Form) -> Answer:
        project.catch_up()
        if form.one("pauses") != board.shown_pauses(project.reading_store.pauses.all()):
            raise UsageError(_PAUSED_ANEW)
        ended, left = pause.resume(project, form.one("account") or None)
        words = [f"Ended: {one.account or 'the pause of all accounts'}" for one in ended] or ["Nothing was paused."]
        if left:
            words.append(f"Still held: {left.said(project.settings.timezone)}")
        return Answer(board_page.word_page(frame, "Resumed", words))

    # Around them.

    @contextmanager
    def _project(self) -> Iterator[Project]:
        project = self._open_project()
        try:
            yield project
        finally:
            project.close()
            project.close_state()

    def _frame(self, project: Project | None) -> Frame:
        who = project.reading_store.who if project else ""
        hidden = project.settings.hidden if project else {}
        return Frame(self._guard.base, self._guard.form_token, self._guard.allow_actions, who, hidden)

    def _word(self, title: str, words: Sequence[str], status: int = 200) -> Answer:
        return Answer(board_page.word_page(self._frame(None), title, words), status)

    def _trouble(self, title: str, err: ContentsyncError) -> Answer:
        words = [line for problem in err.problems for line in (str(problem), problem.hint) if line]
        return self._word(title, words, _status(err))


def _status(err: ContentsyncError) -> int:
    """The HTTP status of an answer that says why nothing was shown or done."""
    codes = {problem.code for problem in err.problems}
    if "changed-meanwhile" in codes or isinstance(err, StoreLocked):
        return 409
    if not isinstance(err, UsageError):
        return 500
    return 404 if codes & {"unknown-post", "unknown-account"} else 400


def _is_to_be_sent(case: Case) -> bool:
    action = case.action
    return action is not None and bool(action.kinds & SENT_LATER) and not action.blockers


def _why(form: Form) -> str:
    return f"{form.one('why').strip()[:WHY_LENGTH]} (board)".strip()


def _choice(form: Form) -> Choice:
    return Choice(
        privacy=form.one("privacy"),
        allow=form.all("allow"),
        discloses=bool(form.one("discloses")),
        disclosure=form.all("disclosure"),
        ai_generated=bool(form.one("ai_generated")),
        auto_music=bool(form.one("auto_music")),
        title=form.one("title"),
        caption=form.one("caption"),
    )
