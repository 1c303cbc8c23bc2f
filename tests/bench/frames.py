"""The gateway frames that the ingest benchmark sends, the same to every client.

A seed makes them: a server with one channel and some threads of a discussion, then talk in the
threads, about half of it replies, as Discord sends it (whole, with what is answered).
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import orjson

__all__ = ["BOT_ID", "CHANNEL_ID", "GUILD_ID", "THREADS", "TOKEN", "Talk"]

_BASE = 1_400_000_000_000_000_000
APPLICATION_ID = BOT_ID = _BASE + 1
GUILD_ID = _BASE + 2
CHANNEL_ID = _BASE + 3
CARD_ID, PART_ID, CLOSING_ID = _BASE + 10, _BASE + 11, _BASE + 12
THREADS = tuple(_BASE + 100 + number for number in range(20))
#: Channels of the server without a discussion.
OTHER_CHANNELS = tuple(_BASE + 200 + number for number in range(30))
_FIRST_MESSAGE = _BASE + 10_000
_MEMBERS = tuple(_BASE + 1000 + number for number in range(200))
TOKEN = "bench.token.of-nobody"
#: What every thread's head says.
HEAD = "I think so."
_ALL_PERMISSIONS = str((1 << 50) - 1)
_WORDS = (
    *("the", "a", "of", "and", "to", "in", "that", "it", "is", "was", "I", "for", "not", "but"),
    *("essay", "reader", "page", "finish", "promise", "attention", "évident", "naïve", "本"),
    *("книга", "😀", "because", "perhaps", "never", "always", "door", "window", "kindness"),
    *("lighthouse", "shelf", "evening", "which", "through", "although", "remember"),
)
_START = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Talk:
    """``count`` messages after ``warm_up`` ones that are fed beforehand.

    ``one_in``: every so many messages, one is in a thread of the discussion, and the others are in
    channels without one.
    """

    count: int
    warm_up: int
    one_in: int = 1
    seed: int = 1

    @cached_property
    def messages(self) -> list[dict[str, Any]]:
        """MESSAGE_CREATE data, in the order of their ids."""
        chance = random.Random(self.seed)
        said: dict[int, list[dict[str, Any]]] = {one: [] for one in (*THREADS, *OTHER_CHANNELS)}
        found = []
        for number in range(self.warm_up + self.count):
            # The last one before and at the end is recorded: its row shows that all has arrived.
            is_recorded = (number + 1 - self.warm_up) % self.one_in == 0
            place = chance.choice(THREADS if is_recorded else OTHER_CHANNELS)
            message = _message(chance, number, place)
            if said[place] and chance.random() < 0.5:
                _answer(message, chance.choice(said[place][-20:]))
            said[place].append(message)
            found.append(message)
        return found

    @property
    def recorded(self) -> list[dict[str, Any]]:
        """The messages in threads of the discussion."""
        threads = {str(thread) for thread in THREADS}
        return [one for one in self.messages if one["channel_id"] in threads]

    def segments(self) -> dict[str, list[bytes]]:
        """The frames by the moment at which they are sent, in the order of :data:`SEGMENTS`."""
        frames = [
            dispatch("MESSAGE_CREATE", 3 + number, message)
            for number, message in enumerate(self.messages)
        ]
        warm, main = frames[: self.warm_up], frames[self.warm_up :]
        return {
            "hello": [orjson.dumps({"op": 10, "d": {"heartbeat_interval": 3_600_000}})],
            "ready": [
                orjson.dumps({"op": 11, "d": None}),
                dispatch("READY", 1, ready()),
                dispatch("GUILD_CREATE", 2, guild()),
            ],
            "warm": [*warm, _end(3 + self.warm_up + self.count)],
            "main": [*main, _end(4 + self.warm_up + self.count)],
        }


def _end(sequence: int) -> bytes:
    """An event after the messages that concerns nobody: a client that gets it has got them all."""
    gone = {"id": "1", "channel_id": str(CHANNEL_ID), "guild_id": str(GUILD_ID)}
    return dispatch("MESSAGE_DELETE", sequence, gone)


def dispatch(name: str, sequence: int, data: dict[str, Any]) -> bytes:
    """One event of the gateway."""
    return orjson.dumps({"t": name, "s": sequence, "op": 0, "d": data})


def me() -> dict[str, Any]:
    """The bot as its own user."""
    return {**user(BOT_ID, "Salon"), "bot": True, "mfa_enabled": False, "verified": True}


def application() -> dict[str, Any]:
    """The bot's application, with the message-content intent (docs: Application Flags)."""
    return {
        "id": str(APPLICATION_ID),
        "name": "Salon",
        "icon": None,
        "description": "",
        "summary": "",
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": 1 << 19,
        "owner": user(_MEMBERS[0], "owner"),
        "team": None,
    }


