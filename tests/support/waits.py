"""The bot's waits in real time, for tests that shorten them. The one place that knows the names."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from discord.state import ConnectionState

__all__ = ["WAITS", "set_wait", "shorten_guild_wait"]

#: Where each wait is: a module and a constant of it. Setting one that doesn't exist is an error.
WAITS = {
    "call without retries": "bot.discord_api.single_attempt._SECONDS",
    "thread creation": "bot.delivery.threads._TIMEOUT",
    "reconnect": "bot.app.supervisor._FIRST_WAIT",
    "worker after an archive error": "bot.delivery.worker._REST_WITHOUT_DATABASE",
    "worker's last jobs": "bot.delivery.worker._STOP_SECONDS",
    "scheduler after an archive error": "bot.delivery.scheduler._REST_WITHOUT_DATABASE",
    "archive at start": "storage.db.database._FIRST_WAIT",
    "longest read": "storage.db.database._LONGEST_READ",
    "log truncation": "storage.db.database._LATEST_TRUNCATION",
    "log truncation again": "storage.db.database._TRUNCATION_RETRY",
    "PostgreSQL's answer": "storage.db.postgresql.connection._ANSWER_SECONDS",
    "PostgreSQL's connection": "storage.db.postgresql.connection._CONNECT_SECONDS",
    "PostgreSQL at a stop": "storage.db.postgresql.database._STOP_SECONDS",
    "look at PostgreSQL at a stop": "storage.db.postgresql.database._STOP_LOOK",
    "recorder after an archive error": "bot.ingest.recorder._FIRST_WAIT",
    "history call": "bot.ingest.catch_up._RETRY_WAITS",
    "catch-up": "bot.ingest.catch_up._INTERVAL",
    "archive in a command": "cogs.ui.deadline._ARCHIVE_SECONDS",
    "acknowledgement by itself": "cogs.ui.deadline._ACKNOWLEDGE_AFTER",
    "member names": "bot.ingest.member_names._RESPONSE_SECONDS",
}


def set_wait(patch: pytest.MonkeyPatch, wait: str, value: Any) -> None:
    """Set one of the :data:`WAITS`, in seconds, until ``patch`` is undone."""
    patch.setattr(WAITS[wait], value)


@contextlib.contextmanager
def shorten_guild_wait() -> Iterator[None]:
    """In the block, discord.py reports that it is ready 0.2 s after the last server, not 2 s."""
    with pytest.MonkeyPatch.context() as patch:
        soon = property(lambda _: 0.2, lambda *_: None)
        patch.setattr(ConnectionState, "guild_ready_timeout", soon, raising=False)
        yield
