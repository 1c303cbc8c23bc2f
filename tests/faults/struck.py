"""``python -m tests.faults.struck``: the bot, which is killed at one of its statements.

Once: a mark is left, and with that it runs to its end.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bot.__main__ import main
from tests.faults.stage import hastened
from tests.faults.statements import Statements, listening
from tests.faults.striking import Moment

if __name__ == "__main__":
    mark, at, fault = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    moment = None if mark.exists() or not at else Moment.read(at)
    statements, counted = Statements(moment, fault, mark), mark.with_name("counted")
    statements.go_on(counted)
    with hastened(), listening(statements):
        status = main(["run"])
    statements.keep(counted)
    sys.exit(status)
