"""What admins change about prompts that are planned: nudges, quiet hours, pauses, digest, words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from bot.clock import to_milliseconds
from bot.core.conversation.events import Message
from bot.core.prompts.local_time import QuietHours, WeeklyTime
from bot.core.prompts.policy import REASON_PAUSED
from bot.prompting import pauses as resuming
from bot.prompting import schedule
from bot.prompting.dispatch import plan_due
from storage.db.database import Database
from storage.db.writer import Transaction
from storage.prompts import pauses, prompts
from storage.prompts.prompts import Prompt
from storage.replies.record import Changes
from storage.servers import settings
from tests.storage.prompts.test_prompts import DAY, HERE, HOUR, NOON, add, found, planned

NIGHT = QuietHours(time(22), time(8))
SUNDAY = WeeklyTime(6, time(18))
#: The first Sunday after NOON, at six.
DIGEST = NOON + 4 * DAY + 6 * HOUR

Play = Callable[[Transaction], Awaitable[Any]]


async def wrote(tx: Transaction, head: int, at: datetime = NOON) -> None:
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
    prompts.plan_nudge(changes, message, HERE)
    await changes.write(tx)


async def moments(tx: Transaction) -> list[datetime]:
    return [at for _, at in await planned(tx)]


async def states(tx: Transaction) -> list[tuple[str, str | None]]:
    rows = await tx.rows("SELECT state, reason FROM prompts ORDER BY id")
    return [(row["state"], row["reason"]) for row in rows]


async def only(tx: Transaction, prompt_id: int) -> Prompt:
    prompt = await prompts.find_prompt(tx, prompt_id)
    assert prompt is not None
    return prompt


# -- nudges -----------------------------------------------------------------------------------


async def test_nudges_move_with_the_setting_and_each_thread_has_one(database: Database) -> None:
    async def work(tx: Transaction) -> list[datetime]:
        await found(tx)
        await wrote(tx, 77)
        told = await moments(tx)
        await settings.set_nudges(tx, HERE, 24, NOON)
        told += await moments(tx)
        await plan_nudge(tx, 77, NOON)
        await settings.set_nudges(tx, HERE, 72, NOON)
        return [*told, *await moments(tx)]

    assert await database.write(work) == [NOON + 2 * DAY, NOON + DAY, NOON + 3 * DAY]


async def test_without_nudges_none_comes_that_was_planned_before(database: Database) -> None:
    async def work(tx: Transaction) -> list[datetime]:
        await found(tx)
        await wrote(tx, 77)
        await settings.set_nudges(tx, HERE, 0, NOON)
        assert await states(tx) == [("skipped", "nudges were switched off")]
        await wrote(tx, 78)
        assert await moments(tx) == []
        await settings.set_nudges(tx, HERE, 240, NOON + DAY)
        return await moments(tx)

    assert await database.write(work) == [NOON + 10 * DAY], "counted from when it was written"


async def test_a_nudge_that_would_have_been_long_due_comes_now(database: Database) -> None:
    async def work(tx: Transaction) -> list[datetime]:
        await found(tx)
        await wrote(tx, 77)
        await settings.set_nudges(tx, HERE, 1, NOON + DAY)
        return await moments(tx)

    assert await database.write(work) == [NOON + DAY]


async def test_a_nudge_that_was_switched_off_until_too_late_stays_away(database: Database) -> None:
    async def work(tx: Transaction) -> list[datetime]:
        await found(tx)
        await wrote(tx, 77)
        await settings.set_nudges(tx, HERE, 0, NOON)
        await settings.set_nudges(tx, HERE, 48, NOON + 30 * DAY)
        return await moments(tx)

    assert await database.write(work) == []


# -- quiet hours and pauses -------------------------------------------------------------------


@pytest.mark.parametrize("quiet", [None, QuietHours(time(6), time(7))])
async def test_what_waited_for_the_end_of_quiet_hours_is_not_late_when_they_are_changed(
    database: Database, quiet: QuietHours | None
) -> None:
    async def work(tx: Transaction) -> list[tuple[str, str | None]]:
        await found(tx)
        # Fourteen hours of quiet: longer than a prompt may be late.
        await settings.set_quiet_hours(tx, HERE, QuietHours(time(12), time(2)), NOON)
        await add(tx, NOON)
        await plan_due(tx, NOON)
        later = NOON + 13 * HOUR
        await settings.set_quiet_hours(tx, HERE, quiet, later)
        assert await moments(tx) == [later]
        await plan_due(tx, later)
        return await states(tx)

    assert await database.write(work) == [("claimed", None)]


@pytest.mark.parametrize(
    ("due", "resumed", "comes"),
    [
        (NOON + 8 * HOUR, NOON + 18 * HOUR, True),  # resumed in the night, by its end 12 h late
        (NOON + 7.5 * HOUR, NOON + 19 * HOUR, True),
        (NOON + 11 * HOUR, NOON + 31 * HOUR, True),  # due in the night: owed from its end on
        (NOON + 11 * HOUR, NOON + 33 * HOUR, False),
        (NOON + HOUR, NOON + 14 * HOUR, False),
    ],
)
async def test_a_pause_that_ends_in_time_loses_nothing_to_the_night(
    database: Database, due: datetime, resumed: datetime, comes: bool
) -> None:
    async def work(tx: Transaction) -> list[tuple[str, str | None]]:
        await found(tx)
        await settings.set_quiet_hours(tx, HERE, NIGHT, NOON)
        await pauses.pause(tx, HERE, to_milliseconds(NOON))
        await add(tx, due)
        await plan_due(tx, due)
        assert await states(tx) == [("skipped", REASON_PAUSED)]
        await resuming.resume(tx, HERE, resumed)
        await plan_due(tx, resumed)
        for at in await moments(tx):
            await plan_due(tx, at)
        return await states(tx)

    assert await database.write(work) == [
        ("claimed", None) if comes else ("skipped", REASON_PAUSED)
    ]


# -- the digest -------------------------------------------------------------------------------


async def _digest(tx: Transaction) -> None:
    await found(tx)
    await tx.run(
        "UPDATE discussions SET published_at = :at WHERE id = :id",
        {"id": HERE, "at": to_milliseconds(DIGEST - DAY)},
    )
    await schedule.set_digest(tx, HERE, channel_id=5, when=SUNDAY, now=NOON)


async def test_a_pause_over_a_digest_brings_it_once(database: Database) -> None:
    async def work(tx: Transaction) -> list[tuple[str, datetime]]:
        await _digest(tx)
        await pauses.pause(tx, HERE, to_milliseconds(DIGEST - HOUR))
        await plan_due(tx, DIGEST)
        assert [at for _, at in await planned(tx)] == [DIGEST + 7 * DAY]
        await resuming.resume(tx, HERE, DIGEST + HOUR)
        assert await moments(tx) == [DIGEST + HOUR]
        await plan_due(tx, DIGEST + HOUR)
        assert await moments(tx) == [DIGEST + 7 * DAY]
        # The next one too, whatever is paused and resumed before it.
        await pauses.pause(tx, HERE, to_milliseconds(DIGEST + DAY))
        await resuming.resume(tx, HERE, DIGEST + 2 * DAY)
        rows = await tx.rows("SELECT state, due_at FROM prompts ORDER BY id")
        return [(row["state"], row["due_at"]) for row in rows]

    assert [state for state, _ in await database.write(work)] == ["claimed", "planned"]


async def test_a_digest_that_is_switched_off_in_a_pause_does_not_come(database: Database) -> None:
    async def work(tx: Transaction) -> list[datetime]:
        await _digest(tx)
        await pauses.pause(tx, HERE, to_milliseconds(DIGEST - HOUR))
        await plan_due(tx, DIGEST)
        await schedule.set_digest(tx, HERE, channel_id=None, when=None, now=DIGEST)
        await resuming.resume(tx, HERE, DIGEST + HOUR)
        return await moments(tx)

    assert await database.write(work) == []


async def test_a_pause_over_two_digests_brings_the_last_of_them(database: Database) -> None:
    async def work(tx: Transaction) -> list[tuple[str, str | None]]:
        await _digest(tx)
        await settings.set_tolerance(tx, HERE, 24 * 30)
        await pauses.pause(tx, HERE, to_milliseconds(DIGEST - HOUR))
        for week in range(2):
            await plan_due(tx, DIGEST + 7 * week * DAY)
        await resuming.resume(tx, HERE, DIGEST + 8 * DAY)
        return await states(tx)

    assert await database.write(work) == [("skipped", REASON_PAUSED), ("planned", None)]


async def test_a_server_has_one_planned_digest(database: Database) -> None:
    async def work(tx: Transaction) -> list[datetime]:
        await _digest(tx)
        await schedule.plan_next_digest(tx, HERE, NOON)
        return await moments(tx)

    assert await database.write(work) == [DIGEST]


# -- an edit ----------------------------------------------------------------------------------


async def test_other_words_leave_a_prompt_its_time_and_its_turn(database: Database) -> None:
    async def work(tx: Transaction) -> tuple[Prompt, Prompt]:
        await found(tx)
        number = await add(tx, NOON)
        turn = NOON + 20 * HOUR
        await prompts.postpone(
            tx, prompt_id=number, until=turn, resets_lateness=True, reason="its turn"
        )
        before = await only(tx, number)
        changes: dict[str, Any] = {"condition": "", "now": NOON + HOUR}
        assert await schedule.change_prompt(
            tx, before, content="last call", forced=False, **changes
        )
        after = await only(tx, number)
        assert (after.content, after.late_from, after.due_at) == ("last call", turn, turn)
        assert after.planned_for == NOON
        assert await schedule.change_prompt(tx, after, content="last call", forced=True, **changes)
        return after, await only(tx, number)

    waits, asked = await database.write(work)
    assert waits.reason == "its turn"
    assert asked.due_at == NOON + HOUR, "anyway: it need not wait for its turn"


async def test_another_time_begins_anew(database: Database) -> None:
    async def work(tx: Transaction) -> Prompt:
        await found(tx)
        number = await add(tx, NOON)
        later = NOON + timedelta(days=3)
        await prompts.postpone(
            tx, prompt_id=number, until=NOON + DAY, resets_lateness=True, reason="its turn"
        )
        assert await prompts.reschedule(tx, number, at=later, local_at=None)
        assert await prompts.skip(tx, prompt_id=number, reason="cancelled by Ada", now_ms=0)
        moved = await only(tx, number)
        assert not await prompts.reschedule(tx, moved.id, at=NOON, local_at=None)
        return moved

    moved = await database.write(work)
    assert {moved.planned_for, moved.late_from, moved.due_at} == {NOON + 3 * DAY}


async def test_a_digest_reads_the_replies_of_its_week_alone(database: Database) -> None:
    sql = """
    SELECT discussion_id, count(*) FROM replies WHERE id >= 5 AND server_id = 1
    AND deleted_at IS NULL GROUP BY discussion_id
    """

    async def look(tx: Transaction) -> str:
        return " ".join(row["detail"] for row in await tx.rows(f"EXPLAIN QUERY PLAN {sql}"))

    assert "replies_by_server (server_id=? AND id>?)" in await database.read(look)
