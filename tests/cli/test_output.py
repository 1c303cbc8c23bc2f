"""Standard output that can't be written: a sentence, and no traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ESSAY = ROOT / "bot/emulator/demo/essay.md"
FULL = Path("/dev/full")

COMMANDS = pytest.mark.parametrize(
    "command", [("--version",), ("preview", str(ESSAY)), ("preview", str(ESSAY), "--json")]
)


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
@COMMANDS
def test_a_full_disk_gets_a_sentence(command: tuple[str, ...]) -> None:
    with FULL.open("wb") as full:
        done = run(command, stdout=full)
    assert done.returncode == 74
    assert done.stderr.decode() == (
        "Not everything was written: No space left on device. Free some space.\n"
    )


@COMMANDS
def test_a_reader_that_has_closed_the_output_gets_nothing(command: tuple[str, ...]) -> None:
    with subprocess.Popen(["true"], stdin=subprocess.PIPE) as reader:
        reader.wait()
        done = run(command, stdout=reader.stdin)
    assert done.returncode == 1
    assert done.stderr == b""


def run(command: tuple[str, ...], *, stdout: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        [sys.executable, "-m", "bot", *command],
        stdout=stdout,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        check=False,
        timeout=60,
    )
