"""What somebody searches for: words in any order, and phrases in quotation marks."""

from __future__ import annotations

import regex

from bot.core.text.folding import fold_text
from bot.core.text.translate import gettext as _
from bot.errors import UserError

__all__ = ["MAX_CHARACTERS", "MAX_WORDS", "parse_search"]

MAX_CHARACTERS = 200
MAX_WORDS = 10

_PIECE = regex.compile(r'"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+)')
_EDGES = regex.compile(r"^[\p{P}\s]+|[\p{P}\s]+$")
#: The sign of "C#" belongs to the word.
_SHARP = regex.compile(r"^[\p{P}\s]*(\p{L}\#)[\p{P}\s]*$")
#: A single letter of an alphabet is in almost every message; one of Chinese is a word.
_ALPHABETIC = regex.compile(
    r"[\p{Latin}\p{Greek}\p{Cyrillic}\p{Hebrew}\p{Arabic}\p{Armenian}\p{Georgian}\p{Thai}\d]"
)


def parse_search(entered: str) -> tuple[str, ...]:
    """The folded words and phrases to search for, the longest first; UserError if there are none.

    Punctuation at the ends of a word doesn't count. A quotation mark without a second one doesn't
    either.
    """
    if len(entered) > MAX_CHARACTERS:
        raise UserError(
            _(
                "This is too long to search for. Enter at most {count} characters.",
                count=MAX_CHARACTERS,
            )
        )
    words: dict[str, None] = {}
    for found in _PIECE.finditer(fold_text(entered)):
        piece = found["phrase"] or found["word"] or ""
        sharp = _SHARP.match(piece)
        word = _EDGES.sub("", piece) if sharp is None else sharp[1]
        if word:
            words[word] = None
    if not words:
        raise UserError(_("There is nothing to search for. Enter at least one word."))
    if len(words) > MAX_WORDS:
        raise UserError(
            _("These are too many words to search for. Enter at most {count}.", count=MAX_WORDS)
        )
    if all(len(word) == 1 and _ALPHABETIC.match(word) for word in words):
        raise UserError(_("A single letter is in almost every message. Search for a longer word."))
    return tuple(sorted(words, key=len, reverse=True))
