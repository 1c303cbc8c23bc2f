"""The daily backup while the bot runs."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app.daily_backup import DailyBackup
from bot.clock import Clock
from storage.db.backups import list_backups
from tests.storage.db.test_backups import fill


async def test_a_backup_is_made_once_a_day_and_old_ones_are_deleted(tmp_path: Path) -> None:
    path, folder, clock = tmp_path / "salon.sqlite3", tmp_path / "kept", Clock()
    await fill(path)
    daily_backup = DailyBackup(path, folder, clock)
    for day in range(40):
        clock.set_offset(timedelta(hours=25 * day).total_seconds())
        await daily_backup.back_up_if_due()
        await daily_backup.back_up_if_due()
    kept = list_backups(folder, "salon")
    assert 9 <= len(kept) <= 11
    assert kept[0].at - kept[-1].at > timedelta(days=25)


async def test_a_failed_backup_is_logged_once_and_retried(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, folder = tmp_path / "salon.sqlite3", tmp_path / "kept"
    await fill(path)
    folder.write_text("in the way")
    daily_backup = DailyBackup(path, folder, Clock())
    caplog.set_level(logging.INFO)
    for _ in range(3):
        await daily_backup.back_up_if_due()
    (told,) = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert "couldn't make a backup" in told
    folder.unlink()
    await daily_backup.back_up_if_due()
    assert len(list_backups(folder, "salon")) == 1
