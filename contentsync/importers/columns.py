"""Which key of a manifest does a heading of a spreadsheet mean? Case, blanks and signs make no difference. Pure."""

from __future__ import annotations

import unicodedata
from typing import Final

from contentsync.suggestions import near

#: Columns that are no key by themselves: what they say becomes part of one.
PARTS: Final = frozenset({"file", "date", "time", "hashtags", "comment", "duet", "stitch"})

_SPELLINGS: Final[dict[str, str]] = {
    "name": "name slug postname shortname id key",
    "account": "account profile channel handle username tiktokaccount accountname",
    "accounts": "accounts profiles channels",
    "file": "file files media mediafile mediafiles filename asset assets clip path mediaurl mediaurls url link",
    "video": "video videofile videourl videopath reel",
    "photos": "photos photo images image imageurl imageurls picture pictures slides carousel photofiles",
    "caption": "caption text description content message copy posttext body post captions",
    "title": "title phototitle headline",
    "publish_at": "publishat postat scheduledat scheduleat scheduledfor scheduledtime scheduledate datetime when "
    "postingtime dueat goeslive publishdatetime publishon sendat schedule dateandtime datetimeutc",
    "date": "date day publishdate postdate postingdate scheduleddate duedate",
    "time": "time hour publishtime posttime scheduletime duetime clock",
    "privacy": "privacy visibility audience whocansee whocanseeit privacylevel viewers",
    "allow": "allow allowed interactions allows",
    "comment": "comment comments allowcomment allowcomments",
    "duet": "duet duets allowduet allowduets",
    "stitch": "stitch stitches allowstitch allowstitches",
    "disclosure": "disclosure disclosures label advertises promotion commercialcontent",
    "ai_generated": "aigenerated ai aigc madewithai ailabel",
    "mode": "mode postmode postingmode method",
    "hashtags": "hashtags hashtag tags",
    "cover_at": "coverat coverframe covertime coverattime thumbnailat",
    "cover": "cover coverindex coverphoto",
    "auto_music": "automusic addmusic music",
    "grace": "grace graceperiod",
    "expires_at": "expiresat expires until notafter",
    "hold": "hold onhold",
    "generation": "generation",
    "moved_from": "movedfrom",
    "post_id": "postid tiktokid videoid",
}
#: How similar to a known heading a heading must be to count as a typing error.
_A_SLIP: Final = 0.8
_MEANT: Final = {spelling: key for key, spellings in _SPELLINGS.items() for spelling in spellings.split()}


def key_of(heading: str) -> str:
    """The key or part that a heading means; empty for none."""
    return _MEANT.get(_bare(heading), "")


def near_miss(heading: str) -> str:
    """The key that an unknown heading probably misspells; empty if there is none."""
    bare = _bare(heading)
    found = near(bare, [spelling for spelling in _MEANT if len(spelling) > 4], alike=_A_SLIP)
    return _MEANT[found[0]] if found else ""


def _bare(heading: str) -> str:
    folded = unicodedata.normalize("NFKC", heading).casefold()
    return "".join(char for char in folded if char.isalnum())
