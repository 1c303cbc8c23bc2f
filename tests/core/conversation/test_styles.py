"""Discussion styles, forum tags, and the channels where an essay can't be published."""

from __future__ import annotations

import pytest

from bot.core.conversation.styles import (
    Tag,
    TargetChannel,
    check_target_channel,
    choose_style,
    parse_tags,
)
from bot.core.conversation.thread_names import make_essay_thread_name
from bot.errors import UserError

TAGS = (Tag(1, "News", False), Tag(2, "Fiction", False), Tag(3, "Picked", True))
TEXT, NEWS, FORUM = (
    TargetChannel("essays", 0),
    TargetChannel("news", 5),
    TargetChannel("forum", 15, TAGS),
)


@pytest.mark.parametrize(
    ("channel", "asked", "usual", "parts", "style"),
    [
        (TEXT, None, "threads", 20, "threads"),
        (TEXT, None, "threads", 21, "thread"),
        (TEXT, "threads", "thread", 21, "threads"),
        (NEWS, None, "thread", 1, "thread"),
        (NEWS, "thread", "threads", 1, "thread"),
        (FORUM, None, "threads", 30, "forum"),
        (None, None, "threads", 1, "threads"),
    ],
)
def test_an_admins_style_comes_before_the_length_and_the_servers_setting(
    channel: TargetChannel | None, asked: str | None, usual: str, parts: int, style: str
) -> None:
    assert choose_style(channel, asked, usual, parts) == style


def test_tags_are_matched_by_name_in_any_case_without_duplicates() -> None:
    assert parse_tags(FORUM, " fiction,News, ,news") == (2, 1)
    assert parse_tags(TEXT, " ") == ()


@pytest.mark.parametrize(
    ("channel", "text", "words"),
    [
        (TEXT, "News", "#essays isn't a forum"),
        (TargetChannel("bare", 15), "News", "#bare has no tags"),
        (FORUM, "News, Poetry", "no tag “Poetry”. Its tags are: News, Fiction, Picked."),
        (
            TargetChannel("many", 15, tuple(Tag(n, str(n), False) for n in range(9))),
            "1,2,3,4,5,6",
            "at most 5 tags. You chose 6.",
        ),
    ],
)
def test_an_unknown_tag_is_refused_with_the_list_of_known_ones(
    channel: TargetChannel, text: str, words: str
) -> None:
    with pytest.raises(UserError) as refused:
        parse_tags(channel, text)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("channel", "tags", "words"),
    [
        (TEXT, (), ""),
        (NEWS, (), ""),
        (FORUM, (1,), ""),
        (FORUM, (3,), "the tag “Picked”. Give me *Manage Threads* in #forum"),
        (TargetChannel("forum", 15, TAGS, can_manage_threads=True), (3,), ""),
        (TargetChannel("forum", 15, TAGS, requires_tag=True), (), "needs a tag. Choose one"),
        (TargetChannel("forum", 15, TAGS, requires_tag=True), (1,), ""),
        (TargetChannel("pictures", 16), (), "#pictures is a media channel"),
        (TargetChannel("Voice", 2), (), "can't publish in #Voice"),
    ],
)
def test_a_channel_that_cannot_host_the_essay_gives_the_reason(
    channel: TargetChannel, tags: tuple[int, ...], words: str
) -> None:
    reason = check_target_channel(channel, tags)
    assert words in reason
    assert bool(words) == bool(reason)


def test_the_name_of_an_essays_own_thread_is_its_title_on_one_line() -> None:
    assert make_essay_thread_name("Slow *bread*\n and\u200b butter ") == "Slow *bread* and butter"
    assert make_essay_thread_name("\u200d") == "An essay"
    long = make_essay_thread_name("a word " * 40)
    assert len(long) <= 100
    assert long.startswith("a word a word")


def test_tags_for_moderators_and_deleted_tags_prevent_publishing() -> None:
    picked = TargetChannel("forum", 15, (TAGS[2],), requires_tag=True)
    assert "use its tags. Give me *Manage Threads*" in check_target_channel(picked, ())
    assert "needs a tag. Choose one" in check_target_channel(
        TargetChannel("forum", 15, TAGS, requires_tag=True), ()
    )
    assert "#forum no longer has one of the chosen tags" in check_target_channel(FORUM, (9,))
    assert check_target_channel(FORUM, (1,)) == ""
