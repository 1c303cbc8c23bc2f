"""Discord's timestamp markup."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.core.text.timestamps import format_timestamp


def test_a_timestamp_is_in_seconds_with_its_style() -> None:
    moment = datetime(2026, 3, 27, 9, tzinfo=UTC)
    assert format_timestamp(moment, "R") == "<t:1774602000:R>"
