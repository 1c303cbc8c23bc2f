"""What is taken away: a server that is left, channels and threads that are deleted."""

from __future__ import annotations

from tests.faults.scenes import acts
from tests.faults.scenes.acts import (
    DAY,
    LONG,
    allow,
    fault,
    long,
    option,
    press_on,
    publish,
    set_up,
    with_head,
)
from tests.faults.stage import Stage

__all__ = ["SCENES"]

_THREADS = "/channels/*/messages/*/threads"
_CREATE = "/channels/*/messages"
_MAY_MOVE = 1 << 29 | 1 << 13


async def a_server_is_left_with_much_on_its_way(stage: Stage) -> None:
    """It comes back in time and all goes on."""
    await stage.bot.start()
    await stage.settle()
    await stage.until_kept("SELECT id FROM servers")
    admins = stage.channel("admins")
    await set_up(stage, "alerts_channel_id", admins, "notices", admins)
    head = await with_head(stage)
    await stage.write("Ben", "Why?", to=head)  # a remark is to be taken away
    inside = await stage.write("Ben", "In here.", channel_id=head)
    await stage.act(
        stage.member("Dev"), "PUT", f"/channels/{head}/messages/{inside}/reactions/🍞/@me"
    )
    await stage.settle(5)
    await _schedule(stage)
    # What is owed from here on is owed until the bot is back.
    for method, path in (
        ("POST", _THREADS),
        ("PATCH", "/channels/*/messages/*"),
        ("GET", "/attachments/**/late.txt"),
    ):
        await fault(stage, method, path, status=503, times=100_000)
    await acts.edit(stage, acts.ESSAY.replace("a night", "two nights"), title="Slow bread")
    *_, closing = await stage.ours()
    await stage.write("Chloe", "Late.", to=closing["id"], file=("late.txt", b"late"))
    await stage.settle(2)
    await acts.leave(stage)
    stage.emulator.faults.clear()
    await stage.settle(DAY)
    await acts.come_back(stage)
    await stage.settle(2 * DAY)


async def _schedule(stage: Stage) -> None:
    """A draft that is to be published in five days."""

    async def hand_in() -> None:
        await stage.run("essay publish", file=("later.md", long("Later", title="Later").encode()))

    await stage.insist(hand_in, lambda: acts.state_of(stage, "Later"), "a draft")
    number = stage.rows("SELECT max(id) AS id FROM discussions")[0]["id"]
    given = [option("essay", str(number)), option("when", "in 5 days")]

    async def schedule() -> None:
        await stage.run("essay schedule", options=given)

    await stage.insist(
        schedule, lambda: acts.state_of(stage, "Later") == "scheduled", "it scheduled"
    )


async def threads_and_a_channel_are_deleted(stage: Stage) -> None:
    """With what stands in them; hidden at once, erased after a week."""
    await stage.bot.start()
    await stage.settle()
    await allow(stage, "essays", allow=_MAY_MOVE)
    await set_up(stage, "channel_replies", "move", "bring", "move")
    head = await with_head(stage)
    inside = await stage.write("Ben", "In here.", channel_id=head, file=("a.txt", b"a"))
    await stage.act(
        stage.member("Dev"), "PUT", f"/channels/{head}/messages/{inside}/reactions/🍞/@me"
    )
    await stage.settle(60)
    await fault(stage, "DELETE", "/channels/*/messages/*", status=503, times=1000)
    await stage.write("Chloe", "Copied, and left where it was.", to=head)
    await stage.settle(600)
    await stage.act(stage.member(), "DELETE", f"/channels/{head}")
    stage.emulator.faults.clear()
    await stage.settle(600)
    await acts.head_of(stage, who="Dev", text="Another.")
    await stage.settle(8 * DAY)
    await stage.act(stage.member(), "DELETE", f"/channels/{stage.channel()}")
    await stage.settle(9 * DAY)


async def an_essay_is_withdrawn_on_its_way(stage: Stage) -> None:
    """Its thread stands without an answer; it is locked, and what else stands is taken back."""
    await stage.bot.start()
    await stage.settle()
    await fault(stage, "POST", _THREADS, status=503, times=100_000, after_effect=True)
    await publish(stage, LONG, style="thread", title="Long")
    await press_on(
        stage,
        "essay withdraw",
        "Withdraw",
        lambda: acts.state_of(stage, "Long") == "withdrawn",
        "it withdrawn",
        essay="1",
    )
    stage.emulator.faults.clear()
    await stage.settle(900)


SCENES = (
    a_server_is_left_with_much_on_its_way,
    threads_and_a_channel_are_deleted,
    an_essay_is_withdrawn_on_its_way,
)
