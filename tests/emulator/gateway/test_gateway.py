"""The gateway's rules. docs: Gateway; Gateway Events; Opcodes and Status Codes."""

from __future__ import annotations

import asyncio
import zlib
from datetime import timedelta
from typing import Any

import aiohttp
import orjson
import pytest
import zstandard

from bot.emulator.gateway.intents import ALL_INTENTS, Intent
from bot.emulator.gateway.sessions import REPLAY_LIMIT
from bot.emulator.payloads import Dispatch
from bot.emulator.server import Emulator
from bot.emulator.world.events import ChannelUpdated
from tests.emulator.gateway_client import (
    PATIENCE,
    USUAL,
    channel,
    connected,
    dispatch_message,
    enable_all_intents,
    identified,
    member,
)

MESSAGES = Intent.GUILDS | Intent.GUILD_MESSAGES | Intent.MESSAGE_CONTENT


@pytest.fixture(autouse=True)
def _all_enabled(emulator: Emulator) -> None:
    enable_all_intents(emulator)


# Greeting and heartbeats: docs: Gateway › Hello Event, Sending Heartbeats ----------------------


async def test_a_heartbeat_is_acknowledged_even_before_identify(emulator: Emulator) -> None:
    async with connected(emulator) as client:
        await client.send(1)
        assert (await client.receive())["op"] == 11


async def test_a_client_that_sends_no_heartbeats_is_closed_with_4009(emulator: Emulator) -> None:
    emulator.dispatcher.heartbeat_interval = 0.05
    async with connected(emulator) as client:
        await client.identify(emulator.world.bot)
        assert await client.closes() == 4009
        assert emulator.dispatcher.sessions == {}


async def test_only_version_10_is_supported(emulator: Emulator) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{emulator.gateway}?v=5&encoding=json") as socket,
    ):
        assert (await asyncio.wait_for(socket.receive(), PATIENCE)).data == 4012


# Identify: docs: Gateway Events › Identify, Ready, Guild Create ------------------------------


async def test_ready_names_user_application_and_servers(emulator: Emulator) -> None:
    world = emulator.world
    async with connected(emulator) as client:
        await client.identify(world.bot)
        ready = await client.event("READY")
        assert ready["v"] == 10
        assert ready["user"]["id"] == str(world.bot.id)
        assert ready["application"] == {
            "id": str(world.application.id),
            "flags": world.application.flags,
        }
        assert ready["guilds"] == [{"id": str(world.guild.id), "unavailable": True}]
        assert ready["resume_gateway_url"] == emulator.gateway
        guild = await client.event("GUILD_CREATE")
        assert guild["unavailable"] is False
        assert {"essays", "essay-forum", "admins"} == {c["name"] for c in guild["channels"]}
        assert len(guild["members"]) == len(world.guild.members)


async def test_without_the_members_intent_only_the_bot_itself_is_listed(emulator: Emulator) -> None:
    async with connected(emulator) as client:
        await client.identify(emulator.world.bot, Intent.GUILDS)
        await client.event("READY")
        guild = await client.event("GUILD_CREATE")
        assert [m["user"]["id"] for m in guild["members"]] == [str(emulator.world.bot.id)]


async def test_a_sharded_ready_carries_its_shard_and_only_its_servers(emulator: Emulator) -> None:
    bot, guild = emulator.world.bot, emulator.world.guild
    home = (guild.id >> 22) % 2
    async with connected(emulator) as here, connected(emulator) as there:
        await here.identify(bot, shard=[home, 2])
        await there.identify(bot, shard=[1 - home, 2])
        ready, empty = await here.event("READY"), await there.event("READY")
        assert ready["shard"] == [home, 2]
        assert [g["id"] for g in ready["guilds"]] == [str(guild.id)]
        assert empty["shard"] == [1 - home, 2]
        assert empty["guilds"] == []


@pytest.mark.parametrize("shard", [[2, 2], [-1, 2], [0], "0/2", [0, 0]])
async def test_an_invalid_shard_is_closed_with_4010(emulator: Emulator, shard: object) -> None:
    async with connected(emulator) as client:
        await client.identify(emulator.world.bot, shard=shard)
        assert await client.closes() == 4010


