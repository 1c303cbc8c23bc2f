"""Pauses: no prompts in a server or a discussion until an admin lets them come again."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.clock import from_milliseconds, to_milliseconds
from bot.core.prompts.local_time import get_quiet_end
from bot.core.prompts.policy import REASON_PAUSED, PromptKind
from storage.db.writer import Transaction
from storage.prompts import reconsider
from storage.servers import settings as settings_module

__all__ = ["pause", "pause_discussion", "paused_discussions", "resume", "resume_discussion"]

#: Quiet hours are shorter than a day, and what falls due in them is owed from their end.
_LONGEST_QUIET = timedelta(days=1)


async def pause(tx: Transaction, server_id: int, now_ms: int) -> None:
    """No prompts in the server until :func:`resume`."""
    await tx.run(
        """
        INSERT INTO server_settings (server_id, prompts_paused_at) VALUES (:server_id, :now)
        ON CONFLICT (server_id) DO UPDATE
        SET prompts_paused_at = COALESCE(prompts_paused_at, :now)
        """,
        {"server_id": server_id, "now": now_ms},
    )


async def resume(tx: Transaction, server_id: int, now: datetime) -> None:
    """Prompts again; what fell due meanwhile and is not too late yet comes after all."""
    await tx.run(
        "UPDATE server_settings SET prompts_paused_at = NULL WHERE server_id = :server_id",
        {"server_id": server_id},
    )
    await _take_back(tx, server_id, None, now)


async def pause_discussion(tx: Transaction, discussion_id: int, now_ms: int) -> None:
    """No prompts in the discussion until :func:`resume_discussion`."""
    await tx.run(
        """
        INSERT INTO prompt_pauses (discussion_id, paused_at) VALUES (:id, :now)
        ON CONFLICT (discussion_id) DO NOTHING
        """,
        {"id": discussion_id, "now": now_ms},
    )


async def resume_discussion(
    tx: Transaction, server_id: int, discussion_id: int, now: datetime
) -> None:
    """Prompts in the discussion again; what fell due meanwhile and is not too late yet comes."""
    await tx.run("DELETE FROM prompt_pauses WHERE discussion_id = :id", {"id": discussion_id})
    await _take_back(tx, server_id, discussion_id, now)


async def paused_discussions(tx: Transaction, server_id: int) -> set[int]:
    """The server's discussions that are paused one by one."""
    rows = await tx.rows(
        """
        SELECT prompt_pauses.discussion_id FROM prompt_pauses
        JOIN discussions ON discussions.id = prompt_pauses.discussion_id
        WHERE discussions.server_id = :server_id
        """,
        {"server_id": server_id},
    )
    return {row["discussion_id"] for row in rows}


async def _take_back(
    tx: Transaction, server_id: int, discussion_id: int | None, now: datetime
) -> None:
    """Plan again what a pause has skipped and what is not too late at this moment.

    It is owed from now on: should it be night, its end makes nothing late. What another pause
    still holds stays as it is, and its lateness goes on counting.
    """
    settings = await settings_module.read(tx, server_id)
    if settings.paused:
        return
    now_ms = to_milliseconds(now)
    rows = await tx.rows(
        """
        SELECT id, kind, late_from FROM prompts
        WHERE server_id = :server_id AND state = 'skipped' AND reason = :paused
            AND late_from >= :since AND (:discussion_id IS NULL OR discussion_id = :discussion_id)
            AND NOT EXISTS (
                SELECT 1 FROM prompt_pauses WHERE prompt_pauses.discussion_id =
                    prompts.discussion_id
            )
        ORDER BY id DESC
        """,
        {
            "server_id": server_id,
            "discussion_id": discussion_id,
            "paused": REASON_PAUSED,
            "since": to_milliseconds(now - settings.tolerance - _LONGEST_QUIET),
        },
    )
    for row in rows:
        owed = from_milliseconds(row["late_from"])
        owed = get_quiet_end(owed, settings.quiet, settings.zone) or owed
        if now - owed > settings.tolerance:
            continue
        if row["kind"] == PromptKind.DIGEST and not await reconsider.digest_returns(
            tx, server_id, row["id"], now_ms
        ):
            continue
        await tx.run(
            """
            UPDATE prompts SET state = 'planned', reason = NULL, decided_at = NULL,
                due_at = :now, late_from = :now
            WHERE id = :id
            """,
            {"id": row["id"], "now": now_ms},
        )
