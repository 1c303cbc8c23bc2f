"""A table of what each route refuses without a permission, and just outside its limits."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from bot.emulator import rules
from bot.emulator.world.models import (
    ChannelType,
    Emoji,
    Role,
)
from bot.emulator.world.permissions import ALL, Permission
from bot.emulator.world.seed import put_channel
from tests.emulator.http_clients import Reply, SeededServer
from tests.emulator.made_world import fill, grant, make_objects, plain_path, served_routes

P = Permission
_EMOJI = "%F0%9F%91%8D"
_HEART = "%E2%9D%A4"
_MESSAGE = "/channels/{essays}/messages/{theirs}"

_POLL: dict[str, Any] = {"question": {"text": "?"}, "answers": [{"poll_media": {"text": "yes"}}]}
_EMBEDS = [{"title": "x"}] * 11
_RULE = {"name": "W", "event_type": 1, "trigger_type": 1, "actions": [{"type": 1}]}

PERMISSIONS: list[tuple[str, str, Any, Permission, int]] = [
    ("POST", "/channels/{essays}/messages", {"content": "x"}, P.SEND_MESSAGES, 50013),
    ("POST", "/channels/{essays}/messages", {"content": "x"}, P.VIEW_CHANNEL, 50001),
    (
        "POST",
        "/channels/{essays}/messages",
        {"content": "x", "message_reference": {"message_id": "{theirs}"}},
        P.READ_MESSAGE_HISTORY,
        160002,
    ),
    ("POST", "/channels/{essays}/messages", {"embeds": [{"title": "x"}]}, P.EMBED_LINKS, 50013),
    ("GET", _MESSAGE, None, P.READ_MESSAGE_HISTORY, 50013),
    ("DELETE", _MESSAGE, None, P.MANAGE_MESSAGES, 50013),
    ("PATCH", _MESSAGE, {"flags": 4}, P.MANAGE_MESSAGES, 50013),
    ("PUT", _MESSAGE + f"/reactions/{_EMOJI}/@me", None, P.ADD_REACTIONS, 50013),
    ("PUT", _MESSAGE + f"/reactions/{_EMOJI}/@me", None, P.READ_MESSAGE_HISTORY, 50013),
    ("DELETE", _MESSAGE + "/reactions", None, P.MANAGE_MESSAGES, 50013),
    ("PUT", "/channels/{essays}/messages/pins/{theirs}", None, P.PIN_MESSAGES, 50013),
    ("POST", _MESSAGE + "/threads", {"name": "T"}, P.CREATE_PUBLIC_THREADS, 50013),
    (
        "POST",
        "/channels/{essays}/threads",
        {"name": "T", "type": 12},
        P.CREATE_PRIVATE_THREADS,
        50013,
    ),
    (
        "POST",
        "/channels/{forum}/threads",
        {"name": "T", "message": {"content": "x"}},
        P.SEND_MESSAGES,
        50013,
    ),
    ("PATCH", "/channels/{essays}", {"topic": "x"}, P.MANAGE_CHANNELS, 50013),
    ("POST", "/channels/{essays}/webhooks", {"name": "w"}, P.MANAGE_WEBHOOKS, 50013),
    ("GET", "/channels/{essays}/webhooks", None, P.MANAGE_WEBHOOKS, 50013),
    ("PUT", "/channels/{essays}/permissions/{ben}", {"type": 1}, P.MANAGE_ROLES, 50013),
    ("POST", "/guilds/{guild}/channels", {"name": "c"}, P.MANAGE_CHANNELS, 50013),
    ("POST", "/guilds/{guild}/roles", {"name": "r"}, P.MANAGE_ROLES, 50013),
    (
        "POST",
        "/channels/{essays}/messages",
        {"content": "x", "tts": True},
        P.SEND_TTS_MESSAGES,
        50013,
    ),
    ("POST", "/channels/{essays}/messages", {"poll": _POLL}, P.SEND_POLLS, 50013),
    ("POST", "/channels/{thread}/messages", {"content": "x"}, P.SEND_MESSAGES_IN_THREADS, 50013),
    ("POST", "/channels/{essays}/typing", None, P.SEND_MESSAGES, 50013),
    (
        "POST",
        "/channels/{essays}/messages/bulk-delete",
        {"messages": ["{theirs}", "{other}"]},
        P.MANAGE_MESSAGES,
        50013,
    ),
    ("DELETE", _MESSAGE + f"/reactions/{_HEART}", None, P.MANAGE_MESSAGES, 50013),
    ("DELETE", _MESSAGE + f"/reactions/{_HEART}/{{ann}}", None, P.MANAGE_MESSAGES, 50013),
    ("DELETE", "/channels/{essays}/messages/pins/{theirs}", None, P.PIN_MESSAGES, 50013),
    ("PUT", "/channels/{essays}/pins/{theirs}", None, P.PIN_MESSAGES, 50013),
    ("DELETE", "/channels/{essays}", None, P.MANAGE_CHANNELS, 50013),
    ("DELETE", "/channels/{thread}", None, P.MANAGE_THREADS, 50013),
    ("PATCH", "/channels/{thread}", {"name": "n"}, P.MANAGE_THREADS, 50013),
    ("PUT", "/channels/{thread}/thread-members/{ben}", None, P.SEND_MESSAGES_IN_THREADS, 50013),
    ("DELETE", "/channels/{thread}/thread-members/{ann}", None, P.MANAGE_THREADS, 50013),
    ("GET", "/channels/{essays}/threads/archived/public", None, P.READ_MESSAGE_HISTORY, 50013),
    ("GET", "/channels/{essays}/threads/archived/private", None, P.MANAGE_THREADS, 50013),
    ("DELETE", "/channels/{essays}/permissions/{ben}", None, P.MANAGE_ROLES, 50013),
    ("GET", "/guilds/{guild}/webhooks", None, P.MANAGE_WEBHOOKS, 50013),
    ("GET", "/webhooks/{webhook}", None, P.MANAGE_WEBHOOKS, 50013),
    ("PATCH", "/webhooks/{webhook}", {"name": "v"}, P.MANAGE_WEBHOOKS, 50013),
    ("DELETE", "/webhooks/{webhook}", None, P.MANAGE_WEBHOOKS, 50013),
    ("PATCH", "/guilds/{guild}/roles/{role}", {"name": "q"}, P.MANAGE_ROLES, 50013),
    ("DELETE", "/guilds/{guild}/roles/{role}", None, P.MANAGE_ROLES, 50013),
    ("PUT", "/guilds/{guild}/members/{ben}/roles/{role}", None, P.MANAGE_ROLES, 50013),
    ("DELETE", "/guilds/{guild}/members/{ben}/roles/{role}", None, P.MANAGE_ROLES, 50013),
    ("PATCH", "/guilds/{guild}/members/{ben}", {"nick": "b"}, P.MANAGE_NICKNAMES, 50013),
    ("PATCH", "/guilds/{guild}/members/{bot}", {"nick": "b"}, P.CHANGE_NICKNAME, 50013),
    ("PATCH", "/guilds/{guild}/members/{ben}", {"roles": ["{role}"]}, P.MANAGE_ROLES, 50013),
    (
        "PATCH",
        "/guilds/{guild}/members/{ben}",
        {"communication_disabled_until": None},
        P.MODERATE_MEMBERS,
        50013,
    ),
    ("GET", "/guilds/{guild}/bans", None, P.BAN_MEMBERS, 50013),
    ("GET", "/guilds/{guild}/bans/{banned}", None, P.BAN_MEMBERS, 50013),
    ("DELETE", "/guilds/{guild}/bans/{banned}", None, P.BAN_MEMBERS, 50013),
    ("PUT", "/guilds/{guild}/bans/{ben}", {}, P.BAN_MEMBERS, 50013),
    ("DELETE", "/guilds/{guild}/members/{ben}", None, P.KICK_MEMBERS, 50013),
    ("GET", "/guilds/{guild}/auto-moderation/rules", None, P.MANAGE_GUILD, 50013),
    ("POST", "/guilds/{guild}/auto-moderation/rules", _RULE, P.MANAGE_GUILD, 50013),
    ("GET", "/guilds/{guild}/auto-moderation/rules/{rule}", None, P.MANAGE_GUILD, 50013),
    (
        "PATCH",
        "/guilds/{guild}/auto-moderation/rules/{rule}",
        {"enabled": True},
        P.MANAGE_GUILD,
        50013,
    ),
    ("DELETE", "/guilds/{guild}/auto-moderation/rules/{rule}", None, P.MANAGE_GUILD, 50013),
    (
        "PATCH",
        "/guilds/{guild}/stickers/{sticker}",
        {"name": "Hi"},
        P.MANAGE_GUILD_EXPRESSIONS,
        50013,
    ),
    ("DELETE", "/guilds/{guild}/stickers/{sticker}", None, P.MANAGE_GUILD_EXPRESSIONS, 50013),
    ("GET", "/channels/{essays}", None, P.VIEW_CHANNEL, 50001),
    ("GET", "/channels/{essays}/messages", None, P.VIEW_CHANNEL, 50001),
    ("GET", "/channels/{voice}/messages", None, P.CONNECT, 50001),
    ("GET", "/channels/{voice}/messages/{spoken}", None, P.CONNECT, 50001),
    ("PATCH", "/channels/{voice}", {"user_limit": 1}, P.CONNECT, 50013),
    ("GET", "/channels/{essays}/messages/pins", None, P.VIEW_CHANNEL, 50001),
    ("GET", "/channels/{essays}/pins", None, P.VIEW_CHANNEL, 50001),
    ("DELETE", "/channels/{essays}/pins/{theirs}", None, P.PIN_MESSAGES, 50013),
    ("POST", "/channels/{news}/messages/{mine}/crosspost", None, P.SEND_MESSAGES, 50013),
    ("POST", "/channels/{news}/messages/{their_news}/crosspost", None, P.MANAGE_MESSAGES, 50013),
    ("GET", _MESSAGE + f"/reactions/{_HEART}", None, P.VIEW_CHANNEL, 50001),
    ("DELETE", _MESSAGE + f"/reactions/{_HEART}/@me", None, P.VIEW_CHANNEL, 50001),
    ("GET", "/channels/{essays}/polls/{poll}/answers/1", None, P.VIEW_CHANNEL, 50001),
    ("POST", "/channels/{essays}/polls/{poll}/expire", None, P.READ_MESSAGE_HISTORY, 50013),
    ("GET", "/channels/{thread}/thread-members", None, P.VIEW_CHANNEL, 50001),
    ("GET", "/channels/{thread}/thread-members/{ann}", None, P.VIEW_CHANNEL, 50001),
    ("PUT", "/channels/{thread}/thread-members/@me", None, P.VIEW_CHANNEL, 50001),
    ("DELETE", "/channels/{thread}/thread-members/@me", None, P.VIEW_CHANNEL, 50001),
    (
        "GET",
        "/channels/{essays}/users/@me/threads/archived/private",
        None,
        P.READ_MESSAGE_HISTORY,
        50013,
    ),
    (
        "PATCH",
        "/channels/{essays}",
        {"permission_overwrites": [{"id": "{ben}", "type": 1}]},
        P.MANAGE_ROLES,
        50013,
    ),
    (
        "PATCH",
        "/channels/{essays}",
        {"permission_overwrites": [{"id": "{ben}", "type": 1, "allow": str(int(P.SPEAK))}]},
        P.SPEAK,
        50013,
    ),
    (
        "PUT",
        "/channels/{essays}/permissions/{ben}",
        {"type": 1, "deny": str(int(P.SPEAK))},
        P.SPEAK,
        50013,
    ),
    (
        "POST",
        "/guilds/{guild}/channels",
        {
            "name": "c",
            "permission_overwrites": [{"id": "{ben}", "type": 1, "deny": str(int(P.SPEAK))}],
        },
        P.SPEAK,
        50013,
    ),
    (
        "POST",
        "/guilds/{guild}/roles",
        {"permissions": str(int(P.SPEAK))},
        P.SPEAK,
        50013,
    ),
    (
        "PATCH",
        "/guilds/{guild}/roles/{role}",
        {"permissions": str(int(P.SPEAK))},
        P.SPEAK,
        50013,
    ),
]
"""Method, path, body, the permission it needs, the error code without it.

