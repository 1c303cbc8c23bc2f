"""The pictures of essays: one copy of each, while a draft or a discussion uses it.

A picture is erased with its last use: before a discussion is deleted, drop its uses.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from storage.db.writer import Transaction

__all__ = ["drop_all", "get_pictures", "keep_used", "save_pictures"]


async def save_pictures(
    tx: Transaction, discussion_id: int, pictures: Mapping[str, bytes], used: Collection[str]
) -> None:
    """Save pictures by their names, and that a discussion uses some.

    pictures: those that may not be in the archive yet
    used:     all that the discussion needs besides the ones it has
    """
    await tx.run_many(
        "INSERT INTO pictures (name, content) VALUES (:name, :content) ON CONFLICT DO NOTHING",
        [{"name": name, "content": pictures[name]} for name in used if name in pictures],
    )
    await tx.run_many(
        """
        INSERT INTO discussion_pictures (discussion_id, name)
        SELECT :discussion_id, name FROM pictures WHERE name = :name
        ON CONFLICT DO NOTHING
        """,
        [{"discussion_id": discussion_id, "name": name} for name in used],
    )


async def keep_used(tx: Transaction, discussion_id: int, used: Collection[str]) -> None:
    """Drop a discussion's use of all pictures but these."""
    rows = await tx.rows(
        "SELECT name FROM discussion_pictures WHERE discussion_id = :id", {"id": discussion_id}
    )
    unused = [{"id": discussion_id, "name": row["name"]} for row in rows if row["name"] not in used]
    await tx.run_many(_ERASE, unused)
    await tx.run_many(
        "DELETE FROM discussion_pictures WHERE discussion_id = :id AND name = :name", unused
    )


#: Erases a picture that no other discussion uses.
_ERASE = """
DELETE FROM pictures WHERE name = :name AND NOT EXISTS (
    SELECT 1 FROM discussion_pictures AS other
    WHERE other.name = pictures.name AND other.discussion_id <> :id
)
"""


async def drop_all(tx: Transaction, discussion_id: int) -> None:
    """Drop a discussion's use of all of its pictures."""
    await keep_used(tx, discussion_id, ())


async def get_pictures(tx: Transaction, names: Collection[str]) -> dict[str, bytes]:
    """The pictures with these names that are in the archive."""
    found: dict[str, bytes] = {}
    for name in names:
        row = await tx.row("SELECT content FROM pictures WHERE name = :name", {"name": name})
        if row is not None:
            found[name] = row["content"]
    return found
