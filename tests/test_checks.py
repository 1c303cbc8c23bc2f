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
    check_processes,
    find_data_loss_risk,
    group_by_channel,
)
from bot.core.shards import UNSHARDED, Shards
from bot.core.text.coded_text import make_coded
from storage.db.backups import Backup
from storage.db.processes import Process, ShardState
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


def make_process(
    shards: Shards, states: dict[int, ShardState], seen: timedelta = timedelta(seconds=3)
) -> Process:
    return Process(shards, "one.example", 7, "1.2", timedelta(hours=3), seen, states)


def test_the_doctor_names_each_process_and_the_shards_that_none_serves() -> None:
    up, down = ShardState(True, 0.05, 400), ShardState(False, None, 0)
    processes = [
        make_process(Shards(8, frozenset((0, 1))), {0: up, 1: up}),
        make_process(Shards(8, frozenset((2, 3))), {2: up, 3: down}),
        make_process(Shards(8, frozenset((4,))), {4: up}, timedelta(minutes=5)),
        make_process(Shards(8, frozenset((6, 7))), {6: up, 7: up}, timedelta(hours=2)),
    ]
    running = Shards(8, frozenset((0, 1, 2, 3, 4, 5)))
    found = check_processes(processes, running)
    assert [(one.subject, one.is_ok) for one in found] == [
        ("shards 0-1/8", True),
        ("shards 2-3/8", False),
        ("shards 4-4/8", False),
        ("shard 5", False),
        ("shards 6-7/8", False),
    ]
    connected, away, silent, new, missing = (one.text for one in found)
    assert connected == (
        "one.example (process 7), Salon 1.2, running for 3 hours; 800 servers, latency 50 ms; "
        "connected"
    )
    assert away.endswith("not connected: shard 3")
    assert "hasn't reported for 5 minutes" in silent
    assert "just started" in new
    assert missing == (
        "no process serves them. Start one with SALON_SHARDS=6-7/8. One on one.example did until "
        "2 hours ago."
    )


def test_the_doctor_says_nothing_of_processes_if_none_runs_and_names_one_that_serves_all() -> None:
    one = make_process(UNSHARDED, {0: ShardState(True, None, 1)})
    assert check_processes([one], None) == []
    (found,) = check_processes([one], UNSHARDED)
    assert (found.subject, found.is_ok) == ("process", True)
    assert "1 server; connected" in found.text
    before = make_process(UNSHARDED, {}, timedelta(minutes=1))
    assert check_processes([before, one], UNSHARDED) == [found]


def test_missing_shards_are_named_as_ranges() -> None:
    found = check_processes([], Shards(8, frozenset((2, 5))))
    assert [one.subject for one in found if one.subject.startswith("shards")] == [
        "shards 0-1/8",
        "shards 3-4/8",
        "shards 6-7/8",
    ]
