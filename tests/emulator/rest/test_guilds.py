"""Servers, members, roles, channels and users. docs: Guild, Channels and Users Resource."""

from __future__ import annotations

from datetime import timedelta

from bot.emulator.world.models import ChannelType, Emoji, Overwrite, OverwriteType
from bot.emulator.world.permissions import Permission
from bot.emulator.world.seed import add_guild, put_channel
from tests.emulator.dispatches import collect_dispatches
from tests.emulator.http_clients import SeededServer
from tests.emulator.made_world import grant


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


async def test_nicknames_are_changed_below_ones_own_role(server: SeededServer) -> None:
    """docs: Permissions › Permission Hierarchy."""
    guild = server.emulator.world.guild
    role = next(role for role in guild.roles.values() if role.bot_id == server.bot.user.id)
    role.permissions |= Permission.MANAGE_NICKNAMES
    path = f"/guilds/{server.guild_id}/members"
    assert (await server.bot.patch(f"{path}/{server.ben.user.id}", {"nick": "B"})).status == 200
    assert (await server.bot.patch(f"{path}/{server.ada.user.id}", {"nick": "A"})).code == 50013
    guild.members[server.ben.user.id].roles = [
        next(one.id for one in guild.roles.values() if one.name == "Admin")
    ]
    assert (await server.bot.patch(f"{path}/{server.ben.user.id}", {"nick": "B"})).code == 50013


async def test_a_time_out_lasts_28_days_at_most(server: SeededServer) -> None:
    """docs: Modify Guild Member (``communication_disabled_until``)."""
    path = f"/guilds/{server.guild_id}/members"
    for days, code in ((28, None), (28.001, 50035)):
        until = (server.emulator.world.now() + timedelta(days=days)).isoformat()
        body = {"communication_disabled_until": until}
        assert (await server.ada.patch(f"{path}/{server.ben.user.id}", body)).code == code
        assert (await server.ada.patch(f"{path}/{server.ada.user.id}", body)).code in {50013, code}


async def test_a_time_without_an_offset_is_in_utc(server: SeededServer) -> None:
    """docs: Reference › ISO8601 Date/Time (silent about the offset)."""
    path = f"/channels/{server.essays}"
    for moment in ("2026-01-01T00:00:00", "2026-01-01", "2026-01-01T00:00:00Z"):
        for place in ("messages/pins", "threads/archived/public"):
            assert (await server.bot.get(f"{path}/{place}?before={moment}")).status == 200
    assert (await server.bot.get(f"{path}/messages/pins?before=yesterday")).code == 50035


async def test_managed_roles_and_everyone_are_not_given(server: SeededServer) -> None:
    """docs: Add Guild Member Role; JSON Error Codes (50028)."""
    guild = server.emulator.world.guild
    managed = next(role for role in guild.roles.values() if role.bot_id == server.bot.user.id)
    path = f"/guilds/{server.guild_id}/members/{server.ben.user.id}"
    for role_id, code in ((managed.id, 50013), (guild.id, 50028)):
        assert (await server.ada.put(f"{path}/roles/{role_id}")).code == code
        assert (await server.ada.patch(path, {"roles": [str(role_id)]})).code == code
    assert guild.members[server.ben.user.id].roles == []


async def test_the_member_list_needs_the_members_intent(server: SeededServer) -> None:
    """docs: List Guild Members."""
    path = f"/guilds/{server.guild_id}/members"
    server.emulator.world.application.flags = 0
    assert (await server.bot.get(path)).code == 50001
    assert (await server.bot.get(f"{path}/{server.ann.user.id}")).status == 200
    assert (await server.bot.get(f"{path}/search?query=an")).status == 200
    assert (await server.ann.get(path)).status == 200


