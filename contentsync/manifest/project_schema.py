"""What shape does contentsync.yaml have? Its keys and their values; also the source of `schemas/project.schema.json`.

Pure. Each ${NAME} was replaced before.
"""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field, TypeAdapter

from contentsync.manifest.fields import (
    AccountName,
    AccountNames,
    AllowWords,
    ApproveWay,
    Count,
    DayHours,
    DisclosureWords,
    EventWords,
    Filled,
    Flag,
    Index,
    LevelWord,
    ModeWord,
    RuleId,
    SlotTime,
    Span,
    Strict,
    Words,
)

_POSITIVE = "TikTok's own figure unless given."


class AppLimits(Strict):
    """Caps of the developer's app."""

    posting_users_per_day: Count | None = Field(
        default=None,
        description="How many accounts may post in 24 hours: 5 while the app is not audited, else no cap.",
    )


class SandboxKeys(Strict):
    """A sandbox of the app: `login --sandbox` signs in with it."""

    client_key: Filled | None = Field(default=None, description="The sandbox's own client key.")
    client_secret: Filled | None = Field(
        default=None, description="The sandbox's own secret, from the environment. Never written here."
    )


class AppKeys(Strict):
    """The app that is registered with TikTok."""

    client_key: Filled | None = Field(default=None, description="The app's client key: ${CONTENTSYNC_CLIENT_KEY}.")
    client_secret: Filled | None = Field(
        default=None,
        description="The app's secret, from the environment: ${CONTENTSYNC_CLIENT_SECRET}. Never written here.",
    )
    audited: Flag | None = Field(default=None, description="Whether TikTok has audited this app for Direct Post.")
    redirect_uri: Filled | None = Field(
        default=None,
        description="Where sign-in returns to: a loopback address for a Desktop app, https for a Web app.",
    )
    sandbox: SandboxKeys | None = Field(default=None, description="A sandbox of the app, with keys of its own.")
    limits: AppLimits | None = Field(default=None, description="Caps of the app.")


class DefaultKeys(Strict):
    """Values for manifests that do not say otherwise. Never privacy."""

    allow: AllowWords | None = Field(default=None, description="What viewers may do where a manifest does not say.")
    disclosure: DisclosureWords | None = Field(
        default=None, description="What a post advertises where a manifest does not say."
    )
    ai_generated: Flag | None = Field(default=None, description="Whether posts have the AI-generated label.")
    mode: ModeWord | None = Field(default=None, description="What a post does where neither it nor its account says.")
    grace: Span | None = Field(default=None, description="How long after publish_at a post may still be sent; 1h.")


class LimitKeys(Strict):
    """What an account may do."""

    inits_per_minute: Count | None = Field(default=None, description=_POSITIVE)
    status_per_minute: Count | None = Field(default=None, description=_POSITIVE)
    creator_info_per_minute: Count | None = Field(default=None, description=_POSITIVE)
    posts_per_day: Count | None = Field(default=None, description="Direct posts in a sliding 24 hours. " + _POSITIVE)
    pending_drafts: Count | None = Field(default=None, description="Drafts in a sliding 24 hours. " + _POSITIVE)
    max_creates_per_run: Count | None = Field(
        default=None, description="A guard: how many posts one apply may create."
    )
    max_creates_per_day: Count | None = Field(
        default=None, description="A guard: how many posts 24 hours may create."
    )


class AccountKeys(Strict):
    """One TikTok account."""

    open_id: Filled | None = Field(
        default=None, description="Pins the identity: TikTok's open_id for your app. Another one is refused."
    )
    token_command: Annotated[tuple[Filled, ...], Field(min_length=1)] | None = Field(
        default=None, description="A command that prints an access token: [pass, show, tiktok/acme]."
    )
    mode: ModeWord | None = Field(
        default=None, description="What posts of this account do unless a manifest says otherwise."
    )
    timezone: Filled | None = Field(default=None, description="IANA name; the project's zone unless given.")
    paused: Flag | None = Field(default=None, description="true: nothing is sent for this account.")
    slots: tuple[SlotTime, ...] | None = Field(
        default=None,
        description='Times for publish_at: next-slot, as "mon 09:00" or "daily 18:00" in the account\'s zone.',
    )
    limits: LimitKeys | None = Field(default=None, description="What the account may do.")


class ApiKeys(Strict):
    """The way to TikTok's API."""

    base_url: Filled | None = Field(default=None, description="Where the API answers. CONTENTSYNC_API_URL wins.")
    poll_initial: Span | None = Field(
        default=None, description="The first wait between two questions for a status; 2s."
    )
    poll_max: Span | None = Field(
        default=None, description="The longest wait between two questions for a status; 30s."
    )


class HostingKeys(Strict):
    """How local photos become the public URLs that TikTok needs, and which addresses are the app's own."""

    base_url: Filled | None = Field(
        default=None,
        description="A prefix verified in TikTok's portal, under which local photos are served. "
        "Absent: local photos can't be sent.",
    )
    upload: Filled | None = Field(
        default=None,
        description="Where apply puts the files: s3://…, gs://…, az://…, file:///… or a folder; needs base_url. "
        "Absent: they are there already.",
    )
    verified: tuple[Filled, ...] | None = Field(
        default=None,
        description="Domains (acme.example, with all below it) and URL prefixes (https://…/) whose ownership TikTok "
        "has verified. Absent: not checked.",
    )


