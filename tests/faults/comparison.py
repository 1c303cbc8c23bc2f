"""Compares how two plays of a scene ended: the world and the archive, without ids and times.

Everything that may differ between a play with a fault and one without is listed here, each with
its reason, and nowhere else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.emulator.faults.snapshot import take_snapshot
from bot.emulator.server import Emulator
from tests.support.archive_queries import query, query_tables

__all__ = ["EndState", "differences", "read_end_state"]

_ID = re.compile(r"(?<!\d)\d{17,20}(?!\d)")
_TIMESTAMP = re.compile(r"<t:\d+(:\w)?>")
_SIGNED = re.compile(r"(http://127\.0\.0\.1:\d+/attachments/[^?\s\"]*)\?[^\s\")]*")
_PORT = re.compile(r"127\.0\.0\.1:\d+")
#: What depends on the time of the run: timestamps, signatures of addresses, the emulator's port.
_TIME_DEPENDENT = {_TIMESTAMP: "<t>", _SIGNED: r"\1", _PORT: "here"}
#: The alert after an outage is left out: a bot that was killed had one outage more.
_OUTAGE_ALERT = "Back after "
#: Message types that people and the bot write; the others are system messages.
_WRITTEN = {0, 19, 20, 23}

#: Tables about the process and not its result: submissions (made again if no answer came),
#: watermarks, which alerts were sent, who pressed what (of What's new, too, which is pressed again
#: if no answer came), which commands are registered.
_IGNORED_TABLES = {
    "submissions",
    "watermarks",
    "alerts",
    "audit_log",
    "reading_marks",
    "command_syncs",
}
#: Columns about the process: times, attempts and their errors, nonces, hashes of what has times in
#: it, how many transactions erased something; and the rows' own ids, which are assigned in the
#: order in which things are done.
_IGNORED_COLUMNS = re.compile(
    r"id|.*_at|attempts|attempts_without_effect|failures|last_error|nonce|after_id|url|signature"
    r"|webhook_id|priority|queued_since|blocked_since|planned_for|scheduled_for|opted_out_at"
    r"|plain_messages_since|at|late_from|source|content_hash|shown|erasures"
)
#: Columns with the id of a planned message: compared by the message it refers to.
_PLANNED_MESSAGE_COLUMNS = {"planned_message_id", "previous_part_id"}
#: An edit that is done is done; one that was planned again, because the outcome of the first
#: attempt wasn't known, shows in the world.
_COMPARED_ROWS = {"message_edits": "state <> 'done'"}


@dataclass(frozen=True)
class EndState:
    """World and archive at the end of a play, a line for each thing in them."""

    world: tuple[str, ...]
    archive: tuple[str, ...]


def read_end_state(emulator: Emulator, path: Path) -> EndState:
    """Read the world, and the archive at ``path``; the bot must be idle or stopped."""
    snapshot = take_snapshot(emulator.world)
    names = _Names(emulator, snapshot)
    return EndState(tuple(sorted(_world(snapshot, names))), tuple(sorted(_archive(path, names))))


def differences(wanted: EndState, found: EndState) -> list[str]:
    """What is missing in ``found``, and what is there in addition."""
    lines = []
    for part in ("world", "archive"):
        missing, extra = list(getattr(wanted, part)), []
        for line in getattr(found, part):
            if line in missing:
                missing.remove(line)
            else:
                extra.append(line)
        lines += [f"{part}, missing: {line}" for line in missing]
        lines += [f"{part}, extra: {line}" for line in extra]
    return lines


class _Names:
    """Names to show instead of Discord's ids, which differ from play to play."""

    def __init__(self, emulator: Emulator, snapshot: Mapping[str, Any]) -> None:
        world = emulator.world
        self._names = {
            str(user.id): user.display_name or user.name for user in world.users.values()
        }
        self._names |= {str(guild.id): guild.name for guild in world.guilds.values()}
        self._names |= {str(a.id): a.name for a in world.applications.values()}
        self._names |= {str(c.id): f"#{c.name}" for c in world.channels.values()}
        self._names |= {str(w.id): f"webhook {w.name}" for w in world.webhooks.values()}
        for channel in world.channels.values():
            self._names |= {str(tag["id"]): f"tag {tag['name']}" for tag in channel.available_tags}
        count: dict[str, int] = {}
        for message in snapshot["messages"]:
            if message["id"] in self._names:
                continue  # the first message of a thread, which has the thread's id
            quote = f"“{self.replace_ids(_text_of(message))[:40]}”"
            count[quote] = count.get(quote, 0) + 1
            self._names[message["id"]] = f"{quote} {count[quote]}"
            for number, file in enumerate(message["attachments"]):
                self._names[file["id"]] = f"file {number} of {quote}"

    def replace_ids(self, text: str) -> str:
        """A text with names instead of ids, and without times."""
        for pattern, replacement in _TIME_DEPENDENT.items():
            text = pattern.sub(replacement, text)
        return _ID.sub(lambda found: self._names.get(found[0], "<id>"), text)


