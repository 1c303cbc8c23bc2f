"""Threads and forum posts. docs: Channels Resource; Topics › Threads."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.emulator.world.events import ChannelCreated, Event
from bot.emulator.world.models import Overwrite, OverwriteType, ThreadMember
from bot.emulator.world.permissions import Permission
from tests.emulator.dispatches import collect_dispatches
from tests.emulator.http_clients import SeededServer

TAG = {"name": "fiction", "moderated": False}


async def _thread(server: SeededServer) -> tuple[dict[str, Any], dict[str, Any]]:
    message = await server.ann.post_message(server.essays, "one")
    return message, await server.bot.open_thread(server.essays, message["id"], "A thread")


async def _archive(server: SeededServer, thread_id: str, **more: Any) -> None:
    reply = await server.bot.patch(f"/channels/{thread_id}", {"archived": True, **more})
    assert reply.status == 200, reply


async def test_a_thread_has_the_id_of_its_message(server: SeededServer) -> None:
    """docs: Start Thread from Message."""
    message, thread = await _thread(server)
    assert (thread["id"], thread["type"], thread["parent_id"]) == (
        message["id"],
        11,
        str(server.essays),
    )
    assert (thread["message_count"], thread["member_count"]) == (0, 1)
    head = (await server.bot.get(f"/channels/{server.essays}/messages/{message['id']}")).body
    assert head["thread"]["id"] == thread["id"]
    assert head["flags"] & 1 << 5


async def test_a_second_thread_from_a_message_is_160004(server: SeededServer) -> None:
    message, _ = await _thread(server)
    reply = await server.ann.post(
        f"/channels/{server.essays}/messages/{message['id']}/threads", {"name": "again"}
    )
    assert (reply.status, reply.code) == (400, 160004)


@pytest.mark.parametrize("name", ["", "x" * 101, None])
async def test_a_thread_name_has_1_to_100_characters(
    server: SeededServer, name: str | None
) -> None:
    message = await server.ann.post_message(server.essays, "one")
    reply = await server.bot.post(
        f"/channels/{server.essays}/messages/{message['id']}/threads", {"name": name}
    )
    assert reply.code == 50035


async def test_a_thread_starts_with_a_reference_to_its_message(server: SeededServer) -> None:
    """docs: Message Types (THREAD_STARTER_MESSAGE)."""
    message, thread = await _thread(server)
    first = (await server.bot.get(f"/channels/{thread['id']}/messages")).body[-1]
    assert (first["type"], first["content"]) == (21, "")
    assert first["referenced_message"]["id"] == message["id"]
    refused = await server.bot.delete(f"/channels/{thread['id']}/messages/{first['id']}")
    assert refused.code == 50021


async def test_starting_a_thread_emits_the_thread_and_its_first_message(
    server: SeededServer,
) -> None:
    """docs: Gateway Events › Thread Create."""
    message = await server.ann.post_message(server.essays, "one")
    heard = collect_dispatches(server.emulator.world)
    await server.bot.open_thread(server.essays, message["id"])
    assert [event.name for event in heard] == [
        "THREAD_CREATE",
        "MESSAGE_CREATE",
        "MESSAGE_UPDATE",
    ]
    assert heard[0].data["newly_created"] is True


async def test_starting_a_thread_needs_create_public_threads(server: SeededServer) -> None:
    message = await server.ann.post_message(server.essays, "one")
    server.deny(server.bot.user, server.essays, Permission.CREATE_PUBLIC_THREADS)
    path = f"/channels/{server.essays}/messages/{message['id']}/threads"
    assert (await server.bot.post(path, {"name": "T"})).code == 50013


async def test_a_server_has_a_limit_of_active_threads(server: SeededServer) -> None:
    """docs: JSON Error Codes (160006)."""
    server.emulator.world.thread_limit = 1
    _, thread = await _thread(server)
    other = await server.ann.post_message(server.essays, "two")
    path = f"/channels/{server.essays}/messages/{other['id']}/threads"
    assert (await server.bot.post(path, {"name": "T"})).code == 160006
    await _archive(server, thread["id"])
    assert (await server.bot.post(path, {"name": "T"})).status == 201
    again = await server.bot.patch(f"/channels/{thread['id']}", {"archived": False})
    assert again.code == 160006


async def test_a_public_thread_without_a_message_posts_one_in_its_channel(
    server: SeededServer,
) -> None:
    """docs: Start Thread without Message; Message Types (THREAD_CREATED)."""
    reply = await server.bot.post(f"/channels/{server.essays}/threads", {"name": "T", "type": 11})
    assert reply.status == 201
    told = (await server.bot.get(f"/channels/{server.essays}/messages")).body[0]
    assert (told["type"], told["content"]) == (18, "T")
    assert told["message_reference"]["channel_id"] == reply.body["id"]


async def test_a_private_thread_is_visible_to_its_members_and_moderators(
    server: SeededServer,
) -> None:
    """docs: Threads › Private Threads; without a type a thread is private."""
    reply = await server.ann.post(f"/channels/{server.essays}/threads", {"name": "T"})
    assert reply.body["type"] == 12
    thread = reply.body["id"]
    assert (await server.ben.get(f"/channels/{thread}")).code == 50001
    assert (await server.bot.get(f"/channels/{thread}")).status == 200
    await server.ann.put(f"/channels/{thread}/thread-members/{server.ben.user.id}")
    assert (await server.ben.get(f"/channels/{thread}")).status == 200


async def test_deleting_a_channel_deletes_its_threads(server: SeededServer) -> None:
    """docs: Gateway Events › Channel Delete."""
    _, thread = await _thread(server)
    heard = collect_dispatches(server.emulator.world)
    assert (await server.ada.delete(f"/channels/{server.essays}")).status == 200
    assert [event.name for event in heard] == ["CHANNEL_DELETE"]
    assert (await server.bot.get(f"/channels/{thread['id']}")).code == 10003


async def test_writing_in_a_thread_joins_and_counts(server: SeededServer) -> None:
    """docs: Threads › Thread Membership; Channel Object (``message_count``)."""
    _, thread = await _thread(server)
    said = await server.ann.post_message(thread["id"], "in here")
    await server.ben.post_message(thread["id"], "me too")
    state = (await server.bot.get(f"/channels/{thread['id']}")).body
    assert (state["message_count"], state["total_message_sent"]) == (2, 2)
    assert state["member_count"] == 3
    assert said["position"] == 0
    await server.ann.delete(f"/channels/{thread['id']}/messages/{said['id']}")
    state = (await server.bot.get(f"/channels/{thread['id']}")).body
    assert (state["message_count"], state["total_message_sent"]) == (1, 2)


async def test_a_mention_adds_a_member_to_the_thread(server: SeededServer) -> None:
    """docs: Threads › Thread Membership."""
    _, thread = await _thread(server)
    await server.ann.post_message(thread["id"], f"<@{server.ben.user.id}>")
    members = (await server.bot.get(f"/channels/{thread['id']}/thread-members")).body
    assert str(server.ben.user.id) in {member["user_id"] for member in members}


async def test_members_join_and_leave_threads(server: SeededServer) -> None:
    """docs: Join Thread, Add Thread Member, Leave Thread, Remove Thread Member."""
    _, thread = await _thread(server)
    path = f"/channels/{thread['id']}/thread-members"
    assert (await server.ann.put(f"{path}/@me")).status == 204
    assert (await server.bot.put(f"{path}/{server.ben.user.id}")).status == 204
    one = await server.bot.get(f"{path}/{server.ben.user.id}?with_member=true")
    assert one.body["member"]["user"]["global_name"] == "Ben"
    assert (await server.ann.delete(f"{path}/{server.ben.user.id}")).code == 50013
    assert (await server.bot.delete(f"{path}/{server.ben.user.id}")).status == 204
    assert (await server.bot.get(f"{path}/{server.ben.user.id}")).code == 10007
    assert (await server.ann.delete(f"{path}/@me")).status == 204
    listed = (await server.bot.get(path)).body
    assert [member["user_id"] for member in listed] == [str(server.bot.user.id)]


async def test_adding_a_member_posts_a_message_in_the_thread(server: SeededServer) -> None:
    """docs: Message Types (RECIPIENT_ADD)."""
    _, thread = await _thread(server)
    await server.bot.put(f"/channels/{thread['id']}/thread-members/{server.ann.user.id}")
    told = (await server.bot.get(f"/channels/{thread['id']}/messages")).body[0]
    assert (told["type"], told["mentions"][0]["id"]) == (1, str(server.ann.user.id))


async def test_nothing_is_changed_in_an_archived_thread(server: SeededServer) -> None:
    """docs: JSON Error Codes (50083)."""
    _, thread = await _thread(server)
    said = await server.bot.post_message(thread["id"], "in here")
    await _archive(server, thread["id"])
    message = f"/channels/{thread['id']}/messages/{said['id']}"
    assert (await server.bot.patch(message, {"content": "new"})).code == 50083
    assert (await server.bot.put(f"{message}/reactions/%F0%9F%91%8D/@me")).code == 50083
    members = f"/channels/{thread['id']}/thread-members/{server.ann.user.id}"
    assert (await server.bot.put(members)).code == 50083
    assert (await server.bot.patch(f"/channels/{thread['id']}", {"name": "new"})).code == 50083
    opened = await server.bot.patch(f"/channels/{thread['id']}", {"name": "new", "archived": False})
    assert (opened.status, opened.body["name"]) == (200, "new")


async def test_a_message_can_be_deleted_in_an_archived_thread(server: SeededServer) -> None:
    """docs: Threads › Active & Archived Threads: deleting is the only operation; it stays so."""
    _, thread = await _thread(server)
    said = await server.ann.post_message(thread["id"], "in here")
    await _archive(server, thread["id"])
    message = f"/channels/{thread['id']}/messages/{said['id']}"
    assert (await server.ann.delete(message)).status == 204
    after = (await server.bot.get(f"/channels/{thread['id']}")).body
    assert after["thread_metadata"]["archived"] is True


async def test_deleting_in_an_archived_and_locked_thread_needs_manage_threads(
    server: SeededServer,
) -> None:
    """docs: Threads › Active & Archived Threads."""
    _, thread = await _thread(server)
    said = await server.ann.post_message(thread["id"], "in here")
    await _archive(server, thread["id"], locked=True)
    message = f"/channels/{thread['id']}/messages/{said['id']}"
    assert (await server.ann.delete(message)).code == 50013
    assert (await server.bot.delete(message)).status == 204


async def test_editing_in_a_locked_thread_needs_manage_threads(server: SeededServer) -> None:
    """docs: Threads › Locked Threads."""
    _, thread = await _thread(server)
    said = await server.ann.post_message(thread["id"], "in here")
    own = await server.bot.post_message(thread["id"], "mine")
    assert (await server.bot.patch(f"/channels/{thread['id']}", {"locked": True})).status == 200
    path = f"/channels/{thread['id']}/messages"
    assert (await server.ann.patch(f"{path}/{said['id']}", {"content": "new"})).code == 160005
    assert (await server.bot.patch(f"{path}/{own['id']}", {"content": "new"})).status == 200


async def test_a_message_unarchives_a_thread(server: SeededServer) -> None:
    """docs: Threads › Archived threads."""
    _, thread = await _thread(server)
    await _archive(server, thread["id"])
    await server.ann.post_message(thread["id"], "one more thing")
    state = (await server.bot.get(f"/channels/{thread['id']}")).body
    assert state["thread_metadata"]["archived"] is False


async def test_a_locked_thread_needs_manage_threads(server: SeededServer) -> None:
    """docs: JSON Error Codes (160005); Threads › Permissions."""
    _, thread = await _thread(server)
    await _archive(server, thread["id"], locked=True)
    path = f"/channels/{thread['id']}"
    said = await server.ann.post(f"{path}/messages", {"content": "x"})
    assert said.code == 160005
    assert (await server.ann.patch(path, {"archived": False})).code == 50013
    assert (await server.bot.post(f"{path}/messages", {"content": "x"})).code == 50083
    assert (await server.bot.patch(path, {"archived": False})).status == 200
    assert (await server.bot.post(f"{path}/messages", {"content": "x"})).status == 200


async def test_anyone_who_may_write_can_unarchive_a_thread(server: SeededServer) -> None:
    """docs: Modify Channel › Thread."""
    _, thread = await _thread(server)
    await _archive(server, thread["id"])
    path = f"/channels/{thread['id']}"
    assert (await server.ann.patch(path, {"archived": False})).status == 200
    assert (await server.ann.patch(path, {"archived": True})).code == 50013
    assert (await server.ann.patch(path, {"locked": True})).code == 50013


async def test_writing_in_threads_needs_send_messages_in_threads(server: SeededServer) -> None:
    """docs: Threads › Permissions: the parent's overwrites hold."""
    _, thread = await _thread(server)
    server.deny(server.ann.user, server.essays, Permission.SEND_MESSAGES_IN_THREADS)
    reply = await server.ann.post(f"/channels/{thread['id']}/messages", {"content": "x"})
    assert reply.code == 50013
    await server.ann.post_message(server.essays, "still here")
    server.deny(server.ann.user, server.essays, Permission.SEND_MESSAGES)
    await server.ann.post_message(thread["id"], "and here")


