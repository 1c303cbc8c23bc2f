"""Nobody makes the bot spam or starves others: what is too much waits its turn, none is lost."""

from __future__ import annotations

from collections import Counter

from bot.core.conversation.events import Message
from bot.core.conversation.member_limits import HOUR_MS, MAX_PER_HOUR, THREADS_PER_PRIORITY
from storage.db.database import Database
from storage.delivery import threads
from storage.privacy import members
from tests.ingest.test_record_batch import (  # noqa: F401 - one is a fixture
    ANN,
    BEN,
    CLOSING,
    NOW_MS,
    SERVER,
    published,
    rows,
    said,
    write,
)

FLOOD = 2 * MAX_PER_HOUR + 5


def to_essay(number: int, author: int) -> Message:
    return said(10_000 + number, author_id=author, reference_id=CLOSING)


async def record_one_by_one(database: Database, messages: list[Message]) -> None:
    """As they would arrive: in batches of ten."""
    for start in range(0, len(messages), 10):
        await write(database, messages[start : start + 10])


def hours(found: list[int]) -> dict[int, int]:
    """How many are due in each hour from now."""
    return dict(Counter((due_at - NOW_MS) // HOUR_MS for due_at in found))


async def test_a_flood_of_replies_gets_its_threads_over_the_hours_and_others_at_once(
    published: Database,  # noqa: F811
) -> None:
    flood = [to_essay(number, ANN) for number in range(FLOOD)]
    await record_one_by_one(published, flood)
    await record_one_by_one(published, [to_essay(900, BEN)])
    found = await rows(published, "SELECT member_id, due_at FROM threads ORDER BY id")
    of_ann = [row["due_at"] for row in found if row["member_id"] == ANN]
    assert hours(of_ann) == {0: MAX_PER_HOUR, 1: MAX_PER_HOUR, 2: 5}
    assert of_ann == sorted(of_ann), "in order"
    assert [row["due_at"] for row in found if row["member_id"] == BEN] == [NOW_MS]
    first = await published.read(
        lambda tx: threads.get_due(tx, busy=(), now_ms=NOW_MS, most=THREADS_PER_PRIORITY + 2)
    )
    owners = [thread.member_id for thread in first]
    assert owners == [ANN] * THREADS_PER_PRIORITY + [BEN, ANN], (
        "a flood stands behind what others are owed"
    )


async def test_a_flood_of_channel_replies_is_pointed_at_over_the_hours(
    published: Database,  # noqa: F811
) -> None:
    await record_one_by_one(published, [to_essay(0, BEN)])
    flood = [said(20_000 + number, author_id=ANN, reference_id=10_000) for number in range(FLOOD)]
    await record_one_by_one(published, flood)
    found = await rows(published, "SELECT due_at FROM reply_moves ORDER BY reply_id")
    assert hours([row["due_at"] for row in found]) == {0: MAX_PER_HOUR, 1: MAX_PER_HOUR, 2: 5}


async def test_who_is_forgotten_is_not_known_by_what_was_brought_either(
    published: Database,  # noqa: F811
) -> None:
    await record_one_by_one(published, [to_essay(0, BEN)])
    await record_one_by_one(published, [said(20_000, author_id=ANN, reference_id=10_000)])
    await published.write(lambda tx: members.forget(tx, SERVER, ANN, NOW_MS + 10**9))
    (row,) = await rows(published, "SELECT member_id FROM reply_moves")
    assert row["member_id"] == 0