docs: the resources' pages say which permission each endpoint needs; Permissions; JSON Error Codes.
"""

_OWN = "the caller's own, which needs no permission"
_FOR_MEMBERS = "for every member of the server"
_BY_TOKEN = "the token in the path is enough"
_WITHOUT: dict[str, tuple[tuple[str, str], ...]] = {
    _OWN: (
        ("GET", "/users/@me"),
        ("PATCH", "/users/@me"),
        ("GET", "/users/@me/guilds"),
        ("DELETE", "/users/@me/guilds/{}"),
        ("POST", "/users/@me/channels"),
        ("GET", "/applications/@me"),
        ("PATCH", "/applications/@me"),
        ("GET", "/oauth2/applications/@me"),
        *(
            (method, f"/applications/{{}}{scope}/commands{rest}")
            for scope in ("", "/guilds/{}")
            for rest, methods in (
                ("", ("GET", "PUT", "POST")),
                ("/{}", ("GET", "PATCH", "DELETE")),
            )
            for method in methods
        ),
        ("GET", "/applications/{}/guilds/{}/commands/permissions"),
        ("GET", "/applications/{}/guilds/{}/commands/{}/permissions"),
    ),
    _FOR_MEMBERS: (
        ("GET", "/guilds/{}"),
        ("GET", "/guilds/{}/channels"),
        ("GET", "/guilds/{}/threads/active"),
        ("GET", "/guilds/{}/roles"),
        ("GET", "/guilds/{}/roles/member-counts"),
        ("GET", "/guilds/{}/roles/{}"),
        ("GET", "/guilds/{}/members"),
        ("GET", "/guilds/{}/members/search"),
        ("GET", "/guilds/{}/members/{}"),
        ("GET", "/guilds/{}/stickers"),
        ("GET", "/guilds/{}/stickers/{}"),
        ("GET", "/guilds/{}/soundboard-sounds"),
        ("GET", "/guilds/{}/application-command-index"),
    ),
    _BY_TOKEN: (
        ("POST", "/interactions/{}/{}/callback"),
        *((method, "/webhooks/{}/{}") for method in ("GET", "POST", "PATCH", "DELETE")),
        *((method, "/webhooks/{}/{}/messages/{}") for method in ("GET", "PATCH", "DELETE")),
    ),
    "for everybody": (
        ("GET", "/gateway"),
        ("GET", "/gateway/bot"),
        ("GET", "/users/{}"),
        ("GET", "/stickers/{}"),
        ("GET", "/sticker-packs"),
        ("GET", "/sticker-packs/{}"),
        ("GET", "/soundboard-default-sounds"),
    ),
    "for members only, with tests of its own": (
        ("POST", "/interactions"),
        ("PUT", "/channels/{}/polls/{}/answers/@me"),
        ("PUT", "/applications/{}/guilds/{}/commands/{}/permissions"),
    ),
    "takes a file, so test_stickers has it": (("POST", "/guilds/{}/stickers"),),
}
"""The routes that aren't in the table above, with the reason."""


