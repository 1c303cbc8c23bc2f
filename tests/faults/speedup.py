"""What makes a run quick: the bot waits less in real time, and an essay is read once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, MutableMapping

import bot.member_names
import bot.reading_process
import bot.recorder
import bot.recovery
import bot.running
import bot.sweep
import bot.tasks
import pytest
import storage.database
from discord.state import ConnectionState

__all__ = ["ANSWERS", "hastened"]

#: What a process that reads essays has answered, by what it was asked.
ANSWERS: dict[bytes, bytes] = {}


@contextlib.contextmanager
def hastened(answers: MutableMapping[bytes, bytes] = ANSWERS) -> Iterator[None]:
    """The bot waits less between two attempts, where it does so in real time; it decides alike.

    Nothing that reads an essay is struck, so what was read before is not read again in a process
    made for it, which would take half of a run's time.
    """
    ask = bot.reading_process._asked

    async def remembered(question: bytes, seconds: float) -> bytes:
        if question in answers:
            return answers[question]
        answer = await ask(question, seconds)
        if answer:  # without a word it died, which the next need not
            answers[question] = answer
        return answer

    with pytest.MonkeyPatch.context() as changed:
        # After which the library calls itself ready where no more servers are told of.
        soon = property(lambda _: 0.2, lambda *_: None)
        changed.setattr(ConnectionState, "guild_ready_timeout", soon, raising=False)
        changed.setattr(bot.running, "_FIRST_WAIT", 0.05)
        changed.setattr(bot.recovery, "_WAITS", (0.05, 0.1, 0.2, 0.4))
        changed.setattr(bot.recovery, "_BEAT", 6.0)
        changed.setattr(bot.recorder, "_FIRST_WAIT", 0.05)
        changed.setattr(bot.tasks, "_ARCHIVE_REST", 0.05)
        changed.setattr(bot.sweep, "_ARCHIVE_REST", 0.05)
        changed.setattr(storage.database, "_FIRST_WAIT", 0.05)
        changed.setattr(bot.member_names, "_ANSWERED_WITHIN", 0.5)
        changed.setattr(bot.reading_process, "_asked", remembered)
        yield
