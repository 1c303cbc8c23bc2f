"""Coming into a server and going from it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.app.client import Salon, point_elsewhere
from bot.clock import Clock
from bot.emulator.world.models import Guild, Overwrite, OverwriteType
from bot.emulator.world.permissions import Permission
from bot.emulator.world.seed import add_guild, invite_bot, put_channel
from storage.db.database import open_database
from storage.db.writer import Transaction
from tests.support.running_bot import House, a_house, a_world, lived_in, until

DAYS = timedelta(days=1).total_seconds()


def another_server(house: House, *names: str) -> Guild:
    world = house.emulator.world
    guild = add_guild(world, "The Other Room", house.member())
    for name in names:
        put_channel(world, guild, name)
    return guild


def closed(house: House, guild: Guild, name: str) -> None:
    """Nobody may write in the channel."""
    (channel,) = [c for c in house.emulator.world.channels_of(guild.id) if c.name == name]
    channel.overwrites.append(
        Overwrite(guild.id, OverwriteType.ROLE, deny=int(Permission.SEND_MESSAGES))
    )
    channel.overwrites.append(
        Overwrite(house.salon.own_id, OverwriteType.MEMBER, deny=int(Permission.SEND_MESSAGES))
    )


async def greetings(house: House, guild: Guild) -> list[tuple[str, str]]:
    """What the bot has said in a server: the channel's name and the text."""
    names = {str(c.id): c.name for c in house.emulator.world.channels_of(guild.id)}
    own = str(house.salon.own_id)
    return [
        (names[message["channel_id"]], message["content"])
        for message in (await house.world())["messages"]
        if message["channel_id"] in names and message["author"]["id"] == own
    ]


async def invited(house: House, guild: Guild) -> None:
    await until(stock_taken(house), "what the start knows of")
    invite_bot(house.emulator.world, guild, house.emulator.world.bot)

    async def there() -> bool:
        return house.salon.get_guild(guild.id) is not None

    await until(there, "the new server")
    await house.settle()


async def removed(house: House, guild_id: int) -> None:
    own = house.salon.own_id
    await house.act(house.member(), "DELETE", f"/guilds/{guild_id}/members/{own}")

    async def gone() -> bool:
        return house.salon.get_guild(guild_id) is None

    await until(gone, "the end of it")
    await house.settle()


