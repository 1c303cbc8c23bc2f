"""What every route refuses: no token, invalid and unknown ids, wrong values, exceeded limits."""

from __future__ import annotations

import copy
import functools
import re
from collections.abc import Iterator
from typing import Any

import pytest

from bot.emulator.rules.stickers import STANDARD_PACK
from bot.emulator.world.models import Interaction, User
from bot.emulator.world.permissions import ALL
from tests.emulator.http_clients import ApiClient, Reply, SeededServer
from tests.emulator.made_world import Route, grant, make_objects, plain_path, served_routes
from tests.support.api_description import Variant, load_description

_UNKNOWN_ID = "1"
_OBJECTS = {
    "channel_id": "essays",
    "guild_id": "guild",
    "message_id": "theirs",
    "user_id": "ben",
    "overwrite_id": "ben",
    "role_id": "role",
    "rule_id": "rule",
    "sticker_id": "sticker",
    "webhook_id": "webhook",
    "command_id": "command",
}
"""The object that stands for a name in a path."""
_FOR_MEMBERS = {
    ("POST", "/interactions"),
    ("PUT", "/channels/{}/polls/{}/answers/@me"),
    ("PUT", "/applications/{}/guilds/{}/commands/{}/permissions"),
    ("GET", "/guilds/{}/application-command-index"),
}
_COMMANDS = "/applications/{}/guilds/{}/commands"
_UNKNOWN: dict[str, int] = {
    "channel_id": 10003,
    "guild_id": 10004,
    "message_id": 10008,
    "overwrite_id": 10009,
    "role_id": 10011,
    "user_id": 10013,
    "emoji": 10014,
    "webhook_id": 10015,
    "webhook_token": 50027,
    "sticker_id": 10060,
    "pack_id": 10061,
    "interaction_id": 10062,
    "interaction_token": 10062,
    "command_id": 10063,
    "application_id": 20012,
    "rule_id": 0,
}
"""The error code for an unknown id. docs: JSON Error Codes; an unknown rule's isn't documented."""
_UNKNOWN_ON: dict[tuple[str, str, str], int | None] = {
    ("GET", "/guilds/{}/bans/{}", "user_id"): 10026,
    ("DELETE", "/guilds/{}/bans/{}", "user_id"): 10026,
    **{
        (method, "/channels/{}/thread-members/{}", "user_id"): 10007
        for method in ("GET", "PUT", "DELETE")
    },
    **{
        (method, f"{_COMMANDS}{rest}", "guild_id"): 50001
        for method in ("GET", "PUT", "POST", "PATCH", "DELETE")
        for rest in ("", "/permissions", "/{}", "/{}/permissions")
        if (method, rest) != ("PUT", "/{}/permissions")
    },
    ("GET", f"{_COMMANDS}/{{}}/permissions", "command_id"): 10066,
    ("PUT", f"{_COMMANDS}/{{}}/permissions", "application_id"): 10002,
    # An emoji that nobody used isn't an error, and neither is an answer that nobody gave.
    ("GET", "/channels/{}/messages/{}/reactions/{}", "emoji"): None,
    ("GET", "/channels/{}/polls/{}/answers/{}", "answer_id"): None,
}
"""What is different on a route; None for no error."""


_NAME = re.compile(r"\{(\w+)\}")


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)))


def _path(route: Route, objects: dict[str, int], **instead: str) -> str:
    """A route's path to the objects, with some names replaced by something else."""
    names = {name: str(objects[one]) for name, one in _OBJECTS.items()}
    if "/thread-members" in route.path:
        names |= {"channel_id": str(objects["thread"]), "user_id": str(objects["ann"])}
    if "/polls/" in route.path:
        names["message_id"] = str(objects["poll"])
    if route.path.startswith("/webhooks"):
        names["message_id"] = str(objects["hooked"])
    if "/bans/" in route.path and route.method != "PUT":
        names["user_id"] = str(objects["banned"])
    if plain_path(route.path).startswith(_COMMANDS):
        names["command_id"] = str(objects["command_here"])
    names |= {"webhook_token": "token", "emoji": "%E2%9D%A4", "answer_id": "1"}
    names |= {"pack_id": str(STANDARD_PACK["id"]), "interaction_id": "5", "interaction_token": "t"}
    names["application_id"] = str(objects["application"])
    return route.path.format(**{**names, **instead})


async def _call(server: SeededServer, route: Route, path: str, body: Any = None) -> Reply:
    """Call a route as the bot, or as a member where bots can't."""
    for_members = (route.method, plain_path(route.path)) in _FOR_MEMBERS
    client = server.ada if for_members else server.bot
    return await client.call(route.method, path, body)