async def test_a_thread_is_archived_after_its_time_without_activity(server: SeededServer) -> None:
    """docs: Threads › Archived threads (``auto_archive_duration``)."""
    message = await server.ann.post_message(server.essays, "one")
    reply = await server.bot.post(
        f"/channels/{server.essays}/messages/{message['id']}/threads",
        {"name": "T", "auto_archive_duration": 60},
    )
    world = server.emulator.world
    thread = world.channels[int(reply.body["id"])].thread
    assert thread is not None
    due = world.next_due()
    assert due == thread.active_at + timedelta(minutes=60)
    world.clock.advance_to(due + timedelta(seconds=1))
    world.pass_time()
    assert thread.archived
    assert world.next_due() is None


async def test_an_archive_duration_is_one_of_four(server: SeededServer) -> None:
    message = await server.ann.post_message(server.essays, "one")
    reply = await server.bot.post(
        f"/channels/{server.essays}/messages/{message['id']}/threads",
        {"name": "T", "auto_archive_duration": 61},
    )
    assert reply.fault("auto_archive_duration") == "BASE_TYPE_CHOICES"


async def test_active_and_archived_threads_are_listed_separately(server: SeededServer) -> None:
    """docs: List Active Guild Threads, List Public Archived Threads."""
    _, first = await _thread(server)
    _, second = await _thread(server)
    await _archive(server, first["id"])
    active = (await server.bot.get(f"/guilds/{server.guild_id}/threads/active")).body
    assert [thread["id"] for thread in active["threads"]] == [second["id"]]
    assert [member["id"] for member in active["members"]] == [second["id"]]
    path = f"/channels/{server.essays}/threads/archived/public"
    archived = (await server.bot.get(path)).body
    assert [thread["id"] for thread in archived["threads"]] == [first["id"]]
    assert archived["has_more"] is False
    moment = archived["threads"][0]["thread_metadata"]["archive_timestamp"].replace("+", "%2B")
    assert (await server.bot.get(f"{path}?before={moment}")).body["threads"] == []


