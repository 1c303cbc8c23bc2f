"""Bans and AutoMod. docs: Guild Resource › Create Guild Ban; Auto Moderation."""

from __future__ import annotations

from typing import Any

from bot.emulator.server import Emulator
from bot.emulator.world.models import Ban
from bot.emulator.world.permissions import Permission
from tests.emulator.dispatches import collect_dispatches
from tests.emulator.gateway_client import identified
from tests.emulator.http_clients import SeededServer
from tests.emulator.rules.test_interactions import ESSAY, GIVEN, Play


async def _rule(server: SeededServer, *words: str, **more: Any) -> dict[str, Any]:
    body = {
        "name": "Words",
        "event_type": 1,
        "trigger_type": 1,
        "trigger_metadata": {"keyword_filter": list(words), "allow_list": []},
        "actions": [{"type": 1}],
        "enabled": True,
        **more,
    }
    path = f"/guilds/{server.guild_id}/auto-moderation/rules"
    reply = await server.ada.post(path, body)
    assert reply.status == 200, reply
    found: dict[str, Any] = reply.body
    return found


async def test_a_blocked_message_is_200000(server: SeededServer) -> None:
    """docs: JSON Error Codes (200000); Keyword Matching Strategies."""
    await _rule(server, "cat", "dog*", "*fish", "*owl*")
    path = f"/channels/{server.essays}/messages"
    for text, code in {
        "a Cat": 200000,
        "cats": None,
        "dogs": 200000,
        "hotdog": None,
        "goldfish": 200000,
        "fishes": None,
        "bowls": 200000,
    }.items():
        assert (await server.ann.post(path, {"content": text})).code == code, text
    assert (await server.bot.post(path, {"content": "cat"})).code == 200000
    assert (await server.ada.post(path, {"content": "cat"})).status == 200
    said = await server.ann.post_message(server.essays, "fine")
    assert (await server.ann.patch(f"{path}/{said['id']}", {"content": "cat"})).code == 200000


async def test_a_blocked_thread_name_is_200001(server: SeededServer) -> None:
    """docs: JSON Error Codes (200001)."""
    await _rule(server, "cat")
    said = await server.ann.post_message(server.essays, "fine")
    path = f"/channels/{server.essays}/messages/{said['id']}/threads"
    assert (await server.bot.post(path, {"name": "cat"})).code == 200001
    assert (await server.bot.post(path, {"name": "dog"})).status == 201


async def test_rules_have_exemptions_and_can_be_turned_off(server: SeededServer) -> None:
    """docs: Auto Moderation Rule Object (``exempt_channels``, ``enabled``, ``allow_list``)."""
    rule = await _rule(server, "cat", exempt_channels=[str(server.admins)])
    path = f"/channels/{server.essays}/messages"
    assert (
        await server.bot.post(f"/channels/{server.admins}/messages", {"content": "cat"})
    ).code is None
    assert (await server.bot.post(path, {"content": "cat"})).code == 200000
    one = f"/guilds/{server.guild_id}/auto-moderation/rules/{rule['id']}"
    assert (await server.ada.patch(one, {"enabled": False})).body["enabled"] is False
    assert (await server.bot.post(path, {"content": "cat"})).status == 200
    assert (await server.ada.delete(one)).status == 204
    assert (await server.ada.get(one)).status == 404


async def test_rules_need_manage_server_and_are_limited(server: SeededServer) -> None:
    """docs: Auto Moderation › Create Auto Moderation Rule, Trigger Types (6 for keywords)."""
    path = f"/guilds/{server.guild_id}/auto-moderation/rules"
    assert (await server.ann.get(path)).code == 50013
    for _ in range(6):
        rule = await _rule(server, "cat")
    body = {k: rule[k] for k in ("name", "event_type", "trigger_type", "actions")}
    assert (await server.ada.post(path, body)).code == 50035
    spam = {**body, "trigger_type": 3}
    assert (await server.ada.post(path, spam)).fault("trigger_type") == "BASE_TYPE_CHOICES"


