"""Saves which passages a reply answers, by what it quotes, names or replies to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core.conversation.passage_refs import find_answered_passages, may_refer_to_passages
from storage.db.writer import Transaction
from storage.replies import reply_passages

__all__ = ["ReplyText", "save_answered_passages"]


@dataclass(frozen=True, slots=True)
class ReplyText:
    """A reply that may quote or name passages. ``text`` None: it was edited; the row has it."""

    discussion_id: int
    text: str | None


async def save_answered_passages(tx: Transaction, replies: Mapping[int, ReplyText]) -> None:
    """Save the passages that each of ``replies`` answers.

    They are passages of the revision that was current when the reply was written.
    """
    essays: dict[tuple[int, int], dict[int, str]] = {}
    for reply_id, reply in replies.items():
        text = reply.text
        if text is None:
            text = await reply_passages.find_text(tx, reply_id)
            if text is None:
                continue
        revision = await reply_passages.get_revision(tx, reply_id)
        numbers: Sequence[int] = await reply_passages.get_part_passages(tx, reply_id, revision)
        if may_refer_to_passages(text):
            essay = reply.discussion_id, revision
            if essay not in essays:
                essays[essay] = await reply_passages.get_passage_texts(tx, *essay)
            numbers = find_answered_passages(text, essays[essay], numbers)
        await reply_passages.replace_passages(tx, reply_id, revision, numbers)
