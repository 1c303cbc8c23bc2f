"""An essay published straight in the archive, without a bot."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.conversation.styles import THREADS
from bot.core.essay.essay import Essay
from storage.db.writer import Transaction
from storage.delivery.messages import NewMessage
from storage.essays import drafts
from storage.essays.drafts import DraftTarget
from storage.essays.revisions import NewRevision
from storage.essays.submissions import Submission

__all__ = ["ANSWER_HINT", "publish_essay"]

#: The line of a closing message that says how to answer.
ANSWER_HINT = "-# Reply to any part of the essay, or press **Answer**."


async def publish_essay(
    tx: Transaction,
    *,
    submission: Submission,
    essay: Essay,
    source: bytes,
    planned: Sequence[NewMessage],
    now_ms: int,
    style: str = THREADS,
) -> int:
    """Create a draft of an essay and start publishing it; the discussion's id."""
    discussion_id = await drafts.create(
        tx,
        submission=submission,
        revision=NewRevision(essay, source, submission.file_name, None, ()),
        planned=planned,
        target=DraftTarget(submission.channel_id, style, submission.tags),
        now_ms=now_ms,
    )
    await drafts.publish(
        tx,
        discussion_id,
        member_id=submission.member_id,
        member_name=submission.member_name,
        after_id=submission.id,
        now_ms=now_ms,
    )
    return discussion_id
