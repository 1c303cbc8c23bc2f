"""What ``/essay show`` tells of an essay that is a draft no more."""

from __future__ import annotations

from bot.core.text.truncate import truncate_lines
from cogs.essays import wording
from storage.db.writer import Transaction
from storage.essays import discussions, progress
from storage.servers import audit_log

__all__ = ["describe_essay"]


async def describe_essay(tx: Transaction, discussion_id: int) -> str:
    """Where an essay stands, and who did what."""
    essay = await discussions.find(tx, str(discussion_id))
    lines = [wording.format_essay_line(essay), f"-# {wording.describe_style(essay)}"]
    if essay.state == "publishing" and essay.stopped is None:
        far = await progress.progress(tx, essay.id)
        lines.insert(1, wording.describe_publishing(essay.title, far))
    lines += [
        f"-# {act.what} by {wording.format_title(act.member_name, 40)}, <t:{act.done_at // 1000}:f>"
        for act in await audit_log.of_essay(tx, essay.id)
    ]
    return truncate_lines(lines)
