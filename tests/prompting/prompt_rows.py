"""Rows for tests of prompts: two servers with a discussion each, prompts and threads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.clock import from_milliseconds, to_milliseconds
from bot.core.conversation.events import Message
from bot.core.prompts.policy import PromptKind
from bot.core.text.coded_text import read_coded
from storage.db.writer import Transaction
from storage.prompts import nudges, prompts
from storage.prompts.prompts import Prompt
from storage.replies.reply_changes import Changes
from storage.servers import settings

HERE, THERE = 1, 2
NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def set_up_servers(tx: Transaction) -> None:
    """Two servers, with a discussion each, published at noon."""
    for server in (HERE, THERE):
        await settings.register_server(tx, server, "A server", 0)
        await tx.run(
            """
            INSERT INTO discussions (id, server_id, channel_id, state, created_at, published_at)
            VALUES (:id, :id, :channel, 'open', :now, :now)
            """,
            {"id": server, "channel": server * 10, "now": to_milliseconds(NOON)},
        )
        await tx.run(
            """
            INSERT INTO revisions (discussion_id, number, title, words, content_hash,
                created_at)
            VALUES (:id, 1, :title, 1, 'd', 0)
            """,
            {"id": server, "title": f"Essay {server}"},
        )


async def get_planned(tx: Transaction, server: int = HERE) -> list[tuple[str, datetime]]:
    rows = await tx.rows(
        """
        SELECT content, due_at
        FROM prompts
        WHERE server_id = :id
        AND state = 'planned' ORDER BY id
        """,
        {"id": server},
    )
    return [(row["content"], from_milliseconds(row["due_at"])) for row in rows]


async def add_prompt(tx: Transaction, at: datetime, **more: Any) -> int:
    given: dict[str, Any] = {"server_id": HERE, "discussion_id": HERE, "kind": PromptKind.STEP}
    return await prompts.add(tx, **(given | {"content": "default", "at": at} | more))


async def add_thread(tx: Transaction, head: int, at: datetime = NOON) -> None:
    """A reply that heads a thread, and the nudge that is planned with it."""
    row = {"id": head, "server_id": HERE, "discussion_id": HERE, "written_at": to_milliseconds(at)}
    await tx.run(
        """
        INSERT INTO replies (id, server_id, discussion_id, channel_id, thread_id, author_id,
            author_name, text, written_at)
        VALUES (:id, :server_id, :discussion_id, 10, :id, 7, 'Ann', 'I would.', :written_at)
        """,
        row,
    )
    await tx.run(
        """
        INSERT INTO threads (id, server_id, discussion_id, channel_id, member_id, name, state,
            due_at)
        VALUES (:id, :server_id, :discussion_id, 10, 7, 'Ann', 'ready', 0)
        """,
        row,
    )
    await plan_nudge(tx, head, at)


async def plan_nudge(tx: Transaction, head: int, at: datetime) -> None:
    """Plan the nudge of the thread that a reply written at this time opens."""
    message = Message(
        id=head,
        server_id=HERE,
        channel_id=10,
        author_id=7,
        author_name="Ann",
        from_bot=False,
        type=19,
        text="I would.",
        reference_id=None,
        written_at=at,
    )
    changes = Changes()
    nudges.plan(changes, message, HERE)
    await changes.write(tx)


async def get_due_times(tx: Transaction) -> list[datetime]:
    return [at for _, at in await get_planned(tx)]


async def get_states(tx: Transaction) -> list[tuple[str, str | None]]:
    rows = await tx.rows("SELECT state, reason FROM prompts ORDER BY id")
    reasons = [read_coded(row["reason"]) for row in rows]
    return [
        (row["state"], None if reason is None else str(reason))
        for row, reason in zip(rows, reasons, strict=True)
    ]


async def get_prompt(tx: Transaction, prompt_id: int) -> Prompt:
    prompt = await prompts.find_prompt(tx, prompt_id)
    assert prompt is not None
    return prompt
