"""The running bot doesn't load what only rare commands and settings need: 30 MB."""

from __future__ import annotations

import subprocess
import sys

_START = """
import importlib, sys
import bot.__main__, bot.app.supervisor
from bot.app.client import EXTENSIONS

for extension in EXTENSIONS:
    importlib.import_module(extension)
print(*sorted(sys.modules))
"""
#: Only a child process, a rare command or a setting needs them.
_RARELY_NEEDED = {
    "aiohttp.web",
    "bot.core.extraction.closing_questions",
    "bot.core.extraction.masthead",
    "bot.library.chart",
    "charset_normalizer",
    "dateparser",
    "jinja2",
    "lxml",
    "markdown_it",
    "pdfminer",
    "prometheus_client",
    "rapidfuzz",
    "resvg_py",
    "wcwidth",
    "yaml",
}


def test_the_bot_starts_without_the_libraries_that_it_rarely_needs() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _START], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "discord" in loaded
    assert not loaded & _RARELY_NEEDED
