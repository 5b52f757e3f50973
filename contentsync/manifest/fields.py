"""Which kinds of value do the keys of YAML files take? Types for the schemas, with their JSON Schema. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from contentsync.manifest import scalars
from contentsync.manifest.scalars import ScalarError
from contentsync.notices import EVENTS, NoticeKind
from contentsync.policy_rule import Hours
from contentsync.post import Disclosure, Interaction, Mode, Privacy
from contentsync.settings import Approve, ApproveBy

Item = TypeVar("Item")


class Strict(BaseModel):
    """A mapping that takes only the keys it names."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class UntitledSchema(GenerateJsonSchema):
    """JSON Schema without a title for each key: the keys speak for themselves."""

    def get_title_from_name(self, name: str) -> str:
        """Nothing."""
        return name and ""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Never."""
        return schema is None


class PlainSchema(UntitledSchema):
    """JSON Schema without `null`: a key that is left out is the only nothing there is."""

    def nullable_schema(self, schema: Any) -> JsonSchemaValue:
        """The schema of the value that may also be None."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: Any) -> JsonSchemaValue:
        """As usual, without a default of None."""
        made = super().default_schema(schema)
        if made.get("default", 0) is None:
            del made["default"]
        return made


def matching(pattern: str, code: str, phrase: str, hint: str) -> Callable[[object], str]:
    """A reader of text that must match `pattern` as a whole; for annotated types."""
    compiled = re.compile(pattern)

    def read(value: object) -> str:
        if isinstance(value, str) and compiled.fullmatch(value):
            return str(value)
        raise ScalarError(code, phrase, hint)

    return read


def _once_each(items: tuple[Item, ...]) -> tuple[Item, ...]:
    seen: set[Item] = set()
    for item in items:
        if item in seen:
            raise ScalarError("repeated-value", f"names {item} twice", "name each once")
        seen.add(item)
    return items


def _word(kind: type[StrEnum], meant: dict[str, str] | None = None) -> Callable[[object], StrEnum]:
    return lambda value: scalars.word(kind, value, meant)


def _enum(kind: type[StrEnum]) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "enum": [str(member) for member in kind]})


_MEANT_PRIVACY = {
    "public": "everyone",
    "public_to_everyone": "everyone",
    "all": "everyone",
    "private": "only_me",
    "self": "only_me",
    "self_only": "only_me",
    "me": "only_me",
    "mutual_follow_friends": "friends",
    "follower_of_creator": "followers",
}
_MEANT_ALLOW = {"comments": "comment", "duets": "duet", "stitches": "stitch"}
_MEANT_DISCLOSURE = {"brand_organic": "your_brand", "brand_content": "branded_content", "paid": "branded_content"}
_MEANT_MODE = {"inbox": "draft", "upload": "draft", "publish": "direct", "post": "direct"}
_MEANT_EVENT = {
    "draft": "delivered",
    "approval": "needs-approval",
    "sign-in": "sign-in-expiring",
    "error": "failed",
}


def _event(value: object) -> NoticeKind:
    """An event that can be chosen; a test message can't."""
    word = scalars.word(NoticeKind, value, _MEANT_EVENT)
    if word in EVENTS:
        return word
    raise ScalarError(
        "unknown-word", "can't be {shown}", "a test message goes to every entry: contentsync notify test"
    )


_EVENT_WORDS = {"type": "string", "enum": [str(kind) for kind in EVENTS]}
Flag = Annotated[bool, PlainValidator(scalars.flag), WithJsonSchema({"type": "boolean"})]
Count = Annotated[int, PlainValidator(scalars.count), WithJsonSchema({"type": "integer", "minimum": 1})]
Index = Annotated[int, PlainValidator(scalars.index), WithJsonSchema({"type": "integer", "minimum": 0})]
Span = Annotated[
    timedelta,
    PlainValidator(scalars.positive_span),
    WithJsonSchema({"type": "string", "pattern": scalars.SPAN_PATTERN}),
]
Offset = Annotated[
    timedelta, PlainValidator(scalars.span), WithJsonSchema({"type": "string", "pattern": scalars.SPAN_PATTERN})
]
Moment = Annotated[
    datetime,
    PlainValidator(scalars.moment),
    WithJsonSchema({"type": "string", "pattern": scalars.MOMENT_PATTERN}),
]
PublishAt = Annotated[
    datetime | None,
    PlainValidator(scalars.moment_or_next_slot),
    WithJsonSchema({"type": "string", "anyOf": [{"const": scalars.NEXT_SLOT}, {"pattern": scalars.MOMENT_PATTERN}]}),
]
SlotTime = Annotated[
    tuple[int | None, int, int],
    PlainValidator(scalars.slot),
    WithJsonSchema({"type": "string", "pattern": scalars.SLOT_PATTERN}),
]

