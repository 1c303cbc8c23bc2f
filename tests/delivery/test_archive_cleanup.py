"""When the archive is cleaned after erasures: the log within a minute, the file within a day."""

from __future__ import annotations

from bot.clock import Clock
from bot.delivery.archive_cleanup import ArchiveCleanup, get_vacuum_time
from storage.db import checkpoint_and_vacuum
from storage.db.checkpoint_and_vacuum import CleanupState
from storage.db.database import Database

HOUR = 3_600_000


def test_vacuum_waits_for_quiet_but_not_for_a_day() -> None:
    assert get_vacuum_time(CleanupState(None, None), 5) is None
    assert get_vacuum_time(CleanupState(0, None), 0) == 600_000
    assert get_vacuum_time(CleanupState(0, None), 3 * HOUR) == 3 * HOUR + 600_000
    assert get_vacuum_time(CleanupState(0, None), 40 * HOUR) == 23 * HOUR


def test_vacuum_runs_once_a_day_at_most_and_within_a_day_of_every_erasure() -> None:
    for erased_at in range(0, 30 * HOUR, HOUR // 2):
        for changed_at in range(erased_at, erased_at + 30 * HOUR, HOUR):
            due_at = get_vacuum_time(CleanupState(erased_at, 0), changed_at)
            assert due_at is not None
            assert 24 * HOUR <= due_at <= erased_at + 24 * HOUR


async def test_many_erasures_in_a_row_cost_one_checkpoint_within_a_minute(
    database: Database,
) -> None:
    clock, woken, truncations = Clock(), 0, 0

    def wake() -> None:
        nonlocal woken
        woken += 1

    cleaner = ArchiveCleanup(database, clock, on_work=wake)
    cleaner.start()
    truncate = database.truncate_log

    async def counted() -> bool:
        nonlocal truncations
        truncations += 1
        return await truncate()

    database.truncate_log = counted  # type: ignore[method-assign]
    for _ in range(1000):
        await database.write(lambda tx: checkpoint_and_vacuum.mark_erasure(tx, clock.now_ms()))
        await cleaner.clean_if_due(is_quiet=True, may_vacuum=True)
    assert (woken, truncations) == (1000, 0)
    clock.set_offset(30)
    due_at = await database.read(cleaner.get_next_due)
    assert due_at is not None
    assert due_at <= clock.now_ms()
    await cleaner.clean_if_due(is_quiet=True, may_vacuum=True)
    assert truncations == 1
    assert not database.log_has_erased_words
    cleaner.stop()
    clock.set_offset(700)
    await cleaner.clean_if_due(is_quiet=True, may_vacuum=True)
    assert (await database.read(checkpoint_and_vacuum.get_state)).erased_at is None
