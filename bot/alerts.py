"""Alerts: notify a server's admins of a problem, once until it is over, in the server's language.

An alert is stored as a code with arguments; what is posted is rendered when it is planned.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.core.payload import Payload, make_plain_message
from bot.core.text.coded_text import CodedText
from bot.core.text.translate import use_language
from bot.languages import get_discussion_language, get_server_language
from storage.db.writer import Transaction
from storage.delivery import alerts, messages
from storage.delivery.messages import NewMessage
from storage.servers import settings

__all__ = ["notify_admins", "post_once"]


async def notify_admins(
    tx: Transaction,
    server_id: int,
    *,
    about: str,
    alert: CodedText,
    now_ms: int,
    make_components: Callable[[], Sequence[Payload]] = tuple,
) -> bool:
    """Plan an alert for the admins, unless there is one ``about`` this; whether it is new.

    ``make_components``: makes buttons below it, in the current language.
    If the server has no channel for alerts, the problem is only in lists and the log.
    """
    if not await alerts.add(tx, server_id, about=about, alert=alert, now_ms=now_ms):
        return False
    channel_id = (await settings.get_settings(tx, server_id)).alerts_channel
    if channel_id is not None:
        with use_language(await get_server_language(tx, server_id)):
            payload = make_plain_message(str(alert), silent=False)
            components = list(make_components())
        if components:
            payload["components"] = components
        await messages.plan(
            tx,
            server_id=server_id,
            discussion_id=None,
            channel_id=channel_id,
            after_id=await messages.get_newest_id(tx, channel_id),
            messages=[NewMessage("notice", payload)],
            now_ms=now_ms,
        )
    return True


async def post_once(
    tx: Transaction,
    server_id: int,
    *,
    about: str,
    notice: CodedText,
    discussion_id: int,
    channel_id: int,
    after_id: int,
    now_ms: int,
) -> bool:
    """Plan a silent message in a discussion's channel, unless there was one ``about`` this.

    Whether it is new; :func:`storage.delivery.alerts.clear` lets it be posted again. It is in the
    essay's language.
    """
    if not await alerts.add(tx, server_id, about=about, alert=notice, now_ms=now_ms):
        return False
    with use_language(await get_discussion_language(tx, server_id, discussion_id)):
        payload = make_plain_message(str(notice), silent=True)
    await messages.plan(
        tx,
        server_id=server_id,
        discussion_id=discussion_id,
        channel_id=channel_id,
        after_id=after_id,
        messages=[NewMessage("notice", payload)],
        now_ms=now_ms,
    )
    return True
