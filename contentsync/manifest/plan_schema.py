"""What shape has a plan as JSON? The object that `plan --json` prints and `plan --out` saves.

Pure; the source of `schemas/plan.schema.json`. Ids are text, times RFC 3339 in UTC. Keys may be added in later
versions of the tool; none is taken away or changed within `contentsync.plan/1`.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field, TypeAdapter, WithJsonSchema

FORMAT: Final = "contentsync.plan/1"
ActionWord = Literal[
    "create",
    "resume",
    "adopt",
    "move",
    "wait",
    "blocked",
    "frozen",
    "unknown",
    "drift",
    "forget",
    "unchanged",
]
Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
_Format = Annotated[Literal["contentsync.plan/1"], WithJsonSchema({"type": "string", "const": FORMAT})]
_Object = Annotated[dict[str, object], WithJsonSchema({"type": "object"})]
_Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


class PlanState(BaseModel):
    """The state that the plan was made from."""

    lineage: str = Field(description="Which state this is, from its creation on.")
    serial: int = Field(ge=0, description="Rises when an attempt, a binding or a generation changes.")


class PlanQuota(BaseModel):
    """What may still be sent within the sliding 24 hours."""

    posts_left: int | None = Field(default=None, description="Direct posts left; null where it is not known.")
    drafts_left: int | None = Field(default=None, description="Drafts left; null where it is not known.")


class PlanAccount(BaseModel):
    """An account as the plan found it."""

    open_id: str | None = Field(
        default=None, description="TikTok's id of the account; null where it is not known yet."
    )
    nickname: str | None = Field(default=None, description="The creator's nickname; null where TikTok was not asked.")
    username: str | None = Field(default=None, description="The creator's username; null where TikTok was not asked.")
    privacy: list[str] | None = Field(
        default=None, description="The privacy that TikTok offers now; null where it was not asked."
    )
    quota: PlanQuota = Field(description="What may still be sent.")


class PlanFacts(BaseModel):
    """What the content of a media file says of itself; null where it could not be read."""

    container: str | None = None
    codec: str | None = None
    width: int | None = Field(default=None, description="Pixels.")
    height: int | None = Field(default=None, description="Pixels.")
    duration: float | None = Field(default=None, description="Seconds.")
    frame_rate: float | None = Field(default=None, description="Frames a second.")


class PlanMedia(BaseModel):
    """One file or URL of a post."""

    path: str | None = Field(default=None, description="From the project's root; empty or null for a URL.")
    url: str | None = Field(default=None, description="Empty or null for a file.")
    sha256: str | None = Field(default=None, description="Of the whole file, in hex; empty or null for a URL.")
    bytes: int | None = Field(default=None, description="The size of the file.")
    facts: PlanFacts | None = Field(default=None, description="Null where the file was not probed.")


class PlanProblem(BaseModel):
    """One thing that is wrong, or worth knowing."""

    code: str = Field(pattern=r"^[a-z0-9-]+$", description="Stable; scripts match it and the place.")
    what: str = Field(description="The fact, in words.")
    hint: str | None = Field(default=None, description="One step that mends it.")
    level: Literal["error", "warning", "note"] = Field(default="error", description="How much it weighs.")
    where: str | None = Field(default=None, description="FILE:LINE:COL.")


class PlanAction(BaseModel):
    """What is to be done about one post."""

    post: str = Field(description="ACCOUNT/NAME.")
    action: ActionWord = Field(description="What apply would do, or why it would not.")
    reason: str = Field(description="Why, in words.")
    where: str | None = Field(
        default=None, description="FILE:LINE:COL of the manifest; null where there is none any more."
    )
    mode: Literal["direct", "draft"] | None = Field(default=None, description="What the post does.")
    due_at: Time | None = Field(default=None, description="The earliest time at which it can be sent; null for now.")
    sends: _Object = Field(
        default_factory=dict, description="What goes to TikTok beside the media, in the manifest's words."
    )
    not_sent: list[str] = Field(default_factory=list, description="Keys that this mode does not carry to TikTok.")
    changes: list[_Object] = Field(default_factory=list, description="What differs from what was posted.")
    media: list[PlanMedia] = Field(default_factory=list, description="What would be sent.")
    problems: list[PlanProblem] = Field(default_factory=list, description="What stands in the way, or is to be told.")
    digest: str | None = Field(default=None, description="Of what is sent; differs exactly when that does.")
    moved_from: str | None = Field(default=None, description="Of a move: the key that the post had.")
    adopts: str | None = Field(default=None, description="Of an adoption: TikTok's id of the video.")
    then: ActionWord | None = Field(default=None, description="Of a move: what follows it in the same run.")


class Plan(BaseModel):
    """A plan: what apply would do, with a reason for each post."""

    format: _Format = Field(description="This format and its version.")
    created_at: Time = Field(description="When it was made.")
    expires_at: Time = Field(description="From then on apply refuses it.")
    tool_version: str = Field(description="The contentsync that made it.")
    state: PlanState = Field(description="The state it was made from.")
    accounts: dict[str, PlanAccount] = Field(description="The accounts, by their names in the project.")
    actions: list[PlanAction] = Field(description="One for each post, in the order of carrying them out.")
    allow: list[str] = Field(default_factory=list, description="The guards that were lifted by name.")
    summary: dict[str, int] = Field(description="How many actions there are of each kind.")
    digest: _Digest = Field(description="Of all the rest; tells an altered plan.")


PLAN: Final = TypeAdapter(Plan)
