"""``python -m bot doctor`` and ``/doctor``: checks of a real archive and the emulator."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.app.client import load_command_set
from bot.checks import (
    Finding,
)
from bot.cli.backup import back_up
from bot.cli.doctor import examine, format_findings
from bot.clock import Clock
from bot.emulator.server import Emulator
from bot.emulator.world.permissions import Permission
from storage.db.writer import Transaction
from storage.servers import settings
from tests.cogs.setup.test_panel import forbid, use
from tests.storage.db.test_backups import spoil
from tests.support.running_bot import run_bot, run_emulator, running_bot


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
    assert format_findings([one for one in found if one.is_ok]).endswith("All is fine.")


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
        assert "no bot runs on it now" in found["database"].text
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
                    {"server_id": one, "channel_id": essays, "now": now_ms, "why": why}
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
        assert f"channel <#{essays}>: *Send Messages* is missing." in said
        assert said.index("⚠️") < said.index("✅"), "what is to be done comes first"