class WatchKeys(Strict):
    """How `watch` behaves."""

    debounce: Span | None = Field(default=None, description="How long file events are gathered; 2s.")
    settle: Span | None = Field(default=None, description="How long a file must be unchanged before it is sent; 5s.")
    approve: ApproveWay | None = Field(
        default=None,
        description="Who approves what watch and apply --approved send: a person beforehand (manual), whoever writes "
        "the files (auto, for watch only), or whoever merges into a branch of the remote: {branch: main}; manual.",
    )


class NotifyKeys(Strict):
    """A recipient of notices: exactly one of url and command."""

    url: Filled | None = Field(
        default=None,
        description="An apprise URL, from the environment alone: ${CONTENTSYNC_NOTIFY_…}. Never written here.",
    )
    command: Annotated[tuple[Filled, ...], Field(min_length=1)] | None = Field(
        default=None, description="A program that reads each notice as JSON on its standard input: [./tell.sh]."
    )
    events: EventWords | None = Field(default=None, description="Only these events; all of them unless given.")
    accounts: AccountNames | None = Field(default=None, description="Only these accounts; all of them unless given.")
    sign_in_within: Span | None = Field(
        default=None, description="How long before its end an expiring sign-in is told; 7d."
    )


class PolicyKeys(Strict):
    """One rule for posts. It has exactly one demand."""

    id: RuleId = Field(description="The rule's name, which messages tell: a-z, 0-9, _ and -.")
    level: LevelWord | None = Field(
        default=None, description="error blocks a post that breaks the rule, warning only tells; error."
    )
    accounts: AccountNames | None = Field(default=None, description="Only these accounts; all of them unless given.")
    when: Words | None = Field(
        default=None, description="Only posts whose title or caption has one of these words; for what is required."
    )
    banned: Words | None = Field(
        default=None, description="Words that no title or caption may have; guarantee* stands for any ending."
    )
    hashtags: Words | None = Field(default=None, description="Hashtags that each caption must have.")
    mentions: Words | None = Field(default=None, description="Mentions that each caption must have.")
    disclosure: DisclosureWords | None = Field(default=None, description="Labels that each post must have.")
    spacing: Span | None = Field(default=None, description="Between two direct posts of an account, 24h at most.")
    same_content_within: Span | None = Field(
        default=None, description="The same media on two accounts must be this far apart, 24h at most."
    )
    hours: DayHours | None = Field(
        default=None, description='When direct posts may go out, in the account\'s zone: "08:00-22:00".'
    )
    public_per_day: Index | None = Field(
        default=None, description="How many posts to everyone an account may have in one day of its zone."
    )


class ProjectFile(Strict):
    """The project: contentsync.yaml at the root of the content repository."""

    version: Count | None = Field(
        default=None, description="The version of this file's format: 1.", json_schema_extra={"const": 1}
    )
    manifests: Annotated[tuple[Filled, ...], Field(min_length=1)] | None = Field(
        default=None, description='Where the manifests are; ["posts/**/*.yaml", "posts/**/*.yml", "posts/**/*.md"].'
    )
    state: Filled | None = Field(
        default=None, description="Where the state is kept: a file, git or git:REMOTE#BRANCH; .contentsync/state.db."
    )
    takeover: Span | None = Field(
        default=None, description="How long another machine's open attempt is left alone after its last write; 10m."
    )
    receipts: Flag | None = Field(
        default=None,
        description="Whether apply writes receipts/ACCOUNT/NAME.json; true for a state in a file, else false.",
    )
    timezone: Filled | None = Field(default=None, description="IANA name; UTC.")
    app: AppKeys | None = Field(default=None, description="The developer's app at TikTok.")
    defaults: DefaultKeys | None = Field(default=None, description="What manifests may leave out. Never privacy.")
    accounts: dict[AccountName, AccountKeys] | None = Field(
        default=None, description="The accounts, by names of yours."
    )
    api: ApiKeys | None = Field(default=None, description="How TikTok is reached.")
    hosting: HostingKeys | None = Field(
        default=None, description="How local photos become public URLs, and what is verified."
    )
    watch: WatchKeys | None = Field(default=None, description="How watch behaves.")
    run_every: Span | None = Field(
        default=None,
        description="How often apply is run, as by cron or a CI: validate and plan warn of windows that are shorter.",
    )
    notify: tuple[NotifyKeys, ...] | None = Field(default=None, description="Who gets notices of what happens.")
    policy: tuple[PolicyKeys, ...] | None = Field(default=None, description="Rules that each post must keep.")
    policy_cmd: Annotated[tuple[Filled, ...], Field(min_length=1)] | None = Field(
        default=None, description="A program that reads the plan as JSON and may refuse posts: [opa, eval, …]."
    )


PROJECT: Final = TypeAdapter(ProjectFile)
SHAPES: Final[dict[str, type[Strict]]] = {
    "": ProjectFile,
    "app": AppKeys,
    "app.sandbox": SandboxKeys,
    "app.limits": AppLimits,
    "defaults": DefaultKeys,
    "accounts.*": AccountKeys,
    "accounts.*.limits": LimitKeys,
    "api": ApiKeys,
    "hosting": HostingKeys,
    "watch": WatchKeys,
    "notify.*": NotifyKeys,
    "policy.*": PolicyKeys,
}
