"""Rows that carry a reply's words beside its own: its thread's name, its nudge, alerts, edits.

Whatever the reason for which words are erased, this module finds them. Times are milliseconds.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bot.core.payload import Payload
from bot.core.shards import UNSHARDED, Shards
from bot.core.text.coded_text import CodedText, read_coded
from storage.db.shard_parameters import make_shard_parameters
from storage.db.writer import Transaction
from storage.delivery import message_payloads

__all__ = [
    "DueChannels",
    "Nudge",
    "QuotingMessage",
    "QuotingThread",
    "ReplyWords",
    "erase_message",
    "find_due_channels",
    "find_member_replies",
    "find_messages_with",
    "find_nudges",
    "find_nudges_that_mention",
    "find_threads",
    "read_words",
    "replace_in_alerts",
    "set_payload",
    "set_thread_name",
]


@dataclass(frozen=True, slots=True)
class ReplyWords:
    """What a reply says at one moment. ``files``: the ids of its files."""

    text: str
    deleted: bool
    files: frozenset[int]
    author: str


@dataclass(frozen=True, slots=True)
class QuotingThread:
    """A thread on a reply. ``author``, ``text``, ``deleted``: of the reply; ``title``: essay's."""

    id: int
    server_id: int
    discussion_id: int
    state: str
    attempts: int
    name: str
    title: str
    author: str
    text: str
    deleted: bool


@dataclass(frozen=True, slots=True)
class Nudge:
    """A nudge's planned message. ``was_never_created``: certainly no attempt made a message."""

    prompt_id: int
    reply_id: int
    id: int
    server_id: int
    discussion_id: int | None
    channel_id: int
    message_id: int | None
    state: str
    was_never_created: bool
    payload: Payload


@dataclass(frozen=True, slots=True)
class QuotingMessage:
    """A prompt or notice with a text in it."""

    id: int
    discussion_id: int | None
    channel_id: int
    message_id: int | None
    state: str
    was_never_created: bool
    payload: Payload


@dataclass(frozen=True, slots=True)
class DueChannels:
    """Deleted channels that are to be erased. ``thread_names``: with their servers."""

    channel_ids: tuple[int, ...]
    reply_ids: frozenset[int]
    thread_names: tuple[tuple[int, str], ...]


async def find_due_channels(
    tx: Transaction, before_ms: int, shards: Shards = UNSHARDED
) -> DueChannels:
    """The channels and threads in these shards that were deleted before then and aren't erased."""
    channels = await tx.rows(
        """
        SELECT channel_id FROM deleted_channels
        WHERE erased_at IS NULL AND deleted_at <= :before
            AND (server_id >> 22) % :shard_count IN (
                SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids)
            )
        """,
        {"before": before_ms, **make_shard_parameters(shards)},
    )
    ids = _ids([row["channel_id"] for row in channels])
    replies = await tx.rows(
        """
        SELECT id FROM replies
        WHERE channel_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))
        """,
        ids,
    )
    names = await tx.rows(
        """
        SELECT server_id, name FROM threads
        WHERE id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))
        UNION SELECT server_id, name FROM threads
        WHERE channel_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))
        """,
        ids,
    )
    return DueChannels(
        tuple(row["channel_id"] for row in channels),
        frozenset(row["id"] for row in replies),
        tuple((row["server_id"], row["name"]) for row in names),
    )


async def find_member_replies(
    tx: Transaction, server_id: int, member_id: int, until_ms: int
) -> frozenset[int]:
    """What a member wrote in a server until then: the ids of the replies."""
    rows = await tx.rows(
        """
        SELECT id FROM replies
        WHERE server_id = :server_id AND author_id = :member_id AND written_at <= :until
        """,
        {"server_id": server_id, "member_id": member_id, "until": until_ms},
    )
    return frozenset(row["id"] for row in rows)


def _ids(ids: Collection[int]) -> dict[str, str]:
    return {"ids": json.dumps(sorted(ids))}


