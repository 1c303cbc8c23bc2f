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
    r"(?P<unit>day|week|month|year)s?(?: ago)?"
)
_WEEKDAYS = ("mon", "tues", "wednes", "thurs", "fri", "satur", "sun")
_WEEKDAY = re.compile(rf"(?:last )?({'|'.join(_WEEKDAYS)})day")
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
_LEFT_OUT = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b|\b(?:on|of|the)\b")
_WITH_YEAR = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d %B %Y", "%d %b %Y", "%B %d %Y", "%b %d %Y")
_MONTHS = ("%Y-%m", "%B %Y", "%b %Y", "%Y")
_WITHOUT_YEAR = ("%d.%m. %Y", "%d %B %Y", "%d %b %Y", "%B %d %Y", "%b %d %Y", "%B %Y", "%b %Y")


def parse_past_date(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The beginning of the day that ``text`` names, in UTC; UserError for any other text.

    In English or in the current language.
    A month means its first day, a date without a year the last one in the past.
    """
    asked = " ".join(text.split())
    today = now.astimezone(zone).date()
    candidates = (asked, translate_time(asked, get_language())) if len(asked) <= 40 else ()
    parsed = (None if one is None else _parse(_normalize(one), today) for one in candidates)
    found = next((one for one in parsed if one is not None), None)
    if found is None:
        raise UserError(
            _(
                "I don't understand the date “{date}”. Try “2026-05-01”, “1 May” or “3 weeks ago”.",
                date=truncate(asked, 40),
            )
        )
    if found > today:
        raise UserError(_("“{date}” is in the future. Choose an earlier date.", date=asked))
    return datetime.combine(found, time(0), zone).astimezone(UTC)


def _normalize(text: str) -> str:
    return " ".join(_LEFT_OUT.sub("", simplify(text)).replace(",", " ").split())


def _parse(words: str, today: date) -> date | None:
    if words in ("today", "yesterday"):
        return today - timedelta(days=words == "yesterday")
    weekday = _WEEKDAY.fullmatch(words)
    if weekday is not None:
        ahead = (_WEEKDAYS.index(weekday[1]) - today.weekday()) % 7
        return today - timedelta(days=(7 - ahead) if ahead or words.startswith("last ") else 0)
    ago = _AGO.fullmatch(words)
    if ago is not None:
        count = int(ago["count"]) if (ago["count"] or "").isdigit() else 1
        with contextlib.suppress(OverflowError):
            return today - timedelta(days=count * _DAYS[ago["unit"]])
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
