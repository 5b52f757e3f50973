"""What does a plan look like as JSON? One description: what is written, what is read back, and the published schema.

Pure. Ids are text, times RFC 3339 in UTC, durations seconds. Every key is always written. Keys may be added in later
versions; none is removed or changed within `contentsync.plan/1`.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from contentsync.errors import Level, Place, Problem
from contentsync.plan.action import AccountView, Action, Change, Kind, Plan, Quota
from contentsync.post import Interaction, Media, MediaFacts, Mode, Privacy
from contentsync.remote_post import Creator
from contentsync.times import rfc3339

FORMAT: Final = "contentsync.plan/1"

Time = Annotated[
    AwareDatetime,
    PlainSerializer(rfc3339, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
_Format = Annotated[Literal["contentsync.plan/1"], WithJsonSchema({"type": "string", "const": FORMAT})]
_ActionWord = Annotated[Kind, WithJsonSchema({"type": "string", "enum": [kind.value for kind in Kind]})]
_ModeWord = Annotated[Mode, WithJsonSchema({"type": "string", "enum": [mode.value for mode in Mode]})]
_LevelWord = Annotated[Level, WithJsonSchema({"type": "string", "enum": [level.value for level in Level]})]
_PrivacyWord = Annotated[Privacy, WithJsonSchema({"type": "string", "enum": [word.value for word in Privacy]})]
_InteractionWord = Annotated[
    Interaction, WithJsonSchema({"type": "string", "enum": [word.value for word in Interaction]})
]
_Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


def _is_place(where: str) -> str:
    file, line, column = where.rsplit(":", 2)
    if not (file and line.isdecimal() and column.isdecimal()):
        raise ValueError("no FILE:LINE:COL")
    return where


class _Part(BaseModel):
    """A part of a plan: types are exact, nothing is converted."""

    model_config = ConfigDict(strict=True, frozen=True)


class PlanState(_Part):
    """The state that the plan was made from."""

    lineage: str = Field(description="Which state this is, from its creation on.")
    serial: int = Field(ge=0, description="Rises when an attempt, a binding or a generation changes.")


class PlanQuota(_Part):
    """What may still be sent within the sliding 24 hours."""

    posts_left: int = Field(description="Direct posts left.")
    drafts_left: int = Field(description="Drafts left.")


class PlanProblem(_Part):
    """One thing that is wrong, or worth knowing."""

    code: str = Field(pattern=r"^[a-z0-9-]+$", description="Stable; scripts match it and the place.")
    what: str = Field(description="The fact, in words.")
    hint: str = Field(description="One step that fixes it; empty where there is none.")
    level: _LevelWord = Field(description="How much it weighs.")
    where: Annotated[str, AfterValidator(_is_place)] | None = Field(description="FILE:LINE:COL.")

    @classmethod
    def of(cls, problem: Problem) -> Self:
        where = str(problem.where) if problem.where and problem.where.file else None
        return cls(code=problem.code, what=problem.what, hint=problem.hint, level=problem.level, where=where)

    def problem(self) -> Problem:
        where = None
        if self.where:
            file, line, column = self.where.rsplit(":", 2)
            where = Place(file, int(line), int(column))
        return Problem(self.code, self.what, self.hint, where, self.level)


class PlanAccount(_Part):
    """An account as the plan found it."""

    open_id: str | None = Field(description="TikTok's id of the account; null where it is not known yet.")
    nickname: str | None = Field(description="The creator's nickname; null where TikTok was not asked.")
    username: str | None = Field(description="The creator's username; null where TikTok was not asked.")
    privacy: tuple[_PrivacyWord, ...] | None = Field(
        description="The privacy that TikTok offers now; null where it was not asked."
    )
    quota: PlanQuota = Field(description="What may still be sent.")
    public: bool | None = Field(description="Whether the account is public; null where that is not known.")
    list_read_at: Time | None = Field(description="When the public list was last read; null for never.")
    sandbox: bool = Field(description="Whether it is signed in with the app's sandbox.")
    disabled: tuple[_InteractionWord, ...] | None = Field(
        description="Interactions that the creator turned off; null where TikTok was not asked."
    )
    max_seconds: int | None = Field(description="The longest video that the account may post, in seconds.")
    stop: str | None = Field(description="TikTok's code for why nothing may be posted now; null where it may.")
    stop_what: str | None = Field(description="The same in words.")

    @classmethod
    def of(cls, view: AccountView) -> Self:
        creator = view.creator
        return cls(
            open_id=view.open_id,
            nickname=creator.nickname if creator else None,
            username=creator.username if creator else None,
            privacy=creator.privacy if creator else None,
            quota=PlanQuota(posts_left=view.quota.posts_left, drafts_left=view.quota.drafts_left),
            public=view.public,
            list_read_at=view.list_read_at,
            sandbox=view.sandbox,
            disabled=tuple(sorted(creator.disabled)) if creator else None,
            max_seconds=creator.max_seconds if creator else None,
            stop=creator.stop or None if creator else None,
            stop_what=creator.stop_what or None if creator else None,
        )

    def view(self, name: str) -> AccountView:
        return AccountView(
            name=name,
            open_id=self.open_id,
            creator=self._creator(),
            quota=Quota(self.quota.posts_left, self.quota.drafts_left),
            public=self.public,
            list_read_at=self.list_read_at,
            sandbox=self.sandbox,
        )

    def _creator(self) -> Creator | None:
        if self.nickname is None:
            return None
        return Creator(
            open_id=self.open_id or "",
            nickname=self.nickname,
            username=self.username or "",
            privacy=self.privacy,
            disabled=frozenset(self.disabled or ()),
            max_seconds=self.max_seconds,
            stop=self.stop or "",
            stop_what=self.stop_what or "",
        )


class PlanFacts(_Part):
    """What the content of a media file says of itself; null where it could not be read."""

    container: str | None
    codec: str | None
    width: int | None = Field(description="Pixels.")
    height: int | None = Field(description="Pixels.")
    duration: float | None = Field(description="Seconds.")
    frame_rate: float | None = Field(description="Frames a second.")


class PlanMedia(_Part):
    """One file or URL of a post."""

    path: str | None = Field(description="From the project's root; null for a URL.")
    url: str | None = Field(description="Without its query, which may hold a key; null for a file.")
    sha256: str | None = Field(description="Of the whole file, in hex; null for a URL.")
    bytes: int = Field(description="The size of the file; 0 for a URL.")
    facts: PlanFacts | None = Field(description="Null where the file was not probed.")

    @classmethod
    def of(cls, item: Media) -> Self:
        facts = PlanFacts(**asdict(item.facts)) if item.facts else None
        return cls(
            path=item.path or None, url=item.url or None, sha256=item.sha256 or None, bytes=item.size, facts=facts
        )

    def media(self) -> Media:
        facts = MediaFacts(**self.facts.model_dump()) if self.facts else None
        return Media(self.path or "", self.url or "", self.sha256 or "", self.bytes, facts)


class PlanChange(_Part):
    """One setting that was edited after it was sent."""

    key: str = Field(description="The manifest's key.")
    before: Any = Field(description="What was sent.")
    after: Any = Field(description="What the manifest says now.")


class PlanAction(_Part):
    """What is to be done about one post."""

    post: str = Field(description="ACCOUNT/NAME.")
    action: _ActionWord = Field(description="What apply would do, or why it would not.")
    reason: str = Field(description="Why, in words.")
    where: str | None = Field(description="FILE:LINE:COL of the manifest; null where there is none any more.")
    mode: _ModeWord | None = Field(description="What the post does.")
    due_at: Time | None = Field(description="The earliest time at which it can be sent; null for now, or unknown.")
    sends: dict[str, Any] = Field(description="What goes to TikTok beside the media, in the manifest's words.")
    not_sent: tuple[str, ...] = Field(description="Keys that this mode does not carry to TikTok.")
    changes: tuple[PlanChange, ...] = Field(description="What differs from what was posted.")
    media: tuple[PlanMedia, ...] = Field(description="What would be sent.")
    problems: tuple[PlanProblem, ...] = Field(description="What stands in the way, or is worth knowing.")
    digest: str | None = Field(description="Of what was approved; null without a manifest.")
    left: bool = Field(description="Whether it waits for something that the author did not ask for, such as a cap.")
    moved_from: str | None = Field(description="Of a move: the key that the post had.")
    adopts: str | None = Field(description="Of an adoption: TikTok's id of the video.")
    then: _ActionWord | None = Field(description="Of a move: what follows it in the same run.")

    @classmethod
    def of(cls, action: Action) -> Self:
        return cls(
            post=action.post,
            action=action.kind,
            reason=action.reason,
            where=action.where or None,
            mode=action.mode,
            due_at=action.due_at,
            sends=dict(action.sends),
            not_sent=action.not_sent,
            changes=tuple(PlanChange(**asdict(change)) for change in action.changes),
            media=tuple(PlanMedia.of(item) for item in action.media),
            problems=tuple(PlanProblem.of(problem) for problem in action.problems),
            digest=action.digest or None,
            left=action.left,
            moved_from=action.moved_from or None,
            adopts=action.adopts or None,
            then=action.then,
        )

    def planned(self) -> Action:
        return Action(
            kind=self.action,
            post=self.post,
            reason=self.reason,
            where=self.where or "",
            mode=self.mode,
            due_at=self.due_at,
            not_sent=self.not_sent,
            changes=tuple(Change(change.key, change.before, change.after) for change in self.changes),
            media=tuple(item.media() for item in self.media),
            problems=tuple(problem.problem() for problem in self.problems),
            digest=self.digest or "",
            left=self.left,
            moved_from=self.moved_from or "",
            adopts=self.adopts or "",
            sends=self.sends,
            then=self.then,
        )


class PlanDocument(_Part):
    """A plan: what apply would do, with a reason for each post."""

    format: _Format = Field(description="This format and its version.")
    created_at: Time = Field(description="When it was made.")
    expires_at: Time = Field(description="From then on apply refuses it.")
    tool_version: str = Field(description="The contentsync that made it.")
    state: PlanState = Field(description="The state it was made from.")
    accounts: dict[str, PlanAccount] = Field(description="The accounts, by their names in the project.")
    actions: tuple[PlanAction, ...] = Field(description="One for each post, in the order of carrying them out.")
    summary: dict[str, int] = Field(description="How many actions there are of each kind.")
    inputs: str = Field(description="One digest over every manifest, every byte of media and the accounts.")
    allow: tuple[str, ...] = Field(description="The guards that were lifted by name.")
    notes: tuple[PlanProblem, ...] = Field(description="Problems of the whole plan.")
    digest: _Digest = Field(description="Of all the rest; tells an altered plan.")

    @classmethod
    def of(cls, plan: Plan, tool_version: str, digest: str) -> Self:
        return cls(
            format="contentsync.plan/1",
            created_at=plan.created_at,
            expires_at=plan.expires_at,
            tool_version=tool_version,
            state=PlanState(lineage=plan.lineage, serial=plan.serial),
            accounts={view.name: PlanAccount.of(view) for view in plan.accounts},
            actions=tuple(PlanAction.of(action) for action in plan.actions),
            summary=plan.summary,
            inputs=plan.inputs,
            allow=plan.allow,
            notes=tuple(PlanProblem.of(problem) for problem in plan.notes),
            digest=digest,
        )

    def plan(self) -> Plan:
        """The plan that is described. Raises ValueError where the summary lacks what was not listed."""
        if Kind.UNCHANGED not in self.summary:
            raise ValueError("summary.unchanged is missing")
        return Plan(
            created_at=self.created_at,
            expires_at=self.expires_at,
            lineage=self.state.lineage,
            serial=self.state.serial,
            accounts=tuple(account.view(name) for name, account in self.accounts.items()),
            actions=tuple(action.planned() for action in self.actions),
            unchanged=self.summary[Kind.UNCHANGED],
            inputs=self.inputs,
            allow=self.allow,
            notes=tuple(problem.problem() for problem in self.notes),
        )


def problem_as_json(problem: Problem) -> dict[str, Any]:
    """A problem as data: its code, words, weight and place."""
    return PlanProblem.of(problem).model_dump(mode="json")


def account_as_json(view: AccountView) -> dict[str, Any]:
    """What a plan shows of an account."""
    return PlanAccount.of(view).model_dump(mode="json")


def action_as_json(action: Action) -> dict[str, Any]:
    """What a plan shows of one action."""
    return PlanAction.of(action).model_dump(mode="json")
