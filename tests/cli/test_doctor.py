"""What the doctor finds: for the operator on the command line, for admins in their server."""

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
)
from bot.cli.backup import back_up
from bot.cli.doctor import examine, told
from bot.clock import Clock
from bot.emulator.server import Emulator
from bot.emulator.world.permissions import Permission
from storage.db.backups import Backup
from storage.db.writer import Transaction
from storage.servers import settings
from storage.servers.diagnostics import InUse, Trouble, Waiting
from tests.cogs.setup.test_panel import forbid, use
from tests.storage.db.test_backups import spoil
from tests.support.running_bot import a_house, a_world, lived_in

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
        ("/app", {}, True, "lies inside the container"),
        ("/data/salon", {}, True, ""),
        ("/my disk", {}, True, ""),
        ("/run/salon", {}, False, "lies in memory"),
        ("/app", {"DYNO": "worker.1"}, False, "Heroku throws /app away at each deploy"),
        ("/app", {"RAILWAY_ENVIRONMENT": "production"}, False, "attach a volume"),
        ("/data", {"RAILWAY_ENVIRONMENT": "production"}, False, ""),
        ("/app", {"FLY_APP_NAME": "salon"}, True, "Fly.io"),
        ("/app", {"RENDER": "true"}, False, "attach a disk"),
    ],
)
def test_a_folder_that_a_deploy_throws_away_is_known(
    tmp_path: Path, folder: str, environment: dict[str, str], marked: bool, said: str
) -> None:
    marks = [tmp_path] if marked else [tmp_path / "nothing"]
    found = find_data_loss_risk(Path(folder), environment, MOUNTS, marks)
    assert said in found
    assert bool(found) == bool(said)


def test_a_backup_of_yesterday_is_fine_and_none_or_an_old_one_is_not() -> None:
    folder = Path("/data/kept")

    def of(hours: int) -> Finding:
        backup = Backup(folder / "x", NOW - timedelta(hours=hours), "")
        return check_backups(backup, folder, NOW)

    assert of(30).is_ok
    assert not of(50).is_ok
    assert not check_backups(None, folder, NOW).is_ok
    assert "python -m bot backup" in check_backups(None, folder, NOW).text


def test_a_full_disk_is_told_before_it_is_full() -> None:
    assert check_disk_space(10 * 1024**3, 1024**3).is_ok
    assert not check_disk_space(100 * 1024**2, 0).is_ok
    assert not check_disk_space(2 * 1024**3, 1024**3).is_ok, "the archive and a copy would not fit"


def test_what_a_channel_lacks_is_named_for_what_it_is_used_for() -> None:
    def lacking(use: str, *keys: str, moves: bool = False, forum: bool = False) -> Finding:
        place = InUse(1, "Salon", 2, use, moves)
        return check_channel(place, "#essays", lambda right: right.key not in keys, forum=forum)

    assert lacking("threads").is_ok
    assert "*Create Public Threads*" in lacking("threads", "create_public_threads").text
    assert lacking("threads", "create_public_threads", forum=True).is_ok, "a forum needs none"
    assert lacking("threads", "manage_webhooks").is_ok
    assert "*Manage Webhooks*" in lacking("threads", "manage_webhooks", moves=True).text
    assert lacking("notices", "manage_threads").is_ok
    gone = check_channel(InUse(1, "Salon", 2, "threads", False), None, bool, forum=False)
    assert "it is gone" in gone.text


def test_troubles_are_told_with_their_reason_and_not_without_end() -> None:
    one = Trouble("post", True, 1, 2, 3, "Discord refused it.")
    waits = Waiting(1, 2, 3, 4)
    first, last = check_pending_work([one], waits, lambda _: "#essays")
    assert (first.subject, first.is_ok) == ("3 posts", False)
    assert first.text == "failed in #essays: Discord refused it."
    assert "4 prompts to come" in last.text
    many = check_pending_work([one] * 50, waits, lambda _: "#essays")
    assert len(many) == 12
    assert "40 troubles" in many[-2].text