async def read_words(tx: Transaction, reply_ids: Collection[int]) -> Mapping[int, ReplyWords]:
    """What these replies say now; those that aren't saved are left out."""
    if not reply_ids:
        return {}
    rows = await tx.rows(
        """
        SELECT id, text, author_name, deleted_at,
               (SELECT json_group_array(file_id) FROM attachments
                WHERE attachments.reply_id = replies.id) AS files
        FROM replies WHERE id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))
        """,
        _ids(reply_ids),
    )
    return {
        row["id"]: ReplyWords(
            row["text"],
            row["deleted_at"] is not None,
            frozenset(json.loads(row["files"])),
            row["author_name"],
        )
        for row in rows
    }


async def find_threads(tx: Transaction, reply_ids: Collection[int]) -> list[QuotingThread]:
    """The threads on these replies, also on those that aren't saved any more."""
    rows = await tx.rows(
        """
        SELECT threads.id, threads.server_id, threads.discussion_id, threads.state,
               threads.attempts, threads.name, replies.author_name, replies.text,
               replies.id IS NULL OR replies.deleted_at IS NOT NULL AS deleted, (
                   SELECT title FROM revisions
                   WHERE revisions.discussion_id = threads.discussion_id
                   ORDER BY number DESC LIMIT 1
               ) AS title
        FROM threads LEFT JOIN replies ON replies.id = threads.id
        WHERE threads.id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))
        """,
        _ids(reply_ids),
    )
    return [
        QuotingThread(
            id=row["id"],
            server_id=row["server_id"],
            discussion_id=row["discussion_id"],
            state=row["state"],
            attempts=row["attempts"],
            name=row["name"],
            title=row["title"] or "",
            author=row["author_name"] or "",
            text=row["text"] or "",
            deleted=bool(row["deleted"]),
        )
        for row in rows
    ]


async def set_thread_name(tx: Transaction, thread_id: int, name: str) -> None:
    """Record another name of a thread."""
    await tx.run("UPDATE threads SET name = :name WHERE id = :id", {"id": thread_id, "name": name})


async def find_nudges(tx: Transaction, reply_ids: Collection[int]) -> list[Nudge]:
    """The nudges of these replies' threads that have a message."""
    rows = await tx.rows(
        """
        SELECT prompts.id AS prompt_id, prompts.thread_id, planned_messages.id,
               planned_messages.server_id, planned_messages.discussion_id,
               planned_messages.channel_id, planned_messages.message_id, planned_messages.state,
               planned_messages.payload,
               attempts = attempts_without_effect AS was_never_created
        FROM prompts JOIN planned_messages ON planned_messages.id = prompts.planned_message_id
        WHERE prompts.thread_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))
        """,
        _ids(reply_ids),
    )
    return [
        Nudge(
            prompt_id=row["prompt_id"],
            reply_id=row["thread_id"],
            id=row["id"],
            server_id=row["server_id"],
            discussion_id=row["discussion_id"],
            channel_id=row["channel_id"],
            message_id=row["message_id"],
            state=row["state"],
            was_never_created=bool(row["was_never_created"]),
            payload=json.loads(row["payload"]),
        )
        for row in rows
    ]


async def find_nudges_that_mention(tx: Transaction, server_id: int, member_id: int) -> list[Nudge]:
    """A server's nudges that quote a mention of a member in somebody else's reply."""
    rows = await tx.rows(
        """
        SELECT replies.id
        FROM planned_messages JOIN replies ON replies.id = planned_messages.channel_id
        WHERE planned_messages.server_id = :server_id AND planned_messages.purpose = 'nudge'
            AND replies.author_id <> :member_id
            AND (instr(replies.text, :mention) > 0 OR instr(replies.text, :nickname_mention) > 0)
        """,
        {
            "server_id": server_id,
            "member_id": member_id,
            "mention": f"<@{member_id}>",
            "nickname_mention": f"<@!{member_id}>",
        },
    )
    return await find_nudges(tx, [row["id"] for row in rows])


