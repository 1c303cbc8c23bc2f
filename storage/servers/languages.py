"""The language tags that decide in which language something is posted."""

from __future__ import annotations

from collections.abc import Mapping

from storage.db.writer import Transaction

__all__ = ["get_essay_tags", "get_server_tag", "get_tags", "set_locales"]


async def get_server_tag(tx: Transaction, server_id: int) -> str | None:
    """The language that the admins chose, else Discord's preferred locale; None: unknown server."""
    row = await tx.row(
        """
        SELECT coalesce(
            (SELECT language FROM server_settings WHERE server_id = :server_id),
            (SELECT locale FROM server_locales WHERE server_id = :server_id)
        ) AS tag
        """,
        {"server_id": server_id},
    )
    return None if row is None else row["tag"]


async def set_locales(tx: Transaction, locales: Mapping[int, str]) -> None:
    """Record Discord's preferred locales of servers, by id."""
    await tx.run_many(
        """
        INSERT INTO server_locales (server_id, locale) VALUES (:server_id, :locale)
        ON CONFLICT (server_id) DO UPDATE SET locale = excluded.locale
        WHERE server_locales.locale <> excluded.locale
        """,
        [{"server_id": server_id, "locale": locale} for server_id, locale in locales.items()],
    )


async def get_tags(
    tx: Transaction, server_id: int, discussion_id: int
) -> tuple[str | None, str | None]:
    """The language of an essay's newest revision, and :func:`get_server_tag`."""
    row = await tx.row(
        """
        SELECT
            (
                SELECT language FROM revisions WHERE discussion_id = :id
                ORDER BY number DESC LIMIT 1
            ) AS essay,
            coalesce(
                (SELECT language FROM server_settings WHERE server_id = :server_id),
                (SELECT locale FROM server_locales WHERE server_id = :server_id)
            ) AS server
        """,
        {"id": discussion_id, "server_id": server_id},
    )
    assert row is not None
    return row["essay"], row["server"]


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
