"""Child processes that obey file permissions, also where the tests run as root."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

__all__ = ["run_unprivileged"]

ROOT = Path(__file__).parents[2]


def run_unprivileged(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python without root's permission to read and write every file (setpriv(1))."""
    prefix: list[str] = []
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root may write every file, and setpriv isn't installed")
        prefix = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("SALON_", "DISCORD_"))}
    return subprocess.run(
        [*prefix, sys.executable, *arguments],
        env=kept | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