async def test_a_wrong_token_is_closed_with_4004(emulator: Emulator) -> None:
    async with connected(emulator) as client:
        await client.send(2, {"token": "no.such.token", "intents": 0, "properties": {}})
        assert await client.closes() == 4004


async def test_a_second_identify_is_closed_with_4005(emulator: Emulator) -> None:
    async with identified(emulator, emulator.world.bot) as client:
        await client.identify(emulator.world.bot)
        assert await client.closes() == 4005


async def test_intent_bit_17_is_accepted(emulator: Emulator) -> None:
    """docs: Gateway › List of Intents is silent about it; Discord doesn't close with 4013."""
    async with identified(emulator, emulator.world.bot, USUAL | 1 << 17) as client:
        assert client.session_id


async def test_a_resume_without_a_session_is_answered_with_invalid_session(
    emulator: Emulator,
) -> None:
    """docs: Gateway › Resuming (opcode 9); silent about a session id of null."""
    async with connected(emulator) as client:
        await client.send(6, {"token": emulator.world.bot.token, "session_id": None, "seq": None})
        answer = await client.receive()
        assert (answer["op"], answer["d"]) == (9, False)


async def test_a_session_that_the_gateway_closed_with_1001_can_be_resumed(
    emulator: Emulator,
) -> None:
    """docs: Gateway › Initiating a Disconnect: only a client's 1000 and 1001 end a session."""
    bot = emulator.world.bot
    async with identified(emulator, bot) as client:
        emulator.dispatcher.close_bots(1001)
        assert await client.closes() == 1001
        session_id, sequence = client.session_id, client.sequence
    async with connected(emulator) as again:
        await again.resume(bot, session_id, sequence)
        await again.until("RESUMED")


async def test_the_gateway_speaks_version_9(emulator: Emulator) -> None:
    """docs: Gateway › Gateway URL Query String Params; Reference › API Versioning."""
    address = f"{emulator.gateway}?v=9&encoding=json"
    async with aiohttp.ClientSession() as session, session.ws_connect(address) as socket:
        assert (await socket.receive_json())["op"] == 10


@pytest.mark.parametrize("intents", [1 << 30, 1 << 18, -1, "1", None])
async def test_unknown_intents_are_closed_with_4013(
    emulator: Emulator, intents: int | None
) -> None:
    async with connected(emulator) as client:
        await client.identify(emulator.world.bot, intents)
        assert await client.closes() == 4013


@pytest.mark.parametrize(
    ("intent", "flag"),
    [
        (Intent.GUILD_PRESENCES, 1 << 13),
        (Intent.GUILD_MEMBERS, 1 << 15),
        (Intent.MESSAGE_CONTENT, 1 << 19),
    ],
)
async def test_a_privileged_intent_that_is_not_enabled_is_closed_with_4014(
    emulator: Emulator, intent: Intent, flag: int
) -> None:
    emulator.world.application.flags = 0
    async with connected(emulator) as client:
        await client.identify(emulator.world.bot, intent)
        assert await client.closes() == 4014
    emulator.world.application.flags = flag
    async with connected(emulator) as client:
        await client.identify(emulator.world.bot, intent)
        await client.event("READY")


async def test_two_identifies_within_five_seconds_get_an_invalid_session(
    emulator: Emulator,
) -> None:
    emulator.dispatcher.rate_limited = True
    async with identified(emulator, emulator.world.bot), connected(emulator) as client:
        await client.identify(emulator.world.bot)
        assert await client.receive() == {"t": None, "s": None, "op": 9, "d": False}


async def test_members_connect_with_their_own_token(emulator: Emulator) -> None:
    ann = member(emulator, "Ann")
    async with connected(emulator) as client:
        await client.identify(ann, None)
        ready = await client.event("READY")
        assert ready["user"]["id"] == str(ann.id)
        assert "application" not in ready
        guild = await client.event("GUILD_CREATE")
        assert "admins" not in {c["name"] for c in guild["channels"]}