def _prepared(server: SeededServer) -> dict[str, int]:
    grant(server, ALL)
    return {**make_objects(server), "application": server.application_id}


async def test_a_route_needs_a_known_token_unless_its_path_has_one(server: SeededServer) -> None:
    """docs: Reference › Authentication."""
    objects = _prepared(server)
    stranger = ApiClient(
        server.emulator, server.bot.session, User(9, "x", None, "unknown", bot=True)
    )
    found = {}
    for route in served_routes():
        for client in (server.nobody, stranger):
            reply = await client.call(route.method, _path(route, objects))
            if (reply.status == 401) == route.is_open:
                found[route.method, route.path] = reply
    # A route with a token of its own in the path answers 401 for that token, not for none.
    assert found == {}


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "9" * 20, "9" * 5000, "%D9%A1", "0x10"])
async def test_an_id_is_a_number_of_64_bits(server: SeededServer, text: str) -> None:
    """docs: Reference › Snowflakes; error 50035."""
    objects = _prepared(server)
    found = {}
    for route in served_routes():
        for name in route.placeholders:
            reply = await _call(server, route, _path(route, objects, **{name: text}))
            if name in {"emoji", "pack_id", "webhook_token", "interaction_token"}:
                expected = {_expected(route, name), 10014}
            elif name == "message_id" and route.path.startswith("/webhooks"):
                expected = {10008}
            else:
                expected = {50035}
            if reply.code not in expected:
                found[route.method, route.path, name] = reply
    assert found == {}


def _expected(route: Route, name: str) -> int | None:
    return _UNKNOWN_ON.get((route.method, plain_path(route.path), name), _UNKNOWN.get(name))


async def test_an_unknown_id_has_the_error_code_of_what_it_names(server: SeededServer) -> None:
    """docs: JSON Error Codes."""
    found = {}
    for route in served_routes():
        for name in route.placeholders:
            objects = _prepared(server)
            unknown = "wave:1" if name == "emoji" else _UNKNOWN_ID
            body = {"type": 1} if name == "overwrite_id" else {}
            reply = await _call(server, route, _path(route, objects, **{name: unknown}), body)
            code = reply.code if isinstance(reply.body, dict) else None
            if code != _expected(route, name) or (code is not None and reply.status < 400):
                found[route.method, route.path, name] = reply
    assert found == {}


_WRONG: tuple[Any, ...] = (
    None,
    True,
    -1,
    1.5,
    2**70,
    "",
    "--5",
    "9" * 5000,
    "\x00",
    [None],
    [[]],
    [{}],
    {},
    {"id": {}},
)
"""Values that most fields don't take; none of them may be an error of the emulator's."""


def _wrong_bodies(route: Route) -> Iterator[Any]:
    """Bodies of a route in which one field has a wrong value.

    An object inside the body that other routes have too is taken on the first of them only, and
    its fields get every other value in turn.
    """
    description = load_description()
    assert description is not None
    for variant in _new_variants(route):
        for at, field in enumerate(variant.fields):
            values = _WRONG if len(variant.kind) == 1 else _WRONG[at % 2 :: 2]
            for value in values:
                yield variant.with_value(field, value, description)
    yield from _WRONG


def _new_variants(route: Route) -> Iterator[Variant]:
    """The objects of a route's body, without inner ones that an earlier route has too."""
    description = load_description()
    assert description is not None
    seen: set[tuple[str, tuple[str, ...]]] = set()
    for one in _with_bodies():
        schema = description.request(one.method, _described()[one])
        assert schema is not None
        for variant in description.variants(schema):
            inner = (variant.kind[-1], variant.fields)
            if one == route and (len(variant.kind) == 1 or inner not in seen):
                yield variant
            seen.add(inner)
        if one == route:
            return


@functools.cache
def _described() -> dict[Route, str]:
    """The path in Discord's description of each route that is in it."""
    description = load_description()
    known = {(m, plain_path(p)): p for m, p in description.routes()} if description else {}
    served = {one: known.get((one.method, plain_path(one.path))) for one in served_routes()}
    return {one: path for one, path in served.items() if path is not None}


def _with_bodies() -> list[Route]:
    description = load_description()
    if description is None:
        return []
    return [one for one, path in _described().items() if description.request(one.method, path)]


