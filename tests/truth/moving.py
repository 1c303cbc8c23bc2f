"""Moved replies in the truth: a reply stands where its copy does, and says what it said."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

__all__ = ["as_moved"]

_THEIRS = ("deleted", "reactions")


def as_moved(world: dict[str, Any], moves: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """The world as if each moved reply still stood as itself, and what is wrong with the copies.

    ``moves``: by reply, its copy, as the archive tells. Which copy is whose cannot be known from
    the world alone; that it says the same, under the same name, can.
    """
    told = copy.deepcopy(world)
    messages = {message["id"]: message for message in told["messages"]}
    wrong = []
    for reply_id, copy_id in moves.items():
        original, moved = messages[reply_id], messages.get(copy_id)
        if moved is None or not moved.get("webhook_id"):
            wrong.append(f"{reply_id}: {copy_id} is no copy")
            continue
        if not original["deleted"]:
            wrong.append(f"{reply_id}: both it and its copy {copy_id} stand")
        if not moved["deleted"]:
            if moved["content"] != original["content"]:
                wrong.append(f"{reply_id}: its copy says {moved['content']!r}")
            if _files(moved) != _files(original):
                wrong.append(f"{reply_id}: its copy has other files")
        for key in _THEIRS:
            original[key] = moved.get(key)
    whose = {copy_id: reply_id for reply_id, copy_id in moves.items()}
    for message in told["messages"]:
        if message.get("webhook_id") and not message["deleted"] and message["id"] not in whose:
            wrong.append(f"{message['id']} is a copy of nothing: {message['content']!r}")
        reference = message.get("message_reference") or {}
        if reference.get("message_id") in whose:
            reference["message_id"] = whose[reference["message_id"]]
    return told, wrong


def _files(message: dict[str, Any]) -> list[tuple[str, int]]:
    return [(file["filename"], file["size"]) for file in message["attachments"]]