def test_every_route_is_in_the_table_of_permissions_or_needs_none() -> None:
    walked = {
        (
            method,
            re.sub(r"(%[0-9A-F]{2})+", "{}", plain_path(path)).replace("answers/1", "answers/{}"),
        )
        for method, path, *_ in PERMISSIONS
    }
    without = {route for routes in _WITHOUT.values() for route in routes}
    served = {(route.method, plain_path(route.path)) for route in served_routes()}
    assert walked | without == served
    assert not walked & without


LIMITS: list[tuple[str, str, str, int, int]] = [
    ("POST", "/channels/{essays}/messages", "content", 1, 2000),
    ("POST", _MESSAGE + "/threads", "name", 1, 100),
    ("PATCH", "/channels/{essays}", "name", 1, 100),
    ("PATCH", "/channels/{essays}", "topic", 0, 1024),
    ("PATCH", "/channels/{forum}", "topic", 0, 4096),
    ("POST", "/guilds/{guild}/channels", "name", 1, 100),
    ("POST", "/guilds/{guild}/roles", "name", 1, 100),
    ("POST", "/channels/{essays}/webhooks", "name", 1, 80),
    ("PATCH", "/users/@me", "username", 2, 32),
]
"""Method, path, a text field, its fewest and most characters. docs: the resources' tables."""