async def test_a_new_server_is_greeted_once_where_the_bot_may_write(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        guild = another_server(house, "rules", "general")
        closed(house, guild, "rules")
        await invited(house, guild)
        ((where, text),) = await greetings(house, guild)
        assert where == "general"
        assert "`/setup`" in text
        assert await house.ours() == [], "the server that was there before is not news"
        await removed(house, guild.id)
        await invited(house, guild)
        assert len(await greetings(house, guild)) == 1, "it is back, not new"


async def test_a_server_in_which_the_bot_may_write_nowhere_is_left_in_peace(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path) as house:
        guild = another_server(house, "rules")
        closed(house, guild, "rules")
        await invited(house, guild)
        assert await greetings(house, guild) == []


async def test_a_server_that_invited_the_bot_while_it_was_away_is_greeted_too(
    tmp_path: Path,
) -> None:
    async with a_world() as emulator:
        async with lived_in(tmp_path, emulator) as house:
            await until(stock_taken(house), "what the first start knows of")
        async with lived_in(tmp_path, emulator) as house:
            guild = another_server(house, "general")
            await house.salon.close()
            invite_bot(emulator.world, guild, emulator.world.bot)
        async with lived_in(tmp_path, emulator) as house:

            async def greeted() -> bool:
                return bool(await greetings(house, guild))

            await until(greeted, "the greeting")
            assert await house.ours() == []


def stock_taken(house: House) -> Any:
    async def known() -> bool:
        if not house.salon.connection().connected:
            return False
        rows = await house.database.read(lambda tx: tx.rows("SELECT id FROM servers"))
        return bool(rows)

    return known


async def everything_of(house: House, server_id: int) -> dict[str, int]:
    """How many rows of each table are a server's, as far as the table says."""

    async def count(tx: Transaction) -> dict[str, int]:
        found: dict[str, int] = {}
        tables = await tx.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
        for table in [row["name"] for row in tables]:
            columns = {row["name"] for row in await tx.rows(f"PRAGMA table_info({table})")}
            column = "server_id" if "server_id" in columns else "id" if table == "servers" else ""
            if column:
                row = await tx.row(
                    f"SELECT count(*) AS n FROM {table} WHERE {column} = :id", {"id": server_id}
                )
                assert row is not None
                found[table] = row["n"]
        return {table: n for table, n in found.items() if n}

    return await house.database.read(count)


async def test_what_is_kept_of_a_server_outlives_the_removal_by_thirty_days(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path) as house:
        *_, closing = await house.publish()
        await house.write("Ann", "I would.", to=closing["id"], file=("a.png", b"png"))
        head = await house.write("Ben", "I would not.", to=closing["id"])
        await house.settle()
        await house.write("Ann", "Why?", channel_id=head)
        await house.write("Chloe", "In the channel.", to=head)
        await house.settle()
        server_id, guild = house.server_id, house.emulator.world.guilds[house.server_id]
        await removed(house, server_id)
        await house.settle(29 * DAYS)
        assert (await everything_of(house, server_id))["replies"] == 4
        await invited(house, guild)
        later = await house.write("Dev", "Still here?", to=closing["id"])
        await house.settle()
        kept = {reply["id"] for reply in (await house.export())["replies"]}
        assert str(later) in kept, "it goes on where it stopped"
        assert len(kept) == 5
        await house.settle(40 * DAYS)
        assert (await everything_of(house, server_id))["replies"] == 5, "it is there again"
        await removed(house, server_id)
        await house.settle(31 * DAYS)
        assert await everything_of(house, server_id) == {}
        broken = await house.database.read(lambda tx: tx.rows("PRAGMA foreign_key_check"))
        assert broken == []
        left = await house.database.read(
            lambda tx: tx.rows(
                """
                SELECT (SELECT count(*) FROM revisions) + (SELECT count(*) FROM attachments)
                    + (SELECT count(*) FROM attachment_files) + (SELECT count(*) FROM
                        planned_message_passages) AS n
                """
            )
        )
        assert left[0]["n"] == 0, "nor what hangs on them"


async def test_a_server_that_removed_the_bot_while_it_was_away_is_noted(tmp_path: Path) -> None:
    async with a_world() as emulator:
        async with lived_in(tmp_path, emulator) as house:
            await house.publish()
            await until(stock_taken(house), "what the first start knows of")
            server_id = house.server_id
            await house.salon.close()
            own = emulator.world.bot.id
            await house.act(house.member(), "DELETE", f"/guilds/{server_id}/members/{own}")
        # In no server there is nothing for the house to wait for, so the bot is started alone.
        point_elsewhere(emulator.api, emulator.gateway)
        async with open_database(tmp_path / "salon.sqlite3") as database:
            salon = Salon(database, Clock())
            life = asyncio.create_task(salon.start(emulator.world.bot.token))
            try:

                async def noted() -> bool:
                    rows = await database.read(
                        lambda tx: tx.rows("SELECT id FROM servers WHERE left_at IS NOT NULL")
                    )
                    return [row["id"] for row in rows] == [server_id]

                await until(noted, "that it was removed")
            finally:
                await salon.close()
                life.cancel()
                await asyncio.gather(life, return_exceptions=True)


async def test_what_was_put_off_is_due_again_where_only_the_servers_return_is_told(
    tmp_path: Path,
) -> None:
    """Invited back during an outage of Discord's, the bot hears of no join, but of its end."""
    async with a_world() as emulator, lived_in(tmp_path, emulator) as house:
        await house.publish()
        await until(stock_taken(house), "what the start knows of")
        server = house.salon.get_guild(house.server_id)
        sql = "SELECT min(due_at) AS due_at FROM prompts WHERE state = 'planned'"

        async def due_at() -> int:
            return int((await house.database.read(lambda tx: tx.rows(sql)))[0]["due_at"])

        before = await due_at()

        async def put_off() -> bool:
            return await due_at() > before

        async def due_again() -> bool:
            return await due_at() == before

        path = f"/guilds/{house.server_id}/members/{emulator.world.bot.id}"
        await house.act(house.member(), "DELETE", path)
        await until(put_off, "that it was removed")
        house.salon.dispatch("guild_available", server)
        await until(due_again, "that it is back")
