"""Scenes with faults of their own, in which the bot makes calls that it never makes otherwise."""

from __future__ import annotations

from tests.faults.scene_play import ScenePlay
from tests.faults.scenes import actions
from tests.faults.scenes.actions import (
    DAY,
    LONG,
    allow,
    command,
    fault,
    long,
    press_on,
    publish,
    set_up,
    with_head,
)
from tests.support.running_bot import missing_files

__all__ = ["SCENES"]

_CREATE = "/channels/*/messages"
_AUTOMOD = {"status": 400, "code": 200000, "message": "Blocked"}


async def automod_stops_an_essay_and_an_edit(play: ScenePlay) -> None:
    """An admin is alerted, fixes it, and lets the bot go on."""
    await play.bot.start()
    await play.settle()
    await fault(play, "POST", _CREATE, **_AUTOMOD)
    await publish(play, long("One", "Two"), title="Long")
    await press_on(
        play,
        "essay show",
        "Retry",
        lambda: actions.state_of(play, "Long") == "open",
        "the essay gone on with",
        essay="1",
    )
    await play.settle(60)
    await fault(play, "PATCH", "/channels/*/messages/*", **_AUTOMOD)
    await actions.edit(play, long("Uno", "Two"), title="Long")
    await play.settle(60)
    await press_on(
        play,
        "essay show",
        "Retry",
        lambda: not play.rows("SELECT 1 FROM message_edits WHERE state <> 'done'"),
        "the edit gone on with",
        essay="1",
    )
    await play.settle(600)


async def a_message_is_looked_for_before_it_is_sent_again(play: ScenePlay) -> None:
    """Discord is out of order for minutes, until no nonce is remembered any more."""
    await play.bot.start()
    await play.settle()
    await fault(play, "POST", _CREATE, status=503, times=7)
    await publish(play)
    await play.settle(900)


async def a_forums_post_is_looked_for_before_it_is_started_again(play: ScenePlay) -> None:
    """Once the call was lost, and once its answer was."""
    await play.bot.start()
    await play.settle()
    await fault(play, "POST", "/channels/*/threads", status=None)
    await fault(play, "POST", "/channels/*/threads", status=None, after_effect=True)
    await publish(play, LONG, channel="essay-forum", title="Long")
    await play.settle(600)


async def a_copy_is_looked_for_before_it_is_written_again(play: ScenePlay) -> None:
    """The answer to a copy is lost, so the thread is looked through."""
    await play.bot.start()
    await play.settle()
    await allow(play, "essays", allow=1 << 29 | 1 << 13)
    await set_up(play, "channel_replies", "move", "bring", "move")
    head = await with_head(play)
    await fault(play, "POST", "/webhooks/*/*", status=None, after_effect=True)
    await play.write("Ben", "Why?", to=head)
    await play.settle(600)


async def a_full_server_makes_room_for_threads(play: ScenePlay) -> None:
    """The oldest quiet thread of the bot's is archived."""
    await play.bot.start()
    await play.settle()
    head = await with_head(play)
    play.emulator.world.thread_limit = 1
    *_, closing = await play.bot_messages()
    await play.write("Ben", "One more.", to=closing["id"])
    await play.settle(600)
    await play.write("Chloe", "Back to it.", channel_id=head)
    await play.settle(60)


async def a_member_is_faster_with_a_thread(play: ScenePlay) -> None:
    """It is taken over, and opened again for its head's author where it was archived."""
    await play.bot.start()
    await play.settle()
    await publish(play)
    *_, closing = await play.bot_messages()
    await fault(play, "POST", "/channels/*/messages/*/threads", status=503)
    head = await play.write("Ann", "I would.", to=closing["id"])
    path = f"/channels/{play.channel()}/messages/{head}/threads"
    await play.call_as(play.member("Ben"), "POST", path, {"name": "Mine"})
    await play.write("Ben", "In here.", channel_id=head)
    await actions.change(play, head, archived=True)
    await play.settle(600)


async def a_file_is_downloaded_days_later(play: ScenePlay) -> None:
    """Its address has expired by then, so a new one is fetched with the message."""
    await play.bot.start()
    await play.settle()
    await publish(play)
    *_, closing = await play.bot_messages()
    with missing_files(play.emulator):
        await play.write("Ann", "Look.", to=closing["id"], file=("a.png", b"picture"))
        await play.settle(26 * 3600)
    await play.settle(DAY)


async def impossible_commands_are_refused(play: ScenePlay) -> None:
    """At once, or after it was acknowledged."""
    await play.bot.start()
    await play.settle()
    await play.until_stored("SELECT id FROM servers")  # the stock that a start takes
    await command(play, "essay show", "essay", essay="77")
    await play.until_answered(
        lambda: play.run_command(
            "essay publish", file=("a.md", b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
        ),
        "picture",
    )


SCENES = (
    automod_stops_an_essay_and_an_edit,
    a_message_is_looked_for_before_it_is_sent_again,
    a_forums_post_is_looked_for_before_it_is_started_again,
    a_copy_is_looked_for_before_it_is_written_again,
    a_full_server_makes_room_for_threads,
    a_member_is_faster_with_a_thread,
    a_file_is_downloaded_days_later,
    impossible_commands_are_refused,
)
