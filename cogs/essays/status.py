"""Status of a published essay, for ``/essay show``."""

from __future__ import annotations

from bot.core.text.titles import escape_title
from bot.core.text.translate import gettext as _
from bot.core.text.truncate import truncate_lines
from cogs.essays import wording
from storage.db.writer import Transaction
from storage.essays import discussions, progress
from storage.servers import audit_log

__all__ = ["describe_essay"]


async def describe_essay(tx: Transaction, discussion_id: int) -> str:
    """An essay's state, style and audit log, a line each."""
    essay = await discussions.find(tx, discussion_id)
    assert essay is not None
    lines = [wording.format_essay_line(essay), f"-# {wording.describe_style(essay)}"]
    if essay.state == "publishing" and essay.publishing_error is None:
        current = await progress.get_progress(tx, essay.id)
        lines.insert(1, wording.describe_publishing(essay.title, current))
    lines += [
        "-# "
        + _(
            "{action} by {member}, {when}",
            action=entry.action,
            member=escape_title(entry.member_name, 40),
            when=f"<t:{entry.done_at // 1000}:f>",
        )
        for entry in await audit_log.get_entries(tx, essay.id)
    ]
    return truncate_lines(lines)
