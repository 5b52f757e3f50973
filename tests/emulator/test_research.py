"""Does the emulator's Research API keep to what is documented, and to an approved app?"""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from contentsync.emulator.config import PUBLIC, Account, App, Comment, Lives, Video
from tests.emulator.support import Caller, a_caller, code

PATH = "/v2/research/video/comment/list/"
FIELDS = "id,video_id,text,like_count,reply_count,parent_comment_id,create_time"
APPROVED = App(research=True)
ACME = Account("acme", videos=(Video("one", id=7_400_000_000_000_000_001),))
VIDEO = 7_400_000_000_000_000_001


def client_token(caller: Caller) -> str:
    return str(caller.oauth(grant_type="client_credentials").json()["access_token"])


def ask(caller: Caller, token: str | None = None, fields: str = FIELDS, **body: Any) -> httpx.Response:
    return caller.post(f"{PATH}?fields={fields}", body, token=token or client_token(caller))


def with_comments(caller: Caller, count: int, **more: Any) -> list[int]:
    return [int(caller.emulator.add_comment(str(VIDEO), Comment(f"c{n}", **more))) for n in range(count)]


def test_a_comment_has_the_documented_fields_as_whole_numbers() -> None:
    with a_caller(ACME, app=APPROVED) as caller:
        first = with_comments(caller, 1, like_count=3)[0]
        caller.emulator.add_comment(str(VIDEO), Comment("reply", parent=first))
        data = ask(caller, video_id=VIDEO).json()["data"]
        assert data == {
            "comments": [
                {
                    "id": first,
                    "video_id": VIDEO,
                    "text": "c0",
                    "like_count": 3,
                    "reply_count": 1,
                    "parent_comment_id": VIDEO,
                    "create_time": 1_772_366_400,
                }
            ],
            "cursor": 1,
            "has_more": False,
        }


def test_replies_are_had_by_the_id_of_their_comment() -> None:
    with a_caller(ACME, app=APPROVED) as caller:
        first = with_comments(caller, 1)[0]
        caller.emulator.add_comment(str(VIDEO), Comment("reply", parent=first))
        data = ask(caller, comment_id=str(first)).json()["data"]
        assert [(c["text"], c["parent_comment_id"]) for c in data["comments"]] == [("reply", first)]


def test_pages_follow_the_start_index_and_ten_are_the_default() -> None:
    with a_caller(ACME, app=APPROVED) as caller:
        with_comments(caller, 23)
        pages = [ask(caller, video_id=VIDEO, cursor=cursor).json()["data"] for cursor in (0, 10, 20)]
        assert [len(page["comments"]) for page in pages] == [10, 10, 3]
        assert [(page["cursor"], page["has_more"]) for page in pages] == [(10, True), (20, True), (23, False)]


def test_a_page_may_hold_fewer_than_were_asked_for() -> None:
    with a_caller(ACME, app=APPROVED) as caller:
        with_comments(caller, 2, hidden=True)
        with_comments(caller, 2)
        page = ask(caller, video_id=VIDEO, max_count=3).json()["data"]
        assert ([c["text"] for c in page["comments"]], page["cursor"], page["has_more"]) == (["c0"], 3, True)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"video_id": VIDEO, "comment_id": 1},
        {"video_id": VIDEO, "max_count": 0},
        {"video_id": VIDEO, "max_count": 101},
        {"video_id": VIDEO, "cursor": -1},
        {"video_id": VIDEO, "cursor": "x"},
        {"video_id": True},
        {"video_id": "abc"},
    ],
)
def test_a_body_out_of_bounds_is_refused(body: dict[str, Any]) -> None:
    with a_caller(ACME, app=APPROVED) as caller:
        assert code(ask(caller, **body)) == (400, "invalid_params")


@pytest.mark.parametrize("fields", ["", "id,author"])
def test_fields_must_be_known_and_there(fields: str) -> None:
    with a_caller(ACME, app=APPROVED) as caller:
        assert code(ask(caller, fields=fields, video_id=VIDEO)) == (400, "invalid_params")


def test_an_app_without_approval_lacks_the_scope() -> None:
    with a_caller(ACME) as caller:
        assert code(ask(caller, video_id=VIDEO)) == (401, "scope_not_authorized")


def test_only_a_client_token_opens_it_and_it_opens_nothing_else() -> None:
    with a_caller(ACME, app=APPROVED) as caller:
        users = caller.emulator.accounts["acme"].access_token
        assert code(ask(caller, token=users, video_id=VIDEO)) == (401, "access_token_invalid")
        answer = caller.post("/v2/video/list/?fields=id", {}, token=client_token(caller))
        assert code(answer) == (401, "access_token_invalid")


def test_a_client_token_lives_two_hours() -> None:
    with a_caller(ACME, app=APPROVED) as caller:
        answer = caller.oauth(grant_type="client_credentials").json()
        assert (answer["expires_in"], answer["token_type"], set(answer)) == (
            7_200,
            "Bearer",
            {"access_token", "expires_in", "token_type"},
        )
        assert answer["access_token"].startswith("clt.")
        caller.emulator.advance(Lives().client_token)
        assert code(ask(caller, token=answer["access_token"], video_id=VIDEO)) == (401, "access_token_invalid")


def test_a_video_that_nobody_sees_has_no_comments() -> None:
    with a_caller(ACME, app=APPROVED) as caller:
        with_comments(caller, 1)
        caller.emulator.change_video(str(VIDEO), privacy="SELF_ONLY")
        assert ask(caller, video_id=VIDEO).json()["data"]["comments"] == []
        caller.emulator.change_video(str(VIDEO), privacy=PUBLIC)
        assert len(ask(caller, video_id=VIDEO).json()["data"]["comments"]) == 1


def test_comments_are_put_there_from_outside() -> None:
    with a_caller(ACME, app=APPROVED) as caller:
        added = caller.http.post("/_emulator/comments", json={"video_id": str(VIDEO), "text": "hi", "like_count": 2})
        again = caller.http.post("/_emulator/comments", json={"video_id": "1", "text": "hi"})
        assert added.json()["video_id"] == str(VIDEO)
        assert (again.status_code, again.json()) == (400, {"error": "there is no video 1"})
        assert [c["text"] for c in ask(caller, video_id=VIDEO).json()["data"]["comments"]] == ["hi"]


def test_an_expired_token_can_be_had_by_a_fault() -> None:
    with a_caller(ACME, app=APPROVED) as caller:
        token = client_token(caller)
        caller.emulator.add_fault("comment_list:expire_token")
        assert code(ask(caller, token=token, video_id=VIDEO)) == (401, "access_token_invalid")


def test_a_photo_draft_needs_a_newer_app_on_the_phone() -> None:
    with a_caller(Account("acme", old_app=True)) as caller:
        assert code(caller.photos(mode="MEDIA_UPLOAD")) == (400, "app_version_check_failed")
        assert code(caller.photos()) == (200, "ok")


def test_what_the_creator_turned_off_stays_off_whatever_the_post_asks() -> None:
    with a_caller(Account("acme", duet_disabled=True)) as caller:
        caller.publish(disable_comment=True)
        tasks: Any = caller.emulator.ledger()["tasks"]
        assert tasks[0]["allowed"] == ["stitch"]
