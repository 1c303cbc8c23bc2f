"""Replies in the channel that belong into a thread: pointed there, or moved."""

from __future__ import annotations

from tests.faults.scenes import acts
from tests.faults.scenes.acts import allow, choose, set_up, submit, with_head
from tests.faults.stage import Stage

__all__ = ["SCENES"]

_MAY_MOVE = 1 << 29 | 1 << 13


async def a_reply_is_pointed_into_its_thread(stage: Stage) -> None:
    """One line says where the talk goes on, and is taken away again."""
    await stage.bot.start()
    await stage.settle()
    head = await with_head(stage)
    await stage.write("Ben", "Why?", to=head)
    await stage.settle(60)
    await stage.settle(20 * 60)


async def a_reply_is_moved_into_its_thread(stage: Stage) -> None:
    """With its file; its author corrects the copy, in an archived thread too, and takes it away."""
    await stage.bot.start()
    await stage.settle()
    await allow(stage, "essays", allow=_MAY_MOVE)
    await set_up(stage, "channel_replies", "move", "bring", "move")
    head = await with_head(stage)
    ben = stage.member("Ben")
    await stage.write("Ben", "Wy?", to=head, file=("a.txt", b"a"))
    await stage.settle(60)
    await _correct(stage, head, "Why?")
    await acts.change(stage, head, archived=True)
    await _correct(stage, head, "Why not?")
    await stage.write("Chloe", "Because.", to=head)
    await stage.settle(60)
    mine = await _copy(stage, head, "Why not?")

    async def take_away() -> None:
        await choose(stage, "Take away", mine, head, ben)

    async def gone() -> bool:
        return not any(int(one["id"]) == mine for one in await stage.messages(head))

    await stage.insist(take_away, gone, "the copy taken away")
    await stage.settle(60)


async def _copy(stage: Stage, head: int, text: str) -> int:
    (found,) = [
        int(one["id"])
        for one in await stage.messages(head)
        if one.get("webhook_id") and one["content"] == text
    ]
    return found


async def _correct(stage: Stage, head: int, text: str) -> None:
    copies: list[int] = []

    async def look() -> None:
        copies[:] = [int(m["id"]) for m in await stage.messages(head) if m.get("webhook_id")]

    # Where its making was put off, it comes with the time that a look takes.
    await stage.insist(look, lambda: copies, "a copy")
    (copy,) = copies
    ben = stage.member("Ben")

    async def attempt() -> None:
        form = await choose(stage, "Correct", copy, head, ben)
        await submit(stage, form, {"Your reply": text}, who=ben, channel_id=head)

    async def done() -> bool:
        return bool(stage.rows("SELECT 1 FROM replies WHERE text = :text", text=text))

    await stage.insist(attempt, done, f"corrected to {text}")
    await stage.settle(60)


SCENES = (a_reply_is_pointed_into_its_thread, a_reply_is_moved_into_its_thread)
