"""What a play has come to, told so that two plays can be compared: without ids and times.

What may differ between a play that was disturbed and one that was not stands here, each with its
reason, and nowhere else.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.emulator.faults.snapshot import take_snapshot
from bot.emulator.server import Emulator

__all__ = ["Ended", "differences", "ended"]

_ID = re.compile(r"(?<!\d)\d{17,20}(?!\d)")
_MOMENT = re.compile(r"<t:\d+(:\w)?>")
_SIGNED = re.compile(r"(http://127\.0\.0\.1:\d+/attachments/[^?\s\"]*)\?[^\s\")]*")
_AWAY = "Back after "
_PORT = re.compile(r"127\.0\.0\.1:\d+")
#: What is a matter of the hour, and what stands in its place: moments, until when an address is
#: good, where the emulator listens. What tells that the bot was away, and what was missed by then,
#: is left out as a whole: a bot that was killed has been away once more.
_UNTIMELY = {_MOMENT: "<t>", _SIGNED: r"\1", _PORT: "here"}
_WRITTEN = {0, 19, 20, 23}

#: Tables that tell of the way and not of where it led: what was handed in (once more where no
#: answer came), how far the record is known to hold, whom the admins were told of what, who
#: pressed what, which commands are registered.
_PASSED_OVER = {
    "submissions",
    "watermarks",
    "alerts",
    "audit_log",
    "command_syncs",
    "sqlite_sequence",
}
#: Columns that tell of the way: moments, attempts and their troubles, nonces; and the rows' own
#: numbers, which are given in the order in which things were done.
_LEFT_OUT = re.compile(
    r"id|.*_at|attempts|attempts_without_effect|failures|last_error|nonce|after_id|url|signature"
    r"|webhook_id|priority|queued_since|blocked_since|planned_for|scheduled_for|opted_out_at"
    r"|plain_messages_since|at|late_from"
    r"|planned_message_id|previous_part_id|source|content_hash"
)
#: Errands that are done are done; one that was owed once more, since its first outcome was not
#: known, is told by what stands in the world.
_ONLY_OPEN = {"message_edits": "state <> 'done'", "pending_revisions": "1"}


@dataclass(frozen=True)
class Ended:
    """World and archive at the end of a play, a line for each thing in them."""

    world: tuple[str, ...]
    archive: tuple[str, ...]


def ended(emulator: Emulator, path: Path) -> Ended:
    """What a play has come to; no bot is at work any more."""
    told = take_snapshot(emulator.world)
    names = _Names(emulator, told)
    return Ended(tuple(sorted(_world(told, names))), tuple(sorted(_archive(path, names))))


def differences(wanted: Ended, found: Ended) -> list[str]:
    """What is missing, and what is there besides."""
    lines = []
    for part in ("world", "archive"):
        missing, more = list(getattr(wanted, part)), []
        for line in getattr(found, part):
            if line in missing:
                missing.remove(line)
            else:
                more.append(line)
        lines += [f"{part}, missing: {line}" for line in missing]
        lines += [f"{part}, besides: {line}" for line in more]
    return lines


class _Names:
    """What stands in the place of ids: whose or what they are."""

    def __init__(self, emulator: Emulator, told: Mapping[str, Any]) -> None:
        world = emulator.world
        self.of = {str(user.id): user.display_name or user.name for user in world.users.values()}
        self.of |= {str(guild.id): guild.name for guild in world.guilds.values()}
        self.of |= {str(a.id): a.name for a in world.applications.values()}
        self.of |= {str(c.id): f"#{c.name}" for c in world.channels.values()}
        self.of |= {str(w.id): f"webhook {w.name}" for w in world.webhooks.values()}
        for channel in world.channels.values():
            self.of |= {str(tag["id"]): f"tag {tag['name']}" for tag in channel.available_tags}
        by_words: dict[str, int] = {}
        for message in told["messages"]:
            if message["id"] in self.of:
                continue  # the head of a thread, which bears its id
            words = f"“{self.plain(_said(message))[:40]}”"
            by_words[words] = by_words.get(words, 0) + 1
            self.of[message["id"]] = f"{words} {by_words[words]}"
            for number, file in enumerate(message["attachments"]):
                self.of[file["id"]] = f"file {number} of {words}"

    def plain(self, text: str) -> str:
        """A text with names in it for ids, and no moments."""
        for pattern, instead in _UNTIMELY.items():
            text = pattern.sub(instead, text)
        return _ID.sub(lambda found: self.of.get(found[0], "<id>"), text)


def _said(message: Mapping[str, Any]) -> str:
    return str(message["content"]) + " ".join(_texts(message["components"]))


def _texts(components: Iterable[Mapping[str, Any]]) -> list[str]:
    found: list[str] = []
    for component in components:
        found.append(str(component.get("content", "")))
        found += _texts(component.get("components", ()))
    return found


def _world(told: Mapping[str, Any], names: _Names) -> Iterable[str]:
    order: dict[str, int] = {}
    for message in told["messages"]:
        if message["content"].startswith(_AWAY):
            continue
        place = message["channel_id"]
        standing = not message["deleted"] and message["type"] in _WRITTEN
        order[place] = order.get(place, 0) + standing
        reference = message.get("message_reference") or {}
        yield names.plain(
            " · ".join(
                [
                    f"message {order[place] if standing else '-'} in {place}",
                    f"type {message['type']}",
                    f"by {message['author']['username']}",
                    _said(message),
                    f"to {reference.get('message_id')}",
                    f"files {[file['filename'] for file in message['attachments']]}",
                    f"reactions {[(r['emoji']['name'], r['count']) for r in _reactions(message)]}",
                    f"poll {(message.get('poll') or {}).get('question')}",
                    f"flags {message.get('flags', 0)}",
                    "deleted" if message["deleted"] else "stands",
                ]
            )
        )
    for thread in told["threads"]:
        state = thread["thread_metadata"]
        yield names.plain(
            f"thread {thread['name']} in {thread['parent_id']}, archived {state['archived']}, "
            f"locked {state.get('locked')}, tags {thread.get('applied_tags')}, "
            f"by {thread['owner_id']}, {thread.get('member_count')} members"
        )


def _reactions(message: Mapping[str, Any]) -> list[Any]:
    return list(message.get("reactions") or ())


def _archive(path: Path, names: _Names) -> Iterable[str]:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as archive:
        archive.row_factory = sqlite3.Row
        tables = archive.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            if table in _PASSED_OVER:
                continue
            only = _ONLY_OPEN.get(table, "1")
            for row in archive.execute(f"SELECT * FROM {table} WHERE {only}"):
                kept = {
                    key: row[key]
                    for key in row.keys()  # noqa: SIM118 - a row is no mapping
                    if not _LEFT_OUT.fullmatch(key)
                }
                if table in ("replies", "threads"):  # whose numbers are Discord's
                    kept["id"] = row["id"]
                if _AWAY not in str(kept.get("payload")):
                    yield names.plain(f"{table} {kept}")
