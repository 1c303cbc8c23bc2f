"""Dates, times and lists in the current language."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.core.text import locale_format, translate

MOMENT = datetime(2026, 11, 3, 9, 7, tzinfo=UTC)


def test_dates_are_english_with_the_day_before_the_month_where_no_language_is_set() -> None:
    assert locale_format.format_short_date_time(MOMENT) == "Tue 3 Nov, 09:07"
    assert locale_format.format_long_date_time(MOMENT) == "Tuesday 3 Nov 2026, 09:07"


def test_dates_follow_the_current_language() -> None:
    with translate.use_language("de"):
        assert locale_format.format_short_date_time(MOMENT) == "Di. 3. Nov., 09:07"
        assert locale_format.format_weekday(MOMENT) == "Dienstag"
        assert locale_format.format_clock(MOMENT) == "09:07"


def test_words_are_joined_as_the_language_does_it() -> None:
    assert locale_format.join_words([]) == ""
    assert locale_format.join_words(["one"]) == "one"
    assert locale_format.join_words(["one", "two", "three"]) == "one, two and three"
    with translate.use_language("de"):
        assert locale_format.join_words(["eins", "zwei"]) == "eins und zwei"
