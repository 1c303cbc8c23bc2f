"""The channels in which a message may belong to a discussion."""

from __future__ import annotations

from pathlib import Path

from bot.core.payload import make_plain_message
from storage.db.writer import Transaction
from storage.delivery import messages
from storage.delivery.messages import NewMessage
from storage.replies.watermarks import get_posted_channels
from tests.ingest.test_plain_messages import CARD, CHANNEL, NOW_MS, SERVER, open_discussion

ADMINS = 77


async def test_posted_channels_are_those_of_essays_and_alerts_but_no_threads(
    tmp_path: Path,
) -> None:
    async with open_discussion(tmp_path / "salon.sqlite3") as database:

        async def post(tx: Transaction) -> None:
            for channel_id in (ADMINS, CARD):  # a thread on the card has the card's id
                await messages.plan(
                    tx,
                    server_id=SERVER,
                    discussion_id=None,
                    channel_id=channel_id,
                    after_id=0,
                    messages=[NewMessage("notice", make_plain_message("Hello", silent=True))],
                    now_ms=NOW_MS,
                )

        await database.write(post)
        assert await database.read(get_posted_channels) == {CHANNEL, ADMINS}
