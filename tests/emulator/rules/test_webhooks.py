"""Webhooks. docs: Webhook Resource."""

from __future__ import annotations

from typing import Any

import pytest

from bot.emulator.world.models import ChannelType, Webhook
from bot.emulator.world.permissions import Permission
from bot.emulator.world.seed import add_guild, put_channel
from tests.emulator.dispatches import collect_dispatches
from tests.emulator.http_clients import SeededServer


async def _webhook(server: SeededServer, where: int | None = None) -> dict[str, Any]:
    reply = await server.bot.post(f"/channels/{where or server.essays}/webhooks", {"name": "Moved"})
    assert reply.status == 200, reply
    found: dict[str, Any] = reply.body
    return found


def _path(webhook: dict[str, Any], rest: str = "") -> str:
    return f"/webhooks/{webhook['id']}/{webhook['token']}{rest}"


async def test_a_webhook_writes_under_the_name_it_is_given(server: SeededServer) -> None:
    """docs: Execute Webhook (``wait``)."""
    webhook = await _webhook(server)
    body = {"content": "moved", "username": "Ann"}
    reply = await server.nobody.post(_path(webhook, "?wait=true"), body)
    assert reply.status == 200, reply
    assert reply.body["author"]["username"] == "Ann"
    assert reply.body["author"]["id"] == reply.body["webhook_id"] == webhook["id"]
    assert (await server.nobody.post(_path(webhook), {"content": "x"})).status == 204


async def test_creating_webhooks_needs_manage_webhooks(server: SeededServer) -> None:
    reply = await server.ann.post(f"/channels/{server.essays}/webhooks", {"name": "x"})
    assert reply.code == 50013


@pytest.mark.parametrize("name", ["Discord Help", "clyde", "", "x" * 81, "everyone"])
async def test_a_webhook_cannot_have_a_forbidden_name(server: SeededServer, name: str) -> None:
    """docs: Create Webhook; Users › Usernames."""
    reply = await server.bot.post(f"/channels/{server.essays}/webhooks", {"name": name})
    assert reply.code == 50035


async def test_a_webhook_message_cannot_have_a_forbidden_name(server: SeededServer) -> None:
    webhook = await _webhook(server)
    body = {"content": "x", "username": "A Discord fan"}
    reply = await server.nobody.post(_path(webhook), body)
    assert reply.fault("username") == "USERNAME_INVALID_CONTAINS"


async def test_a_webhook_writes_into_a_thread_of_its_channel(server: SeededServer) -> None:
    """docs: Execute Webhook (``thread_id``)."""
    webhook = await _webhook(server)
    message = await server.ann.post_message(server.essays, "one")
    thread = await server.bot.open_thread(server.essays, message["id"])
    path = _path(webhook, f"?wait=true&thread_id={thread['id']}")
    reply = await server.nobody.post(path, {"content": "in here"})
    assert reply.body["channel_id"] == thread["id"]
    stray = _path(webhook, f"?thread_id={server.forum}")
    assert (await server.nobody.post(stray, {"content": "x"})).code == 10003


async def test_a_webhook_of_a_forum_starts_posts(server: SeededServer) -> None:
    """docs: Execute Webhook (``thread_name``)."""
    webhook = await _webhook(server, server.forum)
    path = _path(webhook, "?wait=true")
    assert (await server.nobody.post(path, {"content": "x"})).code == 220001
    reply = await server.nobody.post(path, {"content": "x", "thread_name": "Post"})
    assert reply.body["channel_id"] == reply.body["id"]
    inside = f"{path}&thread_id={reply.body['id']}"
    assert (await server.nobody.post(inside, {"content": "x", "thread_name": "P"})).code == 220002
    tagged = {"content": "x", "applied_tags": ["1"]}
    assert (await server.nobody.post(inside, tagged)).code == 50035
    elsewhere = _path(await _webhook(server))
    named = {"content": "x", "thread_name": "Post"}
    assert (await server.nobody.post(elsewhere, named)).code == 220003


async def test_a_webhook_changes_its_own_messages(server: SeededServer) -> None:
    """docs: Edit Webhook Message, Delete Webhook Message."""
    webhook = await _webhook(server)
    sent = (await server.nobody.post(_path(webhook, "?wait=true"), {"content": "one"})).body
    path = _path(webhook, f"/messages/{sent['id']}")
    assert (await server.nobody.patch(path, {"content": "two"})).body["content"] == "two"
    assert (await server.nobody.get(path)).body["content"] == "two"
    edit = await server.bot.patch(
        f"/channels/{server.essays}/messages/{sent['id']}", {"content": "x"}
    )
    assert edit.code == 50005
    assert (await server.nobody.delete(path)).status == 204
    assert (await server.nobody.delete(path)).code == 10008


