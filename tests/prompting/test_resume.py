"""Pauses end: prompts that were skipped in them are planned again unless they are too late."""

from __future__ import annotations

from datetime import datetime, time

import pytest

from bot.clock import to_milliseconds
from bot.core.prompts.local_time import QuietHours
from bot.core.prompts.policy import REASON_PAUSED
from bot.prompting import change_settings, schedule
from bot.prompting.dispatch import plan_due
from bot.prompting.resume import resume_discussion, resume_server
from storage.db.database import Database
from storage.db.writer import Transaction
from storage.prompts import pauses
from storage.servers import settings
from tests.prompting.prompt_rows import (
    DAY,
    HERE,
    HOUR,
    NOON,
    THERE,
    add_prompt,
    get_due_times,
    get_planned,
    get_states,
    set_up_servers,
)
from tests.prompting.test_schedule import DIGEST, set_up_digest

NIGHT = QuietHours(time(22), time(8))


async def test_resuming_plans_skipped_prompts_again_unless_they_are_too_late(
    database: Database,
) -> None:
    async def work(tx: Transaction) -> list[tuple[str, str | None]]:
        await set_up_servers(tx)
        await pauses.pause(tx, HERE, to_milliseconds(NOON))
        await pauses.pause_discussion(tx, HERE, to_milliseconds(NOON))
        for hours in (0, 10):
            await add_prompt(tx, NOON + hours * HOUR)
        await plan_due(tx, NOON + 10 * HOUR)
        rows = await tx.rows("SELECT state, reason FROM prompts")
        assert [tuple(row) for row in rows] == [("skipped", REASON_PAUSED.stored)] * 2
        await resume_server(tx, HERE, NOON + 13 * HOUR)
        assert await pauses.get_paused_discussions(tx, HERE) == {HERE}
        assert await pauses.get_paused_discussions(tx, THERE) == set()
        await resume_discussion(tx, HERE, HERE, NOON + 13 * HOUR)
        return [tuple(row) for row in await tx.rows("SELECT state, reason FROM prompts")]

    assert await database.write(work) == [("skipped", REASON_PAUSED.stored), ("planned", None)]


@pytest.mark.parametrize(
    ("due", "resumed", "is_sent"),
    [
        (NOON + 8 * HOUR, NOON + 18 * HOUR, True),  # resumed in the night, by its end 12 h late
        (NOON + 7.5 * HOUR, NOON + 19 * HOUR, True),
        (NOON + 11 * HOUR, NOON + 31 * HOUR, True),  # due in the night: late from its end on
        (NOON + 11 * HOUR, NOON + 33 * HOUR, False),
        (NOON + HOUR, NOON + 14 * HOUR, False),
    ],
)
async def test_a_pause_that_ends_in_quiet_hours_makes_no_prompt_too_late(
    database: Database, due: datetime, resumed: datetime, is_sent: bool
) -> None:
    async def work(tx: Transaction) -> list[tuple[str, str | None]]:
        await set_up_servers(tx)
        await change_settings.set_quiet_hours(tx, HERE, NIGHT, NOON)
        await pauses.pause(tx, HERE, to_milliseconds(NOON))
        await add_prompt(tx, due)
        await plan_due(tx, due)
        assert await get_states(tx) == [("skipped", str(REASON_PAUSED))]
        await resume_server(tx, HERE, resumed)
        await plan_due(tx, resumed)
        for at in await get_due_times(tx):
            await plan_due(tx, at)
        return await get_states(tx)

    assert await database.write(work) == [
        ("claimed", None) if is_sent else ("skipped", str(REASON_PAUSED))
    ]


async def test_a_digest_that_was_due_in_a_pause_is_sent_once(database: Database) -> None:
    async def work(tx: Transaction) -> list[tuple[str, datetime]]:
        await set_up_digest(tx)
        await pauses.pause(tx, HERE, to_milliseconds(DIGEST - HOUR))
        await plan_due(tx, DIGEST)
        assert [at for _, at in await get_planned(tx)] == [DIGEST + 7 * DAY]
        await resume_server(tx, HERE, DIGEST + HOUR)
        assert await get_due_times(tx) == [DIGEST + HOUR]
        await plan_due(tx, DIGEST + HOUR)
        assert await get_due_times(tx) == [DIGEST + 7 * DAY]
        # The next one too, whatever is paused and resumed before it.
        await pauses.pause(tx, HERE, to_milliseconds(DIGEST + DAY))
        await resume_server(tx, HERE, DIGEST + 2 * DAY)
        rows = await tx.rows("SELECT state, due_at FROM prompts ORDER BY id")
        return [(row["state"], row["due_at"]) for row in rows]

    assert [state for state, _ in await database.write(work)] == ["claimed", "planned"]


async def test_a_digest_that_is_switched_off_in_a_pause_is_not_sent(database: Database) -> None:
    async def work(tx: Transaction) -> list[datetime]:
        await set_up_digest(tx)
        await pauses.pause(tx, HERE, to_milliseconds(DIGEST - HOUR))
        await plan_due(tx, DIGEST)
        await schedule.set_digest(tx, HERE, channel_id=None, when=None, now=DIGEST)
        await resume_server(tx, HERE, DIGEST + HOUR)
        return await get_due_times(tx)

    assert await database.write(work) == []


async def test_after_a_pause_over_two_digests_only_the_last_is_sent(database: Database) -> None:
    async def work(tx: Transaction) -> list[tuple[str, str | None]]:
        await set_up_digest(tx)
        await settings.set_tolerance(tx, HERE, 24 * 30)
        await pauses.pause(tx, HERE, to_milliseconds(DIGEST - HOUR))
        for week in range(2):
            await plan_due(tx, DIGEST + 7 * week * DAY)
        await resume_server(tx, HERE, DIGEST + 8 * DAY)
        return await get_states(tx)

    assert await database.write(work) == [("skipped", str(REASON_PAUSED)), ("planned", None)]
