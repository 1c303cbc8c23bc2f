"""Detect questions in any script; strip footnote marks and emoji after them."""

from __future__ import annotations

import regex

__all__ = ["addresses_reader", "is_question", "strip_note_marks"]

_QUESTION_MARKS = "?？؟⁇⁈፧՞❓❔‽"
_GREEK_QUESTION = regex.compile(r"\p{Greek}[;\u037e]\Z")
# Japanese needs no question mark: か ends the sentence, but not in "or so", "whether", "someday".
_JAPANESE_KA = regex.compile(r"(?:(?<!ど)う|[すのいたるくんだ])か[。．]?\s*$")

_EMOJI = r"[\p{So}\p{Extended_Pictographic}\p{Emoji_Modifier}\u200d\ufe0e\ufe0f\u20e3]"
_ORNAMENT = regex.compile(
    rf"(?<=[?？؟!！‽❓❔])(?:\s*(?:(?![❓❔]){_EMOJI}|[:;]-?[)(DP](?!\w)))++(?=\s*(?:$|\n|\p{{Lu}}|\p{{Lo}}))"
)
_FOOTNOTE_MARK = regex.compile(
    r"(?<=[\w?？؟!！.。…)”\"’»」])(?:\s?\[(?:\d{1,3}|[a-z]|[ivx]{2,5}|[*†‡§])\])+"
    r"|(?<=[?？؟!！])\s?(?:[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}|[†‡§*]{1,3})(?=\s|$)"
)

_SECOND_PERSON = regex.compile(
    r"\b(?:you|yours?|yourself|du|dich|dir|dein\w*|ihr|euch|Sie|Ihnen|vous|tu|toi|votre|usted|ustedes|"
    r"tú|ti|voi|você|jij|jullie)\b",
    regex.IGNORECASE,
)


def is_question(sentence: str) -> bool:
    """Whether a sentence ends as a question; one in brackets or quotation marks does not count."""
    if sentence.rstrip().endswith((")", "]", "）")) and sentence[:1] not in "([（":
        return False  # only the aside in brackets is a question
    # Without a regular expression, so that a long run of marks stays linear.
    bare = sentence.rstrip().rstrip(")]）").rstrip()
    signs = bare[len(bare.rstrip(_QUESTION_MARKS + "!！")) :]
    if any(sign in _QUESTION_MARKS for sign in signs) or _GREEK_QUESTION.search(bare[-2:]):
        return True
    return _JAPANESE_KA.search(sentence.rstrip()[-6:]) is not None


def strip_note_marks(text: str) -> str:
    """Remove footnote marks, and the emoji after questions."""
    return _ORNAMENT.sub("", _FOOTNOTE_MARK.sub("", text))


def addresses_reader(text: str) -> bool:
    """Whether a text addresses its reader in the second person."""
    return _SECOND_PERSON.search(text) is not None
