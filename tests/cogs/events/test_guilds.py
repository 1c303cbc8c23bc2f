"""Servers that the bot joins and leaves."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.app.client import Salon
from bot.clock import Clock
from bot.discord_api.connection import set_base_urls
from bot.emulator.faults.steps import Step
from bot.emulator.world.models import Guild, Overwrite, OverwriteType
from bot.emulator.world.permissions import Permission
from bot.emulator.world.seed import add_guild, invite_bot, put_channel
from storage.delivery import message_edits
from storage.delivery.message_edits import NewMessageEdit
from tests.support.archive_queries import query, query_columns
from tests.support.archives import open_archive, uses_postgresql
from tests.support.running_bot import RunningBot, run_bot, run_emulator, running_bot, wait_until

DAYS = timedelta(days=1).total_seconds()


def another_server(running: RunningBot, *names: str) -> Guild:
    world = running.emulator.world
    guild = add_guild(world, "The Other Room", running.member())
    for name in names:
        put_channel(world, guild, name)
    return guild


def closed(running: RunningBot, guild: Guild, name: str) -> None:
    """Nobody may write in the channel."""
    (channel,) = [c for c in running.emulator.world.channels_of(guild.id) if c.name == name]
    channel.overwrites.append(
        Overwrite(guild.id, OverwriteType.ROLE, deny=int(Permission.SEND_MESSAGES))
    )
    channel.overwrites.append(
        Overwrite(running.salon.own_id, OverwriteType.MEMBER, deny=int(Permission.SEND_MESSAGES))
    )


async def greetings(running: RunningBot, guild: Guild) -> list[tuple[str, str]]:
    """What the bot has said in a server: the channel's name and the text."""
    names = {str(c.id): c.name for c in running.emulator.world.channels_of(guild.id)}
    own = str(running.salon.own_id)
    return [
        (names[message["channel_id"]], message["content"])
        for message in (await running.world())["messages"]
        if message["channel_id"] in names and message["author"]["id"] == own
    ]


async def invited(running: RunningBot, guild: Guild) -> None:
    await wait_until(stock_taken(running), "what the start knows of")
    invite_bot(running.emulator.world, guild, running.emulator.world.bot)

    async def there() -> bool:
        return running.salon.get_guild(guild.id) is not None

    await wait_until(there, "the new server")
    await running.settle()


async def removed(running: RunningBot, guild_id: int) -> None:
    own = running.salon.own_id
    await running.call_as(running.member(), "DELETE", f"/guilds/{guild_id}/members/{own}")

    async def gone() -> bool:
        return running.salon.get_guild(guild_id) is None

    await wait_until(gone, "the end of it")
    await running.settle()


