"""JSON body of a Discord message, and its signature (docs: Message Resource › Create Message)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = [
    "SILENT",
    "SUPPRESS_EMBEDS",
    "Payload",
    "get_signature",
    "make_edit",
    "make_edit_body",
    "make_plain_message",
]

Payload = dict[str, Any]

#: Message flags (docs: Message Resource › Message Flags).
SUPPRESS_EMBEDS = 1 << 2
SILENT = 1 << 12

_TEXT_DISPLAY = 10
_HASH = "signature_hash"
#: The name of an essay's picture, which no member's file has: part of its hash, and its type.
_PICTURE = re.compile(r"salon_[0-9a-f]{32}\.[a-z]{3,4}")


def make_plain_message(content: str, *, silent: bool) -> Payload:
    """A message of plain content, without link previews, that pings nobody.

    ``silent``: it sends no push or desktop notification either.
    """
    return {
        "content": content,
        "flags": SUPPRESS_EMBEDS | (SILENT if silent else 0),
        "allowed_mentions": {"parse": []},
    }


def make_edit_body(payload: Payload) -> Payload:
    """The body of an Edit Message call that makes a posted message show a payload.

    Flags are left out: a message keeps those it was sent with (docs: Message Resource › Edit
    Message); :func:`make_edit` adds what changes.
    """
    kept = ("content", "components", "allowed_mentions", "attachments")
    return {name: payload[name] for name in kept if name in payload}


def make_edit(before: Payload, after: Payload, *, pending: bool = False) -> Payload:
    """The body of an Edit Message call that makes a message with one payload show another.

    pending: an edit to ``before`` isn't made yet and this one replaces it, so what the message
    shows is unknown and the body says everything

    Only link previews can be changed in its flags. Attachments that aren't listed are removed, so
    an empty list is needed if there were some; the same holds for components.
    """
    body = make_edit_body(after)
    for name in ("attachments", "components"):
        if (pending or before.get(name)) and name not in body:
            body[name] = []
    if "content" in after:
        shown = [int(one.get("flags", 0)) & SUPPRESS_EMBEDS for one in (before, after)]
        if pending or shown[0] != shown[1]:
            body["flags"] = shown[1]
    return body


def get_signature(message: Mapping[str, Any]) -> str:
    """The text of a message: equal for the payload sent and for the message in the history.

    Discord trims content and numbers components, so neither can be compared byte by byte.
    """
    texts = [str(message.get("content") or "").strip()]
    texts += [text.strip() for text in _iterate_texts(message.get("components") or [])]
    # Only pictures of essays count: a member's file may be named again by Discord. Whether it lists
    # those that components show isn't documented.
    texts += [
        name
        for one in message.get("attachments") or []
        if not message.get("components") and _PICTURE.fullmatch(name := str(one.get("filename")))
    ]
    if message.get("poll"):
        texts.append(str(message["poll"]["question"].get("text") or "").strip())
    return "\x00".join(texts)


def make_erased_payload(payload: Mapping[str, Any]) -> Payload:
    """What is kept of a message whose words were erased: a hash by which it can be found."""
    if _HASH in payload or not payload:
        return dict(payload)
    return {_HASH: _hash(get_signature(payload))}


def is_payload_of(payload: Mapping[str, Any], signature: str) -> bool:
    """Whether a message with this signature was made from the payload, an erased one included."""
    if _HASH in payload:
        return bool(payload[_HASH] == _hash(signature))
    return get_signature(payload) == signature


def _hash(signature: str) -> str:
    return hashlib.sha256(signature.encode("utf-8", "surrogatepass")).hexdigest()


def _iterate_texts(components: Any) -> Iterator[str]:
    for component in components:
        if component.get("type") == _TEXT_DISPLAY:
            yield str(component.get("content") or "")
        inner = component.get("components")
        if isinstance(inner, list):
            yield from _iterate_texts(inner)
        for key in ("accessory", "component"):
            if isinstance(component.get(key), dict):
                yield from _iterate_texts([component[key]])
