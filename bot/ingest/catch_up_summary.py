"""The alert that admins get after an outage: how long it was, and how much was recovered."""

from __future__ import annotations

from datetime import timedelta

from bot.core.text.coded_text import CodedText, make_coded
from bot.ingest.batch import RecoveredChanges

__all__ = ["describe_duration", "make_catch_up_summary"]


def describe_duration(time: timedelta) -> CodedText:
    """A duration in its two largest units: ``3 h 12 min``, ``2 d``, ``40 s``."""
    seconds = max(0, round(time.total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days:
        rest = hours - 24 * days
        return make_coded("days-hours", days=days, hours=rest) if rest else _coded("days", days)
    if hours:
        rest = minutes - 60 * hours
        if rest:
            return make_coded("hours-minutes", hours=hours, minutes=rest)
        return _coded("hours", hours)
    if minutes:
        return _coded("minutes", minutes)
    return _coded("seconds", seconds) if seconds else make_coded("moment")


def _coded(unit: str, number: int) -> CodedText:
    return make_coded(unit, **{unit: number})


def make_catch_up_summary(away: timedelta, found: RecoveredChanges) -> CodedText:
    """``Back after 3 h 12 min: 14 replies, 2 edits and 1 deletion recovered.``

    Something has to be recovered.
    """
    counts = (("replies", found.replies), ("edits", found.edits), ("deletions", found.deletions))
    changes = tuple(make_coded(kind, count=count) for kind, count in counts if count)
    return make_coded("alert-recovered", away=describe_duration(away), changes=changes)
