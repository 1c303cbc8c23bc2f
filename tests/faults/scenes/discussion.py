"""An essay in a channel, and the talk about it."""

from __future__ import annotations

from typing import Any

from tests.faults.scene_play import ScenePlay
from tests.faults.scenes import actions
from tests.faults.scenes.actions import DAY, QUOTE, command, publish, with_head

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
    other = await play.write("Chloe", f"{QUOTE}\nNever mind.", to=posts[-1]["id"])
    await play.settle(60)
    path = f"/channels/{play.channel()}/messages/{other}"
    await play.call_as(play.member("Chloe"), "DELETE", path)
    await play.settle(DAY + 3600)
    *_, prompt = await play.bot_messages()
    await play.write("Dev", "To the prompt.", to=prompt["id"])
    await play.settle(8 * DAY)


async def _forward(play: ScenePlay, message_id: int, where: int, to: int) -> None:
    """Ben forwards a message into another thread."""
    reference = {"type": 1, "channel_id": str(where), "message_id": str(message_id)}
    path = f"/channels/{to}/messages"
    await play.call_as(play.member("Ben"), "POST", path, {"message_reference": reference})


async def _hold_poll(play: ScenePlay, who: str, thread: int) -> str:
    answers = [{"poll_media": {"text": text}} for text in ("Rye", "Wheat")]
    poll = {"question": {"text": "Rye or wheat?"}, "answers": answers, "duration": 1}
    path = f"/channels/{thread}/messages"
    posted = await play.call_as(play.member(who), "POST", path, {"poll": poll})
    found: str = posted["id"]
    return found


async def polls_are_held_and_messages_forwarded(play: ScenePlay) -> None:
    """Polls end, messages are forwarded; some are deleted, a member is erased, a thread deleted."""
    await play.bot.start()
    await play.settle()
    head = await with_head(play)
    other = await actions.head_of(play, who="Chloe", text="Never.")
    ann = play.member("Ann")
    crumbs = [
        await play.write("Ann", f"Crumb {number}.", channel_id=head, file=("a.png", b"p"))
        for number in range(2)
    ]
    crust = await play.write("Chloe", "Crust.", channel_id=other, file=("b.png", b"q"))
    await play.settle(60)
    for message_id, where in ((head, play.channel()), (crumbs[0], head), (crumbs[1], head)):
        await _forward(play, message_id, where, other)
    await _forward(play, crust, other, head)
    polls = [await _hold_poll(play, who, place) for who, place in (("Ann", head), ("Ben", head))]
    await _hold_poll(play, "Ann", head)
    await _hold_poll(play, "Chloe", other)
    await play.settle(1)
    vote = f"/channels/{head}/polls/{polls[0]}/answers/@me"
    await play.call_as(play.member("Ben"), "PUT", vote, {"answer_ids": ["1"]})
    await play.settle(2 * 3600)
    for deleted in (str(crumbs[0]), polls[0]):
        await play.call_as(ann, "DELETE", f"/channels/{head}/messages/{deleted}")
    await play.settle(60)
    await play.call_as(play.member(), "DELETE", f"/channels/{other}")
    await play.settle(60)

    async def forget() -> None:
        asked = await play.run_command("privacy forget-me", who=ann)
        await play.press(asked, "Delete", who=ann)

    await play.retry_until(
        forget, lambda: play.rows("SELECT 1 FROM erased_members"), "Ann's data erased"
    )
    await play.settle(8 * DAY)


async def a_part_is_deleted_while_it_is_away(play: ScenePlay) -> None:
    """Somebody deletes a part of an essay that is older than what is compared; it is restored."""
    await play.bot.start()
    await play.settle()
    await publish(play, actions.long("One", "Two"), title="Long")
    posts = await play.bot_messages()
    await play.settle(9 * DAY)
    await play.bot.stop()
    path = f"/channels/{play.channel()}/messages/{posts[1]['id']}"
    await play.call_as(play.member(), "DELETE", path)
    await play.bot.start()
    await play.settle(60)
    await actions.press_on(
        play,
        "essay show",
        "Restore",
        lambda: play.rows("SELECT 1 FROM planned_messages WHERE restores_id IS NOT NULL"),
        "restored",
        essay="1",
    )
    await play.settle(60)


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
        lambda: _pressed(play, "Cancel"),
        "isn't withdrawn",
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


SCENES = (
    an_essay_is_discussed,
    polls_are_held_and_messages_forwarded,
    a_part_is_deleted_while_it_is_away,
    an_essay_is_closed_reopened_and_withdrawn,
)
