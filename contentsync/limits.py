"""What does TikTok allow? Each number with its source; nothing here is a decision.

Sizes are bytes, text lengths UTF-16 code units, sides pixels, durations seconds.
"""

from __future__ import annotations

from typing import Final

# Text. Source: Content Posting API, Direct Post and Photo, "post_info".
CAPTION_UNITS: Final = 2_200
PHOTO_TITLE_UNITS: Final = 90
PHOTO_CAPTION_UNITS: Final = 4_000
LISTED_CAPTION_UNITS: Final = 150  # Display API, Video Object: title and video_description
HASHTAGS_ADVISED: Final = 5  # the app's own cap since August 2025; its effect through the API is not documented

# Photos. Source: Content Posting API, Photo; Media Transfer Guide, "Image restrictions".
PHOTOS: Final = 35
PHOTO_BYTES: Final = 20_000_000
PHOTO_SHORT_SIDE: Final = 1_080

# Video. Source: Media Transfer Guide, "Video restrictions".
VIDEO_BYTES_ADVISED: Final = 4_000_000_000  # 4 GB read as decimal
VIDEO_BYTES: Final = 4_294_967_296  # 4 GB read as binary
FRAME_RATE_MIN: Final = 23.0
FRAME_RATE_MAX: Final = 60.0
SIDE_MIN: Final = 360
SIDE_MAX: Final = 4_096
DRAFT_SECONDS: Final = 600

# Chunks. Source: Media Transfer Guide, "Chunk restrictions"; MB read so that both readings are kept.
CHUNK_MIN: Final = 5_242_880
CHUNK_MAX: Final = 64_000_000
CHUNK_USUAL: Final = 10_000_000
UPLOAD_URL_SECONDS: Final = 3_600

# Calls per minute and user token. Source: Rate limits; Direct Post, Upload, Photo, Query Creator Info, Status.
INITS_PER_MINUTE: Final = 6
STATUS_PER_MINUTE: Final = 30
CREATOR_INFO_PER_MINUTE: Final = 20
DISPLAY_PER_MINUTE: Final = 600

# Caps in a sliding day. Source: Content Sharing Guidelines; Upload; Photo.
POSTS_PER_DAY: Final = 15
PENDING_DRAFTS: Final = 5
POSTING_USERS_UNAUDITED: Final = 5

# Our own guards and bounds on trying (not TikTok's).
MAX_CREATES_PER_RUN: Final = 15
MAX_CREATES_PER_DAY: Final = 15
INITS_PER_RUN: Final = 3
INITS_PER_POST_A_DAY: Final = 6
SAME_MEDIA_DAYS: Final = 30
PLAN_LIFE_HOURS: Final = 24
DRIFT_GRACE_HOURS: Final = 24
ADOPT_WINDOW_HOURS: Final = 24
TOKEN_MARGIN_SECONDS: Final = 7_200  # renewed before an apply when less than this is left


def utf16_units(text: str) -> int:
    """The length of `text` as TikTok counts it: UTF-16 code units, so that most emoji are two.

    Source: Direct Post, "title": "in UTF-16 runes", read strictly.
    """
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
