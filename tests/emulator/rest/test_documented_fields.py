"""No documented field of a request is dropped silently: it is kept, or refused."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.emulator.rest import routes
from bot.emulator.world.models import Sticker
from tests.emulator.http_clients import ApiClient, Reply, SeededServer
from tests.emulator.rules.test_interactions import ESSAY, GIVEN, Play
from tests.support.api_description import Description, Variant, load_description

Place = tuple[ApiClient, str]
"""Who calls, and the address."""

_EMBED_LIMITS = "can't be set (Create Message › Limitations)"
_SELECT = "ignored in messages (Components › String Select and the others)"
_ELSEWHERE: dict[tuple[str, str], str] = {
    **{("RichEmbed", name): _EMBED_LIMITS for name in ("type", "provider", "video")},
    **{
        (f"{kind}SelectComponentForMessageRequest", "required"): _SELECT
        for kind in ("String", "User", "Role", "Mentionable", "Channel")
    },
    ("ApplicationCommandSubcommandOption", "required"): "no effect: a subcommand has no value",
    ("ApplicationCommandSubcommandGroupOption", "required"): "no effect: a group has no value",
}
"""Fields that are in the description and have no effect on Discord either, with the reason."""


class _Routes:
    """Collects what the emulator serves."""

    def __init__(self) -> None:
        self.found: set[tuple[str, str]] = set()

    def add(self, method: str, path: str, handler: Any, **_: Any) -> None:
        self.found.add((method, _plain(path)))


def _short(kind: tuple[str, ...]) -> tuple[str, ...]:
    """A schema's name, or where it is if it has none: it is the same object everywhere."""
    return kind[-1:] if kind[-1] != "body" else kind[-3:]


def _plain(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


def _walked() -> list[tuple[str, str]]:
    """The routes with a JSON body that the emulator has and the description too."""
    description = load_description()
    if description is None:
        return []
    served = _Routes()
    routes.add_routes(served)  # type: ignore[arg-type]
    return [
        (method, path)
        for method, path in description.routes()
        if {(method, _plain(path)), (method, _plain(path).replace("@me", "{}"))} & served.found
        and description.request(method, path)
    ]


async def _message(server: SeededServer) -> str:
    return str((await server.bot.post_message(server.essays, "x"))["id"])


async def _places(server: SeededServer, method: str, path: str) -> list[Place]:
    """Fresh addresses of a route, one for each kind of channel that it is different for."""
    bot, ada = server.bot, server.ada
    known: dict[str, Any] = {
        "guild_id": server.guild_id,
        "user_id": server.ben.user.id,
        "overwrite_id": server.ben.user.id,
        "application_id": server.application_id,
        "channel_id": server.essays,
    }
    make: dict[str, Callable[[], Awaitable[Any]]] = {
        "{message_id}": lambda: _message(server),
        "{role_id}": lambda: _made(ada, f"/guilds/{server.guild_id}/roles", {"name": "r"}),
        "{rule_id}": lambda: _rule(server),
        "{command_id}": lambda: _made(bot, _scope(path, known), {"name": "c", "description": "d"}),
    }
    for name, act in make.items():
        if name in path and "{webhook_token}" not in path:
            known[name.strip("{}")] = await act()
    if "{sticker_id}" in path:
        server.emulator.world.guild.stickers[5] = Sticker(5, "Hello", "wave")
        known["sticker_id"] = 5
    if "{webhook_id}" in path:
        hook = (await bot.post(f"/channels/{server.essays}/webhooks", {"name": "w"})).body
        known |= {"webhook_id": hook["id"], "webhook_token": hook["token"]}
        address = f"/webhooks/{hook['id']}/{hook['token']}"
        sent = (await bot.post(f"{address}?wait=true", {"content": "x"})).body
        known["message_id"] = sent["id"]
    if path.endswith("bulk-delete"):
        return [(bot, path.format(**known))]
    of_bots = path.startswith(("/applications", "/users")) or "{message_id}" in path
    caller = bot if of_bots and not path.endswith("/permissions") else ada
    if path.endswith("/callback"):
        return await _interactions(server, path)
    channels = [server.essays]
    if path in {"/channels/{channel_id}", "/channels/{channel_id}/threads"}:
        thread = await bot.open_thread(server.essays, await _message(server))
        channels += [server.forum, thread["id"]]
        voice = {"name": "v", "type": 2}
        channels.append(await _made(ada, f"/guilds/{server.guild_id}/channels", voice))
    places = [(caller, path.format(**{**known, "channel_id": one})) for one in channels]
    if path.endswith("/webhooks"):
        server.emulator.world.webhooks.clear()
    return places


def _scope(path: str, known: dict[str, Any]) -> str:
    return path.partition("/{command_id}")[0].format(**known)


async def _made(client: ApiClient, path: str, body: dict[str, Any]) -> Any:
    reply = await client.post(path, body)
    assert reply.status < 300, reply
    return reply.body["id"]


async def _rule(server: SeededServer) -> Any:
    body = {"name": "W", "event_type": 1, "trigger_type": 1, "actions": [{"type": 1}]}
    server.emulator.world.guild.automod_rules.clear()
    return await _made(server.ada, f"/guilds/{server.guild_id}/auto-moderation/rules", body)


async def _interactions(server: SeededServer, path: str) -> list[Place]:
    """A fresh command and autocomplete, since each takes other responses."""
    play = Play(server)
    option = {**ESSAY["options"][0], "autocomplete": True}  # type: ignore[dict-item]
    await play.register({**ESSAY, "options": [option]})
    focused = {**GIVEN, "focused": True}
    found = [await play.run(GIVEN), await play.run(focused, kind=4)]
    row = {"type": 1, "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": "go"}]}
    panel = await server.bot.post_message(server.essays, "panel", components=[row])
    pressed = {"component_type": 2, "custom_id": "go"}
    assert (await play.begin(server.ann, 3, pressed, message_id=panel["id"])).status == 204
    found.append(play.received[-1])
    return [
        (server.nobody, path.format(interaction_id=one["id"], interaction_token=one["token"]))
        for one in found
    ]


