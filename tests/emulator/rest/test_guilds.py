"""Servers, members, roles, channels and users. docs: Guild, Channels and Users Resource."""

from __future__ import annotations

from bot.emulator.world.permissions import Permission
from tests.emulator.dispatches import collect_dispatches
from tests.emulator.http_callers import Town


async def test_a_server_is_unknown_to_those_who_are_not_members(town: Town) -> None:
    """docs: JSON Error Codes (10004)."""
    assert (await town.ann.get("/guilds/1")).code == 10004


async def test_members_get_the_channels_they_can_see_and_bots_get_all(town: Town) -> None:
    """docs: Get Guild Channels."""
    seen = (await town.ann.get(f"/guilds/{town.guild_id}/channels")).body
    assert {channel["name"] for channel in seen} == {"essays", "essay-forum"}
    town.deny(town.bot.user, town.essays, Permission.VIEW_CHANNEL)
    assert len((await town.bot.get(f"/guilds/{town.guild_id}/channels")).body) == 3
    assert len((await town.ada.get(f"/guilds/{town.guild_id}/channels")).body) == 3


async def test_gaining_access_to_a_channel_syncs_its_threads(town: Town) -> None:
    """docs: Gateway Events › Thread List Sync."""
    message = await town.ann.says(town.essays, "one")
    thread = await town.ann.opens(town.essays, message["id"])
    town.deny(town.bot.user, town.essays, Permission.VIEW_CHANNEL)
    heard = collect_dispatches(town.emulator.world)
    path = f"/channels/{town.essays}/permissions/{town.bot.user.id}"
    assert (await town.ada.delete(path)).status == 204
    assert [event.name for event in heard] == ["CHANNEL_UPDATE", "THREAD_LIST_SYNC"]
    assert heard[1].user_id == town.bot.user.id
    assert [one["id"] for one in heard[1].data["threads"]] == [thread["id"]]


async def test_creating_a_channel_needs_manage_channels(town: Town) -> None:
    """docs: Create Guild Channel: names of text channels are lower-case without spaces."""
    path = f"/guilds/{town.guild_id}/channels"
    assert (await town.ann.post(path, {"name": "x"})).code == 50013
    reply = await town.ada.post(path, {"name": "New Essays", "type": 5})
    assert (reply.status, reply.body["name"], reply.body["type"]) == (201, "new-essays", 5)
    gone = await town.ada.delete(f"/channels/{reply.body['id']}")
    assert gone.status == 200
    assert (await town.ada.get(f"/channels/{reply.body['id']}")).code == 10003


async def test_changing_a_channel_needs_manage_channels(town: Town) -> None:
    """docs: Modify Channel."""
    path = f"/channels/{town.essays}"
    assert (await town.ann.patch(path, {"topic": "x"})).code == 50013
    changed = await town.ada.patch(path, {"topic": "x", "rate_limit_per_user": 5})
    assert (changed.body["topic"], changed.body["rate_limit_per_user"]) == ("x", 5)
    assert (await town.ada.patch(path, {"rate_limit_per_user": 21601})).code == 50035


async def test_roles_are_assigned_by_those_with_a_higher_role(town: Town) -> None:
    """docs: Add Guild Member Role; Permissions › Permission Hierarchy."""
    made = await town.ada.post(f"/guilds/{town.guild_id}/roles", {"name": "Readers"})
    path = f"/guilds/{town.guild_id}/members/{town.ann.user.id}/roles/{made.body['id']}"
    assert (await town.bot.put(path)).code == 50013
    assert (await town.ada.put(path)).status == 204
    member = await town.bot.get(f"/guilds/{town.guild_id}/members/{town.ann.user.id}")
    assert made.body["id"] in member.body["roles"]
    assert (await town.ada.delete(path)).status == 204
    assert (await town.ada.delete(f"/guilds/{town.guild_id}/roles/{made.body['id']}")).status == 204


async def test_a_kicked_bot_loses_the_server(town: Town) -> None:
    """docs: Remove Guild Member; Gateway Events › Guild Delete."""
    heard = collect_dispatches(town.emulator.world)
    path = f"/guilds/{town.guild_id}/members/{town.bot.user.id}"
    assert (await town.ann.delete(path)).code == 50013
    assert (await town.ada.delete(path)).status == 204
    assert [event.name for event in heard] == ["GUILD_MEMBER_REMOVE", "GUILD_DELETE"]
    assert heard[1].user_id == town.bot.user.id
    assert (await town.bot.get(f"/channels/{town.essays}")).code == 50001
    assert (await town.bot.get(f"/guilds/{town.guild_id}")).code == 10004


