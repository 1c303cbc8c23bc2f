"""Prompts that were claimed and are not sent: decided anew, or only looked for."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

import pytest

from bot.clock import from_milliseconds, to_milliseconds
from bot.core.prompts.local_time import WeeklyTime
from bot.core.prompts.policy import REASON_PAUSED, PromptKind
from bot.delivery import after_send
from bot.prompting import reconsider, schedule
from bot.prompting.dispatch import plan_due
from storage.db.database import Database
from storage.db.writer import Transaction
from storage.delivery import alerts, messages
from storage.delivery.messages import PlannedMessage
from storage.prompts import claimed, prompts
from storage.prompts.prompts import Prompt
from storage.servers import settings
from tests.storage.prompts.test_prompts import DAY, HERE, HOUR, NOON, add, found
from tests.storage.prompts.test_settings import wrote

LATER = NOON + HOUR / 12


async def claim(tx: Transaction, **more: Any) -> int:
    """A prompt that is due and was planned as a post; its id."""
    await found(tx)
    await settings.set_tolerance(tx, HERE, 6)
    number = await add(tx, NOON, **more)
    await plan_due(tx, NOON)
    return number


async def attempted(tx: Transaction, at: datetime = NOON) -> PlannedMessage:
    """The one post, claimed by an outbox."""
    (post,) = await messages.claim(tx, busy=(), now_ms=to_milliseconds(at))
    return post


async def look(tx: Transaction, number: int) -> Prompt:
    prompt = await prompts.find_prompt(tx, number)
    assert prompt is not None
    return prompt


CHANGES = [
    ("INSERT INTO prompt_pauses VALUES (1, 0)", ("skipped", REASON_PAUSED)),
    ("UPDATE server_settings SET prompts_paused_at = 0", ("skipped", REASON_PAUSED)),
    ("UPDATE server_settings SET quiet_from = 600, quiet_until = 900", ("planned", "quiet hours")),
    ("UPDATE discussions SET state = 'closed'", ("skipped", "the discussion is closed")),
]


@pytest.mark.parametrize(("change", "state"), CHANGES)
async def test_what_was_never_sent_is_decided_anew(
    database: Database, change: str, state: tuple[str, str]
) -> None:
    async def work(tx: Transaction) -> tuple[str, str | None]:
        number = await claim(tx)
        await tx.run(change)
        await reconsider.reconsider_claimed(tx, LATER)
        assert await tx.rows("SELECT id FROM planned_messages") == []
        await plan_due(tx, LATER)
        prompt = await look(tx, number)
        return prompt.state, prompt.reason

    assert await database.write(work) == state


@pytest.mark.parametrize(("change", "state"), CHANGES)
async def test_what_may_have_been_sent_is_only_looked_for_where_it_may_not_come_any_more(
    database: Database, change: str, state: tuple[str, str]
) -> None:
    async def work(tx: Transaction) -> tuple[str, str | None]:
        number = await claim(tx)
        await attempted(tx)
        await reconsider.reconsider_claimed(tx, LATER, busy=[1])
        await tx.run(change)
        await reconsider.reconsider_claimed(tx, LATER)
        (post,) = await tx.rows("SELECT id, expires_at FROM planned_messages")
        assert post["expires_at"] < to_milliseconds(LATER)
        assert (await look(tx, number)).state == "claimed"
        # The outbox has looked, and it is not there.
        await reconsider.release(tx, post["id"], at_ms=to_milliseconds(LATER))
        await plan_due(tx, LATER)
        prompt = await look(tx, number)
        return prompt.state, prompt.reason

    assert await database.write(work) == state


async def test_what_may_have_been_sent_and_may_still_come_is_left_to_the_outbox(
    database: Database,
) -> None:
    async def work(tx: Transaction) -> bool:
        await claim(tx)
        before = await attempted(tx)
        await reconsider.reconsider_claimed(tx, LATER)
        return await messages.find(tx, before.id) == before

    assert await database.write(work)


async def test_what_is_under_way_is_left_alone(database: Database) -> None:
    async def work(tx: Transaction) -> bool:
        await claim(tx)
        before = await attempted(tx)
        await tx.run("UPDATE discussions SET state = 'closed'")
        await reconsider.reconsider_claimed(tx, LATER, busy=[before.id])
        return await messages.find(tx, before.id) == before

    assert await database.write(work)


async def test_what_an_admin_sends_at_once_keeps_its_words_and_heeds_no_pause(
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
        return prompt.state, prompt.reason

    assert await database.write(work) == ("skipped", "the discussion is closed")


async def stuck(tx: Transaction, post: PlannedMessage, at: datetime) -> None:
    """Discord forbids it: the prompt waits for somebody to mend that."""
    now_ms = to_milliseconds(at)
    nowhere = await messages.postpone(
        tx, planned_message_id=post.id, due_at=now_ms + 9, last_error="No.", without_effect=True
    )
    assert nowhere
    await alerts.prompt_stuck(tx, post, "No.", now_ms)
    await reconsider.release(tx, post.id, at_ms=now_ms, reason="No.", blocked=True)


async def test_what_is_forbidden_waits_the_longer_the_rarer_and_is_never_late(
    database: Database,
) -> None:
    async def work(tx: Transaction) -> list[float]:
        number = await claim(tx)
        waits = []
        at = NOON
        for _ in range(12):
            await stuck(tx, await attempted(tx, at), at)
            prompt = await look(tx, number)
            assert (prompt.state, prompt.reason, prompt.planned_message_id) == (
                "planned",
                "No.",
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


async def test_failures_are_counted_through_every_new_wording(database: Database) -> None:
    async def work(tx: Transaction) -> list[int]:
        number = await claim(tx)
        post = await attempted(tx)
        key = {"planned_message_id": post.id, "due_at": 0, "last_error": "Discord answered 429."}
        assert not await messages.postpone(tx, failed=True, **key)  # type: ignore[arg-type]
        await reconsider.release(tx, post.id, at_ms=to_milliseconds(LATER), reason="Later.")
        prompt = await look(tx, number)
        assert (prompt.late_from, prompt.due_at) == (NOON, LATER)
        await plan_due(tx, LATER)
        again = await attempted(tx, LATER)
        return [prompt.failures, again.failures, again.attempts]

    assert await database.write(work) == [1, 1, 1]


async def test_the_next_digest_takes_the_place_of_one_that_could_not_be_sent(
    database: Database,
) -> None:
    async def work(tx: Transaction) -> list[tuple[str, str | None]]:
        await found(tx)
        sunday = WeeklyTime(6, time(18))
        await schedule.set_digest(tx, HERE, channel_id=5, when=sunday, now=NOON)
        for _ in range(2):
            due = await prompts.get_next_due(tx)
            assert due is not None
            await tx.run("UPDATE discussions SET published_at = :at", {"at": due})
            await plan_due(tx, from_milliseconds(due))
        old, new = await tx.rows("SELECT id FROM planned_messages ORDER BY id")
        at_ms = to_milliseconds(NOON + 16 * DAY)
        await reconsider.release(tx, new["id"], at_ms=at_ms)
        await reconsider.release(tx, old["id"], at_ms=at_ms)
        rows = await tx.rows("SELECT state, reason FROM prompts ORDER BY id")
        return [(row["state"], row["reason"]) for row in rows]

    assert await database.write(work) == [
        ("skipped", "the next digest took its place"),
        ("planned", None),
    ]


async def test_a_forbidden_nudge_is_told_once_for_all_of_them(database: Database) -> None:
    async def work(tx: Transaction) -> list[int]:
        await found(tx)
        await settings.set_notices_channel(tx, HERE, 99)
        for head in (77, 78):
            await wrote(tx, head)
        await plan_due(tx, NOON + 2 * DAY)
        at_ms = to_milliseconds(NOON + 2 * DAY)
        told = []
        for post in await messages.claim(tx, busy=(), now_ms=at_ms):
            await stuck(tx, post, NOON + 2 * DAY)
            told.append(
                len(await tx.rows("SELECT id FROM planned_messages WHERE purpose = 'notice'"))
            )
        await plan_due(tx, NOON + 2 * DAY + HOUR)
        sent = [
            post
            for post in await messages.claim(tx, busy=(), now_ms=at_ms + 3_600_000)
            if post.purpose == "nudge"
        ]
        for number, post in enumerate(sent):
            await after_send.record_sent(
                tx, planned_message_id=post.id, message_id=500 + number, now_ms=at_ms
            )
            told.append(len(await tx.rows("SELECT about FROM alerts")))
        return told

    assert await database.write(work) == [1, 1, 1, 0]


async def test_what_was_decided_otherwise_meanwhile_is_not_planned_again(
    database: Database,
) -> None:
    async def work(tx: Transaction) -> tuple[str, str]:
        number = await claim(tx)
        post = await attempted(tx)
        await tx.run("UPDATE prompts SET state = 'skipped'")
        await reconsider.release(tx, post.id, at_ms=0)
        row = await tx.row("SELECT state FROM planned_messages")
        assert row is not None
        return (await look(tx, number)).state, row["state"]

    assert await database.write(work) == ("skipped", "failed")


async def test_an_index_answers_which_prompts_are_claimed(database: Database) -> None:
    async def look(tx: Transaction) -> str:
        rows = await tx.rows(f"EXPLAIN QUERY PLAN {claimed.UNSENT}", {"now": 5})
        return " ".join(row["detail"] for row in rows)

    plan = await database.read(look)
    assert "prompts_claimed" in plan
    assert "SCAN prompts" not in plan.replace("SCAN prompts USING INDEX prompts_claimed", "")


@pytest.mark.parametrize(
    ("stamped", "noted"),
    [
        (NOON + HOUR, NOON + HOUR),
        (NOON - HOUR / 120, NOON - HOUR / 120),  # Discord's clock may be behind ours
        (NOON + 3 * DAY, NOON + 2 * DAY),  # or ahead of it
        (NOON - DAY, NOON + 2 * DAY),  # no time at which it can have been sent
    ],
)
async def test_a_prompt_was_sent_when_its_message_says_however_late_that_is_learned(
    database: Database, stamped: datetime, noted: datetime
) -> None:
    async def work(tx: Transaction) -> datetime:
        await claim(tx)
        post = await attempted(tx)
        message_id = (to_milliseconds(stamped) - 1_420_070_400_000) << 22
        now_ms = to_milliseconds(NOON + 2 * DAY)
        await after_send.record_sent(
            tx, planned_message_id=post.id, message_id=message_id, now_ms=now_ms
        )
        row = await tx.row("SELECT sent_at FROM prompts WHERE state = 'sent'")
        assert row is not None
        return from_milliseconds(row["sent_at"])

    assert await database.write(work) == noted
