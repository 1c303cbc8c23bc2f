"""Alerts about deliveries that don't get through: their wording, and when they are cleared."""

from __future__ import annotations

from bot.core.text.titles import escape_title
from storage.db.writer import Transaction
from storage.delivery import alerts, essay_threads, message_edits
from storage.delivery.messages import PlannedMessage, SentMessage
from storage.essays import progress
from storage.prompts import nudges

__all__ = [
    "alert_about_essay",
    "alert_about_essay_thread",
    "alert_about_lock",
    "alert_about_moving",
    "alert_about_prompt",
    "alert_about_thread",
    "alert_about_too_many_threads",
    "clear_essay",
    "clear_moving",
    "clear_sent",
    "clear_thread",
]

_TOO_MANY_THREADS = (
    "The server has as many active threads as Discord allows. I'm archiving my oldest quiet "
    "threads to make room for new ones. Writing in an archived thread opens it again."
)


async def alert_about_prompt(
    tx: Transaction, message: PlannedMessage, reason: str, now_ms: int
) -> None:
    """A prompt can't be sent until somebody fixes something."""
    await alerts.notify_admins(
        tx,
        message.server_id,
        about=_about_channel(message),
        text=f"A prompt in <#{message.channel_id}> can't be sent. {reason}",
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
    reason: str,
    now_ms: int,
    *,
    stopped: bool,
    message_deleted: bool = False,
) -> None:
    """An essay, or a new revision of it, isn't posted: an admin who scheduled it may not know.

    ``stopped``: an admin has to continue it; else it is retried until somebody fixes something.
    ``message_deleted``: continuing doesn't help, and ``reason`` says what does.
    """
    essay = await progress.find_published(tx, discussion_id)
    if essay is None:
        return
    what = f"“{escape_title(essay.title)}”"
    if essay.state != "publishing":
        what = f"the new text of {what}"
    channel = f"<#{essay.channel_id}>"
    then = "I'll continue by myself once that is fixed."
    happened = f"Publishing {what} in {channel} is delayed."
    if stopped:
        then = "Once that is fixed, press *Retry* in `/essay show`."
        happened = f"Publishing {what} in {channel} has stopped."
    await alerts.notify_admins(
        tx,
        essay.server_id,
        about=_about_essay(discussion_id, stopped=stopped),
        text=f"{happened} {reason}" + ("" if message_deleted else f"\n{then}"),
        now_ms=now_ms,
    )


async def alert_about_essay_thread(
    tx: Transaction, thread_id: int, reason: str, now_ms: int, *, stopped: bool
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
    tx: Transaction, server_id: int, channel_id: int, reason: str, now_ms: int, *, stopped: bool
) -> None:
    """Replies in a channel get no thread; ``stopped``: this one never, else once it is fixed."""
    channel = f"<#{channel_id}>"
    happened = f"I can't open a thread for a reply in {channel} yet."
    then = "I'll continue by myself once that is fixed."
    if stopped:
        happened = f"A reply in {channel} won't get a thread."
        then = "The reply is saved anyway."
    await alerts.notify_admins(
        tx,
        server_id,
        about=_about_threads(channel_id),
        text=f"{happened} {reason}\n{then}",
        now_ms=now_ms,
    )


async def clear_thread(tx: Transaction, server_id: int, channel_id: int) -> None:
    """A reply in a channel got its thread."""
    await alerts.clear(tx, server_id, _about_threads(channel_id))


def _about_threads(channel_id: int) -> str:
    return f"threads in {channel_id}"


async def alert_about_too_many_threads(tx: Transaction, server_id: int, now_ms: int) -> None:
    """The server has as many active threads as Discord allows."""
    await alerts.notify_admins(
        tx, server_id, about="too many threads", text=_TOO_MANY_THREADS, now_ms=now_ms
    )


async def alert_about_lock(
    tx: Transaction, server_id: int, thread_id: int, reason: str, now_ms: int
) -> None:
    """A thread can't be locked or unlocked until somebody gives the bot a permission."""
    await alerts.notify_admins(
        tx, server_id, about=f"locks {thread_id}", text=reason, now_ms=now_ms
    )


async def alert_about_moving(
    tx: Transaction, server_id: int, channel_id: int, reason: str, now_ms: int
) -> None:
    """Replies can't be moved out of a channel until somebody fixes something."""
    await alerts.notify_admins(
        tx,
        server_id,
        about=_about_moving(channel_id),
        text=f"{reason} Until then I point at the threads.",
        now_ms=now_ms,
    )


async def clear_moving(tx: Transaction, server_id: int, channel_id: int) -> None:
    """A reply was moved out of the channel."""
    await alerts.clear(tx, server_id, _about_moving(channel_id))


def _about_moving(channel_id: int) -> str:
    return f"moving in {channel_id}"
