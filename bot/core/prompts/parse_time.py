"""Parse times as people write them: "Thursday 18:00", "in 3 days", "1 April at noon".

In English, and in the current language (:mod:`bot.core.prompts.time_words`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import dateparser

from bot.core.prompts.local_time import QuietHours, find_zone, local_to_utc
from bot.core.prompts.plan import parse_clock, parse_weekday
from bot.core.prompts.time_words import TRANSLATORS
from bot.core.text.timestamps import format_timestamp
from bot.core.text.translate import ENGLISH, get_language
from bot.core.text.translate import gettext as _
from bot.core.text.truncate import truncate
from bot.errors import UserError

__all__ = ["ParsedTime", "parse_quiet_hours", "parse_time"]

_MAX_AHEAD = timedelta(days=2 * 366)
_MAX_LENGTH, _MAX_ECHO = 100, 80
_DAY = timedelta(days=1)
#: The time of a date without one is noon, not midnight; that of "tonight" is in the evening.
_NOON, _EVENING = time(12), time(20)

#: A wait: "in 1.5 hours", "90 minutes", "in 2 hours and a half"; a month isn't exact enough.
_AMOUNT = r"(?:\d{1,12}(?:[.,]\d{1,3})?|an?|half an?|one)"
_PIECE = rf"({_AMOUNT})\s*(minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w)(?![a-z])"
_WAIT = re.compile(
    rf"(?:in |after )?{_PIECE}(?:(?:\s*,\s*|\s+and\s+|\s*){_PIECE})?(?: from now)?", re.IGNORECASE
)
_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}

#: Another zone than the server's: an offset from UTC, or an IANA name.
_OFFSET = re.compile(
    r"\s*(?:\b(?:utc|gmt)\s*([+-]\d{1,2}(?::?\d{2})?)?|(?<=\d)\s*(z)|(?<=:\d\d)\s*([+-]\d{2}:?\d{2})"
    r"|(?<=[ap]m)\s*([+-]\d{1,2}:?\d{2}))$",
    re.IGNORECASE,
)
_REGION = re.compile(r"\s+(\w+/[\w/+-]+)$")
_ABBREVIATED = re.compile(
    r"\s+\(?([ECMP][SD]?T|C?ES?T|W?ES?T|EES?T|ME?S?T|CEST|BST|[IJK]ST|SGT|HKT|MSK|AK[SD]T|HST"
    r"|A[CEW][SD]T|NZ[SD]T|BRT|SAST|WAT|PKT)\)?$",
    re.IGNORECASE,
)

#: A time of day in a text, from the least to the most ambiguous.
_CLOCKS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?:\bat )?\b(?P<word>noon|midday|midnight)\b",
        r"(?:\bat )?(?<![\d.:])(?P<h>\d{1,2})(?:[:.](?P<m>\d{2}))?\s*(?P<half>[ap])\.?m\b\.?",
        r"(?:\bat )?t?(?<![\d.:])(?P<h>\d{1,2}):(?P<m>\d{2})(?::\d{2}(?:\.\d+)?)?(?![\d:])",
        r"\bat (?P<h>\d{1,2})[.h](?P<m>\d{2})\b(?![.\d])",
        r"\b(?:at )?(?P<h>\d{1,2})\s*(?:o.?clock|h)\b",
        r"\bat (?P<h>\d{1,2})(?![\d.:/-])(?=\s|$|,)",
        r"(?<=\s)(?P<h>[01]?\d|2[0-3])[.h](?P<m>[0-5]\d)$",
    )
)
#: "tomorrow 9", "Thursday 18": after a day without a number, a number alone is an hour.
_BARE_HOUR = re.compile(r"(?P<day>[a-z ]*[a-z]),?\s+(?P<h>\d{1,2})(?:[.](?P<m>\d{2}))?")

#: "9 tonight".
_HOUR_TONIGHT = re.compile(
    r"(?:at )?(?P<h>\d{1,2})(?:[.](?P<m>\d{2}))?,? (?P<day>tonight|this evening)"
)

_RELATIVE = {"": 0, "today": 0, "this evening": 0, "tonight": 0, "tomorrow": 1}
_RELATIVE |= {"the day after tomorrow": 2, "day after tomorrow": 2, "next week": 7, "in a week": 7}
_EVENINGS = ("tonight", "this evening", "evening", "this night", "at night")
_NIGHT = re.compile(r"\b(?:tonight|evening|night)\b")
#: Earlier hours after "tonight" are those after midnight.
_FIRST_EVENING_HOUR = 4
_WEEKDAY = re.compile(r"(?:(?:on|this|next|coming|the|the next)\s+)*([a-z]{3,9})")

_UNTIL = re.compile(r"\s*(?:-|–|—|to|until)\s*")

#: The words a date may consist of; any other word is an error rather than ignored.
_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august"),
    *("september", "october", "november", "december"),
)
_WORDS = frozenset(
    ("of", "the", "on", "next", "in", "a", "month", "months", "week", "weeks", "day", "days")
)
#: With these words a date is relative to today.
_RELATIVE_WORDS = _WORDS - {"of", "the", "on"}
_NUMBER = re.compile(r"\d{1,4}(?:st|nd|rd|th)?|\d{1,4}([./-])\d{1,2}(?:\1(?:\d{1,4})?)?")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
#: With dots, the day comes first: 1.4.2026 is the first of April.
_DOTTED_MONTH = re.compile(r"\b\d{1,2}\.(\d{1,2})\b")
_DOTTED = re.compile(r"\b\d{1,2}\.\d{1,2}\.(?:\d{2,4})?(?!\d)|\b\d{1,2}\.\d{1,2}$")
_DAY_AND_MONTH = re.compile(r"\b(\d{1,2})\.(\d{1,2})\.?$")


@dataclass(frozen=True, slots=True)
class ParsedTime:
    """A moment, in UTC. ``local``: the local time it came from; None if it was exact."""

    at: datetime
    local: datetime | None


class _NotUnderstood(UserError):
    """No time was found in a text."""


def parse_time(text: str, now: datetime, zone: ZoneInfo) -> ParsedTime:
    """The future moment that ``text`` names; UserError for any other text.

    It may be in English or in the current language. See :func:`_parse_english`.
    """
    try:
        return _parse_english(text, now, zone)
    except _NotUnderstood:
        language = get_language()
        asked = " ".join(text.split())
        if language == ENGLISH or not asked or len(asked) > _MAX_LENGTH:
            raise
        translate = TRANSLATORS.get(language)
        if translate is not None:
            return _parse_english(translate(asked), now, zone, echo=asked)
        found = _parse_with_dateparser(asked, language, now, zone)
        if found is None:
            raise
        return found


def _parse_with_dateparser(
    asked: str, language: str, now: datetime, zone: ZoneInfo
) -> ParsedTime | None:
    """The future moment that dateparser finds in a text, in a language it knows."""
    here = now.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0)
    noon = datetime.combine(here.date(), _NOON)
    read: list[datetime] = []
    for base in (here, noon):
        settings = {"RELATIVE_BASE": base, "PREFER_DATES_FROM": "future"}
        try:
            found = dateparser.parse(asked, languages=[language.split("_")[0]], settings=settings)
        except ValueError:
            return None
        if found is None or found.tzinfo is not None:
            return None
        read.append(found)
    exact, wall = read
    if exact - here == wall - noon and (exact - here) % _DAY:
        return _check_future(asked, ParsedTime(now + (exact - here), None), now)  # a wait
    return _check_future(asked, ParsedTime(local_to_utc(wall.date(), wall.time(), zone), wall), now)


def _check_future(asked: str, parsed: ParsedTime, now: datetime) -> ParsedTime:
    if parsed.at <= now:
        shown = format_timestamp(parsed.at)
        raise UserError(_("“{text}” is in the past ({time}).", text=_echo(asked), time=shown))
    if parsed.at - now > _MAX_AHEAD:
        raise _too_far(asked)
    return parsed


def _parse_english(
    text: str, now: datetime, zone: ZoneInfo, *, echo: str | None = None
) -> ParsedTime:
    """The future moment that ``text`` names in English.

    ``echo``: what was entered, for errors.

    A wait ("in 90 minutes") is exact, and so is a time in a zone that the text names. Anything else
    is a local time in ``zone``, which happens once on its date even if the clock changes. Without
    an hour, noon is meant.
    """
    text = " ".join(text.split())
    asked = text if echo is None else echo
    if not text or len(asked) > _MAX_LENGTH:
        raise _not_understood(asked)
    wait = _parse_wait(text, asked)
    if wait is not None:
        return ParsedTime(now + wait, None)
    words = text.lower().removeprefix("every ")
    if words != text.lower() or words.split()[0] in ("daily", "weekly", "each"):
        raise UserError(_("This happens only once. Give a single time, such as “Thursday 18:00”."))
    rest, elsewhere = _split_zone(text)
    place: ZoneInfo | timezone = elsewhere or zone
    wall = _parse_local(rest, asked, now.astimezone(place).replace(tzinfo=None))
    if isinstance(place, timezone):
        moment = wall.replace(tzinfo=place).astimezone(UTC)
    else:
        moment = local_to_utc(wall.date(), wall.time(), place)
    return _check_future(asked, ParsedTime(moment, None if elsewhere else wall), now)


def _parse_wait(text: str, asked: str) -> timedelta | None:
    found = _WAIT.fullmatch(text)
    if found is None:
        return None
    seconds = 0.0
    for amount, unit in ((found[1], found[2]), (found[3], found[4])):
        if amount is not None:
            seconds += _parse_amount(amount.lower()) * _SECONDS[unit[0].lower()]
    if seconds > _MAX_AHEAD.total_seconds():
        raise _too_far(asked)
    wait = timedelta(seconds=round(seconds))
    if wait < timedelta(minutes=1):
        raise UserError(
            _("“{text}” is less than a minute away. Choose a later time.", text=_echo(asked))
        )
    return wait


def _parse_amount(amount: str) -> float:
    if amount.startswith("half"):
        return 0.5
    return 1 if amount in ("a", "an", "one") else float(amount.replace(",", "."))


def _split_zone(asked: str) -> tuple[str, ZoneInfo | timezone | None]:
    """The text without the zone at its end, and that zone; None for the server's."""
    if found := _REGION.search(asked):
        return asked[: found.start()], find_zone(found[1])
    if found := _OFFSET.search(asked):
        offset = found[1] or found[3] or found[4] or "+0"
        digits = offset[1:].replace(":", "")
        hours, minutes = (digits, "0") if len(digits) <= 2 else (digits[:-2], digits[-2:])
        span = timedelta(hours=int(hours), minutes=int(minutes))
        if span >= 15 * timedelta(hours=1) or int(minutes) > 59:
            raise UserError(
                _("“{offset}” isn't an offset from UTC. Write for example “UTC+2”.", offset=offset)
            )
        return asked[: found.start()], timezone(-span if offset[0] == "-" else span)
    found = _ABBREVIATED.search(asked)
    if found and found[1] not in ("SAT", "OCT", "AT"):
        raise UserError(
            _(
                "“{zone}” can mean several time zones. Leave it out to use the server's zone, or "
                "write for example “18:00 UTC+2” or “18:00 Europe/Berlin”.",
                zone=found[1],
            )
        )
    return asked, None


