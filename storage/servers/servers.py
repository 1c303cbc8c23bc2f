"""Servers: joined, left, and erased after the retention period."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bot.core.shards import UNSHARDED, Shards
from storage.db import checkpoint_and_vacuum
from storage.db.shard_parameters import make_shard_parameters
from storage.db.writer import Transaction
from storage.servers import languages

__all__ = [
    "NEXT_DUE",
    "PresentServer",
    "erase_due",
    "record_joined",
    "record_left",
    "record_present",
    "update_joined",
]

#: When the next server is to be erased, ``:left_kept_for`` milliseconds after the bot left it.
NEXT_DUE = """
SELECT min(left_at) + :left_kept_for FROM servers
WHERE left_at IS NOT NULL
    AND (id >> 22) % :shard_count IN (
        SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids)
    )
"""

#: Most rows erased in one unit of work, so that the writer can run other units in between.
_BATCH = 2000
#: Milliseconds by which due times are postponed while the bot isn't in the server: 3 centuries.
_POSTPONED_BY = 10_000_000_000_000


@dataclass(frozen=True, slots=True)
class PresentServer:
    """A server that the bot is in. ``locale``: Discord's preferred locale of it."""

    id: int
    name: str
    locale: str


async def record_joined(tx: Transaction, server: PresentServer, now_ms: int) -> bool:
    """Record that the bot is in a server; whether the server is new."""
    added = await tx.run(
        """
        INSERT INTO servers (id, name, joined_at) VALUES (:id, :name, :now)
        ON CONFLICT (id) DO NOTHING
        """,
        {"id": server.id, "name": server.name, "now": now_ms},
    )
    await tx.run(
        "UPDATE servers SET name = :name WHERE id = :id", {"id": server.id, "name": server.name}
    )
    await languages.set_locales(tx, {server.id: server.locale})
    await _make_due_again(tx, server.id)
    return bool(added)


async def record_present(tx: Transaction, present: Collection[PresentServer]) -> None:
    """Record that the bot is in these servers; work postponed when it was removed is due again."""
    server_ids = {server.id for server in present}
    for row in await tx.rows("SELECT id FROM servers WHERE left_at IS NOT NULL"):
        if row["id"] in server_ids:
            await _make_due_again(tx, row["id"])
    await languages.set_locales(tx, {server.id: server.locale for server in present})


async def _make_due_again(tx: Transaction, server_id: int) -> None:
    if await tx.run(
        "UPDATE servers SET left_at = NULL WHERE id = :id AND left_at IS NOT NULL",
        {"id": server_id},
    ):
        for statement in _DUE_AGAIN:
            await tx.run(statement, {"id": server_id, "never": _POSTPONED_BY})


async def record_left(tx: Transaction, server_id: int, now_ms: int) -> None:
    """Record that the bot left a server, and postpone all work there until it is back.

    The server's data is kept for the retention period (:func:`erase_due`).
    """
    if await tx.run(
        "UPDATE servers SET left_at = :now WHERE id = :id AND left_at IS NULL",
        {"id": server_id, "now": now_ms},
    ):
        for statement in _NOT_DUE:
            await tx.run(statement, {"id": server_id, "never": _POSTPONED_BY})


async def update_joined(
    tx: Transaction, present: Collection[PresentServer], shard: Shards, now_ms: int
) -> list[int]:
    """Record all servers of a shard, and those of it that the bot left; the ids of the new ones.

    Nothing is known of other shards' servers. If no server of the shard was known, this is its
    first start and none counts as new: an admin has just invited the bot there. So a start that is
    interrupted before this changes nothing.
    """
    known = {
        row["id"]: row
        for row in await tx.rows("SELECT id, name, left_at FROM servers")
        if shard.has_server(row["id"])
    }
    # Most are as they were: only the others are written, of thousands.
    changed = [
        server
        for server in present
        if (row := known.get(server.id)) is None
        or row["name"] != server.name
        or row["left_at"] is not None
    ]
    added = [server.id for server in changed if await record_joined(tx, server, now_ms)]
    await languages.set_locales(tx, {server.id: server.locale for server in present})
    server_ids = {server.id for server in present}
    for server_id, row in known.items():
        if row["left_at"] is None and server_id not in server_ids:
            await record_left(tx, server_id, now_ms)
    return added if known else []


async def erase_due(
    tx: Transaction, now_ms: int, kept_for: int, shards: Shards = UNSHARDED
) -> bool:
    """Erase a batch of a server's data, ``kept_for`` milliseconds after the bot left it.

    Returns whether something was erased: then there may be more. The members' erasures stay: they
    contain nothing the members wrote, and have to outlive the archive. The server's own row is
    deleted last, so that an interrupted erasure is resumed after a restart.
    """
    row = await tx.row(
        """
        SELECT id FROM servers
        WHERE left_at <= :since
            AND (id >> 22) % :shard_count IN (
                SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids)
            )
        ORDER BY left_at LIMIT 1
        """,
        {"since": now_ms - kept_for, **make_shard_parameters(shards)},
    )
    if row is None:
        return False
    parameters = {"id": row["id"], "most": _BATCH}
    for statement in _ERASE_SOME:
        if await tx.run(statement, parameters):
            return True
    for statement in _ERASE_REST:
        await tx.run(statement, parameters)
    await checkpoint_and_vacuum.mark_erasure(tx, now_ms)
    return True