async def _send(server: SeededServer, method: str, path: str, body: Any) -> Reply:
    names = make_objects(server)
    return await server.bot.call(method, path.format(**names), fill(body, names))


@pytest.mark.parametrize(("method", "path", "body", "permission", "code"), PERMISSIONS)
async def test_each_permission_is_needed_and_enough_with_the_others(
    server: SeededServer, method: str, path: str, body: Any, permission: Permission, code: int
) -> None:
    grant(server, ALL & ~permission)
    assert (await _send(server, method, path, body)).code == code
    grant(server, ALL)
    allowed = await _send(server, method, path, body)
    assert allowed.status < 300, allowed


@pytest.mark.parametrize(("method", "path", "field", "least", "most"), LIMITS)
async def test_a_text_is_accepted_up_to_its_limits_and_refused_outside(
    server: SeededServer, method: str, path: str, field: str, least: int, most: int
) -> None:
    grant(server, ALL)
    for length in (max(least, 1), most):
        reply = await _send(server, method, path, {field: "x" * length})
        assert reply.status < 300, (length, reply)
    outside = await _send(server, method, path, {field: "x" * (most + 1)})
    assert outside.code == 50035
    if least:
        refused = await _send(server, method, path, {field: "x" * (least - 1)})
        assert refused.code in {50035, 50006}