def _parse_local(rest: str, asked: str, here: datetime) -> datetime:
    """The local time that is meant."""
    day, at = _split_clock(rest.lower(), asked)
    day = " ".join(re.sub(r"[,\s]+", " ", day).split()).removesuffix(" at").removeprefix("at ")
    day, is_evening = _split_evening(day)
    found = _parse_day(day, here)
    if found is None:
        found = _parse_date(day, asked, here)
    elif at is None and not day:
        raise _not_understood(asked)
    on, weekly = found
    if at is not None and at.hour < 12 and (is_evening or (at == time(0) and day == "today")):
        on, at = _move_to_evening(on, at)
    wall = datetime.combine(on, at or (_EVENING if is_evening else _NOON))
    if wall <= here and (weekly or not day):  # the next one in the future
        wall += 7 * _DAY if weekly else _DAY
    return wall


def _split_evening(day: str) -> tuple[str, bool]:
    """The day of "tonight" or "Friday evening", and whether an evening is meant."""
    if day in _EVENINGS:
        return "today", True
    for word in (" evening", " night"):
        if day.endswith(word):
            return day.removesuffix(word), True
    return day, False


def _move_to_evening(on: date, at: time) -> tuple[date, time]:
    """The hour of an evening that is written like one of a morning: "tonight at 9" is 21:00.

    Midnight and the hours after it are in the night to the next day.
    """
    if at.hour < _FIRST_EVENING_HOUR:
        return on + _DAY, at
    return on, at.replace(hour=at.hour + 12)


