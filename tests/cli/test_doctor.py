"""``python -m bot doctor`` and ``/doctor``: checks of a real archive and the emulator."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.app.client import load_command_set
from bot.checks import (
    Finding,
)
from bot.cli.backup import back_up
from bot.cli.doctor import examine, format_findings
from bot.clock import Clock
from bot.core.text.coded_text import make_coded
from bot.emulator.server import Emulator
from bot.emulator.world.permissions import Permission
from bot.errors import DatabaseError
from storage.db.database import open_database
from storage.db.writer import Transaction
from storage.servers import settings
from tests.cogs.setup.test_panel import forbid, use
from tests.storage.db.test_backups import spoil
from tests.support.running_bot import run_bot, run_emulator, running_bot
from tests.support.unprivileged import run_unprivileged


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


@pytest.mark.smoke
async def test_the_doctor_finds_no_problem_if_there_is_none(tmp_path: Path) -> None:
    async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:
        await running.publish()
        await running.settle()
        back_up(tmp_path / "salon.sqlite3", tmp_path / "salon-backups", None)
        found = await examine(values(emulator, tmp_path), Clock(), load_command_set)
    wrong = [one for one in found if not one.is_ok and one.subject not in ("disk", "folder")]
    assert wrong == []
    subjects = by_subject(found)
    assert "a bot is running on it" in subjects["database"].text
    assert "channel #essays of The Reading Room" in subjects
    assert subjects["commands"].text.endswith("registered with Discord")
    assert format_findings([one for one in found if one.is_ok]).endswith("No problems found.")


async def test_problems_with_token_intents_and_permissions_are_found(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            await running.publish()
            forbid(running, running.channel(), Permission.CREATE_PUBLIC_THREADS)
            emulator.world.applications[emulator.world.application.id].flags = 0
            found = by_subject(await examine(values(emulator, tmp_path), Clock(), load_command_set))
            channel = found["channel #essays of The Reading Room"]
            assert not channel.is_ok
            assert channel.text.startswith("*Create Public Threads* is missing. Allow it")
            assert "Message Content Intent" in found["intents"].text
            assert not found["backups"].is_ok
        wrong = values(emulator, tmp_path, DISCORD_TOKEN="nobody.knows.this")
        found = by_subject(await examine(wrong, Clock(), load_command_set))
        assert "Discord refuses it" in found["token"].text
        assert "no bot is running on it" in found["database"].text
        with_none = await examine(
            {"SALON_DATABASE": str(tmp_path / "new.sqlite3")}, Clock(), load_command_set
        )
        assert "DISCORD_TOKEN is missing" in by_subject(with_none)["settings"].text


async def test_a_damaged_archive_is_found(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            await running.publish()
        spoil(tmp_path / "salon.sqlite3")
        found = by_subject(await examine(values(emulator, tmp_path), Clock(), load_command_set))
        assert not found["database"].is_ok
        assert "damaged" in found["database"].text


async def get_start_problem(path: Path) -> str:
    """What a start says about the archive at ``path``; "" if it opens it."""
    try:
        async with open_database(path, backups=path.parent / f"{path.stem}-backups"):
            return ""
    except DatabaseError as error:
        return str(error)


async def make_archive(path: Path) -> Path:
    async with open_database(path):
        pass
    for file in path.parent.glob(f"{path.name}.*"):
        file.unlink()
    return path


def truncate(path: Path, size: int) -> None:
    with path.open("r+b") as file:
        file.truncate(size)


def overwrite(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("whole", lambda path: None, ""),
        ("new", Path.unlink, ""),
        ("empty", lambda path: truncate(path, 0), ""),
        ("40 bytes", lambda path: truncate(path, 40), "is damaged"),
        ("a page", lambda path: truncate(path, 4096), "is damaged"),
        ("a part", lambda path: truncate(path, 100_000), "is damaged"),
        ("header", lambda path: overwrite(path, 0, bytes(16)), "is damaged"),
        ("schema", lambda path: overwrite(path, 100, b"\xff" * 3000), "is damaged"),
        ("middle", lambda path: overwrite(path, 20_480, b"\xff" * 100_000), "is damaged"),
        ("zeros", lambda path: path.write_bytes(bytes(50_000)), "isn't a Salon database, or it is"),
        ("text", lambda path: path.write_text("Notes. " * 99), "isn't a Salon database, or it is"),
        ("folder", lambda path: (path.unlink(), path.mkdir()), "is a folder"),
    ],
)
async def test_the_doctor_says_of_a_database_what_a_start_would_say(
    tmp_path: Path, name: str, change: Callable[[Path], object], said: str
) -> None:
    path = await make_archive(tmp_path / f"{name}.sqlite3")
    change(path)
    settings = {"SALON_DATABASE": str(path), "DISCORD_TOKEN": "no token"}
    found = by_subject(await examine(settings, Clock(), load_command_set))
    one = found.get("database", found["settings"])
    problem = await get_start_problem(path)
    assert one.is_ok == (problem == ""), (one, problem)
    assert said in problem
    assert said in one.text


async def test_a_damaged_file_with_an_erasure_log_or_backups_is_an_archive(tmp_path: Path) -> None:
    for name, make in (
        ("log", lambda path: path.with_name(f"{path.name}.forgotten").touch()),
        ("backup", lambda path: back_up(path, tmp_path / "backup-backups", None)),
    ):
        path = await make_archive(tmp_path / f"{name}.sqlite3")
        make(path)
        path.write_bytes(bytes(50_000))
        settings = {"SALON_DATABASE": str(path)}
        text = by_subject(await examine(settings, Clock(), load_command_set))["database"].text
        assert text == await get_start_problem(path)
        assert "is damaged" in text
        assert ("The newest good backup" in text) == (name == "backup")


def test_the_doctor_reports_a_folder_that_salon_may_not_write(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    folder.chmod(0o555)
    settings = {
        "SALON_DATABASE": str(folder / "salon.sqlite3"),
        "SALON_ENV_FILE": "",
        "DISCORD_TOKEN": "a.b.c",
        "DISCORD_API_BASE": "http://127.0.0.1:9/api/v10",
        "DISCORD_GATEWAY_URL": "ws://127.0.0.1:9/gateway",
    }
    doctor = run_unprivileged("-m", "bot", "doctor", **settings)
    start = run_unprivileged("-m", "bot", **settings)
    assert doctor.returncode == 1
    assert start.returncode == 74
    assert f"[ do ] database: {start.stderr.strip()}" in doctor.stdout


def test_findings_are_printed_without_discords_markup() -> None:
    said = format_findings(
        [Finding("1 post", False, "failed: I can't see <#12>. Give *View* there")]
    )
    assert said.startswith("[ do ] 1 post: failed: I can't see channel 12. Give View there")


async def test_the_doctor_prints_the_invite_link(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        bot = emulator.world.bot
        found = by_subject(await examine(values(emulator, tmp_path), Clock(), load_command_set))
        link = found["invite link"]
        assert link.is_ok
        readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
        application = str(emulator.world.application.id)
        assert link.text in readme.replace("YOUR_APPLICATION_ID", application)
        for guild in emulator.world.guilds_of(bot.id):
            del guild.members[bot.id]
        found = by_subject(await examine(values(emulator, tmp_path), Clock(), load_command_set))
        assert found["invite link"].text.startswith("Salon isn't in any server")
        assert not found["invite link"].is_ok


@pytest.mark.smoke
async def test_failures_are_reported_in_their_own_server_only(
    tmp_path: Path,
) -> None:
    async with running_bot(tmp_path) as running:
        panel = await running.run_command("setup")
        await use(running, panel, "notices", running.channel("admins"))
        await running.publish()
        await running.settle()
        said = await running.answer_text(await running.run_command("doctor"))
        assert "⚠️" not in said, said
        assert "Discord answers in" in said
        assert "everything said so far is saved" in said
        now_ms, essays = running.clock.now_ms(), running.channel()
        server_id = running.server_id

        async def two_failures(tx: Transaction) -> None:
            await settings.register_server(tx, 1, "Another server", now_ms)
            await tx.run_many(
                """
                INSERT INTO message_edits (server_id, kind, channel_id, state, due_at, last_error)
                VALUES (:server_id, 'lock', :channel_id, 'failed', :now, :why)
                """,
                [
                    {
                        "server_id": one,
                        "channel_id": essays,
                        "now": now_ms,
                        "why": make_coded("as-stored", text=why).stored,
                    }
                    for one, why in [(server_id, "ours"), (1, "theirs")]
                ],
            )

        await running.database.write(two_failures)
        forbid(running, essays, Permission.SEND_MESSAGES)
        await running.call_as(running.member(), "PATCH", f"/channels/{essays}", {"topic": "x"})
        await running.settle()
        said = await running.answer_text(await running.run_command("doctor"))
        assert f"failed in <#{essays}>: ours" in said
        assert "theirs" not in said
        # Who may not send messages may not attach files (docs: Permissions › Implicit Permissions).
        assert f"channel <#{essays}>: *Send Messages* and *Attach Files* are missing." in said
        assert said.index("⚠️") < said.index("✅"), "what is to be done comes first"


@pytest.mark.parametrize("folder", ["/proc/backups", "/proc/x/y", "/sys/backups"])
async def test_the_doctor_reports_a_backup_folder_that_salon_may_not_write(
    tmp_path: Path, folder: str
) -> None:
    given = {"SALON_DATABASE": str(tmp_path / "salon.sqlite3"), "SALON_BACKUPS": folder}
    found = by_subject(await examine(given, Clock(), load_command_set))
    assert not found["backups"].is_ok
    assert "can't create files in" in found["backups"].text
    given["SALON_BACKUPS"] = str(tmp_path / "new" / "folder")
    found = by_subject(await examine(given, Clock(), load_command_set))
    assert "backups" not in found, "there is nothing to back up yet"
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("setting", "recommended", "is_ok", "text"),
    [
        ("auto", 1, True, "1, as Discord recommends"),
        ("", 4, True, "4, as Discord recommends"),
        ("0-1/4", 4, True, "0-1/4, as Discord recommends"),
        ("2", 4, True, "2; Discord recommends 4"),
        ("1", 4, False, "SALON_SHARDS is 1, and Discord recommends 4."),
    ],
)
async def test_too_few_shards_are_found(
    setting: str, recommended: int, is_ok: bool, text: str, tmp_path: Path
) -> None:
    async with run_emulator() as emulator:
        emulator.world.sharding.shards = recommended
        given = values(emulator, tmp_path, SALON_SHARDS=setting)
        found = by_subject(await examine(given, Clock(), load_command_set))["shards"]
    assert found.is_ok == is_ok
    assert found.text.startswith(text)


async def test_too_few_session_starts_and_invalid_shards_are_found(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        emulator.world.sharding.starts_a_day = 1
        given = values(emulator, tmp_path, SALON_SHARDS="2")
        found = by_subject(await examine(given, Clock(), load_command_set))["shards"]
        assert not found.is_ok
        assert "Discord allows 1 more connections" in found.text
        given = values(emulator, tmp_path, SALON_SHARDS="2/2")
        found = by_subject(await examine(given, Clock(), load_command_set))["settings"]
        assert found.text.startswith("SALON_SHARDS: of 2 shards, the last is 1.")
