"""``/doctor``: one line for each check, and for each channel."""

from __future__ import annotations

from pathlib import Path

from bot.emulator.world.permissions import Permission
from tests.cogs.prompts.test_prompts import prompts
from tests.cogs.setup.test_panel import forbid
from tests.support.running_bot import running_bot


async def test_a_channel_with_essays_and_digest_has_one_line_with_all_that_is_missing(
    tmp_path: Path,
) -> None:
    async with running_bot(tmp_path) as running:
        essays = running.channel()
        await running.publish()
        await prompts(running, "digest", when="Sunday 18:00", channel=essays)
        await prompts(running, "settings", notices=essays)
        forbid(running, essays, Permission.CREATE_PUBLIC_THREADS | Permission.MANAGE_THREADS)
        await running.call_as(running.member(), "PATCH", f"/channels/{essays}", {"topic": "x"})
        await running.settle()
        said = await running.answer_text(await running.run_command("doctor"))
        (line,) = [line for line in said.splitlines() if f"<#{essays}>" in line]
        assert line == (
            f"⚠️ channel <#{essays}>: *Create Public Threads* and *Manage Threads* are missing. "
            "Allow them for Salon in the channel's permissions."
        )