async def test_ones_servers_are_listed_in_pages(server: SeededServer) -> None:
    """docs: Users Resource › Get Current User Guilds."""
    world = server.emulator.world
    ids = [server.guild_id]
    for name in ("B", "C"):
        guild = add_guild(world, name, server.ada.user)
        ids.append(guild.id)

    async def listed(query: str) -> list[int]:
        reply = await server.ada.get(f"/users/@me/guilds?{query}")
        return [int(guild["id"]) for guild in reply.body]

    assert await listed("") == ids
    assert await listed("limit=2") == ids[:2]
    assert await listed(f"after={ids[0]}&limit=1") == ids[1:2]
    assert await listed(f"before={ids[2]}&limit=1") == ids[1:2]
    counted = (await server.ada.get("/users/@me/guilds?with_counts=true")).body[0]
    assert counted["approximate_member_count"] == len(world.guild.members)
    assert (await server.ada.get("/users/@me/guilds?limit=201")).code == 50035
    assert (await server.ada.get("/users/@me/guilds?with_counts=maybe")).code == 50035


async def test_a_category_has_50_channels_and_is_in_no_category(server: SeededServer) -> None:
    """docs: Channel Object (``parent_id``)."""
    world, path = server.emulator.world, f"/guilds/{server.guild_id}/channels"
    category = put_channel(world, world.guild, "C", ChannelType.CATEGORY)
    for _ in range(49):
        put_channel(world, world.guild, "c").parent_id = category.id
    inside = {"parent_id": str(category.id)}
    assert (await server.ada.patch(f"/channels/{server.essays}", inside)).status == 200
    assert (await server.ada.patch(f"/channels/{server.essays}", inside)).status == 200
    for reply in (
        await server.ada.patch(f"/channels/{server.forum}", inside),
        await server.ada.post(path, {"name": "c", **inside}),
    ):
        assert reply.fault("parent_id") == "CHANNEL_PARENT_MAX_CHANNELS"
    other = put_channel(world, world.guild, "D", ChannelType.CATEGORY)
    elsewhere = put_channel(
        world, add_guild(world, "B", server.ada.user), "E", ChannelType.CATEGORY
    )
    for channel_id, parent_id in (
        (category.id, other.id),
        (server.forum, server.essays),
        (server.forum, elsewhere.id),
        (server.forum, 1),
    ):
        body = {"parent_id": str(parent_id)}
        assert (await server.ada.patch(f"/channels/{channel_id}", body)).code == 50035, body
    assert (await server.ada.patch(f"/channels/{server.essays}", {"parent_id": None})).status == 200


async def test_only_text_and_announcement_channels_change_their_type(server: SeededServer) -> None:
    """docs: Modify Channel (``type``)."""
    assert (await server.ada.patch(f"/channels/{server.essays}", {"type": 5})).body["type"] == 5
    assert (await server.ada.patch(f"/channels/{server.essays}", {"type": 0})).body["type"] == 0
    assert (await server.ada.patch(f"/channels/{server.essays}", {"type": 2})).code == 50035
    assert (await server.ada.patch(f"/channels/{server.forum}", {"type": 0})).code == 50035


async def test_a_channel_has_the_flags_of_its_type(server: SeededServer) -> None:
    """docs: Channels Resource › Channel Flags."""
    world = server.emulator.world
    media = put_channel(world, world.guild, "media", ChannelType.MEDIA).id
    require_tag, hide_download, spoiler = 1 << 4, 1 << 15, 1 << 21
    for place, flags, code in (
        (server.essays, spoiler, None),
        (server.essays, require_tag, 50035),
        (server.forum, require_tag, None),
        (server.forum, hide_download, 50035),
        (media, hide_download | require_tag, None),
        (server.essays, 2, 50035),
    ):
        reply = await server.ada.patch(f"/channels/{place}", {"flags": flags})
        assert reply.code == code, (place, flags)
        assert code or reply.body["flags"] == flags
    restricted = {"flags": spoiler, "nsfw": True}
    assert (await server.ada.patch(f"/channels/{server.essays}", restricted)).code == 50035
    made = {"name": "f", "type": 15, "flags": require_tag}
    reply = await server.ada.post(f"/guilds/{server.guild_id}/channels", made)
    assert reply.body["flags"] == require_tag