def _split_clock(words: str, asked: str) -> tuple[str, time | None]:
    """The text without its time of day, and that time; None if there is none."""
    for pattern in _CLOCKS:
        found = pattern.search(words)
        if found is None:
            continue
        named = found.groupdict()
        if "word" in named:
            at = time(0) if named["word"] == "midnight" else _NOON
        elif named["h"] == "12" and not named.get("half") and _NIGHT.search(words):
            at = _make_time("0", named.get("m"), None, asked)  # "tonight at 12"
        else:
            at = _make_time(named["h"], named.get("m"), named.get("half"), asked)
        return f"{words[: found.start()]} {words[found.end() :]}".strip(), at
    found = _BARE_HOUR.fullmatch(words)
    if found is not None and not any(
        month.startswith(found["day"].split()[-1][:3]) for month in _MONTHS
    ):
        return found["day"], _make_time(found["h"], found["m"], None, asked)
    found = _HOUR_TONIGHT.fullmatch(words)
    if found is not None:
        return found["day"], _make_time(found["h"], found["m"], None, asked)
    alone = parse_clock(words)
    return ("", alone) if alone is not None else (words, None)


def _make_time(hour: str, minute: str | None, half: str | None, asked: str) -> time:
    written = f"{hour}:{minute or '00'}" + (f" {half}m" if half else "")
    at = parse_clock(written)
    if at is None:
        raise UserError(
            _(
                "“{text}” has a time that doesn't exist. Write it like 18:00 or 6 pm.",
                text=_echo(asked),
            )
        )
    return at


