"""When prompts are planned for: steps, nudges and digests, and how settings and edits move them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.clock import to_milliseconds
from bot.core.prompts.local_time import WeeklyTime
from bot.core.text.coded_text import make_coded
from bot.prompting import change_settings, schedule
from bot.prompting.dispatch import plan_due
from storage.db.database import Database
from storage.db.writer import Transaction
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
    get_due_times,
    get_planned,
    get_prompt,
    get_states,
    plan_nudge,
    set_up_servers,
)

SUNDAY = WeeklyTime(6, time(18))
#: The first Sunday after NOON, at six.
DIGEST = NOON + 4 * DAY + 6 * HOUR


async def test_the_default_plan_counts_from_publication(
    database: Database,
) -> None:
    async def work(tx: Transaction) -> list[tuple[str, datetime]]:
        await set_up_servers(tx)
        await schedule.plan_steps(tx, server_id=HERE, discussion_id=HERE, published_at=NOON)
        return await get_planned(tx)

    assert await database.write(work) == [
        ("questions", NOON + DAY),
        ("next question", NOON + 3 * DAY),
        ("last call", NOON + 7 * DAY),
    ]


async def test_a_servers_own_plan_uses_its_time_zone(database: Database) -> None:
    async def work(tx: Transaction) -> list[tuple[str, datetime]]:
        await set_up_servers(tx)
        await change_settings.set_time_zone(tx, HERE, ZoneInfo("Asia/Tokyo"), NOON)
        await settings.set_plan(tx, HERE, "Thursday 18:00: default")
        await schedule.plan_steps(tx, server_id=HERE, discussion_id=HERE, published_at=NOON)
        return await get_planned(tx)

    assert await database.write(work) == [("default", datetime(2026, 6, 4, 9, tzinfo=UTC))]


async def test_a_new_time_zone_moves_wall_clock_times_and_leaves_intervals(
    database: Database,
) -> None:
    async def work(tx: Transaction) -> list[tuple[str, datetime]]:
        await set_up_servers(tx)
        wall = datetime(2026, 6, 10, 18, tzinfo=UTC)
        await add_prompt(tx, wall, local_at=wall.replace(tzinfo=None))
        await add_prompt(tx, wall)
        await change_settings.set_time_zone(tx, HERE, ZoneInfo("Asia/Tokyo"), NOON)
        return await get_planned(tx)

    assert [at.hour for _, at in await database.write(work)] == [9, 18]


async def test_a_prompt_that_a_new_time_zone_puts_in_the_past_is_due_now(
    database: Database,
) -> None:
    async def work(tx: Transaction) -> list[tuple[str, datetime]]:
        await set_up_servers(tx)
        wall = datetime(2026, 6, 3, 13, tzinfo=UTC)
        await add_prompt(tx, wall, local_at=wall.replace(tzinfo=None))
        await change_settings.set_time_zone(tx, HERE, ZoneInfo("Asia/Tokyo"), NOON)
        return await get_planned(tx)

    assert await database.write(work) == [("default", NOON)]


async def test_nudges_move_with_the_setting_and_each_thread_has_one(database: Database) -> None:
    async def work(tx: Transaction) -> list[datetime]:
        await set_up_servers(tx)
        await add_thread(tx, 77)
        due_times = await get_due_times(tx)
        await change_settings.set_nudges(tx, HERE, 24, NOON)
        due_times += await get_due_times(tx)
        await plan_nudge(tx, 77, NOON)
        await change_settings.set_nudges(tx, HERE, 72, NOON)
        return [*due_times, *await get_due_times(tx)]

    assert await database.write(work) == [NOON + 2 * DAY, NOON + DAY, NOON + 3 * DAY]


async def test_switching_nudges_off_skips_the_planned_ones_until_they_are_on_again(
    database: Database,
) -> None:
    async def work(tx: Transaction) -> list[datetime]:
        await set_up_servers(tx)
        await add_thread(tx, 77)
        await change_settings.set_nudges(tx, HERE, 0, NOON)
        assert await get_states(tx) == [("skipped", "nudges were switched off")]
        await add_thread(tx, 78)
        assert await get_due_times(tx) == []
        await change_settings.set_nudges(tx, HERE, 240, NOON + DAY)
        return await get_due_times(tx)

    assert await database.write(work) == [NOON + 10 * DAY], "counted from when it was written"


async def test_a_nudge_that_a_new_setting_makes_overdue_is_due_now(database: Database) -> None:
    async def work(tx: Transaction) -> list[datetime]:
        await set_up_servers(tx)
        await add_thread(tx, 77)
        await change_settings.set_nudges(tx, HERE, 1, NOON + DAY)
        return await get_due_times(tx)

    assert await database.write(work) == [NOON + DAY]


async def test_a_nudge_that_was_off_when_it_was_due_stays_skipped(database: Database) -> None:
    async def work(tx: Transaction) -> list[datetime]:
        await set_up_servers(tx)
        await add_thread(tx, 77)
        await change_settings.set_nudges(tx, HERE, 0, NOON)
        await change_settings.set_nudges(tx, HERE, 48, NOON + 30 * DAY)
        return await get_due_times(tx)

    assert await database.write(work) == []


async def set_up_digest(tx: Transaction) -> None:
    await set_up_servers(tx)
    await tx.run(
        "UPDATE discussions SET published_at = :at WHERE id = :id",
        {"id": HERE, "at": to_milliseconds(DIGEST - DAY)},
    )
    await schedule.set_digest(tx, HERE, channel_id=5, when=SUNDAY, now=NOON)


async def test_setting_the_same_digest_again_keeps_the_planned_one(database: Database) -> None:
    async def work(tx: Transaction) -> list[str]:
        await set_up_servers(tx)
        for _ in range(2):
            await schedule.set_digest(
                tx, HERE, channel_id=5, when=WeeklyTime(6, time(18)), now=NOON
            )
        return [row["state"] for row in await tx.rows("SELECT state FROM prompts")]

    assert await database.write(work) == ["planned"]


async def test_changing_the_digest_replaces_the_planned_one_and_stopping_it_removes_it(
    database: Database,
) -> None:
    async def work(tx: Transaction) -> list[datetime]:
        await set_up_servers(tx)
        sunday, monday = WeeklyTime(6, time(18)), WeeklyTime(0, time(9))
        await schedule.set_digest(tx, HERE, channel_id=5, when=sunday, now=NOON)
        first = [at for _, at in await get_planned(tx)]
        await schedule.set_digest(tx, HERE, channel_id=5, when=monday, now=NOON)
        second = [at for _, at in await get_planned(tx)]
        await plan_due(tx, second[0])
        third = [at for _, at in await get_planned(tx)]
        await schedule.set_digest(tx, HERE, channel_id=None, when=None, now=NOON)
        assert await get_planned(tx) == []
        return [*first, *second, *third]

    assert await database.write(work) == [
        datetime(2026, 6, 7, 18, tzinfo=UTC),
        datetime(2026, 6, 8, 9, tzinfo=UTC),
        datetime(2026, 6, 15, 9, tzinfo=UTC),
    ]


async def test_a_server_has_one_planned_digest(database: Database) -> None:
    async def work(tx: Transaction) -> list[datetime]:
        await set_up_digest(tx)
        await schedule.plan_next_digest(tx, HERE, NOON)
        return await get_due_times(tx)

    assert await database.write(work) == [DIGEST]


async def test_changing_the_text_of_a_prompt_keeps_its_time_and_its_turn(
    database: Database,
) -> None:
    async def work(tx: Transaction) -> tuple[Prompt, Prompt]:
        await set_up_servers(tx)
        number = await add_prompt(tx, NOON)
        turn = NOON + 20 * HOUR
        await prompts.postpone(
            tx,
            prompt_id=number,
            until=turn,
            resets_lateness=True,
            reason=make_coded("as-stored", text="its turn"),
        )
        before = await get_prompt(tx, number)
        changes: dict[str, Any] = {"condition": "", "now": NOON + HOUR}
        assert await schedule.change_prompt(
            tx, before, content="last call", forced=False, **changes
        )
        after = await get_prompt(tx, number)
        assert (after.content, after.late_from, after.due_at) == ("last call", turn, turn)
        assert after.planned_for == NOON
        assert await schedule.change_prompt(tx, after, content="last call", forced=True, **changes)
        return after, await get_prompt(tx, number)

    waits, asked = await database.write(work)
    assert str(waits.reason) == "its turn"
    assert asked.due_at == NOON + HOUR, "anyway: it need not wait for its turn"


async def test_rescheduling_a_prompt_resets_its_lateness(database: Database) -> None:
    async def work(tx: Transaction) -> Prompt:
        await set_up_servers(tx)
        number = await add_prompt(tx, NOON)
        later = NOON + timedelta(days=3)
        await prompts.postpone(
            tx,
            prompt_id=number,
            until=NOON + DAY,
            resets_lateness=True,
            reason=make_coded("as-stored", text="its turn"),
        )
        assert await prompts.reschedule(tx, number, at=later, local_at=None)
        assert await prompts.skip(
            tx,
            prompt_id=number,
            reason=make_coded("cancelled", member="Ada", member_id=1),
            now_ms=0,
        )
        moved = await get_prompt(tx, number)
        assert not await prompts.reschedule(tx, moved.id, at=NOON, local_at=None)
        return moved

    moved = await database.write(work)
    assert {moved.planned_for, moved.late_from, moved.due_at} == {NOON + 3 * DAY}
