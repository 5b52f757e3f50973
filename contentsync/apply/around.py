"""What do all accounts of one apply share, and what does an account ask its surroundings for?"""

from __future__ import annotations

import uuid
from contextlib import AbstractContextManager
from dataclasses import field
from typing import Protocol

from contentsync.attempt.told import Tell
from contentsync.frozen import frozen
from contentsync.plan.action import Kind
from contentsync.plan.last_look import Against
from contentsync.post import DesiredPost


class Around(Protocol):
    """What lies around a run: locks, and what other witnesses say."""

    def last_look(self, kind: Kind, post: DesiredPost) -> Against | None:
        """Why this post may not be created or resumed, by evidence that is read now; None if it may."""
        ...

    def sending(self, open_id: str) -> AbstractContextManager[None]:
        """The right to send for an identity on this machine. Raises StoreLocked."""
        ...

    def sending_again(self, open_id: str) -> AbstractContextManager[None]:
        """The same once the sending phase is over, with all locks taken anew. Raises StoreLocked."""
        ...


@frozen
class Run:
    """What is common to one apply."""

    #: Told of everything that happens.
    tell: Tell
    #: What is asked on the way.
    around: Around
    #: The digest of a saved plan; empty for one that was made for this run.
    plan_digest: str = ""
    #: On disk with each attempt that this run begins.
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
