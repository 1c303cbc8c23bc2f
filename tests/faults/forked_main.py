"""The main function of a forked bot, which a fault kills at one of its statements.

It is killed once: a marker file is left, and the next process with the same marker runs on.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.__main__ import main
from tests.faults.call_faults import Occurrence
from tests.faults.shorter_waits import faster_bot
from tests.faults.statement_faults import StatementFaultInjector, watch_writer

__all__ = ["ProcessFault", "run"]


@dataclass(frozen=True)
class ProcessFault:
    """The fault injected into a bot's process: ``fault`` ``at`` a statement, once.

    ``marker``: the file that shows it has been injected. ``at`` is None if no fault comes from
    within the process.
    """

    marker: Path
    at: Occurrence | None
    fault: str


def run(fault: ProcessFault) -> int:
    """Run the bot until it ends, by itself or killed by the fault; its exit status."""
    was_killed = fault.marker.exists()
    at = None if was_killed else fault.at
    statements = StatementFaultInjector(at, fault.fault, fault.marker, has_gaps=was_killed)
    counts = fault.marker.with_name("counted")
    statements.load_counts(counts)
    with faster_bot(), watch_writer(statements):
        status = main(["run"])
    statements.save_counts(counts)
    return status