NUMBERS: list[tuple[str, str, dict[str, Any], str, Any, Any, Any, Any]] = [
    ("PATCH", "/channels/{essays}", {}, "rate_limit_per_user", 0, 21600, -1, 21601),
    ("PATCH", "/channels/{forum}", {}, "default_thread_rate_limit_per_user", 0, 21600, -1, 21601),
    ("PATCH", "/channels/{essays}", {}, "default_auto_archive_duration", 60, 10080, 59, 10081),
    (
        "POST",
        "/guilds/{guild}/channels",
        {"name": "v", "type": 2},
        "bitrate",
        8000,
        96000,
        7999,
        96001,
    ),
    ("POST", "/guilds/{guild}/channels", {"name": "v", "type": 2}, "user_limit", 0, 99, -1, 100),
    ("POST", "/guilds/{guild}/roles", {"name": "r"}, "color", 0, 0xFFFFFF, -1, 0x1000000),
    ("PUT", "/guilds/{guild}/bans/{ben}", {}, "delete_message_seconds", 0, 604800, -1, 604801),
    ("POST", _MESSAGE + "/threads", {"name": "T"}, "auto_archive_duration", 60, 10080, 0, 10081),
    ("POST", _MESSAGE + "/threads", {"name": "T"}, "rate_limit_per_user", 0, 21600, -1, 21601),
    ("POST", "/channels/{essays}/messages", {"content": "x"}, "nonce", "n", "n" * 25, "n" * 26, []),
    ("POST", "/channels/{essays}/messages", {}, "embeds", _EMBEDS[:1], _EMBEDS[:10], _EMBEDS, "x"),
    (
        "POST",
        "/channels/{essays}/messages",
        {},
        "poll",
        {**_POLL, "duration": 1},
        {**_POLL, "duration": 768},
        {**_POLL, "duration": 0},
        {**_POLL, "duration": 769},
    ),
    (
        "POST",
        "/channels/{essays}/messages",
        {},
        "poll",
        _POLL,
        {**_POLL, "answers": _POLL["answers"] * 10},
        {**_POLL, "answers": []},
        {**_POLL, "answers": _POLL["answers"] * 11},
    ),
    (
        "POST",
        "/channels/{essays}/messages",
        {},
        "poll",
        _POLL,
        {**_POLL, "question": {"text": "x" * 300}},
        {**_POLL, "question": {"text": ""}},
        {**_POLL, "question": {"text": "x" * 301}},
    ),
    (
        "POST",
        "/channels/{essays}/messages",
        {},
        "poll",
        _POLL,
        {**_POLL, "answers": [{"poll_media": {"text": "x" * 55}}]},
        {**_POLL, "answers": [{"poll_media": {"text": ""}}]},
        {**_POLL, "answers": [{"poll_media": {"text": "x" * 56}}]},
    ),
]
"""Method, path, body, field, two values just inside its limits and two just outside."""

