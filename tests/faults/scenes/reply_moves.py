"""Channel replies that belong in a thread: a link is posted, or they are moved."""

from __future__ import annotations

from tests.faults.scene_play import ScenePlay
from tests.faults.scenes import actions
from tests.faults.scenes.actions import QUOTE, allow, choose, set_up, submit, with_head

__all__ = ["SCENES"]

_MAY_MOVE = 1 << 29 | 1 << 13


async def a_link_to_its_thread_is_posted_for_a_reply(play: ScenePlay) -> None:
    """A link to the thread is posted, and deleted again."""
    await play.bot.start()
    await play.settle()
    head = await with_head(play)
    await play.write("Ben", "Why?", to=head)
    await play.settle(60)
    await play.settle(20 * 60)


async def a_reply_is_moved_into_its_thread(play: ScenePlay) -> None:
    """With its file and a quote; its author corrects the copy, also in an archived thread.

    The last correction quotes other words; then the copy is deleted.
    """
    await play.bot.start()
    await play.settle()
    await allow(play, "essays", allow=_MAY_MOVE)
    await set_up(play, "channel_replies", "move", "bring", "move")
    head = await with_head(play)
    ben, last = play.member("Ben"), f"{QUOTE} how busy we are\nWhy not?"
    await play.write("Ben", f"{QUOTE}\nWy?", to=head, file=("a.txt", b"a"))
    await play.settle(60)
    await _correct(play, head, f"{QUOTE}\nWhy?")
    await _correct(play, head, last, archive=True)
    await play.write("Chloe", "Because.", to=head)
    await play.settle(60)
    mine = await _copy(play, head, last)

    async def delete_copy() -> None:
        await choose(play, "Delete my reply", mine, head, ben)

    async def is_deleted() -> bool:
        return not any(int(one["id"]) == mine for one in await play.messages(head))

    await play.retry_until(delete_copy, is_deleted, "the copy taken away")
    await play.settle(60)


async def _copy(play: ScenePlay, head: int, text: str) -> int:
    (found,) = [
        int(one["id"])
        for one in await play.messages(head)
        if one.get("webhook_id") and one["content"] == text
    ]
    return found


async def _correct(play: ScenePlay, head: int, text: str, *, archive: bool = False) -> None:
    """``archive``: the thread is archived while the form is open, where no command works."""
    copies: list[int] = []

    async def look() -> None:
        copies[:] = [int(m["id"]) for m in await play.messages(head) if m.get("webhook_id")]

    # Where its making was put off, it comes with the time that a look takes.
    await play.retry_until(look, lambda: copies, "a copy")
    (copy,) = copies
    ben = play.member("Ben")

    async def attempt() -> None:
        if archive:
            await actions.change(play, head, archived=False)
        form = await choose(play, "Edit my reply", copy, head, ben)
        if archive:
            await actions.change(play, head, archived=True)
        await submit(play, form, {"Your reply": text}, who=ben, channel_id=head)

    async def done() -> bool:
        return bool(play.rows("SELECT 1 FROM replies WHERE text = :text", text=text))

    await play.retry_until(attempt, done, f"corrected to {text}")
    await play.settle(60)


SCENES = (a_link_to_its_thread_is_posted_for_a_reply, a_reply_is_moved_into_its_thread)
