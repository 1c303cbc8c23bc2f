"""Counts with their nouns, in English: ``1,200 words``."""

from __future__ import annotations

__all__ = ["format_count"]


def format_count(count: int, one: str, many: str | None = None) -> str:
    """``1 word``, ``1,200 words``; ``many``: the plural, by default ``one`` with an s."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