async def test_a_client_that_is_busy_learns_the_close_code(emulator: Emulator) -> None:
    """The gateway waits for the client's close frame before it ends the connection."""
    async with identified(emulator, emulator.world.bot) as client:
        emulator.dispatcher.close_bots(4000)
        async with connected(emulator):
            pass
        assert await client.closes() == 4000
        assert client.socket.close_code == 4000


# What clients may send: docs: Gateway › Sending Events, Rate Limiting -------------------------


async def test_an_unknown_opcode_is_closed_with_4001(emulator: Emulator) -> None:
    async with identified(emulator, emulator.world.bot) as client:
        await client.send(5)
        assert await client.closes() == 4001


@pytest.mark.parametrize("text", ["no json", "[]", '{"op": "2"}', '{"op": 2, "d": 5}'])
async def test_what_cannot_be_decoded_is_closed_with_4002(emulator: Emulator, text: str) -> None:
    async with connected(emulator) as client:
        await client.socket.send_str(text)
        assert await client.closes() == 4002


async def test_more_than_4096_bytes_are_closed_with_4002(emulator: Emulator) -> None:
    async with connected(emulator) as client:
        text = orjson.dumps({"op": 1, "d": None, "x": "a" * 4096}).decode()
        await client.socket.send_str(text)
        assert await client.closes() == 4002


async def test_a_client_that_has_not_identified_is_closed_with_4003(emulator: Emulator) -> None:
    async with connected(emulator) as client:
        await client.send(3, {"since": None, "activities": [], "status": "idle", "afk": False})
        assert await client.closes() == 4003


async def test_the_121st_payload_within_a_minute_is_closed_with_4008(emulator: Emulator) -> None:
    async with connected(emulator) as client:
        for _ in range(120):
            await client.send(1)
        for _ in range(120):
            assert (await client.receive())["op"] == 11
        await client.send(1)
        assert await client.closes() == 4008


async def test_a_presence_goes_to_sessions_with_the_presences_intent(emulator: Emulator) -> None:
    bot = emulator.world.bot
    async with (
        identified(emulator, bot, Intent.GUILDS | Intent.GUILD_PRESENCES) as watching,
        identified(emulator, member(emulator, "Ann")) as ann,
    ):
        await ann.send(3, {"since": None, "activities": [], "status": "dnd", "afk": False})
        presence = await watching.event("PRESENCE_UPDATE")
        assert presence["status"] == "dnd"


# Request Guild Members: docs: Gateway Events › Request Guild Members ---------------------------


async def test_a_members_chunk_has_the_nonce_and_the_ids_not_found(
    emulator: Emulator,
) -> None:
    ann, guild = member(emulator, "Ann"), emulator.world.guild
    async with identified(emulator, emulator.world.bot, Intent.GUILDS) as client:
        ids = [str(ann.id), "1"]
        await client.send(8, {"guild_id": str(guild.id), "user_ids": ids, "nonce": "n"})
        chunk = await client.event("GUILD_MEMBERS_CHUNK")
        assert [m["user"]["id"] for m in chunk["members"]] == [str(ann.id)]
        assert chunk["not_found"] == ["1"]
        assert (chunk["chunk_index"], chunk["chunk_count"], chunk["nonce"]) == (0, 1, "n")
        await client.send(8, {"guild_id": str(guild.id), "query": "AN", "limit": 5})
        found = await client.event("GUILD_MEMBERS_CHUNK")
        assert [m["user"]["id"] for m in found["members"]] == [str(ann.id)]
        await client.send(8, {"guild_id": str(guild.id), "user_ids": "x", "nonce": "n" * 33})
        chunk = await client.event("GUILD_MEMBERS_CHUNK")
        assert (chunk["members"], chunk["not_found"], "nonce" in chunk) == ([], ["x"], False)


