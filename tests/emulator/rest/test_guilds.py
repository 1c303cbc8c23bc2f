"""Servers, members, roles, channels and users. docs: Guild, Channels and Users Resource."""

from __future__ import annotations

from bot.emulator.world.permissions import Permission
from tests.emulator.dispatches import collect_dispatches
from tests.emulator.http_clients import SeededServer


async def test_a_server_is_unknown_to_those_who_are_not_members(server: SeededServer) -> None:
    """docs: JSON Error Codes (10004)."""
    assert (await server.ann.get("/guilds/1")).code == 10004


async def test_members_get_the_channels_they_can_see_and_bots_get_all(server: SeededServer) -> None:
    """docs: Get Guild Channels."""
    seen = (await server.ann.get(f"/guilds/{server.guild_id}/channels")).body
    assert {channel["name"] for channel in seen} == {"essays", "essay-forum"}
    server.deny(server.bot.user, server.essays, Permission.VIEW_CHANNEL)
    assert len((await server.bot.get(f"/guilds/{server.guild_id}/channels")).body) == 3
    assert len((await server.ada.get(f"/guilds/{server.guild_id}/channels")).body) == 3


async def test_gaining_access_to_a_channel_syncs_its_threads(server: SeededServer) -> None:
    """docs: Gateway Events › Thread List Sync."""
    message = await server.ann.post_message(server.essays, "one")
    thread = await server.ann.open_thread(server.essays, message["id"])
    server.deny(server.bot.user, server.essays, Permission.VIEW_CHANNEL)
    heard = collect_dispatches(server.emulator.world)
    path = f"/channels/{server.essays}/permissions/{server.bot.user.id}"
    assert (await server.ada.delete(path)).status == 204
    assert [event.name for event in heard] == ["CHANNEL_UPDATE", "THREAD_LIST_SYNC"]
    assert heard[1].user_id == server.bot.user.id
    assert [one["id"] for one in heard[1].data["threads"]] == [thread["id"]]


async def test_creating_a_channel_needs_manage_channels(server: SeededServer) -> None:
    """docs: Create Guild Channel: names of text channels are lower-case without spaces."""
    path = f"/guilds/{server.guild_id}/channels"
    assert (await server.ann.post(path, {"name": "x"})).code == 50013
    reply = await server.ada.post(path, {"name": "New Essays", "type": 5})
    assert (reply.status, reply.body["name"], reply.body["type"]) == (201, "new-essays", 5)
    gone = await server.ada.delete(f"/channels/{reply.body['id']}")
    assert gone.status == 200
    assert (await server.ada.get(f"/channels/{reply.body['id']}")).code == 10003


async def test_changing_a_channel_needs_manage_channels(server: SeededServer) -> None:
    """docs: Modify Channel."""
    path = f"/channels/{server.essays}"
    assert (await server.ann.patch(path, {"topic": "x"})).code == 50013
    changed = await server.ada.patch(path, {"topic": "x", "rate_limit_per_user": 5})
    assert (changed.body["topic"], changed.body["rate_limit_per_user"]) == ("x", 5)
    assert (await server.ada.patch(path, {"rate_limit_per_user": 21601})).code == 50035


async def test_roles_are_assigned_by_those_with_a_higher_role(server: SeededServer) -> None:
    """docs: Add Guild Member Role; Permissions › Permission Hierarchy."""
    made = await server.ada.post(f"/guilds/{server.guild_id}/roles", {"name": "Readers"})
    path = f"/guilds/{server.guild_id}/members/{server.ann.user.id}/roles/{made.body['id']}"
    assert (await server.bot.put(path)).code == 50013
    assert (await server.ada.put(path)).status == 204
    member = await server.bot.get(f"/guilds/{server.guild_id}/members/{server.ann.user.id}")
    assert made.body["id"] in member.body["roles"]
    assert (await server.ada.delete(path)).status == 204
    assert (
        await server.ada.delete(f"/guilds/{server.guild_id}/roles/{made.body['id']}")
    ).status == 204


