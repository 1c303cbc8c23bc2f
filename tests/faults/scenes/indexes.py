"""The index on the card, and What's new."""

from __future__ import annotations

from typing import Any

from tests.faults.scene_play import ScenePlay
from tests.faults.scenes.actions import (
    DAY,
    change,
    command,
    fault,
    forget,
    leave,
    publish,
    threads,
    with_head,
)
from tests.support.running_bot import component_texts, find_buttons

__all__ = ["SCENES"]

_TEN_MINUTES = 620


async def the_card_shows_what_is_discussed(play: ScenePlay) -> None:
    """Its edit fails once; and a member looks at what is new, and takes that back."""
    await play.bot.start()
    await play.settle()
    head = await with_head(play)
    await play.write("Ben", "Why?", channel_id=head)
    await fault(play, "PATCH", "/channels/*/messages/*", status=503)
    await play.settle(_TEN_MINUTES)
    await _undo(play, "Ann")
    await play.write("Ben", "Because.", channel_id=head)
    await play.settle(_TEN_MINUTES)
    await _look(play, "Ben")


async def an_archived_post_is_left_alone(play: ScenePlay) -> None:
    """The card of a forum post isn't edited until somebody writes there again."""
    await play.bot.start()
    await play.settle()
    await publish(play, channel="essay-forum")
    post = int((await threads(play))[-1]["id"])
    await play.write("Ann", "I would.", channel_id=post)
    await play.settle(60)
    await change(play, post, archived=True)
    await play.settle(_TEN_MINUTES)
    await play.write("Ben", "So would I.", channel_id=post)
    await play.settle(_TEN_MINUTES)


async def what_members_looked_at_is_erased(play: ScenePlay) -> None:
    """One who looked at what is new has their data deleted; then the server is left for good."""
    await play.bot.start()
    await play.settle()
    await command(play, "prompts plan", "get no prompts", steps="none")
    head = await with_head(play)
    await play.write("Ben", "Why?", channel_id=head)
    await play.settle(_TEN_MINUTES)
    await _look(play, "Ben")
    await _look(play, "Chloe")
    await forget(play, play.member("Ben"))
    await leave(play)
    await play.settle(31 * DAY)


async def _look(play: ScenePlay, who: str) -> None:
    """Press What's new, until the mark is stored."""

    async def attempt() -> None:
        await _press(play, who)

    await play.retry_until(attempt, lambda: _get_marks(play, who), f"{who} has looked")


async def _undo(play: ScenePlay, who: str) -> None:
    """Press What's new and then Undo, until that is answered."""

    async def attempt() -> dict[str, Any]:
        shown = await _press(play, who)
        undone: dict[str, Any] = await play.press(shown, "Undo", who=play.member(who))
        return shown if undone["state"] == "answered" else undone

    await play.until_answered(attempt, "will show this again")


async def _press(play: ScenePlay, who: str) -> dict[str, Any]:
    card = next(
        message
        for message in await play.bot_messages()
        if "Slow bread" in component_texts(message["components"])
    )
    _threads, button = find_buttons(card["components"])
    data = {"component_type": 2, "custom_id": button["custom_id"]}
    shown: dict[str, Any] = await play.interact(
        3, data, who=play.member(who), message_id=card["id"], message_flags=card["flags"]
    )
    return shown


def _get_marks(play: ScenePlay, who: str) -> list[dict[str, Any]]:
    member_id = play.member(who).id
    return play.rows("SELECT 1 FROM reading_marks WHERE member_id = :id", id=member_id)


SCENES = (
    the_card_shows_what_is_discussed,
    an_archived_post_is_left_alone,
    what_members_looked_at_is_erased,
)
