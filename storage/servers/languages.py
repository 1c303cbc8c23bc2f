"""The language tags that decide in which language something is posted."""

from __future__ import annotations

from storage.db.writer import Transaction

__all__ = ["get_essay_tag", "get_essay_tags", "get_server_tag"]


async def get_server_tag(tx: Transaction, server_id: int) -> str | None:
    """The language that the admins chose, else Discord's preferred locale; None: unknown server."""
    row = await tx.row(
        """
        SELECT coalesce(server_settings.language, servers.preferred_locale) AS tag
        FROM servers LEFT JOIN server_settings ON server_settings.server_id = servers.id
        WHERE servers.id = :server_id
        """,
        {"server_id": server_id},
    )
    return None if row is None else row["tag"]


async def get_essay_tag(tx: Transaction, discussion_id: int) -> str | None:
    """The language of an essay's newest revision; None if it isn't known."""
    row = await tx.row(
        """
        SELECT language FROM revisions WHERE discussion_id = :id ORDER BY number DESC LIMIT 1
        """,
        {"id": discussion_id},
    )
    return None if row is None else row["language"]


async def get_essay_tags(tx: Transaction, server_id: int) -> dict[int, str | None]:
    """The language of every essay of a server, by discussion; the newest revision's."""
    rows = await tx.rows(
        """
        SELECT discussions.id, (
            SELECT language FROM revisions WHERE revisions.discussion_id = discussions.id
            ORDER BY number DESC LIMIT 1
        ) AS language
        FROM discussions WHERE discussions.server_id = :server_id
        """,
        {"server_id": server_id},
    )
    return {row["id"]: row["language"] for row in rows}
