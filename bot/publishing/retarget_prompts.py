"""Retargets prompts at a new revision: they ask the same questions and quote the same passages.

Prompts refer to these by number, and a revision may move or remove them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.core.essay.essay import Essay
from bot.core.prompts.plan import NumberedQuestion, QuotedPassage, parse_content, renumber
from bot.core.prompts.policy import REASON_PAUSED
from bot.core.text.coded_text import make_coded
from bot.core.text.similar import find_most_similar
from storage.db.writer import Transaction
from storage.prompts import question_refs

__all__ = ["count_missing", "retarget_prompts"]

_MISSING = make_coded("not-in-essay")


async def retarget_prompts(
    tx: Transaction, discussion_id: int, old: Essay, new: Essay, now_ms: int
) -> None:
    """Make the prompts of a discussion refer to ``new`` as they referred to ``old``.

    A question that was asked counts as asked wherever it is now. A planned prompt about a question
    or a passage that was removed is skipped.
    """
    positions = [find_most_similar(question, new.questions) for question in old.questions]
    for prompt_id, asked in await question_refs.get_asked(tx, discussion_id):
        await question_refs.set_asked(tx, prompt_id, _move_asked(sorted(asked), positions))
    for prompt_id, content, number in await _find_new_numbers(tx, discussion_id, old, new):
        if number is None:
            await question_refs.skip(tx, prompt_id, reason=_MISSING, now_ms=now_ms)
        else:
            await question_refs.set_content(tx, prompt_id, renumber(content, number))


async def count_missing(tx: Transaction, discussion_id: int, old: Essay, new: Essay) -> int:
    """How many planned prompts are about something that isn't in ``new`` any more."""
    found = await _find_new_numbers(tx, discussion_id, old, new)
    return sum(number is None for _, _, number in found)


def _move_asked(asked: Iterable[str], positions: Sequence[int | None]) -> list[str]:
    moved: list[str] = []
    for one in asked:
        if not one.isdigit():
            moved.append(one)
        elif int(one) < len(positions) and (position := positions[int(one)]) is not None:
            moved.append(str(position))
    return moved


async def _find_new_numbers(
    tx: Transaction, discussion_id: int, old: Essay, new: Essay
) -> list[tuple[int, str, int | None]]:
    """The planned prompts about one question or passage, and its number now; None if removed.

    Those that a pause has skipped are among them: a resume may plan them again.
    """
    found: list[tuple[int, str, int | None]] = []
    for prompt_id, content in await question_refs.get_retargetable(
        tx, discussion_id, or_skipped_for=REASON_PAUSED
    ):
        match parse_content(content):
            case NumberedQuestion(number):
                before, after = old.questions, new.questions
            case QuotedPassage(number, _):
                before = tuple(passage.text for passage in old.passages)
                after = tuple(passage.text for passage in new.passages)
            case _:
                continue
        if number > len(before):
            continue  # it wasn't in the old revision either
        position = find_most_similar(before[number - 1], after)
        found.append((prompt_id, content, None if position is None else position + 1))
    return found
