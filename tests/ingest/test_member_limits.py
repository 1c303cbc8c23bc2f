"""Limits per member: a flood of replies delays neither others nor loses anything."""

from __future__ import annotations

from collections import Counter

from bot.core.conversation.events import Message
from bot.core.conversation.member_limits import HOUR_MS, MAX_PER_HOUR, THREADS_PER_PRIORITY
from bot.erasure import erase_member
from storage.db.database import Database
from storage.delivery import threads
from tests.ingest.test_record_batch import (  # noqa: F401 - one is a fixture
    ANN,
    BEN,
    CLOSING,
    NOW_MS,
    SERVER,
    make_message,
    published,
    record,
    rows,
)

FLOOD = 2 * MAX_PER_HOUR + 5


def to_essay(number: int, author: int) -> Message:
    return make_message(10_000 + number, author_id=author, reference_id=CLOSING)


async def record_one_by_one(database: Database, messages: list[Message]) -> None:
    """Record messages in batches of ten, as they would arrive."""
    for start in range(0, len(messages), 10):
        await record(database, messages[start : start + 10])


def hours(found: list[int]) -> dict[int, int]:
    """How many are due in each hour from now."""
    return dict(Counter((due_at - NOW_MS) // HOUR_MS for due_at in found))


async def test_a_flood_of_replies_gets_its_threads_over_hours_and_others_at_once(
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
        "a flood waits behind the threads of others"
    )


async def test_a_flood_of_channel_replies_is_linked_over_hours(
    published: Database,  # noqa: F811
) -> None:
    await record_one_by_one(published, [to_essay(0, BEN)])
    flood = [
        make_message(20_000 + number, author_id=ANN, reference_id=10_000) for number in range(FLOOD)
    ]
    await record_one_by_one(published, flood)
    found = await rows(published, "SELECT due_at FROM reply_moves ORDER BY reply_id")
    assert hours([row["due_at"] for row in found]) == {0: MAX_PER_HOUR, 1: MAX_PER_HOUR, 2: 5}


async def test_reply_moves_do_not_name_an_erased_member(
    published: Database,  # noqa: F811
) -> None:
    await record_one_by_one(published, [to_essay(0, BEN)])
    await record_one_by_one(published, [make_message(20_000, author_id=ANN, reference_id=10_000)])
    await published.write(lambda tx: erase_member(tx, SERVER, ANN, NOW_MS + 10**9))
    (row,) = await rows(published, "SELECT member_id FROM reply_moves")
    assert row["member_id"] == 0
