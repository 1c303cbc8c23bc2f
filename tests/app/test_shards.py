"""Shards: each reconnects and recovers by itself, and the others don't notice."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.app.sharded_client import ShardedSalon
from bot.emulator.server import Emulator
from storage.db.database import Database
from storage.db.writer import Transaction
from tests.support.running_bot import run_emulator, wait_until
from tests.support.shards import (
    COUNT,
    ServerOfShard,
    add_servers,
    end_session,
    get_session,
    run_sharded,
    select_shards,
)


class HeldSalon(ShardedSalon):
    """Shards in ``held`` can't identify until they are removed from it."""

    held: set[int]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.held = set()
        self.changed = asyncio.Event()

    def release(self) -> None:
        self.held.clear()
        self.changed.set()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        while shard_id in self.held:
            await self.changed.wait()
        await super().before_identify_hook(shard_id, initial=initial)


def texts(export: dict[str, Any]) -> list[str]:
    return [reply["text"] for reply in export["replies"]]


async def is_down(emulator: Emulator, shard_id: int) -> bool:
    return all(one.shard != (shard_id, COUNT) for one in emulator.dispatcher.bot_sessions())


async def test_each_shard_serves_its_servers(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        guilds = add_servers(emulator.world)
        async with run_sharded(tmp_path, emulator, guilds.values()) as servers:
            sessions = {one.shard: one for one in emulator.dispatcher.bot_sessions()}
            assert sessions.keys() == {(shard_id, COUNT) for shard_id in range(COUNT)}
            salon = servers[0].salon
            counts = Counter((guild.id >> 22) % COUNT for guild in emulator.world.guilds.values())
            shards = salon.get_connection().shards
            assert {number: one.servers for number, one in shards.items()} == counts
            assert all(one.connected for one in shards.values())
            for number, server in servers.items():
                # At a first start, no server counts as one that was joined meanwhile.
                assert await server.bot_messages() == []
                card, *_ = await server.publish()
                await server.write("Ann", f"Said on shard {number}.", to=card["id"])
            await servers[0].settle()
            for number, server in servers.items():
                found = await server.export(str(number + 1))
                assert texts(found) == [f"Said on shard {number}."]


async def test_while_a_shard_is_lost_the_others_go_on_and_it_recovers_alone(
    tmp_path: Path,
) -> None:
    async with run_emulator() as emulator:
        guilds = add_servers(emulator.world)
        async with run_sharded(
            tmp_path, emulator, guilds.values(), salon_type=HeldSalon
        ) as servers:
            here, there = servers[1], servers[2]
            salon = here.salon
            assert isinstance(salon, HeldSalon)
            cards = {
                server.server_id: (await server.publish())[0]["id"] for server in (here, there)
            }
            for server in (here, there):
                await salon.services.catch_up.catch_up_server(server.server_id)
            recorder = salon.services.recorder
            before = {number: get_session(emulator, number).id for number in range(COUNT)}
            generation = recorder.get_generation(here.server_id)

            salon.held = {2}
            end_session(emulator, 2)

            async def lost() -> bool:
                return not salon.get_connection().shards[2].connected

            await wait_until(lost, "the loss of the shard")
            assert salon.get_connection().connected
            await there.write("Ben", "Said while nobody listened.", to=cards[there.server_id])
            await here.write("Ann", "Said meanwhile.", to=cards[here.server_id])

            async def recorded() -> bool:
                return "Said meanwhile." in texts(await here.export("1"))

            await wait_until(recorded, "the reply in another shard's server")
            assert texts(await there.export("2")) == []
            assert here.channel() in recorder.complete_channels
            assert salon.services.catch_up.has_caught_up(here.server_id)

            salon.release()
            await here.settle()
            assert texts(await there.export("2")) == ["Said while nobody listened."]
            assert there.channel() in recorder.complete_channels
            after = {number: get_session(emulator, number).id for number in range(COUNT)}
            assert {number for number in before if before[number] != after[number]} == {2}
            assert recorder.get_generation(here.server_id) == generation


async def test_prompts_of_other_shards_are_sent_while_one_is_lost(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        guilds = add_servers(emulator.world)
        async with run_sharded(
            tmp_path, emulator, guilds.values(), salon_type=HeldSalon
        ) as servers:
            here, there = servers[1], servers[2]
            salon = here.salon
            assert isinstance(salon, HeldSalon)
            for server in (here, there):
                await server.publish()
            counts = {one.server_id: len(await one.bot_messages()) for one in (here, there)}
            due = salon.services.scheduler.next_due
            salon.held = {2}
            end_session(emulator, 2)

            async def lost() -> bool:
                return not salon.get_connection().shards[2].connected

            await wait_until(lost, "the loss of the shard")
            assert due is not None
            emulator.world.clock.advance_to(due + timedelta(seconds=1))
            here.clock.set_offset(emulator.world.clock.offset)

            async def prompted() -> bool:
                return len(await here.bot_messages()) > counts[here.server_id]

            await wait_until(prompted, "the prompt in another shard's server")
            assert len(await there.bot_messages()) == counts[there.server_id]
            salon.release()

            async def prompted_there() -> bool:
                return len(await there.bot_messages()) > counts[there.server_id]

            await wait_until(prompted_there, "the prompt in the lost shard's server")


async def test_a_closed_connection_is_resumed_and_nothing_is_read_again(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        guilds = add_servers(emulator.world)
        async with run_sharded(tmp_path, emulator, guilds.values()) as servers:
            server = servers[3]
            card, *_ = await server.publish()
            session = get_session(emulator, 3)
            generation = server.salon.services.recorder.generation
            before = session.connection
            assert before is not None
            before.close(4000)
            await server.write("Ann", "Said in between.", to=card["id"])

            async def resumed() -> bool:
                return session.connection not in (None, before)

            await wait_until(resumed, "the resumed session")
            await server.settle()
            assert get_session(emulator, 3) is session
            assert server.salon.services.recorder.generation == generation
            assert texts(await server.export()) == ["Said in between."]


async def test_a_silent_shard_is_connected_again_alone(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        emulator.dispatcher.heartbeat_interval = 0.2
        guilds = add_servers(emulator.world)
        async with run_sharded(tmp_path, emulator, guilds.values(), silence_timeout=3.0) as servers:
            before = {number: get_session(emulator, number).connection for number in range(COUNT)}
            silent = before[1]
            assert silent is not None
            silent.fall_silent()

            async def replaced() -> bool:
                return not await is_down(emulator, 1) and (
                    get_session(emulator, 1).connection is not silent
                )

            await wait_until(replaced, "a new connection")
            after = {number: get_session(emulator, number).connection for number in range(COUNT)}
            assert [n for n in before if before[n] is not after[n]] == [1]
            assert not servers[0].salon.is_closed()


async def test_an_event_that_breaks_the_library_ends_only_its_shards_session(
    tmp_path: Path,
) -> None:
    async with run_emulator() as emulator:
        guilds = add_servers(emulator.world)
        async with run_sharded(tmp_path, emulator, guilds.values()) as servers:
            before = {number: get_session(emulator, number).id for number in range(COUNT)}
            get_session(emulator, 2).dispatch("CHANNEL_CREATE", b"{}", injected=True)

            async def replaced() -> bool:
                return not await is_down(emulator, 2) and (get_session(emulator, 2).id != before[2])

            await wait_until(replaced, "a new session")
            await servers[0].settle()
            after = {number: get_session(emulator, number).id for number in range(COUNT)}
            assert [n for n in before if before[n] != after[n]] == [2]


async def test_a_shard_that_cannot_connect_keeps_no_other_from_working(tmp_path: Path) -> None:
    class NeverFirst(HeldSalon):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.held = {0}

    async with run_emulator() as emulator:
        guilds = add_servers(emulator.world)
        async with run_sharded(tmp_path, emulator, guilds.values()) as servers:
            card, *_ = await servers[1].publish()
        async with run_sharded(
            tmp_path, emulator, guilds.values(), salon_type=NeverFirst, is_complete=False
        ) as servers:
            home = servers[1]
            await home.write("Ann", "Is anybody there?", to=card["id"])

            async def answered() -> bool:
                threads = (await home.world())["threads"]
                return any(thread["parent_id"] == str(home.channel()) for thread in threads)

            await wait_until(answered, "the thread of the reply")
            connected = home.salon.get_connection()
            assert not connected.shards[0].connected
            assert connected.connected


async def test_a_server_that_was_left_meanwhile_is_recorded_as_left_and_no_other(
    tmp_path: Path,
) -> None:
    async with run_emulator() as emulator:
        guilds = add_servers(emulator.world)
        async with run_sharded(
            tmp_path, emulator, guilds.values(), salon_type=HeldSalon
        ) as servers:
            server = servers[2]
            salon = server.salon
            assert isinstance(salon, HeldSalon)
            salon.held = {2}
            end_session(emulator, 2)

            async def lost() -> bool:
                return not salon.get_connection().shards[2].connected

            await wait_until(lost, "the loss of the shard")
            del server.guild.members[emulator.world.bot.id]
            salon.release()
            await server.settle()
            assert salon.get_guild(server.server_id) is None
            assert await get_left(server) == {server.server_id}


async def get_left(server: ServerOfShard) -> set[int]:
    rows = await server.database.read(
        lambda tx: tx.rows("SELECT id FROM servers WHERE left_at IS NOT NULL")
    )
    return {row["id"] for row in rows}


async def test_a_range_ignores_the_servers_of_other_shards(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        guilds = add_servers(emulator.world)
        async with run_sharded(tmp_path, emulator, guilds.values()) as servers:
            for number in (1, 2):
                await servers[number].publish()
            counts = {n: len(await servers[n].bot_messages()) for n in (1, 2)}
        async with run_sharded(
            tmp_path, emulator, guilds.values(), shards=select_shards(2, 3)
        ) as servers:
            assert {one.id for one in servers[2].salon.guilds} == {
                guild.id for number, guild in guilds.items() if number in (2, 3)
            }
            await servers[2].settle(30 * 86_400)
            assert len(await servers[2].bot_messages()) > counts[2], "a prompt"
            assert len(await servers[1].bot_messages()) == counts[1]
            assert await get_left(servers[2]) == set()


async def test_a_process_without_shard_0_registers_no_commands_and_knows_their_ids(
    tmp_path: Path,
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    async with run_emulator() as emulator:
        guilds = add_servers(emulator.world)
        async with run_sharded(first, emulator, guilds.values(), shards=select_shards(0, 1)):
            registered = {one.id: one.version for one in emulator.world.commands.values()}
            assert registered
        async with run_sharded(
            second, emulator, guilds.values(), shards=select_shards(2, 3)
        ) as servers:
            found = {one.id: one.version for one in emulator.world.commands.values()}
            assert found == registered
            setup = next(one for one in emulator.world.commands.values() if one.name == "setup")
            commands = servers[2].salon.services.commands
            assert commands.mention("setup") == f"</setup:{setup.id}>"


async def test_doctor_names_the_servers_shard(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        guilds = add_servers(emulator.world)
        async with run_sharded(tmp_path, emulator, guilds.values()) as servers:
            interaction = await servers[2].run_command("doctor")
            assert "on shard 2 of 4" in await servers[2].answer_text(interaction)


async def test_a_range_changes_nothing_in_the_servers_of_other_shards(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        guilds = add_servers(emulator.world)
        async with run_sharded(tmp_path, emulator, guilds.values()) as servers:
            for number in (1, 2):
                card, *_ = await servers[number].publish()
                await servers[number].write("Ann", "Said on the shard.", to=card["id"])
            await servers[1].settle()
        async with run_sharded(
            tmp_path, emulator, guilds.values(), shards=select_shards(2, 3)
        ) as servers:
            database, server_id = servers[2].database, servers[1].server_id
            await database.write(lambda tx: make_everything_due(tx, servers[2].server_id))
            await database.write(lambda tx: make_everything_due(tx, server_id))
            before = await read_server(database, server_id)
            await servers[2].settle(60 * 86_400)
            assert await read_server(database, server_id) == before
            assert await count_pending(database, servers[2].server_id) == 0
            assert await count_pending(database, server_id) == 5
        async with run_sharded(
            tmp_path, emulator, guilds.values(), shards=select_shards(0, 1)
        ) as servers:
            await servers[1].settle(3600)
            assert await count_pending(servers[1].database, servers[1].server_id) == 0


async def make_everything_due(tx: Transaction, server_id: int) -> None:
    """Make work of each kind that no message says: a pass of the scheduler does it."""
    for statement in (
        """
        UPDATE card_indexes SET state = 'changed', due_at = NULL WHERE discussion_id IN (
            SELECT id FROM discussions WHERE server_id = :server
        )
        """,
        """
        INSERT INTO reply_moves (reply_id, server_id, discussion_id, channel_id, thread_id,
            member_id, copyable, state, due_at)
        SELECT id, server_id, discussion_id, channel_id, 1 + :server % 1000, author_id, 0,
            'planned', 0
        FROM replies WHERE server_id = :server
        """,
        """
        INSERT INTO deleted_channels (channel_id, server_id, deleted_at)
        VALUES (1 + :server % 1000, :server, 0)
        """,
        """
        INSERT INTO answers (id, server_id, discussion_id, channel_id, answered_id, member_id,
            revision, state, submitted_at, due_at, member_name, text)
        SELECT :server + 1, server_id, id, channel_id, 1, 1, 1, 'choosing', 0, 0, 'Ben', 'Where?'
        FROM discussions WHERE server_id = :server
        """,
        """
        INSERT INTO attachment_files (id, reply_id, size, state, due_at)
        SELECT :server + 2, id, 1000000000, 'pending', 0
        FROM replies WHERE server_id = :server
        """,
    ):
        await tx.run(statement, {"server": server_id})


async def count_pending(database: Database, server_id: int) -> int:
    """How much of :func:`make_everything_due` isn't done."""
    row = await database.read(
        lambda tx: tx.row(
            """
            SELECT (
                SELECT count(*) FROM card_indexes
                JOIN discussions ON discussions.id = card_indexes.discussion_id
                WHERE server_id = :server AND card_indexes.state = 'changed'
            ) + (
                SELECT count(*) FROM reply_moves WHERE server_id = :server AND state = 'planned'
            ) + (
                SELECT count(*) FROM deleted_channels
                WHERE server_id = :server AND erased_at IS NULL
            ) + (
                SELECT count(*) FROM answers WHERE server_id = :server AND state = 'choosing'
            ) + (
                SELECT count(*) FROM attachment_files
                WHERE id = :server + 2 AND state = 'pending'
            ) AS pending
            """,
            {"server": server_id},
        )
    )
    assert row is not None
    return int(row["pending"])


async def read_server(database: Database, server_id: int) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of a server in every table that says whose its rows are."""
    found: dict[str, list[tuple[Any, ...]]] = {}

    async def read(tx: Transaction) -> None:
        for table, of_server in (
            *((one, "server_id = :server") for one in _WITH_SERVER),
            *((one, _OF_DISCUSSION) for one in _WITH_DISCUSSION),
            *((one, _OF_REPLY) for one in _WITH_REPLY),
        ):
            rows = await tx.rows(f"SELECT * FROM {table} WHERE {of_server}", {"server": server_id})
            found[table] = sorted((tuple(row) for row in rows), key=repr)

    await database.read(read)
    return found


_WITH_SERVER = (
    *("alerts", "answers", "deleted_channels", "discussions", "message_edits", "planned_messages"),
    *("prompts", "replies", "reply_moves", "server_settings", "threads", "watermarks"),
)
_WITH_DISCUSSION = ("card_indexes",)
_OF_DISCUSSION = "discussion_id IN (SELECT id FROM discussions WHERE server_id = :server)"
_WITH_REPLY = ("attachment_files",)
_OF_REPLY = "reply_id IN (SELECT id FROM replies WHERE server_id = :server)"
