"""Health checks: folders, backups, disk space, permissions and pending work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.checks import (
    Finding,
    check_backups,
    check_channel,
    check_disk_space,
    check_pending_work,
    find_data_loss_risk,
    group_by_channel,
)
from bot.core.text.coded_text import make_coded
from storage.db.backups import Backup
from storage.servers.diagnostics import PendingCounts, Problem, UsedChannel

NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
MOUNTS = """\
overlay / overlay rw 0 0
tmpfs /run tmpfs rw 0 0
/dev/vdb /data ext4 rw 0 0
/dev/vdc /my\\040disk ext4 rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "environment", "marked", "said"),
    [
        ("/app", {}, False, ""),
        ("/app", {}, True, "is inside the container"),
        ("/data/salon", {}, True, ""),
        ("/my disk", {}, True, ""),
        ("/run/salon", {}, False, "is in memory"),
        ("/app", {"DYNO": "worker.1"}, False, "Heroku deletes /app at each deploy"),
        ("/app", {"RAILWAY_ENVIRONMENT": "production"}, False, "Attach a volume"),
        ("/data", {"RAILWAY_ENVIRONMENT": "production"}, False, ""),
        ("/app", {"FLY_APP_NAME": "salon"}, True, "Fly.io"),
        ("/app", {"RENDER": "true"}, False, "Attach a disk"),
    ],
)
def test_a_folder_that_a_deploy_deletes_is_recognized(
    tmp_path: Path, folder: str, environment: dict[str, str], marked: bool, said: str
) -> None:
    marks = [tmp_path] if marked else [tmp_path / "nothing"]
    found = find_data_loss_risk(Path(folder), environment, MOUNTS, marks)
    assert said in found
    assert bool(found) == bool(said)


def test_a_missing_or_old_backup_is_a_problem() -> None:
    folder = Path("/data/kept")

    def of(hours: int) -> Finding:
        backup = Backup(folder / "x", NOW - timedelta(hours=hours), "")
        return check_backups(backup, folder, NOW)

    assert of(30).is_ok
    assert not of(50).is_ok
    assert not check_backups(None, folder, NOW).is_ok
    assert "python -m bot backup" in check_backups(None, folder, NOW).text


def test_low_disk_space_is_reported_in_time() -> None:
    assert check_disk_space(10 * 1024**3, 1024**3).is_ok
    assert not check_disk_space(100 * 1024**2, 0).is_ok
    assert not check_disk_space(2 * 1024**3, 1024**3).is_ok, "the archive and a copy would not fit"


def test_missing_permissions_depend_on_the_use_of_a_channel() -> None:
    def lacking(use: str, *keys: str, moves: bool = False, forum: bool = False) -> Finding:
        place = UsedChannel(1, "Salon", 2, use, moves)
        return check_channel([place], "#essays", lambda right: right.key not in keys, forum=forum)

    assert lacking("threads").is_ok
    assert "*Create Public Threads*" in lacking("threads", "create_public_threads").text
    assert lacking("threads", "create_public_threads", forum=True).is_ok, "a forum needs none"
    assert lacking("threads", "manage_webhooks").is_ok
    assert "*Manage Webhooks*" in lacking("threads", "manage_webhooks", moves=True).text
    assert lacking("notices", "manage_threads").is_ok
    gone = check_channel([UsedChannel(1, "Salon", 2, "threads", False)], None, bool, forum=False)
    assert "was deleted" in gone.text


def test_a_channel_with_two_uses_is_reported_once_with_all_that_is_missing() -> None:
    used = [
        UsedChannel(1, "Salon", 2, "notices", False),
        UsedChannel(1, "Salon", 2, "threads", False),
        UsedChannel(1, "Salon", 3, "notices", False),
        UsedChannel(9, "Other", 3, "notices", False),
    ]
    grouped = group_by_channel(used)
    assert grouped == [used[:2], used[2:3], used[3:]]
    missing = ("create_public_threads", "manage_threads")
    found = check_channel(
        grouped[0], "#essays", lambda right: right.key not in missing, forum=False
    )
    assert not found.is_ok
    assert found.text == (
        "*Create Public Threads* and *Manage Threads* are missing. Allow them for Salon in the "
        "channel's permissions."
    )


def test_problems_are_reported_with_their_reason_up_to_a_limit() -> None:
    one = Problem("message", True, 1, 2, 3, make_coded("discord-forbids"))
    waits = PendingCounts(1, 2, 3, 4)
    first, last = check_pending_work([one], waits, lambda _: "#essays")
    assert (first.subject, first.is_ok) == ("3 messages", False)
    assert first.text == "failed in #essays: Discord forbids it."
    assert "prompts planned: 4" in last.text
    many = check_pending_work([one] * 50, waits, lambda _: "#essays")
    assert len(many) == 12
    assert "40 more problems" in many[-2].text


@pytest.mark.parametrize("kind", ["message", "prompt", "thread", "edit", "move"])
@pytest.mark.parametrize("failed", [False, True])
def test_a_problem_without_a_reason_says_that_none_is_known(kind: str, failed: bool) -> None:
    problem = Problem(kind, failed, 1, 2, 1, None)
    found, _queue = check_pending_work([problem], PendingCounts(0, 0, 0, 0), lambda _: "#essays")
    assert found.subject.startswith("1 ")
    assert found.text.endswith("in #essays, for an unknown reason")
