"""Pauses of prompts, in a server or a discussion, and the prompts skipped meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.clock import from_milliseconds, to_milliseconds
from bot.core.prompts.policy import PromptKind
from bot.core.text.coded_text import CodedText
from storage.db.writer import Transaction

__all__ = [
    "SkippedPrompt",
    "end_discussion_pause",
    "end_pause",
    "get_paused_discussions",
    "get_skipped",
    "pause",
    "pause_discussion",
    "plan_again",
]


@dataclass(frozen=True, slots=True)
class SkippedPrompt:
    """A prompt that was skipped. ``late_from``: its lateness is counted from then on."""

    id: int
    kind: PromptKind
    late_from: datetime


async def pause(tx: Transaction, server_id: int, now_ms: int) -> None:
    """Pause all prompts of a server."""
    await tx.run(
        """
        INSERT INTO server_settings (server_id, prompts_paused_at) VALUES (:server_id, :now)
        ON CONFLICT (server_id) DO UPDATE
        SET prompts_paused_at = COALESCE(server_settings.prompts_paused_at, :now)
        """,
        {"server_id": server_id, "now": now_ms},
    )


async def end_pause(tx: Transaction, server_id: int) -> None:
    """End a server's pause."""
    await tx.run(
        "UPDATE server_settings SET prompts_paused_at = NULL WHERE server_id = :server_id",
        {"server_id": server_id},
    )


async def pause_discussion(tx: Transaction, discussion_id: int, now_ms: int) -> None:
    """Pause the prompts of a discussion."""
    await tx.run(
        """
        INSERT INTO prompt_pauses (discussion_id, paused_at) VALUES (:id, :now)
        ON CONFLICT (discussion_id) DO NOTHING
        """,
        {"id": discussion_id, "now": now_ms},
    )


async def end_discussion_pause(tx: Transaction, discussion_id: int) -> None:
    """End a discussion's pause."""
    await tx.run("DELETE FROM prompt_pauses WHERE discussion_id = :id", {"id": discussion_id})


async def get_paused_discussions(tx: Transaction, server_id: int) -> set[int]:
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


async def get_skipped(
    tx: Transaction,
    server_id: int,
    discussion_id: int | None,
    *,
    reason: CodedText,
    since: datetime,
) -> Sequence[SkippedPrompt]:
    """Prompts of a server, or of one discussion, that were skipped for ``reason``, newest first.

    Those whose lateness counts from ``since`` or later and whose discussion isn't paused.
    """
    rows = await tx.rows(
        """
        SELECT id, kind, late_from FROM prompts
        WHERE server_id = :server_id AND state = 'skipped' AND reason = :reason
            AND late_from >= :since
            AND (CAST(:discussion_id AS BIGINT) IS NULL OR discussion_id = :discussion_id)
            AND NOT EXISTS (
                SELECT 1 FROM prompt_pauses
                WHERE prompt_pauses.discussion_id = prompts.discussion_id
            )
        ORDER BY id DESC
        """,
        {
            "server_id": server_id,
            "discussion_id": discussion_id,
            "reason": reason.stored,
            "since": to_milliseconds(since),
        },
    )
    return [
        SkippedPrompt(row["id"], PromptKind(row["kind"]), from_milliseconds(row["late_from"]))
        for row in rows
    ]


async def plan_again(tx: Transaction, prompt_id: int, now_ms: int) -> None:
    """Plan a skipped prompt again; it is due now, and its lateness counts from now on."""
    await tx.run(
        """
        UPDATE prompts SET state = 'planned', reason = NULL, decided_at = NULL,
            due_at = :now, late_from = :now
        WHERE id = :id
        """,
        {"id": prompt_id, "now": now_ms},
    )
