"""Numbers of things, as they are said."""

from __future__ import annotations

__all__ = ["format_count"]


def format_count(count: int, one: str, many: str | None = None) -> str:
    """``1 word``, ``1,200 words``; ``many``: the word for more than one, else with an s."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
