"""Essays in one thread, and essays in a forum post."""

from __future__ import annotations

from tests.faults.scene_play import ScenePlay
from tests.faults.scenes import actions
from tests.faults.scenes.actions import DAY, LONG, change, command, press_on, publish

__all__ = ["SCENES"]


async def an_essay_is_published_in_one_thread(play: ScenePlay) -> None:
    """Talk in it, a reply beside it, a prompt that opens it again, a new name, lock and unlock."""
    await play.bot.start()
    await play.settle()
    await publish(play, LONG, style="thread", title="Long")
    thread = int((await actions.threads(play))[0]["id"])
    await play.write("Ann", "In here.", channel_id=thread)
    await play.settle(60)
    (card,) = await play.bot_messages()
    await play.write("Ben", "Out here.", to=card["id"])
    await play.settle(3600)
    await change(play, thread, archived=True)
    # Discord opens it for who writes; where it says that it did not, the bot opens it itself.
    await actions.fault(play, "POST", f"/channels/{thread}/messages", status=400, code=50083)
    await play.settle(DAY + 7200)
    await change(play, thread, archived=True)
    await actions.edit(play, LONG.replace("# Long", "# Longer"), title="Longer")
    await play.settle(600)
    await command(play, "essay close", "closed", essay="1")
    await play.settle(60)
    await command(play, "essay reopen", "open", essay="1")
    await play.settle(60)
    await _withdraw(play, "Longer")


async def an_essay_is_published_in_a_forum(play: ScenePlay) -> None:
    """With tags; talk in it, an edit while it is archived, lock and unlock, and emptied."""
    await play.bot.start()
    await play.settle()
    forum = play.channel("essay-forum")
    await change(play, forum, available_tags=[{"name": "News", "moderated": False}])
    await play.settle()
    await publish(play, LONG, channel="essay-forum", title="Long")
    thread = int((await actions.threads(play))[0]["id"])
    await play.write("Ann", "In here.", channel_id=thread)
    await play.settle(60)
    await change(play, thread, archived=True)
    await actions.edit(play, actions.long("One", "Zwei", "Three"), title="Long", revision=2)
    await play.settle(600)
    await command(play, "essay close", "closed", essay="1")
    await play.settle(60)
    await command(play, "essay reopen", "open", essay="1")
    await play.settle(60)
    await _withdraw(play, "Long")


async def _withdraw(play: ScenePlay, title: str) -> None:
    await press_on(
        play,
        "essay withdraw",
        "Withdraw",
        lambda: actions.state_of(play, title) == "withdrawn",
        "withdrawn",
        essay="1",
    )
    await play.settle(DAY)


SCENES = (an_essay_is_published_in_one_thread, an_essay_is_published_in_a_forum)
