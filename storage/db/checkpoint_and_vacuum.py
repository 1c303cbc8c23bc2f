"""Removes erased words from the archive's file and its write-ahead log: checkpoints and VACUUM.

An erasure overwrites the words in the rows (``secure_delete``). The write-ahead log still has them
until a checkpoint truncates it, which a quiet server would never reach by itself. Where a page was
split, a remainder may stay in the file until VACUUM writes all of it again (SQLite: Write-Ahead
Logging, "Checkpointing"; PRAGMA secure_delete).

Only the writer does either: older SQLite versions may damage an archive that two connections
checkpoint at once (facts of SQLite: WAL-reset bug, fixed in 3.51.3).
"""

from __future__ import annotations

from dataclasses import dataclass

from storage.db.writer import Connection, Transaction

__all__ = [
    "CleanupState",
    "count_erasures",
    "get_state",
    "mark_erasure",
    "mark_vacuumed",
    "truncate_log",
    "vacuum",
]


@dataclass(frozen=True, slots=True)
class CleanupState:
    """What is still to be cleaned, and when that was done last; in milliseconds.

    ``erased_at``: the first erasure since the last VACUUM; one before it if there was another while
    that VACUUM ran. None: there was none.
    """

    erased_at: int | None
    vacuumed_at: int | None


async def mark_erasure(tx: Transaction, now_ms: int) -> None:
    """Note in the transaction that erases words that the file and its log have to be cleaned."""
    tx.has_erased = True
    await tx.run(
        """
        UPDATE archive_cleanup
        SET erased_at = COALESCE(erased_at, :now), erasures = erasures + 1 WHERE id = 1
        """,
        {"now": now_ms},
    )


async def count_erasures(tx: Transaction) -> int:
    """How many erasures were committed so far, for :func:`mark_vacuumed`."""
    row = await tx.row("SELECT erasures FROM archive_cleanup WHERE id = 1")
    assert row is not None
    return int(row["erasures"])


async def mark_vacuumed(tx: Transaction, erasures: int, now_ms: int) -> None:
    """Note a VACUUM that began at ``now_ms``.

    ``erasures``: how many there were before it began. Of one that was committed while it ran, which
    can happen on PostgreSQL, it may have left the words; then they are still to be cleaned.
    """
    await tx.run(
        """
        UPDATE archive_cleanup
        SET erased_at = CASE WHEN erasures = :erasures THEN NULL ELSE erased_at END,
            vacuumed_at = :now
        WHERE id = 1
        """,
        {"erasures": erasures, "now": now_ms},
    )


async def get_state(tx: Transaction) -> CleanupState:
    """What is still to be cleaned."""
    row = await tx.row("SELECT erased_at, vacuumed_at FROM archive_cleanup WHERE id = 1")
    assert row is not None
    return CleanupState(row["erased_at"], row["vacuumed_at"])


async def truncate_log(connection: Connection) -> bool:
    """Checkpoint and truncate the write-ahead log; False if a reader still needs it.

    It doesn't wait for readers, since the writer would have to wait with it.
    """
    (timeout,) = await connection.execute_fetchall("PRAGMA busy_timeout")
    await connection.execute_fetchall("PRAGMA busy_timeout = 0")
    try:
        (row,) = await connection.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        await connection.execute_fetchall(f"PRAGMA busy_timeout = {int(timeout[0])}")
    return not row[0]


async def vacuum(connection: Connection, now_ms: int) -> None:
    """Write the whole file again, without remains of erased words; the log has it afterwards.

    It needs room on the disk for two more copies, and raises sqlite3.OperationalError, without
    effect, where there is none.
    """
    outside_of_a_transaction = Transaction(connection)
    erasures = await count_erasures(outside_of_a_transaction)
    await connection.execute_fetchall("VACUUM")
    await mark_vacuumed(outside_of_a_transaction, erasures, now_ms)
