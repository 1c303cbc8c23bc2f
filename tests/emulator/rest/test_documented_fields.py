"""No documented field of a request is dropped silently: it is read, or refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.http_clients import SeededServer

_DESCRIPTION = Path(__file__).parents[4] / "shared" / "discord" / "openapi.json"
_THREAD = {"name": "T", "type": 11}
_BASES: dict[tuple[str, str], dict[str, Any]] = {
    ("post", "/channels/{channel_id}/messages"): {"content": "x"},
    ("patch", "/channels/{channel_id}/messages/{message_id}"): {"content": "y"},
    ("post", "/channels/{channel_id}/threads"): _THREAD,
    ("patch", "/channels/{channel_id}"): {},
    ("put", "/channels/{channel_id}/permissions/{overwrite_id}"): {"type": 1},
    ("post", "/channels/{channel_id}/webhooks"): {"name": "hook"},
    ("post", "/guilds/{guild_id}/channels"): {"name": "c"},
    ("post", "/guilds/{guild_id}/roles"): {"name": "r"},
    ("patch", "/guilds/{guild_id}/members/{user_id}"): {},
    ("put", "/guilds/{guild_id}/bans/{user_id}"): {},
    ("patch", "/users/@me"): {},
    ("post", "/users/@me/channels"): {},
    ("patch", "/applications/@me"): {},
    ("post", "/applications/{application_id}/commands"): {"name": "c", "description": "d"},
}
_OTHER_PURPOSES = {"handler"}
"""Fields of commands that only activities have, which the emulator doesn't have at all."""


def _fields(schemas: dict[str, Any], schema: dict[str, Any]) -> set[str]:
    if "$ref" in schema:
        return _fields(schemas, schemas[schema["$ref"].rpartition("/")[2]])
    found = set(schema.get("properties", {}))
    for way in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(way, []):
            found |= _fields(schemas, part)
    return found


@pytest.mark.parametrize(("method", "path"), _BASES)
async def test_each_documented_field_is_read_or_refused(
    server: SeededServer, method: str, path: str
) -> None:
    """docs: the request table of each route, as in Discord's API description.

    A field that only another kind of channel has is named in the response and counts as dropped
    only if no kind of channel reads it.
    """
    if not _DESCRIPTION.exists():
        pytest.skip("Discord's API description isn't here")
    description = json.loads(_DESCRIPTION.read_text(encoding="utf-8"))
    content = description["paths"][path][method]["requestBody"]["content"]
    schema = content["application/json"]["schema"]
    message = await server.bot.post_message(server.essays, "x")
    known = {
        "channel_id": server.essays,
        "message_id": message["id"],
        "guild_id": server.guild_id,
        "user_id": server.ben.user.id,
        "overwrite_id": server.ben.user.id,
        "application_id": server.application_id,
    }
    bot = path.startswith(("/applications", "/users")) or "message_id" in path
    caller = server.bot if bot else server.ada
    places = [server.essays]
    if path in {"/channels/{channel_id}", "/channels/{channel_id}/threads"}:
        thread = await server.bot.open_thread(server.essays, message["id"])
        places += [server.forum, thread["id"]]
    dropped = []
    for name in sorted(_fields(description["components"]["schemas"], schema) - _OTHER_PURPOSES):
        ignored = 0
        for place in places:
            address = path.format(**{**known, "channel_id": place})
            for value in ("text", 1, [{"id": "1"}], {"id": "1"}):
                reply = await caller.call(
                    method.upper(), address, {**_BASES[method, path], name: value}
                )
                assert reply.status < 500, (name, value, reply)
                if name in reply.headers.get("X-Emulator-Ignored", "").split(", "):
                    ignored += 1
                    break
        if ignored == len(places):
            dropped.append(name)
    assert not dropped


async def test_an_unknown_field_is_named_in_the_response(server: SeededServer) -> None:
    path = f"/channels/{server.essays}/messages"
    reply = await server.bot.post(path, {"content": "x", "contents": "y"})
    assert reply.headers["X-Emulator-Ignored"] == "contents"
