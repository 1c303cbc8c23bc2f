"""Answers that are larger than a file of Discord's may be."""

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
from tests.support.running_bot import House, a_house

OPTIONS: list[dict[str, Any]] = [{"type": 3, "name": "essay", "value": "1"}]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as opened:
        await opened.publish()
        yield opened


async def say(house: House, texts: list[str]) -> None:
    """Have the archive hold these replies of Ann's."""
    first = int((await house.ours())[-1]["id"]) + 1
    row = {"server_id": house.server_id, "channel_id": house.channel()}
    row["member_id"] = house.member("Ann").id

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

    await house.database.write(insert)


async def test_an_export_of_5000_long_replies_is_handed_out_packed(house: House) -> None:
    words = ["crumb", "loaf", "waiting", "night", "oven", "flour", "rye", "salt"]
    chance = random.Random(1)
    await say(house, [" ".join(chance.choices(words, k=350))[:2000] for _ in range(5000)])
    asked = await house.run("essay export", options=OPTIONS)
    assert "5,000 replies" in await house.said(asked)
    (file,) = (await house.seen(asked))["attachments"]
    assert (file["filename"], file["content_type"]) == ("essay-1.json.zip", "application/zip")
    async with house.session.get(file["url"]) as response:
        packed = zipfile.ZipFile(io.BytesIO(await response.read()))
    assert json.loads(packed.read("essay-1.json")) == await house.export()


async def test_what_is_too_much_even_packed_is_refused_with_a_remedy(house: House) -> None:
    chance = random.Random(1)
    text = "".join(map(chr, range(0x4E00, 0x9000)))
    await say(house, ["".join(chance.choices(text, k=2000)) for _ in range(3500)])
    asked = await house.run("privacy my-data", who=house.member("Ann"))
    assert "ask whoever runs the bot" in await house.said(asked)