async def test_deleting_a_thread_needs_manage_threads_and_deletes_its_messages(
    server: SeededServer,
) -> None:
    """docs: Delete/Close Channel."""
    _, thread = await _thread(server)
    said = await server.ann.post_message(thread["id"], "gone soon")
    assert (await server.ann.delete(f"/channels/{thread['id']}")).code == 50013
    assert (await server.bot.delete(f"/channels/{thread['id']}")).status == 200
    assert (await server.bot.get(f"/channels/{thread['id']}")).code == 10003
    assert server.emulator.world.messages[int(said["id"])].deleted


async def test_announcement_channels_have_their_own_thread_type(server: SeededServer) -> None:
    """docs: Channel Types (ANNOUNCEMENT_THREAD)."""
    await server.ada.patch(f"/channels/{server.essays}", {"type": 5})
    _, thread = await _thread(server)
    assert thread["type"] == 10


async def test_a_forum_post_comes_with_its_first_message(server: SeededServer) -> None:
    """docs: Start Thread in Forum or Media Channel."""
    reply = await server.bot.post(
        f"/channels/{server.forum}/threads", {"name": "Post", "message": {"content": "first"}}
    )
    assert reply.status == 201
    assert reply.body["message"]["id"] == reply.body["id"]
    assert reply.body["message"]["channel_id"] == reply.body["id"]
    assert reply.body["message_count"] == 0
    history = (await server.bot.get(f"/channels/{reply.body['id']}/messages")).body
    assert [message["content"] for message in history] == ["first"]


