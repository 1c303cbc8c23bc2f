"""What no thread name, message of the bot or file may say after a play.

Every text of a play has a word that no other text has. It is erased once no message of a member
says it any more.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from tests.support.archive_bytes import tables_with

__all__ = ["find_files_with_words", "find_quotations"]

_SPOILER = re.compile(r"\|\|.*?\|\|", re.DOTALL)
_BACKUPS = "salon-backups"


def _find_erased(
    world: dict[str, Any], marks: Collection[str], *, after_a_week: bool = False
) -> set[str]:
    """The words that no message says. What was in a deleted thread is kept for a week."""
    places = {one["id"] for kind in ("channels", "threads") for one in world[kind]}
    said = json.dumps(
        [
            (m["content"], m.get("poll"), m.get("message_snapshots"))
            for m in world["messages"]
            if (m.get("webhook_id") or not m["author"].get("bot"))
            and (not m["deleted"] or (not after_a_week and m["channel_id"] not in places))
        ]
    )
    return {mark for mark in marks if mark not in said}


def find_quotations(
    world: dict[str, Any], own_id: str, marks: Collection[str], hidden: Collection[str]
) -> list[str]:
    """Erased words and spoilers that are shown by thread names and messages of the bot."""
    erased = _find_erased(world, marks)
    shown = [(f"the name of thread {one['id']}", one["name"], "") for one in world["threads"]]
    shown += [
        (f"message {one['id']}", json.dumps([one["content"], one.get("components")]), "||")
        for one in world["messages"]
        if one["author"]["id"] == own_id and not one["deleted"]
    ]
    found = []
    for where, text, may_hide in shown:
        open_text = _SPOILER.sub("", text) if may_hide else text
        found += [f"{where} has erased words: {text}" for mark in erased if mark in text]
        found += [f"{where} shows a spoiler: {text}" for mark in hidden if mark in open_text]
    return found


def find_files_with_words(
    folder: Path, world: dict[str, Any], marks: Collection[str], *, after_a_week: bool
) -> list[str]:
    """The files of an archive, backups apart, that have erased words; on PostgreSQL, its tables.

    Before VACUUM, which ``after_a_week`` has been run, only a file's write-ahead log is searched.
    """
    erased = {mark: mark.encode() for mark in _find_erased(world, marks, after_a_week=after_a_week)}
    found = []
    for path in sorted(folder.rglob("*" if after_a_week else "*-wal")):
        if path.is_file() and _BACKUPS not in path.parts:
            content = path.read_bytes()
            left = sorted(mark for mark, word in erased.items() if word in content)
            if left:
                found.append(f"{path.name} has {len(left)} of {len(erased)} erased words: {left}")
    return found + [
        f"{table} has the erased word {word.decode()}"
        for table, word in tables_with(folder, *erased.values())
    ]
