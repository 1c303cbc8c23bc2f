"""Which style an essay has, which tags, and which channels take none."""

from __future__ import annotations

import pytest

from bot.core.conversation.styles import Tag, Venue, chosen_style, chosen_tags, misplaced
from bot.core.conversation.thread_names import essay_name
from bot.errors import Refused

TAGS = (Tag(1, "News", False), Tag(2, "Fiction", False), Tag(3, "Picked", True))
TEXT, NEWS, FORUM = Venue("essays", 0), Venue("news", 5), Venue("forum", 15, TAGS)


@pytest.mark.parametrize(
    ("venue", "asked", "usual", "parts", "style"),
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
def test_a_style_is_the_admins_else_by_length_else_the_servers(
    venue: Venue | None, asked: str | None, usual: str, parts: int, style: str
) -> None:
    assert chosen_style(venue, asked, usual, parts) == style


def test_tags_are_found_by_name_in_any_case_and_each_once() -> None:
    assert chosen_tags(FORUM, " fiction,News, ,news") == (2, 1)
    assert chosen_tags(TEXT, " ") == ()


@pytest.mark.parametrize(
    ("venue", "text", "words"),
    [
        (TEXT, "News", "#essays is no forum"),
        (Venue("bare", 15), "News", "#bare has no tags"),
        (FORUM, "News, Poetry", "no tag “Poetry”. Its tags: News, Fiction, Picked."),
        (
            Venue("many", 15, tuple(Tag(n, str(n), False) for n in range(9))),
            "1,2,3,4,5,6",
            "at most 5 tags; 6 were named",
        ),
    ],
)
def test_tags_that_cannot_be_are_refused_with_what_can(venue: Venue, text: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        chosen_tags(venue, text)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("venue", "tags", "words"),
    [
        (TEXT, (), ""),
        (NEWS, (), ""),
        (FORUM, (1,), ""),
        (FORUM, (3,), "“Picked” is for moderators: give me *Manage Threads* in #forum"),
        (Venue("forum", 15, TAGS, manages=True), (3,), ""),
        (Venue("forum", 15, TAGS, needs_tag=True), (), "needs a tag: choose one"),
        (Venue("forum", 15, TAGS, needs_tag=True), (1,), ""),
        (Venue("pictures", 16), (), "#pictures is a media channel"),
        (Venue("Voice", 2), (), "#Voice takes no essays"),
    ],
)
def test_a_channel_that_cannot_have_the_essay_says_why(
    venue: Venue, tags: tuple[int, ...], words: str
) -> None:
    told = misplaced(venue, tags)
    assert words in told
    assert bool(words) == bool(told)


def test_the_name_of_an_essays_own_thread_is_its_title_on_one_line() -> None:
    assert essay_name("Slow *bread*\n and\u200b butter ") == "Slow *bread* and butter"
    assert essay_name("\u200d") == "An essay"
    long = essay_name("a word " * 40)
    assert len(long) <= 100
    assert long.startswith("a word a word")


def test_tags_that_nobody_may_choose_or_that_are_gone_keep_an_essay_away() -> None:
    picked = Venue("forum", 15, (TAGS[2],), needs_tag=True)
    assert "all are for moderators: give me *Manage Threads*" in misplaced(picked, ())
    assert "needs a tag: choose one" in misplaced(Venue("forum", 15, TAGS, needs_tag=True), ())
    assert "A tag that was chosen is gone from #forum" in misplaced(FORUM, (9,))
    assert misplaced(FORUM, (1,)) == ""
