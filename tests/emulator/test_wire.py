"""The emulator's responses match Discord's OpenAPI description.

Where the description knows less than the documentation is listed in ``DESCRIPTION_ERRORS``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.emulator.faults.har import Recorder
from bot.emulator.world.models import Emoji
from tests.emulator.gateway_client import identified
from tests.emulator.http_clients import SeededServer
from tests.emulator.rules.test_interactions import ESSAY, GIVEN, Play, _modal
from tests.support.wire_check import load_checker, wire_faults

_EMBED = {
    "title": "Title",
    "description": "Text",
    "url": "https://example.org",
    "color": 3,
    "timestamp": "2026-01-01T00:00:00Z",
    "footer": {"text": "foot"},
    "author": {"name": "somebody"},
    "image": {"url": "https://example.org/a.png"},
    "thumbnail": {"url": "https://example.org/a.png"},
    "fields": [{"name": "a", "value": "b"}],
}
_BUTTON = {"type": 2, "style": 1, "label": "Go", "custom_id": "go"}
_LINK = {"type": 2, "style": 5, "label": "There", "url": "https://example.org"}
_SELECT = {
    "type": 3,
    "custom_id": "s",
    "placeholder": "Choose",
    "options": [{"label": "One", "value": "1", "description": "x", "emoji": {"name": "👍"}}],
}
_USERS = {"type": 5, "custom_id": "u"}
_CARD = [
    {
        "type": 17,
        "accent_color": 255,
        "components": [
            {"type": 10, "content": "# Title"},
            {
                "type": 9,
                "components": [{"type": 10, "content": "words"}],
                "accessory": {"type": 11, "media": {"url": "https://example.org/a.png"}},
            },
            {"type": 14},
            {"type": 12, "items": [{"media": {"url": "attachment://a.png"}}]},
            {"type": 13, "file": {"url": "attachment://a.png"}},
            {"type": 1, "components": [_BUTTON, _LINK]},
        ],
    }
]


async def _read(server: SeededServer) -> None:
    bot, guild = server.bot, server.guild_id
    for path in (
        "/users/@me",
        f"/users/{server.ann.user.id}",
        "/users/@me/guilds",
        "/oauth2/applications/@me",
        "/applications/@me",
        "/gateway",
        "/gateway/bot",
        f"/guilds/{guild}?with_counts=true",
        f"/guilds/{guild}/channels",
        f"/guilds/{guild}/roles",
        f"/guilds/{guild}/members?limit=100",
        f"/guilds/{guild}/members/search?query=an",
        f"/guilds/{guild}/members/{server.ann.user.id}",
        f"/guilds/{guild}/threads/active",
        f"/channels/{server.essays}",
        f"/channels/{server.forum}",
        f"/channels/{server.essays}/messages",
        f"/channels/{server.essays}/webhooks",
        f"/channels/{server.essays}/threads/archived/public",
        f"/channels/{server.essays}/messages/pins",
        f"/applications/{server.application_id}/commands",
        f"/channels/{server.admins}",
        f"/channels/{server.forum}/threads/archived/public",
    ):
        reply = await bot.get(path)
        assert reply.status == 200, (path, reply)


async def _write(server: SeededServer) -> None:
    bot, essays = server.bot, f"/channels/{server.essays}"
    asked = await server.ann.post_message(
        server.essays, f"<@{server.bot.user.id}> and <@{server.ben.user.id}>"
    )
    rows = [{"type": 1, "components": [_BUTTON, _LINK]}, {"type": 1, "components": [_SELECT]}]
    sent = await bot.post_message(
        server.essays,
        "all",
        embeds=[_EMBED],
        components=[*rows, {"type": 1, "components": [_USERS]}],
        nonce="n",
        enforce_nonce=True,
        message_reference={"message_id": asked["id"]},
    )
    await bot.post(
        f"{essays}/messages", {"flags": 1 << 15, "components": _CARD}, files={"a.png": b"x"}
    )
    poll = {
        "question": {"text": "Well?"},
        "answers": [{"poll_media": {"text": "yes"}}],
        "duration": 1,
        "allow_multiselect": False,
        "layout_type": 1,
    }
    asked_poll = await server.ann.post(f"{essays}/messages", {"poll": poll})
    assert asked_poll.status == 200
    message = f"{essays}/messages/{sent['id']}"
    thumb = f"{message}/reactions/%F0%9F%91%8D"
    assert (await bot.put(f"{thumb}/@me")).status == 204
    assert (await bot.get(thumb)).status == 200
    assert (await bot.put(f"{essays}/messages/pins/{sent['id']}")).status == 204
    assert (await bot.get(f"{essays}/pins")).status == 200
    assert (await bot.patch(message, {"content": "edited"})).status == 200
    assert (await bot.get(message)).status == 200
    assert (await bot.post(f"{essays}/typing")).status == 204
    forward = {"type": 1, "message_id": asked["id"], "channel_id": str(server.essays)}
    forwarded = await bot.post(f"{essays}/messages", {"message_reference": forward})
    assert forwarded.status == 200
    assert (await bot.get(f"{essays}/messages/{forwarded.body['id']}")).status == 200
    await _threads(server, asked)
    assert (await bot.delete(f"{essays}/messages/{asked['id']}")).status == 204
    assert (await bot.get(f"{essays}/messages")).status == 200


async def _threads(server: SeededServer, asked: dict[str, Any]) -> None:
    bot, essays = server.bot, f"/channels/{server.essays}"
    thread = (await bot.open_thread(server.essays, asked["id"]))["id"]
    inside = f"/channels/{thread}"
    assert (await bot.put(f"{inside}/thread-members/{server.ann.user.id}")).status == 204
    assert (await bot.get(f"{inside}/thread-members?with_member=true")).status == 200
    assert (await bot.get(f"{inside}/thread-members/{server.ann.user.id}")).status == 200
    assert (await bot.get(f"{inside}/messages")).status == 200
    assert (await bot.patch(inside, {"name": "Renamed"})).status == 200
    assert (await bot.patch(inside, {"archived": True, "locked": True})).status == 200
    assert (await bot.get(f"{essays}/threads/archived/public")).status == 200
    started = await bot.post(f"{essays}/threads", {"name": "T", "type": 11})
    assert started.status == 201
    post = {"name": "Post", "message": {"content": "first"}, "applied_tags": []}
    assert (await bot.post(f"/channels/{server.forum}/threads", post)).status == 201
    assert (await bot.delete(f"/channels/{started.body['id']}")).status == 200


async def _interact(server: SeededServer) -> None:
    play = Play(server)
    group = {
        "type": 2,
        "name": "more",
        "description": "More",
        "options": [{"type": 1, "name": "one", "description": "One", "options": []}],
    }
    await play.register(
        ESSAY, {"name": "Menu", "type": 3}, {**ESSAY, "name": "g", "options": [group]}
    )
    for kind, data in ((4, {"content": "x", "flags": 64}), (5, None), (9, _modal())):
        got = await play.run(GIVEN)
        assert (await play.answer(got, kind, data)).status == 200
        if kind != 9:
            original = play.hook(got, "/messages/@original")
            assert (await server.nobody.patch(original, {"content": "y"})).status == 200
            assert (await server.nobody.get(original)).status == 200
            more = await server.nobody.post(play.hook(got, "?wait=true"), {"content": "z"})
            assert more.status == 200
            assert (await server.nobody.delete(original)).status == 204
    row = {"type": 1, "components": [_BUTTON]}
    panel = await server.bot.post_message(server.essays, "panel", components=[row])
    for kind, data in ((7, {"content": "pressed"}), (6, None), (4, {"content": "reply"})):
        pressed = {"component_type": 2, "custom_id": "go"}
        reply = await play.begin(server.ann, 3, pressed, message_id=panel["id"])
        assert reply.status == 204
        assert (await play.answer(play.received[-1], kind, data)).status == 200


async def _webhooks(server: SeededServer) -> None:
    made = await server.bot.post(f"/channels/{server.essays}/webhooks", {"name": "Moved"})
    path = f"/webhooks/{made.body['id']}/{made.body['token']}"
    assert (await server.nobody.get(path)).status == 200
    body = {"content": "moved", "username": "Ann", "allowed_mentions": {"parse": []}}
    sent = await server.nobody.post(f"{path}?wait=true", body)
    assert sent.status == 200
    message = f"{path}/messages/{sent.body['id']}"
    assert (await server.nobody.patch(message, {"content": "x"})).status == 200
    assert (await server.nobody.get(message)).status == 200
    assert (await server.nobody.delete(message)).status == 204
    assert (await server.nobody.patch(path, {"name": "Renamed"})).status == 200
    assert (await server.bot.get(f"/webhooks/{made.body['id']}")).status == 200
    assert (await server.bot.get(f"/guilds/{server.guild_id}/webhooks")).status == 200


async def _moderate(server: SeededServer) -> None:
    guild = f"/guilds/{server.guild_id}"
    owned = server.emulator.world.guild
    role = next(role for role in owned.roles.values() if role.bot_id == server.bot.user.id)
    before, role.permissions = role.permissions, role.permissions | 1 << 3
    owned.emojis[5] = Emoji(5, "wave")
    bot = server.bot
    tag = {"name": "fiction", "moderated": False}
    for body in (
        {"name": "v", "type": 2, "bitrate": 32000, "user_limit": 3},
        {"name": "f", "type": 15, "available_tags": [tag], "default_sort_order": 1},
    ):
        assert (await bot.post(f"{guild}/channels", body)).status == 201
    assert (await bot.get(f"{guild}/roles/member-counts")).status == 200
    assert (await bot.get(guild)).status == 200
    rule = {
        "name": "Words",
        "event_type": 1,
        "trigger_type": 1,
        "trigger_metadata": {"keyword_filter": ["cat"]},
        "actions": [{"type": 1, "metadata": {"custom_message": "No cats"}}],
    }
    made = await bot.post(f"{guild}/auto-moderation/rules", rule)
    one = f"{guild}/auto-moderation/rules/{made.body['id']}"
    assert (await bot.patch(one, {"enabled": False})).status == 200
    assert (await bot.get(f"{guild}/auto-moderation/rules")).status == 200
    assert (await bot.delete(one)).status == 204
    ban = f"{guild}/bans/{server.ben.user.id}"
    assert (await bot.put(ban, {"delete_message_seconds": 0})).status == 204
    assert (await bot.get(ban)).status == 200
    assert (await bot.get(f"{guild}/bans")).status == 200
    assert (await bot.delete(ban)).status == 204
    answers = [{"poll_media": {"text": "yes", "emoji": {"name": "\U0001f44d"}}}]
    poll = {"question": {"text": "Well?"}, "answers": answers, "duration": 1}
    essays = f"/channels/{server.essays}"
    asked = await bot.post(f"{essays}/messages", {"poll": poll})
    place = f"{essays}/polls/{asked.body['id']}"
    await server.ann.put(f"{place}/answers/@me", {"answer_ids": ["1"]})
    assert (await bot.get(f"{place}/answers/1")).status == 200
    assert (await bot.post(f"{place}/expire")).status == 200
    assert (await bot.get(f"{essays}/messages?limit=5")).status == 200
    role.permissions = before


async def _refused(server: SeededServer) -> None:
    bot = server.bot
    server.deny(bot.user, server.essays)
    for reply, code in (
        (await bot.post(f"/channels/{server.essays}/messages", {"content": ""}), 50006),
        (await bot.get("/channels/1"), 10003),
        (await bot.get(f"/channels/{server.essays}/messages/1"), 10008),
        (await bot.get("/guilds/1"), 10004),
        (await bot.post(f"/channels/{server.essays}/messages", {"content": "x" * 2001}), 50035),
        (await bot.get(f"/channels/{server.essays}/messages?limit=0"), 50035),
        (await bot.patch(f"/channels/{server.essays}", {"topic": "x"}), 50013),
    ):
        assert reply.code == code


@pytest.mark.skipif(load_checker() is None, reason="the checker of recorded traffic is not here")
async def test_a_tour_of_the_api_fits_its_description(server: SeededServer, tmp_path: Path) -> None:
    archive = tmp_path / "tour.har"
    server.emulator.recorder = Recorder(archive)
    async with identified(server.emulator, server.bot.user) as client:
        await _read(server)
        await _write(server)
        await _interact(server)
        await _webhooks(server)
        await _moderate(server)
        await _refused(server)
        await _read(server)
        await server.ann.post_message(server.essays, "the end")
        while (await client.until("MESSAGE_CREATE"))["content"] != "the end":
            pass
    server.emulator.recorder.close()
    entries = json.loads(archive.read_text())["log"]["entries"]
    assert len(entries) > 90
    assert wire_faults(archive) == []
