"""The retry policy: how long to wait before the next attempt."""

from __future__ import annotations

from bot.discord_api.retry import PROMPT_DELAYS, get_delay


def test_a_transient_error_is_retried_soon_and_at_least_every_five_minutes() -> None:
    delays = [get_delay(attempts, slow=False) // 1000 for attempts in range(1, 30)]
    assert delays[:9] == [2, 4, 8, 16, 32, 64, 128, 256, 300]
    assert set(delays[8:]) == {300}


def test_what_somebody_has_to_fix_is_retried_after_a_minute_and_at_least_every_hour() -> None:
    delays = [get_delay(attempts, slow=True) // 1000 for attempts in range(1, 30)]
    assert delays[:8] == [60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert set(delays[6:]) == {3600}


def test_a_prompt_is_tried_for_less_than_a_day() -> None:
    assert sum(PROMPT_DELAYS) < 86_400_000
    assert list(PROMPT_DELAYS) == sorted(PROMPT_DELAYS)
