"""A large batch of events, which PostgreSQL writes in pieces, leaves what it leaves on SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.core.conversation.events import Attachment, Deletion, Edit, Event, Message, Reaction
from bot.core.conversation.forwards_polls_stickers import Extras
from bot.delivery import after_send
from bot.ingest.record_batch import record_batch
from storage.db.archive_location import Location
from storage.db.database import Database
from storage.db.writer import Transaction
from tests.bench.archives import Place, prepare

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
SERVER, CHANNEL = 10, 20
CARD, PART, CLOSING = 1001, 1002, 1003
THREADS = (1101, 1102, 1103)
FIRST, COUNT = 2000, 700
#: What a batch changes, without the times of the preparation.
QUERIES = (
    "SELECT * FROM replies ORDER BY id",
    "SELECT * FROM reactions ORDER BY reply_id, emoji",
    "SELECT * FROM attachments ORDER BY reply_id, position",
    "SELECT reply_id, stickers FROM reply_extras ORDER BY reply_id",
    "SELECT reply_id, number FROM reply_passages ORDER BY reply_id, number",
    "SELECT channel_id, message_id FROM watermarks ORDER BY channel_id",
    "SELECT id, name, state FROM threads ORDER BY id",
    "SELECT discussion_id, state FROM card_indexes ORDER BY discussion_id",
    "SELECT reply_id FROM unfolded_replies",
    "SELECT id FROM lookup_ids",
)


def make_message(number: int) -> Message:
    """In a thread, or for every tenth in the channel, where it opens one."""
    in_channel = number % 10 == 0
    return Message(
        id=FIRST + number,
        server_id=SERVER,
        channel_id=CHANNEL if in_channel else THREADS[number % 3],
        author_id=40 + number % 7,
        author_name=f"Member {number % 7}",
        from_bot=False,
        type=19 if in_channel or number % 2 else 0,
        text=f"ÄHRE {number}, and ¶1" if number % 4 else f"plain “{number}”",
        reference_id=CLOSING if in_channel else FIRST + number - 3 if number % 2 else None,
        written_at=NOW + timedelta(milliseconds=number),
        attachments=(Attachment("a.png", "image/png", 3, number),) if number % 50 == 1 else (),
        extras=Extras(stickers=("WAVE",)) if number % 90 == 2 else Extras(),
    )


def make_events() -> list[Event]:
    """Messages, and between them edits, reactions and deletions of some that are in the batch."""
    events: list[Event] = [make_message(number) for number in range(COUNT)]
    events.insert(650, Deletion((FIRST + 640, FIRST + 5), CHANNEL, NOW))
    events.insert(480, Edit(FIRST + 470, CHANNEL, "edited: É", NOW + timedelta(hours=1), ()))
    events.insert(450, Edit(FIRST + 1, CHANNEL, "Ünd", NOW + timedelta(hours=1), ()))
    events.insert(300, Reaction(FIRST + 200, CHANNEL, SERVER, "🌾", 1))
    return events


async def record(database: Database, events: Sequence[Event]) -> list[list[Any]]:
    """Record the events in one batch; the rows afterwards."""
    place = Place(SERVER, CHANNEL, 1000, (CARD, PART, CLOSING), THREADS)
    await prepare(database, place)

    async def write(tx: Transaction) -> None:
        await record_batch(
            tx,
            events,
            complete=frozenset(THREADS),
            now_ms=NOW_MS,
            confirm_own_message=after_send.own_message,
        )

    async def read(tx: Transaction) -> list[list[Any]]:
        return [[tuple(row) for row in await tx.rows(sql)] for sql in QUERIES]

    await database.write(write)
    return await database.write(read)


async def test_a_large_batch_leaves_the_same_rows_on_both_databases(
    tmp_path: Path, address: str
) -> None:
    events = make_events()
    async with Location(tmp_path / "salon.sqlite3", tmp_path).open() as sqlite:
        wanted = await record(sqlite, events)
    async with Location(Path(), Path(), address).open() as postgresql:
        found = await record(postgresql, events)
    assert len(wanted[0]) == COUNT + len(THREADS)
    assert all(wanted[:7])
    for query, rows, others in zip(QUERIES, wanted, found, strict=True):
        assert others == rows, query
