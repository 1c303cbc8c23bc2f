"""A table of what each route refuses without a permission, and just outside its limits."""

from __future__ import annotations

from typing import Any

import pytest

from bot.emulator.world.models import Message, MessageType
from bot.emulator.world.permissions import ALL, Permission
from tests.emulator.http_clients import Reply, SeededServer

P = Permission
_EMOJI = "%F0%9F%91%8D"
_MESSAGE = "/channels/{essays}/messages/{theirs}"

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
    ("GET", "/guilds/{guild}/bans", None, P.BAN_MEMBERS, 50013),
    ("PUT", "/guilds/{guild}/bans/{ben}", {}, P.BAN_MEMBERS, 50013),
    ("DELETE", "/guilds/{guild}/members/{ben}", None, P.KICK_MEMBERS, 50013),
    ("GET", "/guilds/{guild}/auto-moderation/rules", None, P.MANAGE_GUILD, 50013),
]
"""Method, path, body, the permission it needs, the error code without it.

docs: the resources' pages say which permission each endpoint needs; Permissions; JSON Error Codes.
"""

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
    world = server.emulator.world
    theirs = Message(
        id=world.new_id(),
        channel_id=server.essays,
        author_id=server.ann.user.id,
        type=MessageType.DEFAULT,
        content="theirs",
        timestamp=world.now(),
        guild_id=server.guild_id,
    )
    world.add_message(theirs)
    names = {
        "essays": server.essays,
        "forum": server.forum,
        "guild": server.guild_id,
        "ben": server.ben.user.id,
        "theirs": theirs.id,
    }
    if isinstance(body, dict) and "message_reference" in body:
        body = {**body, "message_reference": {"message_id": str(theirs.id)}}
    return await server.bot.call(method, path.format(**names), body)


def _grant(server: SeededServer, bits: int) -> None:
    guild = server.emulator.world.guild
    guild.roles[guild.id].permissions = 0
    role = next(role for role in guild.roles.values() if role.bot_id == server.bot.user.id)
    role.permissions = bits & ~Permission.ADMINISTRATOR


@pytest.mark.parametrize(("method", "path", "body", "permission", "code"), PERMISSIONS)
async def test_each_permission_is_needed_and_enough_with_the_others(
    server: SeededServer, method: str, path: str, body: Any, permission: Permission, code: int
) -> None:
    _grant(server, ALL & ~permission)
    assert (await _send(server, method, path, body)).code == code
    _grant(server, ALL)
    allowed = await _send(server, method, path, body)
    assert allowed.status < 300, allowed


@pytest.mark.parametrize(("method", "path", "field", "least", "most"), LIMITS)
async def test_a_text_is_accepted_up_to_its_limits_and_refused_outside(
    server: SeededServer, method: str, path: str, field: str, least: int, most: int
) -> None:
    _grant(server, ALL)
    for length in (max(least, 1), most):
        reply = await _send(server, method, path, {field: "x" * length})
        assert reply.status < 300, (length, reply)
    outside = await _send(server, method, path, {field: "x" * (most + 1)})
    assert outside.code == 50035
    if least:
        refused = await _send(server, method, path, {field: "x" * (least - 1)})
        assert refused.code in {50035, 50006}


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