async def test_a_webhook_cannot_reply_or_send_an_empty_message(server: SeededServer) -> None:
    webhook = await _webhook(server)
    message = await server.ann.post_message(server.essays, "one")
    body = {"content": "x", "message_reference": {"message_id": message["id"]}}
    assert (await server.nobody.post(_path(webhook), body)).code == 50035
    assert (await server.nobody.post(_path(webhook), {"content": ""})).code == 50006


async def test_a_wrong_token_is_50027_and_no_webhook_10015(server: SeededServer) -> None:
    """docs: JSON Error Codes."""
    webhook = await _webhook(server)
    wrong = {**webhook, "token": "x"}
    assert (await server.nobody.post(_path(wrong), {"content": "x"})).code == 50027
    nowhere = {"id": "1", "token": "x"}
    assert (await server.nobody.post(_path(nowhere), {"content": "x"})).code == 10015


async def test_webhooks_are_listed_and_deleted(server: SeededServer) -> None:
    webhook = await _webhook(server)
    listed = (await server.bot.get(f"/channels/{server.essays}/webhooks")).body
    assert [one["token"] for one in listed] == [webhook["token"]]
    for_admin = (await server.ada.get(f"/guilds/{server.guild_id}/webhooks")).body
    assert "token" not in for_admin[0]
    assert "user" not in (await server.nobody.get(_path(webhook))).body
    assert (await server.bot.delete(f"/webhooks/{webhook['id']}")).status == 204
    assert (await server.bot.get(f"/webhooks/{webhook['id']}")).code == 10015


async def test_a_channel_has_at_most_fifteen_webhooks(server: SeededServer) -> None:
    """docs: Topics › Opcodes and Status Codes › JSON Error Codes (30007)."""
    for _ in range(15):
        await _webhook(server)
    reply = await server.bot.post(f"/channels/{server.essays}/webhooks", {"name": "Moved"})
    assert reply.code == 30007
    elsewhere = await server.bot.post(f"/channels/{server.admins}/webhooks", {"name": "Moved"})
    assert elsewhere.status == 200


async def test_a_server_has_at_most_a_thousand_webhooks(server: SeededServer) -> None:
    """docs: JSON Error Codes (30058)."""
    webhooks = server.emulator.world.webhooks
    for number in range(999):
        webhooks[number] = Webhook(number, server.forum, server.guild_id, "w", "t", 0)
    path = f"/channels/{server.essays}/webhooks"
    assert (await server.bot.post(path, {"name": "last"})).status == 200
    assert (await server.bot.post(path, {"name": "more"})).code == 30058


async def test_a_webhook_has_its_avatar_and_obeys_allowed_mentions(server: SeededServer) -> None:
    """docs: Execute Webhook (``avatar_url``, ``allowed_mentions``)."""
    webhook = await _webhook(server)
    face = "https://cdn.discordapp.com/embed/avatars/0.png"
    body = {
        "content": f"<@{server.ann.user.id}>",
        "username": "Ben",
        "avatar_url": face,
        "allowed_mentions": {"parse": []},
    }
    reply = await server.nobody.post(_path(webhook, "?wait=true"), body)
    assert (reply.body["author"]["avatar"], reply.body["mentions"]) == (face, [])
    assert reply.body["application_id"], "it is an application's webhook"


async def test_a_webhook_sends_files(server: SeededServer) -> None:
    """docs: Execute Webhook (``files[n]``), Edit Webhook Message (``attachments``)."""
    webhook = await _webhook(server)
    body = {"content": "x", "attachments": [{"id": "0", "filename": "a.png"}]}
    path = _path(webhook, "?wait=true")
    sent = (await server.nobody.post(path, body, files={"a.png": b"picture"})).body
    assert [(f["filename"], f["size"]) for f in sent["attachments"]] == [("a.png", 7)]
    change = _path(webhook, f"/messages/{sent['id']}")
    kept = (await server.nobody.patch(change, {"content": "y"})).body
    assert [f["id"] for f in kept["attachments"]] == [sent["attachments"][0]["id"]]
    assert (await server.nobody.patch(change, {"attachments": []})).body["attachments"] == []


async def test_a_webhook_message_unarchives_a_thread_but_an_edit_does_not(
    server: SeededServer,
) -> None:
    """docs: Topics › Threads › Archived threads; JSON Error Codes (50083)."""
    webhook = await _webhook(server)
    message = await server.ann.post_message(server.essays, "one")
    thread = await server.bot.open_thread(server.essays, message["id"])
    path = _path(webhook, f"?wait=true&thread_id={thread['id']}")
    sent = (await server.nobody.post(path, {"content": "x"})).body
    change = _path(webhook, f"/messages/{sent['id']}?thread_id={thread['id']}")
    await server.ada.patch(f"/channels/{thread['id']}", {"archived": True})
    assert (await server.nobody.patch(change, {"content": "y"})).code == 50083
    assert (await server.nobody.post(path, {"content": "z"})).status == 200
    assert (await server.nobody.patch(change, {"content": "y"})).status == 200
    await server.ada.patch(f"/channels/{thread['id']}", {"archived": True, "locked": True})
    assert (await server.nobody.post(path, {"content": "z"})).code == 50083
    stray = _path(webhook, f"/messages/{sent['id']}")
    assert (await server.nobody.patch(stray, {"content": "y"})).code == 10008


