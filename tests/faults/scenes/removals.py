"""Servers that the bot leaves, and deleted channels, threads and essays."""

from __future__ import annotations

from tests.faults.scene_play import ScenePlay
from tests.faults.scenes import actions
from tests.faults.scenes.actions import (
    DAY,
    LONG,
    QUOTE,
    allow,
    fault,
    long,
    option,
    press_on,
    publish,
    set_up,
    with_head,
)

__all__ = ["SCENES"]

_THREADS = "/channels/*/messages/*/threads"
_CREATE = "/channels/*/messages"
_MAY_MOVE = 1 << 29 | 1 << 13


async def a_server_is_left_with_much_pending(play: ScenePlay) -> None:
    """It comes back in time and all goes on."""
    await play.bot.start()
    await play.settle()
    await play.until_stored("SELECT id FROM servers")
    admins = play.channel("admins")
    await set_up(play, "alerts_channel_id", admins, "notices", admins)
    head = await with_head(play)
    await play.write("Ben", "Why?", to=head)  # a remark is to be taken away
    inside = await play.write("Ben", "In here.", channel_id=head)
    await play.call_as(
        play.member("Dev"), "PUT", f"/channels/{head}/messages/{inside}/reactions/🍞/@me"
    )
    await play.settle(5)
    await _schedule(play)
    # What is pending from here on stays pending until the bot is back.
    for method, path in (
        ("POST", _THREADS),
        ("PATCH", "/channels/*/messages/*"),
        ("GET", "/attachments/**/late.txt"),
    ):
        await fault(play, method, path, status=503, times=100_000)
    await actions.edit(play, actions.ESSAY.replace("a night", "two nights"), title="Slow bread")
    *_, closing = await play.bot_messages()
    await play.write("Chloe", "Late.", to=closing["id"], file=("late.txt", b"late"))
    await play.settle(2)
    await actions.leave(play)
    play.emulator.faults.clear()
    await play.settle(DAY)
    await actions.come_back(play)
    await play.settle(2 * DAY)


async def _schedule(play: ScenePlay) -> None:
    """A draft that is to be published in five days."""

    async def submit_essay() -> None:
        await play.run_command(
            "essay publish", file=("later.md", long("Later", title="Later").encode())
        )

    await play.retry_until(submit_essay, lambda: actions.state_of(play, "Later"), "a draft")
    number = play.rows("SELECT max(id) AS id FROM discussions")[0]["id"]
    given = [option("essay", str(number)), option("when", "in 5 days")]

    async def schedule() -> None:
        await play.run_command("essay schedule", options=given)

    await play.retry_until(
        schedule, lambda: actions.state_of(play, "Later") == "scheduled", "it scheduled"
    )


async def threads_and_a_channel_are_deleted(play: ScenePlay) -> None:
    """With what stands in them; hidden at once, erased after a week."""
    await play.bot.start()
    await play.settle()
    await allow(play, "essays", allow=_MAY_MOVE)
    await set_up(play, "channel_replies", "move", "bring", "move")
    head = await with_head(play)
    inside = await play.write("Ben", f"{QUOTE}\nIn here.", channel_id=head, file=("a.txt", b"a"))
    await play.call_as(
        play.member("Dev"), "PUT", f"/channels/{head}/messages/{inside}/reactions/🍞/@me"
    )
    await play.settle(60)
    await fault(play, "DELETE", "/channels/*/messages/*", status=503, times=1000)
    await play.write("Chloe", "Copied, and left where it was.", to=head)
    await play.settle(600)
    await play.call_as(play.member(), "DELETE", f"/channels/{head}")
    play.emulator.faults.clear()
    await play.settle(600)
    await actions.head_of(play, who="Dev", text="Another.")
    await play.settle(8 * DAY)
    await play.call_as(play.member(), "DELETE", f"/channels/{play.channel()}")
    await play.settle(9 * DAY)


async def an_essay_is_withdrawn_while_publishing(play: ScenePlay) -> None:
    """Its thread stands without an answer; it is locked, and what else stands is taken back."""
    await play.bot.start()
    await play.settle()
    await fault(play, "POST", _THREADS, status=503, times=100_000, after_effect=True)
    await publish(play, LONG, style="thread", title="Long")
    await press_on(
        play,
        "essay withdraw",
        "Withdraw",
        lambda: actions.state_of(play, "Long") == "withdrawn",
        "it withdrawn",
        essay="1",
    )
    play.emulator.faults.clear()
    await play.settle(900)


SCENES = (
    a_server_is_left_with_much_pending,
    threads_and_a_channel_are_deleted,
    an_essay_is_withdrawn_while_publishing,
)
