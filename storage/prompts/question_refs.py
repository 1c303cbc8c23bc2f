"""What prompts ask: the questions and passages of their essay that they refer to by number."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bot.core.text.coded_text import CodedText
from storage.db.writer import Transaction

__all__ = [
    "get_asked",
    "get_retargetable",
    "set_asked",
    "set_content",
    "skip",
]


async def get_asked(tx: Transaction, discussion_id: int) -> Sequence[tuple[int, frozenset[str]]]:
    """The prompts of a discussion that asked something: id, and what as in PromptMaterial."""
    rows = await tx.rows(
        """
        SELECT id, asked_questions FROM prompts
        WHERE discussion_id = :id AND asked_questions <> ''
        """,
        {"id": discussion_id},
    )
    return [(row["id"], frozenset(row["asked_questions"].split())) for row in rows]


async def set_asked(tx: Transaction, prompt_id: int, asked_questions: Collection[str]) -> None:
    """Change what a prompt has asked."""
    await tx.run(
        "UPDATE prompts SET asked_questions = :asked_questions WHERE id = :id",
        {"id": prompt_id, "asked_questions": " ".join(asked_questions)},
    )


async def get_retargetable(
    tx: Transaction, discussion_id: int, *, or_skipped_for: CodedText
) -> Sequence[tuple[int, str]]:
    """Id and content of the steps that are planned, or were skipped for a reason."""
    rows = await tx.rows(
        """
        SELECT id, content FROM prompts
        WHERE discussion_id = :id AND kind = 'step'
            AND (state = 'planned' OR (state = 'skipped' AND reason = :reason))
        """,
        {"id": discussion_id, "reason": or_skipped_for.stored},
    )
    return [(row["id"], row["content"]) for row in rows]


async def set_content(tx: Transaction, prompt_id: int, content: str) -> None:
    """Change what a prompt says, as admins write it."""
    await tx.run(
        "UPDATE prompts SET content = :content WHERE id = :id",
        {"id": prompt_id, "content": content},
    )


async def skip(tx: Transaction, prompt_id: int, *, reason: CodedText, now_ms: int) -> None:
    """Skip a prompt whose question or passage was removed, even if it was skipped before."""
    await tx.run(
        """
        UPDATE prompts SET state = 'skipped', reason = :reason, decided_at = :now WHERE id = :id
        """,
        {"id": prompt_id, "reason": reason.stored, "now": now_ms},
    )
