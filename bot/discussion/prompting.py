"""When a discussion is brought back, and with which words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

__all__ = ["BARE_QUESTION", "follow_up_due", "prompt_text"]

#: What is asked when the essay asks nothing of its own.
BARE_QUESTION = "What do you think?"

_FOLLOW_UP_AFTER = timedelta(days=1)
_MOST_QUESTIONS = 3


def follow_up_due(published_at: datetime) -> datetime:
    """When the follow-up prompt of an essay is due: a day after it was published."""
    return published_at + _FOLLOW_UP_AFTER


def prompt_text(title: str, questions: Sequence[str], replies: int) -> str:
    """The follow-up prompt: the essay's own questions, the specific ones where it has any.

    ``title`` and ``questions`` are already in Discord's Markdown; ``replies`` is how many members'
    replies there are so far. At most three questions are asked, so that it stays a nudge.
    """
    specific = [question for question in questions if not _is_bare(question)]
    asked = (specific or list(questions) or [BARE_QUESTION])[:_MOST_QUESTIONS]
    opening = {0: "nobody has answered yet", 1: "one reply so far"}.get(
        replies, f"{replies} replies so far"
    )
    lines = [f"Back to **{title}**: {opening}.", *(f"> {question}" for question in asked)]
    lines.append("-# Reply to this message, and your reply opens a thread of its own.")
    return "\n".join(lines)


def _is_bare(question: str) -> bool:
    return question.strip(" ?!.*_").casefold() == BARE_QUESTION.rstrip("?").casefold()