def ready() -> dict[str, Any]:
    """READY (docs: Gateway Events › Ready), for one server."""
    return {
        "v": 10,
        "user": me(),
        "guilds": [{"id": str(GUILD_ID), "unavailable": True}],
        "session_id": "bench",
        "resume_gateway_url": "ws://127.0.0.1:9/",
        "application": {"id": str(APPLICATION_ID), "flags": 1 << 19},
        "private_channels": [],
        "relationships": [],
    }


def guild() -> dict[str, Any]:
    """GUILD_CREATE of the server in which the talk is (docs: Gateway Events › Guild Create)."""
    return {
        "id": str(GUILD_ID),
        "name": "Bench",
        "owner_id": str(_MEMBERS[0]),
        "unavailable": False,
        "member_count": len(_MEMBERS),
        "large": False,
        "joined_at": _START.isoformat(),
        "roles": [
            {
                "id": str(GUILD_ID),
                "name": "@everyone",
                "permissions": _ALL_PERMISSIONS,
                "position": 0,
                "color": 0,
                "hoist": False,
                "managed": False,
                "mentionable": False,
                "flags": 0,
            }
        ],
        "members": [{**member(), "user": me()}],
        "channels": [
            {"id": str(channel_id), "type": 0, "name": f"channel-{number}", "position": number}
            | {"permission_overwrites": [], "parent_id": None, "nsfw": False}
            for number, channel_id in enumerate((CHANNEL_ID, *OTHER_CHANNELS))
        ],
        "threads": [_thread(thread) for thread in THREADS],
        "emojis": [],
        "stickers": [],
        "features": [],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw_level": 0,
        "premium_tier": 0,
        "preferred_locale": "en-US",
        "afk_timeout": 300,
        "system_channel_flags": 0,
    }


def _thread(thread: int) -> dict[str, Any]:
    return {
        "id": str(thread),
        "guild_id": str(GUILD_ID),
        "parent_id": str(CHANNEL_ID),
        "owner_id": str(BOT_ID),
        "type": 11,
        "name": "A thread",
        "message_count": 0,
        "member_count": 2,
        "thread_metadata": {
            "archived": False,
            "auto_archive_duration": 10080,
            "archive_timestamp": _START.isoformat(),
            "locked": False,
        },
    }


def user(user_id: int, name: str) -> dict[str, Any]:
    """docs: Users Resource › User Object."""
    return {
        "id": str(user_id),
        "username": name.lower(),
        "global_name": name,
        "discriminator": "0",
        "avatar": None,
        "public_flags": 0,
    }


def member() -> dict[str, Any]:
    """docs: Guild Resource › Guild Member Object."""
    return {
        "roles": [],
        "nick": None,
        "avatar": None,
        "joined_at": _START.isoformat(),
        "premium_since": None,
        "deaf": False,
        "mute": False,
        "flags": 0,
        "pending": False,
    }


def _message(chance: random.Random, number: int, place: int) -> dict[str, Any]:
    author = chance.choice(_MEMBERS)
    text = " ".join(chance.choices(_WORDS, k=chance.randint(4, 70)))
    return {
        "id": str(_FIRST_MESSAGE + number),
        "channel_id": str(place),
        "channel_type": 11 if place in THREADS else 0,
        "guild_id": str(GUILD_ID),
        "type": 0,
        "author": user(author, f"Member {author - _MEMBERS[0]}"),
        "member": member(),
        "content": text,
        "timestamp": (_START + timedelta(milliseconds=17 * number)).isoformat(),
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "components": [],
        "pinned": False,
        "flags": 0,
        "nonce": str(_FIRST_MESSAGE + number),
        "position": number,
    }


def heads() -> list[dict[str, Any]]:
    """The messages that the threads stand on, as the channel's history tells them."""
    closing = {"message_id": str(CLOSING_ID), "channel_id": str(CHANNEL_ID), "type": 0}
    return [
        bare_message(0)
        | {"id": str(thread), "content": HEAD, "type": 19, "message_reference": closing}
        for thread in THREADS
    ]


def bare_message(number: int) -> dict[str, Any]:
    """Some message, for answers in which it does not matter which."""
    return _message(random.Random(number), number, CHANNEL_ID)


def _answer(message: dict[str, Any], answered: dict[str, Any]) -> None:
    """Make a message a reply. docs: Message Resource › Message Reference Structure."""
    message["type"] = 19
    message["message_reference"] = {
        "type": 0,
        "message_id": answered["id"],
        "channel_id": answered["channel_id"],
        "guild_id": str(GUILD_ID),
    }
    whole = ("referenced_message", "member", "guild_id", "nonce")
    message["referenced_message"] = {k: v for k, v in answered.items() if k not in whole}
    message["mentions"] = [{**answered["author"], "member": member()}]