def _make_interaction(server: SeededServer, body: Any, source: int) -> None:
    """An interaction that waits for a response like this one."""
    world = server.emulator.world
    response = body.get("type") if isinstance(body, dict) else None
    kind = next((two for one, two in ((8, 4), (6, 3), (7, 3)) if one == response), 2)
    world.interactions[5] = Interaction(
        id=5,
        application_id=server.application_id,
        type=kind,
        token="t",
        member_id=server.ann.user.id,
        channel_id=server.essays,
        guild_id=server.guild_id,
        created_at=world.now(),
        payload={"data": {"name": "c", "type": 1}},
        source_message_id=source if kind == 3 else None,
    )


@pytest.mark.parametrize("route", _with_bodies(), ids=lambda one: f"{one.method} {one.path}")
async def test_no_value_of_a_field_makes_the_emulator_fail(
    server: SeededServer, route: Route
) -> None:
    """docs: Reference › Error Messages (an invalid body is 50035)."""
    found = {}
    objects: dict[str, int] = {}
    for number, body in enumerate(_wrong_bodies(route)):
        if number % 50 == 0:
            objects = _prepared(server)
        if route.path.endswith("/callback"):
            _make_interaction(server, body, objects["mine"])
        reply = await _call(server, route, _path(route, objects), body)
        if reply.status >= 500:
            found[str(body)[:200]] = reply
    assert found == {}


_ROWS = "5 rows, or 40 components at all depths (Components › Using Components in Messages)"
_REQUIRED = "at least 1 if the field is required (String Select, File Upload, …)"
_STRICTER: dict[tuple[str, str], str] = {
    ("MessageCreateRequest", "content"): "2,000 characters (Create Message)",
    ("MessageEditRequestPartial", "content"): "2,000 characters (Edit Message)",
    ("body", "content"): "2,000 characters (Start Thread in Forum or Media Channel; Interactions)",
    ("MessageCreateRequest", "components"): _ROWS,
    ("MessageEditRequestPartial", "components"): _ROWS,
    ("IncomingWebhookRequestPartial", "components"): _ROWS,
    ("IncomingWebhookUpdateRequestPartial", "components"): _ROWS,
    ("body", "components"): f"{_ROWS}; a modal has 5 (Interactions › Modal)",
    ("ActionRowComponentForModalRequest", "components"): "one text input (Components › Action Row)",
    ("body", "parse"): "three types (Message Resource › Allowed Mention Types)",
    ("body", "roles"): "a server has 250 (JSON Error Codes, 30005)",
    ("CreateGuildChannelRequest", "topic"): "1,024 characters in a text channel",
    ("UpdateGuildChannelRequestPartial", "topic"): "1,024 characters in a text channel",
    **{
        (f"Update{kind}RequestPartial", "name"): "1 to 100 characters (Modify Channel)"
        for kind in ("DM", "GroupDM", "GuildChannel", "Thread")
    },
    ("body", "custom_message"): "150 characters (Auto Moderation › Action Metadata)",
    ("body", "allow_list"): "100 words (Auto Moderation › Trigger Metadata)",
    ("IncomingWebhookRequestPartial", "thread_name"): "1 to 100 characters (Channel Object)",
    ("body", "min_values"): _REQUIRED,
    ("FileUploadComponentForModalRequest", "min_values"): _REQUIRED,
    ("body", "default_values"): "from min_values to max_values (User Select)",
    **{
        (f"{kind}SelectComponentForMessageRequest", "default_values"): "see User Select"
        for kind in ("User", "Role", "Mentionable", "Channel")
    },
}
"""Where the documentation, which counts, allows less than Discord's API description."""
_SIZE = {
    "BASE_TYPE_BAD_LENGTH",
    "BASE_TYPE_MAX_LENGTH",
    "BASE_TYPE_REQUIRED",
    "NUMBER_TYPE_MAX",
    "NUMBER_TYPE_MIN",
}


def _errors_at(reply: Reply, path: tuple[str | int, ...]) -> set[str]:
    """The codes of a field's errors."""
    at = reply.body.get("errors") if isinstance(reply.body, dict) else None
    for part in path:
        at = at.get(str(part)) if isinstance(at, dict) else None
    return {one["code"] for one in at.get("_errors", ())} if isinstance(at, dict) else set()


def _forms_of(body: Any, variant: Variant, field: str) -> Iterator[Any]:
    """A body, and the same with version 2 components where it has components."""
    if isinstance(body, dict) and body.get("type") == 6:
        body = {**body, "type": 7}  # a deferred update has no data
    yield body
    if field != "components" and "components" not in variant.path:
        return
    second = copy.deepcopy(body)
    holder = second.get("data") or second.get("message") or second
    for name in ("content", "embeds", "poll", "sticker_ids"):
        holder.pop(name, None)
    holder["flags"] = 1 << 15
    yield second


