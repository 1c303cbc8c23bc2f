"""Times in other languages, put into the English that :mod:`bot.core.prompts.parse_time` reads.

A language without words here is read by dateparser as far as it can.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

__all__ = ["TRANSLATORS"]

_GERMAN = {
    "heute abend": "tonight",
    "heute nacht": "tonight",
    "heute": "today",
    "übermorgen": "day after tomorrow",
    "morgen": "tomorrow",
    "abends?": "evening",
    "nachts?": "night",
    "mittags?": "noon",
    "mitternacht": "midnight",
    "(?:nächste|kommende)[nrms]?": "next",
    "diese[nrms]?": "this",
    "um|gegen": "at",
    "am|an": "on",
    "den|der|dem|das": "the",
    "mo(?:ntags?)?": "monday",
    "di(?:enstags?)?": "tuesday",
    "mi(?:ttwochs?)?": "wednesday",
    "do(?:nnerstags?)?": "thursday",
    "fr(?:eitags?)?": "friday",
    "sa(?:mstags?)?|sonnabends?": "saturday",
    "so(?:nntags?)?": "sunday",
    "jan(?:uar)?|jänner": "january",
    "feb(?:ruar)?": "february",
    "mär(?:z)?": "march",
    "apr(?:il)?": "april",
    "mai": "may",
    "juni?": "june",
    "juli?": "july",
    "aug(?:ust)?": "august",
    "sept?(?:ember)?": "september",
    "okt(?:ober)?": "october",
    "nov(?:ember)?": "november",
    "dez(?:ember)?": "december",
    "einer halben": "half an",
    "eine[rnms]?|einem": "a",
    "und": "and",
    "minuten?": "minutes",
    "stunden?|std": "hours",
    "tag(?:en?)?": "days",
    "wochen?": "weeks",
    "monat(?:en?)?": "months",
}
_GERMAN_WORD = re.compile(
    "|".join(f"(?P<w{number}>\\b(?:{words})\\b\\.?)" for number, words in enumerate(_GERMAN))
)
_GERMAN_ENGLISH = tuple(_GERMAN.values())
#: "9 Uhr", "9 Uhr 30", "9.30 Uhr", "halb neun" isn't among them.
_UHR = re.compile(r"\b(\d{1,2})(?:[.:](\d{2}))?\s*uhr(?:\s+(\d{2})\b)?")
_HALF = re.compile(r"\bhalb (\d{1,2})\b")
#: "morgen früh um 8": the morning is said by the hour.
_EARLY = re.compile(r"\b(morgen) früh\b(?=.*\d)")
_ORDINAL = re.compile(r"\b(\d{1,2})\. (?=[^\W\d])")
_SINGLE = re.compile(r"\b(half an|a|next|this) (minute|hour|day|week|month)s\b")


def _translate_german(text: str) -> str:
    words = _EARLY.sub(r"\1", text.lower())
    words = _UHR.sub(lambda at: f"{at[1]}:{at[2] or at[3] or '00'}", words)
    words = _HALF.sub(lambda at: f"{(int(at[1]) - 1) % 24}:30", words)
    words = _ORDINAL.sub(r"\1 ", words)
    words = _GERMAN_WORD.sub(lambda word: _GERMAN_ENGLISH[int((word.lastgroup or "")[1:])], words)
    words = _SINGLE.sub(r"\1 \2", words)
    return words.replace("a hour", "an hour")


#: The translators by language; each gives English, whatever it gets.
TRANSLATORS: Mapping[str, Callable[[str], str]] = {"de": _translate_german}