def _second(body: Any) -> Any:
    """A body whose message has version 2 components."""
    for holder in ("data", "message"):
        if isinstance(body.get(holder), dict):
            return {**body, holder: _second(body[holder])}
    return {"components": body.get("components"), "flags": 1 << 15}


class _Walk:
    """Sends the variants of one route, and remembers which fields were read at least once."""

    def __init__(self, server: SeededServer, method: str, path: str) -> None:
        self.server, self.method, self.path = server, method, path
        self.read: set[tuple[tuple[str, ...], str]] = set()
        self._places: list[Place] = []

    async def send(self, variant: Variant, body: Any, fields: tuple[str, ...]) -> None:
        """Send a body everywhere the route goes; note which of the fields were read."""
        again = self.path.endswith(("/callback", "/webhooks", "/rules", "/threads", "/commands"))
        if not self._places or again:
            self._places = await _places(self.server, self.method, self.path)
        bodies = [body, *([_second(body)] if "components" in variant.path else [])]
        for one in bodies:
            await self._send(variant, one, fields)

    async def _send(self, variant: Variant, body: Any, fields: tuple[str, ...]) -> None:
        for caller, address in self._places:
            reply = await caller.call(self.method, address, body)
            assert reply.status < 500, (address, body, reply)
            ignored = reply.headers.get("X-Emulator-Ignored", "").split(", ")
            at = ".".join(str(part) for part in variant.path)
            for field in fields:
                name = f"{at}.{field}" if at else field
                if at.startswith("0"):
                    name = name.removeprefix("0.")
                if not any(name == one or name.startswith(f"{one}.") for one in ignored):
                    self._note(variant, field, reply)

    def _note(self, variant: Variant, field: str, reply: Reply) -> None:
        if len(reply.headers.get("X-Emulator-Ignored", "").split(", ")) < 20:
            self.read.add((_short(variant.kind), field))


@pytest.mark.parametrize(("method", "path"), _walked() or [("", "")])
async def test_each_documented_field_is_read_or_refused(
    server: SeededServer, method: str, path: str
) -> None:
    """docs: the request tables, nested objects included, as in Discord's API description.

    A field counts as dropped if no request with it is known in which it was looked up; the
    response names those in ``X-Emulator-Ignored``.
    """
    description = load_description()
    if description is None:
        pytest.skip("Discord's API description isn't here")
    schema = description.request(method, path)
    assert schema is not None
    walk = _Walk(server, method, path)
    variants = {one.kind: one for one in description.variants(schema)}
    for variant in variants.values():
        await walk.send(variant, variant.body, variant.fields)
    dropped = await _still_dropped(description, walk, variants)
    assert not dropped, "\n".join(dropped)


async def _still_dropped(
    description: Description, walk: _Walk, variants: dict[tuple[str, ...], Variant]
) -> list[str]:
    dropped = []
    for kind, variant in variants.items():
        for field in variant.fields:
            short = _short(kind)
            in_picture = short[0] == "RichEmbed" and len(short) > 1 and field != "url"
            if in_picture or short[:2] in _ELSEWHERE or (short[-1], field) in _ELSEWHERE:
                continue
            if (short, field) in walk.read:
                continue
            for body in variant.alone(field, description):
                await walk.send(variant, body, (field,))
            if (short, field) not in walk.read:
                dropped.append(f"{' › '.join(short)} › {field}")
                walk.read.add((short, field))
    return dropped


async def test_an_unknown_field_is_named_in_the_response(server: SeededServer) -> None:
    path = f"/channels/{server.essays}/messages"
    body = {"content": "x", "contents": "y", "embeds": [{"title": "x", "colour": 1}]}
    reply = await server.bot.post(path, body)
    assert reply.headers["X-Emulator-Ignored"] == "contents, embeds.0.colour"


