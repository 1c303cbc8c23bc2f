"""Prompts whose rules change, and prompts that have to wait."""

from __future__ import annotations

from tests.faults.scenes import acts
from tests.faults.scenes.acts import (
    DAY,
    allow,
    command,
    fault,
    manners,
    option,
    publish,
    set_up,
)
from tests.faults.stage import Stage

__all__ = ["SCENES"]

_SEND = 1 << 11


async def the_manners_of_prompts_change(stage: Stage) -> None:
    """Zone, quiet hours, nudges off and on, lateness, a pause of the server, the digest."""
    await stage.bot.start()
    await stage.settle()
    await publish(stage)
    await acts.head_of(stage)
    await command(stage, "prompts digest", "every week", when="Sunday 18:00")
    await command(stage, "prompts digest", "every week", when="Monday 9:00")
    await manners(stage, "tolerance_hours", 24, option("tolerance", 24, 4))
    await manners(stage, "nudge_hours", 0, option("nudges", 0, 4))
    await manners(stage, "nudge_hours", 24, option("nudges", 24, 4))
    await manners(stage, "time_zone", "Asia/Tokyo", option("zone", "Tokyo"))
    given = [
        option("essay", "1"),
        option("when", "tomorrow 3:00"),
        option("what", "text: At night."),
    ]
    await stage.insist(
        lambda: stage.run("prompts add", options=given),
        lambda: stage.rows("SELECT 1 FROM prompts WHERE content = 'text: At night.'"),
        "a prompt at night",
    )
    await manners(stage, "quiet_until", 8 * 60, option("quiet", "22:00-08:00"))
    await stage.settle(DAY)
    await manners(stage, "quiet_until", None, option("quiet", "none"))
    await command(stage, "prompts pause", "paused")
    await stage.settle(DAY)
    await command(stage, "prompts resume", "come again")
    await stage.settle(DAY)
    await command(stage, "prompts digest", "digest", when="none")
    await stage.settle(DAY)


async def a_prompt_waits_for_a_right(stage: Stage) -> None:
    """The admins are told; what it says is decided anew once it may be said."""
    await stage.bot.start()
    await stage.settle()
    admins = stage.channel("admins")
    await set_up(stage, "alerts_channel_id", admins, "notices", admins)
    await publish(stage)
    await allow(stage, "essays", deny=_SEND)
    await stage.settle(DAY + 7200)
    await allow(stage, "essays")
    await stage.settle(DAY)


async def a_prompt_cannot_be_sent_for_hours(stage: Stage) -> None:
    """What may have got through is looked for, and what did not is decided anew."""
    await stage.bot.start()
    await stage.settle()
    await publish(stage)
    await stage.settle(DAY - 600)
    await fault(stage, "POST", "/channels/*/messages", status=503, times=4)
    await stage.settle(DAY)


SCENES = (
    the_manners_of_prompts_change,
    a_prompt_waits_for_a_right,
    a_prompt_cannot_be_sent_for_hours,
)
