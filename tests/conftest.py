"""What is told at the end of the tests."""

from __future__ import annotations

from collections import Counter

import pytest

__all__ = ["pytest_terminal_summary"]


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
