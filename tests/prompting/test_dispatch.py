"""Due prompts are dispatched: decided, and planned as messages."""

from __future__ import annotations

from datetime import datetime, time

import pytest

from bot.core.prompts.local_time import QuietHours
from bot.prompting import change_settings
from bot.prompting.dispatch import plan_due
from storage.db.database import Database
from storage.db.writer import Transaction
from tests.prompting.prompt_rows import (
    HERE,
    HOUR,
    NOON,
    add_prompt,
    get_due_times,
    get_planned,
    get_states,
    set_up_servers,
)


async def test_postponed_prompts_follow_new_quiet_hours(database: Database) -> None:
    async def work(tx: Transaction) -> list[datetime]:
        await set_up_servers(tx)
        await change_settings.set_quiet_hours(tx, HERE, QuietHours(time(11), time(20)), NOON)
        await add_prompt(tx, NOON)
        await plan_due(tx, NOON)
        ((_, waiting),) = await get_planned(tx)
        await change_settings.set_quiet_hours(tx, HERE, None, NOON + HOUR)
        ((_, again),) = await get_planned(tx)
        return [waiting, again]

    assert await database.write(work) == [NOON + 8 * HOUR, NOON + HOUR]


@pytest.mark.parametrize("quiet", [None, QuietHours(time(6), time(7))])
async def test_a_prompt_postponed_by_quiet_hours_is_not_late_when_they_change(
    database: Database, quiet: QuietHours | None
) -> None:
    async def work(tx: Transaction) -> list[tuple[str, str | None]]:
        await set_up_servers(tx)
        # Fourteen hours of quiet: longer than a prompt may be late.
        await change_settings.set_quiet_hours(tx, HERE, QuietHours(time(12), time(2)), NOON)
        await add_prompt(tx, NOON)
        await plan_due(tx, NOON)
        later = NOON + 13 * HOUR
        await change_settings.set_quiet_hours(tx, HERE, quiet, later)
        assert await get_due_times(tx) == [later]
        await plan_due(tx, later)
        return await get_states(tx)

    assert await database.write(work) == [("claimed", None)]


async def test_many_due_prompts_are_decided_in_several_transactions(
    database: Database,
) -> None:
    async def fill(tx: Transaction) -> None:
        await set_up_servers(tx)
        for _ in range(120):
            await add_prompt(tx, NOON, content="question 9")  # skipped, for there is none

    await database.write(fill)
    rounds = 1
    while await database.write(lambda tx: plan_due(tx, NOON)):
        rounds += 1
    assert rounds == 3
    assert await database.read(lambda tx: get_planned(tx)) == []
