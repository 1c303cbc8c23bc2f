"""What's new: its lines, its pages, and what a visit begins with."""

from __future__ import annotations

from functools import partial

from bot.clock import to_milliseconds
from bot.core.snowflake import get_snowflake_time
from bot.core.text.length import count_utf16_units
from bot.core.text.spoilers import remove_spoilers
from bot.library.news import BEGINNING, NewsItem, Visit, get_visit, make_page, read_items
from storage.db.database import Database
from storage.db.writer import Transaction
from storage.essays import discussions
from storage.replies.news import Since
from storage.replies.reading_marks import ReadingMark, set_mark
from tests.library.hostile import NAMES, TEXTS
from tests.library.talk import SERVER, add_replies, publish

ME = 7
LINES = [f"Line {n} 🥖" for n in range(12)]
ITEMS = [
    NewsItem(f"**Section {n // 5}**", partial(str, line), 10 + n) for n, line in enumerate(LINES)
]


async def read_all(_channel_id: int) -> bool:
    return True


async def read_odd(channel_id: int) -> bool:
    return bool(channel_id % 2)


async def test_a_line_is_below_the_heading_of_its_section() -> None:
    text, has_more = await make_page(ITEMS[3:6], read_all, 0, 4_000)
    assert text.split("\n") == [
        "**Section 0**",
        "- Line 3 🥖",
        "- Line 4 🥖",
        "**Section 1**",
        "- Line 5 🥖",
    ]
    assert not has_more


async def test_pages_together_have_every_line_once_and_each_begins_with_a_heading() -> None:
    room, page, lines = 60, 0, []
    while True:
        text, has_more = await make_page(ITEMS, read_all, page, room)
        assert count_utf16_units(text) <= room
        assert text.startswith("**")
        lines += [line for line in text.split("\n") if line.startswith("- ")]
        if not has_more:
            break
        page += 1
    assert page > 2
    assert lines == [f"- {line}" for line in LINES]


async def test_a_page_after_the_last_one_is_the_last_one() -> None:
    last, _ = await make_page(ITEMS, read_all, 50, 60)
    assert "Line 11" in last


async def test_what_the_member_may_not_read_is_on_no_page() -> None:
    text, _ = await make_page(ITEMS, read_odd, 0, 4_000)
    assert [line for line in text.split("\n") if line.startswith("- ")] == [
        f"- {one.describe()}" for one in ITEMS if one.channel_id % 2
    ]
    assert await make_page(ITEMS[:1], read_odd, 0, 4_000) == ("", False)
    assert await make_page([], read_all, 0, 4_000) == ("", False)


async def read(database: Database, member_id: int, since: Since = BEGINNING) -> list[NewsItem]:
    async def look(tx: Transaction) -> list[NewsItem]:
        found = await discussions.find(tx, 1)
        assert found is not None
        return await read_items(tx, found, member_id=member_id, since=since)

    return await database.read(look)


async def test_a_line_stays_short_and_literal_whatever_was_written(database: Database) -> None:
    # As they arrive: JSON of Discord has no lone surrogates.
    stored = [one.replace("\ud800", "") for one in TEXTS]
    texts = [
        *stored,
        "🥖" * 2000,
        "a" + "\u0301" * 1900,
        "👩‍👩‍👧" * 200,
        "> only\n> quoted",
        "",
        "   ",
    ]

    async def fill(tx: Transaction) -> None:
        await publish(tx, "# Bread\n\nSlow.")
        (mine,) = await add_replies(tx, 1, ["Mine."], author_id=ME)
        for place, text in enumerate(texts):
            name = NAMES[place % len(NAMES)]
            await add_replies(
                tx, 1, [text], seconds=100 + place, author_id=8, author=name, parent_id=mine
            )

    await database.write(fill)
    items = [one for one in await read(database, ME) if one.section == "**Replies to you**"]
    assert len(items) == len(texts)
    for one in items:
        assert count_utf16_units(one.describe()) < 700
        assert "\n" not in one.describe()
        assert "[Ada](" not in one.describe().replace("\\[Ada", "")
        assert one.describe().endswith(")")
    assert "only" in items[texts.index("> only\n> quoted")].describe()


async def test_what_was_there_before_is_no_news(database: Database) -> None:
    async def fill(tx: Transaction) -> list[int]:
        await publish(tx, "# Bread\n\nSlow.")
        (mine,) = await add_replies(tx, 1, ["Mine."], author_id=ME)
        return await add_replies(
            tx, 1, [f"Reply {n}." for n in range(5)], seconds=50, author_id=8, parent_id=mine
        )

    ids = await database.write(fill)
    items = await read(database, ME, Since(ids[2], 0))
    assert [
        one.describe().split(" · ")[0] for one in items if one.section == "**Replies to you**"
    ] == [
        "**Ann**: Reply 3.",
        "**Ann**: Reply 4.",
    ]
    assert all(one.section != "**Here for the first time**" for one in items)


async def test_a_visit_begins_at_the_later_of_the_last_look_and_the_own_last_message(
    database: Database,
) -> None:
    async def fill(tx: Transaction) -> tuple[int, int]:
        await publish(tx, "# Bread\n\nSlow.")
        (early,) = await add_replies(tx, 1, ["Mine."], author_id=ME)
        (late,) = await add_replies(tx, 1, ["Mine too."], seconds=500, author_id=ME)
        return early, late

    early, late = await database.write(fill)
    times = {one: to_milliseconds(get_snowflake_time(one)) for one in (early, late)}

    async def visit(mark: ReadingMark | None) -> Visit:
        async def look(tx: Transaction) -> Visit:
            if mark is not None:
                await set_mark(tx, 1, server_id=SERVER, member_id=ME, mark=mark)
            found = await discussions.find(tx, 1)
            assert found is not None
            return await get_visit(tx, found, ME, times[late] + 60_000)

        return await database.write(look)

    assert (await visit(None)).since == Since(late, times[late])
    assert (await visit(ReadingMark(early, times[early]))).since == Since(late, times[late])
    looked = ReadingMark(late, times[late] + 5_000)
    found = await visit(looked)
    assert found.since == Since(late, times[late] + 5_000)
    assert found.mark == looked
    assert found.current == ReadingMark(late, times[late] + 60_000)


async def test_a_line_of_a_spoiler_stays_hidden(database: Database) -> None:
    texts = ["||SECRET\nmore|| after", "see ||" + "SECRET " * 100 + "||", "||\nSECRET||"]

    async def fill(tx: Transaction) -> None:
        await publish(tx, "# Bread\n\nSlow.")
        (mine,) = await add_replies(tx, 1, ["Mine."], author_id=ME)
        await add_replies(tx, 1, texts, seconds=100, author_id=8, parent_id=mine)

    await database.write(fill)
    items = [one for one in await read(database, ME) if one.section == "**Replies to you**"]
    assert len(items) == len(texts)
    for one in items:
        assert "SECRET" in one.describe()
        assert "SECRET" not in remove_spoilers(one.describe(), "")