async def test_a_kicked_bot_loses_the_server(server: SeededServer) -> None:
    """docs: Remove Guild Member; Gateway Events › Guild Delete."""
    heard = collect_dispatches(server.emulator.world)
    path = f"/guilds/{server.guild_id}/members/{server.bot.user.id}"
    assert (await server.ann.delete(path)).code == 50013
    assert (await server.ada.delete(path)).status == 204
    assert [event.name for event in heard] == ["GUILD_MEMBER_REMOVE", "GUILD_DELETE"]
    assert heard[1].user_id == server.bot.user.id
    assert (await server.bot.get(f"/channels/{server.essays}")).code == 50001
    assert (await server.bot.get(f"/guilds/{server.guild_id}")).code == 10004


async def test_members_are_listed_and_found(server: SeededServer) -> None:
    """docs: List Guild Members, Search Guild Members."""
    path = f"/guilds/{server.guild_id}/members"
    listed = (await server.bot.get(f"{path}?limit=3")).body
    ids = [int(member["user"]["id"]) for member in listed]
    assert ids == sorted(ids)
    assert len(ids) == 3
    found = (await server.bot.get(f"{path}/search?query=AN")).body
    assert [member["user"]["global_name"] for member in found] == ["Ann"]
    assert (await server.bot.get(f"{path}/1")).code == 10013


async def test_a_direct_message_channel_is_the_same_every_time(server: SeededServer) -> None:
    """docs: Users Resource › Create DM."""
    body = {"recipient_id": str(server.ann.user.id)}
    first = (await server.bot.post("/users/@me/channels", body)).body
    assert (await server.bot.post("/users/@me/channels", body)).body["id"] == first["id"]
    await server.bot.post_message(first["id"], "between us")
    assert (await server.ann.get(f"/channels/{first['id']}/messages")).body[0]["content"]
    assert (await server.ben.get(f"/channels/{first['id']}/messages")).code == 50001


async def test_only_intent_flags_of_an_application_can_be_set(server: SeededServer) -> None:
    """docs: Application Resource › Edit Current Application."""
    reply = await server.bot.patch("/applications/@me", {"flags": 0})
    assert reply.body["flags"] == 0
    assert (await server.bot.patch("/applications/@me", {"flags": 1 << 18})).code == 50035
    assert (await server.ann.get("/applications/@me")).code == 20002


async def test_typing_emits_typing_start(server: SeededServer) -> None:
    """docs: Trigger Typing Indicator."""
    heard = collect_dispatches(server.emulator.world)
    assert (await server.ann.post(f"/channels/{server.essays}/typing")).status == 204
    assert [event.name for event in heard] == ["TYPING_START"]
    server.deny(server.ann.user, server.essays, Permission.SEND_MESSAGES)
    assert (await server.ann.post(f"/channels/{server.essays}/typing")).code == 50013


async def test_a_role_is_changed_by_those_with_a_higher_role(server: SeededServer) -> None:
    """docs: Modify Guild Role, Delete Guild Role."""
    path = f"/guilds/{server.guild_id}/roles"
    made = (await server.ada.post(path, {"name": "Readers", "color": 255})).body
    changed = await server.ada.patch(f"{path}/{made['id']}", {"permissions": "0", "name": "R"})
    assert (changed.body["name"], changed.body["permissions"]) == ("R", "0")
    assert (await server.ann.patch(f"{path}/{made['id']}", {"name": "x"})).code == 50013
    assert (await server.ada.delete(f"{path}/{server.guild_id}")).code == 50028
    assert (await server.ada.get(f"{path}/1")).code == 10011
    assert made["id"] in {role["id"] for role in (await server.ann.get(path)).body}


async def test_taking_view_channel_from_everyone_hides_a_channel(server: SeededServer) -> None:
    """docs: Permissions; Modify Guild Role."""
    path = f"/guilds/{server.guild_id}/roles/{server.guild_id}"
    assert (await server.ada.patch(path, {"permissions": "0"})).status == 200
    assert (await server.ann.get(f"/channels/{server.essays}")).code == 50001
    assert (await server.bot.get(f"/channels/{server.essays}")).status == 200