_FORUM = {
    "name": "f",
    "type": 15,
    "topic": "t",
    "nsfw": True,
    "default_auto_archive_duration": 60,
    "default_thread_rate_limit_per_user": 5,
    "default_sort_order": 1,
    "default_forum_layout": 2,
    "default_reaction_emoji": {"emoji_id": None, "emoji_name": "👍"},
    "available_tags": [{"name": "news", "moderated": True, "emoji_name": "👍"}],
}
_COMMAND = {
    "name": "c",
    "description": "d",
    "name_localizations": {"de": "c"},
    "description_localizations": {"de": "d"},
    "default_member_permissions": "8",
    "nsfw": True,
    "contexts": [0],
    "integration_types": [0],
    "options": [
        {"type": 3, "name": "a", "description": "d", "required": True, "max_length": 5},
        {"type": 4, "name": "b", "description": "d", "min_value": 1, "max_value": 3},
        {"type": 7, "name": "e", "description": "d", "channel_types": [0]},
        {"type": 11, "name": "f", "description": "d", "file_types": ["image", ".png"]},
        {"type": 3, "name": "g", "description": "d", "choices": [{"name": "n", "value": "v"}]},
    ],
}
_RULE = {
    "name": "W",
    "event_type": 1,
    "trigger_type": 1,
    "trigger_metadata": {"keyword_filter": ["cat"], "allow_list": ["cats"]},
    "actions": [{"type": 1, "metadata": {"custom_message": "No"}}],
    "enabled": True,
    "exempt_roles": ["1"],
    "exempt_channels": ["2"],
}
_MESSAGE = {
    "content": "x",
    "tts": True,
    "nonce": "n",
    "flags": 4,
    "embeds": [
        {
            "title": "t",
            "description": "d",
            "url": "https://example.org",
            "color": 1,
            "footer": {"text": "f", "icon_url": "https://example.org/a.png"},
            "author": {"name": "a", "url": "https://example.org"},
            "image": {"url": "https://example.org/a.png"},
            "fields": [{"name": "n", "value": "v", "inline": True}],
        }
    ],
    "components": [
        {
            "type": 1,
            "components": [
                {
                    "type": 3,
                    "custom_id": "s",
                    "placeholder": "p",
                    "min_values": 0,
                    "max_values": 1,
                    "disabled": True,
                    "options": [{"label": "l", "value": "v", "description": "d", "default": True}],
                }
            ],
        }
    ],
}
_KEPT: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/channels/{channel_id}/messages", _MESSAGE),
    ("POST", "/guilds/{guild_id}/channels", _FORUM),
    (
        "POST",
        "/guilds/{guild_id}/channels",
        {"name": "v", "type": 2, "bitrate": 32000, "user_limit": 3, "video_quality_mode": 2},
    ),
    ("PATCH", "/channels/{channel_id}", {"topic": "t", "nsfw": True, "rate_limit_per_user": 9}),
    ("POST", "/applications/{application_id}/commands", _COMMAND),
    ("POST", "/guilds/{guild_id}/auto-moderation/rules", _RULE),
    (
        "POST",
        "/guilds/{guild_id}/roles",
        {"name": "r", "permissions": "8", "color": 5, "hoist": True, "mentionable": True},
    ),
    (
        "POST",
        "/channels/{channel_id}/threads",
        {"name": "T", "type": 12, "auto_archive_duration": 60, "rate_limit_per_user": 7},
    ),
    ("PATCH", "/guilds/{guild_id}/members/{user_id}", {"nick": "Benny"}),
]
"""Method, path, and a body whose fields are all in the response."""


def _missing(sent: Any, got: Any, where: str = "") -> list[str]:
    """Where a response differs from what was sent."""
    if isinstance(sent, dict) and isinstance(got, dict):
        return [w for k, v in sent.items() for w in _missing(v, got.get(k), f"{where}.{k}")]
    if isinstance(sent, list) and isinstance(got, list) and len(sent) == len(got):
        return [
            w
            for n, (one, two) in enumerate(zip(sent, got, strict=True))
            for w in _missing(one, two, f"{where}.{n}")
        ]
    return [] if sent == got else [f"{where}: {sent!r} became {got!r}"]


@pytest.mark.parametrize(("method", "path", "body"), _KEPT)
async def test_what_is_accepted_is_in_the_response(
    server: SeededServer, method: str, path: str, body: dict[str, Any]
) -> None:
    caller = server.bot if path.startswith("/applications") else server.ada
    address = path.format(
        channel_id=server.essays,
        guild_id=server.guild_id,
        application_id=server.application_id,
        user_id=server.ben.user.id,
    )
    reply = await caller.call(method, address, body)
    assert reply.status < 300, reply
    got = {**reply.body, **(reply.body.get("thread_metadata") or {})}
    assert _missing(body, got) == []