@pytest.mark.smoke
async def test_a_new_server_is_greeted_once_where_the_bot_may_write(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        guild = another_server(running, "rules", "general")
        closed(running, guild, "rules")
        await invited(running, guild)
        ((where, text),) = await greetings(running, guild)
        assert where == "general"
        assert "`/setup`" in text
        assert await running.bot_messages() == [], "the server that was there before is not news"
        await removed(running, guild.id)
        await invited(running, guild)
        assert len(await greetings(running, guild)) == 1, "it is back, not new"


async def test_a_server_in_which_the_bot_may_not_write_gets_no_greeting(
    tmp_path: Path,
) -> None:
    async with running_bot(tmp_path) as running:
        guild = another_server(running, "rules")
        closed(running, guild, "rules")
        await invited(running, guild)
        assert await greetings(running, guild) == []


async def test_a_server_that_invited_the_bot_while_it_was_away_is_greeted_too(
    tmp_path: Path,
) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            await wait_until(stock_taken(running), "what the first start knows of")
        async with run_bot(tmp_path, emulator) as running:
            guild = another_server(running, "general")
            await running.salon.close()
            invite_bot(emulator.world, guild, emulator.world.bot)
        async with run_bot(tmp_path, emulator) as running:

            async def greeted() -> bool:
                return bool(await greetings(running, guild))

            await wait_until(greeted, "the greeting")
            assert await running.bot_messages() == []


def stock_taken(running: RunningBot) -> Any:
    async def known() -> bool:
        if not running.salon.get_connection().connected:
            return False
        rows = await running.database.read(lambda tx: tx.rows("SELECT id FROM servers"))
        return bool(rows)

    return known


def everything_of(path: Path, server_id: int) -> dict[str, int]:
    """How many rows of each table are a server's, as far as the table says."""
    found = {
        table: query(
            path, f"SELECT count(*) AS n FROM {table} WHERE {column} = :id", {"id": server_id}
        )[0]["n"]
        for table, column in query_columns(path)
        if column == "server_id" or (table, column) == ("servers", "id")
    }
    return {table: n for table, n in found.items() if n}


async def test_a_servers_data_is_erased_thirty_days_after_the_removal(
    tmp_path: Path,
) -> None:
    archive = tmp_path / "salon.sqlite3"
    async with running_bot(tmp_path) as running:
        *_, closing = await running.publish()
        await running.write("Ann", "I would.", to=closing["id"], file=("a.png", b"png"))
        head = await running.write("Ben", "I would not.", to=closing["id"])
        await running.settle()
        await running.write("Ann", "Why?", channel_id=head)
        await running.write("Chloe", "In the channel.", to=head)
        await running.settle()
        server_id, guild = running.server_id, running.emulator.world.guilds[running.server_id]
        await removed(running, server_id)
        await running.settle(29 * DAYS)
        assert everything_of(archive, server_id)["replies"] == 4
        await invited(running, guild)
        later = await running.write("Dev", "Still here?", to=closing["id"])
        await running.settle()
        kept = {reply["id"] for reply in (await running.export())["replies"]}
        assert str(later) in kept, "it goes on where it stopped"
        assert len(kept) == 5
        await running.settle(40 * DAYS)
        assert everything_of(archive, server_id)["replies"] == 5, "it is there again"
        await removed(running, server_id)
        await running.settle(31 * DAYS)
        assert everything_of(archive, server_id) == {}
        if not uses_postgresql():
            assert query(archive, "PRAGMA foreign_key_check") == []
        left = await running.database.read(
            lambda tx: tx.rows(
                """
                SELECT (SELECT count(*) FROM revisions) + (SELECT count(*) FROM attachments)
                    + (SELECT count(*) FROM attachment_files) + (SELECT count(*) FROM
                        planned_message_passages) AS n
                """
            )
        )
        assert left[0]["n"] == 0, "nor what hangs on them"


async def test_a_removal_while_the_bot_was_offline_is_recorded(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            await running.publish()
            await wait_until(stock_taken(running), "what the first start knows of")
            server_id = running.server_id
            await running.salon.close()
            own = emulator.world.bot.id
            await running.call_as(running.member(), "DELETE", f"/guilds/{server_id}/members/{own}")
        # In no server there is nothing to wait for, so the bot is started without waiting.
        set_base_urls(emulator.api, emulator.gateway)
        async with open_archive(tmp_path / "salon.sqlite3") as database:
            salon = Salon(database, Clock())
            life = asyncio.create_task(salon.start(emulator.world.bot.token))
            try:

                async def noted() -> bool:
                    rows = await database.read(
                        lambda tx: tx.rows("SELECT id FROM servers WHERE left_at IS NOT NULL")
                    )
                    return [row["id"] for row in rows] == [server_id]

                await wait_until(noted, "that it was removed")
            finally:
                await salon.close()
                life.cancel()
                await asyncio.gather(life, return_exceptions=True)


async def test_postponed_work_is_due_again_when_a_server_is_available_again(
    tmp_path: Path,
) -> None:
    """Invited back during an outage of Discord's, the bot hears of no join, but of its end."""
    async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:
        await running.publish()
        await wait_until(stock_taken(running), "what the start knows of")
        server = running.salon.get_guild(running.server_id)
        sql = "SELECT min(due_at) AS due_at FROM prompts WHERE state = 'planned'"

        async def due_at() -> int:
            return int((await running.database.read(lambda tx: tx.rows(sql)))[0]["due_at"])

        before = await due_at()

        async def put_off() -> bool:
            return await due_at() > before

        async def due_again() -> bool:
            return await due_at() == before

        path = f"/guilds/{running.server_id}/members/{emulator.world.bot.id}"
        await running.call_as(running.member(), "DELETE", path)
        await wait_until(put_off, "that it was removed")
        running.salon.dispatch("guild_available", server)
        await wait_until(due_again, "that it is back")


async def test_what_is_to_be_changed_in_a_server_waits_until_the_bot_is_back(
    tmp_path: Path,
) -> None:
    """What quotes a thread that was deleted before the bot left is erased days after it left."""
    async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:
        *_, closing = await running.publish()
        calls: list[str] = []
        member_path = f"/guilds/{running.server_id}/members/{emulator.world.bot.id}"
        await running.call_as(running.member(), "DELETE", member_path)

        async def is_left() -> bool:
            sql = "SELECT 1 FROM servers WHERE left_at IS NOT NULL"
            return bool(await running.database.read(lambda tx: tx.rows(sql)))

        await wait_until(is_left, "that it was removed")

        async def note_edits(step: Step) -> None:
            if step.what.startswith("DELETE /channels/{id}/messages/"):
                calls.append(step.what)

        emulator.steps.hook = note_edits
        edit = NewMessageEdit("delete", running.channel(), int(closing["id"]))
        await running.database.write(
            lambda tx: message_edits.plan(
                tx, server_id=running.server_id, discussion_id=1, edits=[edit], now_ms=0
            )
        )
        await running.settle(2 * DAYS)
        assert calls == []
        invite_bot(emulator.world, emulator.world.guild, emulator.world.bot)
        await wait_until(lambda: _is_deleted(running, closing["id"]), "that it is deleted")


async def _is_deleted(running: RunningBot, message_id: str) -> bool:
    return message_id not in {message["id"] for message in await running.messages()}
