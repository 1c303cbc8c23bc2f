"""Alerts about deliveries that don't get through: what they say, and when they are cleared."""

from __future__ import annotations

from bot.alerts import notify_admins
from bot.core.text.coded_text import CodedText, make_coded
from bot.core.text.titles import escape_title
from storage.db.writer import Transaction
from storage.delivery import alerts, essay_threads, message_edits
from storage.delivery.messages import PlannedMessage, SentMessage
from storage.essays import progress
from storage.prompts import nudges

__all__ = [
    "alert_about_answers",
    "alert_about_essay",
    "alert_about_essay_thread",
    "alert_about_lock",
    "alert_about_moving",
    "alert_about_pins",
    "alert_about_prompt",
    "alert_about_thread",
    "alert_about_too_many_threads",
    "clear_answers",
    "clear_essay",
    "clear_moving",
    "clear_pins",
    "clear_sent",
    "clear_thread",
]


async def alert_about_prompt(
    tx: Transaction, message: PlannedMessage, reason: CodedText, now_ms: int
) -> None:
    """A prompt can't be sent until somebody fixes something."""
    await notify_admins(
        tx,
        message.server_id,
        about=_about_channel(message),
        alert=make_coded("alert-prompt", channel=message.channel_id, reason=reason),
        now_ms=now_ms,
    )


def _about_channel(message: PlannedMessage | SentMessage) -> str:
    return "nudges" if message.purpose == "nudge" else f"channel {message.channel_id}"


async def clear_sent(tx: Transaction, message: SentMessage) -> None:
    """A message was sent, so whatever kept messages from its channel is over.

    Nudges go to many threads: their alert stays while another one is blocked.
    """
    if message.purpose != "nudge" or not await nudges.has_blocked(tx, message.server_id):
        await alerts.clear(tx, message.server_id, _about_channel(message))


async def alert_about_essay(
    tx: Transaction,
    discussion_id: int,
    reason: CodedText,
    now_ms: int,
    *,
    stopped: bool,
    message_deleted: bool = False,
) -> None:
    """An essay, or a new revision of it, isn't posted: an admin who scheduled it may not know.

    ``stopped``: an admin has to continue it; else it is retried until somebody fixes something.
    ``message_deleted``: a new revision can't change a message any more; continuing doesn't help,
    and ``reason`` says what does.
    """
    essay = await progress.find_published(tx, discussion_id)
    if essay is None:
        return
    happened = "alert-essay" if essay.state == "publishing" else "alert-edit"
    code = f"{happened}-{'stopped' if stopped else 'delayed'}"
    if message_deleted:
        code = "alert-edit-message-deleted"
    await notify_admins(
        tx,
        essay.server_id,
        about=_about_essay(discussion_id, stopped=stopped),
        alert=make_coded(
            code,
            title=escape_title(essay.title),
            channel=essay.channel_id,
            reason=reason,
        ),
        now_ms=now_ms,
    )


async def alert_about_essay_thread(
    tx: Transaction, thread_id: int, reason: CodedText, now_ms: int, *, stopped: bool
) -> None:
    """An essay waits for its own thread; see :func:`alert_about_essay`."""
    discussion_id = await essay_threads.find_discussion_id(tx, thread_id)
    if discussion_id is not None:
        await alert_about_essay(tx, discussion_id, reason, now_ms, stopped=stopped)


async def clear_essay(tx: Transaction, server_id: int, discussion_id: int) -> None:
    """A message of an essay was sent or edited: what stops the next one is a new problem.

    Not while other edits of a new revision fail: there is one alert, however many those are.
    """
    if await message_edits.has_failing_revision(tx, discussion_id):
        return
    for stopped in (False, True):
        await alerts.clear(tx, server_id, _about_essay(discussion_id, stopped=stopped))


def _about_essay(discussion_id: int, *, stopped: bool) -> str:
    return f"essay {discussion_id} {'stopped' if stopped else 'waits'}"


async def alert_about_thread(
    tx: Transaction,
    server_id: int,
    channel_id: int,
    reason: CodedText,
    now_ms: int,
    *,
    stopped: bool,
) -> None:
    """Replies in a channel get no thread; ``stopped``: this one never, else once it is fixed."""
    code = "alert-thread-stopped" if stopped else "alert-thread-delayed"
    await notify_admins(
        tx,
        server_id,
        about=_about_threads(channel_id),
        alert=make_coded(code, channel=channel_id, reason=reason),
        now_ms=now_ms,
    )


async def clear_thread(tx: Transaction, server_id: int, channel_id: int) -> None:
    """A reply in a channel got its thread."""
    await alerts.clear(tx, server_id, _about_threads(channel_id))


def _about_threads(channel_id: int) -> str:
    return f"threads in {channel_id}"


async def alert_about_too_many_threads(tx: Transaction, server_id: int, now_ms: int) -> None:
    """The server has as many active threads as Discord allows."""
    await notify_admins(
        tx,
        server_id,
        about="too many threads",
        alert=make_coded("alert-too-many-threads"),
        now_ms=now_ms,
    )


async def alert_about_lock(
    tx: Transaction, server_id: int, thread_id: int, reason: CodedText, now_ms: int
) -> None:
    """A thread can't be locked or unlocked until somebody gives the bot a permission."""
    await notify_admins(
        tx,
        server_id,
        about=f"locks {thread_id}",
        alert=make_coded("alert-lock", reason=reason),
        now_ms=now_ms,
    )


async def alert_about_moving(
    tx: Transaction, server_id: int, channel_id: int, reason: CodedText, now_ms: int
) -> None:
    """Replies can't be moved out of a channel until somebody fixes something."""
    await notify_admins(
        tx,
        server_id,
        about=_about_moving(channel_id),
        alert=make_coded("alert-moving", reason=reason),
        now_ms=now_ms,
    )


async def clear_moving(tx: Transaction, server_id: int, channel_id: int) -> None:
    """A reply was moved out of the channel."""
    await alerts.clear(tx, server_id, _about_moving(channel_id))


def _about_moving(channel_id: int) -> str:
    return f"moving in {channel_id}"


async def alert_about_answers(
    tx: Transaction, server_id: int, channel_id: int, reason: CodedText, now_ms: int
) -> None:
    """Answers from forms can't be posted in a channel until somebody fixes something."""
    await notify_admins(
        tx,
        server_id,
        about=_about_answers(channel_id),
        alert=make_coded("alert-answers", channel=channel_id, reason=reason),
        now_ms=now_ms,
    )


async def clear_answers(tx: Transaction, server_id: int, channel_id: int) -> None:
    """An answer was posted in the channel or a thread of it."""
    await alerts.clear(tx, server_id, _about_answers(channel_id))


def _about_answers(channel_id: int) -> str:
    return f"answers in {channel_id}"


async def alert_about_pins(
    tx: Transaction, server_id: int, channel_id: int, reason: CodedText, now_ms: int
) -> None:
    """Cards can't be pinned or unpinned in a channel until somebody fixes something."""
    await notify_admins(
        tx,
        server_id,
        about=_about_pins(channel_id),
        alert=make_coded("alert-pins", reason=reason),
        now_ms=now_ms,
    )


async def clear_pins(tx: Transaction, server_id: int, channel_id: int) -> None:
    """A card was pinned or unpinned in the channel."""
    await alerts.clear(tx, server_id, _about_pins(channel_id))


def _about_pins(channel_id: int) -> str:
    return f"pins in {channel_id}"