def _parse_day(day: str, here: datetime) -> tuple[date, bool] | None:
    """The date of "tomorrow" or "Thursday", and whether it was named by its weekday."""
    if day in _RELATIVE:
        return here.date() + _RELATIVE[day] * _DAY, False
    found = _WEEKDAY.fullmatch(day)
    weekday = None if found is None else parse_weekday(found[1])
    if weekday is None:
        return None
    ahead = (weekday - here.weekday()) % 7
    if "next" in day.split() and ahead == 0:
        ahead = 7
    return here.date() + ahead * _DAY, True


def _parse_date(day: str, asked: str, here: datetime) -> tuple[date, bool]:
    """The date of "1 April" or "2027-01-31", as dateparser reads it."""
    words = day.replace(",", " ").split()
    known = all(
        _NUMBER.fullmatch(word.rstrip(".")) or _NUMBER.fullmatch(word) or _is_date_word(word)
        for word in words
    )
    if not known or not any(char.isdigit() or char.isalpha() for char in day) or len(words) > 6:
        raise _not_understood(asked)
    if not any(word[0].isdigit() for word in words) and "next" not in words and "in" not in words:
        raise _not_understood(asked)
    lone = len(words) == 1 and words[0].isdigit()
    if lone or any(int(month) > 12 for month in _DOTTED_MONTH.findall(day)):
        raise _not_understood(asked)
    if _ISO.fullmatch(day):
        return _parse_iso_date(day, asked, here), False
    relative = not _RELATIVE_WORDS.isdisjoint(words)
    written = " ".join(word for word in words if word not in ("on", "the", "of"))
    found = dateparser.parse(
        _DAY_AND_MONTH.sub(r"\1/\2", written),  # 20.11. would be read as 20:11
        languages=["en"],
        settings={
            # A date without a year is the next one after the base; today's date is today.
            "RELATIVE_BASE": datetime.combine(here.date(), time(0)) - _DAY * (not relative),
            "PREFER_DATES_FROM": "future",
            "RETURN_AS_TIMEZONE_AWARE": False,
            "REQUIRE_PARTS": ["day"] if any(word[0].isdigit() for word in words) else [],
            "DATE_ORDER": "DMY" if _DOTTED.search(day) else "MDY",
        },
    )
    weekdays = {parse_weekday(word) for word in words} - {None}
    if found is None or found.time() != time(0) or weekdays - {found.weekday()}:
        raise _not_understood(asked)
    return _check_date(found.date(), asked, here), False


def _parse_iso_date(day: str, asked: str, here: datetime) -> date:
    try:
        return _check_date(date.fromisoformat(day), asked, here)
    except ValueError:
        raise _not_understood(asked) from None


def _check_date(on: date, asked: str, here: datetime) -> date:
    """The date, if it is neither in a past year nor too many years ahead."""
    if on.year < here.year:
        raise UserError(_("“{text}” is in the past.", text=_echo(asked)))
    if on.year > here.year + 3:
        raise _too_far(asked)
    return on


def _is_date_word(word: str) -> bool:
    plain = word.rstrip(".")
    months = any(len(plain) >= 3 and month.startswith(plain) for month in (*_MONTHS, "sept"))
    return months or plain in _WORDS or parse_weekday(plain) is not None


def _echo(asked: str) -> str:
    return truncate(asked, _MAX_ECHO)


def _too_far(asked: str) -> UserError:
    return UserError(
        _("“{text}” is more than two years away. Choose an earlier time.", text=_echo(asked))
    )


def _not_understood(asked: str) -> _NotUnderstood:
    return _NotUnderstood(
        _(
            "I don't understand the time “{text}”. Try “tomorrow 9:00”, “Thursday 18:00”, “in 3 "
            "days” or “2027-01-31 09:30”.",
            text=_echo(asked),
        )
    )


def parse_quiet_hours(text: str) -> QuietHours | None:
    """Quiet hours: ``22:00-08:00``, ``10 pm to 8 am``; None for ``none``; UserError for others."""
    asked = " ".join(text.lower().split())
    if asked in ("none", "off", "no"):
        return None
    start, _dash, until = _UNTIL.sub("\x00", asked, count=1).partition("\x00")
    first, last = parse_clock(start), parse_clock(until)
    if first is None or last is None:
        raise UserError(
            _(
                "I don't understand the hours “{text}”. Try “22:00-08:00”, or “none”.",
                text=asked[:50],
            )
        )
    if first == last:
        raise UserError(
            _("Quiet hours can't start and end at the same time. To have none, write “none”.")
        )
    return QuietHours(first, last)
