"""What follows a revision: prompts ask the questions that they asked, wherever these stand now."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.essay.essay import Essay
from bot.core.prompts.plan import NumberedQuestion, QuotedPassage, parse_content, renumber
from bot.core.prompts.policy import REASON_PAUSED
from bot.core.prompts.wording import format_asked, parse_asked
from bot.core.text.similar import find_most_similar
from storage.db.writer import Transaction
from storage.prompts import prompts

__all__ = ["follow", "unfounded"]

_GONE = "what it is about is not in the essay any more"


async def follow(tx: Transaction, discussion_id: int, old: Essay, new: Essay, now_ms: int) -> None:
    """Let the prompts of a discussion speak of ``new`` as they spoke of ``old``.

    What was asked counts as asked wherever it stands now. A planned prompt about a question or a
    passage that is gone is skipped.
    """
    questions = [find_most_similar(question, new.questions) for question in old.questions]
    for row in await tx.rows(
        """
        SELECT id, asked_questions
        FROM prompts
        WHERE discussion_id = :id
        AND asked_questions <> ''
        """,
        {"id": discussion_id},
    ):
        asked = format_asked(_asked_now(sorted(parse_asked(row["asked_questions"])), questions))
        await tx.run(
            "UPDATE prompts SET asked_questions = :asked_questions WHERE id = :id",
            {"id": row["id"], "asked_questions": asked},
        )
    for prompt_id, number in await _moved(tx, discussion_id, old, new):
        if number is None:
            await tx.run(
                """
                UPDATE prompts SET state = 'skipped', reason = :gone, decided_at = :now
                WHERE id = :id
                """,
                {"id": prompt_id, "gone": _GONE, "now": now_ms},
            )
            continue
        found = await prompts.find(tx, prompt_id)
        assert found is not None
        await tx.run(
            "UPDATE prompts SET content = :content WHERE id = :id",
            {"id": prompt_id, "content": renumber(found.what, number)},
        )


async def unfounded(tx: Transaction, discussion_id: int, old: Essay, new: Essay) -> int:
    """How many planned prompts are about something that ``new`` has not any more."""
    return sum(number is None for _, number in await _moved(tx, discussion_id, old, new))


def _asked_now(asked: Sequence[str], questions: Sequence[int | None]) -> list[str]:
    now: list[str] = []
    for one in asked:
        if not one.isdigit():
            now.append(one)
        elif int(one) < len(questions) and (place := questions[int(one)]) is not None:
            now.append(str(place))
    return now


async def _moved(
    tx: Transaction, discussion_id: int, old: Essay, new: Essay
) -> list[tuple[int, int | None]]:
    """The planned prompts about one question or passage, and its number now, None if gone.

    What a pause has skipped is among them: a resume may plan it again.
    """
    moved: list[tuple[int, int | None]] = []
    for row in await tx.rows(
        """
        SELECT id, content FROM prompts
        WHERE discussion_id = :id AND kind = 'step'
            AND (state = 'planned' OR (state = 'skipped' AND reason = :paused))
        """,
        {"id": discussion_id, "paused": REASON_PAUSED},
    ):
        match parse_content(row["content"]):
            case NumberedQuestion(number):
                before, after = old.questions, new.questions
            case QuotedPassage(number, _):
                before = tuple(passage.text for passage in old.passages)
                after = tuple(passage.text for passage in new.passages)
            case _:
                continue
        if number > len(before):
            continue  # it was about nothing before
        place = find_most_similar(before[number - 1], after)
        moved.append((row["id"], None if place is None else place + 1))
    return moved
