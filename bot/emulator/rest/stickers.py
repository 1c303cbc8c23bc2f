"""Stickers: reading, creating, changing, deleting. docs: Sticker Resource."""

from __future__ import annotations

import copy

from bot.emulator import payloads
from bot.emulator.rest.request import Api, Call, Created, Result
from bot.emulator.rules import stickers
from bot.emulator.rules.access import get_guild, require_in_guild
from bot.emulator.rules.errors import api_error
from bot.emulator.rules.file_types import detect_type
from bot.emulator.rules.json_form import form_error
from bot.emulator.rules.uploads import Upload
from bot.emulator.world.events import StickersUpdated
from bot.emulator.world.models import Guild, Sticker, StickerFormat
from bot.emulator.world.permissions import Permission

__all__ = ["add_routes"]

_STICKERS = "/guilds/{guild_id}/stickers"
_STICKER = f"{_STICKERS}/{{sticker_id}}"
_EXPRESSIONS = Permission.CREATE_GUILD_EXPRESSIONS | Permission.MANAGE_GUILD_EXPRESSIONS
_MAX_FILE = 512 * 1024
_MAX_SIDE = 320
_FREE_SLOTS = 5
_LOTTIE_FEATURES = {"VERIFIED", "PARTNERED"}


def add_routes(api: Api) -> None:
    """Add the routes."""
    api.add("GET", "/stickers/{sticker_id}", _get_any)
    api.add("GET", "/sticker-packs", _packs, open_to_all=True)
    api.add("GET", "/sticker-packs/{pack_id}", _pack)
    api.add("GET", _STICKERS, _list)
    api.add("POST", _STICKERS, _create)
    api.add("GET", _STICKER, _get)
    api.add("PATCH", _STICKER, _change)
    api.add("DELETE", _STICKER, _delete)


async def _get_any(call: Call) -> Result:
    """docs: Sticker Resource › Get Sticker."""
    wanted = call.id("sticker_id")
    for standard in stickers.STANDARD_PACK["stickers"]:
        if standard["id"] == str(wanted):
            return dict(standard)
    found = stickers.find_guild_sticker(call.world, wanted)
    if found is None:
        raise api_error(10060)
    guild, sticker = found
    return payloads.sticker(sticker, guild)


async def _packs(_: Call) -> Result:
    return {"sticker_packs": [stickers.STANDARD_PACK]}


async def _pack(call: Call) -> Result:
    if call.text("pack_id") != stickers.STANDARD_PACK["id"]:
        raise api_error(10061)
    return stickers.STANDARD_PACK


def _guild(call: Call) -> Guild:
    return get_guild(call.world, call.user, call.id("guild_id"))


def _sees_creator(call: Call, guild: Guild) -> bool:
    """docs: List Guild Stickers, Get Guild Sticker (``user``)."""
    return bool(call.world.guild_permissions(call.user.id, guild.id) & _EXPRESSIONS)


async def _list(call: Call) -> Result:
    guild = _guild(call)
    world = call.world if _sees_creator(call, guild) else None
    return [payloads.sticker(one, guild, world) for one in guild.stickers.values()]


def _known(call: Call, guild: Guild) -> Sticker:
    sticker = guild.stickers.get(call.id("sticker_id"))
    if sticker is None:
        raise api_error(10060)
    return sticker


async def _get(call: Call) -> Result:
    guild = _guild(call)
    world = call.world if _sees_creator(call, guild) else None
    return payloads.sticker(_known(call, guild), guild, world)


def _format(upload: Upload, guild: Guild) -> StickerFormat:
    """The format of an uploaded file.

    Raises 50045 for more than 512 KiB, 50046 for another type or more than 320 pixels a side;
    which code these have isn't documented. docs: Create Guild Sticker; JSON Error Codes.
    """
    if len(upload.content) > _MAX_FILE:
        raise api_error(50045)
    kind = detect_type(upload.filename, upload.content)
    if max(kind.width or 0, kind.height or 0) > _MAX_SIDE:
        raise api_error(50046)
    if kind.content_type == "image/png":
        return StickerFormat.APNG if kind.animated else StickerFormat.PNG
    if kind.content_type == "image/gif":
        return StickerFormat.GIF
    if kind.content_type == "application/json" and _LOTTIE_FEATURES & set(guild.features):
        return StickerFormat.LOTTIE
    raise api_error(50046)


async def _create(call: Call) -> Result:
    """docs: Create Guild Sticker: five for a server without boosts (30039)."""
    world, guild = call.world, _guild(call)
    require_in_guild(world, call.user, guild, Permission.CREATE_GUILD_EXPRESSIONS)
    form = call.form
    sticker = Sticker(world.new_id(), "", "", creator_id=call.user.id)
    stickers.read_sticker(form, sticker, new=True)
    form.check()
    if not call.uploads:
        raise form_error("file", "BASE_TYPE_REQUIRED", "This field is required")
    if len(guild.stickers) >= _FREE_SLOTS:
        raise api_error(30039)
    sticker.format = _format(call.uploads[0], guild)
    world.files.put(sticker.id, call.uploads[0].content)
    guild.stickers[sticker.id] = sticker
    world.emit(StickersUpdated(guild))
    return Created(payloads.sticker(sticker, guild, world))


def _own_or_managed(call: Call, guild: Guild) -> Sticker:
    """docs: Modify Guild Sticker, Delete Guild Sticker: another's needs *Manage Expressions*."""
    sticker = _known(call, guild)
    bits = call.world.guild_permissions(call.user.id, guild.id)
    own = sticker.creator_id == call.user.id
    if not bits & (_EXPRESSIONS if own else Permission.MANAGE_GUILD_EXPRESSIONS):
        raise api_error(50013)
    return sticker


async def _change(call: Call) -> Result:
    guild, form = _guild(call), call.form
    changed = copy.copy(_own_or_managed(call, guild))
    stickers.read_sticker(form, changed, new=False)
    form.check()
    guild.stickers[changed.id] = changed
    call.world.emit(StickersUpdated(guild))
    return payloads.sticker(changed, guild, call.world)


async def _delete(call: Call) -> Result:
    guild = _guild(call)
    del guild.stickers[_own_or_managed(call, guild).id]
    call.world.emit(StickersUpdated(guild))
    return None
