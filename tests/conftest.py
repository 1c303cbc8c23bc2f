"""What all tests share: an empty archive, and a summary of the faults at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.db.database import Database, open_database

__all__ = ["database", "pytest_terminal_summary"]


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty archive."""
    async with open_database(tmp_path / "salon.sqlite3") as opened:
        yield opened


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count the faults that were struck, and how many plays came to the same in spite of them."""
    struck: Counter[str] = Counter()
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, ())
    ]
    for report in reports:
        for name, found in getattr(report, "user_properties", ()):
            if name == "faults":
                struck.update(found)
    if not struck:
        return
    wrong = struck.pop("wrong", 0)
    told = ", ".join(f"{count} × {fault}" for fault, count in sorted(struck.items()))
    terminalreporter.section("faults")
    terminalreporter.line(f"{struck.total()} plays with a fault each, {wrong} wrong: {told}")
