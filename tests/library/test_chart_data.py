"""How a discussion went: who is counted where, what is open, and how long a step is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from bot.export import make_book
from bot.library.book import make_recorder
from bot.library.chart_data import Course, describe_course, describe_own
from storage.db.database import Database
from storage.essays import discussions
from storage.replies.book import get_book_rows
from storage.replies.reply_changes import ERASE_REPLY
from tests.library.talk import about, add_prompt, add_replies, answering, publish
from tests.support.archives import open_archive

ESSAY = """# Slow bread

It takes a night to make a loaf.

Is it worth the night?

The dough does not care how busy we are.

Would you wait?
"""


@pytest_asyncio.fixture
async def archive(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_archive(tmp_path / "salon.sqlite3") as database:
        await database.write(lambda tx: publish(tx, ESSAY))
        yield database


async def get_course(database: Database) -> Course:
    return (await database.read(lambda tx: make_book(tx, "1"))).course


async def say(
    database: Database,
    text: str,
    seconds: float,
    author_id: int = 7,
    parent_id: int | None = None,
    passages: tuple[int, ...] = (),
) -> int:
    (reply,) = await database.write(
        lambda tx: add_replies(
            tx, 1, [text], seconds=seconds, author_id=author_id, parent_id=parent_id
        )
    )
    await about(database, reply, *passages)
    return reply


async def erase(database: Database, reply: int) -> None:
    for sql in ERASE_REPLY:
        await database.write(
            lambda tx, sql=sql: tx.run(sql, {"id": reply, "message_id": reply, "at": 1})  # type: ignore[misc]
        )


async def test_a_passage_has_everybody_who_wrote_in_a_thread_about_it(archive: Database) -> None:
    head = await say(archive, "Mine.", 10, passages=(1, 3))
    await say(archive, "And mine.", 20, author_id=8, parent_id=head)
    await say(archive, "Again.", 30, author_id=8, parent_id=head)
    other = await say(archive, "Another thread.", 40, author_id=9, passages=(3,))
    await say(archive, "About everything.", 50, author_id=10)
    course = await get_course(archive)
    assert [one.people for one in course.passages] == [2, 0, 3, 0]
    assert (course.people, course.replies) == (4, 5)
    await erase(archive, other)
    course = await get_course(archive)
    assert [one.people for one in course.passages] == [2, 0, 2, 0]
    assert (course.people, course.replies) == (3, 4)


async def test_a_question_is_open_until_somebody_answers_it(archive: Database) -> None:
    async def list_open() -> list[int]:
        course = await get_course(archive)
        return [one.number for one in course.passages if one.has_open_question]

    assert await list_open() == [4], "the closing question"
    head = await say(archive, "Why a night, though?", 10, passages=(1,))
    assert await list_open() == [1, 4]
    answer = await say(archive, "Because of the dough.", 20, author_id=8, parent_id=head)
    assert await list_open() == [4]
    await erase(archive, answer)
    assert await list_open() == [1, 4]
    last = await say(archive, "I would.", 30)
    assert await list_open() == [1, 4], "a reply to the whole essay answers no question"
    await answering(archive, last, "closing")
    assert await list_open() == [1]


@pytest.mark.parametrize(
    ("days", "step", "steps"),
    [
        (0, timedelta(hours=1), 1),
        (2, timedelta(hours=1), 49),
        (3, timedelta(hours=6), 13),
        (40, timedelta(days=1), 41),
        (365, timedelta(weeks=1), 53),
        (3 * 365, timedelta(weeks=4), 40),
        (20 * 365, timedelta(weeks=52), 21),
        (57 * 365, timedelta(weeks=52), 58),
    ],
)
async def test_a_timeline_has_at_most_sixty_steps(
    archive: Database, days: int, step: timedelta, steps: int
) -> None:
    await say(archive, "At the end.", days * 86400 + 1)
    course = await get_course(archive)
    assert (course.step, len(course.counts)) == (step, steps)
    assert (sum(course.counts), course.counts[-1]) == (1, 1)


async def test_the_words_say_what_the_chart_shows(archive: Database) -> None:
    assert describe_course(await get_course(archive)) == (
        "Nobody has replied yet. 1 passage has a question that nobody has answered: ¶4."
    )
    head = await say(archive, "Mine.", 10, passages=(1,))
    await say(archive, "And mine.", 90_000, author_id=8, parent_id=head)
    await add_prompt(archive, "next question", seconds=80_000, asked="0")
    assert describe_course(await get_course(archive)) == (
        "2 replies from 2 people, between 2026-01-05 and 2026-01-06. 1 prompt was sent. "
        "1 of 4 passages has replies. People at the most discussed passages: ¶1 (2). "
        "1 passage has a question that nobody has answered: ¶4."
    )


async def test_a_member_is_told_of_their_own_part_alone(archive: Database) -> None:
    head = await say(archive, "Mine.", 10)
    for place in range(3):
        await say(archive, f"Mine {place}.", 20 + place, parent_id=head)
    await say(archive, "Another.", 30)
    gone = await say(archive, "Deleted.", 40)
    await erase(archive, gone)
    found = await archive.read(lambda tx: discussions.find(tx, 1))
    assert found is not None
    rows = await archive.read(lambda tx: get_book_rows(tx, found))
    recorder = make_recorder(rows)
    recorder.add(rows.replies)
    assert describe_own(recorder.get_own_part(7)) == "You: 2 threads, 5 replies"
    assert describe_own(recorder.get_own_part(8)) == ""


async def test_replies_that_answer_each_other_in_a_circle_are_counted(archive: Database) -> None:
    first = await say(archive, "One.", 10)
    second = await say(archive, "Two?", 20, parent_id=first)
    await archive.write(
        lambda tx: tx.run(
            "UPDATE replies SET parent_id = :parent WHERE id = :id",
            {"id": first, "parent": second},
        )
    )
    assert (await get_course(archive)).replies == 2
