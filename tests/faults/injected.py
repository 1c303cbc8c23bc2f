"""The bot in a process of its own, which is killed at one of its statements.

Once: a mark is left, and with that it runs to its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.__main__ import main
from tests.faults.injection import Moment
from tests.faults.speedup import hastened
from tests.faults.statements import Statements, listening

__all__ = ["Lot", "run"]


@dataclass(frozen=True)
class Lot:
    """What befalls a bot's process: ``fault`` ``at`` a statement, unless ``mark`` tells it has.

    ``at`` None: nothing that comes from within.
    """

    mark: Path
    at: Moment | None
    fault: str


def run(lot: Lot, answers: dict[bytes, bytes]) -> int:
    """Run the bot until it ends, by itself or by its lot; its exit status.

    ``answers``: what essays that were read before read as.
    """
    at = None if lot.mark.exists() else lot.at
    statements, counted = Statements(at, lot.fault, lot.mark), lot.mark.with_name("counted")
    statements.go_on(counted)
    with hastened(answers), listening(statements):
        status = main(["run"])
    statements.keep(counted)
    return status
