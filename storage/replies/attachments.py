"""Rows of downloaded attachments: pending, stored or skipped; erased with their reply."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bot.core.shards import UNSHARDED, Shards
from bot.core.text.coded_text import CodedText, read_coded
from storage.db.shard_parameters import make_shard_parameters
from storage.db.writer import Row, Transaction

__all__ = [
    "NEXT_DUE",
    "PendingFile",
    "StoredFile",
    "get_content",
    "get_due",
    "get_export_name",
    "get_member_files",
    "get_stored_bytes",
    "postpone",
    "skip",
    "skip_larger",
    "store",
]

#: When the next file is to be downloaded.
NEXT_DUE = """
SELECT min(attachment_files.due_at)
FROM attachment_files JOIN replies ON replies.id = attachment_files.reply_id
WHERE attachment_files.state = 'pending'
    AND (replies.server_id >> 22) % :shard_count IN (
        SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids)
    )
"""


@dataclass(frozen=True, slots=True)
class PendingFile:
    """A file to download.

    ``channel_id``, ``message_id``: the message it is attached to, which is the copy if the reply
    was moved. ``url`` is valid for about a day.
    """

    id: int
    channel_id: int
    message_id: int
    name: str
    size: int
    url: str | None
    attempts: int


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A member's file. ``size`` in bytes; ``last_error``: why its bytes aren't stored."""

    id: int
    reply_id: int
    name: str
    size: int
    stored: bool
    last_error: CodedText | None


async def skip_larger(
    tx: Transaction, max_bytes: int, last_error: CodedText, shards: Shards = UNSHARDED
) -> None:
    """Don't download pending files of more than ``max_bytes`` in these shards."""
    await tx.run(
        """
        UPDATE attachment_files SET state = 'skipped', url = NULL, last_error = :last_error
        WHERE state = 'pending' AND size > :most AND ((
            SELECT server_id FROM replies WHERE replies.id = attachment_files.reply_id
        ) >> 22) % :shard_count IN (SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids))
        """,
        {"most": max_bytes, "last_error": last_error.stored, **make_shard_parameters(shards)},
    )


async def get_due(
    tx: Transaction,
    *,
    busy: Collection[int],
    now_ms: int,
    most: int,
    shards: Shards = UNSHARDED,
) -> list[PendingFile]:
    """The first ``most`` files to download now. ``busy``: those being downloaded."""
    rows = await tx.rows(
        """
        SELECT attachment_files.id, attachment_files.size, attachment_files.url,
               attachment_files.attempts, attachments.name,
               COALESCE(reply_moves.copy_id, replies.id) AS message_id, replies.channel_id
        FROM attachment_files
        JOIN replies ON replies.id = attachment_files.reply_id
        JOIN attachments ON attachments.reply_id = replies.id
            AND attachments.file_id = attachment_files.id
        LEFT JOIN reply_moves ON reply_moves.reply_id = replies.id
        WHERE attachment_files.state = 'pending' AND attachment_files.due_at <= :now
            AND (replies.server_id >> 22) % :shard_count IN (
                SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids)
            )
        ORDER BY attachment_files.due_at, attachment_files.id LIMIT :most
        """,
        {"now": now_ms, "most": most + len(busy), **make_shard_parameters(shards)},
    )
    return [_make_pending(row) for row in rows if row["id"] not in busy][:most]


def _make_pending(row: Row) -> PendingFile:
    return PendingFile(
        id=row["id"],
        channel_id=row["channel_id"],
        message_id=row["message_id"],
        name=row["name"],
        size=row["size"],
        url=row["url"],
        attempts=row["attempts"],
    )


async def get_stored_bytes(tx: Transaction) -> int:
    """How many bytes of files the archive holds."""
    row = await tx.row(
        "SELECT COALESCE(sum(size), 0) AS size FROM attachment_files WHERE state = 'stored'"
    )
    assert row is not None
    return int(row["size"])


async def store(tx: Transaction, file_id: int, content: bytes) -> None:
    """Store a pending file's bytes, unless its reply was erased meanwhile."""
    await tx.run(
        """
        UPDATE attachment_files SET state = 'stored', content = :content, size = :size, url = NULL,
            last_error = NULL
        WHERE id = :id AND state = 'pending'
        """,
        {"id": file_id, "content": content, "size": len(content)},
    )


async def skip(tx: Transaction, file_id: int, last_error: CodedText) -> None:
    """Never download a pending file."""
    await tx.run(
        """
        UPDATE attachment_files SET state = 'skipped', url = NULL, last_error = :last_error
        WHERE id = :id AND state = 'pending'
        """,
        {"id": file_id, "last_error": last_error.stored},
    )


async def postpone(
    tx: Transaction, *, file_id: int, due_at: int, last_error: CodedText, url: str | None
) -> None:
    """Try again at ``due_at``, from ``url``; None if it has to be read from the message again."""
    await tx.run(
        """
        UPDATE attachment_files SET due_at = :due_at, attempts = attempts + 1,
            last_error = :last_error, url = :url
        WHERE id = :id AND state = 'pending'
        """,
        {"id": file_id, "due_at": due_at, "last_error": last_error.stored, "url": url},
    )


async def get_member_files(tx: Transaction, server_id: int, member_id: int) -> list[StoredFile]:
    """A member's files in a server, the oldest first, without their bytes."""
    rows = await tx.rows(
        """
        SELECT attachment_files.id, attachment_files.reply_id, attachment_files.size,
               attachment_files.state, attachment_files.last_error, attachments.name
        FROM replies
        JOIN attachment_files ON attachment_files.reply_id = replies.id
        JOIN attachments ON attachments.reply_id = replies.id
            AND attachments.file_id = attachment_files.id
        WHERE replies.server_id = :server_id AND (
            replies.author_id = :member_id OR replies.id IN (
                SELECT reply_id FROM proxied_replies
                WHERE server_id = :server_id AND author_id = :member_id
            )
        )
        ORDER BY attachment_files.id
        """,
        {"server_id": server_id, "member_id": member_id},
    )
    return [
        StoredFile(
            id=row["id"],
            reply_id=row["reply_id"],
            name=row["name"],
            size=row["size"],
            stored=row["state"] == "stored",
            last_error=read_coded(row["last_error"]),
        )
        for row in rows
    ]


def get_export_name(file_id: int, name: str) -> str:
    """The name of a file among all files of a member, unique by its id."""
    return f"{file_id}-{name}"


async def get_content(tx: Transaction, file_id: int) -> bytes | None:
    """A stored file's bytes; None if it was erased meanwhile."""
    row = await tx.row("SELECT content FROM attachment_files WHERE id = :id", {"id": file_id})
    return None if row is None else row["content"]