async def test_a_forums_emojis_are_checked(server: SeededServer) -> None:
    """docs: Default Reaction Object, Forum Tag Object; JSON Error Codes (10014)."""
    path = f"/channels/{server.forum}"
    server.emulator.world.guild.emojis[5] = Emoji(5, "wave")
    for emoji, code, tag_code in (
        ({"emoji_name": "\U0001f44d"}, None, None),
        ({"emoji_id": "5"}, None, None),
        ({"emoji_id": "6"}, 10014, 10014),
        ({"emoji_name": "wave"}, 50035, 50035),
        ({"emoji_id": "5", "emoji_name": "\U0001f44d"}, 50035, 50035),
        ({}, 50035, None),
    ):
        assert (await server.ada.patch(path, {"default_reaction_emoji": emoji})).code == code, emoji
        tags = [{"name": "t", **emoji}]
        assert (await server.ada.patch(path, {"available_tags": tags})).code == tag_code, emoji
    cleared = await server.ada.patch(path, {"default_reaction_emoji": None})
    assert cleared.body["default_reaction_emoji"] is None


async def test_a_channel_has_1000_overwrites(server: SeededServer) -> None:
    """docs: JSON Error Codes (30060); 100 in a request are in Discord's API description."""
    channel = server.emulator.world.channels[server.essays]
    many = [{"id": str(number), "type": 1} for number in range(1, 102)]
    path = f"/channels/{server.essays}"
    assert (await server.ada.patch(path, {"permission_overwrites": many})).code == 50035
    assert (await server.ada.patch(path, {"permission_overwrites": many[:100]})).status == 200
    channel.overwrites = [Overwrite(number, OverwriteType.MEMBER) for number in range(1, 1000)]
    for client, code in ((server.ann, None), (server.ben, 30060), (server.ann, None)):
        one = f"{path}/permissions/{client.user.id}"
        assert (await server.ada.put(one, {"type": 1})).code == code
    assert len(channel.overwrites) == 1000


async def test_overwrites_have_only_permissions_that_one_has(server: SeededServer) -> None:
    """docs: Modify Channel, Edit Channel Permissions, Create Guild Channel."""
    world, guild = server.emulator.world, server.emulator.world.guild
    grant(
        server, int(Permission.VIEW_CHANNEL | Permission.MANAGE_CHANNELS | Permission.MANAGE_ROLES)
    )
    channel, ben = world.channels[server.essays], server.ben.user.id
    speak, roles = int(Permission.SPEAK), int(Permission.MANAGE_ROLES)
    path = f"/channels/{server.essays}"
    theirs = {"id": str(ben), "type": 1, "deny": str(speak)}
    assert (await server.bot.patch(path, {"permission_overwrites": [theirs]})).code == 50013
    channel.overwrites = [Overwrite(ben, OverwriteType.MEMBER, deny=speak)]
    assert (await server.bot.patch(path, {"permission_overwrites": [theirs]})).status == 200
    changed = {**theirs, "deny": "0", "allow": str(speak)}
    assert (await server.bot.patch(path, {"permission_overwrites": [changed]})).code == 50013
    category = put_channel(world, guild, "C", ChannelType.CATEGORY)
    channel.parent_id = category.id
    bot = server.bot.user.id
    category.overwrites = [Overwrite(bot, OverwriteType.MEMBER, allow=speak)]
    assert (await server.bot.patch(path, {"permission_overwrites": [changed]})).status == 200
    channel.parent_id, channel.overwrites = (
        None,
        [Overwrite(bot, OverwriteType.MEMBER, allow=roles)],
    )
    one = f"{path}/permissions/{ben}"
    assert (await server.bot.put(one, {"type": 1, "allow": str(speak)})).status == 204
    made = {"name": "c", "permission_overwrites": [{**theirs, "deny": "0", "allow": str(roles)}]}
    create = f"/guilds/{guild.id}/channels"
    assert (await server.bot.post(create, made)).code == 50013
    assert (await server.ada.post(create, made)).status == 201