# Nothing can be sent to a server that the bot isn't in: the work is postponed unchanged, and due
# again when the bot is back, however late that is.
_NOT_DUE = (
    """
    UPDATE planned_messages SET due_at = due_at + :never
    WHERE server_id = :id AND state IN ('planned', 'claimed')
    """,
    "UPDATE prompts SET due_at = due_at + :never WHERE server_id = :id AND state = 'planned'",
    """
    UPDATE threads SET due_at = due_at + :never
    WHERE server_id = :id AND state IN ('planned', 'open')
    """,
    "UPDATE message_edits SET due_at = due_at + :never WHERE server_id = :id AND state = 'planned'",
    "UPDATE reply_moves SET due_at = due_at + :never WHERE server_id = :id",
    "UPDATE author_messages SET due_at = due_at + :never WHERE server_id = :id",
    """
    UPDATE answers SET due_at = due_at + :never
    WHERE server_id = :id AND state IN ('planned', 'posting', 'posted')
    """,
    """
    UPDATE attachment_files SET due_at = due_at + :never
    WHERE state = 'pending' AND reply_id IN (SELECT id FROM replies WHERE server_id = :id)
    """,
    """
    UPDATE temporary_messages SET delete_at = delete_at + :never
    WHERE planned_message_id IN (SELECT id FROM planned_messages WHERE server_id = :id)
    """,
    """
    UPDATE discussions SET scheduled_for = scheduled_for + :never
    WHERE server_id = :id AND state = 'scheduled'
    """,
)
_DUE_AGAIN = (
    """
    UPDATE planned_messages
    SET due_at = due_at - :never
    WHERE server_id = :id
    AND due_at > :never
    """,
    "UPDATE prompts SET due_at = due_at - :never WHERE server_id = :id AND due_at > :never",
    "UPDATE threads SET due_at = due_at - :never WHERE server_id = :id AND due_at > :never",
    "UPDATE message_edits SET due_at = due_at - :never WHERE server_id = :id AND due_at > :never",
    "UPDATE reply_moves SET due_at = due_at - :never WHERE server_id = :id AND due_at > :never",
    "UPDATE author_messages SET due_at = due_at - :never WHERE server_id = :id AND due_at > :never",
    "UPDATE answers SET due_at = due_at - :never WHERE server_id = :id AND due_at > :never",
    """
    UPDATE attachment_files SET due_at = due_at - :never
    WHERE due_at > :never AND reply_id IN (SELECT id FROM replies WHERE server_id = :id)
    """,
    """
    UPDATE temporary_messages SET delete_at = delete_at - :never
    WHERE delete_at > :never AND planned_message_id IN (SELECT id FROM planned_messages WHERE
        server_id = :id)
    """,
    """
    UPDATE discussions SET scheduled_for = scheduled_for - :never
    WHERE server_id = :id AND scheduled_for > :never
    """,
)
# Tables that may have many rows, one batch at a time. Dependent rows are deleted by cascade.
_ERASE_SOME = (
    """
    DELETE FROM replies WHERE id IN (
        SELECT id FROM replies WHERE server_id = :id LIMIT :most
    )
    """,
    """
    DELETE FROM prompts WHERE id IN (
        SELECT id FROM prompts WHERE server_id = :id LIMIT :most
    )
    """,
    """
    DELETE FROM planned_messages WHERE id IN (
        SELECT id FROM planned_messages WHERE server_id = :id LIMIT :most
    )
    """,
    """
    DELETE FROM threads WHERE id IN (
        SELECT id FROM threads WHERE server_id = :id LIMIT :most
    )
    """,
    """
    DELETE FROM message_edits WHERE id IN (
        SELECT id FROM message_edits WHERE server_id = :id LIMIT :most
    )
    """,
    """
    DELETE FROM audit_log WHERE id IN (
        SELECT id FROM audit_log WHERE server_id = :id LIMIT :most
    )
    """,
)
_ERASE_REST = (
    "DELETE FROM watermarks WHERE server_id = :id",
    "DELETE FROM answer_hints WHERE server_id = :id",
    "DELETE FROM reading_marks WHERE server_id = :id",
    "DELETE FROM answers WHERE server_id = :id",
    "DELETE FROM author_messages WHERE server_id = :id",
    "DELETE FROM essay_authors WHERE server_id = :id",
    "DELETE FROM pending_authors WHERE server_id = :id",
    "DELETE FROM deleted_channels WHERE server_id = :id",
    "DELETE FROM submissions WHERE server_id = :id",
    "DELETE FROM alerts WHERE server_id = :id",
    # Before the discussions: what no other server's use.
    """
    DELETE FROM pictures WHERE name IN (
        SELECT used.name FROM discussions
        JOIN discussion_pictures AS used ON used.discussion_id = discussions.id
        WHERE discussions.server_id = :id AND NOT EXISTS (
            SELECT 1 FROM discussion_pictures AS other
            JOIN discussions AS elsewhere ON elsewhere.id = other.discussion_id
            WHERE other.name = used.name AND elsewhere.server_id <> :id
        )
    )
    """,
    "DELETE FROM discussions WHERE server_id = :id",
    "DELETE FROM unnamed_members WHERE server_id = :id",
    "DELETE FROM server_settings WHERE server_id = :id",
    "DELETE FROM server_locales WHERE server_id = :id",
    "DELETE FROM servers WHERE id = :id",
)
