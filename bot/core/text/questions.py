"""Whether a sentence asks something, in any script; and its words without what only adorns them."""

from __future__ import annotations

import regex

__all__ = ["addresses_reader", "is_question", "strip_note_marks"]

_ASKING = "?？؟⁇⁈፧՞❓❔‽"
_GREEK = regex.compile(r"\p{Greek}[;\u037e]\Z")
# Japanese needs no question mark: か ends the sentence, but not in "or so", "whether", "someday".
_KA = regex.compile(r"(?:(?<!ど)う|[すのいたるくんだ])か[。．]?\s*$")

_SIGN = r"[\p{So}\p{Extended_Pictographic}\p{Emoji_Modifier}\u200d\ufe0e\ufe0f\u20e3]"
_ORNAMENT = regex.compile(
    rf"(?<=[?？؟!！‽❓❔])(?:\s*(?:(?![❓❔]){_SIGN}|[:;]-?[)(DP](?!\w)))++(?=\s*(?:$|\n|\p{{Lu}}|\p{{Lo}}))"
)
_NOTE_MARK = regex.compile(
    r"(?<=[\w?？؟!！.。…)”\"’»」])(?:\s?\[(?:\d{1,3}|[a-z]|[ivx]{2,5}|[*†‡§])\])+"
    r"|(?<=[?？؟!！])\s?(?:[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}|[†‡§*]{1,3})(?=\s|$)"
)

_READER = regex.compile(
    r"\b(?:you|yours?|yourself|du|dich|dir|dein\w*|ihr|euch|Sie|Ihnen|vous|tu|toi|votre|usted|ustedes|"
    r"tú|ti|voi|você|jij|jullie)\b",
    regex.IGNORECASE,
)


def is_question(sentence: str) -> bool:
    """Whether a sentence ends as a question, other than a quoted one."""
    if sentence.rstrip().endswith((")", "]", "）")) and sentence[:1] not in "([（":
        return False  # an aside asks, not the sentence
    # By hand from the end, so that a row of signs costs no more than its length.
    bare = sentence.rstrip().rstrip(")]）").rstrip()
    signs = bare[len(bare.rstrip(_ASKING + "!！")) :]
    if any(sign in _ASKING for sign in signs) or _GREEK.search(bare[-2:]):
        return True
    return _KA.search(sentence.rstrip()[-6:]) is not None


def strip_note_marks(text: str) -> str:
    """The text without the marks of footnotes, and without signs that adorn its questions."""
    return _ORNAMENT.sub("", _NOTE_MARK.sub("", text))


def addresses_reader(text: str) -> bool:
    """Whether a text speaks to its reader in the second person."""
    return _READER.search(text) is not None
