"""Titles and names as they appear in answers, alerts and prompts: short, literal, on one line."""

from __future__ import annotations

from bot.core.text.escape import escape
from bot.core.text.truncate import truncate

__all__ = ["MAX_TITLE", "escape_title", "shorten_title"]

#: UTF-16 units of a title inside a sentence, before escaping, which can double them.
MAX_TITLE = 80


def shorten_title(title: str, most: int = MAX_TITLE) -> str:
    """A title on one line of at most ``most`` UTF-16 units; for what isn't Markdown."""
    return truncate(" ".join(title.split()), most)


def escape_title(title: str, most: int = MAX_TITLE) -> str:
    """A title for a sentence in Discord's Markdown: shortened, escaped, on one line."""
    return escape(shorten_title(title, most))
