"""Message edits: idempotent calls that change or delete something in Discord.

Edits and deletions of messages, pinning, publishing to followers; locking, unlocking and renaming
of threads.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, replace

from bot.core.payload import Payload
from bot.core.shards import UNSHARDED, Shards
from bot.core.text.coded_text import CodedText
from storage.db.shard_parameters import make_shard_parameters
from storage.db.writer import Row, Transaction

__all__ = [
    "NEXT_DUE",
    "MessageEdit",
    "NewMessageEdit",
    "decide_removal",
    "get_due",
    "has_failing_revision",
    "mark_done",
    "mark_failed",
    "mark_message_deleted",
    "plan",
    "postpone",
    "reserve_crosspost",
    "set_payload",
]


@dataclass(frozen=True, slots=True)
class NewMessageEdit:
    """An edit to be planned.

    ``edit`` or ``delete`` a message; ``remove`` one: delete it, or edit it if it has a reply or a
    thread; ``pin``, ``unpin`` or ``crosspost`` one; ``lock``, ``unlock`` or ``rename`` a thread.
    """

    kind: str
    channel_id: int
    message_id: int | None = None
    payload: Payload | None = None


@dataclass(frozen=True, slots=True)
class MessageEdit:
    """An edit that is due."""

    id: int
    server_id: int
    kind: str
    channel_id: int
    message_id: int | None
    payload: Payload | None
    attempts: int
    discussion_id: int | None
    revision: int | None

    @property
    def revised_discussion_id(self) -> int | None:
        """The discussion to whose messages it applies a new revision, if it is part of one."""
        return None if self.revision is None else self.discussion_id


async def plan(
    tx: Transaction,
    *,
    server_id: int,
    discussion_id: int | None,
    edits: Collection[NewMessageEdit],
    now_ms: int,
    revision: int | None = None,
    interval_ms: int = 0,
) -> None:
    """Plan ``edits`` from now on, each ``interval_ms`` after the one before.

    ``revision``: the essay's, that they apply to its messages; these are done in their order.
    """
    await tx.run_many(
        """
        INSERT INTO message_edits (server_id, discussion_id, kind, channel_id, message_id, payload,
            revision, state, due_at)
        VALUES (:server_id, :discussion_id, :kind, :channel_id, :message_id, :payload,
            :revision, 'planned', :due_at)
        """,
        [
            {
                "server_id": server_id,
                "discussion_id": discussion_id,
                "kind": edit.kind,
                "channel_id": edit.channel_id,
                "message_id": edit.message_id,
                "payload": None
                if edit.payload is None
                else json.dumps(edit.payload, ensure_ascii=False),
                "revision": revision,
                "due_at": now_ms + number * interval_ms,
            }
            for number, edit in enumerate(edits)
        ],
    )


#: Edits that may be made now. A thread is locked or unlocked after all earlier edits in it, since
#: an edit unarchives a thread, and so that the last one counts. A message is pinned or unpinned in
#: the order in which that was planned. A thread is renamed once it is open. Of the edits that apply
#: a revision, only the first may be made.
_READY = """
FROM message_edits
WHERE state = 'planned'
AND (server_id >> 22) % :shard_count IN (SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids))
AND NOT EXISTS (
    SELECT 1 FROM servers WHERE servers.id = message_edits.server_id AND left_at IS NOT NULL
) AND NOT (
    kind IN ('lock', 'unlock') AND EXISTS (
        SELECT 1 FROM message_edits AS before
        WHERE before.channel_id = message_edits.channel_id AND before.id < message_edits.id
            AND before.state = 'planned'
    )
) AND NOT (
    kind IN ('pin', 'unpin') AND EXISTS (
        SELECT 1 FROM message_edits AS before
        WHERE before.channel_id = message_edits.channel_id AND before.id < message_edits.id
            AND before.state = 'planned' AND before.kind IN ('pin', 'unpin')
            AND before.message_id = message_edits.message_id
    )
) AND NOT (
    kind = 'rename' AND EXISTS (
        SELECT 1 FROM threads WHERE threads.id = message_edits.channel_id AND state = 'planned'
    )
) AND NOT (
    revision IS NOT NULL AND EXISTS (
        SELECT 1 FROM message_edits AS before
        WHERE before.discussion_id = message_edits.discussion_id AND before.revision IS NOT NULL
            AND before.id < message_edits.id AND before.state = 'planned'
    )
)
"""
_DUE = (
    "SELECT id, server_id, kind, channel_id, message_id, payload, attempts, discussion_id, "
    "revision " + _READY + "AND due_at <= :now ORDER BY due_at, id LIMIT :most"
)
#: When the next edit is due.
NEXT_DUE = "SELECT min(due_at) AS due_at " + _READY


async def get_due(
    tx: Transaction,
    *,
    busy: Collection[MessageEdit],
    now_ms: int,
    most: int,
    shards: Shards = UNSHARDED,
) -> list[MessageEdit]:
    """The first ``most`` edits that are due, the earliest first. ``busy``: those under way."""
    ids = {edit.id for edit in busy}
    revising = {edit.discussion_id for edit in busy if edit.revision is not None}
    most_rows = most + len(ids) + len(revising)
    rows = await tx.rows(_DUE, {"now": now_ms, "most": most_rows, **make_shard_parameters(shards)})
    found = [
        _edit(row)
        for row in rows
        if row["id"] not in ids
        and (row["revision"] is None or row["discussion_id"] not in revising)
    ]
    return found[:most]


def _edit(row: Row) -> MessageEdit:
    return MessageEdit(
        id=row["id"],
        server_id=row["server_id"],
        kind=row["kind"],
        channel_id=row["channel_id"],
        message_id=row["message_id"],
        payload=None if row["payload"] is None else json.loads(row["payload"]),
        attempts=row["attempts"],
        discussion_id=row["discussion_id"],
        revision=row["revision"],
    )


async def decide_removal(tx: Transaction, edit: MessageEdit, now_ms: int) -> MessageEdit | None:
    """Decide whether a message to be removed is edited or deleted; None: it needn't be removed.

    If somebody replied to it, or a thread was opened on it, it is edited; else it is deleted, and
    recorded as that.
    """
    parameters = {"id": edit.id, "message_id": edit.message_id, "now": now_ms}
    row = await tx.row(
        """
        UPDATE message_edits SET kind = CASE
            WHEN EXISTS (SELECT 1 FROM threads WHERE threads.id = :message_id)
                OR EXISTS (
                    SELECT 1 FROM replies JOIN planned_messages ON planned_messages.id =
                        replies.planned_message_id
                    WHERE planned_messages.message_id = :message_id AND replies.deleted_at IS NULL
                )
            THEN 'edit' ELSE 'delete' END
        WHERE id = :id AND kind = 'remove'
        RETURNING kind
        """,
        parameters,
    )
    if row is None:
        return None
    if row["kind"] == "delete":
        await tx.run(
            "UPDATE planned_messages SET deleted_at = :now WHERE message_id = :message_id",
            parameters,
        )
    return replace(edit, kind=row["kind"])


async def mark_message_deleted(tx: Transaction, edit: MessageEdit, now_ms: int) -> None:
    """Record that the message to be edited was deleted, so that its text isn't posted any more."""
    await tx.run(
        "UPDATE planned_messages SET deleted_at = :now WHERE message_id = :message_id",
        {"message_id": edit.message_id, "now": now_ms},
    )


