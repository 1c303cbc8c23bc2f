"""Command sync: the commands that were last registered with Discord."""

from __future__ import annotations

from storage.db.writer import Transaction

__all__ = ["get_payload_hash", "record_sync"]


async def get_payload_hash(tx: Transaction, application_id: int) -> str | None:
    """The hash of the commands that were registered last; None if none were."""
    row = await tx.row(
        "SELECT payload_hash FROM command_syncs WHERE application_id = :id", {"id": application_id}
    )
    return None if row is None else row["payload_hash"]


async def record_sync(tx: Transaction, application_id: int, digest: str, now_ms: int) -> None:
    """Record the hash of the registered commands."""
    await tx.run(
        """
        INSERT INTO command_syncs (application_id, payload_hash, synced_at)
        VALUES (:id, :payload_hash, :now)
        ON CONFLICT (application_id) DO UPDATE
        SET payload_hash = excluded.payload_hash, synced_at = excluded.synced_at
        """,
        {"id": application_id, "payload_hash": digest, "now": now_ms},
    )