async def test_deleting_a_webhooks_message_needs_manage_messages(server: SeededServer) -> None:
    """docs: Message Resource › Delete Message."""
    webhook = await _webhook(server)
    sent = (await server.nobody.post(_path(webhook, "?wait=true"), {"content": "x"})).body
    path = f"/channels/{server.essays}/messages/{sent['id']}"
    assert (await server.ann.delete(path)).code == 50013
    assert (await server.bot.delete(path)).status == 204


async def test_components_of_a_webhook_without_an_application_need_a_parameter(
    server: SeededServer,
) -> None:
    """docs: Execute Webhook, Edit Webhook Message (``with_components``)."""
    reply = await server.ada.post(f"/channels/{server.essays}/webhooks", {"name": "w"})
    link = {"type": 2, "style": 5, "label": "There", "url": "https://a.example"}
    button = {"type": 2, "style": 1, "label": "Go", "custom_id": "go"}
    rows = [{"type": 1, "components": [link]}]
    pressed = {"content": "x", "components": [{"type": 1, "components": [button]}]}
    path = _path(reply.body, "?wait=true")
    sent = await server.nobody.post(path, {"content": "x", "components": rows})
    assert sent.body["components"] == []
    message = _path(reply.body, f"/messages/{sent.body['id']}")
    assert (await server.nobody.patch(message, {"components": rows})).body["components"] == []
    asked = f"{message}?with_components=true"
    changed = await server.nobody.patch(asked, {"components": rows})
    assert len(changed.body["components"]) == 1
    assert (await server.nobody.patch(asked, pressed)).code == 50035
    assert (await server.nobody.post(f"{path}&with_components=true", pressed)).code == 50035
    own = await _webhook(server)
    assert (await server.nobody.post(_path(own, "?wait=true"), pressed)).status == 200


async def test_a_webhook_is_changed_with_its_token(server: SeededServer) -> None:
    """docs: Modify Webhook with Token."""
    webhook = await _webhook(server)
    changed = await server.nobody.patch(_path(webhook), {"name": "Another"})
    assert (changed.status, changed.body["name"], "user" in changed.body) == (200, "Another", False)
    assert (await server.nobody.patch(_path(webhook), {"name": "clyde"})).code == 50035
    wrong = {**webhook, "token": "t"}
    assert (await server.nobody.patch(_path(wrong), {"name": "x"})).code == 50027


async def test_a_webhook_moves_within_its_server(server: SeededServer) -> None:
    """docs: Modify Webhook (``channel_id``); JSON Error Codes (30007, 50024)."""
    world, webhook = server.emulator.world, await _webhook(server)
    path = f"/webhooks/{webhook['id']}"
    moved = await server.ada.patch(path, {"channel_id": str(server.admins)})
    assert moved.body["channel_id"] == str(server.admins)
    elsewhere = put_channel(world, add_guild(world, "B", server.ada.user), "c")
    category = put_channel(world, world.guild, "C", ChannelType.CATEGORY)
    for place, code in ((elsewhere.id, 50035), (category.id, 50024), (1, 10003)):
        assert (await server.ada.patch(path, {"channel_id": str(place)})).code == code
    for _ in range(15):
        await _webhook(server)
    assert (await server.ada.patch(path, {"channel_id": str(server.essays)})).code == 30007
    assert (await server.ada.patch(path, {"channel_id": str(server.admins)})).status == 200


async def test_each_change_of_a_webhook_is_an_event(server: SeededServer) -> None:
    """docs: Gateway Events › Webhooks Update."""
    heard = collect_dispatches(server.emulator.world)
    webhook = await _webhook(server)
    await server.bot.patch(f"/webhooks/{webhook['id']}", {"name": "Another"})
    await server.nobody.delete(_path(webhook))
    data = {"guild_id": str(server.guild_id), "channel_id": str(server.essays)}
    assert [(one.name, one.data) for one in heard] == [("WEBHOOKS_UPDATE", data)] * 3


async def test_an_applications_own_webhook_is_read_without_a_permission(
    server: SeededServer,
) -> None:
    """docs: Get Webhook."""
    own, other = await _webhook(server), Webhook(5, server.essays, server.guild_id, "w", "t", 1)
    other.creator_id = server.ada.user.id
    server.emulator.world.webhooks[5] = other
    server.deny(server.bot.user, server.essays, Permission.MANAGE_WEBHOOKS)
    assert (await server.bot.get(f"/webhooks/{own['id']}")).body["token"] == own["token"]
    assert (await server.bot.get("/webhooks/5")).code == 50013