async def test_nicknames_and_roles_of_members(server: SeededServer) -> None:
    """docs: Modify Guild Member."""
    path = f"/guilds/{server.guild_id}/members"
    own = await server.ann.patch(f"{path}/@me", {"nick": "Annie"})
    assert own.body["nick"] == "Annie"
    assert (await server.ann.patch(f"{path}/{server.ben.user.id}", {"nick": "x"})).code == 50013
    assert (await server.ann.patch(f"{path}/@me", {"nick": "x" * 33})).code == 50035
    assert (await server.ann.patch(f"{path}/@me", {"roles": []})).code == 50013
    made = (await server.ada.post(f"/guilds/{server.guild_id}/roles", {"name": "R"})).body
    given = await server.ada.patch(f"{path}/{server.ben.user.id}", {"roles": [made["id"]]})
    assert given.body["roles"] == [made["id"]]


async def test_the_owner_cannot_leave(server: SeededServer) -> None:
    """docs: Users Resource › Leave Guild."""
    assert (await server.ada.delete(f"/users/@me/guilds/{server.guild_id}")).code == 50055
    assert (await server.ann.delete(f"/users/@me/guilds/{server.guild_id}")).status == 204
    assert (await server.ann.get(f"/guilds/{server.guild_id}")).code == 10004


async def test_role_member_counts_leave_out_everyone(server: SeededServer) -> None:
    """docs: Guild Resource › Get Guild Role Member Counts."""
    reply = await server.bot.get(f"/guilds/{server.guild_id}/roles/member-counts")
    roles = (await server.bot.get(f"/guilds/{server.guild_id}/roles")).body
    named = {role["name"]: reply.body.get(role["id"]) for role in roles}
    assert (named["Admin"], named["Salon"], named["@everyone"]) == (1, 1, None)


async def test_a_new_forum_keeps_its_fields(server: SeededServer) -> None:
    """docs: Guild Resource › Create Guild Channel."""
    fields = {
        "available_tags": [{"name": "fiction", "moderated": True, "emoji_name": "\U0001f4d6"}],
        "default_sort_order": 1,
        "default_reaction_emoji": {"emoji_name": "\U0001f44d"},
        "default_forum_layout": 2,
        "default_thread_rate_limit_per_user": 5,
        "default_auto_archive_duration": 60,
    }
    path = f"/guilds/{server.guild_id}/channels"
    made = (await server.ada.post(path, {"name": "f", "type": 15, **fields})).body
    tag = made["available_tags"][0]
    assert (tag["name"], tag["moderated"], tag["emoji_name"]) == ("fiction", True, "\U0001f4d6")
    assert made["default_reaction_emoji"] == {"emoji_id": None, "emoji_name": "\U0001f44d"}
    for name in fields.keys() - {"available_tags", "default_reaction_emoji"}:
        assert made[name] == fields[name], name
    changed = await server.ada.patch(f"/channels/{made['id']}", {"default_sort_order": 0})
    assert changed.body["default_sort_order"] == 0


async def test_a_new_voice_channel_keeps_its_fields(server: SeededServer) -> None:
    """docs: Guild Resource › Create Guild Channel."""
    fields = {"bitrate": 32000, "user_limit": 7, "rtc_region": "rotterdam", "video_quality_mode": 2}
    path = f"/guilds/{server.guild_id}/channels"
    made = (await server.ada.post(path, {"name": "v", "type": 2, **fields})).body
    assert {name: made[name] for name in fields} == fields


async def test_fields_that_the_emulator_does_not_have_are_refused(server: SeededServer) -> None:
    path = f"/guilds/{server.guild_id}/channels"
    reply = await server.ada.post(path, {"name": "t", "type": 0, "bitrate": 32000})
    assert reply.fault("bitrate") == "NOT_EMULATED"
