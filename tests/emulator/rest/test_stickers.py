"""Stickers. docs: Sticker Resource; Message Resource › Create Message (``sticker_ids``)."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.emulator.payloads import guild_create
from bot.emulator.world import persistence
from bot.emulator.world.models import Guild, Member, Sticker, StickerFormat
from bot.emulator.world.permissions import Permission
from bot.emulator.world.seed import add_guild
from tests.emulator.dispatches import collect_dispatches
from tests.emulator.http_clients import ApiClient, Reply, SeededServer

_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAC0lEQVR4nGNgQAAAAA4AAZ6kGZEAAAAASUVORK5CYII="
)
_STANDARD = "749054660769218631"


def _add(server: SeededServer, guild: Guild | None = None, **more: Any) -> Sticker:
    world = server.emulator.world
    sticker = Sticker(world.new_id(), "Hello", "wave", creator_id=server.ada.user.id, **more)
    (guild or world.guild).stickers[sticker.id] = sticker
    return sticker


async def _post(client: ApiClient, place: int, *ids: int | str, **more: Any) -> Reply:
    body = {"sticker_ids": [str(one) for one in ids], **more}
    return await client.post(f"/channels/{place}/messages", body)


async def _upload(
    client: ApiClient, guild_id: int, fields: dict[str, str], content: bytes = _PNG
) -> Reply:
    """Create a sticker with a form, whose fields aren't in ``payload_json``."""
    form = aiohttp.FormData(fields, default_to_multipart=True)
    form.add_field("file", content, filename="a.png", content_type="image/png")
    token = ("Bot " if client.user.bot else "") + client.user.token
    address = f"{client.emulator.api}/guilds/{guild_id}/stickers"
    headers = {"Authorization": token}
    async with client.session.post(address, data=form, headers=headers) as response:
        return Reply(response.status, await response.json(), dict(response.headers))


async def test_a_message_can_be_stickers_alone(server: SeededServer) -> None:
    """docs: Message Object (``sticker_items``); Sticker Item Object."""
    own = _add(server, format=StickerFormat.GIF)
    heard = collect_dispatches(server.emulator.world)
    sent = await _post(server.ann, server.essays, own.id, _STANDARD)
    assert sent.status == 200, sent
    items = [
        {"id": str(own.id), "name": "Hello", "format_type": 4},
        {"id": _STANDARD, "name": "Wave", "format_type": 3},
    ]
    assert sent.body["sticker_items"] == items
    assert sent.body["content"] == ""
    assert heard[0].data["sticker_items"] == items
    shown = await server.bot.get(f"/channels/{server.essays}/messages/{sent.body['id']}")
    assert shown.body["sticker_items"] == items


async def test_a_message_has_at_most_three_stickers(server: SeededServer) -> None:
    own = _add(server)
    assert (await _post(server.bot, server.essays, own.id, own.id, own.id)).status == 200
    refused = await _post(server.bot, server.essays, own.id, own.id, own.id, own.id)
    assert refused.fault("sticker_ids") == "BASE_TYPE_MAX_LENGTH"
    beside = await _post(server.bot, server.essays, own.id, flags=1 << 15, components=[])
    assert beside.code == 50035
    assert (await _post(server.bot, server.essays)).code == 50006


async def test_unknown_and_unavailable_stickers_are_invalid(server: SeededServer) -> None:
    """docs: JSON Error Codes (50081)."""
    assert (await _post(server.ann, server.essays, 1)).code == 50081
    lost = _add(server, available=False)
    assert (await _post(server.ann, server.essays, lost.id)).code == 50081


async def test_another_servers_stickers_need_the_permission_and_membership(
    server: SeededServer,
) -> None:
    """docs: Permissions (*Use External Stickers*); JSON Error Codes (50600)."""
    world = server.emulator.world
    elsewhere = add_guild(world, "Elsewhere", server.ada.user)
    foreign = _add(server, elsewhere)
    assert (await _post(server.ann, server.essays, foreign.id)).code == 50081
    for user in (server.ann.user, server.bot.user):
        elsewhere.members[user.id] = Member(user.id, world.now())
    assert (await _post(server.ann, server.essays, foreign.id)).status == 200
    assert (await _post(server.bot, server.essays, foreign.id)).code == 50081
    server.deny(server.ann.user, server.essays, Permission.USE_EXTERNAL_STICKERS)
    assert (await _post(server.ann, server.essays, foreign.id)).code == 50600
    own = _add(server)
    assert (await _post(server.ann, server.essays, own.id)).status == 200


async def test_a_forum_post_can_start_with_a_sticker(server: SeededServer) -> None:
    """docs: Channels Resource › Forum and Media Thread Message Params Object."""
    own = _add(server)
    body = {"name": "T", "message": {"sticker_ids": [str(own.id)]}}
    reply = await server.ann.post(f"/channels/{server.forum}/threads", body)
    assert reply.status == 201, reply
    assert reply.body["message"]["sticker_items"][0]["name"] == "Hello"


