"""What the creator pastes and chooses is what the manifest says, in the words of TikTok's app."""

from __future__ import annotations

from contentsync.plan.handover import handover_of
from contentsync.post import Disclosure, Interaction, Kind, Privacy
from tests.builders import a_post


def test_a_video_draft_hands_over_the_caption_and_every_setting():
    handed = handover_of(
        a_post(
            caption="Launch day #fyp",
            privacy=Privacy.FOLLOWERS,
            allow=frozenset({Interaction.COMMENT}),
            disclosure=frozenset({Disclosure.YOUR_BRAND}),
            ai_generated=True,
            cover=1500,
        )
    )
    assert handed.to_paste == ("Launch day #fyp",)
    assert [str(choice) for choice in handed.choices] == [
        "Cover: the frame at 1.5 s",
        "Who can watch: Followers",
        "Allow comments: on",
        "Allow Duet: off",
        "Allow Stitch: off",
        'Disclose content: on, Your brand (labelled "Promotional content")',
        "AI-generated content: on",
    ]


def test_a_privacy_that_nobody_declared_is_not_made_up():
    handed = handover_of(a_post(privacy=None))
    assert "Who can watch: not declared: you choose" in [str(choice) for choice in handed.choices]


def test_both_disclosures_are_labelled_as_a_paid_partnership():
    handed = handover_of(a_post(disclosure=frozenset(Disclosure)))
    value = next(choice.value for choice in handed.choices if choice.key == "disclosure")
    assert value == 'on, Your brand and Branded content (labelled "Paid partnership")'


def test_photos_bring_their_texts_so_nothing_is_pasted():
    handed = handover_of(a_post(kind=Kind.PHOTOS, title="Glazes", caption="Four blues", cover=1, auto_music=True))
    assert handed.has_texts
    assert handed.to_paste == ()
    assert [choice.label for choice in handed.choices] == [
        "Who can watch", "Allow comments", "Disclose content", "AI-generated content", "Sound",
    ]  # fmt: skip
