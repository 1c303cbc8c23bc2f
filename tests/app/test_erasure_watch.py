"""``python -m bot forget`` beside a bot that is recording the member's messages."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from bot.app.erasure_watch import ErasureWatch
from bot.cli.forget import erase_member
from bot.core.shards import UNSHARDED
from storage.db.archive_location import Location
from tests.support.archives import get_postgresql_address, uses_postgresql
from tests.support.running_bot import RunningBot, run_bot, run_emulator

COUNT = 40


def locate(folder: Path) -> Location:
    path = folder / "salon.sqlite3"
    address = get_postgresql_address(path) if uses_postgresql() else None
    return Location(path, folder / "salon-backups", address)


async def test_messages_on_their_way_to_the_archive_are_erased_too(tmp_path: Path) -> None:
    async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:
        watch = ErasureWatch(
            running.database,
            running.clock,
            UNSHARDED,
            on_work=running.salon.services.scheduler.wake,
        )
        watching = asyncio.create_task(watch.run())
        *_, closing = await running.publish()
        head = await running.write("Ann", "The first of many.", to=closing["id"])
        await running.settle()
        ann = running.member("Ann").id

        async def write_on() -> None:
            for number in range(COUNT):
                await running.write("Ann", f"Said meanwhile: {number}.", to=head)

        writing = asyncio.create_task(write_on())
        began = datetime.now(UTC)
        told = await erase_member(locate(tmp_path), ann, None, keep_out=False)
        assert "was erased in 1 server." in told
        early = await get_written_before(running, began)
        await writing
        await running.settle()
        assert early == []
        assert await get_written_before(running, began) == []
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def get_written_before(running: RunningBot, time: datetime) -> list[str]:
    """What has an author and was written before then."""
    replies = (await running.export())["replies"]
    return [
        one["text"]
        for one in replies
        if one["author"] is not None and datetime.fromisoformat(one["written_at"]) < time
    ]


async def test_after_opting_out_nothing_is_saved_from_the_moment_of_the_command(
    tmp_path: Path,
) -> None:
    async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:
        watch = ErasureWatch(running.database, running.clock, UNSHARDED, on_work=lambda: None)
        watching = asyncio.create_task(watch.run())
        *_, closing = await running.publish()
        ben = running.member("Ben").id
        told = await erase_member(locate(tmp_path), ben, running.server_id, keep_out=True)
        assert "was erased in 1 server." in told
        await running.write("Ben", "Who saves this?", to=closing["id"])
        await running.settle()
        assert [one["author"] for one in (await running.export())["replies"]] == [None]
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
