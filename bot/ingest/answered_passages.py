"""Saves which passages a reply answers, by what it quotes, names or replies to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core.conversation.passage_refs import (
    References,
    find_references,
    may_refer_to_passages,
)
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
    """Save the passages that each of ``replies`` answers, and where the words are that it quotes.

    They are passages of the revision that was current when the reply was written; if what it quotes
    isn't there word for word, of an earlier one that has it so; else of the newest one of these
    with words that are similar enough.
    """
    essays = _Essays(tx)
    for reply_id, reply in replies.items():
        text = reply.text
        if text is None:
            text = await reply_passages.find_text(tx, reply_id)
            if text is None:
                continue
        revision = await reply_passages.get_revision(tx, reply_id)
        carried, is_chosen = await reply_passages.get_part_passages(tx, reply_id, revision)
        found = None
        if may_refer_to_passages(text):
            found = await _find_references(essays, reply.discussion_id, revision, text, carried)
        if found is None:
            await reply_passages.replace_passages(tx, reply_id, revision, carried)
        else:
            referred, references = found
            numbers = set(references.numbers)
            if is_chosen and referred == revision:
                numbers.update(carried)
            await reply_passages.replace_passages(
                tx, reply_id, referred, sorted(numbers), references.anchors
            )


class _Essays:
    """The passages of essays by discussion and revision, each read once."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._read: dict[tuple[int, int], dict[int, str]] = {}

    async def get(self, discussion_id: int, revision: int) -> dict[int, str]:
        """Number and text of the passages of a revision."""
        key = discussion_id, revision
        if key not in self._read:
            self._read[key] = await reply_passages.get_passage_texts(self._tx, *key)
        return self._read[key]


async def _find_references(
    essays: _Essays, discussion_id: int, revision: int, text: str, carried: Sequence[int]
) -> tuple[int, References] | None:
    """The revision that a reply refers to, and to what in it; None if it refers to nothing."""
    similar: tuple[int, References] | None = None
    # A quote may be older than the newest edit of the essay.
    for number in range(revision, max(0, revision - _MAX_REVISIONS), -1):
        found = find_references(text, await essays.get(discussion_id, number), carried)
        if found.is_exact:
            return number, found
        if found.numbers and similar is None:
            similar = number, found
            if not found.anchors:
                break  # it only names passages, and those by the current numbers
    return similar