async def mark_done(tx: Transaction, edit_id: int) -> None:
    """Record that an edit is done; its text isn't kept, since it may quote what is erased later."""
    await tx.run(
        "UPDATE message_edits SET state = 'done', last_error = NULL, payload = NULL WHERE id = :id",
        {"id": edit_id},
    )


async def postpone(tx: Transaction, *, edit_id: int, due_at: int, last_error: CodedText) -> None:
    """Try again at ``due_at`` (milliseconds since 1970)."""
    await tx.run(
        """
        UPDATE message_edits SET due_at = :due_at, attempts = attempts + 1, last_error = :last_error
        WHERE id = :id
        """,
        {"id": edit_id, "due_at": due_at, "last_error": last_error.stored},
    )


async def set_payload(tx: Transaction, edit_id: int, payload: Payload) -> None:
    """Use another payload from the next attempt on."""
    await tx.run(
        "UPDATE message_edits SET payload = :payload WHERE id = :id",
        {"id": edit_id, "payload": json.dumps(payload, ensure_ascii=False)},
    )


async def mark_failed(tx: Transaction, *, edit_id: int, last_error: CodedText) -> None:
    """Mark an edit as failed: Discord will never accept it."""
    await tx.run(
        "UPDATE message_edits SET state = 'failed', last_error = :last_error WHERE id = :id",
        {"id": edit_id, "last_error": last_error.stored},
    )


async def has_failing_revision(tx: Transaction, discussion_id: int) -> bool:
    """Whether an edit of a new revision of the essay failed, or is tried again after an error."""
    row = await tx.row(
        """
        SELECT 1 FROM message_edits
        WHERE discussion_id = :id AND revision IS NOT NULL
            AND (state = 'failed' OR (state = 'planned' AND last_error IS NOT NULL))
        LIMIT 1
        """,
        {"id": discussion_id},
    )
    return row is not None


async def reserve_crosspost(
    tx: Transaction,
    edit: MessageEdit,
    now_ms: int,
    *,
    most: int,
    within_ms: int,
    last_error: CodedText,
) -> bool:
    """Record that a message is about to be published to its channel's followers.

    False if ``most`` were within the last ``within_ms``, so that it is postponed with
    ``last_error``, or if it isn't to be published any more.
    """
    row = await tx.row(
        """
        SELECT requested_at FROM message_edits
        WHERE channel_id = :channel_id AND requested_at > :since AND id <> :id
        ORDER BY requested_at DESC LIMIT 1 OFFSET :others
        """,
        {
            "id": edit.id,
            "channel_id": edit.channel_id,
            "since": now_ms - within_ms,
            "others": most - 1,
        },
    )
    if row is not None:
        due_at = int(row["requested_at"]) + within_ms
        await postpone(tx, edit_id=edit.id, due_at=due_at, last_error=last_error)
        return False
    return bool(
        await tx.run(
            "UPDATE message_edits SET requested_at = :now WHERE id = :id AND state = 'planned'",
            {"id": edit.id, "now": now_ms},
        )
    )
