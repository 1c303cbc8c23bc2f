"""Whether a sentence asks something, in any script; and its words without what only adorns them."""

from __future__ import annotations

import regex

__all__ = ["is_question", "without_marks"]

_QUESTION = regex.compile(
    r"(?:[?？؟⁇⁈፧՞❓❔]|(?<=\p{Greek})[;\u037e])[!?！？‽]*[)\]）]*\s*$|‽[)\]）]*\s*$"
)
# Japanese needs no question mark: か ends the sentence, but not in "or so", "whether", "someday".
_KA = regex.compile(r"(?:(?<!ど)う|[すのいたるくんだ])か[。．]?\s*$")

_SIGN = r"[\p{So}\p{Extended_Pictographic}\p{Emoji_Modifier}\u200d\ufe0e\ufe0f\u20e3]"
_ORNAMENT = regex.compile(
    rf"(?<=[?？؟!！‽❓❔])(?:\s*(?:(?![❓❔]){_SIGN}|[:;]-?[)(DP](?!\w)))+(?=\s*(?:$|\n|\p{{Lu}}|\p{{Lo}}))"
)
_NOTE_MARK = regex.compile(
    r"(?<=[\w?？؟!！.。…)”\"’»」])\s?\[(?:\d{1,3}|[a-z]|[ivx]{2,5}|[*†‡§])\]"
    r"|(?<=[?？؟!！])\s?(?:[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}|[†‡§*]{1,3})(?=\s|$)"
)


def is_question(sentence: str) -> bool:
    """Whether a sentence ends as a question, other than a quoted one."""
    if sentence.rstrip().endswith((")", "]", "）")) and sentence[:1] not in "([（":
        return False  # an aside asks, not the sentence
    return _QUESTION.search(sentence) is not None or _KA.search(sentence) is not None


def without_marks(text: str) -> str:
    """The text without the marks of footnotes, and without signs that adorn its questions."""
    return _ORNAMENT.sub("", _NOTE_MARK.sub("", text))