NAME_PATTERN = r"[a-z0-9](?:[a-z0-9_-]|\.(?!\.)){0,62}"
ACCOUNT_PATTERN = r"[a-z0-9][a-z0-9_-]{0,62}"
Name = Annotated[
    str,
    PlainValidator(
        matching(
            NAME_PATTERN,
            "name-pattern",
            "can't be {shown}",
            "use a-z, 0-9, _ - and single dots, at most 63, a letter or digit first",
        )
    ),
    WithJsonSchema({"type": "string", "pattern": f"^{NAME_PATTERN}$"}),
]
AccountName = Annotated[
    str,
    PlainValidator(
        matching(
            ACCOUNT_PATTERN,
            "account-pattern",
            "can't be {shown}",
            "use a-z, 0-9, _ and -, at most 63, a letter or digit first",
        )
    ),
    WithJsonSchema({"type": "string", "pattern": f"^{ACCOUNT_PATTERN}$"}),
]
PostId = Annotated[
    str,
    PlainValidator(
        matching(r"[0-9]{1,30}", "not-a-post-id", "takes TikTok's digits, not {shown}", "copy it from the URL")
    ),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,30}$"}),
]
Filled = Annotated[
    str,
    PlainValidator(matching(r"(?s).*\S.*", "empty-text", "must not be empty", "write a value, or leave it out")),
    WithJsonSchema({"type": "string", "minLength": 1}),
]
_UNIQUE = Field(json_schema_extra={"uniqueItems": True})
PrivacyWord = Annotated[Privacy, PlainValidator(_word(Privacy, _MEANT_PRIVACY)), _enum(Privacy)]
_APPROVE_WORDS = [str(way) for way in Approve if way is not Approve.BRANCH]
BRANCH_PATTERN = r"[A-Za-z0-9_](?:[A-Za-z0-9_+-]|[./](?![./])){0,99}"


def _approve_by(value: object) -> ApproveBy:
    """A way by its word, or a branch. Raises ScalarError."""
    if isinstance(value, dict) and set(value) == {"branch"}:
        branch = value["branch"]
        if (
            isinstance(branch, str)
            and re.fullmatch(BRANCH_PATTERN, branch)
            and not branch.endswith((".lock", ".", "/"))
        ):
            return ApproveBy(Approve.BRANCH, branch)
        raise ScalarError("not-a-branch", "does not name a branch", "write {branch: main}")
    if isinstance(value, str) and value in _APPROVE_WORDS:
        return ApproveBy(Approve(value))
    hint = f"write {', '.join(_APPROVE_WORDS)} or {{branch: main}}"
    raise ScalarError("unknown-word", "does not say who approves", hint)


ApproveWay = Annotated[
    ApproveBy,
    PlainValidator(_approve_by),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "enum": _APPROVE_WORDS},
                {
                    "type": "object",
                    "properties": {"branch": {"type": "string", "pattern": f"^{BRANCH_PATTERN}$"}},
                    "required": ["branch"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]
ModeWord = Annotated[Mode, PlainValidator(_word(Mode, _MEANT_MODE)), _enum(Mode)]
AllowWords = Annotated[
    tuple[Annotated[Interaction, PlainValidator(_word(Interaction, _MEANT_ALLOW)), _enum(Interaction)], ...],
    _UNIQUE,
    AfterValidator(_once_each),
]
DisclosureWords = Annotated[
    tuple[Annotated[Disclosure, PlainValidator(_word(Disclosure, _MEANT_DISCLOSURE)), _enum(Disclosure)], ...],
    _UNIQUE,
    AfterValidator(_once_each),
]
EventWords = Annotated[
    tuple[Annotated[NoticeKind, PlainValidator(_event), WithJsonSchema(_EVENT_WORDS)], ...],
    Field(min_length=1),
    _UNIQUE,
    AfterValidator(_once_each),
]
AccountNames = Annotated[tuple[AccountName, ...], Field(min_length=1), _UNIQUE, AfterValidator(_once_each)]
RuleId = Annotated[
    str,
    PlainValidator(
        matching(
            ACCOUNT_PATTERN,
            "policy-rule",
            "can't be {shown}",
            "use a-z, 0-9, _ and -, at most 63, a letter or digit first",
        )
    ),
    WithJsonSchema({"type": "string", "pattern": f"^{ACCOUNT_PATTERN}$"}),
]
Words = Annotated[tuple[Filled, ...], Field(min_length=1), _UNIQUE, AfterValidator(_once_each)]
DayHours = Annotated[
    Hours,
    PlainValidator(scalars.hours),
    WithJsonSchema({"type": "string", "pattern": scalars.HOURS_PATTERN}),
]


class RuleLevel(StrEnum):
    """What happens to a post that breaks a rule."""

    ERROR = "error"
    WARNING = "warning"


LevelWord = Annotated[RuleLevel, PlainValidator(_word(RuleLevel)), _enum(RuleLevel)]
