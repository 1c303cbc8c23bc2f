"""Markdown."""

from __future__ import annotations

from bot.discussion.document import Document
from bot.discussion.plaintext import read_plain_text


def read_markdown(text: str) -> Document:
    return read_plain_text(text)
