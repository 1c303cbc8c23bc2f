"""The running bot doesn't load the libraries that only read essays or make books: 20 MB."""

from __future__ import annotations

import subprocess
import sys

_START = """
import importlib, sys
from bot.app.client import EXTENSIONS

for extension in EXTENSIONS:
    importlib.import_module(extension)
print(*sorted(sys.modules))
"""
#: Only a child process or a rare command needs them.
_RARELY_NEEDED = {
    "charset_normalizer",
    "dateparser",
    "jinja2",
    "lxml",
    "markdown_it",
    "pdfminer",
    "resvg_py",
    "yaml",
}


def test_the_bot_starts_without_the_libraries_that_it_rarely_needs() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _START], capture_output=True, text=True, check=True
    )
    loaded = {module.partition(".")[0] for module in done.stdout.split()}
    assert "discord" in loaded
    assert not loaded & _RARELY_NEEDED
