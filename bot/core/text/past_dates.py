"""Parse dates in the past as people write them: "2026-05-01", "1 May", "3 weeks ago"."""

from __future__ import annotations

import contextlib
import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.core.text.time_phrases import simplify
from bot.core.text.time_words import translate_time
from bot.core.text.translate import get_language
from bot.core.text.translate import gettext as _
from bot.core.text.truncate import truncate
from bot.errors import UserError

__all__ = ["parse_past_date"]

_AGO = re.compile(
    r"(?:last |past )?(?P<count>\d{1,4}|an?|one)? ?"
    r"(?:(?P<unit>hour|day|week|month|year)s?|(?<=\d)(?P<short>[hdwy])|(?<=\d )(?P<apart>[hdwy]))"
    r"(?: ago)?"
)
_THIS = re.compile(r"this (week|month|year)")
_TO_COME = re.compile(r"(?:day after )?tomorrow|next \w+|in (?:\d+|an?) \w+")
#: A moment as Discord writes it, and the time after a date.
_TIMESTAMP = re.compile(r"<t:(\d{1,11})(?::[a-z])?>")
_TIME = re.compile(r"(?<=^\d{4}-\d\d-\d\d)[t ]\d\d?:\d\d[\d:.]*z?$")
_RELATIVE = {"today": 0, "yesterday": 1, "day before yesterday": 2}
#: Nothing in Discord is older.
_EARLIEST = date(2015, 1, 1)
_WEEKDAYS = ("mon", "tues", "wednes", "thurs", "fri", "satur", "sun")
_WEEKDAY = re.compile(rf"(?:last )?({'|'.join(_WEEKDAYS)})day")
_HOURS = {"h": 1, "d": 24, "w": 24 * 7, "m": 24 * 30, "y": 24 * 365}
_LEFT_OUT = re.compile(
    r"(?<=\d)(?:st|nd|rd|th)\b|\b(?:since|on|of|the)\b|\bin (?=[a-z]{3})|(?<=sep)t\b"
)
_WITH_YEAR = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d %B %Y", "%d %b %Y", "%B %d %Y", "%b %d %Y")
_MONTHS = ("%Y-%m", "%B %Y", "%b %Y", "%Y")
_WITHOUT_YEAR = (
    "%d.%m. %Y",
    "%d.%m %Y",
    "%d %B %Y",
    "%d %b %Y",
    "%B %d %Y",
    "%b %d %Y",
    "%B %Y",
    "%b %Y",
)


def parse_past_date(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The beginning of the day that ``text`` names, in UTC; UserError for any other text.

    In English or in the current language.
    A month means its first day, a date without a year the last one in the past.
    """
    asked = " ".join(text.split())
    here = now.astimezone(zone)
    candidates = (asked, translate_time(asked, get_language())) if len(asked) <= 40 else ()
    parsed = (None if one is None else _parse(_normalize(one), here) for one in candidates)
    found = next((one for one in parsed if one is not None), None)
    if found is None:
        raise UserError(
            _(
                "I don't understand the date “{date}”. Try “2026-05-01”, “1 May” or “3 weeks ago”.",
                date=truncate(asked, 40),
            )
        )
    if found > here.date():
        raise UserError(_("“{date}” is in the future. Choose an earlier date.", date=asked))
    return datetime.combine(max(found, _EARLIEST), time(0), zone).astimezone(UTC)


def _normalize(text: str) -> str:
    words = _TIME.sub("", simplify(text))
    return " ".join(_LEFT_OUT.sub("", words).replace(",", " ").split())


def _parse(words: str, here: datetime) -> date | None:
    today = here.date()
    if words in _RELATIVE:
        return today - timedelta(days=_RELATIVE[words])
    if _TO_COME.fullmatch(words):
        return date.max
    this = _THIS.fullmatch(words)
    if this is not None:
        first = {"week": today - timedelta(days=today.weekday()), "month": today.replace(day=1)}
        return first.get(this[1], today.replace(month=1, day=1))
    moment = _TIMESTAMP.fullmatch(words)
    if moment is not None:
        with contextlib.suppress(OverflowError, ValueError, OSError):
            return datetime.fromtimestamp(int(moment[1]), here.tzinfo).date()
        return date.max
    weekday = _WEEKDAY.fullmatch(words)
    if weekday is not None:
        ahead = (_WEEKDAYS.index(weekday[1]) - today.weekday()) % 7
        return today - timedelta(days=(7 - ahead) if ahead or words.startswith("last ") else 0)
    ago = _AGO.fullmatch(words)
    if ago is not None:
        count = int(ago["count"]) if (ago["count"] or "").isdigit() else 1
        with contextlib.suppress(OverflowError):
            unit = ago["unit"] or ago["short"] or ago["apart"]
            return (here - timedelta(hours=count * _HOURS[unit[0]])).date()
        return date.min
    for pattern in (*_WITH_YEAR, *_MONTHS):
        with contextlib.suppress(ValueError):
            return datetime.strptime(words, pattern).replace(tzinfo=UTC).date()
    for pattern in _WITHOUT_YEAR:
        for year in (today.year, today.year - 1, today.year - 2, today.year - 3, today.year - 4):
            with contextlib.suppress(ValueError):
                found = datetime.strptime(f"{words} {year}", pattern).replace(tzinfo=UTC).date()
                if found <= today:
                    return found
    return None
