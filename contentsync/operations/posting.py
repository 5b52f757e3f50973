"""What does a person approve on a posting screen? One post with fresh answers from TikTok, and the person's choice.

The danger: the person sees one thing and approves another. The rule: the screen names a digest of all that would be
sent; an approval makes the plan again, compares the digest, and refuses a choice that is not what is declared.
"""

from __future__ import annotations

from typing import Final

from contentsync.approval import Approval, digest_for_approval
from contentsync.errors import Level, Problem, UsageError
from contentsync.frozen import frozen
from contentsync.operations.approvals import SENT_LATER, lack, record
from contentsync.operations.plan import Made, make_plan
from contentsync.operations.selection import Wish, one_key
from contentsync.plan.action import Action, Kind
from contentsync.plan.posting import Choice, against
from contentsync.post import DesiredPost, Mode
from contentsync.project import Project
from contentsync.remote_post import Creator

TOO_LONG: Final = "video-too-long"


class NotAsDeclared(UsageError):
    """A person's choice approves nothing."""


@frozen
class Posting:
    """One post as a posting screen shows it."""

    made: Made
    post: DesiredPost
    #: None where there is nothing to send.
    action: Action | None
    #: Who it goes out as, from a fresh call; None where TikTok could not be asked.
    creator: Creator | None
    #: Of all that would be sent; empty while the account is unknown.
    digest: str
    #: Why it can't be approved now; none where it can.
    problems: tuple[Problem, ...]
    #: Why it is not approved; None where an approval holds.
    lacking: Problem | None


def posting(project: Project, name: str) -> Posting:
    """A post for the posting screen, with fresh answers from TikTok. Raises UsageError for an unknown post."""
    key = one_key([post.key for post in project.load().posts], name)
    made = make_plan(project, Wish(only=(key,)))
    action = next((one for one in made.plan.actions if one.post == key), None)
    failed = [problem for err in made.failures.values() for problem in err.problems]
    if key not in made.posts:
        raise UsageError(*(failed or [Problem("unknown-post", f"{key} can't be sent as it is", "see the plan")]))
    post, facts = made.posts[key], made.world.accounts[key.partition("/")[0]]
    digest = digest_for_approval(post, facts.open_id) if facts.open_id else ""
    problems = (*failed, *_in_the_way(action, post, facts.creator))
    return Posting(made, post, action, facts.creator, digest, problems, lack(project, made, key))


def _in_the_way(action: Action | None, post: DesiredPost, creator: Creator | None) -> list[Problem]:
    if action is None or not action.kinds & SENT_LATER or Kind.BLOCKED in action.kinds:
        what = f"{post.key} is not to be sent: {action.reason if action else 'it is out already'}"
        told = list(action.blockers) if action else []
        return told or [Problem("nothing-to-approve", what, "the calendar shows its phase")]
    if creator is not None and creator.stop:
        return [Problem(creator.stop, creator.stop_what or creator.stop, "try again later")]
    if post.mode is Mode.DIRECT and (creator is None or not creator.privacy):
        return [Problem("creator-unknown", "TikTok did not say what this account may post", "try again in a minute")]
    # A post that waits carries what would block it by then as a warning; a length does not change until then.
    return [problem for problem in action.problems if problem.level is Level.ERROR or problem.code == TOO_LONG]


def approve(project: Project, name: str, shown: str, choice: Choice, how: str) -> Approval:
    """Record a person's yes to a post as the screen showed it.

    shown: the digest that the screen named. how: by which way. Raises NotAsDeclared where the post changed since,
    can't be sent, or is not what the person chose.
    """
    found = posting(project, name)
    if found.problems:
        raise NotAsDeclared(*found.problems)
    if shown != found.digest:
        what = f"{found.post.key} changed since this page was opened"
        raise NotAsDeclared(Problem("changed-meanwhile", what, "open the page again, and look at it again"))
    assert found.action is not None
    assert found.creator is not None
    if found.post.mode is Mode.DIRECT and (differing := against(choice, found.post, found.creator)):
        raise NotAsDeclared(*differing)
    (given,) = record(project, found.made, [found.action], how)
    return given