QUERIES: list[tuple[str, str, int, int]] = [
    ("/channels/{essays}/messages", "limit", 1, 100),
    ("/channels/{essays}/messages/pins", "limit", 1, 50),
    (_MESSAGE + f"/reactions/{_HEART}", "limit", 1, 100),
    ("/guilds/{guild}/members", "limit", 1, 1000),
    ("/guilds/{guild}/members/search?query=a", "limit", 1, 1000),
    ("/guilds/{guild}/bans", "limit", 1, 1000),
]
"""A path, a parameter of its query, its least and its most."""


@pytest.mark.parametrize(
    ("method", "path", "body", "field", "least", "most", "below", "above"), NUMBERS
)
async def test_a_value_is_accepted_within_its_limits_and_refused_outside(
    server: SeededServer,
    method: str,
    path: str,
    body: dict[str, Any],
    field: str,
    least: Any,
    most: Any,
    below: Any,
    above: Any,
) -> None:
    grant(server, ALL)
    for value in (below, above):
        refused = await _send(server, method, path, {**body, field: value})
        assert refused.code == 50035, (value, refused)
    for value in (least, most):
        reply = await _send(server, method, path, {**body, field: value})
        assert reply.status < 300, (value, reply)


@pytest.mark.parametrize(("path", "field", "least", "most"), QUERIES)
async def test_a_query_is_accepted_within_its_limits_and_refused_outside(
    server: SeededServer, path: str, field: str, least: int, most: int
) -> None:
    grant(server, ALL)
    mark = "&" if "?" in path else "?"
    for value, code in ((least, None), (most, None), (least - 1, 50035), (most + 1, 50035)):
        reply = await _send(server, "GET", f"{path}{mark}{field}={value}", None)
        assert (reply.code if isinstance(reply.body, dict) else None) == code, (value, reply)


async def test_bulk_delete_takes_2_to_100_messages_of_two_weeks(server: SeededServer) -> None:
    """docs: Bulk Delete Messages; JSON Error Codes (50016, 50034)."""
    grant(server, ALL)
    world, path = server.emulator.world, f"/channels/{server.essays}/messages/bulk-delete"
    ids = [str(world.new_id()) for _ in range(101)]
    for chosen, code in ((ids[:1], 50016), (ids, 50016), (ids[:2], None), (ids[:100], None)):
        assert (await server.bot.post(path, {"messages": chosen})).code == code
    assert (await server.bot.post(path, {"messages": [ids[0], ids[0]]})).code == 50034
    assert (await server.bot.post(path, {"messages": ["1", ids[0]]})).code == 50034


async def test_a_channel_has_250_pins(server: SeededServer) -> None:
    """docs: JSON Error Codes (30003)."""
    for number in range(251):
        names = make_objects(server)
        message = server.emulator.world.messages[names["theirs"]]
        message.pinned, message.pinned_at = number < 249, message.timestamp
    pins = f"/channels/{server.essays}/messages/pins"
    assert (await server.ada.put(f"{pins}/{names['other']}")).status == 204
    assert (await server.ada.put(f"{pins}/{names['theirs']}")).code == 30003


