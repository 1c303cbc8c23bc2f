"""What ``/essay show`` tells of an essay that is a draft no more."""

from __future__ import annotations

from bot.core.text.truncate import truncate_lines
from cogs.essays import text
from storage.db.writer import Transaction
from storage.essays import discussions, progress
from storage.servers import audit_log

__all__ = ["essay_told"]


async def essay_told(tx: Transaction, discussion_id: int) -> str:
    """Where an essay stands, and who did what."""
    essay = await discussions.find(tx, str(discussion_id))
    lines = [text.line(essay), f"-# {text.style(essay)}"]
    if essay.state == "publishing" and essay.stopped is None:
        far = await progress.progress(tx, essay.id)
        lines.insert(1, text.progress_text(essay.title, far))
    lines += [
        f"-# {act.what} by {text.title(act.member_name, 40)}, <t:{act.done_at // 1000}:f>"
        for act in await audit_log.of_essay(tx, essay.id)
    ]
    return truncate_lines(lines)