def values(emulator: Emulator, folder: Path, **more: str) -> dict[str, str]:
    return {
        "DISCORD_TOKEN": emulator.world.bot.token,
        "DISCORD_API_BASE": emulator.api,
        "DISCORD_GATEWAY_URL": emulator.gateway,
        "SALON_DATABASE": str(folder / "salon.sqlite3"),
        **more,
    }


def by_subject(found: list[Finding]) -> dict[str, Finding]:
    return {one.subject: one for one in found}


async def test_where_all_is_well_the_doctor_is_green(tmp_path: Path) -> None:
    async with a_world() as emulator, lived_in(tmp_path, emulator) as house:
        await house.publish()
        await house.settle()
        back_up(tmp_path / "salon.sqlite3", tmp_path / "salon-backups", None)
        found = await examine(values(emulator, tmp_path), Clock())
    wrong = [one for one in found if not one.is_ok and one.subject not in ("disk", "folder")]
    assert wrong == []
    subjects = by_subject(found)
    assert "a bot is running on it" in subjects["database"].text
    assert "channel #essays of The Reading Room" in subjects
    assert subjects["commands"].text.endswith("registered with Discord")
    assert told([one for one in found if one.is_ok]).endswith("All is fine.")


async def test_what_is_wrong_with_token_intents_and_rights_is_found(tmp_path: Path) -> None:
    async with a_world() as emulator:
        async with lived_in(tmp_path, emulator) as house:
            await house.publish()
            forbid(house, house.channel(), Permission.CREATE_PUBLIC_THREADS)
            emulator.world.applications[emulator.world.application.id].flags = 0
            found = by_subject(await examine(values(emulator, tmp_path), Clock()))
            channel = found["channel #essays of The Reading Room"]
            assert (channel.is_ok, channel.text) == (
                False,
                "give Salon *Create Public Threads* there",
            )
            assert "Message Content Intent" in found["intents"].text
            assert not found["backups"].is_ok
        wrong = values(emulator, tmp_path, DISCORD_TOKEN="nobody.knows.this")
        found = by_subject(await examine(wrong, Clock()))
        assert "Discord refuses it" in found["token"].text
        assert "no bot runs on it now" in found["database"].text
        with_none = await examine({"SALON_DATABASE": str(tmp_path / "new.sqlite3")}, Clock())
        assert "DISCORD_TOKEN is missing" in by_subject(with_none)["settings"].text


async def test_a_damaged_archive_is_found(tmp_path: Path) -> None:
    async with a_world() as emulator:
        async with lived_in(tmp_path, emulator) as house:
            await house.publish()
        spoil(tmp_path / "salon.sqlite3")
        found = by_subject(await examine(values(emulator, tmp_path), Clock()))
        assert not found["database"].is_ok
        assert "damaged" in found["database"].text


async def test_what_failed_is_told_in_the_server_it_concerns_and_in_no_other(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path) as house:
        panel = await house.run("setup")
        await use(house, panel, "notices", house.channel("admins"))
        await house.publish()
        await house.settle()
        said = await house.said(await house.run("doctor"))
        assert "⚠️" not in said, said
        assert "Discord answers in" in said
        assert "everything said so far has been read" in said
        now_ms, essays = house.clock.now_ms(), house.channel()
        server_id = house.server_id

        async def two_failures(tx: Transaction) -> None:
            await settings.register(tx, 1, "Another server", now_ms)
            await tx.run_many(
                """
                INSERT INTO message_edits (server_id, kind, channel_id, state, due_at, last_error)
                VALUES (:server_id, 'lock', :channel_id, 'failed', :now, :why)
                """,
                [
                    {"server_id": one, "channel_id": essays, "now": now_ms, "why": why}
                    for one, why in [(server_id, "ours"), (1, "theirs")]
                ],
            )

        await house.database.write(two_failures)
        forbid(house, essays, Permission.SEND_MESSAGES)
        await house.act(house.member(), "PATCH", f"/channels/{essays}", {"topic": "x"})
        await house.settle()
        said = await house.said(await house.run("doctor"))
        assert f"failed in <#{essays}>: ours" in said
        assert "theirs" not in said
        assert f"channel <#{essays}>: give me *Send Messages* there" in said
        assert said.index("⚠️") < said.index("✅"), "what is to be done comes first"
