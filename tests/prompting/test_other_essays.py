"""A prompt doesn't come between the parts of another essay that is being posted in its channel."""

from __future__ import annotations

import pytest

from bot.clock import to_milliseconds
from bot.core.payload import make_plain_message
from bot.core.prompts.wording import NothingToSay
from bot.prompting.dispatch import plan_due, send_now
from bot.prompting.reconsider import reconsider_claimed
from storage.db.database import Database
from storage.db.writer import Transaction
from storage.delivery import messages
from storage.delivery.messages import NewMessage
from tests.prompting.prompt_rows import (
    DAY,
    HERE,
    HOUR,
    NOON,
    add_prompt,
    get_due_times,
    get_states,
    set_up_servers,
)

OTHER, CHANNEL = 100, HERE * 10


async def start_other_essay(
    tx: Transaction, *, channel: int = CHANNEL, style: str = "threads"
) -> None:
    """Another essay, whose card was posted and two parts weren't."""
    now_ms = to_milliseconds(NOON)
    await tx.run(
        """
        INSERT INTO discussions (id, server_id, channel_id, style, state, created_at)
        VALUES (:id, :server, :channel, :style, 'publishing', :now)
        """,
        {"id": OTHER, "server": HERE, "channel": channel, "style": style, "now": now_ms},
    )
    planned = await messages.plan(
        tx,
        server_id=HERE,
        discussion_id=OTHER,
        channel_id=channel,
        after_id=1,
        messages=[
            NewMessage(purpose, make_plain_message(purpose, silent=True))
            for purpose in ("card", "part", "part")
        ],
        now_ms=now_ms,
    )
    await messages.mark_sent(
        tx, planned_message_id=planned[0], message_id=5, at=now_ms, now_ms=now_ms
    )


async def finish_other_essay(tx: Transaction) -> None:
    await tx.run("UPDATE discussions SET state = 'open' WHERE id = :id", {"id": OTHER})
    await tx.run(
        """
        UPDATE planned_messages SET state = 'sent', message_id = id + 50 WHERE discussion_id = :id
        """,
        {"id": OTHER},
    )


async def test_a_prompt_waits_for_the_other_essay(database: Database) -> None:
    async def work(tx: Transaction) -> list[tuple[str, str | None]]:
        await set_up_servers(tx)
        await start_other_essay(tx)
        await add_prompt(tx, NOON)
        await plan_due(tx, NOON)
        (again,) = await get_due_times(tx)
        assert NOON < again < NOON + HOUR
        assert [state for state, _ in await get_states(tx)] == ["planned"]
        await finish_other_essay(tx)
        await plan_due(tx, again)
        return await get_states(tx)

    assert await database.write(work) == [("claimed", None)]


async def test_a_stuck_essay_is_waited_for_up_to_the_tolerance(database: Database) -> None:
    async def work(tx: Transaction) -> list[tuple[str, str | None]]:
        await set_up_servers(tx)
        await start_other_essay(tx)
        await tx.run(
            """
            UPDATE planned_messages SET state = 'failed'
            WHERE discussion_id = :id AND state <> 'sent'
            """,
            {"id": OTHER},
        )
        await add_prompt(tx, NOON)
        await plan_due(tx, NOON + HOUR)
        assert [state for state, _ in await get_states(tx)] == ["planned"]
        await plan_due(tx, NOON + 30 * DAY)
        return await get_states(tx)

    reason = "another essay was still being posted in the channel"
    assert await database.write(work) == [("skipped", reason)]


@pytest.mark.parametrize(("channel", "style"), [(CHANNEL + 1, "threads"), (CHANNEL, "forum")])
async def test_an_essay_elsewhere_is_not_waited_for(
    database: Database, channel: int, style: str
) -> None:
    async def work(tx: Transaction) -> list[tuple[str, str | None]]:
        await set_up_servers(tx)
        await start_other_essay(tx, channel=channel, style=style)
        if style == "forum":  # its messages are in its own post
            await tx.run(
                "UPDATE planned_messages SET channel_id = 77 WHERE discussion_id = :id",
                {"id": OTHER},
            )
        await add_prompt(tx, NOON)
        await plan_due(tx, NOON)
        return await get_states(tx)

    assert await database.write(work) == [("claimed", None)]


async def test_a_prompt_that_is_retried_waits_too(database: Database) -> None:
    async def work(tx: Transaction) -> list[str]:
        await set_up_servers(tx)
        await add_prompt(tx, NOON)
        await plan_due(tx, NOON)
        await start_other_essay(tx)
        now_ms = to_milliseconds(NOON)
        begun = await messages.claim(tx, busy=(), now_ms=now_ms)
        assert [one.purpose for one in begun] == ["part"], "the prompt waits to be decided again"
        await reconsider_claimed(tx, NOON, [one.id for one in begun])
        assert [state for state, _ in await get_states(tx)] == ["planned"]
        await plan_due(tx, NOON)
        return [one.purpose for one in await messages.claim(tx, busy=(), now_ms=now_ms)]

    assert await database.write(work) == ["part"]


async def test_an_essay_waits_while_a_prompt_is_being_sent_there(database: Database) -> None:
    async def work(tx: Transaction) -> list[list[str]]:
        await set_up_servers(tx)
        await add_prompt(tx, NOON)
        await plan_due(tx, NOON)
        now_ms = to_milliseconds(NOON)
        (prompt,) = await messages.claim(tx, busy=(), now_ms=now_ms)
        await start_other_essay(tx)
        found = []
        for prompted in ([CHANNEL], [CHANNEL + 1]):
            claimed = await messages.claim(
                tx, busy=[prompt.id], now_ms=now_ms, channels_with_prompts=prompted
            )
            found.append([one.purpose for one in claimed])
        return found

    assert await database.write(work) == [[], ["part"]]


async def test_a_prompt_that_an_admin_sends_at_once_waits_too(database: Database) -> None:
    async def work(tx: Transaction) -> list[tuple[str, str | None]]:
        await set_up_servers(tx)
        await start_other_essay(tx)
        sent = await send_now(tx, server_id=HERE, discussion_id=HERE, content="default", now=NOON)
        assert not isinstance(sent, NothingToSay)
        (again,) = await get_due_times(tx)
        await finish_other_essay(tx)
        await plan_due(tx, again)
        return await get_states(tx)

    assert await database.write(work) == [("claimed", None)]
