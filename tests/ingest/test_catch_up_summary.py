"""The line admins get after an outage: how long it lasted and what was recovered."""

from __future__ import annotations

from datetime import timedelta

from bot.ingest.batch import RecoveredChanges
from bot.ingest.catch_up_summary import make_catch_up_summary


def test_the_summary_counts_what_was_recovered() -> None:
    away = timedelta(hours=3, minutes=12, seconds=5)
    summary = make_catch_up_summary(away, RecoveredChanges(14, 2, 1))
    assert str(summary) == "Back after 3 h 12 min: 14 replies, 2 edits and 1 deletion recovered."
    assert (
        str(make_catch_up_summary(timedelta(days=2), RecoveredChanges(edits=1)))
        == "Back after 2 d: 1 edit recovered."
    )
    assert (
        str(make_catch_up_summary(timedelta(0), RecoveredChanges(1)))
        == "Back after a moment: 1 reply recovered."
    )