async def test_the_whole_member_list_needs_the_members_intent(emulator: Emulator) -> None:
    guild = emulator.world.guild
    request = {"guild_id": str(guild.id), "query": "", "limit": 0}
    async with identified(emulator, emulator.world.bot) as client:
        await client.send(8, request)
        chunk = await client.event("GUILD_MEMBERS_CHUNK")
        assert len(chunk["members"]) == len(guild.members)
    for limit in (0, 5):
        async with identified(emulator, emulator.world.bot, Intent.GUILDS) as client:
            await client.send(8, {**request, "limit": limit})
            assert await client.closes() == 4014


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"query": "a"},
        {"query": "a", "limit": -1},
        {"query": "a", "limit": True},
        {"query": "a", "limit": 1, "user_ids": ["1"]},
        {"query": 1, "limit": 1},
    ],
)
async def test_an_invalid_request_for_members_is_closed_with_4002(
    emulator: Emulator, fields: dict[str, Any]
) -> None:
    async with identified(emulator, emulator.world.bot) as client:
        await client.send(8, {"guild_id": str(emulator.world.guild.id), **fields})
        assert await client.closes() == 4002


async def test_all_members_can_be_requested_once_in_thirty_seconds(emulator: Emulator) -> None:
    """docs: Gateway Events › Rate Limited; Change Log, 14 August 2025."""
    world = emulator.world
    guild_id = str(world.guild.id)
    request = {"guild_id": guild_id, "query": "", "limit": 0, "nonce": "n"}
    async with identified(emulator, world.bot) as client:
        emulator.dispatcher.rate_limited = True
        await client.send(8, request)
        await client.event("GUILD_MEMBERS_CHUNK")
        await client.send(8, request)
        limited = await client.event("RATE_LIMITED")
        assert 25 < limited.pop("retry_after") <= 30
        assert limited == {"opcode": 8, "meta": {"guild_id": guild_id, "nonce": "n"}}
        await client.send(8, {**request, "query": "an"})
        await client.event("GUILD_MEMBERS_CHUNK")
        await client.send(8, {**request, "nonce": "n" * 33})
        assert (await client.event("RATE_LIMITED"))["meta"] == {"guild_id": guild_id}
        world.clock.advance_to(world.now() + timedelta(seconds=30))
        await client.send(8, request)
        await client.event("GUILD_MEMBERS_CHUNK")


# Who hears what: docs: Gateway › List of Intents, Message Content Intent ----------------------


async def test_events_go_only_to_sessions_with_their_intent(emulator: Emulator) -> None:
    bot, essays, ann = emulator.world.bot, channel(emulator, "essays"), member(emulator, "Ann")
    async with (
        identified(emulator, bot, Intent.GUILDS) as deaf,
        identified(emulator, bot, MESSAGES) as hearing,
    ):
        dispatch_message(emulator, ann, essays, "Hello")
        emulator.world.emit(ChannelUpdated(essays))
        assert (await hearing.event("MESSAGE_CREATE"))["content"] == "Hello"
        await hearing.event("CHANNEL_UPDATE")
        await deaf.event("CHANNEL_UPDATE")


async def test_message_events_go_only_to_those_who_can_see_the_channel(
    emulator: Emulator,
) -> None:
    ada, ben = member(emulator, "Ada"), member(emulator, "Ben")
    async with identified(emulator, ada) as insider, identified(emulator, ben) as outsider:
        dispatch_message(emulator, ada, channel(emulator, "admins"), "secret")
        dispatch_message(emulator, ada, channel(emulator, "essays"), "open")
        assert (await insider.event("MESSAGE_CREATE"))["content"] == "secret"
        assert (await insider.event("MESSAGE_CREATE"))["content"] == "open"
        assert (await outsider.event("MESSAGE_CREATE"))["content"] == "open"


async def test_an_event_for_one_user_goes_to_nobody_else(emulator: Emulator) -> None:
    bot, ann = emulator.world.bot, member(emulator, "Ann")
    guild_id, essays = emulator.world.guild.id, channel(emulator, "essays")
    async with identified(emulator, bot) as first, identified(emulator, ann) as second:
        dispatch = Dispatch("INTERACTION_CREATE", {"id": "1"}, guild_id, essays.id, bot.id)
        emulator.dispatcher.publish(dispatch)
        dispatch_message(emulator, ann, essays, "after")
        await first.event("INTERACTION_CREATE")
        await second.event("MESSAGE_CREATE")


