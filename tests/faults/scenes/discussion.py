"""An essay in a channel, and the talk about it."""

from __future__ import annotations

from typing import Any

from tests.faults.scene_play import ScenePlay
from tests.faults.scenes import actions
from tests.faults.scenes.actions import DAY, command, publish, with_head

__all__ = ["SCENES"]


async def an_essay_is_discussed(play: ScenePlay) -> None:
    """Replies become threads; files, reactions, edits and deletions are kept; prompts come."""
    await play.bot.start()
    await play.settle()
    await publish(play, actions.long("One", "Two"), title="Long")
    posts = await play.bot_messages()
    head = await play.write("Ann", "> The dough\nI would.", to=posts[1]["id"], file=("a.png", b"p"))
    await play.settle(60)
    inside = await play.write("Ben", "Even in winter?", channel_id=head)
    await play.settle(1)
    there = f"/channels/{head}/messages/{inside}"
    await play.call_as(play.member("Chloe"), "PUT", f"{there}/reactions/🍞/@me")
    await play.settle(1)
    await play.call_as(play.member("Ben"), "PATCH", there, {"content": "Even in summer?"})
    other = await play.write("Chloe", "Never mind.", to=posts[-1]["id"])
    await play.settle(60)
    path = f"/channels/{play.channel()}/messages/{other}"
    await play.call_as(play.member("Chloe"), "DELETE", path)
    await play.settle(DAY + 3600)
    *_, prompt = await play.bot_messages()
    await play.write("Dev", "To the prompt.", to=prompt["id"])
    await play.settle(8 * DAY)


async def an_essay_is_closed_reopened_and_withdrawn(play: ScenePlay) -> None:
    """Close, say once that it is closed, reopen, look at it, withdraw it."""
    await play.bot.start()
    await play.settle()
    await with_head(play)
    await command(play, "essay close", "closed", essay="1")
    *_, closing = await play.bot_messages()
    await play.write("Ben", "Too late?", to=closing["id"])
    await play.settle(60)
    await command(play, "essay reopen", "open", essay="1")
    await command(play, "essay list", "Slow bread")
    await command(play, "essay show", "open", essay="1")
    await command(play, "essay export", "replies", essay="1")
    await play.until_answered(
        lambda: _pressed(play, "Keep"),
        "stays",
    )
    await actions.press_on(
        play,
        "essay withdraw",
        "Withdraw",
        lambda: actions.state_of(play, "Slow bread") == "withdrawn",
        "withdrawn",
        essay="1",
    )
    await play.settle(DAY)


async def _pressed(play: ScenePlay, button: str) -> dict[str, Any]:
    asked = await play.run_command("essay withdraw", options=[actions.option("essay", "1")])
    await play.press(asked, button)
    return asked


SCENES = (an_essay_is_discussed, an_essay_is_closed_reopened_and_withdrawn)
