"""Notices: what the admins of a server are told of problem, once until it has passed."""

from __future__ import annotations

from bot.core.payload import make_plain_message
from bot.core.text.escape import escape
from bot.core.text.truncate import truncate
from storage.db.writer import Transaction
from storage.delivery import messages
from storage.delivery.messages import PlannedMessage
from storage.servers import settings

__all__ = [
    "clear",
    "essay_goes_on",
    "essay_stuck",
    "essay_without_thread",
    "notify_admins",
    "prompt_stuck",
    "threads_open",
    "threads_stuck",
]

_MOST_TITLE = 80


async def notify_admins(
    tx: Transaction, server_id: int, *, about: str, text: str, now_ms: int
) -> bool:
    """Plan a notice for the admins, unless they were told of ``about`` already.

    Where the server has named no channel for it, the problem stands in lists and the log alone.
    Whether this was news.
    """
    news = await tx.run(
        """
        INSERT INTO alerts (server_id, about, text, sent_at)
        VALUES (:server_id, :about, :text, :now)
        ON CONFLICT (server_id, about) DO NOTHING
        """,
        {"server_id": server_id, "about": about, "text": text, "now": now_ms},
    )
    channel_id = (await settings.read(tx, server_id)).notices_channel
    if not news or channel_id is None:
        return bool(news)
    await messages.plan(
        tx,
        server_id=server_id,
        discussion_id=None,
        channel_id=channel_id,
        after_id=await messages.get_newest_id(tx, channel_id),
        messages=[messages.NewMessage("notice", make_plain_message(text, silent=False))],
        now_ms=now_ms,
    )
    return True


async def prompt_stuck(tx: Transaction, post: PlannedMessage, last_error: str, now_ms: int) -> None:
    """Tell the admins that a prompt can't be sent until somebody fixes something."""
    await notify_admins(
        tx,
        post.server_id,
        about="nudges" if post.purpose == "nudge" else f"channel {post.channel_id}",
        text=f"A prompt waits that belongs into <#{post.channel_id}>. {last_error}",
        now_ms=now_ms,
    )


async def essay_stuck(
    tx: Transaction,
    discussion_id: int,
    last_error: str,
    now_ms: int,
    *,
    stopped: bool,
    lost: bool = False,
) -> None:
    """An essay, or a new text of it, does not get on: who scheduled it may not be looking.

    ``stopped``: it has to be gone on with; else it waits until somebody mends something. ``lost``:
    going on helps nothing, and ``problem`` says what does.
    """
    row = await tx.row(
        """
        SELECT discussions.server_id, discussions.channel_id, state, revisions.title
        FROM discussions JOIN revisions ON revisions.discussion_id = discussions.id
        WHERE discussions.id = :id AND state IN ('publishing', 'open', 'closed')
        ORDER BY revisions.number DESC LIMIT 1
        """,
        {"id": discussion_id},
    )
    if row is None:
        return
    what = f"“{escape(truncate(row['title'], _MOST_TITLE))}”"
    if row["state"] != "publishing":
        what = f"The new text of {what}"
    how, then = "waits", "I go on by myself once that is mended."
    if stopped:
        how, then = "stopped", "`/essay show` lets you go on once that is mended."
    await notify_admins(
        tx,
        row["server_id"],
        about=_about_essay(discussion_id, stopped=stopped),
        text=f"{what} {how} on its way into <#{row['channel_id']}>. {last_error}"
        + ("" if lost else f"\n{then}"),
        now_ms=now_ms,
    )


async def essay_without_thread(
    tx: Transaction, thread_id: int, last_error: str, now_ms: int, *, stopped: bool
) -> None:
    """An essay waits for the thread of its own; see :func:`essay_stuck`."""
    row = await tx.row("SELECT id FROM discussions WHERE thread_id = :id", {"id": thread_id})
    if row is not None:
        await essay_stuck(tx, row["id"], last_error, now_ms, stopped=stopped)


async def threads_stuck(
    tx: Transaction, server_id: int, channel_id: int, last_error: str, now_ms: int, *, stopped: bool
) -> None:
    """Replies in a channel get no thread; ``stopped``: this one never, else once it is mended."""
    how = "got no thread, and will not" if stopped else "waits for its thread"
    then = "It is kept all the same." if stopped else "I go on by myself once that is mended."
    await notify_admins(
        tx,
        server_id,
        about=f"threads in {channel_id}",
        text=f"A reply in <#{channel_id}> {how}. {last_error}\n{then}",
        now_ms=now_ms,
    )


async def threads_open(tx: Transaction, server_id: int, channel_id: int) -> None:
    """A reply in a channel got its thread; what stops the next one is told again."""
    await clear(tx, server_id, f"threads in {channel_id}")


def _about_essay(discussion_id: int, *, stopped: bool) -> str:
    return f"essay {discussion_id} {'stopped' if stopped else 'waits'}"


async def essay_goes_on(tx: Transaction, server_id: int, discussion_id: int) -> None:
    """Something of an essay was sent; what stops it the next time is told again.

    Not while anything else of a new text is refused: that is told once, however much it is.
    """
    row = await tx.row(
        """
        SELECT 1 FROM message_edits
        WHERE discussion_id = :id AND revision IS NOT NULL
            AND (state = 'failed' OR (state = 'planned' AND last_error IS NOT NULL))
        LIMIT 1
        """,
        {"id": discussion_id},
    )
    if row is not None:
        return
    for stopped in (False, True):
        await clear(tx, server_id, _about_essay(discussion_id, stopped=stopped))


async def clear(tx: Transaction, server_id: int, about: str) -> None:
    """The problem has passed; if it comes back, it is told again."""
    await tx.run(
        "DELETE FROM alerts WHERE server_id = :server_id AND about = :about",
        {"server_id": server_id, "about": about},
    )