async def test_without_message_content_what_members_write_is_empty(emulator: Emulator) -> None:
    bot, ann, essays = emulator.world.bot, member(emulator, "Ann"), channel(emulator, "essays")
    async with identified(emulator, bot, Intent.GUILDS | Intent.GUILD_MESSAGES) as client:
        dispatch_message(emulator, ann, essays, "withheld", poll={"question": {}})
        withheld = await client.event("MESSAGE_CREATE")
        assert (withheld["content"], withheld["embeds"]) == ("", [])
        assert "poll" not in withheld
        dispatch_message(emulator, bot, essays, "my own")
        assert (await client.event("MESSAGE_CREATE"))["content"] == "my own"
        dispatch_message(emulator, ann, essays, "to you", mentions=[{"id": str(bot.id)}])
        assert (await client.event("MESSAGE_CREATE"))["content"] == "to you"


async def test_without_message_content_a_referenced_message_is_checked_on_its_own(
    emulator: Emulator,
) -> None:
    bot, ann, essays = emulator.world.bot, member(emulator, "Ann"), channel(emulator, "essays")
    theirs = {"author": {"id": str(ann.id)}, "content": "theirs", "mentions": []}
    mine = {"author": {"id": str(bot.id)}, "content": "mine", "mentions": []}
    async with identified(emulator, bot, Intent.GUILDS | Intent.GUILD_MESSAGES) as client:
        to_me = [{"id": str(bot.id)}]
        dispatch_message(emulator, ann, essays, "a", mentions=to_me, referenced_message=theirs)
        first = await client.event("MESSAGE_CREATE")
        assert (first["content"], first["referenced_message"]["content"]) == ("a", "")
        dispatch_message(emulator, ann, essays, "b", referenced_message=mine)
        second = await client.event("MESSAGE_CREATE")
        assert (second["content"], second["referenced_message"]["content"]) == ("", "mine")


async def test_direct_messages_keep_their_content_and_need_their_own_intent(
    emulator: Emulator,
) -> None:
    bot, ann = emulator.world.bot, member(emulator, "Ann")
    direct = {"author": {"id": str(ann.id)}, "content": "psst", "mentions": []}
    async with identified(emulator, bot, Intent.GUILDS | Intent.DIRECT_MESSAGES) as client:
        emulator.dispatcher.publish(Dispatch("MESSAGE_CREATE", direct, None, None, bot.id))
        assert (await client.event("MESSAGE_CREATE"))["content"] == "psst"


async def test_members_get_message_content_whatever_intents_the_application_has(
    emulator: Emulator,
) -> None:
    emulator.world.application.flags = 0
    ann, ben = member(emulator, "Ann"), member(emulator, "Ben")
    async with identified(emulator, ann) as client:
        dispatch_message(emulator, ben, channel(emulator, "essays"), "for people")
        assert (await client.event("MESSAGE_CREATE"))["content"] == "for people"


# Resuming: docs: Gateway › Resuming; Gateway Events › Resume, Invalid Session -----------------


async def test_a_resumed_session_gets_missed_events_in_order(emulator: Emulator) -> None:
    bot, ann, essays = emulator.world.bot, member(emulator, "Ann"), channel(emulator, "essays")
    async with identified(emulator, bot, MESSAGES) as client:
        session_id, sequence = client.session_id, client.sequence
        connection = client.socket._response.connection
        assert connection is not None
        assert connection.transport is not None
        connection.transport.abort()
    for text in ("one", "two", "three"):
        dispatch_message(emulator, ann, essays, text)
    async with connected(emulator) as again:
        await again.resume(bot, session_id, sequence)
        heard = [(await again.event("MESSAGE_CREATE"))["content"] for _ in range(3)]
        assert heard == ["one", "two", "three"]
        await again.event("RESUMED")
        dispatch_message(emulator, ann, essays, "four")
        assert (await again.event("MESSAGE_CREATE"))["content"] == "four"


async def test_a_session_closed_with_1000_cannot_be_resumed(emulator: Emulator) -> None:
    bot = emulator.world.bot
    async with identified(emulator, bot, MESSAGES) as client:
        session_id, sequence = client.session_id, client.sequence
        await client.socket.close(code=1000)
    async with connected(emulator) as again:
        await again.resume(bot, session_id, sequence)
        assert (await again.receive())["op"] == 9


