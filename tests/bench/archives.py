"""Archives for the benchmarks: a published essay, and threads on replies to it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.conversation.events import Message
from bot.core.essay.essay import Essay
from bot.core.read_essay import read_essay
from bot.delivery import after_send
from bot.ingest.record_batch import record_batch
from storage.db.database import Database
from storage.db.writer import Transaction
from storage.delivery import messages, threads
from storage.delivery.messages import NewMessage
from storage.essays import submissions
from storage.essays.submissions import Submission
from tests.bench.frames import HEAD
from tests.support.essays import publish_essay

__all__ = ["Place", "prepare"]

_ESSAY = "On benches\n\nOne sits.\n\nWhat do you think?\n"


@dataclass(frozen=True)
class Place:
    """The ids of a discussion: its server, channel, three messages and threads.

    ``before_id``: an id before all of its messages.
    """

    server_id: int
    channel_id: int
    before_id: int
    posts: tuple[int, int, int]
    threads: Sequence[int]


async def prepare(database: Database, *places: Place) -> None:
    """Write discussions to the archive, as if they had been published and answered."""
    essay = read_essay(_ESSAY, format="text", name=None)

    async def write(tx: Transaction) -> None:
        for place in places:
            await _publish(tx, essay, place)
            await _open_threads(tx, place)

    await database.write(write)


async def _publish(tx: Transaction, essay: Essay, place: Place) -> None:
    now_ms = int(time.time() * 1000)
    submission = Submission(
        id=place.before_id,
        server_id=place.server_id,
        server_name="Bench",
        channel_id=place.channel_id,
        member_id=1,
        member_name="Admin",
        file_name=None,
        file_url=None,
        text=_ESSAY,
    )
    await submissions.save(tx, submission, now_ms)
    await submissions.accept(tx, submission.id, "")
    await publish_essay(
        tx,
        submission=submission,
        essay=essay,
        source=_ESSAY.encode(),
        planned=[
            NewMessage(purpose, {"content": purpose}) for purpose in ("card", "part", "closing")
        ],
        now_ms=now_ms,
    )
    for message_id in place.posts:
        (post,) = await messages.claim(tx, busy=(), now_ms=now_ms)
        await after_send.record_sent(
            tx, planned_message_id=post.id, message_id=message_id, now_ms=now_ms
        )


async def _open_threads(tx: Transaction, place: Place) -> None:
    heads = [
        Message(
            id=thread,
            server_id=place.server_id,
            channel_id=place.channel_id,
            author_id=1,
            author_name="Ann",
            from_bot=False,
            type=19,
            text=HEAD,
            reference_id=place.posts[-1],
            written_at=datetime.fromisoformat("2026-01-05T11:00:00+00:00"),
        )
        for thread in place.threads
    ]
    await record_batch(
        tx,
        heads,
        complete=frozenset(),
        now_ms=int(time.time() * 1000),
        confirm_own_message=after_send.own_message,
    )
    for thread in place.threads:
        await threads.mark_opened(tx, thread)
        await threads.mark_ready(tx, thread)
