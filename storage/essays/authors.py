"""Rows of an essay's authors: the members of the server who wrote it.

Their names, as the essay gives them, are in its revisions (``author``).
"""

from __future__ import annotations

from collections.abc import Iterable

from storage.db.writer import Transaction

__all__ = [
    "find_opted_out",
    "get_authors",
    "get_essays",
    "get_pending_authors",
    "is_author",
    "set_authors",
    "set_pending_authors",
]


async def get_authors(tx: Transaction, discussion_id: int) -> tuple[int, ...]:
    """The member ids of an essay's authors; empty if none is known."""
    rows = await tx.rows(
        "SELECT member_id FROM essay_authors WHERE discussion_id = :id ORDER BY member_id",
        {"id": discussion_id},
    )
    return tuple(row["member_id"] for row in rows)


async def find_opted_out(tx: Transaction, server_id: int, members: Iterable[int]) -> int | None:
    """The first of these members about whom nothing is stored; None if there is none."""
    for member_id in members:
        row = await tx.row(
            """
            SELECT 1 FROM erased_members WHERE member_id = :member_id AND server_id = :server_id
                AND opted_out_at IS NOT NULL
            """,
            {"member_id": member_id, "server_id": server_id},
        )
        if row is not None:
            return member_id
    return None


async def is_author(tx: Transaction, discussion_id: int, member_id: int) -> bool:
    """Whether a member is one of an essay's authors."""
    row = await tx.row(
        "SELECT 1 FROM essay_authors WHERE discussion_id = :id AND member_id = :member_id",
        {"id": discussion_id, "member_id": member_id},
    )
    return row is not None


async def get_essays(tx: Transaction, server_id: int, member_id: int) -> tuple[int, ...]:
    """The discussions of a server whose essay a member wrote, the newest first."""
    rows = await tx.rows(
        """
        SELECT discussion_id FROM essay_authors
        WHERE server_id = :server_id AND member_id = :member_id ORDER BY discussion_id DESC
        """,
        {"server_id": server_id, "member_id": member_id},
    )
    return tuple(row["discussion_id"] for row in rows)


async def set_authors(
    tx: Transaction, server_id: int, discussion_id: int, members: Iterable[int]
) -> None:
    """Make these members the authors of an essay, and nobody else.

    Members who opted out are left out: nothing is stored about them (:func:`find_opted_out`).
    """
    await tx.run("DELETE FROM essay_authors WHERE discussion_id = :id", {"id": discussion_id})
    for member_id in sorted(set(members)):
        await tx.run(
            """
            INSERT INTO essay_authors (discussion_id, member_id, server_id)
            SELECT :id, :member_id, :server_id
            WHERE NOT EXISTS (
                SELECT 1 FROM erased_members
                WHERE member_id = :member_id AND server_id = :server_id
                    AND opted_out_at IS NOT NULL
            )
            """,
            {"id": discussion_id, "member_id": member_id, "server_id": server_id},
        )


async def get_pending_authors(tx: Transaction, edit_id: int) -> tuple[int, ...]:
    """The authors that a pending revision gives to its essay."""
    rows = await tx.rows(
        "SELECT member_id FROM pending_authors WHERE revision_id = :id ORDER BY member_id",
        {"id": edit_id},
    )
    return tuple(row["member_id"] for row in rows)


async def set_pending_authors(
    tx: Transaction, server_id: int, edit_id: int, members: Iterable[int]
) -> None:
    """Have a pending revision give these authors to its essay, but for those who opted out."""
    await tx.run("DELETE FROM pending_authors WHERE revision_id = :id", {"id": edit_id})
    for member_id in sorted(set(members)):
        await tx.run(
            """
            INSERT INTO pending_authors (revision_id, member_id, server_id)
            SELECT :id, :member_id, :server_id
            WHERE NOT EXISTS (
                SELECT 1 FROM erased_members
                WHERE member_id = :member_id AND server_id = :server_id
                    AND opted_out_at IS NOT NULL
            )
            """,
            {"id": edit_id, "member_id": member_id, "server_id": server_id},
        )
