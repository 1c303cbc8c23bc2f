"""The sources of essays: one copy of each file or text, while a revision uses it.

A trigger erases a source with the last revision or pending revision that was read from it.
"""

from __future__ import annotations

import hashlib

from storage.db.writer import Transaction

__all__ = ["save_source"]


async def save_source(tx: Transaction, content: bytes) -> str:
    """Save a source unless the archive has it already; its hash.

    Save the revision that uses it in the same transaction: nothing else keeps or erases it.
    """
    digest = hashlib.sha256(content).hexdigest()
    await tx.run(
        "INSERT INTO sources (hash, content) VALUES (:hash, :content) ON CONFLICT DO NOTHING",
        {"hash": digest, "content": content},
    )
    return digest