async def test_a_session_closed_with_4000_can_be_resumed(emulator: Emulator) -> None:
    bot = emulator.world.bot
    async with identified(emulator, bot, MESSAGES) as client:
        session_id, sequence = client.session_id, client.sequence
        await client.socket.close(code=4000)
    async with connected(emulator) as again:
        await again.resume(bot, session_id, sequence)
        await again.event("RESUMED")


async def test_a_sequence_that_never_was_is_closed_with_4007(emulator: Emulator) -> None:
    bot = emulator.world.bot
    async with identified(emulator, bot, MESSAGES) as client, connected(emulator) as again:
        await again.resume(bot, client.session_id, 10_000)
        assert await again.closes() == 4007


async def test_an_unknown_session_is_invalid_and_may_identify_on_the_same_socket(
    emulator: Emulator,
) -> None:
    async with connected(emulator) as client:
        await client.resume(emulator.world.bot, "nobody's", 1)
        assert await client.receive() == {"t": None, "s": None, "op": 9, "d": False}
        await client.identify(emulator.world.bot)
        await client.event("READY")


async def test_somebody_elses_session_is_invalid(emulator: Emulator) -> None:
    async with identified(emulator, emulator.world.bot) as client, connected(emulator) as thief:
        await thief.resume(member(emulator, "Ann"), client.session_id, client.sequence)
        assert (await thief.receive())["op"] == 9


async def test_a_session_that_missed_more_than_the_replay_buffer_is_invalid(
    emulator: Emulator,
) -> None:
    bot, ann, essays = emulator.world.bot, member(emulator, "Ann"), channel(emulator, "essays")
    async with identified(emulator, bot, MESSAGES) as client:
        session_id, sequence = client.session_id, client.sequence
        await client.socket.close(code=4000)
    session = emulator.dispatcher.sessions[session_id]
    for _ in range(REPLAY_LIMIT + 1):
        session.dispatch("TYPING_START", b"{}")
    dispatch_message(emulator, ann, essays, "last")
    async with connected(emulator) as again:
        await again.resume(bot, session_id, sequence)
        assert (await again.receive())["op"] == 9


async def test_a_resume_takes_the_session_from_a_socket_that_is_still_open(
    emulator: Emulator,
) -> None:
    bot = emulator.world.bot
    async with identified(emulator, bot, MESSAGES) as old, connected(emulator) as new:
        await new.resume(bot, old.session_id, old.sequence)
        await new.event("RESUMED")
        assert await old.closes() == 4000
        dispatch_message(emulator, bot, channel(emulator, "essays"), "here")
        assert (await new.event("MESSAGE_CREATE"))["content"] == "here"


# Transport compression: docs: Gateway › Transport Compression ---------------------------------


@pytest.mark.parametrize("kind", ["zlib-stream", "zstd-stream"])
async def test_a_connection_is_compressed_as_requested(emulator: Emulator, kind: str) -> None:
    inflate = zlib.decompressobj()
    zstd = zstandard.ZstdDecompressor().decompressobj()
    address = f"{emulator.gateway}?v=10&encoding=json&compress={kind}"
    async with aiohttp.ClientSession() as session, session.ws_connect(address) as socket:
        await socket.send_json({"op": 1, "d": None})
        found = []
        for _ in range(2):
            message = await asyncio.wait_for(socket.receive(), PATIENCE)
            assert message.type is aiohttp.WSMsgType.BINARY
            if kind == "zlib-stream":
                assert message.data.endswith(b"\x00\x00\xff\xff")
                found.append(orjson.loads(inflate.decompress(message.data))["op"])
            else:
                found.append(orjson.loads(zstd.decompress(message.data))["op"])
        assert found == [10, 11]


async def test_every_documented_intent_can_be_requested(emulator: Emulator) -> None:
    async with connected(emulator) as client:
        await client.identify(emulator.world.bot, ALL_INTENTS)
        await client.event("READY")
