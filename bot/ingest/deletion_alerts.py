"""Alerts the admins when messages of an essay were deleted in Discord."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from bot.alerts import notify_admins
from bot.core.layout.restore_button import make_restore_components
from bot.core.text.coded_text import make_coded
from bot.core.text.titles import escape_title
from storage.db.writer import Transaction
from storage.essays import deleted_messages, progress

__all__ = ["alert_about_deleted_messages"]


async def alert_about_deleted_messages(
    tx: Transaction, discussion_ids: Collection[int], now_ms: int
) -> bool:
    """Alert the admins, once for each essay, if messages of these essays are missing now.

    Whether an alert is planned.
    """
    is_new = False
    for discussion_id in sorted(discussion_ids):
        deleted = await deleted_messages.find_deleted_messages(tx, discussion_id)
        essay = await progress.find_published(tx, discussion_id)
        if not deleted or essay is None:
            continue
        is_new |= await notify_admins(
            tx,
            essay.server_id,
            about=deleted_messages.make_alert_key(discussion_id),
            alert=make_coded(
                "alert-deleted-messages",
                count=len(deleted),
                title=escape_title(essay.title),
                channel=deleted[0].channel_id,
            ),
            now_ms=now_ms,
            make_components=partial(make_restore_components, discussion_id),
        )
    return is_new
