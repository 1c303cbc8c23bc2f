"""When the index on a card is updated, and what became of it.

Triggers mark an index as changed whenever something it shows may have changed. Then it is decided
when it is updated; until then, further changes make no difference.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from bot.core.payload import Payload
from bot.core.shards import UNSHARDED, Shards
from bot.core.text.coded_text import CodedText
from storage.db.shard_parameters import make_shard_parameters
from storage.db.writer import Transaction

__all__ = [
    "NEXT_DUE",
    "UNDECIDED",
    "IndexedCard",
    "add",
    "begin_update",
    "decide_due",
    "get_due",
    "mark_up_to_date",
    "postpone",
    "read_card",
    "set_shown",
    "skip_update",
]


@dataclass(frozen=True, slots=True)
class IndexedCard:
    """An essay's card.

    place_id:  the channel or thread that the discussion is in
    style:     of the discussion (bot.core.conversation.styles)
    payload:   the card without its index
    shown:     a hash of the card as it was last edited; None if it wasn't
    attempts:  failed ones since it was last updated
    """

    discussion_id: int
    server_id: int
    style: str
    channel_id: int
    message_id: int
    payload: Payload
    shown: str | None
    attempts: int


async def add(tx: Transaction, discussion_id: int) -> None:
    """Keep an index on the card of a discussion from now on."""
    await tx.run(
        "INSERT INTO card_indexes (discussion_id) VALUES (:id) ON CONFLICT DO NOTHING",
        {"id": discussion_id},
    )


async def decide_due(
    tx: Transaction,
    *,
    new_ms: int,
    wait_ms: tuple[int, int],
    now_ms: int,
    shards: Shards = UNSHARDED,
) -> int:
    """Decide when the indexes that have changed in these shards are updated; how many these are.

    ``wait_ms``: how long that is from now, for a discussion that was published less than ``new_ms``
    ago and for an older one.
    """
    return await tx.run(
        """
        UPDATE card_indexes SET due_at = CAST(:now AS BIGINT) + CASE WHEN :now - COALESCE((
            SELECT published_at FROM discussions WHERE discussions.id = card_indexes.discussion_id
        ), :now) < :new THEN CAST(:soon AS BIGINT) ELSE :later END
        WHERE state = 'changed' AND due_at IS NULL AND ((
            SELECT server_id FROM discussions WHERE discussions.id = card_indexes.discussion_id
        ) >> 22) % :shard_count IN (SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids))
        """,
        {
            "now": now_ms,
            "new": new_ms,
            "soon": wait_ms[0],
            "later": wait_ms[1],
            **make_shard_parameters(shards),
        },
    )


# A card isn't edited while a new revision is applied to it, nor in a post that is locked.
_READY = """
FROM card_indexes
JOIN discussions ON discussions.id = card_indexes.discussion_id
JOIN servers ON servers.id = discussions.server_id
JOIN planned_messages AS card ON card.discussion_id = discussions.id AND card.purpose = 'card'
WHERE card_indexes.state <> 'current' AND card_indexes.due_at <= :until
    AND (discussions.server_id >> 22) % :shard_count IN (
        SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids)
    )
    AND servers.left_at IS NULL AND card.message_id IS NOT NULL AND card.deleted_at IS NULL
    AND (discussions.state = 'open'
         OR (discussions.state = 'closed' AND discussions.style <> 'forum'))
    AND NOT EXISTS (
        SELECT 1 FROM deleted_channels WHERE deleted_channels.channel_id = card.channel_id
    )
    AND NOT EXISTS (
        SELECT 1 FROM message_edits
        WHERE message_edits.discussion_id = discussions.id AND message_edits.revision IS NOT NULL
            AND message_edits.state = 'planned'
    )
