"""Parsing of times and quiet hours: a table of phrases, in several zones and at clock changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.core.prompts.local_time import QuietHours, WeeklyTime
from bot.core.prompts.parse_time import (
    is_none,
    parse_quiet_hours,
    parse_time,
    parse_weekly_time,
)
from bot.core.text.translate import use_language
from bot.errors import UserError
from tests.support.catalogs import use_sentences

BERLIN, NEW_YORK, TOKYO = map(ZoneInfo, ("Europe/Berlin", "America/New_York", "Asia/Tokyo"))
#: A Friday, 10:17 in Berlin; two days later the clock jumps.
NOW = datetime(2026, 3, 27, 9, 17, tzinfo=UTC)
AT_TEN = datetime(2026, 3, 27, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _german(tmp_path: Path) -> Iterator[None]:
    with use_sentences(tmp_path / "german", {"de": {}}):
        yield


WALL = [
    # a day alone is meant for noon, whatever the hour is now
    ("tomorrow", "Sat 2026-03-28 12:00"),
    ("today", "Fri 2026-03-27 12:00"),
    ("sunday", "Sun 2026-03-29 12:00"),
    ("next week", "Fri 2026-04-03 12:00"),
    ("next month", "Mon 2026-04-27 12:00"),
    ("in 2 months", "Wed 2026-05-27 12:00"),
    ("1 April", "Wed 2026-04-01 12:00"),
    ("2026-04-01", "Wed 2026-04-01 12:00"),
    ("29 Feb", "Tue 2028-02-29 12:00"),
    ("tonight", "Fri 2026-03-27 20:00"),
    # hours in every manner
    ("tomorrow at 9", "Sat 2026-03-28 09:00"),
    ("tomorrow 9", "Sat 2026-03-28 09:00"),
    ("9:00 tomorrow", "Sat 2026-03-28 09:00"),
    ("Tomorrow  9 AM", "Sat 2026-03-28 09:00"),
    ("tomorrow 18h30", "Sat 2026-03-28 18:30"),
    ("tomorrow 18.30", "Sat 2026-03-28 18:30"),
    ("tomorrow 12am", "Sat 2026-03-28 00:00"),
    ("tomorrow midnight", "Sat 2026-03-28 00:00"),
    ("next week 9", "Fri 2026-04-03 09:00"),
    ("in 3 weeks at 9", "Fri 2026-04-17 09:00"),
    ("the 1st of the month", "Wed 2026-04-01 12:00"),
    ("28th of this month", "Sat 2026-03-28 12:00"),
    ("on the 5th of next month at 9", "Sun 2026-04-05 09:00"),
    ("next month on the 5th", "Sun 2026-04-05 12:00"),
    ("December 12 noon", "Sat 2026-12-12 12:00"),
    ("Dec. 12 at midnight", "Sat 2026-12-12 00:00"),
    ("2026-12-12 noon", "Sat 2026-12-12 12:00"),
    ("12/12 noon", "Sat 2026-12-12 12:00"),
    ("31.12. midnight", "Thu 2026-12-31 00:00"),
    ("Friday 12 noon", "Fri 2026-03-27 12:00"),
    ("sat. 9:00", "Sat 2026-03-28 09:00"),
    ("day after tomorrow 8am", "Sun 2026-03-29 08:00"),
    ("24:00", "Sat 2026-03-28 00:00"),
    ("tomorrow 24:00", "Sun 2026-03-29 00:00"),
    ("Friday 24:00", "Sat 2026-03-28 00:00"),
    ("tomorrow at nine", "Sat 2026-03-28 09:00"),
    ("tomorrow at half past nine", "Sat 2026-03-28 09:30"),
    ("quarter to one", "Fri 2026-03-27 12:45"),
    ("ten past 9 pm", "Fri 2026-03-27 21:10"),
    ("tomorrow morning", "Sat 2026-03-28 09:00"),
    ("tomorrow morning at 8", "Sat 2026-03-28 08:00"),
    ("this afternoon at 3", "Fri 2026-03-27 15:00"),
    ("9 in the morning", "Sat 2026-03-28 09:00"),
    ("8 in the evening", "Fri 2026-03-27 20:00"),
    ("10 at night", "Fri 2026-03-27 22:00"),
    ("3 at night", "Sat 2026-03-28 03:00"),
    ("9 on Friday evening", "Fri 2026-03-27 21:00"),
    ("9 tomorrow", "Sat 2026-03-28 09:00"),
    ("tomorrow 2130", "Sat 2026-03-28 21:30"),
    ("tomorrow @9", "Sat 2026-03-28 09:00"),
    ("“tomorrow at 9”", "Sat 2026-03-28 09:00"),
    ("Tomorrow at 9.", "Sat 2026-03-28 09:00"),
    ("Monday next week", "Mon 2026-03-30 12:00"),
    ("next week on Friday at 9", "Fri 2026-04-03 09:00"),
    ("the 5th at 9", "Sun 2026-04-05 09:00"),
    ("Friday 13th", "Fri 2026-11-13 12:00"),
    ("12 tonight", "Sat 2026-03-28 00:00"),
    ("12:30 tonight", "Sat 2026-03-28 00:30"),
    ("quarter past 12 tonight", "Sat 2026-03-28 00:15"),
    ("in two months", "Wed 2026-05-27 12:00"),
    ("in two weeks at 9", "Fri 2026-04-10 09:00"),
    ("tonight at 9 pm", "Fri 2026-03-27 21:00"),
    ("tonight at 9", "Fri 2026-03-27 21:00"),
    ("tonight 9", "Fri 2026-03-27 21:00"),
    ("9 tonight", "Fri 2026-03-27 21:00"),
    ("tonight 9:30", "Fri 2026-03-27 21:30"),
    ("at 9:30 tonight", "Fri 2026-03-27 21:30"),
    ("tonight at 21:00", "Fri 2026-03-27 21:00"),
    ("this evening at 8", "Fri 2026-03-27 20:00"),
    ("this evening", "Fri 2026-03-27 20:00"),
    ("tomorrow evening", "Sat 2026-03-28 20:00"),
    ("tomorrow evening at 7", "Sat 2026-03-28 19:00"),
    ("Thursday night 10", "Thu 2026-04-02 22:00"),
    ("tonight at 11 pm", "Fri 2026-03-27 23:00"),
    ("tonight at 12", "Sat 2026-03-28 00:00"),
    ("tonight 0:30", "Sat 2026-03-28 00:30"),
    ("1 am tonight", "Sat 2026-03-28 01:00"),
    ("midnight tonight", "Sat 2026-03-28 00:00"),
    ("tonight at midnight", "Sat 2026-03-28 00:00"),
    ("midnight today", "Sat 2026-03-28 00:00"),
    ("midnight", "Sat 2026-03-28 00:00"),
    ("at midnight", "Sat 2026-03-28 00:00"),
    ("noon tomorrow", "Sat 2026-03-28 12:00"),
    ("noon", "Fri 2026-03-27 12:00"),
    ("6 p.m.", "Fri 2026-03-27 18:00"),
    ("6 o'clock", "Sat 2026-03-28 06:00"),
    ("at 18", "Fri 2026-03-27 18:00"),
    ("9:00", "Sat 2026-03-28 09:00"),
    ("18.30", "Fri 2026-03-27 18:30"),
    # weekdays: the next such hour to come
    ("Thursday at 18", "Thu 2026-04-02 18:00"),
    ("Thursday 18", "Thu 2026-04-02 18:00"),
    ("thu 6pm", "Thu 2026-04-02 18:00"),
    ("Friday at 9", "Fri 2026-04-03 09:00"),
    ("Friday at 18", "Fri 2026-03-27 18:00"),
    ("next Friday at 18", "Fri 2026-04-03 18:00"),
    ("at noon on Friday", "Fri 2026-03-27 12:00"),
    ("SAT 9:00", "Sat 2026-03-28 09:00"),
    # dates
    ("1.4.", "Wed 2026-04-01 12:00"),
    ("1.4. 18:00", "Wed 2026-04-01 18:00"),
    ("20.11. 18:00", "Fri 2026-11-20 18:00"),
    ("Sunday 1.11.", "Sun 2026-11-01 12:00"),
    # today's date is today, not in a year
    ("27 March 18:00", "Fri 2026-03-27 18:00"),
    ("Fri 27 Mar at 6 pm", "Fri 2026-03-27 18:00"),
    ("3/27", "Fri 2026-03-27 12:00"),
    ("27.3. 18:00", "Fri 2026-03-27 18:00"),
    ("1.4.2026 18.30", "Wed 2026-04-01 18:30"),
    ("4/1/2026", "Wed 2026-04-01 12:00"),
    ("April 1st at 6 pm", "Wed 2026-04-01 18:00"),
    ("1st of April, 18:00", "Wed 2026-04-01 18:00"),
    ("Saturday, 4 April 18:00", "Sat 2026-04-04 18:00"),
    ("5 SEPT", "Sat 2026-09-05 12:00"),
    ("March 28, 2026 at 9:30 AM", "Sat 2026-03-28 09:30"),
    ("2026-04-01T18:00", "Wed 2026-04-01 18:00"),
    # what the clock skips and repeats
    ("Sunday 2:30", "Sun 2026-03-29 03:00"),
    ("29 March 2:30", "Sun 2026-03-29 03:00"),
    ("25 October 2:30", "Sun 2026-10-25 02:30"),
]
EXACT = [
    ("in 90 minutes", "Fri 2026-03-27 11:47"),
    ("in 1.5 hours", "Fri 2026-03-27 11:47"),
    ("in 1,5 hours", "Fri 2026-03-27 11:47"),
    ("1h30m", "Fri 2026-03-27 11:47"),
    ("in 2 hours and 30 minutes", "Fri 2026-03-27 12:47"),
    ("in half an hour", "Fri 2026-03-27 10:47"),
    ("an hour from now", "Fri 2026-03-27 11:17"),
    ("in two days", "Sun 2026-03-29 11:17"),
    ("two weeks from now", "Fri 2026-04-10 11:17"),
    ("in twenty-four hours", "Sat 2026-03-28 10:17"),
    ("in an hour and a half", "Fri 2026-03-27 11:47"),
    ("in 2 and a half hours", "Fri 2026-03-27 12:47"),
    ("in a quarter of an hour", "Fri 2026-03-27 10:32"),
    ("<t:1774634400:F>", "Fri 2026-03-27 19:00"),
    # three days of 24 hours, over the jump
    ("in 3 days", "Mon 2026-03-30 11:17"),
    ("2 weeks", "Fri 2026-04-10 11:17"),
    ("18:00 UTC", "Fri 2026-03-27 19:00"),
    ("18:00 UTC+2", "Fri 2026-03-27 17:00"),
    ("18:00 GMT-5", "Sat 2026-03-28 00:00"),
    ("Monday 9 am UTC", "Mon 2026-03-30 11:00"),
    ("tomorrow UTC", "Sat 2026-03-28 13:00"),
    ("tomorrow 18:00 America/New_York", "Sat 2026-03-28 23:00"),
    ("18:00 Asia/Tokyo", "Sat 2026-03-28 10:00"),
    ("2026-04-01T18:00Z", "Wed 2026-04-01 20:00"),
    ("2026-04-01T18:00+05:30", "Wed 2026-04-01 14:30"),
]
REFUSED = [
    *((text, "understand the time") for text in ("", "5", "18", "a", "soon", "now", "31 Feb")),
    *((text, "understand the time") for text in ("may", "next year", "2026-04-31", "32.1.")),
    *((text, "understand the time") for text in ("<@123> tomorrow", "tomorrow <@123>", "x" * 101)),
    *((text, "understand the time") for text in ("3 days ago", "this weekend", "in april")),
    *((text, "is in the past") for text in ("yesterday", "yesterday at 9")),
    *((text, "understand the time") for text in ("0th of next month", "31st of next month")),
    *((text, "is in the past") for text in ("27 March 9:00", "27.3. at 9", "Fri 27 Mar 9 am")),
    *((text, "understand the time") for text in ("monday tuesday", "Monday, 4 April 2026")),
    *((text, "understand the time") for text in ("1.4.2026 9", "April 1 9", "1.13.2026")),
    *((text, "understand the time") for text in ("Thursday in two weeks", "in -3 days", "UTC")),
    ("18:00 America/Atlantis", "don't know the time zone"),
    *((text, "several time zones") for text in ("18:00 CET", "tomorrow 6 pm est", "9:00 (PST)")),
    *((text, "an offset from UTC") for text in ("18:00 UTC+25", "18:00-19:00", "18:00 UTC+1:99")),
    *((text, "doesn't exist") for text in ("25:00", "tomorrow 25:00", "24:30", "12:60")),
    *(
        (text, "is in the past")
        for text in ("0001-01-01", "1-1-1970", "2020-01-01", "27 March 2026 9:00")
    ),
    *((text, "two years away") for text in ("9999-12-31 10:00", "2028-12-31", "in 900 days")),
    *((text, "two years away") for text in ("in 99999999999 weeks", "31 December 9999 UTC-12")),
    *((text, "only once") for text in ("daily 18:00", "every Thursday 18:00")),
    ("in 0 minutes", "less than a minute"),
]


def shown(moment: datetime, zone: ZoneInfo = BERLIN) -> str:
    return f"{moment.astimezone(zone):%a %Y-%m-%d %H:%M}"


@pytest.mark.parametrize(("text", "local"), WALL)
def test_a_local_time_is_understood_as_people_write_it(text: str, local: str) -> None:
    parsed = parse_time(text, NOW, BERLIN)
    assert shown(parsed.at) == local
    assert parsed.local is not None


@pytest.mark.parametrize(("text", "local"), EXACT)
def test_a_wait_and_a_time_in_another_zone_are_exact(text: str, local: str) -> None:
    parsed = parse_time(text, NOW, BERLIN)
    assert shown(parsed.at) == local
    assert parsed.local is None


@pytest.mark.parametrize(("text", "says"), REFUSED)
def test_a_text_that_is_not_a_future_time_is_refused_with_a_sentence(text: str, says: str) -> None:
    with pytest.raises(UserError, match=says) as refusal:
        parse_time(text, NOW, BERLIN)
    assert len(str(refusal.value)) < 300


@pytest.mark.parametrize(
    ("text", "zone", "local"),
    [
        ("today 18", NEW_YORK, "Fri 2026-03-27 18:00"),
        ("18:00", TOKYO, "Sat 2026-03-28 18:00"),  # there it is 18:17
        ("friday 18:30", TOKYO, "Fri 2026-03-27 18:30"),
        ("tomorrow", TOKYO, "Sat 2026-03-28 12:00"),
        ("8 November 1:30", NEW_YORK, "Sun 2026-11-08 01:30"),
        ("1 November 1:30", NEW_YORK, "Sun 2026-11-01 01:30"),  # it is shown twice that night
    ],
)
def test_a_time_is_in_the_servers_zone(text: str, zone: ZoneInfo, local: str) -> None:
    assert shown(parse_time(text, NOW, zone).at, zone) == local


GERMAN = [
    ("morgen 9 Uhr", "Sat 2026-03-28 09:00"),
    ("morgen um 9", "Sat 2026-03-28 09:00"),
    ("Morgen früh um 8", "Sat 2026-03-28 08:00"),
    ("morgen um halb 9", "Sat 2026-03-28 08:30"),
    ("morgen", "Sat 2026-03-28 12:00"),
    ("morgen Mittag", "Sat 2026-03-28 12:00"),
    ("heute Abend um 9", "Fri 2026-03-27 21:00"),
    ("heute Abend", "Fri 2026-03-27 20:00"),
    ("heute Nacht um 1", "Sat 2026-03-28 01:00"),
    ("heute 18:30 Uhr", "Fri 2026-03-27 18:30"),
    ("morgen Abend 19 Uhr 30", "Sat 2026-03-28 19:30"),
    ("um Mitternacht", "Sat 2026-03-28 00:00"),
    ("übermorgen 8 Uhr", "Sun 2026-03-29 08:00"),
    ("Donnerstag 18 Uhr", "Thu 2026-04-02 18:00"),
    ("am Donnerstag um 18.30 Uhr", "Thu 2026-04-02 18:30"),
    ("Do. 18:00", "Thu 2026-04-02 18:00"),
    ("nächsten Freitag um 18 Uhr", "Fri 2026-04-03 18:00"),
    ("nächste Woche", "Fri 2026-04-03 12:00"),
    ("1. April", "Wed 2026-04-01 12:00"),
    ("am 1. April 2026 um 18 Uhr", "Wed 2026-04-01 18:00"),
    ("1.4. 18 Uhr", "Wed 2026-04-01 18:00"),
    ("5. Mai", "Tue 2026-05-05 12:00"),
    ("24. Dez. 18:00", "Thu 2026-12-24 18:00"),
    ("in 3 Tagen", "Mon 2026-03-30 11:17"),
    ("in 90 Minuten", "Fri 2026-03-27 11:47"),
    ("in einer Stunde", "Fri 2026-03-27 11:17"),
    ("in einer halben Stunde", "Fri 2026-03-27 10:47"),
    ("in zwei Wochen", "Fri 2026-04-10 11:17"),
    ("in anderthalb Stunden", "Fri 2026-03-27 11:47"),
    ("in zweieinhalb Stunden", "Fri 2026-03-27 12:47"),
    ("in einer Viertelstunde", "Fri 2026-03-27 10:32"),
    ("in fünf Minuten", "Fri 2026-03-27 10:22"),
    ("heute in einer Woche", "Fri 2026-04-03 11:17"),
    ("übermorgen um 18:30", "Sun 2026-03-29 18:30"),
    ("Freitag", "Fri 2026-03-27 12:00"),
    ("Freitagabend um 8", "Fri 2026-03-27 20:00"),
    ("Sonnabend Abend", "Sat 2026-03-28 20:00"),
    ("Montagmorgen um neun", "Mon 2026-03-30 09:00"),
    ("Montag morgen um 9", "Mon 2026-03-30 09:00"),
    ("morgen früh", "Sat 2026-03-28 09:00"),
    ("heute Nachmittag um drei", "Fri 2026-03-27 15:00"),
    ("1 Uhr mittags", "Fri 2026-03-27 13:00"),
    ("heute Mittag um eins", "Fri 2026-03-27 13:00"),
    ("9 Uhr morgens", "Sat 2026-03-28 09:00"),
    ("9 Uhr abends", "Fri 2026-03-27 21:00"),
    ("3 Uhr nachts", "Sat 2026-03-28 03:00"),
    ("heute Nacht um halb eins", "Sat 2026-03-28 00:30"),
    ("heute Nacht um 5", "Sat 2026-03-28 05:00"),
    ("heute Abend Viertel nach 8", "Fri 2026-03-27 20:15"),
    ("fünf vor halb neun", "Sat 2026-03-28 08:25"),
    ("dreiviertel neun", "Sat 2026-03-28 08:45"),
    ("halb eins", "Fri 2026-03-27 12:30"),
    ("24 Uhr", "Sat 2026-03-28 00:00"),
    ("heute um Mitternacht", "Sat 2026-03-28 00:00"),
    ("Montag nächster Woche", "Mon 2026-03-30 12:00"),
    ("am 5. um 9", "Sun 2026-04-05 09:00"),
    ("morgen um halb drei", "Sat 2026-03-28 02:30"),
    ("uebermorgen 9 Uhr", "Sun 2026-03-29 09:00"),
    ("in two days", "Sun 2026-03-29 11:17"),
    ("31.12. Mitternacht", "Thu 2026-12-31 00:00"),
    ("am 1. des Monats", "Wed 2026-04-01 12:00"),
    ("am 5. des nächsten Monats um 9", "Sun 2026-04-05 09:00"),
    ("gestern", None),
    ("irgendwann", None),
    ("tomorrow at 9", "Sat 2026-03-28 09:00"),
]


@pytest.mark.parametrize(("text", "local"), GERMAN)
def test_a_time_may_be_in_the_readers_language(text: str, local: str | None) -> None:
    with use_language("de"):
        if local is None:
            with pytest.raises(UserError, match=text):
                parse_time(text, NOW, BERLIN)
        else:
            assert shown(parse_time(text, NOW, BERLIN).at) == local


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("demain à 9h", "Sat 2026-03-28 09:00"),
        ("demain", "Sat 2026-03-28 12:00"),
        ("dans 3 jours", "Mon 2026-03-30 12:00"),
        ("dans 90 minutes", "Fri 2026-03-27 11:47"),
        ("n'importe quoi", None),
        ("hier", None),
    ],
)
def test_a_time_in_a_language_without_words_of_its_own_is_read_by_dateparser(
    text: str, local: str | None, tmp_path: Path
) -> None:
    with use_sentences(tmp_path, {"fr": {}}), use_language("fr"):
        if local is None:
            with pytest.raises(UserError, match=text):
                parse_time(text, NOW, BERLIN)
        else:
            assert shown(parse_time(text, NOW, BERLIN).at) == local


def test_german_words_are_not_read_in_english() -> None:
    with pytest.raises(UserError, match="understand the time"):
        parse_time("morgen 9 Uhr", NOW, BERLIN)


def test_a_repeated_time_means_the_first_of_the_two() -> None:
    first = parse_time("25 October 2:30", NOW, BERLIN).at
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("Thursday 18:00", "2026-04-02 18:00"),
        ("friday at 6pm", "2026-03-27 18:00"),
        ("tomorrow 9am", "2026-03-28 09:00"),
        ("2026-04-01 18:00", "2026-04-01 18:00"),
        ("1 April 18:00", "2026-04-01 18:00"),
        ("1.4.2026 18:00", "2026-04-01 18:00"),
        ("noon", "2026-03-27 12:00"),
        ("sunday", "2026-03-29 12:00"),
        ("9:00", "2026-03-28 09:00"),
        ("tomorrow midnight", "2026-03-28 00:00"),
        ("29 March 2:30", "2026-03-29 03:00"),
        ("in 3 days", "2026-03-30 11:00"),
        ("in 90 minutes", "2026-03-27 11:30"),
        ("2 weeks", "2026-04-10 11:00"),
    ],
)
def test_a_time_is_understood_at_a_full_hour(text: str, local: str) -> None:
    parsed = parse_time(text, AT_TEN, BERLIN)
    assert f"{parsed.at.astimezone(BERLIN):%Y-%m-%d %H:%M}" == local
    assert (parsed.local is None) == text.startswith(("in ", "2 weeks"))


def test_a_night_that_has_begun_is_this_one() -> None:
    after_midnight = datetime(2026, 3, 27, 0, 17, tzinfo=UTC)
    for text, local in (
        ("tonight at 2", "Fri 2026-03-27 02:00"),
        ("tonight at 1", "Sat 2026-03-28 01:00"),
        ("tonight at 9", "Fri 2026-03-27 21:00"),
        ("midnight tonight", "Sat 2026-03-28 00:00"),
    ):
        assert shown(parse_time(text, after_midnight, BERLIN).at) == local
    with use_language("de"):
        assert (
            shown(parse_time("3 Uhr nachts", after_midnight, BERLIN).at) == "Fri 2026-03-27 03:00"
        )


def test_every_and_its_translations_are_answered_with_what_to_write() -> None:
    for language, text in (("en", "every Friday"), ("de", "jeden Freitag"), ("de", "täglich um 9")):
        with use_language(language), pytest.raises(UserError, match="only once"):
            parse_time(text, NOW, BERLIN)


@pytest.mark.parametrize("text", ["", "5", "soon", "31 Feb", "x" * 101, "yesterday", "3 days ago"])
def test_a_past_time_or_another_text_is_refused(text: str) -> None:
    with pytest.raises(UserError):
        parse_time(text, AT_TEN, BERLIN)


def test_a_time_in_ten_years_is_refused() -> None:
    with pytest.raises(UserError, match="two years"):
        parse_time("2036-01-01 10:00", AT_TEN, BERLIN)


@pytest.mark.parametrize(
    "text", ["22:00-08:00", "22:00 – 8:00", "10 pm to 8 am", "10pm until 8am", "22-8"]
)
def test_quiet_hours_are_understood_as_people_write_them(text: str) -> None:
    assert parse_quiet_hours(text) == QuietHours(time(22), time(8))


def test_none_means_no_quiet_hours_and_another_text_is_refused() -> None:
    assert parse_quiet_hours("none") is None
    assert parse_quiet_hours("18:00-24:00") == QuietHours(time(18), time(0))
    for text in ("22:00", "night", "8:00-8:00", "25:00-26:00"):
        with pytest.raises(UserError):
            parse_quiet_hours(text)


@pytest.mark.parametrize(
    "text", ["22 bis 8 Uhr", "von 22:00 bis 08:00", "22 Uhr – 8 Uhr", "22:00-8:00", "10 pm to 8 am"]
)
def test_quiet_hours_may_be_in_the_readers_language(text: str) -> None:
    with use_language("de"):
        assert parse_quiet_hours(text) == QuietHours(time(22), time(8))


@pytest.mark.parametrize(
    ("language", "text", "weekly"),
    [
        ("en", "Sunday 18:00", WeeklyTime(6, time(18))),
        ("en", "every Sunday at 6 pm", WeeklyTime(6, time(18))),
        ("en", "sundays at half past six pm", WeeklyTime(6, time(18, 30))),
        ("en", "Sunday evening", WeeklyTime(6, time(20))),
        ("en", "Sunday night at 1", WeeklyTime(0, time(1))),
        ("en", "Sunday 24:00", WeeklyTime(0, time(0))),
        ("en", "at noon on Fridays", WeeklyTime(4, time(12))),
        ("de", "Sonntag 18:00", WeeklyTime(6, time(18))),
        ("de", "jeden Sonntag um 18 Uhr", WeeklyTime(6, time(18))),
        ("de", "sonntags um 18.30 Uhr", WeeklyTime(6, time(18, 30))),
        ("de", "Sonntagabend um 7", WeeklyTime(6, time(19))),
        ("de", "Sunday 18:00", WeeklyTime(6, time(18))),
        ("en", "Sonntag 18:00", None),
        ("en", "Sunday", None),
        ("en", "daily 18:00", None),
        ("en", "Sunday 25:00", None),
        ("de", "täglich um 18 Uhr", None),
        ("de", "", None),
    ],
)
def test_a_time_of_each_week_is_understood(
    language: str, text: str, weekly: WeeklyTime | None
) -> None:
    with use_language(language):
        assert parse_weekly_time(text) == weekly


def test_none_is_understood_in_english_and_the_readers_language() -> None:
    assert is_none(" None ")
    assert not is_none("keine")
    with use_language("de"):
        assert is_none("Keine")
        assert is_none("off")
        assert parse_quiet_hours("keine") is None
