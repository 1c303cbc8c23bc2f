"""Handling the payloads that clients send over the gateway, by opcode.

docs: Gateway Events › Send Events; Opcodes and Status Codes › Gateway Close Event Codes.
"""

from __future__ import annotations

import logging
from typing import Any

from bot.emulator import payloads
from bot.emulator.gateway.dispatcher import Dispatcher
from bot.emulator.gateway.intents import ACCEPTED_INTENTS, ALL_INTENTS, Intent, disallowed_intents
from bot.emulator.gateway.sessions import Connection, Session
from bot.emulator.rules.json_form import read_id
from bot.emulator.world.events import PresenceUpdated
from bot.emulator.world.models import Guild, User

__all__ = [
    "ACK",
    "DECODE_ERROR",
    "HEARTBEAT",
    "INVALID_API_VERSION",
    "RATE_LIMITED",
    "SESSION_TIMED_OUT",
    "handle",
]

_log = logging.getLogger(__name__)

HEARTBEAT = 1
_IDENTIFY = 2
_PRESENCE_UPDATE = 3
_VOICE_STATE_UPDATE = 4
_RESUME = 6
_REQUEST_GUILD_MEMBERS = 8
_REQUEST_SOUNDBOARD_SOUNDS = 31

UNKNOWN_OPCODE = 4001
DECODE_ERROR = 4002
NOT_AUTHENTICATED = 4003
AUTHENTICATION_FAILED = 4004
ALREADY_AUTHENTICATED = 4005
INVALID_SEQUENCE = 4007
RATE_LIMITED = 4008
SESSION_TIMED_OUT = 4009
INVALID_SHARD = 4010
SHARDING_REQUIRED = 4011
INVALID_API_VERSION = 4012
INVALID_INTENTS = 4013
DISALLOWED_INTENTS = 4014

ACK = b'{"t":null,"s":null,"op":11,"d":null}'

_STATUSES = {"online", "dnd", "idle", "invisible", "offline"}
_CHUNK = 1000
_MAX_FOUND = 100
_MAX_NONCE_BYTES = 32


def handle(dispatcher: Dispatcher, connection: Connection, payload: dict[str, Any]) -> int | None:
    """Handle one payload; the close code if it is invalid, else None."""
    op, data = payload["op"], payload.get("d")
    if op in {_IDENTIFY, _RESUME}:
        if connection.session is not None:
            return ALREADY_AUTHENTICATED
        if not isinstance(data, dict):
            return DECODE_ERROR
        return (_identify if op == _IDENTIFY else _resume)(dispatcher, connection, data)
    known = {
        _PRESENCE_UPDATE,
        _VOICE_STATE_UPDATE,
        _REQUEST_GUILD_MEMBERS,
        _REQUEST_SOUNDBOARD_SOUNDS,
    }
    if op not in known:
        return UNKNOWN_OPCODE
    if connection.session is None:
        return NOT_AUTHENTICATED
    if not isinstance(data, dict):
        return DECODE_ERROR
    if op == _PRESENCE_UPDATE:
        return _update_presence(dispatcher, connection.session, data)
    if op == _REQUEST_GUILD_MEMBERS:
        return _send_members(dispatcher, connection.session, data)
    _log.error("The emulator doesn't support voice: gateway opcode %d is ignored.", op)
    return None


def _identify(dispatcher: Dispatcher, connection: Connection, data: dict[str, Any]) -> int | None:
    """docs: Gateway Events › Identify; Gateway › Sharding, Session Start Limit, Gateway Intents."""
    token, properties = data.get("token"), data.get("properties")
    if not isinstance(token, str) or not isinstance(properties, dict):
        return DECODE_ERROR
    user = dispatcher.world.user_by_token(token)
    if user is None:
        return AUTHENTICATION_FAILED
    shard = data.get("shard")
    if shard is not None and not _is_shard(shard):
        return INVALID_SHARD
    intents = data.get("intents", None if user.bot else ALL_INTENTS)
    if not isinstance(intents, int) or isinstance(intents, bool) or intents & ~ACCEPTED_INTENTS:
        return INVALID_INTENTS
    if intents < 0:
        return INVALID_INTENTS
    if user.bot and disallowed_intents(intents, dispatcher.application_flags(user.id)):
        return DISALLOWED_INTENTS
    armed = dispatcher.take_armed_close() if user.bot else None
    if armed is not None:
        return armed
    place = (int(shard[0]), int(shard[1])) if shard is not None else None
    if dispatcher.has_too_many_servers(user, place):
        return SHARDING_REQUIRED
    if not dispatcher.can_identify(user, 0 if place is None else place[0]):
        dispatcher.reject_session(connection)
        return None
    if not dispatcher.count_start(user):
        return AUTHENTICATION_FAILED
    dispatcher.start_session(connection, user, intents, place)
    return None


def _is_shard(shard: Any) -> bool:
    if not isinstance(shard, list) or len(shard) != 2:
        return False
    if not all(isinstance(number, int) and not isinstance(number, bool) for number in shard):
        return False
    return 0 <= int(shard[0]) < int(shard[1])