async def _try_value(server: SeededServer, route: Route, body: Any) -> Reply:
    """Send a body to new objects, of the kinds that take most of it."""
    objects = _prepared(server)
    world = server.emulator.world
    world.webhooks[objects["webhook"]].application_id = server.application_id
    if route.path.endswith("/callback"):
        _make_interaction(server, body, objects["mine"])
    instead = {}
    if route.path.endswith("{channel_id}/threads") and "message" in body:
        instead["channel_id"] = str(server.forum)
    return await _call(server, route, _path(route, objects, **instead), body)


def _is_ignored(reply: Reply, path: tuple[str | int, ...]) -> bool:
    where = ".".join(str(part) for part in path)
    names = reply.headers.get("X-Emulator-Ignored", "").split(", ")
    return any(where == name or where.startswith(f"{name}.") for name in names if name)


@pytest.mark.parametrize("route", _with_bodies(), ids=lambda one: f"{one.method} {one.path}")
async def test_a_described_limit_is_refused_just_outside_and_accepted_just_inside(
    server: SeededServer, route: Route
) -> None:
    """docs: the request tables; the limits are those of Discord's API description.

    A field without an effect counts as refused if the response names it as ignored.
    """
    description = load_description()
    assert description is not None
    found = []
    for variant in _new_variants(route):
        for field in variant.fields:
            where = (*variant.path, field)
            for inside, outside in description.limits(variant, field):
                for value in (*inside, *outside):
                    for body in _forms_of(
                        variant.with_value(field, value, description), variant, field
                    ):
                        reply = await _try_value(server, route, body)
                        sizes = _errors_at(reply, where) & _SIZE
                        stricter = (variant.kind[-1], field) in _STRICTER
                        if value in inside and sizes and not stricter:
                            found.append(f"refused: {where} {str(value)[:50]} {sizes}")
                        accepted = reply.status < 300 and not _is_ignored(reply, where)
                        if value not in inside and accepted:
                            found.append(f"accepted: {where} {str(value)[:50]}")
    assert found == []


def _described_parameters() -> list[tuple[Route, str]]:
    description = load_description()
    if description is None:
        return []
    return [
        (route, name)
        for route, path in _described().items()
        for name in description.parameters(route.method, path)
    ]


async def test_each_documented_parameter_is_read(server: SeededServer) -> None:
    """docs: the tables of query string parameters; the response names those that nobody read."""
    parameters = _described_parameters()
    if not parameters:
        pytest.skip("Discord's API description isn't here")
    assert len(parameters) > 30
    found = {}
    for route, name in parameters:
        if route.path.startswith("/interactions"):
            continue  # with_response needs an interaction; test_interactions has it
        objects = _prepared(server)
        mark = "?query=a&" if route.path.endswith("/search") and name != "query" else "?"
        path = f"{_path(route, objects)}{mark}{name}=1"
        body = {"content": "x"} if route.method in {"POST", "PATCH"} else None
        reply = await _call(server, route, path, body)
        if f"?{name}" in reply.headers.get("X-Emulator-Ignored", ""):
            found[route.method, route.path, name] = reply
    assert found == {}


async def test_what_the_emulator_does_not_have_is_refused_by_method_and_path(
    server: SeededServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Message search, scheduled events, invites, the audit log, emojis and all the rest."""
    description = load_description()
    if description is None:
        pytest.skip("Discord's API description isn't here")
    served = served_routes()
    patterns = [(one.method, _pattern(one.path)) for one in served]
    lacking = [
        (method, path)
        for method, path in description.routes()
        if not any(method == other and pattern.fullmatch(path) for other, pattern in patterns)
    ]
    for path in (
        "/guilds/{guild_id}/messages/search",
        "/guilds/{guild_id}/scheduled-events",
        "/guilds/{guild_id}/audit-logs",
        "/guilds/{guild_id}/emojis",
        "/guilds/{guild_id}/invites",
    ):
        assert ("GET", path) in lacking
    names = dict.fromkeys(_OBJECTS, "1") | {"guild_id": str(server.guild_id)}
    found: dict[tuple[str, str], Any] = {}
    for method, path in lacking:
        plain = _NAME.sub(lambda name: names.get(name[1], "1"), path)
        caplog.clear()
        reply = await server.bot.call(method, plain, {} if method != "GET" else None)
        where = f"/api/v10{plain}"
        said = f"404: Not Found ({method} {where} isn't emulated)"
        if (reply.status, reply.body) != (404, {"message": said, "code": 0}):
            found[method, path] = reply
        elif f"The emulator has no route {method} {where}" not in caplog.text:
            found[method, path] = caplog.text
    assert found == {}
