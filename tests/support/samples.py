"""Which of many long runs a test run makes: a part of them in CI, all with `scripts/test --all`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")

__all__ = ["RUN_ALL", "SEED", "every_nth"]

#: Make every run: ``scripts/test --all`` sets ``SALON_TEST_ALL=1``.
RUN_ALL = os.environ.get("SALON_TEST_ALL") == "1"
#: Picks another part of the runs: ``SALON_FAULT_SEED``, a whole number.
SEED = int(os.environ.get("SALON_FAULT_SEED", "1"))


def every_nth(runs: Iterable[T], n: int) -> list[T]:
    """Every ``n``-th run, the first one chosen by ``SEED``; all of them with ``RUN_ALL``."""
    return [run for index, run in enumerate(runs) if RUN_ALL or index % n == SEED % n]
