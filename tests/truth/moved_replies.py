"""Moved replies in the comparison: each is treated as if it were still in its place."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

__all__ = ["undo_moves"]

_FROM_COPY = ("deleted", "reactions")


def undo_moves(world: dict[str, Any], moves: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """The world as if no reply had been moved, and what is wrong with the copies.

    ``moves``: for each reply the id of its copy, from the archive. The world alone doesn't show
    which copy belongs to which reply; it does show whether they have the same text.
    """
    result = copy.deepcopy(world)
    messages = {message["id"]: message for message in result["messages"]}
    wrong = []
    for reply_id, copy_id in moves.items():
        original, moved = messages[reply_id], messages.get(copy_id)
        if moved is None or not moved.get("webhook_id"):
            wrong.append(f"{reply_id}: {copy_id} isn't a copy")
            continue
        if not original["deleted"]:
            wrong.append(f"{reply_id}: both it and its copy {copy_id} exist")
        if not moved["deleted"]:
            if moved["content"] != original["content"]:
                wrong.append(f"{reply_id}: its copy says {moved['content']!r}")
            if _files(moved) != _files(original):
                wrong.append(f"{reply_id}: its copy has other files")
        for key in _FROM_COPY:
            original[key] = moved.get(key)
    whose = {copy_id: reply_id for reply_id, copy_id in moves.items()}
    for message in result["messages"]:
        if message.get("webhook_id") and not message["deleted"] and message["id"] not in whose:
            wrong.append(f"{message['id']} is a copy of nothing: {message['content']!r}")
        reference = message.get("message_reference") or {}
        if reference.get("message_id") in whose:
            reference["message_id"] = whose[reference["message_id"]]
    return result, wrong


def _files(message: dict[str, Any]) -> list[tuple[str, int]]:
    return [(file["filename"], file["size"]) for file in message["attachments"]]