async def test_a_forum_post_cannot_be_empty(server: SeededServer) -> None:
    path = f"/channels/{server.forum}/threads"
    assert (await server.bot.post(path, {"name": "Post"})).code == 50035
    empty = await server.bot.post(path, {"name": "Post", "message": {"content": " "}})
    assert empty.code == 50006


async def test_a_forum_may_require_a_tag(server: SeededServer) -> None:
    """docs: Start Thread in Forum (``applied_tags``); JSON Error Codes (40067)."""
    forum = await server.ada.patch(
        f"/channels/{server.forum}", {"available_tags": [TAG], "flags": 1 << 4}
    )
    tag = forum.body["available_tags"][0]["id"]
    path = f"/channels/{server.forum}/threads"
    body: dict[str, Any] = {"name": "Post", "message": {"content": "first"}}
    assert (await server.bot.post(path, body)).code == 40067
    assert (await server.bot.post(path, {**body, "applied_tags": ["1"]})).code == 50035
    tagged = await server.bot.post(path, {**body, "applied_tags": [tag]})
    assert tagged.body["applied_tags"] == [tag]


async def test_a_members_post_cannot_be_answered_before_its_first_message(
    server: SeededServer,
) -> None:
    """docs: JSON Error Codes (40058)."""
    opened: asyncio.Queue[int] = asyncio.Queue()

    def listen(event: Event) -> None:
        if isinstance(event, ChannelCreated):
            opened.put_nowait(event.channel.id)

    server.emulator.world.listeners.append(listen)
    posting = asyncio.create_task(
        server.ann.post(
            f"/channels/{server.forum}/threads", {"name": "P", "message": {"content": "x"}}
        )
    )
    thread = await asyncio.wait_for(opened.get(), 10)
    early = await server.bot.post(f"/channels/{thread}/messages", {"content": "too early"})
    assert (early.status, early.code) == (403, 40058)
    assert (await posting).status == 201
    await server.bot.post_message(thread, "now")


