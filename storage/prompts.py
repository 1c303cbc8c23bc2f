"""Prompts: what brings a discussion back, from planned to sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.clock import to_milliseconds
from bot.discussion.prompting import follow_up_due
from storage.writer import Transaction

__all__ = ["DuePrompt", "claimed", "due", "next_due", "plan_follow_up", "skip"]


@dataclass(frozen=True, slots=True)
class DuePrompt:
    """A prompt whose hour has come, with what its wording needs.

    ``newest_id`` is the newest message known in the channel.
    """

    id: int
    server_id: int
    discussion_id: int
    channel_id: int
    state: str
    title: str
    questions: tuple[str, ...]
    replies: int
    newest_id: int


async def plan_follow_up(
    tx: Transaction, *, server_id: int, discussion_id: int, published_at: datetime
) -> None:
    """Plan the prompt that follows a publishing."""
    await tx.run(
        """
        INSERT INTO prompts (server_id, discussion_id, due_at, state)
        VALUES (:server_id, :discussion_id, :due_at, 'planned')
        """,
        {
            "server_id": server_id,
            "discussion_id": discussion_id,
            "due_at": to_milliseconds(follow_up_due(published_at)),
        },
    )


async def due(tx: Transaction, now_ms: int) -> list[DuePrompt]:
    """The planned prompts whose hour has come, the earliest first."""
    rows = await tx.rows(
        """
        SELECT prompts.id, prompts.server_id, prompts.discussion_id, discussions.channel_id,
               discussions.state, revisions.number AS revision, revisions.title,
               (SELECT count(*) FROM replies
                WHERE replies.discussion_id = discussions.id
                    AND replies.deleted_at IS NULL) AS replies,
               (SELECT COALESCE(max(message_id), 0) FROM posts
                WHERE posts.discussion_id = discussions.id) AS newest_id
        FROM prompts
        JOIN discussions ON discussions.id = prompts.discussion_id
        JOIN revisions ON revisions.discussion_id = discussions.id
            AND revisions.number = (
                SELECT max(number) FROM revisions AS r WHERE r.discussion_id = discussions.id
            )
        WHERE prompts.state = 'planned' AND prompts.due_at <= :now
        ORDER BY prompts.due_at, prompts.id
        """,
        {"now": now_ms},
    )
    found = []
    for row in rows:
        questions = await tx.rows(
            """
            SELECT text FROM questions
            WHERE discussion_id = :discussion_id AND revision = :revision
            ORDER BY position
            """,
            {"discussion_id": row["discussion_id"], "revision": row["revision"]},
        )
        found.append(
            DuePrompt(
                id=row["id"],
                server_id=row["server_id"],
                discussion_id=row["discussion_id"],
                channel_id=row["channel_id"],
                state=row["state"],
                title=row["title"],
                questions=tuple(question["text"] for question in questions),
                replies=row["replies"],
                newest_id=row["newest_id"],
            )
        )
    return found


async def claimed(tx: Transaction, *, prompt_id: int, post_id: int) -> None:
    """The prompt is planned as a post; that the post is sent makes the prompt sent."""
    await tx.run(
        "UPDATE prompts SET state = 'claimed', post_id = :post_id WHERE id = :id",
        {"id": prompt_id, "post_id": post_id},
    )


async def skip(tx: Transaction, *, prompt_id: int, reason: str) -> None:
    """The prompt will not be sent, for ``reason``."""
    await tx.run(
        "UPDATE prompts SET state = 'skipped', reason = :reason WHERE id = :id",
        {"id": prompt_id, "reason": reason},
    )


async def next_due(tx: Transaction) -> int | None:
    """When the next planned prompt is due; None where none is planned."""
    row = await tx.row("SELECT min(due_at) AS due_at FROM prompts WHERE state = 'planned'")
    return None if row is None else row["due_at"]
