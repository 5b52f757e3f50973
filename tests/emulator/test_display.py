"""User info, video list and query: fields, scopes, paging, and who sees what."""

from __future__ import annotations

from typing import Any

import pytest

from contentsync.emulator.config import FRIENDS, Account, Quirks, Video
from tests.emulator.support import START, a_caller, code

BASIC = ("user.info.basic", "video.list", "video.publish")


def info(fields: str) -> str:
    return f"/v2/user/info/?fields={fields}"


def test_user_info_tells_just_the_fields_that_were_asked_for() -> None:
    with a_caller(Account("acme-de", nickname="Acme", follower_count=7)) as caller:
        user = caller.get(info("username,display_name,follower_count")).json()["data"]["user"]
    assert user == {"username": "acme_de", "display_name": "Acme", "follower_count": 7}


@pytest.mark.parametrize("fields", ["", "open_id,nonsense"])
def test_missing_and_unknown_fields_are_refused(fields: str) -> None:
    with a_caller() as caller:
        assert code(caller.get(info(fields))) == (400, "invalid_params")
        assert code(caller.list(fields)) == (400, "invalid_params")


@pytest.mark.parametrize(
    ("habit", "answer"),
    [
        ("scope_permission_missed", (400, "scope_permission_missed")),
        ("scope_not_authorized", (401, "scope_not_authorized")),
        ("silent", (200, "ok")),
    ],
)
def test_a_field_beyond_the_scopes_is_refused_or_empty(habit: Any, answer: object) -> None:
    with a_caller(Account("acme", scopes=BASIC), quirks=Quirks(beyond_scope=habit)) as caller:
        found = caller.get(info("open_id,username"))
        assert code(found) == answer
        assert code(caller.get(info("open_id"))) == (200, "ok")
        assert answer[0] != 200 or found.json()["data"]["user"]["username"] == ""  # type: ignore[index]


def test_user_info_is_a_get_and_the_list_a_post() -> None:
    with a_caller() as caller:
        assert caller.post(info("open_id")).status_code == 405
        assert caller.get("/v2/video/list/?fields=id").status_code == 405


@pytest.mark.parametrize("path", ["/v2/video/list?fields=id", "/v2/video/list/more/", "/", "/v1/user/info/"])
def test_a_path_that_is_not_written_in_full_is_404(path: str) -> None:
    with a_caller() as caller:
        assert caller.post(path, {}).status_code == 404


def test_the_list_is_newest_first_and_paged_by_a_cursor_in_ms() -> None:
    videos = tuple(Video(str(number), created_at=1_000 + number) for number in range(25))
    with a_caller(Account("acme", videos=videos)) as caller:
        first = caller.list("title,create_time", max_count=20).json()["data"]
        second = caller.list("title", max_count=20, cursor=first["cursor"]).json()["data"]
    assert [video["title"] for video in first["videos"]] == [str(number) for number in range(24, 4, -1)]
    assert (first["has_more"], first["cursor"]) == (True, first["videos"][-1]["create_time"] * 1_000)
    assert [video["title"] for video in second["videos"]] == ["4", "3", "2", "1", "0"]
    assert (second["has_more"], second["cursor"]) == (False, 1_000_000)


def test_a_cursor_in_seconds_finds_nothing() -> None:
    with a_caller(Account("acme", videos=(Video(created_at=START),))) as caller:
        assert caller.listed(cursor=int(START)) == []
        assert len(caller.listed(cursor=int(START) * 1_000 + 1)) == 1


def test_ten_videos_a_page_unless_asked() -> None:
    with a_caller(Account("acme", videos=(Video(),) * 12)) as caller:
        assert len(caller.listed()) == 10


@pytest.mark.parametrize("body", [{"max_count": 21}, {"max_count": 0}, {"max_count": "5"}, {"cursor": "1"}])
def test_a_page_that_cannot_be_is_refused(body: dict[str, Any]) -> None:
    with a_caller() as caller:
        assert code(caller.list(**body)) == (400, "invalid_params")


def test_the_list_shows_public_videos_alone() -> None:
    videos = (Video("seen"), Video(privacy=FRIENDS), Video(moderated=False), Video(hidden=True), Video(photo=True))
    with a_caller(Account("acme", videos=videos)) as caller:
        assert [video["title"] for video in caller.listed()] == ["seen"]
        assert caller.get(info("video_count")).json()["data"]["user"] == {"video_count": 1}


def test_photo_posts_can_be_listed() -> None:
    with a_caller(Account("acme", videos=(Video(photo=True),)), quirks=Quirks(photos_listed=True)) as caller:
        assert len(caller.listed()) == 1


def test_a_private_account_lists_nothing() -> None:
    with a_caller(Account("acme", private=True, videos=(Video(),))) as caller:
        assert caller.listed() == []


@pytest.mark.parametrize(
    ("caption", "listed"),
    [("x" * 200, "x" * 150), ("x" * 149 + "😀", "x" * 149), ("😀" * 80, "😀" * 75), ("short", "short")],
)
def test_title_and_description_carry_the_caption_cut_at_150_units(caption: str, listed: str) -> None:
    with a_caller(Account("acme", videos=(Video(caption),))) as caller:
        (video,) = caller.list("title,video_description").json()["data"]["videos"]
    assert video == {"title": listed, "video_description": listed}


def test_a_posted_video_is_listed_with_its_url() -> None:
    with a_caller() as caller:
        caller.publish(title="Launch day #fyp")
        (video,) = caller.list("id,title,share_url,create_time").json()["data"]["videos"]
        (post,) = caller.emulator.posts("acme")
    assert (video["id"], video["title"]) == (post.post_id, "Launch day #fyp")
    assert video["share_url"] == f"https://www.tiktok.com/@acme/video/{post.post_id}"
    assert video["create_time"] == int(START)


def query(*ids: object) -> dict[str, Any]:
    return {"filters": {"video_ids": list(ids)}}


def test_query_finds_ones_own_videos_and_leaves_out_the_others() -> None:
    accounts = (
        Account("acme", videos=(Video(id=7_000_000_000_000_000_001),)),
        Account("beta", videos=(Video(id=2),)),
    )
    with a_caller(*accounts) as caller:
        answer = caller.post("/v2/video/query/?fields=id", query("7000000000000000001", "2", "3"))
    assert answer.json()["data"]["videos"] == [{"id": "7000000000000000001"}]


@pytest.mark.parametrize("body", [query(), query(*["1"] * 21), query("one"), query(True), {"filters": []}, {}])
def test_a_query_without_1_to_20_whole_numbers_is_refused(body: dict[str, Any]) -> None:
    with a_caller() as caller:
        assert code(caller.post("/v2/video/query/?fields=id", body)) == (400, "invalid_params")


def test_a_query_takes_ids_as_numbers_too() -> None:
    with a_caller(Account("acme", videos=(Video(id=7_000_000_000_000_000_001),))) as caller:
        answer = caller.post("/v2/video/query/?fields=id", query(7_000_000_000_000_000_001))
    assert answer.json()["data"]["videos"] == [{"id": "7000000000000000001"}]


def test_a_hidden_video_comes_back_and_a_deleted_one_does_not() -> None:
    with a_caller() as caller:
        video_id = caller.emulator.add_video("acme", Video("old"))
        caller.emulator.change_video(video_id, hidden=True)
        assert caller.listed() == []
        caller.emulator.change_video(video_id, hidden=False)
        assert caller.listed() == [{"id": video_id, "title": "old"}]
        caller.emulator.delete_video(video_id)
        assert caller.listed() == []