async def test_a_server_has_500_channels(server: SeededServer) -> None:
    """docs: JSON Error Codes (30013)."""
    world = server.emulator.world
    while sum(1 for _ in world.channels_of(server.guild_id)) < 499:
        put_channel(world, world.guild, "c")
    path = f"/guilds/{server.guild_id}/channels"
    assert (await server.ada.post(path, {"name": "c"})).status == 201
    assert (await server.ada.post(path, {"name": "c"})).code == 30013


async def test_a_server_has_250_roles(server: SeededServer) -> None:
    """docs: JSON Error Codes (30005)."""
    guild = server.emulator.world.guild
    for number in range(249 - len(guild.roles)):
        guild.roles[number] = Role(number, "r", 0)
    path = f"/guilds/{server.guild_id}/roles"
    assert (await server.ada.post(path, {"name": "r"})).status == 200
    assert (await server.ada.post(path, {"name": "r"})).code == 30005


async def test_a_forums_tags_have_different_names(server: SeededServer) -> None:
    """docs: JSON Error Codes (40061)."""
    path = f"/channels/{server.forum}"
    tags = [{"name": "a"}, {"name": "b"}]
    assert (await server.ada.patch(path, {"available_tags": tags})).status == 200
    assert (await server.ada.patch(path, {"available_tags": [*tags, tags[0]]})).code == 40061


async def test_a_forum_has_20_tags(server: SeededServer) -> None:
    """docs: Modify Channel (``available_tags``); the error is the one that Discord sends."""
    path = f"/channels/{server.forum}"
    tags = [{"name": str(number)} for number in range(21)]
    assert (await server.ada.patch(path, {"available_tags": tags[:20]})).status == 200
    refused = await server.ada.patch(path, {"available_tags": tags})
    assert (refused.code, refused.fault("available_tags")) == (50035, "BASE_TYPE_MAX_LENGTH")


async def test_a_forum_has_one_pinned_post(server: SeededServer) -> None:
    """docs: Threads › Thread-Only Channels; JSON Error Codes (30047)."""
    world = server.emulator.world
    posts = []
    for name in ("A", "B"):
        body = {"name": name, "message": {"content": "x"}}
        reply = await server.bot.post(f"/channels/{server.forum}/threads", body)
        posts.append(f"/channels/{reply.body['id']}")
    assert (await server.ada.patch(posts[0], {"flags": 2})).body["flags"] == 2
    assert (await server.ada.patch(posts[0], {"flags": 2})).status == 200
    assert (await server.ada.patch(posts[1], {"flags": 2})).code == 30047
    assert (await server.ada.patch(posts[0], {"archived": True})).body["flags"] == 0
    assert (await server.ada.patch(posts[1], {"flags": 2})).status == 200
    said = await server.ada.post_message(server.essays, "x")
    path = f"/channels/{server.essays}/messages/{said['id']}/threads"
    thread = (await server.ada.post(path, {"name": "T"})).body["id"]
    assert (await server.ada.patch(f"/channels/{thread}", {"flags": 2})).code == 50035
    assert world.channels[int(thread)].flags == 0


async def test_an_emoji_is_one_emoji(server: SeededServer) -> None:
    """docs: Create Reaction; Poll Media Object; Components › Button; JSON Error Codes (10014)."""
    path = f"/channels/{server.essays}/messages"
    said = (await server.bot.post_message(server.essays, "x"))["id"]
    good = ("👍", "👍🏽", "❤", "❤️", "🇦", "🇩🇪", "1️⃣", "👩‍👩‍👧", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "™", "🪿")
    for text in (*good, "wave", "é", "👍👍", "👍x", "\ufffd", "1", "ー"):
        code = None if text in good else 50035
        react = await server.bot.put(f"{path}/{said}/reactions/{quote(text)}/@me")
        assert react.code == (None if text in good else 10014), text
        media = {"text": "yes", "emoji": {"name": text}}
        poll = {**_POLL, "answers": [{"poll_media": media}]}
        assert (await server.ada.post(path, {"poll": poll})).code == code, text
        button = {"type": 2, "style": 1, "custom_id": "b", "emoji": {"name": text}}
        row = {"type": 1, "components": [button]}
        assert (await server.bot.post(path, {"components": [row]})).code == code, text