async def test_a_thread_inherits_its_parents_permissions(server: SeededServer) -> None:
    """docs: Threads › Permissions."""
    _, thread = await _thread(server)
    server.deny(server.ann.user, server.essays, Permission.VIEW_CHANNEL)
    assert (await server.ann.get(f"/channels/{thread['id']}")).code == 50001


async def test_overwrites_are_set_and_removed(server: SeededServer) -> None:
    """docs: Edit Channel Permissions, Delete Channel Permission."""
    path = f"/channels/{server.essays}/permissions/{server.ann.user.id}"
    body = {"type": int(OverwriteType.MEMBER), "deny": str(int(Permission.VIEW_CHANNEL))}
    assert (await server.bot.put(path, body)).code == 50013
    assert (await server.ada.put(path, body)).status == 204
    assert (await server.ann.get(f"/channels/{server.essays}")).code == 50001
    assert (await server.ada.delete(path)).status == 204
    assert (await server.ada.delete(path)).code == 10009
    assert (await server.ann.get(f"/channels/{server.essays}")).status == 200


async def test_private_archived_threads_are_listed_for_members_and_moderators(
    server: SeededServer,
) -> None:
    """docs: List Private Archived Threads, List Joined Private Archived Threads."""
    opened = await server.ann.post(f"/channels/{server.essays}/threads", {"name": "T"})
    await _archive(server, opened.body["id"])
    path = f"/channels/{server.essays}/threads/archived/private"
    assert (await server.ben.get(path)).code == 50013
    assert [t["id"] for t in (await server.bot.get(path)).body["threads"]] == [opened.body["id"]]
    own = f"/channels/{server.essays}/users/@me/threads/archived/private"
    assert [t["id"] for t in (await server.ann.get(own)).body["threads"]] == [opened.body["id"]]
    assert (await server.ben.get(own)).body["threads"] == []


