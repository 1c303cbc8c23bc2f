"""Messages in an essay's channel that answer nothing: recorded, or met with a hint."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core.conversation.events import Event, HistoryPage, Message
from bot.core.payload import make_plain_message
from bot.core.read_essay import read_essay
from bot.core.snowflake import make_first_snowflake
from bot.delivery import after_send
from bot.erasure import erase_member
from bot.ingest.record_batch import record_batch
from storage.db.database import Database
from storage.db.writer import Transaction
from storage.delivery import messages
from storage.delivery.messages import NewMessage
from storage.essays import submissions
from storage.servers import settings
from tests.ingest.test_record_batch import SUBMISSION
from tests.support.archives import open_archive
from tests.support.essays import publish_essay

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
SERVER, CHANNEL, OTHER, ANN, BEN, CLEO = 10, 20, 21, 40, 41, 42
LONG = "I have waited a whole day for bread."


def at(seconds: float, number: int = 0) -> int:
    """The id of a message so many seconds after the publishing."""
    return make_first_snowflake(NOW_MS + int(seconds * 1000)) + number


CARD, PART, CLOSING = at(-3), at(-2), at(-1)


@asynccontextmanager
async def open_discussion(
    path: Path, *, join: bool = True, chosen: int | None = CHANNEL
) -> AsyncIterator[Database]:
    """An archive with an essay whose messages were sent, in a channel that messages join."""
    async with open_archive(path) as database:

        async def publish(tx: Transaction) -> None:
            await submissions.save(tx, SUBMISSION, NOW_MS)
            await publish_essay(
                tx,
                submission=SUBMISSION,
                essay=read_essay("# Bread\n\nIt waits.\n", format="markdown"),
                source=b"# Bread",
                planned=[
                    NewMessage("card", make_plain_message("Bread", silent=False)),
                    NewMessage("part", make_plain_message("It waits.", silent=True), ((1, 1),)),
                    NewMessage("closing", make_plain_message("And you?", silent=True)),
                ],
                now_ms=NOW_MS,
            )
            await settings.set_channel(tx, SERVER, chosen)
            if join:
                await settings.set_plain_messages(tx, SERVER, "join", NOW_MS - 10_000)
            for message_id in (CARD, PART, CLOSING):
                (planned,) = await messages.claim(tx, busy=(), now_ms=NOW_MS)
                assert await after_send.record_sent(
                    tx, planned_message_id=planned.id, message_id=message_id, now_ms=NOW_MS
                )

        await database.write(publish)
        yield database


@pytest.fixture
async def joining(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_discussion(tmp_path / "salon.sqlite3") as database:
        yield database


@pytest.fixture
async def leaving(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_discussion(tmp_path / "salon.sqlite3", join=False) as database:
        yield database


def make_message(seconds: float, author: int = ANN, text: str = LONG, **more: Any) -> Message:
    message = Message(
        id=at(seconds),
        server_id=SERVER,
        channel_id=CHANNEL,
        author_id=author,
        author_name=f"Member {author}",
        from_bot=False,
        type=19 if more.get("reference_id") else 0,
        text=text,
        reference_id=None,
        written_at=NOW + timedelta(seconds=seconds),
    )
    return replace(message, **more)


async def record(database: Database, events: Sequence[Event], seconds: float = 0) -> None:
    await database.write(
        lambda tx: record_batch(
            tx,
            events,
            complete=frozenset(),
            now_ms=NOW_MS + int(seconds * 1000),
            confirm_own_message=after_send.own_message,
        )
    )


async def rows(database: Database, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await database.read(lambda tx: tx.rows(sql))]


async def read_places(database: Database) -> list[tuple[Any, ...]]:
    """Of each reply its parent, its thread and the thread it is brought into; then all threads."""
    replies = await rows(
        database,
        """
        SELECT replies.id, replies.parent_id, replies.thread_id, reply_moves.thread_id
        FROM replies LEFT JOIN reply_moves ON reply_moves.reply_id = replies.id
        ORDER BY replies.id
        """,
    )
    return replies + await rows(database, "SELECT id, name, state FROM threads ORDER BY id")


async def read_hints(database: Database) -> list[str]:
    found = await rows(
        database, "SELECT payload FROM planned_messages WHERE purpose = 'notice' ORDER BY id"
    )
    return [str(row[0]) for row in found]


async def test_messages_that_go_on_belong_to_the_first_ones_thread(joining: Database) -> None:
    first, second, other = make_message(1), make_message(60), make_message(120, BEN)
    await record(joining, [first, second, other])
    assert await read_places(joining) == [
        (first.id, None, first.id, None),
        (second.id, first.id, None, first.id),
        (other.id, second.id, None, first.id),
        (first.id, "Member 40: I have waited a whole day for bread", "planned"),
    ]


async def test_a_short_message_gets_its_thread_when_somebody_answers_it(joining: Database) -> None:
    short = make_message(1, text="Not me.")
    await record(joining, [short])
    assert await read_places(joining) == [(short.id, None, None, None)]
    reply = make_message(4000, BEN, "Why not?", reference_id=short.id)
    await record(joining, [reply])
    assert await read_places(joining) == [
        (short.id, None, short.id, None),
        (reply.id, short.id, None, short.id),
        (short.id, "Member 40: Not me.", "planned"),
    ]
    assert await rows(joining, "SELECT thread_id FROM prompts WHERE kind = 'nudge'") == [
        (short.id,)
    ]


async def test_the_thirty_first_thread_of_an_hour_is_not_opened(joining: Database) -> None:
    spread = [make_message(1 + 301 * n, 100 + n) for n in range(9)]
    await record(joining, spread)
    assert len(await rows(joining, "SELECT id FROM threads")) == 9

    async def fill(tx: Transaction) -> None:
        await tx.run_many(
            """
            INSERT INTO replies (id, server_id, discussion_id, channel_id, thread_id, author_id,
                written_at, author_name, text)
            VALUES (:id, 10, 1, 20, :id, :author, :at, '', 'text')
            """,
            [
                {"id": at(2000 + n), "author": 500 + n, "at": NOW_MS + (2000 + n) * 1000}
                for n in range(21)
            ],
        )

    await joining.write(fill)
    late = make_message(3500, CLEO)
    await record(joining, [late])
    assert (late.id, None, None, None) in await read_places(joining)
    next_hour = make_message(5700, CLEO)
    await record(joining, [next_hour])
    assert (next_hour.id, None, next_hour.id, None) in await read_places(joining)


def write_conversation(seed: int) -> list[Message]:
    """A random conversation: authors, gaps, lengths, mentions and replies."""
    choose = random.Random(seed)
    said: list[Message] = []
    seconds = 1.0
    for _ in range(60):
        seconds += choose.choice([1, 30, 200, 300, 301, 599, 600, 601, 1500])
        text = choose.choice([LONG, LONG, "Hm.", f"<@{choose.choice([ANN, BEN, CLEO])}> {LONG}"])
        reference = choose.choice([None, None, None, None, PART, *[one.id for one in said[-5:]]])
        said.append(
            make_message(seconds, choose.choice([ANN, BEN, CLEO]), text, reference_id=reference)
        )
    return said


@pytest.mark.parametrize("seed", range(12))
async def test_the_history_places_messages_as_the_gateway_does_however_they_are_batched(
    tmp_path: Path, seed: int
) -> None:
    said = write_conversation(seed)
    choose = random.Random(seed)
    places = []
    for name in ("alone", "together", "split", "history"):
        async with open_discussion(tmp_path / f"{name}.sqlite3") as database:
            if name == "history":
                for start in range(0, len(said), 25):
                    await record(
                        database, [HistoryPage(CHANNEL, tuple(said[start : start + 25]))], 90_000
                    )
            left = said if name != "history" else []
            while left:
                sizes = {"alone": 1, "together": len(left), "split": choose.randint(1, 9)}
                await record(database, left[: sizes[name]])
                left = left[sizes[name] :]
            await record(database, said[-10:])  # Discord may report them again
            places.append(await read_places(database))
    assert places[0] == places[1] == places[2] == places[3]


async def test_messages_join_only_in_the_channel_chosen_for_essays(tmp_path: Path) -> None:
    async with open_discussion(tmp_path / "salon.sqlite3", chosen=OTHER) as database:
        await record(database, [make_message(1)])
        assert await read_places(database) == []
        assert len(await read_hints(database)) == 1


async def test_a_members_first_message_that_is_not_a_reply_gets_one_hint(
    leaving: Database,
) -> None:
    await record(leaving, [make_message(1), make_message(2), make_message(3, BEN)], 3)
    await record(leaving, [make_message(60)], 60)
    assert await read_places(leaving) == []
    hints = await read_hints(leaving)
    assert len(hints) == 2
    assert "use *Reply*" in hints[0]
    kept = await rows(leaving, "SELECT delete_at FROM temporary_messages")
    assert kept == [(NOW_MS + 603_000,)] * 2


@pytest.mark.parametrize(
    "message",
    [
        make_message(1, reference_id=CARD),
        make_message(1, reference_id=at(-500)),
        make_message(1, from_bot=True),
        make_message(1, text=""),
        make_message(1, type=7),
        make_message(1, channel_id=OTHER),
    ],
    ids=["reply to the essay", "other reply", "bot", "sticker", "system message", "elsewhere"],
)
async def test_other_messages_get_no_hint(leaving: Database, message: Message) -> None:
    await record(leaving, [message], 1)
    assert await read_hints(leaving) == []


async def test_a_message_of_an_outage_gets_no_hint(leaving: Database) -> None:
    await record(leaving, [HistoryPage(CHANNEL, (make_message(1),))], 601)
    assert await read_hints(leaving) == []
    await record(leaving, [HistoryPage(CHANNEL, (make_message(2),))], 601)
    assert len(await read_hints(leaving)) == 1


async def test_a_reply_to_a_hint_answers_the_essay(leaving: Database) -> None:
    await record(leaving, [make_message(1)], 1)
    hint = at(2)

    async def send(tx: Transaction) -> None:
        (planned,) = await messages.claim(tx, busy=(), now_ms=NOW_MS + 2000)
        await after_send.record_sent(
            tx, planned_message_id=planned.id, message_id=hint, now_ms=NOW_MS + 2000
        )

    await leaving.write(send)
    await record(leaving, [make_message(3, reference_id=hint)], 3)
    kept = await rows(leaving, "SELECT id, parent_id FROM replies")
    assert kept == [(at(3), None)]
    assert await rows(leaving, "SELECT count(*) FROM threads") == [(1,)]


async def test_a_member_who_is_forgotten_gets_no_hint_and_has_no_row(leaving: Database) -> None:
    await record(leaving, [make_message(1)], 1)

    async def forget(tx: Transaction) -> None:
        await erase_member(tx, SERVER, ANN, NOW_MS + 5000)

    await leaving.write(forget)
    assert await rows(leaving, "SELECT * FROM answer_hints") == []
