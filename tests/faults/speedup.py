"""What makes a run quick: the bot waits less in real time, and an essay is read once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, MutableMapping

import pytest
from discord.state import ConnectionState

import bot.app.supervisor
import bot.delivery.scheduler
import bot.delivery.worker
import bot.ingest.catch_up
import bot.ingest.member_names
import bot.ingest.recorder
import bot.publishing.reader_process
import storage.db.database

__all__ = ["ANSWERS", "hastened"]

#: What a process that reads essays has answered, by what it was asked.
ANSWERS: dict[bytes, bytes] = {}


@contextlib.contextmanager
def hastened(answers: MutableMapping[bytes, bytes] = ANSWERS) -> Iterator[None]:
    """The bot waits less between two attempts, where it does so in real time; it decides alike.

    Nothing that reads an essay is struck, so what was read before is not read again in a process
    made for it, which would take half of a run's time.
    """
    ask = bot.publishing.reader_process._ask_child

    async def remembered(question: bytes, wall_seconds: float) -> bytes:
        if question in answers:
            return answers[question]
        answer = await ask(question, wall_seconds)
        if answer:  # without a word it died, which the next need not
            answers[question] = answer
        return answer

    with pytest.MonkeyPatch.context() as changed:
        # After which the library calls itself ready where no more servers are told of.
        soon = property(lambda _: 0.2, lambda *_: None)
        changed.setattr(ConnectionState, "guild_ready_timeout", soon, raising=False)
        changed.setattr(bot.app.supervisor, "_FIRST_WAIT", 0.05)
        changed.setattr(bot.ingest.catch_up, "_RETRY_WAITS", (0.05, 0.1, 0.2, 0.4))
        changed.setattr(bot.ingest.catch_up, "_INTERVAL", 6.0)
        changed.setattr(bot.ingest.recorder, "_FIRST_WAIT", 0.05)
        changed.setattr(bot.delivery.worker, "_REST_WITHOUT_DATABASE", 0.05)
        changed.setattr(bot.delivery.scheduler, "_REST_WITHOUT_DATABASE", 0.05)
        changed.setattr(storage.db.database, "_FIRST_WAIT", 0.05)
        changed.setattr(bot.ingest.member_names, "_RESPONSE_SECONDS", 0.5)
        changed.setattr(bot.publishing.reader_process, "_ask_child", remembered)
        yield