async def test_a_webhook_sends_no_stickers(server: SeededServer) -> None:
    """docs: Webhook Resource › Execute Webhook (its fields)."""
    own = _add(server)
    hook = (await server.bot.post(f"/channels/{server.essays}/webhooks", {"name": "w"})).body
    path = f"/webhooks/{hook['id']}/{hook['token']}"
    reply = await server.nobody.post(path, {"content": "x", "sticker_ids": [str(own.id)]})
    assert reply.code == 50035


async def test_a_messages_stickers_cannot_be_edited(server: SeededServer) -> None:
    """docs: JSON Error Codes (50080)."""
    own = _add(server)
    sent = (await _post(server.ann, server.essays, own.id, content="x")).body
    path = f"/channels/{server.essays}/messages/{sent['id']}"
    assert (await server.ann.patch(path, {"sticker_ids": []})).code == 50080
    edited = await server.ann.patch(path, {"content": "", "sticker_ids": [str(own.id)]})
    assert edited.body["sticker_items"] == sent["sticker_items"]


async def test_a_sticker_is_created_read_changed_and_deleted(server: SeededServer) -> None:
    """docs: Create, List, Get, Modify, Delete Guild Sticker; Guild Stickers Update."""
    path = f"/guilds/{server.guild_id}/stickers"
    fields = {"name": "Hello", "tags": "wave", "description": "A wave"}
    heard = collect_dispatches(server.emulator.world)
    made = await _upload(server.ada, server.guild_id, fields)
    assert made.status == 201, made
    assert (made.body["format_type"], made.body["user"]["username"]) == (1, "ada")
    one = f"{path}/{made.body['id']}"
    shown = (await server.bot.get(one)).body
    assert "user" not in shown
    assert shown == (await server.bot.get(f"/stickers/{made.body['id']}")).body
    assert (await server.bot.get(path)).body == [shown]
    assert (await server.bot.patch(one, {"name": "x2"})).code == 50013
    assert (await server.ada.patch(one, {"description": None})).body["description"] is None
    assert (await server.ada.patch(one, {"description": "x"})).code == 50035
    guild = server.emulator.world.guild
    joined = guild_create(server.emulator.world, guild, server.bot.user.id)
    assert joined["stickers"][0]["id"] == made.body["id"]
    assert (await server.ada.delete(one)).status == 204
    assert (await server.ada.get(one)).code == 10060
    assert [event.name for event in heard] == ["GUILD_STICKERS_UPDATE"] * 3


@pytest.mark.parametrize(
    ("change", "content", "code"),
    [
        ({}, _PNG, None),
        ({"name": "x"}, _PNG, 50035),
        ({"name": "x" * 30}, _PNG, None),
        ({"name": "x" * 31}, _PNG, 50035),
        ({"description": ""}, _PNG, None),
        ({"description": "x"}, _PNG, 50035),
        ({"description": "x" * 100}, _PNG, None),
        ({"description": "x" * 101}, _PNG, 50035),
        ({"tags": ""}, _PNG, 50035),
        ({"tags": "x" * 200}, _PNG, None),
        ({"tags": "x" * 201}, _PNG, 50035),
        ({}, _PNG + bytes(512 * 1024 - len(_PNG)), None),
        ({}, _PNG + bytes(512 * 1024 + 1 - len(_PNG)), 50045),
        ({}, b"words", 50046),
    ],
)
async def test_a_new_stickers_fields_have_limits(
    server: SeededServer, change: dict[str, str], content: bytes, code: int | None
) -> None:
    fields = {"name": "Hello", "tags": "wave", "description": "A wave", **change}
    reply = await _upload(server.ada, server.guild_id, fields, content)
    assert reply.code == code, reply


async def test_a_server_without_boosts_has_five_stickers(server: SeededServer) -> None:
    """docs: Create Guild Sticker; JSON Error Codes (30039)."""
    for _ in range(4):
        _add(server)
    fields = {"name": "Hello", "tags": "wave"}
    assert (await _upload(server.bot, server.guild_id, fields)).code == 50013
    assert (await _upload(server.ada, server.guild_id, fields)).status == 201
    assert (await _upload(server.ada, server.guild_id, fields)).code == 30039


async def test_the_standard_pack_can_be_read(server: SeededServer) -> None:
    """docs: List Sticker Packs, Get Sticker Pack, Get Sticker."""
    pack = (await server.nobody.get("/sticker-packs")).body["sticker_packs"][0]
    assert (await server.bot.get(f"/sticker-packs/{pack['id']}")).body == pack
    assert (await server.bot.get(f"/stickers/{_STANDARD}")).body == pack["stickers"][0]
    assert (await server.bot.get("/sticker-packs/1")).code == 10061
    assert (await server.bot.get("/stickers/1")).code == 10060


async def test_stickers_are_saved_with_the_world(server: SeededServer, tmp_path: Path) -> None:
    own = _add(server, format=StickerFormat.APNG)
    persistence.save(server.emulator.world, tmp_path)
    assert persistence.load(tmp_path).guild.stickers[own.id] == own
