"""Which posts have manifests with errors, and which errors? Passed from the manifests to the plan."""

from __future__ import annotations

from contentsync.errors import Place, Problem
from contentsync.frozen import frozen
from contentsync.post import DesiredPost


@frozen
class Faulty:
    """A declared post with at least one error. Its manifest exists, so its row has not vanished."""

    #: ACCOUNT/NAME.
    key: str
    #: Where its manifest begins.
    where: Place
    #: The errors, at least one.
    problems: tuple[Problem, ...]
    #: The post as far as it can be read; None where its shape can't be known. It is never sent.
    post: DesiredPost | None = None

    @property
    def account(self) -> str:
        return self.key.partition("/")[0]

    @property
    def name(self) -> str:
        return self.key.partition("/")[2]
