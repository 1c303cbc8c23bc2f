"""No file has the words of a deleted forward, poll or sticker reply, nor of a proxied one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.emulator.world.models import Sticker
from bot.emulator.world.seed import add_application, invite_bot
from storage.servers import settings
from tests.cogs.members.test_privacy import forget
from tests.ingest.test_proxies import call_app
from tests.support.archive_bytes import files_with
from tests.support.running_bot import running_bot

pytestmark = pytest.mark.slow

WORDS = (b"heliotrope", b"vermilion", b"chartreuse", b"magenta", b"Luna")


async def test_no_file_has_the_words_of_erased_forwards_polls_stickers_and_proxies(
    tmp_path: Path,
) -> None:
    async with running_bot(tmp_path) as running:
        world = running.emulator.world
        guild = next(iter(world.guilds.values()))
        sticker = Sticker(world.new_id(), "Loaf", "bread")
        guild.stickers[sticker.id] = sticker
        app = add_application(world, running.member(), "Proxy")
        token = world.users[app.bot_id].token
        invite_bot(world, guild, world.users[app.bot_id])
        *_, closing = await running.publish()
        head = await running.write("Ben", "I would.", to=closing["id"])
        aside = await running.write("Ann", "A vermilion aside.")
        await running.settle()
        bodies: list[dict[str, Any]] = [
            {
                "message_reference": {"type": 1, "channel_id": str(running.channel())}
                | {"message_id": str(aside)}
            },
            {
                "poll": {
                    "question": {"text": "A heliotrope loaf?"},
                    "duration": 1,
                    "answers": [{"poll_media": {"text": "Yes"}}],
                }
            },
            {"content": "A chartreuse one.", "sticker_ids": [str(sticker.id)]},
        ]
        path, ann = f"/channels/{head}/messages", running.member("Ann")
        posted = [await running.call_as(ann, "POST", path, body) for body in bodies]
        await running.database.write(
            lambda tx: settings.set_proxy_apps(tx, running.server_id, {app.id})
        )
        hook = await call_app(
            running, "POST", f"/channels/{running.channel()}/webhooks", token, {"name": "P"}
        )
        original = await running.write("Dev", "L: magenta", channel_id=head)
        address = f"/webhooks/{hook['id']}/{hook['token']}?wait=true&thread_id={head}"
        body = {"content": "magenta", "username": "Luna"}
        await call_app(running, "POST", address, token, body)
        await call_app(running, "DELETE", f"{path}/{original}", token, None)
        await running.settle()
        for word in WORDS:
            assert files_with(tmp_path, word), word
        for message in posted:
            await running.call_as(ann, "DELETE", f"{path}/{message['id']}")
        await forget(running, "Dev")
        await running.settle(59)
        assert files_with(tmp_path, *WORDS, without=("salon-backups",)) == []