async def test_a_ban_removes_the_member_and_their_messages(server: SeededServer) -> None:
    """docs: Create Guild Ban; Gateway Events › Guild Ban Add, Guild Member Remove."""
    said = await server.ann.post_message(server.essays, "x")
    heard = collect_dispatches(server.emulator.world)
    path = f"/guilds/{server.guild_id}/bans/{server.ann.user.id}"
    assert (await server.bot.put(path, {})).code == 50013
    assert (await server.ada.put(path, {"delete_message_seconds": 60})).status == 204
    names = [event.name for event in heard]
    assert {"GUILD_BAN_ADD", "GUILD_MEMBER_REMOVE", "MESSAGE_DELETE_BULK"} <= set(names)
    gone = await server.bot.get(f"/channels/{server.essays}/messages/{said['id']}")
    assert gone.code == 10008
    assert (await server.ada.get(path)).body["user"]["id"] == str(server.ann.user.id)
    listed = await server.ada.get(f"/guilds/{server.guild_id}/bans")
    assert [ban["reason"] for ban in listed.body] == [None]
    assert (await server.ada.delete(path)).status == 204
    assert (await server.ada.delete(path)).code == 10026


async def test_a_ban_needs_its_permission_and_a_higher_role(server: SeededServer) -> None:
    """docs: Permissions › Permission Hierarchy."""
    guild = server.emulator.world.guild
    role = next(r for r in guild.roles.values() if r.bot_id == server.bot.user.id)
    role.permissions |= Permission.BAN_MEMBERS
    path = f"/guilds/{server.guild_id}/bans"
    assert (await server.bot.put(f"{path}/{server.ada.user.id}", {})).code == 50013
    assert (await server.bot.put(f"{path}/{server.ben.user.id}", {})).status == 204
    assert (await server.bot.put(f"{path}/5", {})).code == 10013


async def test_direct_messages_need_a_shared_server(server: SeededServer) -> None:
    """docs: JSON Error Codes (50278)."""
    body = {"recipient_id": str(server.ann.user.id)}
    channel = (await server.bot.post("/users/@me/channels", body)).body["id"]
    await server.bot.post_message(channel, "hello")
    await server.ada.delete(f"/guilds/{server.guild_id}/members/{server.ann.user.id}")
    refused = await server.bot.post(f"/channels/{channel}/messages", {"content": "hello"})
    assert (refused.status, refused.code) == (403, 50278)


async def test_somebody_who_takes_no_direct_messages_gets_none(server: SeededServer) -> None:
    """docs: JSON Error Codes (50007)."""
    body = {"recipient_id": str(server.ann.user.id)}
    channel = (await server.bot.post("/users/@me/channels", body)).body["id"]
    server.ann.user.refuses_messages = True
    refused = await server.bot.post(f"/channels/{channel}/messages", {"content": "hello"})
    assert (refused.status, refused.code) == (403, 50007)
    server.ann.user.refuses_messages = False
    await server.bot.post_message(channel, "hello")


async def test_nobody_writes_to_themselves(server: SeededServer) -> None:
    """docs: JSON Error Codes (50007)."""
    body = {"recipient_id": str(server.bot.user.id)}
    assert (await server.bot.post("/users/@me/channels", body)).code == 50007


async def test_responses_that_others_see_are_moderated_and_webhooks_are_not(
    server: SeededServer,
) -> None:
    """docs: Change Log, 27 June 2024 (edits of responses); Event Types ("when a member sends")."""
    await _rule(server, "cat")
    play = Play(server)
    await play.register(ESSAY)
    got = await play.run(GIVEN)
    assert (await play.answer(got, 4, {"content": "cat"})).code == 200000
    assert (await play.answer(got, 5)).status == 200
    original = play.hook(got, "/messages/@original")
    assert (await server.nobody.patch(original, {"content": "cat"})).code == 200000
    assert (await server.nobody.patch(original, {"content": "dog"})).status == 200
    hook = play.hook(got)
    assert (await server.nobody.post(hook, {"content": "cat"})).code == 200000
    assert (await server.nobody.post(hook, {"content": "cat", "flags": 64})).status == 200
    made = await server.bot.post(f"/channels/{server.essays}/webhooks", {"name": "w"})
    path = f"/webhooks/{made.body['id']}/{made.body['token']}"
    assert (await server.nobody.post(path, {"content": "cat"})).status == 204


