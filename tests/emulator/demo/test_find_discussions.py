"""Discussions are recognised by looking at a channel's messages alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.emulator.demo.find_discussions import (
    SeenDiscussion,
    find_answered,
    find_discussions,
    find_missing_words,
    read_words,
)
from bot.emulator.world.models import Channel, ChannelType, Message, MessageType, ThreadState
from bot.emulator.world.seed import seed_world
from bot.emulator.world.world import World

PARAGRAPHS = [
    " ".join(f"{paragraph}{chr(97 + number)}" for number in range(26))
    for paragraph in ("one", "two", "three", "four")
]


@pytest.fixture
def world() -> World:
    return seed_world()


def essays(world: World) -> Channel:
    return next(c for c in world.channels_of(world.guild.id) if c.name == "essays")


def post(
    world: World,
    content: str = "",
    *,
    card: str | None = None,
    hours: float = 0,
    by: int = 0,
    within: int = 0,
) -> Message:
    message = Message(
        id=world.new_id(),
        channel_id=within or essays(world).id,
        author_id=by or world.application.bot_id,
        type=MessageType.DEFAULT,
        content=content,
        timestamp=world.now() + timedelta(hours=hours),
        components=[] if card is None else [{"type": 17, "components": [text(card)]}],
        flags=0 if card is None else 1 << 15,
    )
    world.add_message(message)
    return message


def text(content: str) -> dict[str, object]:
    return {"type": 10, "content": content}


def standing(world: World, *posts: str, card: str = "") -> SeenDiscussion:
    post(world, card=card)
    for content in posts:
        post(world, content)
    (found,) = find_discussions(world, essays(world).id)
    return found


def test_a_discussion_starts_with_a_card_and_a_much_later_message_is_a_prompt(world: World) -> None:
    ann = next(user.id for user in world.users.values() if user.display_name == "Ann")
    post(world, "Before any card.")
    cards = [post(world, card="First")]
    posts = [post(world, "Part"), post(world, "Closing")]
    post(world, "What a member says.", by=ann)
    prompts = [post(world, "And today?", hours=24)]
    cards.append(post(world, card="Second", hours=30))
    first, second = find_discussions(world, essays(world).id)
    assert (first.card, second.card) == tuple(cards)
    assert (first.posts, first.prompts) == (tuple(posts), tuple(prompts))
    assert first.closing is posts[-1]
    assert (second.posts, second.closing) == ((), cards[1])


def thread_on(world: World, thread_id: int, parent: Channel, *, owner: int = 0) -> None:
    now = world.now()
    world.add_channel(
        Channel(
            id=thread_id,
            type=ChannelType.PUBLIC_THREAD,
            name="Its own",
            guild_id=parent.guild_id,
            parent_id=parent.id,
            thread=ThreadState(owner or world.application.bot_id, False, now, 1440, now, now),
        )
    )


def test_a_thread_that_the_bot_opened_on_a_card_holds_the_rest(world: World) -> None:
    ann = next(user.id for user in world.users.values() if user.display_name == "Ann")
    card, other = post(world, card="First"), post(world, card="Second")
    thread_on(world, card.id, essays(world))
    thread_on(world, other.id, essays(world), owner=ann)
    inside = post(world, "Part", within=card.id)
    prompt = post(world, "And today?", hours=24, within=card.id)
    beside = post(world, "Part of the second")
    first, second = find_discussions(world, essays(world).id)
    assert (first.posts, first.prompts, first.thread_id) == ((inside,), (prompt,), card.id)
    assert (second.posts, second.thread_id) == ((beside,), None), "a member's thread is no such"


def test_a_post_that_the_bot_started_in_a_forum_is_a_discussion(world: World) -> None:
    ann = next(user.id for user in world.users.values() if user.display_name == "Ann")
    forum = next(c for c in world.channels_of(world.guild.id) if c.name == "essay-forum")
    mine, theirs = world.new_id(), world.new_id()
    thread_on(world, mine, forum)
    thread_on(world, theirs, forum, owner=ann)
    card, part = post(world, card="Card", within=mine), post(world, "Part", within=mine)
    (found,) = find_discussions(world, forum.id)
    assert (found.card, found.posts, found.thread_id) == (card, (part,), mine)


def test_a_deleted_message_is_not_part_of_a_discussion(world: World) -> None:
    post(world, card="Card")
    world.remove_message(post(world, "Part"))
    (found,) = find_discussions(world, essays(world).id)
    assert found.posts == ()


def test_a_complete_essay_has_no_long_run_of_missing_words(world: World) -> None:
    essay = "# My essay\nby Ann\n\n" + "\n\n".join(PARAGRAPHS)
    there = standing(
        world,
        "\n\n".join(PARAGRAPHS[:2]),
        f"**{PARAGRAPHS[2]}**",
        PARAGRAPHS[3].replace(" ", " \\_ "),
        card="## My essay\n**Ann**",
    )
    words = read_words("essay.md", essay.encode())
    assert words is not None
    assert len(find_missing_words(words, there)) < 5


def test_a_missing_part_is_a_long_run_of_missing_words(world: World) -> None:
    there = standing(world, PARAGRAPHS[0], PARAGRAPHS[1], PARAGRAPHS[3])
    words = read_words("essay", "\n".join(PARAGRAPHS).encode())
    assert words is not None
    lost = find_missing_words(words, there)
    assert 24 <= len(lost) <= 28
    assert "threem" in lost


def test_a_table_rendered_row_by_row_is_complete(world: World) -> None:
    rows = [(f"tree{number}", f"height{number}", f"age{number}") for number in range(20)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in [("tree", "height", "age"), *rows])
    told = "\n".join(f"tree: {tree}\nheight: {high}\nage: {age}" for tree, high, age in rows)
    words = read_words("trees.md", table.encode())
    assert words is not None
    assert len(find_missing_words(words, standing(world, told))) < 5


def test_scripts_without_spaces_are_compared_by_the_letter(world: World) -> None:
    essay = "我从来没有读完过这本书而且我觉得很好。但是你呢?你最后一次在中间停下来是什么时候?"
    words = read_words("essay.txt", essay.encode())
    assert words is not None
    assert len(find_missing_words(words, standing(world, essay[:18]))) > 10


def test_invisible_markdown_is_not_compared(world: World) -> None:
    unseen = " ".join(f"unseen{number}" for number in range(60))
    essay = (
        f"---\ntitle: {unseen}\n---\n<!-- {unseen} -->\nSee [this page](https://a.b/c) "
        f'<span title="{unseen}">now</span>.\n\n[1]: https://a.b/{unseen}\n'
    )
    words = read_words("essay.md", essay.encode())
    assert words == ["see", "this", "page", "now"]


@pytest.mark.parametrize(
    ("name", "data"),
    [("essay.html", b"<p>Yes.</p>"), ("essay.docx", b"PK"), ("essay.txt", b"\xff")],
)
def test_the_words_of_other_formats_are_not_read(name: str, data: bytes) -> None:
    assert read_words(name, data) is None


def test_a_comment_that_quotes_a_part_answers_it_and_others_the_closing(world: World) -> None:
    there = standing(world, "One walks, and *then* one stops.", "Why stop?", "What do you think?")
    assert find_answered("> and then one stops\nNot I.", there) is there.posts[0]
    assert find_answered("> something never said\nNot I.", there) is there.closing
    assert find_answered("> …", there) is there.closing
    assert find_answered("And then one stops.", there) is there.closing
