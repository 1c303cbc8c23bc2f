"""The world: time, ids, permissions, saving and loading."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.emulator.server import Emulator
from bot.emulator.world import persistence
from bot.emulator.world.clock import WorldClock
from bot.emulator.world.models import (
    Channel,
    ChannelType,
    Guild,
    Member,
    Overwrite,
    OverwriteType,
    Role,
)
from bot.emulator.world.permissions import ALL, Permission, channel_permissions, guild_permissions
from bot.emulator.world.seed import add_application, add_member, open_world, seed_world
from bot.emulator.world.snowflakes import Snowflakes, snowflake_at, snowflake_time
from tests.emulator.dispatches import collect_dispatches
from tests.emulator.http_clients import SeededServer, seeded_server

NOW = datetime(2026, 5, 1, tzinfo=UTC)
OWNER, MEMBER, GUILD, READERS, WRITERS = 1, 2, 10, 11, 12
SEE, SEND = Permission.VIEW_CHANNEL, Permission.SEND_MESSAGES


def _frozen(moment: datetime = NOW) -> WorldClock:
    return WorldClock(real_now=lambda: moment)


def test_the_clock_moves_forward_and_never_back() -> None:
    clock = _frozen()
    clock.advance_to(NOW + timedelta(days=1))
    clock.advance_to(NOW)
    assert clock.now() == NOW + timedelta(days=1)
    assert clock.offset == 86400


def test_ids_increase_and_contain_their_time() -> None:
    """docs: Reference › Snowflakes."""
    source = Snowflakes(lambda: NOW)
    ids = [source.next() for _ in range(5)]
    assert ids == sorted(set(ids))
    assert snowflake_time(ids[0]) == NOW
    assert snowflake_at(NOW) == ids[0]
    assert Snowflakes(lambda: NOW, last=ids[-1]).next() > ids[-1]


def test_the_documentations_example_id_has_its_time() -> None:
    """docs: Reference › Snowflakes (the example)."""
    assert snowflake_time(175928847299117063) == datetime(
        2016, 4, 30, 11, 18, 25, 796000, tzinfo=UTC
    )


def _guild(everyone: int = int(SEE | SEND), **roles: int) -> Guild:
    guild = Guild(GUILD, "G", OWNER)
    guild.roles[GUILD] = Role(GUILD, "@everyone", everyone)
    guild.roles[READERS] = Role(READERS, "readers", roles.get("readers", 0))
    guild.roles[WRITERS] = Role(WRITERS, "writers", roles.get("writers", 0))
    guild.members[OWNER] = Member(OWNER, NOW)
    guild.members[MEMBER] = Member(MEMBER, NOW, [READERS, WRITERS])
    return guild


def _bits(guild: Guild, *overwrites: Overwrite, user_id: int = MEMBER) -> int:
    place = Channel(100, ChannelType.TEXT, "c", GUILD, overwrites=list(overwrites))
    return channel_permissions(guild, place, user_id, NOW)


def test_roles_add_up_and_the_owner_has_every_permission() -> None:
    """docs: Permissions › Permission Hierarchy."""
    guild = _guild(int(SEE), readers=int(SEND), writers=int(Permission.ADD_REACTIONS))
    assert guild_permissions(guild, MEMBER) == SEE | SEND | Permission.ADD_REACTIONS
    assert guild_permissions(guild, OWNER) == ALL
    assert guild_permissions(guild, 99) == 0


def test_an_administrator_passes_every_overwrite() -> None:
    """docs: Permissions › Permission Overwrites."""
    guild = _guild(readers=int(Permission.ADMINISTRATOR))
    assert _bits(guild, Overwrite(MEMBER, OverwriteType.MEMBER, deny=int(SEE))) == ALL


def test_overwrites_go_from_everyone_over_roles_to_the_member() -> None:
    """docs: Permissions › Permission Overwrites (``compute_overwrites``)."""
    nobody = Overwrite(GUILD, OverwriteType.ROLE, deny=int(SEND))
    reader = Overwrite(READERS, OverwriteType.ROLE, deny=int(SEND))
    writer = Overwrite(WRITERS, OverwriteType.ROLE, allow=int(SEND))
    own = Overwrite(MEMBER, OverwriteType.MEMBER, deny=int(SEND))
    guild = _guild()
    assert not _bits(guild, nobody) & SEND
    assert not _bits(guild, nobody, reader) & SEND
    assert _bits(guild, nobody, reader, writer) & SEND
    assert not _bits(guild, nobody, reader, writer, own) & SEND


def test_without_view_channel_there_is_no_permission() -> None:
    """docs: Permissions › Implicit Permissions."""
    assert _bits(_guild(), Overwrite(GUILD, OverwriteType.ROLE, deny=int(SEE))) == 0


def test_without_send_messages_there_is_no_attach_files() -> None:
    """docs: Permissions › Implicit Permissions."""
    guild = _guild(int(SEE | SEND | Permission.ATTACH_FILES))
    assert not _bits(guild, Overwrite(GUILD, OverwriteType.ROLE, deny=int(SEND))) & (
        Permission.ATTACH_FILES
    )


def test_a_new_world_has_its_members_and_channels() -> None:
    world = seed_world()
    names = {user.display_name for user in world.users.values() if not user.bot}
    assert names == {"Ada", "Ann", "Ben", "Chloe", "Dev"}
    kinds = {channel.name: channel.type for channel in world.channels.values()}
    assert kinds == {
        "essays": ChannelType.TEXT,
        "essay-forum": ChannelType.FORUM,
        "admins": ChannelType.TEXT,
    }
    admins = next(c for c in world.channels.values() if c.name == "admins")
    seen = {
        u.display_name or u.name for u in world.users.values() if world.can_view(u.id, admins.id)
    }
    assert seen == {"Ada", "Salon"}
    assert seed_world().bot.token != world.bot.token
    assert seed_world().application.id != world.application.id


@pytest.mark.parametrize("name", ["Zoë", "李小龙", "x" * 32, "🙂", "ann", "...", "a b"])
def test_a_member_can_have_any_name(name: str) -> None:
    world = seed_world()
    heard = collect_dispatches(world)
    user = add_member(world, world.guild, name)
    assert user.display_name == name
    assert len({one.name for one in world.users.values()}) == len(world.users)
    assert world.user_by_authorization(user.token) is user
    assert [event.name for event in heard] == ["GUILD_MEMBER_ADD"]


def test_a_bots_token_is_only_a_bots() -> None:
    """docs: Reference › Authentication."""
    world = seed_world()
    ann = next(u for u in world.users.values() if u.display_name == "Ann")
    assert world.user_by_authorization(f"Bot {world.bot.token}") is world.bot
    assert world.user_by_authorization(world.bot.token) is None
    assert world.user_by_authorization(f"Bot {ann.token}") is None
    assert world.user_by_authorization(None) is None


async def test_a_saved_world_is_loaded_as_it_was(tmp_path: Path) -> None:
    emulator = Emulator(open_world(tmp_path), data=tmp_path)
    await emulator.start()
    async with aiohttp.ClientSession() as session:
        server = seeded_server(emulator, session)
        message = await server.ann.post_message(server.essays, "one")
        thread = await server.bot.open_thread(server.essays, message["id"])
        await server.ben.post_message(thread["id"], "two")
        files = {"a.txt": b"bytes"}
        sent = await server.ann.post(f"/channels/{server.essays}/messages", {}, files=files)
        await server.ann.delete(f"/channels/{server.essays}/messages/{message['id']}")
        emulator.world.clock.advance_to(emulator.world.now() + timedelta(hours=1))
    await emulator.stop()

    again = Emulator(open_world(tmp_path), data=tmp_path)
    old, new = emulator.world, again.world
    for table in ("users", "guilds", "channels", "messages", "timelines", "tokens", "nonces"):
        assert getattr(new, table) == getattr(old, table), table
    assert new.now() - old.now() < timedelta(seconds=1)
    assert new.new_id() > max(old.messages)
    await again.start()
    async with aiohttp.ClientSession() as session:
        server = seeded_server(again, session)
        history = (await server.bot.get(f"/channels/{thread['id']}/messages")).body
        assert history[0]["content"] == "two"
        kept = await server.bot.get(f"/channels/{server.essays}/messages/{sent.body['id']}")
        async with session.get(kept.body["attachments"][0]["url"]) as response:
            assert await response.read() == b"bytes"
    await again.stop()


async def test_a_change_is_saved_soon_and_not_only_at_the_end(tmp_path: Path) -> None:
    emulator = Emulator(open_world(tmp_path), data=tmp_path)
    await emulator.start()
    try:
        async with aiohttp.ClientSession() as session:
            server = seeded_server(emulator, session)
            message = await server.ann.post_message(server.essays, "one")
        await emulator.wait_until_saved()
        assert int(message["id"]) in persistence.load(tmp_path).messages
    finally:
        await emulator.stop()


def test_an_invalid_world_file_is_reported_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(persistence.UnreadableWorldError, match="can't be read"):
        persistence.load(tmp_path)
    for content in ("", "[]", "{}", '{"version": 99}'):
        (tmp_path / "world.json").write_text(content)
        with pytest.raises(persistence.UnreadableWorldError, match=r"\.$"):
            persistence.load(tmp_path)


async def test_passing_time_archives_a_thread(server: SeededServer) -> None:
    message = await server.ann.post_message(server.essays, "one")
    thread = await server.bot.open_thread(server.essays, message["id"])
    world = server.emulator.world
    heard = collect_dispatches(world)
    due = world.next_due()
    assert due is not None
    world.pass_time()
    assert heard == []
    world.clock.advance_to(due)
    world.pass_time()
    assert [(e.name, e.data["id"]) for e in heard] == [("THREAD_UPDATE", thread["id"])]
    assert heard[0].data["thread_metadata"]["archived"] is True


def test_an_application_has_the_id_of_its_bot_unless_it_is_an_old_one() -> None:
    """docs: Application Resource is silent about it; clients rely on it."""
    world = seed_world()
    assert world.application.id == world.bot.id
    old = add_application(world, next(iter(world.users.values())), "Old", separate_id=True)
    assert old.id != old.bot_id
