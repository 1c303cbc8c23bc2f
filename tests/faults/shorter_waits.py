"""Makes runs fast: the bot waits less in real time, and starts no process to read an essay."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from tests.support.essay_reading import read_in_bot_process
from tests.support.waits import set_wait, shorten_guild_wait

__all__ = ["faster_bot"]

_WAITS = {
    "reconnect": 0.05,
    "worker after an archive error": 0.05,
    "scheduler after an archive error": 0.05,
    "archive at start": 0.05,
    "recorder after an archive error": 0.05,
    "history call": (0.05, 0.1, 0.2, 0.4),
    "catch-up": 6.0,
    "member names": 0.5,
}


@contextlib.contextmanager
def faster_bot() -> Iterator[None]:
    """Shorten the bot's waits in real time; its decisions stay the same."""
    with pytest.MonkeyPatch.context() as patch, read_in_bot_process(), shorten_guild_wait():
        for wait, value in _WAITS.items():
            set_wait(patch, wait, value)
        yield