async def test_a_polls_custom_emoji_has_to_exist(server: SeededServer) -> None:
    """docs: JSON Error Codes (520004)."""
    server.emulator.world.guild.emojis[5] = Emoji(5, "wave")
    path = f"/channels/{server.essays}/messages"
    for emoji, code in (("5", None), ("6", 520004)):
        media = {"text": "yes", "emoji": {"id": emoji}}
        poll = {**_POLL, "answers": [{"poll_media": media}]}
        assert (await server.ann.post(path, {"poll": poll})).code == code


async def test_two_commands_cannot_have_one_name(server: SeededServer) -> None:
    """docs: JSON Error Codes (40041)."""
    path = f"/applications/{server.application_id}/commands"
    await server.bot.post(path, {"name": "a", "description": "d"})
    other = (await server.bot.post(path, {"name": "b", "description": "d"})).body["id"]
    assert (await server.bot.patch(f"{path}/{other}", {"name": "a"})).code == 40041


async def test_a_required_tag_that_only_moderators_can_set_is_40066(server: SeededServer) -> None:
    """docs: JSON Error Codes (40066, 40067)."""
    forum = server.emulator.world.channels[server.forum]
    forum.flags |= 1 << 4
    tag = {"id": "7", "name": "n", "moderated": True, "emoji_id": None, "emoji_name": None}
    forum.available_tags = [tag]
    path, body = f"/channels/{server.forum}/threads", {"name": "T", "message": {"content": "x"}}
    assert (await server.ann.post(path, body)).code == 40066
    assert (await server.ada.post(path, body)).code == 40067
    assert (await server.ada.post(path, {**body, "applied_tags": ["7"]})).status == 201


async def test_a_direct_message_channel_cannot_be_changed(server: SeededServer) -> None:
    """docs: JSON Error Codes (50003)."""
    body = {"recipient_id": str(server.ann.user.id)}
    channel = (await server.bot.post("/users/@me/channels", body)).body["id"]
    assert (await server.bot.patch(f"/channels/{channel}", {"name": "x"})).code == 50003
    said = await server.ann.post_message(channel, "x")
    gone = await server.bot.delete(f"/channels/{channel}/messages/{said['id']}")
    assert gone.code == 50003


async def test_active_announcement_threads_have_a_limit_of_their_own_code(
    server: SeededServer,
) -> None:
    """docs: JSON Error Codes (160006, 160007)."""
    world = server.emulator.world
    news = put_channel(world, world.guild, "news", ChannelType.ANNOUNCEMENT)
    said = await server.ada.post_message(news.id, "x")
    world.thread_limit = 0
    path = f"/channels/{news.id}/messages/{said['id']}/threads"
    assert (await server.ada.post(path, {"name": "T"})).code == 160007
    world.thread_limit = 1
    assert (await server.ada.post(path, {"name": "T"})).status == 201


def test_every_error_code_that_the_emulator_raises_is_in_a_test() -> None:
    """docs: JSON Error Codes."""
    sources = Path(rules.__file__).parents[1].rglob("*.py")
    raised = {
        code
        for source in sources
        for call in re.findall(r"api_error\(([^)]*)\)", source.read_text("utf-8"))
        for code in re.findall(r"\b\d{5,6}\b", call)
    }
    tests = "".join(one.read_text("utf-8") for one in Path(__file__).parents[1].rglob("*.py"))
    assert len(raised) > 60
    assert {code for code in raised if not re.search(rf"\b{code}\b", tests)} == set()


async def test_a_message_that_one_cannot_read_cannot_be_forwarded(server: SeededServer) -> None:
    """docs: JSON Error Codes (160014)."""
    secret = await server.ada.post_message(server.admins, "secret")
    reference = {
        "type": 1,
        "message_id": secret["id"],
        "channel_id": str(server.admins),
    }
    path = f"/channels/{server.essays}/messages"
    assert (await server.ann.post(path, {"message_reference": reference})).code == 160014
    assert (await server.ada.post(path, {"message_reference": reference})).status == 200