async def test_a_keyword_inside_an_allowed_word_does_not_block(server: SeededServer) -> None:
    """docs: Auto Moderation › Trigger Metadata (``allow_list``), Keyword Matching Strategies."""
    metadata = {"keyword_filter": ["cat*", "the mat"], "allow_list": ["catalog*", "on the mat"]}
    await _rule(server, trigger_metadata=metadata)
    path = f"/channels/{server.essays}/messages"
    for text, code in {
        "a catalogue": None,
        "a catalogue and a cat": 200000,
        "caterpillar": 200000,
        "sat on the mat": None,
        "the mat": 200000,
        "bathe mat": None,
        "the mat.": None,
    }.items():
        assert (await server.ann.post(path, {"content": text})).code == code, text


async def test_rules_and_what_they_block_are_events_for_those_who_manage_the_server(
    emulator: Emulator, server: SeededServer
) -> None:
    """docs: Gateway Events › Auto Moderation (content needs the message-content intent)."""
    guild = emulator.world.guild
    role = next(r for r in guild.roles.values() if r.bot_id == server.bot.user.id)
    async with identified(emulator, server.bot.user) as client:
        await _rule(server, "dog")
        role.permissions |= Permission.MANAGE_GUILD
        rule = await _rule(server, "cat")
        assert (await client.event("AUTO_MODERATION_RULE_CREATE"))["id"] == rule["id"]
        path = f"/channels/{server.essays}/messages"
        assert (await server.ann.post(path, {"content": "a cat"})).code == 200000
        blocked = await client.event("AUTO_MODERATION_ACTION_EXECUTION")
        assert blocked == {
            "guild_id": str(guild.id),
            "action": {"type": 1, "metadata": {}},
            "rule_id": rule["id"],
            "rule_trigger_type": 1,
            "user_id": str(server.ann.user.id),
            "channel_id": str(server.essays),
            "content": "a cat",
            "matched_keyword": "cat",
            "matched_content": "cat",
        }
        emulator.world.application.flags = 0
        assert (await server.ann.post(path, {"content": "a cat"})).code == 200000
        withheld = await client.event("AUTO_MODERATION_ACTION_EXECUTION")
        assert (withheld["content"], withheld["matched_content"]) == ("", "")
        one = f"/guilds/{guild.id}/auto-moderation/rules/{rule['id']}"
        await server.ada.patch(one, {"enabled": False})
        assert (await client.event("AUTO_MODERATION_RULE_UPDATE"))["enabled"] is False
        await server.ada.delete(one)
        assert (await client.event("AUTO_MODERATION_RULE_DELETE"))["id"] == rule["id"]


async def test_before_beats_after_in_the_list_of_bans(server: SeededServer) -> None:
    """docs: Get Guild Bans."""
    guild, world = server.emulator.world.guild, server.emulator.world
    ids = [world.add_user(name).id for name in ("x", "y", "z")]
    guild.bans |= {one: Ban(one) for one in ids}
    path = f"/guilds/{guild.id}/bans"

    async def listed(query: str) -> list[int]:
        return [int(ban["user"]["id"]) for ban in (await server.ada.get(f"{path}?{query}")).body]

    assert await listed(f"after={ids[0]}") == ids[1:]
    assert await listed(f"before={ids[2]}&after={ids[1]}") == ids[:2]
    assert await listed(f"before={ids[2]}&limit=1") == ids[1:2]
