"""Times in other languages, put into the English that the parsers of times and dates read.

A language without words here is read by dateparser as far as it can.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from bot.core.text.time_phrases import format_clock, put_digits

__all__ = ["NONE", "TRANSLATORS", "translate_time"]

#: Words that mean that there is to be none, by language.
NONE: Mapping[str, frozenset[str]] = {
    "en": frozenset(("none", "off", "no", "never")),
    "de": frozenset(("kein", "keine", "keinen", "keiner", "aus", "nein", "nie")),
}

#: Weekdays to which a part of the day may be joined: "Freitagabend".
_WEEKDAYS = "(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|sonnabend"
_NUMBERS = {
    word: number
    for number, word in enumerate(
        (
            *("ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn"),
            *("elf", "zwölf", "dreizehn", "vierzehn", "fünfzehn", "sechzehn", "siebzehn"),
            *("achtzehn", "neunzehn", "zwanzig"),
        ),
        1,
    )
} | {"eins": 1, "dreißig": 30, "vierzig": 40, "fünfzig": 50, "sechzig": 60, "neunzig": 90}

_GERMAN = {
    "heute abend": "tonight",
    "heute nacht": "this night",
    "heute": "today",
    "vorgestern": "day before yesterday",
    "gestern": "yesterday",
    "seit": "since",
    "im": "in",
    "übermorgen": "day after tomorrow",
    "morgen": "tomorrow",
    "(?:am )?(?:vormittags?|früh|morgens)": "morning",
    "(?:am )?nachmittags?": "afternoon",
    "(?:am )?abends?": "evening",
    "(?:in der )?nachts?": "night",
    "mittags?": "noon",
    "mitternacht": "midnight",
    "(?:nächste|kommende)[nrms]?": "next",
    "diese[nrms]?": "this",
    "letzte[nrms]?|vergangene[nrms]?": "last",
    "jede[nrs]?|täglich|wöchentlich": "every",
    "um|gegen|punkt": "at",
    "von": "from",
    "bis": "until",
    "am|an": "on",
    "des (?=nächsten)": "of ",
    "des": "of the",
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
    "eine(?:r|m|n)? halben?": "half an",
    "eine[rnms]?|einem": "a",
    "und": "and",
    "minuten?": "minutes",
    "stunden?|std": "hours",
    "tag(?:en?)?": "days",
    "wochen?": "weeks",
    "monat(?:en?|s)?": "months",
    "jahr(?:en?)?": "years",
}
_GERMAN_WORD = re.compile(
    "|".join(f"(?P<w{number}>\\b(?:{words})\\b\\.?)" for number, words in enumerate(_GERMAN))
)
_GERMAN_ENGLISH = tuple(_GERMAN.values())
#: "9 Uhr", "9 Uhr 30", "9.30 Uhr".
_UHR = re.compile(r"\b(\d{1,2})(?:[.:](\d{2}))?\s*uhr(?:\s+(\d{2})\b)?")
#: "halb 9", "viertel nach 9", "5 vor halb 9", "dreiviertel 9".
_PAST = re.compile(
    r"\b(?:(?P<span>viertel|\d{1,2}) (?P<side>vor|nach) )?(?P<part>halb |dreiviertel |viertel )?"
    r"(?P<hour>\d{1,2})\b(?![.:]\d)(?: uhr)?"
)
_MINUTES = {None: 0, "halb ": -30, "viertel ": -45, "dreiviertel ": -15}
#: What is put into other German words first, in this order.
_REPLACED = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        (r"\buebermorgen\b", "übermorgen"),
        (r"\bnaechste", "nächste"),
        (r"\bmaerz\b", "märz"),
        (r"\b(f)ue(nf)", r"\1ü\2"),
        (r"\b(zw)oe(lf)\b", r"\1ö\2"),
        (r"\bdreissig\b", "dreißig"),
        (r"\b(?:anderthalb|eineinhalb)\b", "1.5"),
        (r"\b(?:eine[rn]? )?viertelstunde\b", "15 minuten"),
        (r"\b(?:eine[rn]? )?dreiviertel ?stunde\b", "45 minuten"),
        # "Freitagabend", "Freitag Morgen": the weekday and the part of the day.
        (rf"\b({_WEEKDAYS})(früh|morgen|vormittag|mittag|nachmittag|abend|nacht)s?\b", r"\1 \2"),
        (rf"\b({_WEEKDAYS}|heute|am|diesen) morgen\b", r"\1 früh"),
        (r"\bmorgens? früh\b", "morgen früh"),
        (r"\bheute (?=in )", ""),
        # Noon is about twelve: "1 Uhr mittags" is in the afternoon.
        (r"(uhr|:\d\d) mittags?\b", r"\1 nachmittag"),
        (r"\bmittags? (?=um |\d)", "nachmittag "),
    )
)
_HALVES = re.compile(rf"\b({'|'.join(_NUMBERS)})einhalb\b")
_ORDINAL = re.compile(r"\b(\d{1,2})\. (?=[^\W\d])")
_DAY_OF_MONTH = re.compile(
    r"\b(?:(?<=am )|(?<=der )|(?<=den )|(?<=dem ))(\d{1,2})\.(?=$| (?:um|des)\b| \d)"
)
_SINGLE = re.compile(r"\b(half an|a|next|this|last|the) (minute|hour|day|week|month|year)s\b")
_AGO = re.compile(r"\bvor (\d{1,4}|a) ([a-z]+)\b")


def _translate_german(text: str) -> str:
    words = text.lower()
    for pattern, by in _REPLACED:
        words = pattern.sub(by, words)
    words = _HALVES.sub(lambda found: f"{_NUMBERS[found[1]]}.5", words)
    words = put_digits(words, _NUMBERS)
    words = _PAST.sub(_put_past, words)
    words = _UHR.sub(lambda at: f"{at[1]}:{at[2] or at[3] or '00'}", words)
    words = _DAY_OF_MONTH.sub(r"\1th", words)
    words = _ORDINAL.sub(r"\1 ", words)
    words = _GERMAN_WORD.sub(lambda word: _GERMAN_ENGLISH[int((word.lastgroup or "")[1:])], words)
    words = _SINGLE.sub(r"\1 \2", words)
    words = _AGO.sub(r"\1 \2 ago", words)
    return words.replace("a hour", "an hour")


def _put_past(found: re.Match[str]) -> str:
    if found["side"] is None and found["part"] is None:
        return found[0]
    minutes = _MINUTES[found["part"]]
    if found["side"] is not None:
        span = 15 if found["span"] == "viertel" else int(found["span"])
        minutes += span if found["side"] == "nach" else -span
    return format_clock(int(found["hour"]), minutes)


#: The translators by language; each gives English, whatever it gets.
TRANSLATORS: Mapping[str, Callable[[str], str]] = {"de": _translate_german}


def translate_time(text: str, language: str) -> str | None:
    """A text about a time in English; None for a language without words here, and for English."""
    translate = TRANSLATORS.get(language)
    return None if translate is None else translate(text)