def _resume(dispatcher: Dispatcher, connection: Connection, data: dict[str, Any]) -> int | None:
    """A session id or a sequence of null names no session: opcode 9, which isn't resumable.

    docs: Gateway Events › Resume; Gateway › Resuming, Invalid Session (silent about null).
    """
    token, session_id, sequence = data.get("token"), data.get("session_id"), data.get("seq")
    if not isinstance(token, str) or not isinstance(session_id, str | None):
        return DECODE_ERROR
    if session_id is None or sequence is None:
        if dispatcher.world.user_by_token(token) is None:
            return AUTHENTICATION_FAILED
        dispatcher.reject_session(connection)
        return None
    if not isinstance(sequence, int) or isinstance(sequence, bool):
        return DECODE_ERROR
    user = dispatcher.world.user_by_token(token)
    if user is None:
        return AUTHENTICATION_FAILED
    session = dispatcher.sessions.get(session_id)
    if session is None or session.user_id != user.id:
        dispatcher.reject_session(connection)
        return None
    if sequence < 0 or sequence > session.sequence:
        dispatcher.end_session(session)
        return INVALID_SEQUENCE
    if not session.can_replay_after(sequence):
        dispatcher.end_session(session)
        dispatcher.reject_session(connection)
        return None
    dispatcher.resume_session(connection, session, sequence)
    return None


def _update_presence(dispatcher: Dispatcher, session: Session, data: dict[str, Any]) -> int | None:
    """docs: Gateway Events › Update Presence."""
    activities = data.get("activities", [])
    if data.get("status") not in _STATUSES or not isinstance(activities, list):
        return DECODE_ERROR
    status = "offline" if data["status"] == "invisible" else data["status"]
    servers = dispatcher.world.guilds_of(session.user_id)
    for guild in (one for one in servers if session.has_server(one.id)):
        dispatcher.world.emit(PresenceUpdated(guild, session.user_id, status, activities))
    return None


def _send_members(dispatcher: Dispatcher, session: Session, data: dict[str, Any]) -> int | None:
    """Send the members that a client requested, or RATE_LIMITED.

    An empty query needs the members intent, whatever its limit; the whole list can be requested
    once in 30 seconds. docs: Gateway Events › Request Guild Members, Guild Members Chunk, Rate
    Limited; Change Log, 14 August 2025. They are silent about a request without the intent: it
    closes the connection with 4014.
    """
    guild = dispatcher.world.guilds.get(_snowflake(data.get("guild_id")))
    if guild is None or session.user_id not in guild.members or not session.has_server(guild.id):
        return DECODE_ERROR
    query, asked = data.get("query"), data.get("user_ids")
    limit = data.get("limit", 0 if query is None else None)
    if (query is None) == (asked is None) or not isinstance(limit, int):
        return DECODE_ERROR
    if isinstance(limit, bool) or limit < 0:
        return DECODE_ERROR
    missing: list[str] = []
    if asked is not None:
        asked = (asked if isinstance(asked, list) else [asked])[:_MAX_FOUND]
        ids = dict.fromkeys(_snowflake(one) for one in asked)
        found = [user_id for user_id in ids if user_id in guild.members]
        missing = [str(one) for one in asked if _snowflake(one) not in guild.members]
    elif not isinstance(query, str):
        return DECODE_ERROR
    elif query == "" and not session.intents & Intent.GUILD_MEMBERS:
        return DISALLOWED_INTENTS
    elif query == "" and limit == 0:
        wait = dispatcher.seconds_until_all_members(session, guild.id)
        if wait > 0:
            meta = {"guild_id": str(guild.id), **_nonce(data)}
            limited = {"opcode": _REQUEST_GUILD_MEMBERS, "retry_after": wait, "meta": meta}
            dispatcher.deliver(session, "RATE_LIMITED", limited)
            return None
        found = list(guild.members)
    else:
        found = _matching(dispatcher, guild, query)[: min(limit or _MAX_FOUND, _MAX_FOUND)]
    _send_chunks(dispatcher, session, guild, found, missing, data)
    return None


def _matching(dispatcher: Dispatcher, guild: Guild, query: str) -> list[int]:
    """Members whose name or nickname starts with the query, in any case."""
    start = query.casefold()

    def names(user: User) -> tuple[str, ...]:
        nick = guild.members[user.id].nick
        return tuple(name for name in (user.name, user.display_name, nick) if name is not None)

    users = (dispatcher.world.users[user_id] for user_id in guild.members)
    return [u.id for u in users if any(name.casefold().startswith(start) for name in names(u))]


def _send_chunks(
    dispatcher: Dispatcher,
    session: Session,
    guild: Guild,
    found: list[int],
    missing: list[str],
    data: dict[str, Any],
) -> None:
    count = max(1, -(-len(found) // _CHUNK))
    for index in range(count):
        chunk: dict[str, Any] = {
            "guild_id": str(guild.id),
            "members": [
                payloads.member(dispatcher.world, guild, user_id)
                for user_id in found[index * _CHUNK : (index + 1) * _CHUNK]
            ],
            "chunk_index": index,
            "chunk_count": count,
            **_nonce(data),
        }
        if missing:
            chunk["not_found"] = missing
        if data.get("presences") and session.intents & Intent.GUILD_PRESENCES:
            chunk["presences"] = []
        dispatcher.deliver(session, "GUILD_MEMBERS_CHUNK", chunk)


def _nonce(data: dict[str, Any]) -> dict[str, str]:
    """The request's nonce as a field of its answer; an invalid one is ignored."""
    nonce = data.get("nonce")
    if isinstance(nonce, str) and len(nonce.encode()) <= _MAX_NONCE_BYTES:
        return {"nonce": nonce}
    return {}


def _snowflake(value: Any) -> int:
    """An id as clients send it; 0, which no record has, for anything else."""
    return read_id(value) or 0
