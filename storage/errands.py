"""Errands: calls that are owed to Discord and may be repeated without harm."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass

from bot.discussion.payloads import Payload
from storage.writer import Transaction

__all__ = ["Errand", "NewErrand", "done", "fail", "next_due", "plan", "put_off", "waiting"]


@dataclass(frozen=True, slots=True)
class NewErrand:
    """What is to be done: ``edit`` or ``delete`` a message, ``lock`` or ``unlock`` a thread."""

    kind: str
    channel_id: int
    message_id: int | None = None
    payload: Payload | None = None


@dataclass(frozen=True, slots=True)
class Errand:
    """An errand that is due."""

    id: int
    server_id: int
    kind: str
    channel_id: int
    message_id: int | None
    payload: Payload | None
    attempts: int


async def plan(
    tx: Transaction,
    *,
    server_id: int,
    discussion_id: int | None,
    errands: Collection[NewErrand],
    now_ms: int,
) -> None:
    """Owe ``errands`` to Discord, from now on."""
    await tx.run_many(
        """
        INSERT INTO errands (server_id, discussion_id, kind, channel_id, message_id, payload,
            state, due_at)
        VALUES (:server_id, :discussion_id, :kind, :channel_id, :message_id, :payload,
            'planned', :now)
        """,
        [
            {
                "server_id": server_id,
                "discussion_id": discussion_id,
                "kind": errand.kind,
                "channel_id": errand.channel_id,
                "message_id": errand.message_id,
                "payload": None
                if errand.payload is None
                else json.dumps(errand.payload, ensure_ascii=False),
                "now": now_ms,
            }
            for errand in errands
        ],
    )


#: What is owed and may be done: a thread is locked or opened once everything that was owed in it
#: before is done, for an edit opens an archived thread, and so that the last word holds.
_OWED = """
FROM errands
WHERE state = 'planned' AND NOT (
    kind IN ('lock', 'unlock') AND EXISTS (
        SELECT 1 FROM errands AS before
        WHERE before.channel_id = errands.channel_id AND before.id < errands.id
            AND before.state = 'planned'
    )
)
"""
_WAITING = (
    "SELECT id, server_id, kind, channel_id, message_id, payload, attempts "
    + _OWED
    + "AND due_at <= :now ORDER BY due_at, id LIMIT :most"
)
_NEXT_DUE = "SELECT min(due_at) AS due_at " + _OWED


async def waiting(
    tx: Transaction, *, busy: Collection[int], now_ms: int, most: int
) -> list[Errand]:
    """The first ``most`` errands that are due, the earliest first. ``busy``: those under way."""
    rows = await tx.rows(
        _WAITING,
        {"now": now_ms, "most": most + len(busy)},
    )
    found = [
        Errand(
            id=row["id"],
            server_id=row["server_id"],
            kind=row["kind"],
            channel_id=row["channel_id"],
            message_id=row["message_id"],
            payload=None if row["payload"] is None else json.loads(row["payload"]),
            attempts=row["attempts"],
        )
        for row in rows
        if row["id"] not in busy
    ]
    return found[:most]


async def done(tx: Transaction, errand_id: int) -> None:
    """It is as it should be."""
    await tx.run(
        "UPDATE errands SET state = 'done', trouble = NULL WHERE id = :id", {"id": errand_id}
    )


async def put_off(tx: Transaction, *, errand_id: int, due_at: int, trouble: str) -> None:
    """Try it again at ``due_at`` (milliseconds since 1970)."""
    await tx.run(
        """
        UPDATE errands SET due_at = :due_at, attempts = attempts + 1, trouble = :trouble
        WHERE id = :id
        """,
        {"id": errand_id, "due_at": due_at, "trouble": trouble},
    )


async def fail(tx: Transaction, *, errand_id: int, trouble: str) -> None:
    """Discord will never do it."""
    await tx.run(
        "UPDATE errands SET state = 'failed', trouble = :trouble WHERE id = :id",
        {"id": errand_id, "trouble": trouble},
    )


async def next_due(tx: Transaction) -> int | None:
    """When the next errand is due; None where nothing is owed."""
    row = await tx.row(_NEXT_DUE)
    return None if row is None else row["due_at"]
