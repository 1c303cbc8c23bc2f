"""Essays with a place of their own: one thread, a forum's post."""

from __future__ import annotations

from tests.faults.scenes import acts
from tests.faults.scenes.acts import DAY, LONG, change, command, press_on, publish
from tests.faults.stage import Stage

__all__ = ["SCENES"]


async def an_essay_stands_in_one_thread(stage: Stage) -> None:
    """Talk in it, a reply beside it, a prompt that opens it again, a new name, lock and unlock."""
    await stage.bot.start()
    await stage.settle()
    await publish(stage, LONG, style="thread", title="Long")
    thread = int((await acts.threads(stage))[0]["id"])
    await stage.write("Ann", "In here.", channel_id=thread)
    await stage.settle(60)
    (card,) = await stage.ours()
    await stage.write("Ben", "Out here.", to=card["id"])
    await stage.settle(3600)
    await change(stage, thread, archived=True)
    # Discord opens it for who writes; where it says that it did not, the bot opens it itself.
    await acts.fault(stage, "POST", f"/channels/{thread}/messages", status=400, code=50083)
    await stage.settle(DAY + 7200)
    await change(stage, thread, archived=True)
    await acts.edit(stage, LONG.replace("# Long", "# Longer"), title="Longer")
    await stage.settle(600)
    await command(stage, "essay close", "closed", essay="1")
    await stage.settle(60)
    await command(stage, "essay reopen", "open", essay="1")
    await stage.settle(60)
    await _withdraw(stage, "Longer")


async def an_essay_stands_in_a_forum(stage: Stage) -> None:
    """With tags; talk in it, an edit while it is archived, lock and unlock, and emptied."""
    await stage.bot.start()
    await stage.settle()
    forum = stage.channel("essay-forum")
    await change(stage, forum, available_tags=[{"name": "News", "moderated": False}])
    await stage.settle()
    await publish(stage, LONG, channel="essay-forum", title="Long")
    thread = int((await acts.threads(stage))[0]["id"])
    await stage.write("Ann", "In here.", channel_id=thread)
    await stage.settle(60)
    await change(stage, thread, archived=True)
    await acts.edit(stage, acts.long("One", "Zwei", "Three"), title="Long", revision=2)
    await stage.settle(600)
    await command(stage, "essay close", "closed", essay="1")
    await stage.settle(60)
    await command(stage, "essay reopen", "open", essay="1")
    await stage.settle(60)
    await _withdraw(stage, "Long")


async def _withdraw(stage: Stage, title: str) -> None:
    await press_on(
        stage,
        "essay withdraw",
        "Withdraw",
        lambda: acts.state_of(stage, title) == "withdrawn",
        "withdrawn",
        essay="1",
    )
    await stage.settle(DAY)


SCENES = (an_essay_stands_in_one_thread, an_essay_stands_in_a_forum)
