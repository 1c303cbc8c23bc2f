"""English phrases for times, put into the fewer forms that the parser of times reads.

Numbers become digits, "half past nine" becomes "9:30", "9 in the morning" becomes "9 morning".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["format_clock", "put_digits", "simplify"]

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
)
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90}
_NUMBERS = {word: number for number, word in enumerate(_ONES) if number} | _TENS
_NUMBERS |= {f"{ten}-{_ONES[n]}": tens + n for ten, tens in _TENS.items() for n in range(1, 10)}

_HALVES = re.compile(
    r"(?:\b(?P<whole>\d{1,3}|an?) and a half (?P<unit>hours?|days?|weeks?)\b"
    r"|\b(?P<before>\d{1,3}|an?) (?P<named>hour|day|week)s? and a half\b)"
)
_QUARTERS = re.compile(r"\b(?:an?|(?P<count>3)) quarters? of an hour\b")
_PAST = re.compile(
    r"\b(?P<span>half|(?:a )?quarter|\d{1,2})(?: minutes)? (?P<side>past|after|to|before) "
    r"(?P<hour>\d{1,2})\b(?![:.]\d)"
)
#: What comes before the 12 of "12 noon" if it is the day of a date, as in "December 12 noon".
_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september"),
    *("october", "november", "december", "sept"),
)
_NO_DATE = r"(?<![\d.:/-])" + "".join(
    rf"(?<!\b{name}{dot} )"
    for name in sorted({*_MONTHS, *(month[:3] for month in _MONTHS)})
    for dot in ("", r"\.")
)
#: Forms that mean the same, in the order in which they are replaced.
_REPLACED = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        (r"^[\"'“„»‚‘]+|[\"'”“«’‘!?]+$", ""),
        (r"(?<=[a-z])\.$|\b(at \d{1,2}|\d:\d\d)\.$", r"\1"),
        (r"(?<!\S)@\s*(?=\d)|\b(?:at )?(?:around|about) (?=\d)", "at "),
        (r"\b(\d{1,2}[:.]\d{2})\s*h\b", r"\1"),
        (r"\b(?:tmrw?|tomorow|tommorow|tommorrow)\b", "tomorrow"),
        (r"\btonite\b", "tonight"),
        (r"\bweds\b", "wed"),
        (rf"{_NO_DATE}\b(?:at )?12(?::00)? (?:at )?(midnight|noon)\b", r"\1"),
        (r"\ba couple of\b", "2"),
        (r"\b(?:an? )?half hour\b", "half an hour"),
        (r"\b(?:a|1) fortnight\b", "2 weeks"),
        (r"\bin the (morning|afternoon|evening)\b", r"\1"),
        (r"\bat night\b", "night"),
        (r"\b(\d{1,3}|an?) (day|week|month)(s?) from (?:now|today)\b", r"in \1 \2\3"),
        (r"\b(\d{1,3}|an?) (week|month)(s?) today\b", r"in \1 \2\3"),
        (r"\btoday in (?=\d|an? )", "in "),
    )
)


def put_digits(text: str, numbers: Mapping[str, int], joined: str = r"\b{}\b") -> str:
    """The text with words for numbers as digits; ``joined``: the pattern of a whole word."""
    words = "|".join(sorted(map(re.escape, numbers), key=len, reverse=True))
    return re.sub(joined.format(f"({words})"), lambda found: str(numbers[found[1]]), text)


def format_clock(hour: int, minutes: int) -> str:
    """``9:30`` for hour 9 and 30 minutes, ``8:45`` for hour 9 and -15 minutes.

    Before one o'clock it is 12, unless the hour is one of the 24 of a day.
    """
    hour, minute = divmod(hour * 60 + minutes, 60)
    return f"{hour or 12}:{minute:02}"


def simplify(text: str) -> str:
    """The text in lower case and in fewer forms; what isn't a time stays in other words."""
    text = put_digits(text.lower(), _NUMBERS)
    for pattern, by in _REPLACED:
        text = pattern.sub(by, text)
    text = _HALVES.sub(_put_half, text)
    text = _QUARTERS.sub(lambda found: f"{15 * int(found['count'] or 1)} minutes", text)
    return _PAST.sub(_put_past, text)


def _put_half(found: re.Match[str]) -> str:
    amount = found["whole"] or found["before"]
    unit = (found["unit"] or found["named"]).removesuffix("s")
    return f"{'1' if amount.startswith('a') else amount}.5 {unit}s"


def _put_past(found: re.Match[str]) -> str:
    span, hour = found["span"], int(found["hour"])
    minutes = 30 if span == "half" else 15 if span.endswith("quarter") else int(span)
    is_past = found["side"] in ("past", "after")
    if hour > 24 or minutes > 59 or (span == "half" and not is_past):
        return found[0]
    return format_clock(hour, minutes if is_past else -minutes)
