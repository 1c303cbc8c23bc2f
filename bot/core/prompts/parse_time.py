"""Parse times as people write them: "Thursday 18:00", "in 3 days", "1 April at noon".

In English, and in the current language (:mod:`bot.core.text.time_words`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from bot.core.prompts.local_time import QuietHours, WeeklyTime, find_zone, local_to_utc
from bot.core.prompts.plan import parse_clock, parse_weekday
from bot.core.text.time_phrases import simplify
from bot.core.text.time_words import NONE, translate_time
from bot.core.text.timestamps import format_timestamp
from bot.core.text.translate import ENGLISH, get_language
from bot.core.text.translate import gettext as _
from bot.core.text.truncate import truncate
from bot.errors import UserError

__all__ = ["ParsedTime", "is_none", "parse_quiet_hours", "parse_time", "parse_weekly_time"]

_MAX_AHEAD = timedelta(days=2 * 366)
_MAX_LENGTH, _MAX_ECHO = 100, 80
_DAY = timedelta(days=1)
#: The time of a date without one is noon, not midnight.
_NOON = time(12)
#: 24:00, which is the next day's midnight; no other time has a fraction of a second.
_END_OF_DAY = time(0, microsecond=1)
#: The parts of a day, and the time of each where none is given.
_PARTS = {"morning": time(9), "afternoon": time(15)}
_PARTS |= dict.fromkeys(("evening", "tonight", "night"), time(20))

#: A wait: "in 1.5 hours", "90 minutes"; a month isn't exact enough.
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
    r"|A[CEW][SD]T|NZ[SD]T|BRT|SAST|WAT|PKT|MEZ|MESZ)\)?$",
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
        r"\bat (?P<h>[01]\d|2[0-4])(?P<m>[0-5]\d)(?=\s|$|,)",
        r"(?<=\s)(?P<h>[01]?\d|2[0-3])[.h](?P<m>[0-5]\d)$",
    )
)
#: "tomorrow 9", "Thursday 18": after a day without a number, a number alone is an hour.
_BARE_HOUR = re.compile(
    r"(?P<day>[a-z ]*[a-z]),?\s+(?P<h>\d{2}(?=\d{2}$)|\d{1,2}(?=\.|$))(?:\.?(?P<m>\d{2}))?"
)

#: "9 tonight", "9 tomorrow", "9 on Friday morning", "9 in the evening" without "in the".
_HOUR_BEFORE_DAY = re.compile(
    r"(?:at )?(?P<h>\d{1,2})(?:[.](?P<m>\d{2}))?,? (?P<day>tonight"
    r"|(?:today|tomorrow|(?:on |this )?(?:mon|tues|wednes|thurs|fri|satur|sun)day)"
    r"(?: (?:morning|afternoon|evening|night))?|(?:this )?(?:morning|afternoon|evening|night))"
)

_RELATIVE = {"": 0, "today": 0, "tomorrow": 1, "yesterday": -1, "day before yesterday": -2}
_RELATIVE |= {"the day after tomorrow": 2, "day after tomorrow": 2, "next week": 7, "in a week": 7}
_PART = re.compile(r"(?:(?P<day>.*) |this )?(?P<part>morning|afternoon|evening|night)")
_NIGHT = re.compile(r"\b(?:tonight|evening|night)\b")
#: Earlier hours after "tonight" or "at night" are those after midnight.
_FIRST_EVENING_HOUR, _FIRST_NIGHT_HOUR = 4, 6
#: Later hours after "afternoon" are as they are written.
_LAST_AFTERNOON_HOUR = 8
_WEEKDAY = re.compile(r"(?:(?:on|this|next|coming|the|the next)\s+)*([a-z]{3,9})\.?")
_NEXT_WEEK = re.compile(r"(?:next week (?:on )?([a-z]{3,9})|(?:on )?([a-z]{3,9}) next week)")
#: "on the 5th", "Friday 13th".
_DAY_OF_MONTH = re.compile(r"(?:on )?(?:(?!the )([a-z]{3,9}) )?(?:the )?(\d{1,2})(?:st|nd|rd|th)")
#: "the 1st of the month", "on the 5th of next month", "next month on the 5th".
_DAY_OF_A_MONTH = re.compile(
    r"(?:on )?(?:the )?(?P<day>\d{1,2})(?:st|nd|rd|th)? (?:of )?(?:the |this |(?P<next>next ))month"
    r"|next month(?: on)?(?: the)? (?P<late>\d{1,2})(?:st|nd|rd|th)?"
)
#: "in 2 months", "next month"; other texts with these words aren't dates.
_DAYS_AHEAD = re.compile(r"(?:in )?(?:\d{1,3}|an?) (?:day|week|month)s?|next month")
#: As Discord shows it to everybody in their own zone (docs: Reference › Message Formatting).
_TIMESTAMP = re.compile(r"<t:(\d{1,11})(?::[tTdDfFsSR])?>")

_UNTIL = re.compile(r"\s*(?:-|–|—|\bto\b|\buntil\b)\s*")
#: Any Monday; with it, a weekday is a date.
_MONDAY = date(2024, 1, 1)

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
_DOTTED_DAY = re.compile(r"(?<![\d.])(\d{1,2})\.\d")
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
        translated = translate_time(asked, language)
        if translated is not None:
            return _parse_english(translated, now, zone, echo=asked)
        found = _parse_with_dateparser(asked, language, now, zone)
        if found is None:
            raise
        return found


def _parse_with_dateparser(
    asked: str, language: str, now: datetime, zone: ZoneInfo
) -> ParsedTime | None:
    """The future moment that dateparser finds in a text, in a language it knows."""
    import dateparser  # takes 2 MB, and is rarely needed

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
    if found := _TIMESTAMP.fullmatch(text):
        if int(found[1]) > (now + _MAX_AHEAD).timestamp():
            raise _too_far(asked)
        moment = datetime.fromtimestamp(int(found[1]), UTC)
        return _check_future(asked, ParsedTime(moment, None), now)
    text = simplify(text)
    wait = _parse_wait(text, asked)
    if wait is not None:
        return ParsedTime(now + wait, None)
    words = text.split()
    if words and words[0] in ("every", "daily", "weekly", "each"):
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
                zone=found[1].upper(),
            )
        )
    return asked, None


def _parse_local(rest: str, asked: str, here: datetime) -> datetime:
    """The local time that is meant."""
    day, at = _split_clock(rest, asked)
    is_next_midnight = at == _END_OF_DAY
    at = time(0) if is_next_midnight else at
    day = " ".join(re.sub(r"[,\s]+", " ", day).split()).removesuffix(" at").removeprefix("at ")
    day, part = _split_part(day)
    found = _parse_day(day, here)
    if found is None:
        found = _parse_date(day, asked, here)
    elif at is None and part is None and not day:
        raise _not_understood(asked)
    on, weekly = found
    if is_next_midnight:
        on = on + _DAY if day else on
    elif at == time(0) and day == "today":
        on += _DAY
    elif at is not None and part is not None:
        on, at = _move_to_part(on, at, part, asked, here)
    wall = datetime.combine(on, at or _PARTS.get(part or "", _NOON))
    if wall <= here and (weekly or not day):  # the next one in the future
        wall += 7 * _DAY if weekly else _DAY
    return wall


def _split_part(day: str) -> tuple[str, str | None]:
    """The day of "tonight" or "Friday morning", and the part of it that is named."""
    if day.startswith("tonight") or day.endswith("tonight"):
        rest = day.removeprefix("tonight").removesuffix("tonight").strip()
        if not rest:
            return "today", "tonight"
    found = _PART.fullmatch(day)
    if found is None:
        return day, None
    is_today = day.startswith("this ") and found["day"] in (None, "this")
    return ("today" if is_today else found["day"] or ""), found["part"]


def _move_to_part(on: date, at: time, part: str, asked: str, here: datetime) -> tuple[date, time]:
    """The hour of a part of the day that is written like one of a morning.

    "tonight at 9" is 21:00. Midnight and the hours after it are in the night to the next day.
    """
    if part == "morning":
        if at.hour >= 12:
            raise _not_understood(asked)
        return on, at
    if at.hour >= 12:
        return on, at
    if part == "afternoon":
        return on, at.replace(hour=at.hour + 12) if at.hour < _LAST_AFTERNOON_HOUR else at
    first = _FIRST_NIGHT_HOUR if part == "night" else _FIRST_EVENING_HOUR
    if at.hour >= first:
        return on, at.replace(hour=at.hour + 12)
    is_night_now = here.hour < first and on == here.date()
    return (on if is_night_now and datetime.combine(on, at) > here else on + _DAY), at


def _split_clock(words: str, asked: str) -> tuple[str, time | None]:
    """The text without its time of day, and that time; None if there is none."""
    for pattern in _CLOCKS:
        found = pattern.search(words)
        if found is None:
            continue
        named = found.groupdict()
        if "word" in named:
            at = time(0) if named["word"] == "midnight" else _NOON
        else:
            at = _make_time(named["h"], named.get("m"), named.get("half"), words, asked)
        return f"{words[: found.start()]} {words[found.end() :]}".strip(), at
    found = _BARE_HOUR.fullmatch(words)
    if found is not None and any(
        month.startswith(found["day"].split()[-1][:3]) for month in _MONTHS
    ):
        found = None
    found = found or _HOUR_BEFORE_DAY.fullmatch(words)
    if found is not None:
        return found["day"], _make_time(found["h"], found["m"], None, words, asked)
    alone = parse_clock(words)
    return ("", alone) if alone is not None else (words, None)


def _make_time(hour: str, minute: str | None, half: str | None, words: str, asked: str) -> time:
    minute = minute or "00"
    if hour == "24" and minute == "00" and half is None:
        return _END_OF_DAY
    if hour == "12" and half is None and _NIGHT.search(words):
        hour = "0"  # "tonight at 12"
    at = parse_clock(f"{hour}:{minute}" + (f" {half}m" if half else ""))
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
    if found := _NEXT_WEEK.fullmatch(day):
        weekday = parse_weekday(found[1] or found[2])
        return None if weekday is None else (_get_monday(here) + (7 + weekday) * _DAY, False)
    if found := _DAY_OF_MONTH.fullmatch(day):
        weekday = None if found[1] is None else parse_weekday(found[1])
        if found[1] is not None and weekday is None:
            return None
        on = _find_day_of_month(here, int(found[2]), weekday)
        return None if on is None else (on, False)
    if found := _DAY_OF_A_MONTH.fullmatch(day):
        number = int(found["day"] or found["late"])
        if not (found["next"] or found["late"]):
            on = _find_day_of_month(here, number, None)
        else:
            try:
                on = (here.date().replace(day=1) + 31 * _DAY).replace(day=number)
            except ValueError:
                on = None
        return None if on is None else (on, False)
    named = _WEEKDAY.fullmatch(day)
    weekday = None if named is None else parse_weekday(named[1])
    if weekday is None:
        return None
    ahead = (weekday - here.weekday()) % 7
    if "next" in day.split() and ahead == 0:
        ahead = 7
    return here.date() + ahead * _DAY, True


def _get_monday(here: datetime) -> date:
    return here.date() - here.weekday() * _DAY


def _find_day_of_month(here: datetime, number: int, weekday: int | None) -> date | None:
    """The next date with this day of the month, and on this weekday if one is given."""
    for ahead in range(1, 366):
        on = here.date() + ahead * _DAY
        if on.day == number and weekday in (None, on.weekday()):
            return on
    return None


def _parse_date(day: str, asked: str, here: datetime) -> tuple[date, bool]:
    """The date of "1 April" or "2027-01-31", as dateparser reads it."""
    import dateparser

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
    if lone or any(int(found) > 31 for found in _DOTTED_DAY.findall(day)):
        raise _not_understood(asked)
    if any(int(month) > 12 for month in _DOTTED_MONTH.findall(day)):
        raise _not_understood(asked)
    if _ISO.fullmatch(day):
        return _parse_iso_date(day, asked, here), False
    relative = not _RELATIVE_WORDS.isdisjoint(words)
    if relative and _DAYS_AHEAD.fullmatch(day) is None:
        raise _not_understood(asked)
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


def is_none(text: str) -> bool:
    """Whether a text says that there is to be none: ``none``, ``off``, also in other languages."""
    words = text.strip().lower()
    return words in NONE[ENGLISH] or words in NONE.get(get_language(), ())


def parse_weekly_time(text: str) -> WeeklyTime | None:
    """A time of each week, as people write it: ``Sunday 18:00``, ``Fridays at 9 pm``.

    In English or in the current language; None for any other text.
    """
    asked = " ".join(text.split())
    for words in (asked, translate_time(asked, get_language())):
        found = None if words is None else _parse_weekly(simplify(words), asked)
        if found is not None:
            return found
    return None


def _parse_weekly(words: str, asked: str) -> WeeklyTime | None:
    here = datetime.combine(_MONDAY, time(0))
    try:
        day, at = _split_clock(re.sub(r"\b(?:every|each|weekly|on)\b,?\s*", "", words), asked)
        day, part = _split_part(" ".join(day.replace(",", " ").split()).removesuffix(" at"))
        weekday = parse_weekday(day.removesuffix("s"))
        at = _PARTS.get(part or "") if at is None else at
        if weekday is None or at is None:
            return None
        on = _MONDAY + weekday * _DAY
        if at == _END_OF_DAY:
            on, at = on + _DAY, time(0)
        elif part is not None:
            on, at = _move_to_part(on, at, part, asked, here - _DAY)
    except UserError:
        return None
    return WeeklyTime(on.weekday(), at)


def parse_quiet_hours(text: str) -> QuietHours | None:
    """Quiet hours: ``22:00-08:00``, ``10 pm to 8 am``; None for ``none``; UserError for others.

    In English or in the current language.
    """
    asked = " ".join(text.lower().split())
    if is_none(asked):
        return None
    for words in (asked, translate_time(asked, get_language())):
        found = None if words is None else _parse_hours(simplify(words))
        if found is not None and found.start == found.end:
            raise UserError(
                _("Quiet hours can't start and end at the same time. To have none, write “none”.")
            )
        if found is not None:
            return found
    raise UserError(
        _(
            "I don't understand the hours “{text}”. Try “22:00-08:00”, or “none”.",
            text=asked[:50],
        )
    )


def _parse_hours(words: str) -> QuietHours | None:
    start, _dash, until = _UNTIL.sub("\x00", words, count=1).partition("\x00")
    first, last = (_parse_hour(one) for one in (start.removeprefix("from "), until))
    return None if first is None or last is None else QuietHours(first, last)


def _parse_hour(text: str) -> time | None:
    """A time of day of quiet hours, where a number alone is an hour: ``22``, ``24:00``."""
    words = text.strip().removeprefix("at ")
    named = {"midnight": "0:00", "noon": "12:00", "24": "0:00", "24:00": "0:00"}
    words = named.get(words, f"{words}:00" if words.isdecimal() else words)
    return parse_clock(words)
