"""The registered commands and their ids."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from bot.discord_api.commands import CommandMentions
from storage.db.database import open_database
from storage.db.migrate import load_migrations
from storage.servers import command_sync


async def test_the_ids_of_the_last_registration_are_kept_in_a_migrated_archive(
    tmp_path: Path,
) -> None:
    path = tmp_path / "salon.sqlite3"
    async with open_database(path, migrations=load_migrations()[:4]):
        pass
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO command_syncs VALUES (7, 0, 'old')")
    async with open_database(path) as database:
        read, write = database.read, database.write
        assert await read(lambda tx: command_sync.get_payload_hash(tx, 7)) == "old"
        assert await read(lambda tx: command_sync.get_command_ids(tx, 7)) == {}
        await write(lambda tx: command_sync.record_sync(tx, 7, "new", {"essay": 14}, 1))
        await write(lambda tx: command_sync.record_sync(tx, 7, "new", {"privacy": 15}, 1))
        assert await read(lambda tx: command_sync.get_command_ids(tx, 7)) == {"privacy": 15}


def test_a_command_is_mentioned_by_its_id_once_that_is_known() -> None:
    commands = CommandMentions()
    assert commands.mention("privacy my-data") == "`/privacy my-data`"
    commands.set_ids({"privacy": 15})
    assert commands.mention("privacy my-data") == "</privacy my-data:15>"
