"""Dates, times, numbers and lists of words as the current language writes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from babel.dates import format_datetime, format_skeleton, format_time
from babel.lists import format_list
from babel.numbers import format_decimal

from bot.core.text.translate import ENGLISH, get_language

__all__ = [
    "format_clock",
    "format_long_date_time",
    "format_number",
    "format_short_date_time",
    "format_weekday",
    "join_alternatives",
    "join_words",
]


def format_short_date_time(local: datetime) -> str:
    """``Sun 29 Nov, 12:07``."""
    locale = _get_locale()
    weekday, date = format_datetime(local, "EEE", locale=locale), _format(local, "MMMd", locale)
    return f"{weekday} {date}, {format_clock(local)}"


def format_long_date_time(local: datetime) -> str:
    """``Sunday 29 Nov 2026, 12:07``."""
    return (
        f"{format_weekday(local)} {_format(local, 'yMMMd', _get_locale())}, {format_clock(local)}"
    )


def format_weekday(local: datetime) -> str:
    """``Sunday``."""
    return format_datetime(local, "EEEE", locale=_get_locale())


def format_clock(local: datetime) -> str:
    """``12:07``; on 24 hours in every language, as quiet hours and plans are written."""
    return format_time(local.time(), "HH:mm", locale=_get_locale())


def format_number(number: int) -> str:
    """``1,200``."""
    return format_decimal(number, locale=_get_locale())


def join_words(words: Sequence[str]) -> str:
    """``one, two and three``."""
    return format_list(words, locale=_get_locale())


def join_alternatives(words: Sequence[str]) -> str:
    """``one, two or three``."""
    return format_list(words, style="or", locale=_get_locale())


def _format(local: datetime, skeleton: str, locale: str) -> str:
    return format_skeleton(skeleton, local, locale=locale)


def _get_locale() -> str:
    """The current language as Babel names it; British English, with the day before the month."""
    language = get_language()
    return "en_GB" if language == ENGLISH else language
