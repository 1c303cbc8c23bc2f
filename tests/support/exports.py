"""The JSON export of an essay, parsed."""

from __future__ import annotations

import json
from typing import Any

from bot.export import write_json
from storage.db.writer import Transaction

__all__ = ["export_essay"]


async def export_essay(tx: Transaction, essay: str) -> dict[str, Any]:
    """Export the essay with this number or exact title."""
    pieces: list[bytes] = []
    await write_json(tx, essay, pieces.append)
    found: dict[str, Any] = json.loads(b"".join(pieces))
    return found
