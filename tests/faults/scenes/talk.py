"""An essay in a channel, and the talk about it."""

from __future__ import annotations

from typing import Any

from tests.faults.scenes import acts
from tests.faults.scenes.acts import DAY, command, publish, with_head
from tests.faults.stage import Stage

__all__ = ["SCENES"]


async def an_essay_is_discussed(stage: Stage) -> None:
    """Replies become threads; files, reactions, edits and deletions are kept; prompts come."""
    await stage.bot.start()
    await stage.settle()
    await publish(stage, acts.long("One", "Two"), title="Long")
    posts = await stage.ours()
    head = await stage.write(
        "Ann", "> The dough\nI would.", to=posts[1]["id"], file=("a.png", b"p")
    )
    await stage.settle(60)
    inside = await stage.write("Ben", "Even in winter?", channel_id=head)
    await stage.settle(1)
    there = f"/channels/{head}/messages/{inside}"
    await stage.act(stage.member("Chloe"), "PUT", f"{there}/reactions/🍞/@me")
    await stage.settle(1)
    await stage.act(stage.member("Ben"), "PATCH", there, {"content": "Even in summer?"})
    other = await stage.write("Chloe", "Never mind.", to=posts[-1]["id"])
    await stage.settle(60)
    gone = f"/channels/{stage.channel()}/messages/{other}"
    await stage.act(stage.member("Chloe"), "DELETE", gone)
    await stage.settle(DAY + 3600)
    *_, prompt = await stage.ours()
    await stage.write("Dev", "To the prompt.", to=prompt["id"])
    await stage.settle(8 * DAY)


async def an_essay_is_closed_opened_and_taken_back(stage: Stage) -> None:
    """Close, say once that it is closed, reopen, look at it, withdraw it."""
    await stage.bot.start()
    await stage.settle()
    await with_head(stage)
    await command(stage, "essay close", "closed", essay="1")
    *_, closing = await stage.ours()
    await stage.write("Ben", "Too late?", to=closing["id"])
    await stage.settle(60)
    await command(stage, "essay reopen", "open", essay="1")
    await command(stage, "essay list", "Slow bread")
    await command(stage, "essay show", "open", essay="1")
    await command(stage, "essay export", "replies", essay="1")
    await stage.answered(
        lambda: _pressed(stage, "Keep"),
        "stays",
    )
    await acts.press_on(
        stage,
        "essay withdraw",
        "Withdraw",
        lambda: acts.state_of(stage, "Slow bread") == "withdrawn",
        "withdrawn",
        essay="1",
    )
    await stage.settle(DAY)


async def _pressed(stage: Stage, button: str) -> dict[str, Any]:
    asked = await stage.run("essay withdraw", options=[acts.option("essay", "1")])
    await stage.press(asked, button)
    return asked


SCENES = (an_essay_is_discussed, an_essay_is_closed_opened_and_taken_back)