async def test_members_are_listed_and_found(town: Town) -> None:
    """docs: List Guild Members, Search Guild Members."""
    path = f"/guilds/{town.guild_id}/members"
    listed = (await town.bot.get(f"{path}?limit=3")).body
    ids = [int(member["user"]["id"]) for member in listed]
    assert ids == sorted(ids)
    assert len(ids) == 3
    found = (await town.bot.get(f"{path}/search?query=AN")).body
    assert [member["user"]["global_name"] for member in found] == ["Ann"]
    assert (await town.bot.get(f"{path}/1")).code == 10013


async def test_a_direct_message_channel_is_the_same_every_time(town: Town) -> None:
    """docs: Users Resource › Create DM."""
    body = {"recipient_id": str(town.ann.user.id)}
    first = (await town.bot.post("/users/@me/channels", body)).body
    assert (await town.bot.post("/users/@me/channels", body)).body["id"] == first["id"]
    await town.bot.says(first["id"], "between us")
    assert (await town.ann.get(f"/channels/{first['id']}/messages")).body[0]["content"]
    assert (await town.ben.get(f"/channels/{first['id']}/messages")).code == 50001


async def test_only_intent_flags_of_an_application_can_be_set(town: Town) -> None:
    """docs: Application Resource › Edit Current Application."""
    reply = await town.bot.patch("/applications/@me", {"flags": 0})
    assert reply.body["flags"] == 0
    assert (await town.bot.patch("/applications/@me", {"flags": 1 << 18})).code == 50035
    assert (await town.ann.get("/applications/@me")).code == 20002


async def test_typing_emits_typing_start(town: Town) -> None:
    """docs: Trigger Typing Indicator."""
    heard = collect_dispatches(town.emulator.world)
    assert (await town.ann.post(f"/channels/{town.essays}/typing")).status == 204
    assert [event.name for event in heard] == ["TYPING_START"]
    town.deny(town.ann.user, town.essays, Permission.SEND_MESSAGES)
    assert (await town.ann.post(f"/channels/{town.essays}/typing")).code == 50013


async def test_a_role_is_changed_by_those_with_a_higher_role(town: Town) -> None:
    """docs: Modify Guild Role, Delete Guild Role."""
    path = f"/guilds/{town.guild_id}/roles"
    made = (await town.ada.post(path, {"name": "Readers", "color": 255})).body
    changed = await town.ada.patch(f"{path}/{made['id']}", {"permissions": "0", "name": "R"})
    assert (changed.body["name"], changed.body["permissions"]) == ("R", "0")
    assert (await town.ann.patch(f"{path}/{made['id']}", {"name": "x"})).code == 50013
    assert (await town.ada.delete(f"{path}/{town.guild_id}")).code == 50028
    assert (await town.ada.get(f"{path}/1")).code == 10011
    assert made["id"] in {role["id"] for role in (await town.ann.get(path)).body}


async def test_taking_view_channel_from_everyone_hides_a_channel(town: Town) -> None:
    """docs: Permissions; Modify Guild Role."""
    path = f"/guilds/{town.guild_id}/roles/{town.guild_id}"
    assert (await town.ada.patch(path, {"permissions": "0"})).status == 200
    assert (await town.ann.get(f"/channels/{town.essays}")).code == 50001
    assert (await town.bot.get(f"/channels/{town.essays}")).status == 200


async def test_nicknames_and_roles_of_members(town: Town) -> None:
    """docs: Modify Guild Member."""
    path = f"/guilds/{town.guild_id}/members"
    own = await town.ann.patch(f"{path}/@me", {"nick": "Annie"})
    assert own.body["nick"] == "Annie"
    assert (await town.ann.patch(f"{path}/{town.ben.user.id}", {"nick": "x"})).code == 50013
    assert (await town.ann.patch(f"{path}/@me", {"nick": "x" * 33})).code == 50035
    assert (await town.ann.patch(f"{path}/@me", {"roles": []})).code == 50013
    made = (await town.ada.post(f"/guilds/{town.guild_id}/roles", {"name": "R"})).body
    given = await town.ada.patch(f"{path}/{town.ben.user.id}", {"roles": [made["id"]]})
    assert given.body["roles"] == [made["id"]]


async def test_the_owner_cannot_leave(town: Town) -> None:
    """docs: Users Resource › Leave Guild."""
    assert (await town.ada.delete(f"/users/@me/guilds/{town.guild_id}")).code == 50055
    assert (await town.ann.delete(f"/users/@me/guilds/{town.guild_id}")).status == 204
    assert (await town.ann.get(f"/guilds/{town.guild_id}")).code == 10004
