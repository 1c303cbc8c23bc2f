"""The closing message of a discussion: the closing question, and a line on how to answer.

It asks the essay's own closing questions, or "What do you think?" in the essay's language where it
has none, so that there is something short to reply to. The questions also stay in the part where
the essay has them. They are not asked again where the last part already ends with them, a few words
aside: then the closing message has only the line on how to answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.core import limits
from bot.core.essay.default_question import detect_language, get_default_question
from bot.core.essay.essay import Essay
from bot.core.layout.discussion_buttons import make_discussion_buttons
from bot.core.layout.parts import Part
from bot.core.payload import Payload, make_plain_message
from bot.core.text.escape import escape, escape_line_start
from bot.core.text.length import count_utf16_units, count_words
from bot.core.text.questions import strip_note_marks
from bot.core.text.translate import gettext as _

__all__ = [
    "choose_closing_question",
    "get_shown_question",
    "make_closing_payload",
    "render_closing_question",
]

_FEW_WORDS = 10  # words after a question that still ends the essay
#: Discord's mark for small print, which starts the line on how to answer. A question that begins
#: with it is escaped.
_SMALL_PRINT = "-# "
#: UTF-16 units that the line on how to answer may have, in any language.
_ROOM_FOR_HINT = 200


def make_closing_payload(
    question: str | None, *, has_answer: bool, has_author: bool = False
) -> Payload:
    """The closing message: ``question`` as Discord Markdown, if any, how to answer, and buttons.

    has_answer: members can answer with a form
    has_author: a member is known as the essay's author
    """
    hint = _("Reply to any part of the essay to answer.")
    if has_answer:
        hint = _("Reply to any part of the essay, or press **Answer**.")
    lines = [_SMALL_PRINT + hint]
    if question is not None:
        lines.insert(0, question)
    payload = make_plain_message("\n".join(lines), silent=True)
    buttons = make_discussion_buttons(has_answer=has_answer, has_author=has_author)
    return payload | {"components": buttons}


def get_shown_question(payload: Payload) -> str | None:
    """The question that a closing message shows; None if it has only the line on how to answer."""
    lines = str(payload["content"]).split("\n")
    if lines[-1].startswith(_SMALL_PRINT):
        del lines[-1]
    return "\n".join(lines) or None


def choose_closing_question(essay: Essay, parts: Sequence[Part]) -> str | None:
    """What the closing message asks; None if the last part already ends with the questions."""
    if _ends_with_questions(essay, parts):
        return None
    return render_closing_question(essay.questions, detect_language(essay))


def render_closing_question(questions: Sequence[str], language: str | None = None) -> str:
    """The closing questions as Discord Markdown, as many as fit into a closing message.

    language: of the default question, if there are no others; see ``detect_language``
    """
    default = get_default_question(language)
    lines: list[str] = []
    for question in questions or (default,):
        line = "\n".join(escape_line_start(escape(row)) for row in question.split("\n"))
        if count_utf16_units("\n".join([*lines, line])) > limits.MESSAGE_CONTENT - _ROOM_FOR_HINT:
            break
        lines.append(line)
    return "\n".join(lines) or default


def _ends_with_questions(essay: Essay, parts: Sequence[Part]) -> bool:
    """Whether the last part ends with the closing questions, or nearly.

    A signature, thanks or a short footnote may follow them, but no postscript.
    """
    if not essay.questions or not parts:
        return False
    asked = "".join(strip_note_marks(essay.questions[-1]).split())
    behind = 0  # words after the questions
    carried = set(parts[-1].passages)
    for passage in reversed(essay.passages):
        if passage.number not in carried or behind > _FEW_WORDS:
            return False
        text = strip_note_marks(passage.text)
        dense = "".join(text.split())
        place = dense.rfind(asked)
        if place >= 0:
            rest = dense[place + len(asked) :]
            behind += _count_words_at_end(text, rest)
            return behind == 0 or (essay.postscript is None and behind <= _FEW_WORDS)
        behind += count_words(text)
    return False


def _count_words_at_end(text: str, dense: str) -> int:
    """Count the words at the end of a text; ``dense``: that end without white space."""
    place = len(text)
    left = len(dense)
    while left:
        place -= 1
        left -= not text[place].isspace()
    return count_words(text[place:])
