"""Answers that are too large for a file in Discord."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from storage.db.writer import Transaction
from tests.support.running_bot import RunningBot, running_bot

OPTIONS: list[dict[str, Any]] = [{"type": 3, "name": "essay", "value": "1"}]


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningBot]:
    async with running_bot(tmp_path) as opened:
        await opened.publish()
        yield opened


async def say(running: RunningBot, texts: list[str]) -> None:
    """Have the archive hold these replies of Ann's."""
    first = int((await running.bot_messages())[-1]["id"]) + 1
    row = {"server_id": running.server_id, "channel_id": running.channel()}
    row["member_id"] = running.member("Ann").id

    async def insert(tx: Transaction) -> None:
        for number, text in enumerate(texts):
            await tx.run(
                """
                INSERT INTO replies (id, server_id, discussion_id, channel_id, author_id,
                    author_name, text, written_at)
                VALUES (:id, :server_id, 1, :channel_id, :member_id, 'Ann', :text, 1)
                """,
                row | {"id": first + number, "text": text},
            )

    await running.database.write(insert)


async def test_an_export_of_5000_long_replies_is_sent_zipped(running: RunningBot) -> None:
    words = ["crumb", "loaf", "waiting", "night", "oven", "flour", "rye", "salt"]
    chance = random.Random(1)
    await say(running, [" ".join(chance.choices(words, k=350))[:2000] for _ in range(5000)])
    asked = await running.run_command("essay export", options=OPTIONS)
    assert "5,000 replies" in await running.answer_text(asked)
    (file,) = (await running.answer_message(asked))["attachments"]
    assert (file["filename"], file["content_type"]) == ("essay-1.json.zip", "application/zip")
    async with running.session.get(file["url"]) as response:
        packed = zipfile.ZipFile(io.BytesIO(await response.read()))
    assert json.loads(packed.read("essay-1.json")) == await running.export()


async def test_an_export_too_long_even_zipped_is_rejected_with_a_sentence(
    running: RunningBot,
) -> None:
    chance = random.Random(1)
    text = "".join(map(chr, range(0x4E00, 0x9000)))
    await say(running, ["".join(chance.choices(text, k=2000)) for _ in range(3500)])
    asked = await running.run_command("privacy my-data", who=running.member("Ann"))
    assert "Ask whoever runs the bot" in await running.answer_text(asked)
