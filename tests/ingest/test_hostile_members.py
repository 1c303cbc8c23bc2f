"""Hostile members: what they write pings nobody, runs nothing and names no file."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.cogs.setup.test_panel import use
from tests.support.running_bot import RunningBot, running_bot

DAY = timedelta(days=1).total_seconds()
HOSTILE = (
    "@everyone @here <@{admin}> <@&{server}> Look!",
    "'); DROP TABLE replies; --",
    "../../../../etc/passwd\x00 %s {{7*7}} {0.__class__}",
    "```\n<script>alert(1)</script>",
    "\u202e\u2066@everyone\u200b" + "A" * 1500,
)


async def get_bot_messages(running: RunningBot) -> list[dict[str, object]]:
    own = str(running.salon.own_id)  # Discord's own notices, of who was added, are left out
    world = await running.world()
    return [
        message
        for message in world["messages"]
        if message["author"]["id"] == own and message["type"] in (0, 19)
    ]


@pytest.mark.slow
async def test_hostile_text_pings_runs_and_breaks_nothing(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        panel = await running.run_command("setup")
        await use(running, panel, "notices", running.channel("admins"))
        await use(running, panel, "loose", "join")
        *_, closing = await running.publish()
        admin, server = running.member().id, running.server_id
        texts = [
            text.replace("{admin}", str(admin)).replace("{server}", str(server)) for text in HOSTILE
        ]
        ann = running.emulator.world.guilds[server].members[running.member("Ann").id]
        ann.nick = "@everyone'; --"
        heads = []
        for text in texts:
            heads.append(await running.write("Ann", text, to=closing["id"]))
            await running.write("Ben", text, to=heads[-1])
            await running.write("Chloe", text)
        await running.settle()
        for _ in range(9):  # prompts, nudges, the last call
            await running.settle(DAY)
        exported = await running.export()
        saved = [reply["text"] for reply in exported["replies"]]
        # Except for NUL, which PostgreSQL can't have.
        written = [text.replace("\0", "\ufffd") for text in texts]
        assert sorted(saved) == sorted(written * 3), "it is saved as it was written"
        answers = await get_bot_messages(running)
        assert len(answers) > 8
        for message in answers:
            assert message["mention_everyone"] is False
            assert message["mentions"] == []
            assert message["mention_roles"] == []
        names = [thread["name"] for thread in (await running.world())["threads"]]
        assert len(names) == len(texts), (
            "what follows within five minutes belongs to the same thread"
        )
        assert all(1 <= len(name) <= 100 for name in names)
        said_of_it = await running.answer_text(
            await running.run_command("essay show", options=[essay_option()])
        )
        assert "Slow bread" in said_of_it


def essay_option() -> dict[str, object]:
    return {"type": 3, "name": "essay", "value": "1"}
