"""The line admins get after an outage: how long it was, and how much was recovered."""

from __future__ import annotations

from datetime import timedelta

from bot.core.text.plural import format_count
from bot.ingest.batch import RecoveredChanges

__all__ = ["format_duration", "make_catch_up_summary"]


def format_duration(time: timedelta) -> str:
    """A duration in its two largest units: ``3 h 12 min``, ``2 d``, ``40 s``."""
    seconds = max(0, round(time.total_seconds()))
    units = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
    parts: list[str] = []
    for position, (name, size) in enumerate(units):
        if seconds < size:
            continue
        count, rest = divmod(seconds, size)
        parts.append(f"{count} {name}")
        if position + 1 < len(units):
            smaller, size = units[position + 1]
            if rest // size and name != "min":
                parts.append(f"{rest // size} {smaller}")
        break
    return " ".join(parts) or "a moment"


def make_catch_up_summary(away: timedelta, found: RecoveredChanges) -> str:
    """``Back after 3 h 12 min: 14 replies, 2 edits, 1 deletion recovered.``"""
    kinds = [
        format_count(found.replies, "reply", "replies") if found.replies else "",
        format_count(found.edits, "edit", "edits") if found.edits else "",
        format_count(found.deletions, "deletion", "deletions") if found.deletions else "",
    ]
    changes = ", ".join(kind for kind in kinds if kind) or "nothing was missed"
    end = " recovered." if found else "."
    return f"Back after {format_duration(away)}: {changes}{end}"
