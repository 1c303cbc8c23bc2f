"""Messages. docs: Message Resource."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from bot.emulator.world.models import Emoji, Overwrite, OverwriteType
from bot.emulator.world.permissions import Permission
from tests.emulator.http_clients import SeededServer


async def test_a_bad_token_is_unauthorized(server: SeededServer) -> None:
    """docs: Opcodes and Status Codes › HTTP (401)."""
    reply = await server.nobody.get("/users/@me")
    assert (reply.status, reply.body) == (401, {"message": "401: Unauthorized", "code": 0})


async def test_an_unknown_route_is_rejected_by_method_and_path(server: SeededServer) -> None:
    reply = await server.bot.get("/nothing/here")
    assert (reply.status, reply.code) == (404, 0)
    assert "GET /api/v10/nothing/here" in reply.body["message"]


async def test_json_comes_without_a_charset(server: SeededServer) -> None:
    reply = await server.bot.get("/users/@me")
    assert reply.headers["Content-Type"] == "application/json"


async def test_broken_json_is_50109(server: SeededServer) -> None:
    """docs: JSON Error Codes."""
    async with server.bot.session.post(
        f"{server.emulator.api}/channels/{server.essays}/messages",
        data=b"{",
        headers={
            "Authorization": f"Bot {server.bot.user.token}",
            "Content-Type": "application/json",
        },
    ) as response:
        assert (response.status, (await response.json())["code"]) == (400, 50109)


async def test_content_is_stripped(server: SeededServer) -> None:
    message = await server.ann.post_message(server.essays, "  a thought \n")
    assert message["content"] == "a thought"


@pytest.mark.parametrize("content", ["", "   ", None])
async def test_an_empty_message_is_50006(server: SeededServer, content: str | None) -> None:
    """docs: Create Message; JSON Error Codes."""
    reply = await server.ann.post(f"/channels/{server.essays}/messages", {"content": content})
    assert (reply.status, reply.code) == (400, 50006)


async def test_content_has_at_most_2000_characters(server: SeededServer) -> None:
    """docs: Create Message."""
    await server.ann.post_message(server.essays, "x" * 2000)
    reply = await server.ann.post(f"/channels/{server.essays}/messages", {"content": "x" * 2001})
    assert (reply.status, reply.code) == (400, 50035)
    assert reply.fault("content") == "BASE_TYPE_MAX_LENGTH"


async def test_an_unknown_channel_is_10003(server: SeededServer) -> None:
    reply = await server.ann.post("/channels/123/messages", {"content": "x"})
    assert (reply.status, reply.code) == (404, 10003)


async def test_an_invalid_id_is_an_invalid_form(server: SeededServer) -> None:
    """docs: Reference › Error Messages."""
    reply = await server.ann.get("/channels/essays/messages")
    assert (reply.status, reply.code) == (400, 50035)


async def test_a_channel_without_view_permission_is_50001(server: SeededServer) -> None:
    """docs: Permissions; JSON Error Codes."""
    reply = await server.ann.get(f"/channels/{server.admins}")
    assert (reply.status, reply.code) == (403, 50001)
    assert (await server.ada.get(f"/channels/{server.admins}")).status == 200


async def test_without_send_messages_it_is_50013(server: SeededServer) -> None:
    server.deny(server.ann.user, server.essays, Permission.SEND_MESSAGES)
    reply = await server.ann.post(f"/channels/{server.essays}/messages", {"content": "x"})
    assert (reply.status, reply.code) == (403, 50013)


async def test_a_forum_accepts_no_messages(server: SeededServer) -> None:
    """docs: JSON Error Codes (50008)."""
    reply = await server.ann.post(f"/channels/{server.forum}/messages", {"content": "x"})
    assert (reply.status, reply.code) == (400, 50008)


async def test_a_repeated_nonce_returns_the_first_message(server: SeededServer) -> None:
    """docs: Create Message (``enforce_nonce``)."""
    first = await server.bot.post_message(server.essays, "one", nonce="n1", enforce_nonce=True)
    again = await server.bot.post_message(server.essays, "other", nonce="n1", enforce_nonce=True)
    assert (again["id"], again["content"]) == (first["id"], "one")
    history = await server.bot.get(f"/channels/{server.essays}/messages")
    assert len(history.body) == 1
    assert "nonce" not in history.body[0]
    assert first["nonce"] == "n1"


async def test_a_nonce_without_enforce_nonce_sends_twice(server: SeededServer) -> None:
    first = await server.bot.post_message(server.essays, "one", nonce="n1")
    second = await server.bot.post_message(server.essays, "one", nonce="n1")
    assert first["id"] != second["id"]


async def test_a_nonce_of_a_deleted_message_is_10008(server: SeededServer) -> None:
    first = await server.bot.post_message(server.essays, "one", nonce="n1", enforce_nonce=True)
    await server.bot.delete(f"/channels/{server.essays}/messages/{first['id']}")
    reply = await server.bot.post(
        f"/channels/{server.essays}/messages",
        {"content": "one", "nonce": "n1", "enforce_nonce": True},
    )
    assert (reply.status, reply.code) == (404, 10008)


async def test_a_nonce_is_forgotten_after_some_minutes(server: SeededServer) -> None:
    world = server.emulator.world
    first = await server.bot.post_message(server.essays, "one", nonce="n1", enforce_nonce=True)
    world.clock.advance_to(world.now() + timedelta(minutes=10))
    again = await server.bot.post_message(server.essays, "one", nonce="n1", enforce_nonce=True)
    assert again["id"] != first["id"]


async def test_a_nonce_belongs_to_its_author(server: SeededServer) -> None:
    await server.ann.post_message(server.essays, "one", nonce="n1", enforce_nonce=True)
    other = await server.ben.post_message(server.essays, "two", nonce="n1", enforce_nonce=True)
    assert other["content"] == "two"


async def test_a_nonce_has_at_most_25_characters(server: SeededServer) -> None:
    reply = await server.bot.post(
        f"/channels/{server.essays}/messages", {"content": "x", "nonce": "n" * 26}
    )
    assert reply.fault("nonce") == "NONCE_TYPE_TOO_LONG"


async def test_a_reply_includes_its_message_and_mentions_the_author(server: SeededServer) -> None:
    """docs: Message Resource › Message Types (REPLY), Allowed Mentions Object."""
    first = await server.ann.post_message(server.essays, "one")
    reply = await server.ben.post_message(
        server.essays, "two", message_reference={"message_id": first["id"]}
    )
    assert reply["type"] == 19
    assert reply["referenced_message"]["content"] == "one"
    assert [one["id"] for one in reply["mentions"]] == [str(server.ann.user.id)]
    assert reply["message_reference"]["message_id"] == first["id"]


async def test_a_reply_can_skip_mentioning_the_author(server: SeededServer) -> None:
    first = await server.ann.post_message(server.essays, "one")
    reply = await server.ben.post_message(
        server.essays,
        "two",
        message_reference={"message_id": first["id"]},
        allowed_mentions={"parse": []},
    )
    assert reply["mentions"] == []


async def test_a_reply_to_an_unknown_message_fails_unless_allowed(server: SeededServer) -> None:
    """docs: Message Reference Structure (``fail_if_not_exists``)."""
    body = {"content": "x", "message_reference": {"message_id": "123"}}
    reply = await server.ann.post(f"/channels/{server.essays}/messages", body)
    assert (reply.code, reply.fault("message_reference")) == (50035, "REPLIES_UNKNOWN_MESSAGE")
    message = await server.ann.post_message(
        server.essays,
        "x",
        message_reference={"message_id": "123", "fail_if_not_exists": False},
    )
    assert message["type"] == 0


async def test_a_replys_referenced_message_is_null_once_deleted(server: SeededServer) -> None:
    first = await server.ann.post_message(server.essays, "one")
    reply = await server.ben.post_message(
        server.essays, "two", message_reference={"message_id": first["id"]}
    )
    await server.ann.delete(f"/channels/{server.essays}/messages/{first['id']}")
    again = await server.bot.get(f"/channels/{server.essays}/messages/{reply['id']}")
    assert again.body["referenced_message"] is None


async def test_replying_needs_read_message_history(server: SeededServer) -> None:
    """docs: JSON Error Codes (160002)."""
    first = await server.ann.post_message(server.essays, "one")
    server.deny(server.ben.user, server.essays, Permission.READ_MESSAGE_HISTORY)
    reply = await server.ben.post(
        f"/channels/{server.essays}/messages",
        {"content": "x", "message_reference": {"message_id": first["id"]}},
    )
    assert reply.code == 160002


async def test_a_forward_carries_a_snapshot(server: SeededServer) -> None:
    """docs: Message Reference Types (FORWARD)."""
    first = await server.ann.post_message(server.essays, "one")
    reply = await server.ada.post(
        f"/channels/{server.admins}/messages",
        {
            "message_reference": {
                "type": 1,
                "message_id": first["id"],
                "channel_id": str(server.essays),
            }
        },
    )
    assert reply.status == 200, reply
    assert reply.body["message_snapshots"][0]["message"]["content"] == "one"
    assert reply.body["content"] == ""


async def test_a_role_in_a_text_display_is_mentioned_if_that_is_allowed(
    server: SeededServer,
) -> None:
    """docs: Component Reference › Text Display."""
    path = f"/guilds/{server.guild_id}/roles"
    roles = [
        (await server.ada.post(path, {"name": name, "mentionable": name != "Locked"})).body["id"]
        for name in ("Readers", "Others", "Locked")
    ]
    shown = [{"type": 10, "content": " ".join(f"<@&{role}>" for role in roles)}]
    body = {
        "flags": 1 << 15,
        "components": [{"type": 17, "components": shown}],
        "allowed_mentions": {"parse": [], "roles": [roles[0], roles[2]]},
    }
    reply = await server.bot.post(f"/channels/{server.essays}/messages", body)
    assert reply.body["mention_roles"] == [roles[0]]
    edited = await server.bot.patch(
        f"/channels/{server.essays}/messages/{reply.body['id']}",
        {"components": [{"type": 10, "content": "Nobody."}], "allowed_mentions": {"parse": []}},
    )
    assert edited.body["mention_roles"] == []


async def test_everyone_is_mentioned_only_by_those_who_may(server: SeededServer) -> None:
    """docs: Permissions (MENTION_EVERYONE)."""
    assert not (await server.ann.post_message(server.essays, "@everyone"))["mention_everyone"]
    assert (await server.ada.post_message(server.essays, "@everyone"))["mention_everyone"]
    silent = await server.ada.post_message(
        server.essays, "@everyone", allowed_mentions={"parse": []}
    )
    assert not silent["mention_everyone"]


async def test_allowed_mentions_lists_exclude_parse(server: SeededServer) -> None:
    """docs: Allowed Mentions Object."""
    reply = await server.bot.post(
        f"/channels/{server.essays}/messages",
        {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
    )
    assert reply.code == 50035


async def test_only_the_author_edits(server: SeededServer) -> None:
    """docs: Edit Message; JSON Error Codes (50005)."""
    message = await server.ann.post_message(server.essays, "one")
    path = f"/channels/{server.essays}/messages/{message['id']}"
    reply = await server.bot.patch(path, {"content": "mine"})
    assert (reply.status, reply.code) == (403, 50005)
    edited = await server.ann.patch(path, {"content": "two"})
    assert edited.body["content"] == "two"
    assert edited.body["edited_timestamp"] is not None


async def test_suppressing_embeds_of_others_needs_manage_messages(server: SeededServer) -> None:
    message = await server.ann.post_message(server.essays, "one")
    path = f"/channels/{server.essays}/messages/{message['id']}"
    reply = await server.bot.patch(path, {"flags": 4})
    assert reply.body["flags"] == 4
    assert (await server.ben.patch(path, {"flags": 0})).code == 50013


async def test_an_edit_cannot_empty_a_message(server: SeededServer) -> None:
    message = await server.ann.post_message(server.essays, "one")
    reply = await server.ann.patch(
        f"/channels/{server.essays}/messages/{message['id']}", {"content": ""}
    )
    assert reply.code == 50006


async def test_deleting_others_messages_needs_manage_messages(server: SeededServer) -> None:
    message = await server.ann.post_message(server.essays, "one")
    path = f"/channels/{server.essays}/messages/{message['id']}"
    assert (await server.ben.delete(path)).code == 50013
    assert (await server.bot.delete(path)).status == 204
    assert (await server.bot.get(path)).code == 10008


async def test_history_is_read_in_pages_newest_first(server: SeededServer) -> None:
    """docs: Get Channel Messages."""
    ids = [(await server.ann.post_message(server.essays, f"m{n}"))["id"] for n in range(6)]
    path = f"/channels/{server.essays}/messages"

    async def read(query: str) -> list[str]:
        return [message["id"] for message in (await server.bot.get(path + query)).body]

    assert await read("") == ids[::-1]
    assert await read("?limit=2") == [ids[5], ids[4]]
    assert await read(f"?before={ids[3]}&limit=2") == [ids[2], ids[1]]
    assert await read(f"?after={ids[1]}&limit=2") == [ids[3], ids[2]]
    assert await read(f"?around={ids[2]}&limit=3") == [ids[3], ids[2], ids[1]]
    assert (await server.bot.get(f"{path}?limit=101")).fault("limit") == "NUMBER_TYPE_MAX"
    assert (await server.bot.get(f"{path}?limit=0")).fault("limit") == "NUMBER_TYPE_MIN"


async def test_without_read_message_history_there_is_nothing_to_read(server: SeededServer) -> None:
    """docs: Get Channel Messages."""
    message = await server.ann.post_message(server.essays, "one")
    server.deny(server.bot.user, server.essays, Permission.READ_MESSAGE_HISTORY)
    reply = await server.bot.get(f"/channels/{server.essays}/messages")
    assert (reply.status, reply.body) == (200, [])
    one = await server.bot.get(f"/channels/{server.essays}/messages/{message['id']}")
    assert one.code == 50013


async def test_without_the_message_content_intent_others_text_is_empty(
    server: SeededServer,
) -> None:
    """docs: Gateway › Message Content Intent."""
    server.emulator.world.application.flags = 0
    await server.ann.post_message(server.essays, "hidden")
    await server.ann.post_message(server.essays, f"<@{server.bot.user.id}> look")
    await server.bot.post_message(server.essays, "mine")
    history = (await server.bot.get(f"/channels/{server.essays}/messages")).body
    assert [m["content"] for m in history] == ["mine", f"<@{server.bot.user.id}> look", ""]


async def test_bulk_deletion_takes_2_to_100_recent_messages(server: SeededServer) -> None:
    """docs: Bulk Delete Messages; JSON Error Codes (50016, 50034)."""
    ids = [(await server.ann.post_message(server.essays, f"m{n}"))["id"] for n in range(3)]
    path = f"/channels/{server.essays}/messages/bulk-delete"
    assert (await server.bot.post(path, {"messages": ids[:1]})).code == 50016
    assert (await server.bot.post(path, {"messages": [ids[0], "1"]})).code == 50034
    assert (await server.bot.post(path, {"messages": ids[:2]})).status == 204
    left = (await server.bot.get(f"/channels/{server.essays}/messages")).body
    assert [message["id"] for message in left] == [ids[2]]


async def test_only_announcements_are_crossposted_and_only_once(server: SeededServer) -> None:
    """docs: Crosspost Message; JSON Error Codes (40033, 50068)."""
    message = await server.bot.post_message(server.essays, "news")
    path = f"/channels/{server.essays}/messages/{message['id']}/crosspost"
    assert (await server.bot.post(path)).code == 50068
    await server.ada.patch(f"/channels/{server.essays}", {"type": 5})
    assert (await server.bot.post(path)).body["flags"] & 1
    assert (await server.bot.post(path)).code == 40033


async def test_slowmode_applies_to_members_and_not_bots(server: SeededServer) -> None:
    """docs: Channels Resource › Channel Object (``rate_limit_per_user``); error 20016."""
    await server.ada.patch(f"/channels/{server.essays}", {"rate_limit_per_user": 30})
    await server.ann.post_message(server.essays, "one")
    reply = await server.ann.post(f"/channels/{server.essays}/messages", {"content": "two"})
    assert (reply.status, reply.code) == (429, 20016)
    assert 0 < reply.body["retry_after"] <= 30
    await server.bot.post_message(server.essays, "one")
    await server.bot.post_message(server.essays, "two")
    world = server.emulator.world
    world.clock.advance_to(world.now() + timedelta(seconds=31))
    await server.ann.post_message(server.essays, "two")


async def test_a_member_in_time_out_can_only_read(server: SeededServer) -> None:
    """docs: Permissions › Permissions for Timed Out Members."""
    world = server.emulator.world
    until = (world.now() + timedelta(hours=1)).isoformat()
    reply = await server.ada.patch(
        f"/guilds/{server.guild_id}/members/{server.ann.user.id}",
        {"communication_disabled_until": until},
    )
    assert reply.status == 200
    denied = await server.ann.post(f"/channels/{server.essays}/messages", {"content": "x"})
    assert denied.code == 50013
    assert (await server.ann.get(f"/channels/{server.essays}/messages")).status == 200


async def test_the_snapshot_keeps_deleted_messages(server: SeededServer) -> None:
    message = await server.ann.post_message(server.essays, "one")
    await server.ann.delete(f"/channels/{server.essays}/messages/{message['id']}")
    async with server.bot.session.get(f"{server.emulator.page}/rehearsal/world") as response:
        truth = await response.json()
    assert [(m["content"], m["deleted"]) for m in truth["messages"]] == [("one", True)]
    assert {c["name"] for c in truth["channels"]} == {"essays", "essay-forum", "admins"}


async def test_only_bypass_slowmode_exempts_from_slowmode(server: SeededServer) -> None:
    """docs: Change Log, 24 November 2025; Permissions (*Bypass Slowmode*)."""
    channel = server.emulator.world.channels[server.essays]
    channel.rate_limit_per_user = 30
    ann = server.ann.user.id

    def allow(*permissions: Permission) -> None:
        channel.overwrites = [Overwrite(ann, OverwriteType.MEMBER, allow=int(sum(permissions)))]

    allow(Permission.MANAGE_MESSAGES, Permission.MANAGE_CHANNELS)
    await server.ann.post_message(server.essays, "one")
    refused = await server.ann.post(f"/channels/{server.essays}/messages", {"content": "two"})
    assert (refused.status, refused.code) == (429, 20016)
    allow(Permission.BYPASS_SLOWMODE)
    await server.ann.post_message(server.essays, "two")


async def test_a_reaction_with_an_unknown_custom_emoji_is_10014(server: SeededServer) -> None:
    """docs: Message Resource › Create Reaction; JSON Error Codes (10014)."""
    message = await server.ann.post_message(server.essays, "x")
    path = f"/channels/{server.essays}/messages/{message['id']}/reactions"
    assert (await server.bot.put(f"{path}/wave:123/@me")).code == 10014
    server.emulator.world.guild.emojis[123] = Emoji(123, "wave")
    assert (await server.bot.put(f"{path}/wave:123/@me")).status == 204


async def test_a_poll_emoji_is_validated_and_has_an_id(server: SeededServer) -> None:
    """docs: Poll Resource › Poll Media Object."""

    def poll(emoji: Any) -> dict[str, Any]:
        media = {"text": "yes", "emoji": emoji}
        return {"poll": {"question": {"text": "?"}, "answers": [{"poll_media": media}]}}

    path = f"/channels/{server.essays}/messages"
    sent = (await server.ann.post(path, poll({"name": "\U0001f44d"}))).body
    assert sent["poll"]["answers"][0]["poll_media"]["emoji"] == {"id": None, "name": "\U0001f44d"}
    assert (await server.ann.post(path, poll({"name": "x"}))).code == 50035
    assert (await server.ann.post(path, poll("x"))).code == 50035


async def test_a_form_may_be_urlencoded(server: SeededServer) -> None:
    """docs: Reference › HTTP API (``application/x-www-form-urlencoded``)."""
    async with server.ann.session.post(
        f"{server.emulator.api}/channels/{server.essays}/messages",
        headers={"Authorization": server.ann.user.token},
        data={"payload_json": json.dumps({"content": "as a form"})},
    ) as response:
        assert response.headers["Content-Type"] == "application/json"
        assert (response.status, (await response.json())["content"]) == (200, "as a form")


async def test_version_9_is_served_too(server: SeededServer) -> None:
    """docs: Reference › API Versioning."""
    address = server.emulator.api.replace("/v10", "/v9")
    headers = {"Authorization": f"Bot {server.bot.user.token}"}
    async with server.bot.session.get(f"{address}/users/@me", headers=headers) as response:
        assert (response.status, (await response.json())["id"]) == (200, str(server.bot.user.id))


async def test_a_forward_keeps_files_embeds_and_stickers_as_they_were(
    server: SeededServer,
) -> None:
    """docs: Message Resource › Forwards, Message Snapshot Object."""
    path = f"/channels/{server.essays}/messages"
    button = {"type": 2, "style": 5, "label": "There", "url": "https://a.example"}
    body = {
        "content": "one",
        "embeds": [{"title": "T"}],
        "sticker_ids": ["749054660769218631"],
        "components": [{"type": 1, "components": [button]}],
    }
    first = (await server.bot.post(path, body, files={"a.txt": b"words"})).body
    reference = {"type": 1, "message_id": first["id"], "channel_id": str(server.essays)}
    sent = await server.ann.post(path, {"message_reference": reference})
    await server.bot.patch(f"{path}/{first['id']}", {"content": "changed"})
    shown = (await server.bot.get(f"{path}/{sent.body['id']}")).body
    copy = shown["message_snapshots"][0]["message"]
    assert shown["message_reference"] == {**reference, "guild_id": str(server.guild_id)}
    assert (shown["content"], shown["attachments"], shown["flags"]) == ("", [], 1 << 14)
    for name in ("embeds", "sticker_items", "components", "timestamp", "type", "attachments"):
        assert copy[name] == first[name], name
    assert copy["content"] == "one"
    assert "author" not in copy


async def test_a_poll_a_system_message_or_an_unknown_one_cannot_be_forwarded(
    server: SeededServer,
) -> None:
    """docs: Message Resource › Message Reference Types (basic messages only)."""
    path = f"/channels/{server.essays}/messages"
    poll = {"question": {"text": "?"}, "answers": [{"poll_media": {"text": "yes"}}]}
    asked = (await server.ann.post(path, {"poll": poll})).body
    await server.ada.post(f"/channels/{server.essays}/threads", {"name": "T", "type": 11})
    system = (await server.ann.get(path)).body[0]
    for one, code in ((asked["id"], 50021), (system["id"], 50021), ("123", 50035)):
        reference = {"type": 1, "message_id": one, "channel_id": str(server.essays)}
        assert (await server.ann.post(path, {"message_reference": reference})).code == code


async def test_a_bot_without_the_content_intent_cannot_forward_what_it_cannot_read(
    server: SeededServer,
) -> None:
    """docs: Message Resource › Message Reference Types (160014)."""
    path = f"/channels/{server.essays}/messages"
    first = await server.ann.post_message(server.essays, "one")
    own = await server.bot.post_message(server.essays, "own")
    server.emulator.world.application.flags = 0
    for one, code in ((first["id"], 160014), (own["id"], None)):
        reference = {"type": 1, "message_id": one, "channel_id": str(server.essays)}
        assert (await server.bot.post(path, {"message_reference": reference})).code == code


async def test_only_one_of_before_after_and_around_is_taken(server: SeededServer) -> None:
    """docs: Get Channel Messages (they are mutually exclusive)."""
    path = f"/channels/{server.essays}/messages"
    for query in ("before=1&after=1", "around=1&after=1", "before=1&after=1&around=1"):
        assert (await server.bot.get(f"{path}?{query}")).code == 50035
    for query in ("before=1", "after=1", "around=1"):
        assert (await server.bot.get(f"{path}?{query}")).status == 200


async def test_a_file_that_was_not_uploaded_is_50146(server: SeededServer) -> None:
    """docs: Attachment Request Structure; JSON Error Codes (50146)."""
    path = f"/channels/{server.essays}/messages"
    for content in ("", "x"):
        body = {"content": content, "attachments": [{"id": 0, "filename": "a.txt"}]}
        refused = await server.bot.post(path, body)
        assert refused.code == (50146 if content else 50006)
    sent = await server.bot.post(path, body, files={"a.txt": b"words"})
    assert sent.status == 200
    one, kept = f"{path}/{sent.body['id']}", {"id": sent.body["attachments"][0]["id"]}
    for attachments, code in (([kept], None), ([kept, {"id": "5"}], 50146), ([], None)):
        reply = await server.bot.patch(one, {"content": "y", "attachments": attachments})
        assert reply.code == code
    assert reply.body["attachments"] == []


async def test_the_flag_of_voice_messages_is_refused(server: SeededServer) -> None:
    """docs: Create Message (``IS_VOICE_MESSAGE``)."""
    body = {"content": "x", "flags": 1 << 13}
    reply = await server.bot.post(f"/channels/{server.essays}/messages", body)
    assert reply.fault("flags") == "NOT_EMULATED"


async def test_messages_are_bulk_deleted_in_servers_only(server: SeededServer) -> None:
    """docs: Bulk Delete Messages; JSON Error Codes (50003)."""
    body = {"recipient_id": str(server.ann.user.id)}
    channel = (await server.bot.post("/users/@me/channels", body)).body["id"]
    ids = {"messages": [str(server.emulator.world.new_id()) for _ in range(2)]}
    assert (await server.bot.post(f"/channels/{channel}/messages/bulk-delete", ids)).code == 50003
    target = f"/channels/{channel}/permissions/{server.ann.user.id}"
    assert (await server.bot.put(target, {"type": 1})).code == 50003


async def test_the_deprecated_list_of_pins_has_50(server: SeededServer) -> None:
    """docs: Get Pinned Messages (deprecated)."""
    for _ in range(51):
        sent = await server.ann.post_message(server.essays, "x")
        message = server.emulator.world.messages[int(sent["id"])]
        message.pinned, message.pinned_at = True, message.timestamp
    path = f"/channels/{server.essays}"
    assert len((await server.bot.get(f"{path}/pins")).body) == 50
    page = (await server.bot.get(f"{path}/messages/pins")).body
    assert (len(page["items"]), page["has_more"]) == (50, True)


async def test_a_polls_custom_emoji_has_the_emojis_name(server: SeededServer) -> None:
    """docs: Poll Media Object (only the ``id`` is needed)."""
    server.emulator.world.guild.emojis[5] = Emoji(5, "wave", animated=True)
    media = {"text": "yes", "emoji": {"id": "5", "name": "other"}}
    poll = {"question": {"text": "?"}, "answers": [{"poll_media": media}]}
    sent = await server.ann.post(f"/channels/{server.essays}/messages", {"poll": poll})
    shown = sent.body["poll"]["answers"][0]["poll_media"]["emoji"]
    assert shown == {"id": "5", "name": "wave", "animated": True}


async def test_normal_and_burst_reactions_are_listed_separately(server: SeededServer) -> None:
    """docs: Get Reactions (``type``); Delete User Reaction."""
    sent = await server.ann.post_message(server.essays, "x")
    path = f"/channels/{server.essays}/messages/{sent['id']}/reactions/%E2%9D%A4"
    await server.ann.put(f"{path}/@me")
    assert len((await server.bot.get(f"{path}?type=0")).body) == 1
    assert (await server.bot.get(f"{path}?type=1")).body == []
    assert (await server.bot.get(f"{path}?type=2")).code == 50035
    assert (await server.bot.delete(f"{path}/1")).code == 10013


@pytest.mark.parametrize("multipart", [True, False])
async def test_a_form_has_its_fields_as_texts(server: SeededServer, multipart: bool) -> None:
    """docs: Reference › Uploading Files (an example without ``payload_json``)."""

    async def send(**fields: str) -> tuple[int, Any]:
        form = aiohttp.FormData(default_to_multipart=multipart)
        for name, value in fields.items():
            form.add_field(name, value)
        async with server.ada.session.post(
            f"{server.emulator.api}/channels/{server.essays}/messages",
            headers={"Authorization": server.ada.user.token},
            data=form,
        ) as response:
            return response.status, await response.json()

    status, sent = await send(content="true", tts="true", flags="4")
    assert (status, sent["content"], sent["tts"], sent["flags"]) == (200, "true", True, 4)
    assert (await send(content="x", tts="False"))[1]["tts"] is False
    assert (await send(content="x", tts="yes"))[1]["code"] == 50035
    assert (await send(payload_json="[]"))[1]["code"] == 50035
    assert (await send(payload_json="{"))[1]["code"] == 50109
