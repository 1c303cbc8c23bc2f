"""Saves which passages a reply answers, by what it quotes, names or replies to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core.conversation.passage_refs import find_quoted_passages, may_refer_to_passages
from storage.db.writer import Transaction
from storage.replies import reply_passages

__all__ = ["ReplyText", "save_answered_passages"]

#: Revisions in which a quote is looked for, the newest first.
_MAX_REVISIONS = 5


@dataclass(frozen=True, slots=True)
class ReplyText:
    """A reply that may quote or name passages. ``text`` None: it was edited; the row has it."""

    discussion_id: int
    text: str | None


async def save_answered_passages(tx: Transaction, replies: Mapping[int, ReplyText]) -> None:
    """Save the passages that each of ``replies`` answers.

    They are passages of the revision that was current when the reply was written; if none of its
    passages is quoted or named, of an earlier one that has what the reply quotes.
    """
    essays: dict[tuple[int, int], dict[int, str]] = {}
    for reply_id, reply in replies.items():
        text = reply.text
        if text is None:
            text = await reply_passages.find_text(tx, reply_id)
            if text is None:
                continue
        revision = await reply_passages.get_revision(tx, reply_id)
        carried: Sequence[int] = await reply_passages.get_part_passages(tx, reply_id, revision)
        numbers = carried
        if may_refer_to_passages(text):
            # A quote may be older than the newest edit of the essay.
            for earlier in range(revision, max(0, revision - _MAX_REVISIONS), -1):
                essay = reply.discussion_id, earlier
                if essay not in essays:
                    essays[essay] = await reply_passages.get_passage_texts(tx, *essay)
                if found := find_quoted_passages(text, essays[essay], carried):
                    revision, numbers = earlier, found
                    break
        await reply_passages.replace_passages(tx, reply_id, revision, numbers)
