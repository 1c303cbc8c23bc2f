"""Submissions as commands leave them behind, for tests of what comes after."""

from __future__ import annotations

from storage.essays.submissions import Submission
from tests.support.running_bot import House

__all__ = ["submitted"]


def submitted(
    house: House,
    text: str,
    *,
    number: int = 7,
    title: str | None = None,
    essay_id: int | None = None,
) -> Submission:
    """A text that the admin handed in for ``essays``, long ago unless ``number`` says otherwise."""
    return Submission(
        id=number,
        server_id=house.server_id,
        server_name="Town",
        channel_id=house.channel(),
        member_id=house.member().id,
        member_name="Ada",
        file_name=None,
        file_url=None,
        text=text,
        title=title,
        essay_id=essay_id,
    )
