"""Catching up after an outage, and servers that invite the bot."""

from __future__ import annotations

from bot.emulator.world.seed import add_guild, invite_bot, put_channel
from tests.faults.scene_play import ScenePlay
from tests.faults.scenes import actions
from tests.faults.scenes.actions import DAY, publish, set_up, with_head
from tests.support.running_bot import wait_until

__all__ = ["SCENES"]


async def much_happens_while_it_is_away(play: ScenePlay) -> None:
    """Replies, edits, deletions, reactions, threads that were opened, archived, emptied."""
    await play.bot.start()
    await play.settle()
    await set_up(
        play, "alerts_channel_id", play.channel("admins"), "notices", play.channel("admins")
    )
    await publish(play)
    head = await actions.head_of(play)
    emptied = await actions.head_of(play, who="Ben", text="Will be emptied.")
    said = await play.write("Chloe", "Before.", channel_id=head)
    only = await play.write("Dev", "Alone in here.", channel_id=emptied)
    await play.settle(3600)
    await play.bot.stop()
    await play.settle(7200)
    *_, closing = await play.bot_messages()
    unseen = await play.write("Dev", "Unseen.", to=closing["id"], file=("a.txt", b"a"))
    path = f"/channels/{play.channel()}/messages/{unseen}/threads"
    await play.call_as(play.member("Dev"), "POST", path, {"name": "Mine"})
    await play.write("Ann", "In there.", channel_id=unseen)
    await play.write("Ann", "Out here.", to=closing["id"])
    nick = f"/guilds/{play.server_id}/members/@me"
    await play.call_as(play.member("Chloe"), "PATCH", nick, {"nick": "Clo"})
    await play.write("Chloe", "In a known thread.", channel_id=head)
    there = f"/channels/{head}/messages/{said}"
    await play.call_as(play.member("Chloe"), "PATCH", there, {"content": "After."})
    await play.call_as(play.member("Ben"), "PUT", f"{there}/reactions/🍞/@me")
    await play.call_as(play.member("Dev"), "DELETE", f"/channels/{emptied}/messages/{only}")
    await actions.change(play, unseen, archived=True)
    await play.bot.start()
    await play.settle(600)
    await play.write("Ann", "And on it goes.", channel_id=head)
    await play.settle(DAY + 3600)


async def a_quiet_thread_is_emptied_while_it_is_away(play: ScenePlay) -> None:
    """Its page of the history is empty, which proves nothing: the message itself is asked for."""
    await play.bot.start()
    await play.settle()
    head = await with_head(play)
    await play.settle(12 * DAY)  # so that its nudge is not compared any more either
    await play.bot.stop()
    await play.bot.start()
    await play.settle(60)
    only = await play.write("Dev", "Alone in here.", channel_id=head)
    await play.settle(60)
    await play.bot.stop()
    await play.call_as(play.member("Dev"), "DELETE", f"/channels/{head}/messages/{only}")
    await play.bot.start()
    await play.settle(600)


async def a_channel_is_deleted_while_it_is_away(play: ScenePlay) -> None:
    """The server no longer lists it; Discord confirms the deletion, and its messages are erased."""
    await play.bot.start()
    await play.settle()
    admins = play.channel("admins")
    await set_up(play, "alerts_channel_id", admins, "notices", admins)
    head = await with_head(play)
    await play.write("Ben", "In here.", channel_id=head)
    await play.settle(60)
    await play.bot.stop()
    await play.call_as(play.member(), "DELETE", f"/channels/{play.channel()}")
    await play.bot.start()
    await play.settle(9 * DAY)


async def names_are_asked_for_one_by_one(play: ScenePlay) -> None:
    """The gateway's answer about members comes too late, so each is asked for."""
    await play.bot.start()
    await play.settle()
    await publish(play)
    await play.bot.stop()
    *_, closing = await play.bot_messages()
    await play.write("Dev", "Unseen.", to=closing["id"])
    await play.control("faults", {"kind": "reorder", "event": "GUILD_MEMBERS_CHUNK", "times": 9})
    await play.bot.start()
    await play.until_called("GET /guilds/{id}/members/{id}")
    await play.settle(600)


async def another_server_invites_it(play: ScenePlay) -> None:
    """It greets once; removed and invited again, it goes on."""
    await play.bot.start()
    await play.settle()
    await play.until_stored("SELECT id FROM servers")  # recorded at the start
    world = play.emulator.world
    guild = add_guild(world, "The Other Room", play.member())
    general = put_channel(world, guild, "general")
    invite_bot(world, guild, world.bot)
    await play.settle(60)

    async def greeted() -> bool:
        await play.settle(60)
        return bool(await play.bot_messages(general.id))

    await wait_until(greeted, "a greeting")
    await play.call_as(play.member(), "DELETE", f"/guilds/{guild.id}/members/{world.bot.id}")
    await play.settle(DAY)
    invite_bot(world, guild, world.bot)
    await play.settle(60)


SCENES = (
    much_happens_while_it_is_away,
    a_quiet_thread_is_emptied_while_it_is_away,
    a_channel_is_deleted_while_it_is_away,
    names_are_asked_for_one_by_one,
    another_server_invites_it,
)
