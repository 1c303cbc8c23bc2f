"""Scenes with a misfortune of their own, in which the bot makes calls that it makes else never."""

from __future__ import annotations

from tests.faults.scenes import acts
from tests.faults.scenes.acts import (
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
from tests.faults.stage import Stage

__all__ = ["SCENES"]

_CREATE = "/channels/*/messages"
_AUTOMOD = {"status": 400, "code": 200000, "message": "Blocked"}


async def automod_stops_an_essay_and_an_edit(stage: Stage) -> None:
    """An admin is told, mends it, and has the bot go on."""
    await stage.bot.start()
    await stage.settle()
    await fault(stage, "POST", _CREATE, **_AUTOMOD)
    await publish(stage, long("One", "Two"), title="Long")
    await press_on(
        stage,
        "essay show",
        "Go on",
        lambda: acts.state_of(stage, "Long") == "open",
        "the essay gone on with",
        essay="1",
    )
    await stage.settle(60)
    await fault(stage, "PATCH", "/channels/*/messages/*", **_AUTOMOD)
    await acts.edit(stage, long("Uno", "Two"), title="Long")
    await stage.settle(60)
    await press_on(
        stage,
        "essay show",
        "Go on",
        lambda: not stage.rows("SELECT 1 FROM message_edits WHERE state <> 'done'"),
        "the edit gone on with",
        essay="1",
    )
    await stage.settle(600)


async def a_post_is_looked_for_before_it_is_sent_again(stage: Stage) -> None:
    """Discord is out of order for minutes, until no nonce is remembered any more."""
    await stage.bot.start()
    await stage.settle()
    await fault(stage, "POST", _CREATE, status=503, times=7)
    await publish(stage)
    await stage.settle(900)


async def a_forums_post_is_looked_for_before_it_is_started_again(stage: Stage) -> None:
    """Once the call was lost, and once its answer was."""
    await stage.bot.start()
    await stage.settle()
    await fault(stage, "POST", "/channels/*/threads", status=None)
    await fault(stage, "POST", "/channels/*/threads", status=None, after_effect=True)
    await publish(stage, LONG, channel="essay-forum", title="Long")
    await stage.settle(600)


async def a_copy_is_looked_for_before_it_is_written_again(stage: Stage) -> None:
    """The answer to a copy is lost, so the thread is looked through."""
    await stage.bot.start()
    await stage.settle()
    await allow(stage, "essays", allow=1 << 29 | 1 << 13)
    await set_up(stage, "channel_replies", "move", "bring", "move")
    head = await with_head(stage)
    await fault(stage, "POST", "/webhooks/*/*", status=None, after_effect=True)
    await stage.write("Ben", "Why?", to=head)
    await stage.settle(600)


async def a_full_server_makes_room_for_threads(stage: Stage) -> None:
    """The oldest quiet thread of the bot's is archived."""
    await stage.bot.start()
    await stage.settle()
    head = await with_head(stage)
    stage.emulator.world.thread_limit = 1
    *_, closing = await stage.ours()
    await stage.write("Ben", "One more.", to=closing["id"])
    await stage.settle(600)
    await stage.write("Chloe", "Back to it.", channel_id=head)
    await stage.settle(60)


async def a_member_is_faster_with_a_thread(stage: Stage) -> None:
    """It is taken over, and opened again for its head's author where it was archived."""
    await stage.bot.start()
    await stage.settle()
    await publish(stage)
    *_, closing = await stage.ours()
    await fault(stage, "POST", "/channels/*/messages/*/threads", status=503)
    head = await stage.write("Ann", "I would.", to=closing["id"])
    path = f"/channels/{stage.channel()}/messages/{head}/threads"
    await stage.act(stage.member("Ben"), "POST", path, {"name": "Mine"})
    await stage.write("Ben", "In here.", channel_id=head)
    await acts.change(stage, head, archived=True)
    await stage.settle(600)


async def a_file_is_had_days_later(stage: Stage) -> None:
    """Its address has run out by then, so its message is asked for another."""
    await stage.bot.start()
    await stage.settle()
    await publish(stage)
    *_, closing = await stage.ours()
    get = stage.emulator.world.files.get
    stage.emulator.world.files.get = lambda file_id: None  # type: ignore[method-assign]
    await stage.write("Ann", "Look.", to=closing["id"], file=("a.png", b"picture"))
    await stage.settle(26 * 3600)
    stage.emulator.world.files.get = get  # type: ignore[method-assign]
    await stage.settle(DAY)


async def what_cannot_be_done_is_said(stage: Stage) -> None:
    """At once, or after it was acknowledged."""
    await stage.bot.start()
    await stage.settle()
    await stage.until_kept("SELECT id FROM servers")  # the stock that a start takes
    await command(stage, "essay show", "essay", essay="77")
    await stage.answered(
        lambda: stage.run("essay publish", file=("a.md", b"\x89PNG\r\n\x1a\n" + bytes(range(256)))),
        "picture",
    )


SCENES = (
    automod_stops_an_essay_and_an_edit,
    a_post_is_looked_for_before_it_is_sent_again,
    a_forums_post_is_looked_for_before_it_is_started_again,
    a_copy_is_looked_for_before_it_is_written_again,
    a_full_server_makes_room_for_threads,
    a_member_is_faster_with_a_thread,
    a_file_is_had_days_later,
    what_cannot_be_done_is_said,
)
