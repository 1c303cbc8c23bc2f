"""Prompts in the archive: planned, taken back, moved, listed; and nothing of another server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from bot.clock import from_milliseconds, to_milliseconds
from bot.core.prompts.local_time import QuietHours, WeeklyTime
from bot.core.prompts.policy import REASON_PAUSED, PromptKind
from bot.errors import UserError
from bot.prompting import pauses as resuming
from bot.prompting import schedule
from bot.prompting.dispatch import plan_due, send_now
from bot.prompting.forecast import forecast
from cogs.ui.choose import choose_essay, choose_prompt
from storage.db.database import Database
from storage.db.writer import Transaction
from storage.delivery import alerts
from storage.prompts import pauses, prompts, queries
from storage.servers import settings

HERE, THERE = 1, 2
NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def found(tx: Transaction) -> None:
    """Two servers, with a discussion each, published at noon."""
    for server in (HERE, THERE):
        await settings.register(tx, server, "A server", 0)
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


async def planned(tx: Transaction, server: int = HERE) -> list[tuple[str, datetime]]:
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


async def add(tx: Transaction, at: datetime, **more: Any) -> int:
    given: dict[str, Any] = {"server_id": HERE, "discussion_id": HERE, "kind": PromptKind.STEP}
    return await prompts.add(tx, **(given | {"content": "default", "at": at} | more))


Look = Callable[[Transaction], Awaitable[Any]]


async def test_the_plan_that_comes_with_salon_is_planned_from_publishing(
    database: Database,
) -> None:
    async def work(tx: Transaction) -> list[tuple[str, datetime]]:
        await found(tx)
        await schedule.plan_steps(tx, server_id=HERE, discussion_id=HERE, published_at=NOON)
        return await planned(tx)

    assert await database.write(work) == [
        ("questions", NOON + DAY),
        ("next question", NOON + 3 * DAY),
        ("last call", NOON + 7 * DAY),
    ]


async def test_the_servers_own_plan_is_planned_in_its_zone(database: Database) -> None:
    async def work(tx: Transaction) -> list[tuple[str, datetime]]:
        await found(tx)
        await settings.set_zone(tx, HERE, "asia/tokyo", NOON)
        await settings.set_plan(tx, HERE, "Thursday 18:00: default")
        await schedule.plan_steps(tx, server_id=HERE, discussion_id=HERE, published_at=NOON)
        return await planned(tx)

    assert await database.write(work) == [("default", datetime(2026, 6, 4, 9, tzinfo=UTC))]


async def test_another_zone_moves_what_was_meant_for_the_wall_and_leaves_waits(
    database: Database,
) -> None:
    async def work(tx: Transaction) -> list[tuple[str, datetime]]:
        await found(tx)
        wall = datetime(2026, 6, 10, 18, tzinfo=UTC)
        await add(tx, wall, local_at=wall.replace(tzinfo=None))
        await add(tx, wall)
        await settings.set_zone(tx, HERE, "Asia/Tokyo", NOON)
        return await planned(tx)

    assert [at.hour for _, at in await database.write(work)] == [9, 18]


async def test_a_time_that_another_zone_puts_into_the_past_comes_now(database: Database) -> None:
    async def work(tx: Transaction) -> list[tuple[str, datetime]]:
        await found(tx)
        wall = datetime(2026, 6, 3, 13, tzinfo=UTC)
        await add(tx, wall, local_at=wall.replace(tzinfo=None))
        await settings.set_zone(tx, HERE, "Asia/Tokyo", NOON)
        return await planned(tx)

    assert await database.write(work) == [("default", NOON)]


async def test_other_quiet_hours_are_obeyed_by_what_waits(database: Database) -> None:
    async def work(tx: Transaction) -> list[datetime]:
        await found(tx)
        await settings.set_quiet_hours(tx, HERE, QuietHours(time(11), time(20)), NOON)
        await add(tx, NOON)
        await plan_due(tx, NOON)
        ((_, waiting),) = await planned(tx)
        await settings.set_quiet_hours(tx, HERE, None, NOON + HOUR)
        ((_, again),) = await planned(tx)
        return [waiting, again]

    assert await database.write(work) == [NOON + 8 * HOUR, NOON + HOUR]


async def test_a_resume_takes_back_what_is_not_too_late(database: Database) -> None:
    async def work(tx: Transaction) -> list[tuple[str, str | None]]:
        await found(tx)
        await pauses.pause(tx, HERE, to_milliseconds(NOON))
        await pauses.pause_discussion(tx, HERE, to_milliseconds(NOON))
        for hours in (0, 10):
            await add(tx, NOON + hours * HOUR)
        await plan_due(tx, NOON + 10 * HOUR)
        rows = await tx.rows("SELECT state, reason FROM prompts")
        assert [tuple(row) for row in rows] == [("skipped", REASON_PAUSED)] * 2
        await resuming.resume(tx, HERE, NOON + 13 * HOUR)
        assert await pauses.get_paused_discussions(tx, HERE) == {HERE}
        assert await pauses.get_paused_discussions(tx, THERE) == set()
        await resuming.resume_discussion(tx, HERE, HERE, NOON + 13 * HOUR)
        return [tuple(row) for row in await tx.rows("SELECT state, reason FROM prompts")]

    assert await database.write(work) == [("skipped", REASON_PAUSED), ("planned", None)]


async def test_a_digest_that_is_set_as_it_is_stays_planned(database: Database) -> None:
    async def work(tx: Transaction) -> list[str]:
        await found(tx)
        for _ in range(2):
            await schedule.set_digest(
                tx, HERE, channel_id=5, when=WeeklyTime(6, time(18)), now=NOON
            )
        return [row["state"] for row in await tx.rows("SELECT state FROM prompts")]

    assert await database.write(work) == ["planned"]


async def test_a_digest_is_planned_anew_when_it_is_changed_and_gone_when_it_is_stopped(
    database: Database,
) -> None:
    async def work(tx: Transaction) -> list[datetime]:
        await found(tx)
        sunday, monday = WeeklyTime(6, time(18)), WeeklyTime(0, time(9))
        await schedule.set_digest(tx, HERE, channel_id=5, when=sunday, now=NOON)
        first = [at for _, at in await planned(tx)]
        await schedule.set_digest(tx, HERE, channel_id=5, when=monday, now=NOON)
        second = [at for _, at in await planned(tx)]
        await plan_due(tx, second[0])
        third = [at for _, at in await planned(tx)]
        await schedule.set_digest(tx, HERE, channel_id=None, when=None, now=NOON)
        assert await planned(tx) == []
        return [*first, *second, *third]

    assert await database.write(work) == [
        datetime(2026, 6, 7, 18, tzinfo=UTC),
        datetime(2026, 6, 8, 9, tzinfo=UTC),
        datetime(2026, 6, 15, 9, tzinfo=UTC),
    ]


async def test_one_server_neither_sees_nor_touches_what_is_anothers(database: Database) -> None:
    async def work(tx: Transaction) -> None:
        await found(tx)
        await add(tx, NOON)
        await pauses.pause(tx, THERE, 0)
        await settings.set_zone(tx, THERE, "Asia/Tokyo", NOON)
        assert (await settings.read(tx, HERE)).zone_name == "UTC"
        assert not (await settings.read(tx, HERE)).paused
        assert [essay.id for essay in await queries.get_essays(tx, THERE)] == [THERE]
        assert await queries.get_coming(tx, THERE, None, 9) == []
        assert await queries.get_past(tx, THERE, None, 9) == []
        with pytest.raises(UserError, match="no prompt"):
            await choose_prompt(tx, THERE, "1")
        for asked in (str(HERE), f"Essay {HERE}"):
            with pytest.raises(UserError, match="no essay"):
                await choose_essay(tx, THERE, asked)
            assert (await choose_essay(tx, HERE, asked)).id == HERE

    await database.write(work)


async def test_an_essay_that_shares_its_title_is_named_by_number(database: Database) -> None:
    async def work(tx: Transaction) -> None:
        await found(tx)
        await tx.run("UPDATE discussions SET server_id = :here", {"here": HERE})
        await tx.run("UPDATE revisions SET title = 'Same'")
        with pytest.raises(UserError, match="by number"):
            await choose_essay(tx, HERE, "Same")
        assert (await choose_essay(tx, HERE, "2")).title == "Same"

    await database.write(work)


async def test_trouble_is_told_once_until_it_has_passed(database: Database) -> None:
    async def work(tx: Transaction) -> list[bool]:
        await found(tx)
        last_error = {"about": "channel 5", "text": "Oh.", "now_ms": 0}
        told = [await alerts.notify_admins(tx, HERE, **last_error) for _ in range(2)]  # type: ignore[arg-type]
        await settings.set_notices_channel(tx, HERE, 9)
        await alerts.clear(tx, HERE, "channel 5")
        told.append(await alerts.notify_admins(tx, HERE, **last_error))  # type: ignore[arg-type]
        rows = await tx.rows("SELECT channel_id, purpose, discussion_id FROM planned_messages")
        assert [tuple(row) for row in rows] == [(9, "notice", None)]
        return told

    assert await database.write(work) == [True, False, True]


async def test_the_list_says_why_a_prompt_would_be_skipped_or_wait(database: Database) -> None:
    async def work(tx: Transaction) -> list[str]:
        await found(tx)
        first = await add(tx, NOON + HOUR)
        told = []
        for change in (
            "UPDATE discussions SET state = 'open'",
            "UPDATE discussions SET state = 'closed'",
        ):
            await tx.run(change)
            prompt = await prompts.find_prompt(tx, first)
            assert prompt is not None
            told.append(await forecast(tx, prompt, NOON))
        await tx.run("UPDATE discussions SET state = 'open'")
        asked = await prompts.find_prompt(tx, await add(tx, NOON, content="question 7"))
        assert asked is not None
        told.append(await forecast(tx, asked, NOON))
        sent = await send_now(tx, server_id=HERE, discussion_id=HERE, content="default", now=NOON)
        assert isinstance(sent, int)
        under_way = await prompts.find_prompt(tx, sent)
        assert under_way is not None
        return [*told, await forecast(tx, under_way, NOON)]

    assert await database.write(work) == [
        "",
        "would be skipped: the discussion is closed",
        "would be skipped: the essay has no question 7",
        "is being sent",
    ]


async def test_many_due_prompts_are_decided_in_more_than_one_transaction(
    database: Database,
) -> None:
    async def fill(tx: Transaction) -> None:
        await found(tx)
        for _ in range(120):
            await add(tx, NOON, content="question 9")  # skipped, for there is none

    await database.write(fill)
    rounds = 1
    while await database.write(lambda tx: plan_due(tx, NOON)):
        rounds += 1
    assert rounds == 3
    assert await database.read(lambda tx: planned(tx)) == []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT min(due_at) FROM prompts WHERE state = 'planned'",
        "SELECT id FROM prompts WHERE state = 'planned' AND due_at <= 5 ORDER BY due_at, id",
    ],
)
async def test_an_index_answers_what_is_due(database: Database, sql: str) -> None:
    async def look(tx: Transaction) -> str:
        return " ".join(row["detail"] for row in await tx.rows(f"EXPLAIN QUERY PLAN {sql}"))

    plan = await database.read(look)
    assert "prompts_planned" in plan
    assert "TEMP B-TREE" not in plan
