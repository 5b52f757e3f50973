"""What exists? The app's accounts with their videos, all publish tasks, and the use of each limit.

Pure, except for its ids: time is passed in, and no socket is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from contentsync.emulator.config import PUBLIC, Account, App, Comment, Config, Video
from contentsync.emulator.ids import Ids
from contentsync.emulator.refusal import Refused
from contentsync.emulator.tasks import Task
from contentsync.emulator.timing import SlidingWindow
from contentsync.emulator.tokens import TokenBook
from contentsync.emulator.webhooks import Delivery, body_of

MINUTE = 60.0
HOUR = 3_600.0
DAY = 86_400.0


class World:
    """The state of one emulated TikTok, as one app sees it."""

    def __init__(self, config: Config, now: Callable[[], float]) -> None:
        self.config = config
        self.now = now
        self.base_url = ""  # told by whoever serves this world; upload URLs begin with it
        self.ids = Ids(config.seed)
        self.tokens = TokenBook(config, now, self.ids)
        self.accounts: dict[str, Account] = {}
        self._open_ids: dict[tuple[str, str], str] = {}  # by account and client key
        self.videos: dict[str, dict[int, Video]] = {}
        self.comments: dict[int, list[Comment]] = {}
        self.tasks: dict[str, Task] = {}
        self.uploads: dict[str, Task] = {}
        self.outbox: list[Delivery] = []
        self._windows: dict[tuple[str, str], SlidingWindow] = {}
        for account in config.accounts:
            self.add_account(account)

    def add_account(self, account: Account) -> Account:
        """Let one more account in, filled from its name where it is empty. Raises ValueError on a double."""
        if account.name in self.accounts:
            raise ValueError(f'there is an account "{account.name}" already')
        filled = replace(
            account,
            username=account.username or account.name.replace("-", "_"),
            nickname=account.nickname or account.name.replace("-", " ").replace("_", " ").title(),
            open_id=account.open_id or self._made_open_id(account.name, self.config.app.client_key),
            union_id=account.union_id or self.ids.of(account.name, "union_id", 32),
        )
        self.accounts[account.name] = filled
        self._open_ids[account.name, self.config.app.client_key] = filled.open_id
        self.videos[account.name] = {}
        self.tokens.seed(filled)
        for place, video in enumerate(account.videos):
            self.add_video(account.name, video, age=HOUR * (place + 1))
        return filled

    def _made_open_id(self, name: str, client_key: str) -> str:
        """An open_id that hangs on the seed, the account and, save for the usual app, the app."""
        what = "open_id" if client_key == App().client_key else f"open_id of {client_key}"
        return f"-000{self.ids.of(name, what, 32)}"

    def open_id(self, name: str, client_key: str) -> str:
        """How an app, or its sandbox, knows an account. Source: Get User Info, "open_id"."""
        if client_key == self.config.app.sandbox_key and self.config.quirks.sandbox_open_id == "same":
            return self.accounts[name].open_id
        return self._open_ids.get((name, client_key)) or self._made_open_id(name, client_key)

    def change_app(self, **changes: object) -> None:
        """Replace properties of the app. Another client_key is another app of the same developer.

        It knows every account by another open_id, and has new tokens; those of the app before stay good for that one.
        Raises ValueError for a name that an app does not have.
        """
        before = self.config.app
        try:
            app = replace(before, **changes)  # type: ignore[arg-type]  # names and types are the caller's
        except TypeError as err:
            raise ValueError(str(err)) from err
        self.config = replace(self.config, app=app)
        self.tokens.change_app(app)
        for name, account in self.accounts.items() if app.client_key != before.client_key else ():
            open_id = self._open_ids.setdefault((name, app.client_key), self._made_open_id(name, app.client_key))
            self.accounts[name] = replace(account, open_id=open_id, access_token="", refresh_token="")
            if not self.tokens.has(name, app.client_key):
                self.tokens.seed(self.accounts[name])

    def account(self, name: str) -> Account:
        """The account of that name; raises ValueError, naming those there are."""
        try:
            return self.accounts[name]
        except KeyError:
            known = ", ".join(self.accounts)
            raise ValueError(f'there is no account "{name}", only {known}') from None

    def change_account(self, name: str, **changes: object) -> Account:
        """Replace properties of an account; raises ValueError for a name that it does not have."""
        before = self.account(name)
        try:
            after = replace(before, **changes)  # type: ignore[arg-type]  # names and types are the caller's
        except TypeError as err:
            raise ValueError(str(err)) from err
        self.accounts[name] = after
        if "open_id" in changes:
            self._open_ids[name, self.config.app.client_key] = after.open_id
        if "scopes" in changes:
            self.tokens.narrow(name, after.scopes)
        return after

    def add_video(self, account: str, video: Video, age: float = 0.0) -> Video:
        """Put a video on an account's profile; without a time of its own it is `age` seconds old."""
        added = replace(
            video,
            id=video.id or self.ids.number(),
            created_at=self.now() - age if video.created_at is None else video.created_at,
        )
        self.videos[self.account(account).name][added.id] = added
        return added

    def change_video(self, video_id: int, **changes: object) -> Video:
        """Replace properties of a video; raises ValueError when nobody has it."""
        for videos in self.videos.values():
            if video_id in videos:
                videos[video_id] = replace(videos[video_id], **changes)  # type: ignore[arg-type]
                return videos[video_id]
        raise ValueError(f"there is no video {video_id}")

    def delete_video(self, video_id: int) -> None:
        """Take a video away for good; raises ValueError when nobody has it."""
        if not any(videos.pop(video_id, None) for videos in self.videos.values()):
            raise ValueError(f"there is no video {video_id}")

    def add_comment(self, video_id: int, comment: Comment) -> Comment:
        """Put a comment under a video; raises ValueError when nobody has the video, or the parent is not there."""
        if not any(video_id in videos for videos in self.videos.values()):
            raise ValueError(f"there is no video {video_id}")
        there = self.comments.setdefault(video_id, [])
        if comment.parent and all(other.id != comment.parent for other in there):
            raise ValueError(f"there is no comment {comment.parent} under the video {video_id}")
        created = self.now() if comment.created_at is None else comment.created_at
        added = replace(comment, id=comment.id or self.ids.number(), created_at=created)
        there.append(added)
        return added

    def seen_by_all(self, video_id: int) -> bool:
        """Whether a video is public, as all that research sees."""
        return any(video.id == video_id for name in self.accounts for video in self.public_videos(name))

    def public_videos(self, account: str) -> list[Video]:
        """What anyone can see of an account, newest first."""
        if self.accounts[account].private:
            return []
        seen = [video for video in reversed(self.videos[account].values()) if self._shown(video)]
        return sorted(seen, key=lambda video: video.created_at or 0.0, reverse=True)

    def _shown(self, video: Video) -> bool:
        listed = self.config.quirks.photos_listed or not video.photo
        return video.privacy == PUBLIC and video.moderated and not video.hidden and listed

    def emit(self, event: str, account: str, content: Mapping[str, object], client_key: str = "") -> Delivery:
        """Let an event happen; it is delivered as soon as somebody listens. client_key: the app's unless given."""
        key = client_key or self.config.app.client_key
        now, open_id = self.now(), self.open_id(account, key) if account else ""
        body = body_of(key, event, open_id, content, int(now))
        secret = self.config.app.secret_of(key) or ""
        delivery = Delivery(len(self.outbox) + 1, event, account, body, secret, created_at=now, due_at=now)
        self.outbox.append(delivery)
        return delivery

    def revoke_account(self, name: str, reason: int = 1) -> None:
        """The owner takes the app's access away. Source: Webhook Events, "authorization.removed"."""
        self.tokens.revoke_account(self.account(name).name)
        self.emit("authorization.removed", name, {"reason": reason})

    def take_call(self, endpoint: str, token: str, limit: int | None) -> None:
        """Count a call in its minute; raises Refused when the minute is full."""
        window = self._windows.setdefault((endpoint, token), SlidingWindow(MINUTE))
        if limit is not None and not window.take(self.now(), limit):
            raise Refused("rate_limit_exceeded")