def _text_of(message: Mapping[str, Any]) -> str:
    return str(message["content"]) + " ".join(_component_texts(message["components"]))


def _component_texts(components: Iterable[Mapping[str, Any]]) -> list[str]:
    found: list[str] = []
    for component in components:
        found.append(str(component.get("content", "")))
        found += _component_texts(component.get("components", ()))
    return found


def _world(snapshot: Mapping[str, Any], names: _Names) -> Iterable[str]:
    position: dict[str, int] = {}
    for message in snapshot["messages"]:
        if message["content"].startswith(_OUTAGE_ALERT):
            continue
        place = message["channel_id"]
        is_counted = not message["deleted"] and message["type"] in _WRITTEN
        position[place] = position.get(place, 0) + is_counted
        reference = message.get("message_reference") or {}
        reactions = [(one["emoji"]["name"], one["count"]) for one in message.get("reactions") or ()]
        yield names.replace_ids(
            " · ".join(
                [
                    f"message {position[place] if is_counted else '-'} in {place}",
                    f"type {message['type']}",
                    f"by {message['author']['username']}",
                    _text_of(message),
                    f"to {reference.get('message_id')}",
                    f"files {[file['filename'] for file in message['attachments']]}",
                    f"reactions {reactions}",
                    f"poll {(message.get('poll') or {}).get('question')}",
                    f"flags {message.get('flags', 0)}",
                    "deleted" if message["deleted"] else "present",
                ]
            )
        )
    for thread in snapshot["threads"]:
        state = thread["thread_metadata"]
        yield names.replace_ids(
            f"thread {thread['name']} in {thread['parent_id']}, archived {state['archived']}, "
            f"locked {state.get('locked')}, tags {thread.get('applied_tags')}, "
            f"by {thread['owner_id']}, {thread.get('member_count')} members"
        )


def _archive(path: Path, names: _Names) -> Iterable[str]:
    planned_messages = {
        row["id"]: _describe_planned_message(row)
        for row in query(path, "SELECT * FROM planned_messages")
    }
    for table in query_tables(path):
        if table in _IGNORED_TABLES:
            continue
        condition = _COMPARED_ROWS.get(table, "1 = 1")
        for row in query(path, f"SELECT * FROM {table} WHERE {condition}"):
            compared = {
                key: value for key, value in row.items() if not _IGNORED_COLUMNS.fullmatch(key)
            }
            if table in ("replies", "threads"):  # their ids are Discord's
                compared["id"] = row["id"]
            for key in _PLANNED_MESSAGE_COLUMNS & set(compared):
                if compared[key] is not None:
                    compared[key] = planned_messages[compared[key]]
            if _OUTAGE_ALERT not in str(compared.get("payload")):
                yield names.replace_ids(f"{table} {compared}")


def _describe_planned_message(row: Mapping[str, Any]) -> str:
    """Which message it is, without ids that depend on the order in which rows were added."""
    payload = json.loads(row["payload"])
    text = str(payload.get("content", "")) + " ".join(
        _component_texts(payload.get("components", ()))
    )
    return f"{row['purpose']} {row['message_id']} in {row['channel_id']}: {text[:60]}"
