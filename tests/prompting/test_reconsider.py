"""Prompts that were claimed and aren't sent yet: decided again, or only looked for."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

import pytest

from bot.clock import from_milliseconds, to_milliseconds
from bot.core.prompts.local_time import WeeklyTime
from bot.core.prompts.policy import REASON_PAUSED, PromptKind
from bot.core.text.coded_text import make_coded, read_coded
from bot.delivery import after_send, alerts
from bot.prompting import reconsider, schedule
from bot.prompting.dispatch import plan_due
from storage.db.database import Database
from storage.db.writer import Transaction
from storage.delivery import messages
from storage.delivery.messages import PlannedMessage
from storage.prompts import prompts
from storage.prompts.prompts import Prompt
from storage.servers import settings
from tests.prompting.prompt_rows import (
    DAY,
    HERE,
    HOUR,
    NOON,
    add_prompt,
    add_thread,
    set_up_servers,
)
from tests.support.next_due import get_next_due

LATER = NOON + HOUR / 12


async def claim(tx: Transaction, **more: Any) -> int:
    """A prompt that is due and whose message is planned; its id."""
    await set_up_servers(tx)
    await settings.set_tolerance(tx, HERE, 6)
    number = await add_prompt(tx, NOON, **more)
    await plan_due(tx, NOON)
    return number


async def attempted(tx: Transaction, at: datetime = NOON) -> PlannedMessage:
    """The one planned message, claimed by delivery."""
    (planned,) = await messages.claim(tx, busy=(), now_ms=to_milliseconds(at))
    return planned


async def look(tx: Transaction, number: int) -> Prompt:
    prompt = await prompts.find_prompt(tx, number)
    assert prompt is not None
    return prompt


CHANGES = [
    ("INSERT INTO prompt_pauses VALUES (1, 0)", ("skipped", str(REASON_PAUSED))),
    ("UPDATE server_settings SET prompts_paused_at = 0", ("skipped", str(REASON_PAUSED))),
    ("UPDATE server_settings SET quiet_from = 600, quiet_until = 900", ("planned", "quiet hours")),
    ("UPDATE discussions SET state = 'closed'", ("skipped", "the discussion is closed")),
]


@pytest.mark.parametrize(("change", "state"), CHANGES)
async def test_a_prompt_that_was_certainly_not_sent_is_decided_again(
    database: Database, change: str, state: tuple[str, str]
) -> None:
    async def work(tx: Transaction) -> tuple[str, str | None]:
        number = await claim(tx)
        await tx.run(change)
        await reconsider.reconsider_claimed(tx, LATER)
        assert await tx.rows("SELECT id FROM planned_messages") == []
        await plan_due(tx, LATER)
        prompt = await look(tx, number)
        return prompt.state, None if prompt.reason is None else str(prompt.reason)

    assert await database.write(work) == state


@pytest.mark.parametrize(("change", "state"), CHANGES)
async def test_a_prompt_that_may_have_been_sent_and_is_not_allowed_any_more_is_only_looked_for(
    database: Database, change: str, state: tuple[str, str]
) -> None:
    async def work(tx: Transaction) -> tuple[str, str | None]:
        number = await claim(tx)
        await attempted(tx)
        await reconsider.reconsider_claimed(tx, LATER, busy=[1])
        await tx.run(change)
        await reconsider.reconsider_claimed(tx, LATER)
        (planned,) = await tx.rows("SELECT id, expires_at FROM planned_messages")
        assert planned["expires_at"] < to_milliseconds(LATER)
        assert (await look(tx, number)).state == "claimed"
        # Delivery has looked for it, and it is not there.
        await reconsider.release(tx, planned["id"], at_ms=to_milliseconds(LATER))
        await plan_due(tx, LATER)
        prompt = await look(tx, number)
        return prompt.state, None if prompt.reason is None else str(prompt.reason)

    assert await database.write(work) == state


async def test_a_prompt_that_may_have_been_sent_and_is_still_allowed_is_left_to_delivery(
    database: Database,
) -> None:
    async def work(tx: Transaction) -> bool:
        await claim(tx)
        before = await attempted(tx)
        await reconsider.reconsider_claimed(tx, LATER)
        return await messages.find(tx, before.id) == before

    assert await database.write(work)


async def test_a_prompt_that_is_being_sent_is_left_alone(database: Database) -> None:
    async def work(tx: Transaction) -> bool:
        await claim(tx)
        before = await attempted(tx)
        await tx.run("UPDATE discussions SET state = 'closed'")
        await reconsider.reconsider_claimed(tx, LATER, busy=[before.id])
        return await messages.find(tx, before.id) == before

    assert await database.write(work)


async def test_a_prompt_sent_at_once_keeps_its_text_and_ignores_pauses(
    database: Database,
) -> None:
    async def work(tx: Transaction) -> tuple[str, str | None]:
        number = await claim(tx, kind=PromptKind.NOW)
        await tx.run("UPDATE server_settings SET prompts_paused_at = 0")
        (before,) = await tx.rows("SELECT id FROM planned_messages")
        await reconsider.reconsider_claimed(tx, LATER)
        assert await messages.find(tx, before["id"]) is not None
        await tx.run("UPDATE discussions SET state = 'closed'")
        await reconsider.reconsider_claimed(tx, LATER)
        await plan_due(tx, LATER)
        prompt = await look(tx, number)
        return prompt.state, None if prompt.reason is None else str(prompt.reason)

    assert await database.write(work) == ("skipped", "the discussion is closed")


_NO = make_coded("discord-forbids")


async def block(tx: Transaction, planned: PlannedMessage, at: datetime) -> None:
    """Discord forbids it: the prompt waits until somebody fixes that."""
    now_ms = to_milliseconds(at)
    was_never_created = await messages.postpone(
        tx, planned_message_id=planned.id, due_at=now_ms + 9, last_error=_NO, without_effect=True
    )
    assert was_never_created
    await alerts.alert_about_prompt(tx, planned, _NO, now_ms)
    await reconsider.release(tx, planned.id, at_ms=now_ms, reason=_NO, blocked=True)


async def test_a_blocked_prompt_is_tried_ever_more_rarely_and_never_late(
    database: Database,
) -> None:
    async def work(tx: Transaction) -> list[float]:
        number = await claim(tx)
        waits = []
        at = NOON
        for _ in range(12):
            await block(tx, await attempted(tx, at), at)
            prompt = await look(tx, number)
            assert (prompt.state, prompt.reason, prompt.planned_message_id) == (
                "planned",
                _NO,
                None,
            )
            waits.append((prompt.due_at - at).total_seconds())
            at = prompt.due_at
            await plan_due(tx, at)
        await plan_due(tx, at + 5 * DAY)
        assert (await look(tx, number)).state == "claimed"
        return waits

    waits = await database.write(work)
    assert waits[:4] == [60, 60, 120, 240]
    assert waits[-1] == 3600


async def test_failures_are_still_counted_after_a_prompt_is_planned_again(
    database: Database,
) -> None:
    async def work(tx: Transaction) -> list[int]:
        number = await claim(tx)
        planned = await attempted(tx)
        key = {"planned_message_id": planned.id, "due_at": 0, "last_error": _NO}
        assert not await messages.postpone(tx, failed=True, **key)  # type: ignore[arg-type]
        await reconsider.release(tx, planned.id, at_ms=to_milliseconds(LATER), reason=_NO)
        prompt = await look(tx, number)
        assert (prompt.late_from, prompt.due_at) == (NOON, LATER)
        await plan_due(tx, LATER)
        again = await attempted(tx, LATER)
        return [prompt.failures, again.failures, again.attempts]

    assert await database.write(work) == [1, 1, 1]


async def test_the_next_digest_replaces_one_that_could_not_be_sent(
    database: Database,
) -> None:
    async def work(tx: Transaction) -> list[tuple[str, str | None]]:
        await set_up_servers(tx)
        sunday = WeeklyTime(6, time(18))
        await schedule.set_digest(tx, HERE, channel_id=5, when=sunday, now=NOON)
        for _ in range(2):
            due = await get_next_due(tx, prompts.NEXT_DUE)
            assert due is not None
            await tx.run("UPDATE discussions SET published_at = :at", {"at": due})
            await plan_due(tx, from_milliseconds(due))
        old, new = await tx.rows("SELECT id FROM planned_messages ORDER BY id")
        at_ms = to_milliseconds(NOON + 16 * DAY)
        await reconsider.release(tx, new["id"], at_ms=at_ms)
        await reconsider.release(tx, old["id"], at_ms=at_ms)
        rows = await tx.rows("SELECT state, reason FROM prompts ORDER BY id")
        return [
            (row["state"], str(read_coded(row["reason"])) if row["reason"] else None)
            for row in rows
        ]

    assert await database.write(work) == [
        ("skipped", "the next digest replaced it"),
        ("planned", None),
    ]


async def test_blocked_nudges_cause_one_alert_for_all_of_them(database: Database) -> None:
    async def work(tx: Transaction) -> list[int]:
        await set_up_servers(tx)
        await settings.set_alerts_channel(tx, HERE, 99)
        for head in (77, 78):
            await add_thread(tx, head)
        await plan_due(tx, NOON + 2 * DAY)
        at_ms = to_milliseconds(NOON + 2 * DAY)
        counts = []
        for planned in await messages.claim(tx, busy=(), now_ms=at_ms):
            await block(tx, planned, NOON + 2 * DAY)
            counts.append(
                len(await tx.rows("SELECT id FROM planned_messages WHERE purpose = 'notice'"))
            )
        await plan_due(tx, NOON + 2 * DAY + HOUR)
        sent = [
            planned
            for planned in await messages.claim(tx, busy=(), now_ms=at_ms + 3_600_000)
            if planned.purpose == "nudge"
        ]
        for number, planned in enumerate(sent):
            await after_send.record_sent(
                tx, planned_message_id=planned.id, message_id=500 + number, now_ms=at_ms
            )
            counts.append(len(await tx.rows("SELECT about FROM alerts")))
        return counts

    assert await database.write(work) == [1, 1, 1, 0]


async def test_a_prompt_that_was_skipped_meanwhile_is_not_planned_again(
    database: Database,
) -> None:
    async def work(tx: Transaction) -> tuple[str, str]:
        number = await claim(tx)
        planned = await attempted(tx)
        await tx.run("UPDATE prompts SET state = 'skipped'")
        await reconsider.release(tx, planned.id, at_ms=0)
        row = await tx.row("SELECT state FROM planned_messages")
        assert row is not None
        return (await look(tx, number)).state, row["state"]

    assert await database.write(work) == ("skipped", "failed")


@pytest.mark.parametrize(
    ("stamped", "noted"),
    [
        (NOON + HOUR, NOON + HOUR),
        (NOON - HOUR / 120, NOON - HOUR / 120),  # Discord's clock may be behind ours
        (NOON + 3 * DAY, NOON + 2 * DAY),  # or ahead of it
        (NOON - DAY, NOON + 2 * DAY),  # no time at which it can have been sent
    ],
)
async def test_a_prompt_is_sent_at_the_time_of_its_message_even_if_that_is_learned_later(
    database: Database, stamped: datetime, noted: datetime
) -> None:
    async def work(tx: Transaction) -> datetime:
        await claim(tx)
        planned = await attempted(tx)
        message_id = (to_milliseconds(stamped) - 1_420_070_400_000) << 22
        now_ms = to_milliseconds(NOON + 2 * DAY)
        await after_send.record_sent(
            tx, planned_message_id=planned.id, message_id=message_id, now_ms=now_ms
        )
        row = await tx.row("SELECT sent_at FROM prompts WHERE state = 'sent'")
        assert row is not None
        return from_milliseconds(row["sent_at"])

    assert await database.write(work) == noted
