"""Shared by all tests: an empty archive, and a summary of the injected faults at the end."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.db.database import Database
from tests.support.archives import open_archive, uses_postgresql

__all__ = ["database", "pytest_collection_modifyitems", "pytest_terminal_summary"]

#: Modules whose imports show that a test module runs the whole bot.
_RUNS_BOT = ("tests.support.running_bot", "tests.support.spawned_bot", "tests.emulator.small_bot")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty archive."""
    async with open_archive(tmp_path / "salon.sqlite3") as opened:
        yield opened


def _get_timeout(item: pytest.Item) -> float:
    """The time limit of a test that has one of its own, in seconds; 0 for all others."""
    marker = item.get_closest_marker("timeout")
    return float(marker.args[0]) if marker is not None else 0.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests that run the bot as slow, except smoke tests and those of the storage.

    Tests of an archive's file are skipped where archives are on PostgreSQL.

    The tests that may take longest are run first, so that the end isn't spent waiting for one.
    """
    items.sort(key=_get_timeout, reverse=True)
    other_database = pytest.mark.skip(reason="it is about an archive on SQLite")
    for item in items:
        if uses_postgresql() and item.get_closest_marker("sqlite") is not None:
            item.add_marker(other_database)
        module = getattr(item, "module", None)
        function = getattr(item, "function", None)
        if (
            module is not None
            and inspect.iscoroutinefunction(function)
            and not module.__name__.startswith("tests.storage.")
            and any(
                getattr(value, "__module__", None) in _RUNS_BOT for value in vars(module).values()
            )
            and item.get_closest_marker("smoke") is None
        ):
            item.add_marker(pytest.mark.slow)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many faults of each kind were injected, and how many of these runs failed."""
    injected: Counter[str] = Counter()
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, ())
    ]
    for report in reports:
        for name, found in getattr(report, "user_properties", ()):
            if name == "faults":
                injected.update(found)
    if not injected:
        return
    failed = injected.pop("failed", 0)
    counts = ", ".join(f"{count} × {fault}" for fault, count in sorted(injected.items()))
    terminalreporter.section("faults")
    terminalreporter.line(f"{injected.total()} runs with a fault, {failed} failed: {counts}")
