"""Questions to an essay's authors: which are open, who also asks them, and in which order.

Questions that an author merged are one: it is open until its first one is answered, and each person
who asks it counts once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from bot.core import limits
from bot.core.text.spoilers import remove_spoilers
from bot.core.text.translate import gettext as _
from bot.core.text.truncate import truncate

__all__ = [
    "AuthorQuestion",
    "OpenQuestion",
    "QuestionOrder",
    "arrange_questions",
    "list_open_questions",
    "make_question_label",
]


class QuestionOrder(Enum):
    """How open questions are sorted."""

    NEWEST = "newest"
    MOST_WANTED = "wanted"


@dataclass(frozen=True, slots=True)
class AuthorQuestion:
    """A reply that is a question to the authors of its essay.

    message_id, channel_id:  where it is in Discord; of a moved reply, its copy
    thread_id:  the thread it heads or is in; None: none yet
    thumbs:     its 👍 of all skin tones, which a person gives once
    same_as:    the question that it was merged into
    later_at:   when an author put it behind the others, in milliseconds
    """

    id: int
    discussion_id: int
    title: str
    asker_id: int
    asker_name: str
    text: str
    written_at: datetime
    message_id: int
    channel_id: int
    thread_id: int | None
    thumbs: int = 0
    same_as: int | None = None
    later_at: int | None = None
    is_answered: bool = False


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question that no author has answered.

    also:    how many other people ask it
    wanted:  these, and the 👍 of all questions that were merged
    """

    question: AuthorQuestion
    also: int = 0
    wanted: int = 0


def list_open_questions(questions: Sequence[AuthorQuestion]) -> list[OpenQuestion]:
    """The open questions among these, merged ones as one, in the order given.

    One whose first question was deleted is one of its own again.
    """
    by_id = {one.id: one for one in questions}
    merged: dict[int, list[AuthorQuestion]] = {}
    for one in questions:
        if not one.is_answered:
            merged.setdefault(_find_first(one, by_id).id, []).append(one)
    found = []
    for first_id, asked in merged.items():
        first = by_id[first_id]
        if first.is_answered:
            continue
        askers = {one.asker_id for one in asked}
        also = len(askers - {first.asker_id})
        found.append(OpenQuestion(first, also, also + sum(one.thumbs for one in asked)))
    return found


def _find_first(one: AuthorQuestion, by_id: dict[int, AuthorQuestion]) -> AuthorQuestion:
    """The question that one was merged into, which may have been merged itself."""
    seen = {one.id}
    while one.same_as in by_id and one.same_as not in seen:
        seen.add(one.same_as)
        one = by_id[one.same_as]
    return one


def arrange_questions(
    questions: Sequence[OpenQuestion], order: QuestionOrder, *, one_per_person: bool
) -> list[OpenQuestion]:
    """Sort open questions; those put off come last, the first put off before the others.

    one_per_person: only the first of each person, so that nobody fills the list
    """

    def get_key(one: OpenQuestion) -> tuple[int, int, int]:
        wanted = one.wanted if order is QuestionOrder.MOST_WANTED else 0
        return one.question.later_at or 0, -wanted, -one.question.id

    found = []
    people: set[int] = set()
    for one in sorted(questions, key=get_key):
        if one_per_person and one.question.asker_id in people:
            continue
        people.add(one.question.asker_id)
        found.append(one)
    return found


def make_question_label(question: AuthorQuestion) -> str:
    """Who asks, and the first words: an option of a select."""
    words = " ".join(remove_spoilers(question.text, "…").split())
    if not words:
        words = _("(no words)")
    return truncate(f"{question.asker_name}: {words}", limits.CHOICE)
