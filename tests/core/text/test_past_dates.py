"""Dates in the past, as people write them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.core.text.past_dates import parse_past_date
from bot.core.text.translate import use_language
from bot.errors import UserError

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-05-01", "2026-05-01"),
        ("1 May", "2026-05-01"),
        ("May 1st, 2025", "2025-05-01"),
        ("24 December", "2025-12-24"),
        ("29 Feb", "2024-02-29"),
        ("1.5.2026", "2026-05-01"),
        ("May 2026", "2026-05-01"),
        ("march", "2026-03-01"),
        ("2025", "2025-01-01"),
        ("today", "2026-11-28"),
        ("Yesterday", "2026-11-27"),
        ("3 weeks ago", "2026-11-07"),
        ("last week", "2026-11-21"),
        ("10 days", "2026-11-18"),
        ("a month ago", "2026-10-29"),
        ("9999 years ago", "2015-01-01"),
        ("0001-01-01", "2015-01-01"),
        ("since yesterday", "2026-11-27"),
        ("the day before yesterday", "2026-11-26"),
        ("this week", "2026-11-23"),
        ("this month", "2026-11-01"),
        ("this year", "2026-01-01"),
        ("7d", "2026-11-21"),
        ("24h", "2026-11-27"),
        ("2 hours ago", "2026-11-28"),
        ("sept 2025", "2025-09-01"),
        ("in May", "2026-05-01"),
        ("1.5", "2026-05-01"),
        ("2026-05-01 18:00", "2026-05-01"),
        ("2026-05-01T18:00:00Z", "2026-05-01"),
        ("<t:1777593600:R>", "2026-05-01"),
        ("three weeks ago", "2026-11-07"),
        ("on the 1st of May", "2026-05-01"),
        ("1.5.", "2026-05-01"),
        ("Monday", "2026-11-23"),
        ("last Saturday", "2026-11-21"),
        ("saturday", "2026-11-28"),
    ],
)
def test_a_day_in_the_past_is_understood(text: str, day: str) -> None:
    assert parse_past_date(text, NOW, ZoneInfo("UTC")).date().isoformat() == day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1. Mai", "2026-05-01"),
        ("am 1. März", "2026-03-01"),
        ("März 2025", "2025-03-01"),
        ("vor 3 Wochen", "2026-11-07"),
        ("vor drei Wochen", "2026-11-07"),
        ("vor einem Jahr", "2025-11-28"),
        ("letzte Woche", "2026-11-21"),
        ("letzten Montag", "2026-11-23"),
        ("gestern", "2026-11-27"),
        ("seit vorgestern", "2026-11-26"),
        ("seit dem 1. Mai", "2026-05-01"),
        ("diese Woche", "2026-11-23"),
        ("yesterday", "2026-11-27"),
    ],
)
def test_a_day_in_the_past_may_be_in_the_readers_language(text: str, day: str) -> None:
    with use_language("de"):
        assert parse_past_date(text, NOW, ZoneInfo("UTC")).date().isoformat() == day


def test_the_day_begins_at_midnight_in_the_servers_time_zone() -> None:
    found = parse_past_date("yesterday", NOW, ZoneInfo("Asia/Tokyo"))
    assert found == datetime(2026, 11, 26, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "soon", "13 Smarch", "31 June 2026", "x" * 500, "1", "-3 days"]
)
def test_anything_else_gets_a_sentence_with_examples(text: str) -> None:
    with pytest.raises(UserError, match="I don't understand the date"):
        parse_past_date(text, NOW, ZoneInfo("UTC"))


@pytest.mark.parametrize("text", ["2027-01-01", "2031", "tomorrow", "next week", "<t:99999999999>"])
def test_a_date_in_the_future_gets_a_sentence(text: str) -> None:
    with pytest.raises(UserError, match="in the future"):
        parse_past_date(text, NOW, ZoneInfo("UTC"))


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
@pytest.mark.parametrize("text", ["9999 years ago", "0001-01-01", "1 Jan 0001"])
def test_the_oldest_day_exists_in_every_time_zone(text: str, zone: str) -> None:
    assert parse_past_date(text, NOW, ZoneInfo(zone)).year in (2014, 2015)
