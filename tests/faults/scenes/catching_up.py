"""What happened while the bot was away, and servers that it comes into."""

from __future__ import annotations

from bot.emulator.world.seed import add_guild, invite_bot, put_channel
from tests.faults.scenes import acts
from tests.faults.scenes.acts import DAY, publish, set_up, with_head
from tests.faults.stage import Stage
from tests.support.running_bot import until

__all__ = ["SCENES"]


async def much_happens_while_it_is_away(stage: Stage) -> None:
    """Replies, edits, deletions, reactions, threads that were opened, archived, emptied."""
    await stage.bot.start()
    await stage.settle()
    await set_up(
        stage, "alerts_channel_id", stage.channel("admins"), "notices", stage.channel("admins")
    )
    await publish(stage)
    head = await acts.head_of(stage)
    emptied = await acts.head_of(stage, who="Ben", text="Will be emptied.")
    said = await stage.write("Chloe", "Before.", channel_id=head)
    only = await stage.write("Dev", "Alone in here.", channel_id=emptied)
    await stage.settle(3600)
    await stage.bot.stop()
    await stage.settle(7200)
    *_, closing = await stage.ours()
    unseen = await stage.write("Dev", "Unseen.", to=closing["id"], file=("a.txt", b"a"))
    path = f"/channels/{stage.channel()}/messages/{unseen}/threads"
    await stage.act(stage.member("Dev"), "POST", path, {"name": "Mine"})
    await stage.write("Ann", "In there.", channel_id=unseen)
    await stage.write("Ann", "Out here.", to=closing["id"])
    there = f"/channels/{head}/messages/{said}"
    await stage.act(stage.member("Chloe"), "PATCH", there, {"content": "After."})
    await stage.act(stage.member("Ben"), "PUT", f"{there}/reactions/🍞/@me")
    await stage.act(stage.member("Dev"), "DELETE", f"/channels/{emptied}/messages/{only}")
    await acts.change(stage, unseen, archived=True)
    await stage.bot.start()
    await stage.settle(600)
    await stage.write("Ann", "And on it goes.", channel_id=head)
    await stage.settle(DAY + 3600)


async def a_quiet_thread_is_emptied_while_it_is_away(stage: Stage) -> None:
    """Its page of the history is empty, which proves nothing: the message itself is asked for."""
    await stage.bot.start()
    await stage.settle()
    head = await with_head(stage)
    await stage.settle(12 * DAY)  # so that its nudge is not compared any more either
    await stage.bot.stop()
    await stage.bot.start()
    await stage.settle(60)
    only = await stage.write("Dev", "Alone in here.", channel_id=head)
    await stage.settle(60)
    await stage.bot.stop()
    await stage.act(stage.member("Dev"), "DELETE", f"/channels/{head}/messages/{only}")
    await stage.bot.start()
    await stage.settle(600)


async def a_channel_is_deleted_while_it_is_away(stage: Stage) -> None:
    """Its server tells of it no more; Discord says that it is gone, and what stood there goes."""
    await stage.bot.start()
    await stage.settle()
    admins = stage.channel("admins")
    await set_up(stage, "alerts_channel_id", admins, "notices", admins)
    head = await with_head(stage)
    await stage.write("Ben", "In here.", channel_id=head)
    await stage.settle(60)
    await stage.bot.stop()
    await stage.act(stage.member(), "DELETE", f"/channels/{stage.channel()}")
    await stage.bot.start()
    await stage.settle(9 * DAY)


async def names_are_asked_for_one_by_one(stage: Stage) -> None:
    """The gateway's answer about members comes too late, so each is asked for."""
    await stage.bot.start()
    await stage.settle()
    await publish(stage)
    await stage.bot.stop()
    *_, closing = await stage.ours()
    await stage.write("Dev", "Unseen.", to=closing["id"])
    await stage.control("faults", {"kind": "reorder", "event": "GUILD_MEMBERS_CHUNK", "times": 9})
    await stage.bot.start()
    await stage.until_called("GET /guilds/{id}/members/{id}")
    await stage.settle(600)


async def another_server_invites_it(stage: Stage) -> None:
    """It greets there once; put out and invited back, it goes on."""
    await stage.bot.start()
    await stage.settle()
    await stage.until_kept("SELECT id FROM servers")  # the stock that a start takes
    world = stage.emulator.world
    guild = add_guild(world, "The Other Room", stage.member())
    general = put_channel(world, guild, "general")
    invite_bot(world, guild, world.bot)
    await stage.settle(60)

    async def greeted() -> bool:
        await stage.settle(60)
        return bool(await stage.ours(general.id))

    await until(greeted, "a greeting")
    await stage.act(stage.member(), "DELETE", f"/guilds/{guild.id}/members/{world.bot.id}")
    await stage.settle(DAY)
    invite_bot(world, guild, world.bot)
    await stage.settle(60)


SCENES = (
    much_happens_while_it_is_away,
    a_quiet_thread_is_emptied_while_it_is_away,
    a_channel_is_deleted_while_it_is_away,
    names_are_asked_for_one_by_one,
    another_server_invites_it,
)
