"""Plurals: a count with its noun (``1,200 words``), and whole sentences for one and for many."""

from __future__ import annotations

__all__ = ["format_count", "format_plural"]


def format_count(count: int, one: str, many: str | None = None) -> str:
    """``1 word``, ``1,200 words``; ``many``: the plural, by default ``one`` with an s."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def format_plural(count: int, one: str, many: str, /, **values: object) -> str:
    """The sentence ``one`` or ``many`` with its named placeholders filled in.

    ``{count}`` is the count, with commas; ``values`` has the others. Only the sentences are
    formatted, never the values.
    """
    return (one if count == 1 else many).format(count=f"{count:,}", **values)
