"""Command sync: the commands that were last registered with Discord."""

from __future__ import annotations

from collections.abc import Mapping

from storage.db.writer import Transaction

__all__ = ["get_command_ids", "get_payload_hash", "record_sync"]


async def get_payload_hash(tx: Transaction, application_id: int) -> str | None:
    """The hash of the commands that were registered last; None if none were."""
    row = await tx.row(
        "SELECT payload_hash FROM command_syncs WHERE application_id = :id", {"id": application_id}
    )
    return None if row is None else row["payload_hash"]


async def get_command_ids(tx: Transaction, application_id: int) -> dict[str, int]:
    """Discord's ids of the slash commands that were registered last, by name."""
    rows = await tx.rows(
        "SELECT name, command_id FROM registered_commands WHERE application_id = :id",
        {"id": application_id},
    )
    return {row["name"]: row["command_id"] for row in rows}


async def record_sync(
    tx: Transaction, application_id: int, digest: str, command_ids: Mapping[str, int], now_ms: int
) -> None:
    """Record what was registered: its hash, and the ids of the slash commands by name."""
    await tx.run(
        """
        INSERT INTO command_syncs (application_id, payload_hash, synced_at)
        VALUES (:id, :payload_hash, :now)
        ON CONFLICT (application_id) DO UPDATE
        SET payload_hash = excluded.payload_hash, synced_at = excluded.synced_at
        """,
        {"id": application_id, "payload_hash": digest, "now": now_ms},
    )
    await tx.run(
        "DELETE FROM registered_commands WHERE application_id = :id", {"id": application_id}
    )
    for name, command_id in command_ids.items():
        await tx.run(
            """
            INSERT INTO registered_commands (application_id, name, command_id)
            VALUES (:id, :name, :command_id)
            """,
            {"id": application_id, "name": name, "command_id": command_id},
        )