async def test_a_threads_owner_can_change_it(server: SeededServer) -> None:
    """docs: Modify Channel › Thread; Message Types (CHANNEL_NAME_CHANGE)."""
    message = await server.ann.post_message(server.essays, "one")
    thread = await server.ann.open_thread(server.essays, message["id"])
    path = f"/channels/{thread['id']}"
    renamed = await server.ann.patch(path, {"name": "New", "auto_archive_duration": 60})
    assert renamed.body["name"] == "New"
    assert (await server.ben.patch(path, {"name": "Other"})).code == 50013
    assert (await server.ann.patch(path, {"rate_limit_per_user": 5})).code == 50013
    told = (await server.bot.get(f"{path}/messages")).body[0]
    assert (told["type"], told["content"]) == (4, "New")


async def test_system_messages_and_messages_in_threads_cannot_start_a_thread(
    server: SeededServer,
) -> None:
    """docs: JSON Error Codes (50021, 50024)."""
    _, thread = await _thread(server)
    said = await server.ann.post_message(thread["id"], "in here")
    inner = f"/channels/{thread['id']}/messages/{said['id']}/threads"
    assert (await server.bot.post(inner, {"name": "T"})).code == 50024
    await server.bot.post(f"/channels/{server.essays}/threads", {"name": "T", "type": 11})
    told = (await server.bot.get(f"/channels/{server.essays}/messages")).body[0]
    path = f"/channels/{server.essays}/messages/{told['id']}/threads"
    assert (await server.bot.post(path, {"name": "T"})).code == 50021


async def test_slowmode_also_limits_how_often_a_member_starts_a_thread(
    server: SeededServer,
) -> None:
    """docs: Channel Object (one message and one thread in each interval); error 20016."""
    world = server.emulator.world
    for place in (server.essays, server.forum):
        world.channels[place].rate_limit_per_user = 30
    said = [await server.bot.post_message(server.essays, text) for text in ("one", "two")]
    first, second = (f"/channels/{server.essays}/messages/{one['id']}/threads" for one in said)
    plain, posts = f"/channels/{server.essays}/threads", f"/channels/{server.forum}/threads"
    post = {"name": "T", "message": {"content": "x"}}
    assert (await server.ann.post(first, {"name": "T"})).status == 201
    await server.ann.post_message(server.essays, "a message counts on its own")
    for path, body in ((second, {"name": "T"}), (plain, {"name": "T", "type": 11})):
        refused = await server.ann.post(path, body)
        assert (refused.status, refused.code) == (429, 20016)
    assert (await server.ann.post(posts, post)).status == 201
    assert (await server.ann.post(posts, post)).code == 20016
    for _ in range(2):
        assert (await server.bot.post(posts, post)).status == 201
    world.clock.advance_to(world.now() + timedelta(seconds=30))
    assert (await server.ann.post(second, {"name": "T"})).status == 201
    allowed = Overwrite(
        server.ann.user.id, OverwriteType.MEMBER, allow=int(Permission.BYPASS_SLOWMODE)
    )
    world.channels[server.essays].overwrites.append(allowed)
    assert (await server.ann.post(plain, {"name": "T", "type": 11})).status == 201


async def test_deleting_a_category_keeps_its_channels(server: SeededServer) -> None:
    """docs: Delete/Close Channel (their ``parent_id`` is removed)."""
    path = f"/guilds/{server.guild_id}/channels"
    category = (await server.ada.post(path, {"name": "C", "type": 4})).body["id"]
    inside = (await server.ada.post(path, {"name": "in", "parent_id": category})).body["id"]
    heard = collect_dispatches(server.emulator.world)
    assert (await server.ada.delete(f"/channels/{category}")).status == 200
    assert [event.name for event in heard] == ["CHANNEL_UPDATE", "CHANNEL_DELETE"]
    assert (await server.ada.get(f"/channels/{inside}")).body["parent_id"] is None


