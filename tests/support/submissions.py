"""Submissions as the commands store them, for tests of the steps after."""

from __future__ import annotations

from storage.essays.submissions import Submission
from tests.support.running_bot import RunningBot

__all__ = ["make_submission"]


def make_submission(
    running: RunningBot,
    text: str,
    *,
    number: int = 7,
    title: str | None = None,
    essay_id: int | None = None,
) -> Submission:
    """A text that the admin submitted for ``essays``; ``number``, its id, says when."""
    return Submission(
        id=number,
        server_id=running.server_id,
        server_name="Town",
        channel_id=running.channel(),
        member_id=running.member().id,
        member_name="Ada",
        file_name=None,
        file_url=None,
        text=text,
        title=title,
        essay_id=essay_id,
    )
