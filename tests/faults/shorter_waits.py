"""Makes runs fast: the bot waits less in real time, and each essay is read only once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, MutableMapping

import pytest
from discord.state import ConnectionState

from bot.publishing import reader_process
from tests.support.waits import set_wait

__all__ = ["ANSWERS", "faster_bot"]

#: The cached answers of the process that reads essays, by what it was asked.
ANSWERS: dict[bytes, bytes] = {}

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
def faster_bot(answers: MutableMapping[bytes, bytes] = ANSWERS) -> Iterator[None]:
    """Shorten the bot's waits in real time; its decisions stay the same.

    No fault is injected into the process that reads essays, so its ``answers`` are cached: that
    process would take half the time of a run.
    """
    ask_child = reader_process.ask_child

    async def ask_once(question: bytes, wall_seconds: float) -> bytes:
        if question in answers:
            return answers[question]
        answer = await ask_child(question, wall_seconds)
        if answer:  # an empty one means that the process died, which the next one may not
            answers[question] = answer
        return answer

    with pytest.MonkeyPatch.context() as patch:
        # Seconds after the last server until discord.py reports that it is ready.
        soon = property(lambda _: 0.2, lambda *_: None)
        patch.setattr(ConnectionState, "guild_ready_timeout", soon, raising=False)
        patch.setattr(reader_process, "ask_child", ask_once)
        for wait, value in _WAITS.items():
            set_wait(patch, wait, value)
        yield
