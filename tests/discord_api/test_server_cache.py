"""What discord.py keeps of servers takes little memory, and stays right."""

from __future__ import annotations

from pathlib import Path

import discord

from bot.emulator.world.models import ChannelType, Overwrite, OverwriteType
from bot.emulator.world.permissions import Permission
from bot.emulator.world.seed import put_channel
from tests.support.running_bot import RunningBot, run_bot, run_emulator, wait_until


def may_send(running: RunningBot, channel_id: int) -> bool:
    channel = running.salon.get_channel(channel_id)
    assert isinstance(channel, discord.TextChannel)
    return channel.permissions_for(channel.guild.me).send_messages


async def test_channels_share_equal_overwrites_until_one_is_changed(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        world = emulator.world
        (guild,) = world.guilds.values()
        channels = []
        for name in ("one", "two", "three"):
            closed = Overwrite(guild.id, OverwriteType.ROLE, deny=int(Permission.SEND_MESSAGES))
            channels.append(put_channel(world, guild, name, overwrites=[closed]))
        category = put_channel(world, guild, "Rooms", ChannelType.CATEGORY)
        put_channel(world, guild, "open").parent_id = category.id
        channels[0].topic = "What this channel is for."
        async with run_bot(tmp_path, emulator) as running:
            one, two, three = (running.salon.get_channel(channel.id) for channel in channels)
            assert isinstance(one, discord.TextChannel)
            assert isinstance(two, discord.TextChannel)
            assert isinstance(three, discord.TextChannel)
            assert one._overwrites is two._overwrites is three._overwrites
            assert len(one._overwrites) == 1
            assert one.topic is None
            assert [may_send(running, channel.id) for channel in channels] == [False] * 3
            assert may_send(running, running.channel("open"))
            in_category = running.salon.get_channel(running.channel("open"))
            assert isinstance(in_category, discord.TextChannel)
            assert in_category.category is not None
            assert in_category.category.name == "Rooms"
            await running.call_as(
                running.member(), "DELETE", f"/channels/{channels[1].id}/permissions/{guild.id}"
            )

            async def is_open() -> bool:
                return may_send(running, channels[1].id)

            await wait_until(is_open, "the changed channel")
            assert not may_send(running, channels[0].id)
            assert not may_send(running, channels[2].id)