async def test_only_moderators_add_others_to_a_private_thread_that_is_not_invitable(
    server: SeededServer,
) -> None:
    """docs: Thread Metadata Object (``invitable``)."""
    body = {"name": "T", "type": 12, "invitable": False}
    thread = (await server.ann.post(f"/channels/{server.essays}/threads", body)).body["id"]
    member = f"/channels/{thread}/thread-members/{server.ben.user.id}"
    assert (await server.ann.put(member)).code == 50013
    assert (await server.bot.put(member)).status == 204
    open_one = {**body, "invitable": True}
    thread = (await server.ann.post(f"/channels/{server.essays}/threads", open_one)).body["id"]
    member = f"/channels/{thread}/thread-members/{server.ben.user.id}"
    assert (await server.ann.put(member)).status == 204


async def test_a_thread_has_1000_members(server: SeededServer) -> None:
    """docs: JSON Error Codes (30033)."""
    _, made = await _thread(server)
    thread = server.emulator.world.channels[int(made["id"])].thread
    assert thread is not None
    own, now = server.bot.user.id, server.emulator.world.now()
    thread.members = {own: thread.members[own]}
    thread.members |= {number: ThreadMember(number, now) for number in range(1, 999)}
    path = f"/channels/{made['id']}/thread-members"
    assert (await server.bot.put(f"{path}/{server.ben.user.id}")).status == 204
    assert len(thread.members) == 1000
    assert (await server.bot.put(f"{path}/{server.ben.user.id}")).status == 204
    assert (await server.bot.put(f"{path}/{server.ann.user.id}")).code == 30033
    assert (await server.ann.put(f"{path}/@me")).code == 30033
    await server.ann.post_message(made["id"], "members aside, anyone may write")
    assert len(thread.members) == 1000


async def test_a_poll_is_not_voted_in_or_ended_in_an_archived_thread(server: SeededServer) -> None:
    """docs: Threads › Active & Archived Threads, Locked Threads."""
    _, made = await _thread(server)
    poll = {"question": {"text": "?"}, "answers": [{"poll_media": {"text": "yes"}}]}
    asked = (await server.ann.post(f"/channels/{made['id']}/messages", {"poll": poll})).body["id"]
    path = f"/channels/{made['id']}/polls/{asked}"
    await _archive(server, made["id"])
    assert (await server.ben.put(f"{path}/answers/@me", {"answer_ids": ["1"]})).code == 50083
    assert (await server.ann.post(f"{path}/expire")).code == 50083
    await server.bot.patch(f"/channels/{made['id']}", {"archived": False, "locked": True})
    assert (await server.ann.post(f"{path}/expire")).code == 160005
    await server.bot.patch(f"/channels/{made['id']}", {"locked": False})
    assert (await server.ann.post(f"{path}/expire")).status == 200


async def test_the_members_of_a_thread_are_listed_in_pages_only_with_the_members(
    server: SeededServer,
) -> None:
    """docs: List Thread Members (``with_member``; the members intent)."""
    _, made = await _thread(server)
    path = f"/channels/{made['id']}/thread-members"
    await server.ann.put(f"{path}/@me")
    assert len((await server.bot.get(f"{path}?limit=1")).body) == 2
    assert len((await server.bot.get(f"{path}?limit=1&with_member=true")).body) == 1
    server.emulator.world.application.flags = 0
    assert (await server.bot.get(path)).code == 50001
    assert (await server.ann.get(path)).status == 200


async def test_moderated_tags_are_set_and_removed_by_moderators(server: SeededServer) -> None:
    """docs: Forum Tag Object (``moderated``)."""
    tags = [{"name": "a", "moderated": False}, {"name": "b", "moderated": True}]
    path = f"/channels/{server.forum}"
    made = (await server.ada.patch(path, {"available_tags": tags})).body["available_tags"]
    free, moderated = (tag["id"] for tag in made)
    post = {"name": "T", "message": {"content": "x"}}
    refused = await server.ann.post(f"{path}/threads", {**post, "applied_tags": [moderated]})
    assert refused.code == 50013
    thread = (await server.ann.post(f"{path}/threads", post)).body["id"]
    for client, wanted, code in (
        (server.ann, [free], None),
        (server.ann, [free, moderated], 50013),
        (server.bot, [free, moderated], None),
        (server.ann, [moderated], None),
        (server.ann, [], 50013),
    ):
        reply = await client.patch(f"/channels/{thread}", {"applied_tags": wanted})
        assert reply.code == code, wanted
