"""Installs client libraries for the tests, each into its own folder.

The folder is ``.client-libraries`` of the checkout, or the one that ``SALON_CLIENT_LIBRARIES``
names. A library is installed once, by pip or npm with their own settings.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import filelock
import pytest

__all__ = ["LIBRARIES", "Library", "command_of"]

_HERE = Path(__file__).parent
_CACHE = Path(
    os.environ.get("SALON_CLIENT_LIBRARIES") or Path(__file__).parents[3] / ".client-libraries"
)
_PATIENCE = 240.0
"""Seconds for one installation."""


@dataclass(frozen=True)
class Library:
    """A library: its script, and what pip or npm installs (nothing: it is in this environment)."""

    script: str
    pip: tuple[str, ...] = ()
    npm: tuple[str, ...] = ()
    by_hand: bool = False
    lacks: frozenset[str] = field(default_factory=frozenset)
    """What the library itself doesn't have."""


_NO_FILES = frozenset({"files in modals"})

LIBRARIES = {
    "discord.py": Library("discordpy_bot.py"),
    "discord.js": Library("discordjs_bot.cjs", npm=("discord.js@14.28.1",)),
    "hikari": Library("hikari_bot.py", pip=("hikari==2.7.0",), lacks=_NO_FILES),
    "disnake": Library("disnake_bot.py", pip=("disnake==2.12.2",), by_hand=True),
    "nextcord": Library("nextcord_bot.py", pip=("nextcord==2.6.0",), by_hand=True, lacks=_NO_FILES),
    "py-cord": Library("pycord_bot.py", pip=("py-cord==2.8.1",), by_hand=True),
    "interactions.py": Library(
        "interactions_bot.py",
        pip=("discord-py-interactions==5.16.0",),
        by_hand=True,
        lacks=_NO_FILES,
    ),
    "oceanic.js": Library("oceanic_bot.cjs", npm=("oceanic.js@1.15.0",), by_hand=True),
}


def command_of(name: str) -> tuple[list[str], dict[str, str]]:
    """The command that runs a library's script, and its environment.

    Skips the test, with the reason, if the library can't be installed.
    """
    library = LIBRARIES[name]
    script = str(_HERE / "scripts" / library.script)
    environment = {**os.environ, "PYTHONWARNINGS": "default"}
    if library.npm:
        if shutil.which("node") is None or shutil.which("npm") is None:
            pytest.skip(f"{name} needs Node.js and npm, which aren't here.")
        folder = _installed(name, library)
        return ["node", script], {**environment, "NODE_PATH": str(folder / "node_modules")}
    if library.pip:
        folder = _installed(name, library)
        return [sys.executable, script], {**environment, "PYTHONPATH": str(folder)}
    return [sys.executable, script], environment


def _installed(name: str, library: Library) -> Path:
    wanted = "\n".join(library.pip + library.npm)
    folder = _CACHE / name
    done = folder / "installed.txt"
    folder.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(_CACHE / f"{name}.lock"):
        if done.is_file() and done.read_text() == wanted:
            return folder
        if library.npm:
            command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"]
            command += ["--prefix", str(folder), *library.npm]
        else:
            command = [sys.executable, "-m", "pip", "install", "--quiet", "--upgrade"]
            command += ["--disable-pip-version-check", "--target", str(folder), *library.pip]
        try:
            made = subprocess.run(
                command, capture_output=True, text=True, timeout=_PATIENCE, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            pytest.skip(f"{name} can't be installed here: {error}")
        if made.returncode:
            last = (made.stderr.strip().splitlines() or ["no reason given"])[-1]
            pytest.skip(f"{name} can't be installed here: {last}")
        done.write_text(wanted)
    return folder
