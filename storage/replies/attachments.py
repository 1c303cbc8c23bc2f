"""The bytes of what members attached: owed, fetched, kept; erased with what they belong to."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

from storage.db.writer import Transaction

__all__ = [
    "KeptFile",
    "OwedFile",
    "contents",
    "handed_out_as",
    "keep",
    "kept_of",
    "leave",
    "leave_larger",
    "next_due",
    "put_off",
    "waiting",
]

#: Why a file is not kept, where that is the operator's choice.
FULL = "the archive holds as many bytes of files as the operator allows"
TOO_LARGE = "it is larger than the operator allows"


@dataclass(frozen=True, slots=True)
class OwedFile:
    """A file that is to be fetched.

    ``channel_id``, ``message_id``: where the message that carries it stands now. ``address`` is
    good for a day or so.
    """

    id: int
    channel_id: int
    message_id: int
    name: str
    size: int
    address: str | None
    attempts: int


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file of a member's. ``size`` in bytes; ``problem``: why its bytes are not kept."""

    id: int
    reply_id: int
    name: str
    size: int
    kept: bool
    last_error: str | None


async def leave_larger(tx: Transaction, most: int) -> None:
    """Files of more than ``most`` bytes are not fetched."""
    await tx.run(
        """
        UPDATE attachment_files SET state = 'skipped', url = NULL, last_error = :last_error
        WHERE state = 'pending' AND size > :most
        """,
        {"most": most, "last_error": TOO_LARGE},
    )


async def waiting(
    tx: Transaction, *, busy: Collection[int], now_ms: int, most: int
) -> list[OwedFile]:
    """The first ``most`` files that are to be fetched now. ``busy``: those under way."""
    rows = await tx.rows(
        """
        SELECT attachment_files.id, attachment_files.size, attachment_files.url,
            attachment_files.attempts, attachments.name,
               COALESCE(reply_moves.copy_id, replies.id) AS message_id, replies.channel_id
        FROM attachment_files
        JOIN replies ON replies.id = attachment_files.reply_id
        JOIN attachments ON attachments.reply_id = replies.id AND attachments.file_id =
            attachment_files.id
        LEFT JOIN reply_moves ON reply_moves.reply_id = replies.id
        WHERE attachment_files.state = 'pending' AND attachment_files.due_at <= :now
        ORDER BY attachment_files.due_at, attachment_files.id LIMIT :most
        """,
        {"now": now_ms, "most": most + len(busy)},
    )
    return [_owed(row) for row in rows if row["id"] not in busy][:most]


def _owed(row: sqlite3.Row) -> OwedFile:
    return OwedFile(
        id=row["id"],
        channel_id=row["channel_id"],
        message_id=row["message_id"],
        name=row["name"],
        size=row["size"],
        address=row["url"],
        attempts=row["attempts"],
    )


async def keep(tx: Transaction, file_id: int, content: bytes, *, most_in_all: int) -> bool:
    """Keep the file's bytes, unless what it belongs to was erased meanwhile.

    False where there would be more than ``most_in_all`` bytes of files in the archive.
    """
    row = await tx.row(
        "SELECT COALESCE(sum(size), 0) AS size FROM attachment_files WHERE state = 'stored'"
    )
    if row is None or row["size"] + len(content) > most_in_all:
        await leave(tx, file_id, FULL)
        return False
    await tx.run(
        """
        UPDATE attachment_files SET state = 'stored', content = :content, size = :size, url = NULL,
            last_error = NULL
        WHERE id = :id AND state = 'pending'
        """,
        {"id": file_id, "content": content, "size": len(content)},
    )
    return True


async def leave(tx: Transaction, file_id: int, last_error: str) -> None:
    """The file's bytes will not be kept."""
    await tx.run(
        """
        UPDATE attachment_files SET state = 'skipped', url = NULL, last_error = :last_error
        WHERE id = :id AND state = 'pending'
        """,
        {"id": file_id, "last_error": last_error},
    )


async def put_off(
    tx: Transaction, *, file_id: int, due_at: int, last_error: str, address: str | None
) -> None:
    """Try again at ``due_at``, at ``address``; None: it has to be asked for anew."""
    await tx.run(
        """
        UPDATE attachment_files SET due_at = :due_at, attempts = attempts + 1, last_error =
            :last_error,
            url = :url
        WHERE id = :id AND state = 'pending'
        """,
        {"id": file_id, "due_at": due_at, "last_error": last_error, "url": address},
    )


async def next_due(tx: Transaction) -> int | None:
    """When there next is a file to fetch."""
    row = await tx.row("SELECT min(due_at) AS due_at FROM attachment_files WHERE state = 'pending'")
    return None if row is None else row["due_at"]


async def kept_of(tx: Transaction, server_id: int, member_id: int) -> list[KeptFile]:
    """A member's files in a server, the oldest first, without their bytes."""
    rows = await tx.rows(
        """
        SELECT attachment_files.id, attachment_files.reply_id, attachment_files.size,
            attachment_files.state, attachment_files.last_error, attachments.name
        FROM replies
        JOIN attachment_files ON attachment_files.reply_id = replies.id
        JOIN attachments ON attachments.reply_id = replies.id AND attachments.file_id =
            attachment_files.id
        WHERE replies.server_id = :server_id AND replies.author_id = :member_id
        ORDER BY attachment_files.id
        """,
        {"server_id": server_id, "member_id": member_id},
    )
    return [
        KeptFile(
            id=row["id"],
            reply_id=row["reply_id"],
            name=row["name"],
            size=row["size"],
            kept=row["state"] == "stored",
            last_error=row["last_error"],
        )
        for row in rows
    ]


def handed_out_as(file_id: int, name: str) -> str:
    """What a file is called where a member's files are handed out together."""
    return f"{file_id}-{name}"


async def contents(tx: Transaction, file_id: int) -> bytes | None:
    """A kept file's bytes; None where it was erased meanwhile."""
    row = await tx.row("SELECT content FROM attachment_files WHERE id = :id", {"id": file_id})
    return None if row is None else row["content"]
