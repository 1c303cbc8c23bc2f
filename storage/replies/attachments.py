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
    """A file of a member's. ``size`` in bytes; ``trouble``: why its bytes are not kept."""

    id: int
    reply_id: int
    name: str
    size: int
    kept: bool
    trouble: str | None


async def leave_larger(tx: Transaction, most: int) -> None:
    """Files of more than ``most`` bytes are not fetched."""
    await tx.run(
        """
        UPDATE files SET state = 'left', address = NULL, trouble = :trouble
        WHERE state = 'owed' AND size > :most
        """,
        {"most": most, "trouble": TOO_LARGE},
    )


async def waiting(
    tx: Transaction, *, busy: Collection[int], now_ms: int, most: int
) -> list[OwedFile]:
    """The first ``most`` files that are to be fetched now. ``busy``: those under way."""
    rows = await tx.rows(
        """
        SELECT files.id, files.size, files.address, files.attempts, attachments.name,
               COALESCE(bringings.copy_id, replies.id) AS message_id, replies.channel_id
        FROM files
        JOIN replies ON replies.id = files.reply_id
        JOIN attachments ON attachments.reply_id = replies.id AND attachments.file_id = files.id
        LEFT JOIN bringings ON bringings.reply_id = replies.id
        WHERE files.state = 'owed' AND files.due_at <= :now
        ORDER BY files.due_at, files.id LIMIT :most
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
        address=row["address"],
        attempts=row["attempts"],
    )


async def keep(tx: Transaction, file_id: int, content: bytes, *, most_in_all: int) -> bool:
    """Keep the file's bytes, unless what it belongs to was erased meanwhile.

    False where there would be more than ``most_in_all`` bytes of files in the archive.
    """
    row = await tx.row("SELECT COALESCE(sum(size), 0) AS size FROM files WHERE state = 'kept'")
    if row is None or row["size"] + len(content) > most_in_all:
        await leave(tx, file_id, FULL)
        return False
    await tx.run(
        """
        UPDATE files SET state = 'kept', content = :content, size = :size, address = NULL,
            trouble = NULL
        WHERE id = :id AND state = 'owed'
        """,
        {"id": file_id, "content": content, "size": len(content)},
    )
    return True


async def leave(tx: Transaction, file_id: int, trouble: str) -> None:
    """The file's bytes will not be kept."""
    await tx.run(
        """
        UPDATE files SET state = 'left', address = NULL, trouble = :trouble
        WHERE id = :id AND state = 'owed'
        """,
        {"id": file_id, "trouble": trouble},
    )


async def put_off(
    tx: Transaction, *, file_id: int, due_at: int, trouble: str, address: str | None
) -> None:
    """Try again at ``due_at``, at ``address``; None: it has to be asked for anew."""
    await tx.run(
        """
        UPDATE files SET due_at = :due_at, attempts = attempts + 1, trouble = :trouble,
            address = :address
        WHERE id = :id AND state = 'owed'
        """,
        {"id": file_id, "due_at": due_at, "trouble": trouble, "address": address},
    )


async def next_due(tx: Transaction) -> int | None:
    """When there next is a file to fetch."""
    row = await tx.row("SELECT min(due_at) AS due_at FROM files WHERE state = 'owed'")
    return None if row is None else row["due_at"]


async def kept_of(tx: Transaction, server_id: int, member_id: int) -> list[KeptFile]:
    """A member's files in a server, the oldest first, without their bytes."""
    rows = await tx.rows(
        """
        SELECT files.id, files.reply_id, files.size, files.state, files.trouble, attachments.name
        FROM replies
        JOIN files ON files.reply_id = replies.id
        JOIN attachments ON attachments.reply_id = replies.id AND attachments.file_id = files.id
        WHERE replies.server_id = :server_id AND replies.author_id = :member_id
        ORDER BY files.id
        """,
        {"server_id": server_id, "member_id": member_id},
    )
    return [
        KeptFile(
            id=row["id"],
            reply_id=row["reply_id"],
            name=row["name"],
            size=row["size"],
            kept=row["state"] == "kept",
            trouble=row["trouble"],
        )
        for row in rows
    ]


def handed_out_as(file_id: int, name: str) -> str:
    """What a file is called where a member's files are handed out together."""
    return f"{file_id}-{name}"


async def contents(tx: Transaction, file_id: int) -> bytes | None:
    """A kept file's bytes; None where it was erased meanwhile."""
    row = await tx.row("SELECT content FROM files WHERE id = :id", {"id": file_id})
    return None if row is None else row["content"]
