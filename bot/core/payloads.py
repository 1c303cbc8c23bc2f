"""What is sent to Discord, as the plain body of its Create Message call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

__all__ = [
    "SILENT",
    "SUPPRESS_EMBEDS",
    "Payload",
    "edit_body",
    "message_address",
    "moment_of",
    "plain_message",
    "signature",
    "snowflake_before",
]

Payload = dict[str, Any]

#: Message flags (docs: Message Resource › Message Flags).
SUPPRESS_EMBEDS = 1 << 2
SILENT = 1 << 12

_TEXT_DISPLAY = 10
_DISCORD_EPOCH = 1_420_070_400_000
_CLOCKS_DISAGREE = 60_000


def plain_message(content: str, *, silent: bool) -> Payload:
    """A message of plain content, without link previews, that pings nobody.

    ``silent``: it makes no notification either.
    """
    return {
        "content": content,
        "flags": SUPPRESS_EMBEDS | (SILENT if silent else 0),
        "allowed_mentions": {"parse": []},
    }


def edit_body(payload: Payload) -> Payload:
    """The body of Discord's Edit Message that makes a message say a payload.

    Flags cannot be changed but for components (docs: Message Resource › Edit Message), and a
    message keeps those it was sent with.
    """
    kept = ("content", "components", "allowed_mentions")
    return {name: payload[name] for name in kept if name in payload}


def message_address(server_id: int, channel_id: int, message_id: int) -> str:
    """Where a message is found by people; at most 91 characters."""
    return f"https://discord.com/channels/{server_id}/{channel_id}/{message_id}"


def snowflake_before(milliseconds: int) -> int:
    """An id older than any that Discord gives out from a moment on (milliseconds since 1970).

    A minute is allowed for clocks that disagree. docs: Reference › Snowflakes.
    """
    return max(milliseconds - _DISCORD_EPOCH - _CLOCKS_DISAGREE, 0) << 22


def moment_of(snowflake: int) -> datetime:
    """When an id of Discord's was given out. docs: Reference › Snowflakes."""
    milliseconds = (snowflake >> 22) + _DISCORD_EPOCH
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def signature(message: Mapping[str, Any]) -> str:
    """What a message says, the same for the payload sent and for the message as history tells it.

    Discord trims content and numbers components, so neither is compared byte by byte.
    """
    texts = [str(message.get("content") or "").strip()]
    texts += [text.strip() for text in _component_texts(message.get("components") or [])]
    if message.get("poll"):
        texts.append(str(message["poll"]["question"].get("text") or "").strip())
    return "\x00".join(texts)


def _component_texts(components: Any) -> Iterator[str]:
    for component in components:
        if component.get("type") == _TEXT_DISPLAY:
            yield str(component.get("content") or "")
        inner = component.get("components")
        if isinstance(inner, list):
            yield from _component_texts(inner)
        for key in ("accessory", "component"):
            if isinstance(component.get(key), dict):
                yield from _component_texts([component[key]])