"""
_DUE = (
    "SELECT card_indexes.discussion_id, card_indexes.attempts "
    + _READY
    + "ORDER BY card_indexes.due_at LIMIT :most"
)
#: When the next index is to be updated, until then.
NEXT_DUE = "SELECT min(card_indexes.due_at) AS due_at " + _READY
#: A zero if indexes have changed for which :func:`decide_due` is to be called.
UNDECIDED = """
SELECT 0 FROM card_indexes
JOIN discussions ON discussions.id = card_indexes.discussion_id
WHERE card_indexes.state = 'changed' AND card_indexes.due_at IS NULL
    AND (discussions.server_id >> 22) % :shard_count IN (
        SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids)
    )
LIMIT 1
"""


async def get_due(
    tx: Transaction, *, now_ms: int, most: int, shards: Shards = UNSHARDED
) -> list[tuple[int, int]]:
    """The discussions whose indexes are to be updated now, with the attempts that failed."""
    rows = await tx.rows(_DUE, {"until": now_ms, "most": most, **make_shard_parameters(shards)})
    return [(row["discussion_id"], row["attempts"]) for row in rows]


async def begin_update(tx: Transaction, discussion_id: int) -> None:
    """Notice further changes from now on."""
    await tx.run(
        """
        UPDATE card_indexes SET state = 'updating'
        WHERE discussion_id = :id AND state = 'changed'
        """,
        {"id": discussion_id},
    )


async def read_card(tx: Transaction, discussion_id: int) -> IndexedCard | None:
    """The card of an open or closed discussion; None if it was deleted or has no index."""
    row = await tx.row(
        """
        SELECT discussions.server_id, discussions.style, card.channel_id, card.message_id,
               card.payload, card_indexes.shown, card_indexes.attempts
        FROM card_indexes
        JOIN discussions ON discussions.id = card_indexes.discussion_id
        JOIN planned_messages AS card
            ON card.discussion_id = discussions.id AND card.purpose = 'card'
        WHERE card_indexes.discussion_id = :id AND discussions.state IN ('open', 'closed')
            AND card.message_id IS NOT NULL AND card.deleted_at IS NULL
        """,
        {"id": discussion_id},
    )
    if row is None:
        return None
    return IndexedCard(
        discussion_id=discussion_id,
        server_id=row["server_id"],
        style=row["style"],
        channel_id=row["channel_id"],
        message_id=row["message_id"],
        payload=json.loads(row["payload"]),
        shown=row["shown"],
        attempts=row["attempts"],
    )


async def set_shown(tx: Transaction, discussion_id: int, shown: str) -> None:
    """Record the hash of the card as it was edited."""
    await tx.run(
        "UPDATE card_indexes SET shown = :shown WHERE discussion_id = :id",
        {"id": discussion_id, "shown": shown},
    )


async def mark_up_to_date(tx: Transaction, discussion_id: int) -> None:
    """Record that an index was updated; what changed since the update began is still to be done."""
    await tx.run(
        """
        UPDATE card_indexes SET due_at = NULL, attempts = 0, last_error = NULL,
            state = CASE state WHEN 'updating' THEN 'current' ELSE state END
        WHERE discussion_id = :id
        """,
        {"id": discussion_id},
    )


async def postpone(
    tx: Transaction, discussion_id: int, *, due_at: int, last_error: CodedText
) -> None:
    """Try again at ``due_at`` (milliseconds since 1970)."""
    await tx.run(
        """
        UPDATE card_indexes SET due_at = :due_at, attempts = attempts + 1, last_error = :last_error
        WHERE discussion_id = :id
        """,
        {"id": discussion_id, "due_at": due_at, "last_error": last_error.stored},
    )


async def skip_update(tx: Transaction, discussion_id: int, last_error: CodedText) -> None:
    """Don't update an index until something in the discussion changes again."""
    await tx.run(
        """
        UPDATE card_indexes SET due_at = NULL, attempts = 0, last_error = :last_error,
            state = CASE state WHEN 'updating' THEN 'current' ELSE state END
        WHERE discussion_id = :id
        """,
        {"id": discussion_id, "last_error": last_error.stored},
    )