async def find_messages_with(tx: Transaction, server_id: int, text: str) -> list[QuotingMessage]:
    """A server's prompts and notices that contain a text."""
    rows = await tx.rows(
        """
        SELECT id, discussion_id, channel_id, message_id, state, payload,
               attempts = attempts_without_effect AS was_never_created
        FROM planned_messages
        WHERE server_id = :server_id AND purpose IN ('prompt', 'nudge', 'notice')
            AND instr(payload, :text) > 0
        """,
        {"server_id": server_id, "text": json.dumps(text, ensure_ascii=False)[1:-1]},
    )
    return [
        QuotingMessage(
            id=row["id"],
            discussion_id=row["discussion_id"],
            channel_id=row["channel_id"],
            message_id=row["message_id"],
            state=row["state"],
            was_never_created=bool(row["was_never_created"]),
            payload=json.loads(row["payload"]),
        )
        for row in rows
    ]


async def set_payload(
    tx: Transaction, planned_message_id: int, message_id: int | None, payload: Payload
) -> None:
    """Record a message's new text; planned edits to an older one aren't made any more."""
    await message_payloads.set_payload(tx, planned_message_id, payload)
    await _cancel_edits(tx, planned_message_id, message_id)


async def erase_message(
    tx: Transaction,
    planned_message_id: int,
    message_id: int | None,
    payload: Payload,
    *,
    reply_id: int,
    reason: CodedText,
    now_ms: int,
) -> None:
    """Erase a message's text, and plan its deletion in Discord; it isn't sent any more.

    If it may have been sent without anybody knowing, delivery looks for it by a hash of its text.
    ``payload``: what is kept of it, that hash. ``reason``: why its prompt is skipped.
    """
    parameters = {
        "id": planned_message_id,
        "reply_id": reply_id,
        "now": now_ms,
        "reason": reason.stored,
        "payload": json.dumps(payload),
    }
    for statement in _DELETE_MESSAGE:
        await tx.run(statement, parameters)
    await _cancel_edits(tx, planned_message_id, message_id)


async def _cancel_edits(tx: Transaction, planned_message_id: int, message_id: int | None) -> None:
    if message_id is not None:
        await tx.run(
            """
            DELETE FROM message_edits
            WHERE channel_id = (SELECT channel_id FROM planned_messages WHERE id = :id)
                AND message_id = :message_id AND state = 'planned' AND kind = 'edit'
            """,
            {"id": planned_message_id, "message_id": message_id},
        )


async def replace_in_alerts(tx: Transaction, server_id: int, old: str, new: str) -> None:
    """Replace a name in a server's alerts, wherever it is one of their arguments."""
    rows = await tx.rows(
        "SELECT about, alert FROM alerts WHERE server_id = :server_id", {"server_id": server_id}
    )
    for row in rows:
        alert = read_coded(row["alert"])
        assert alert is not None
        changed = alert.replace(old, new)
        if changed != alert:
            await tx.run(
                """
                UPDATE alerts SET alert = :alert WHERE server_id = :server_id AND about = :about
                """,
                {"server_id": server_id, "about": row["about"], "alert": changed.stored},
            )


_DELETE_MESSAGE = (
    """
    UPDATE planned_messages SET payload = :payload,
        expires_at = CASE WHEN state IN ('planned', 'claimed') THEN :now - 1 ELSE expires_at END
    WHERE id = :id
    """,
    """
    UPDATE prompts SET state = 'skipped', decided_at = :now, reason = :reason
    WHERE planned_message_id = :id AND state IN ('planned', 'claimed')
    """,
    """
    INSERT INTO temporary_messages (planned_message_id, reply_id, delete_at)
    SELECT :id, :reply_id, :now FROM planned_messages WHERE id = :id AND payload <> '{}'
    ON CONFLICT (planned_message_id) DO UPDATE SET delete_at = excluded.delete_at
    """,
)
