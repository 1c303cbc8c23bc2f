"""Prompts whose rules change, and prompts that have to wait."""

from __future__ import annotations

from tests.faults.scene_play import ScenePlay
from tests.faults.scenes import actions
from tests.faults.scenes.actions import (
    DAY,
    allow,
    change_prompt_setting,
    command,
    fault,
    option,
    publish,
    set_up,
)

__all__ = ["SCENES"]

_SEND = 1 << 11


async def the_prompt_settings_change(play: ScenePlay) -> None:
    """Zone, quiet hours, nudges off and on, lateness, a pause of the server, the digest."""
    await play.bot.start()
    await play.settle()
    await publish(play)
    await actions.head_of(play)
    await command(play, "prompts digest", "every week", when="Sunday 18:00")
    await command(play, "prompts digest", "every week", when="Monday 9:00")
    await change_prompt_setting(play, "tolerance_hours", 24, option("tolerance", 24, 4))
    await change_prompt_setting(play, "nudge_hours", 0, option("nudges", 0, 4))
    await change_prompt_setting(play, "nudge_hours", 24, option("nudges", 24, 4))
    await change_prompt_setting(play, "time_zone", "Asia/Tokyo", option("zone", "Tokyo"))
    given = [
        option("essay", "1"),
        option("when", "tomorrow 3:00"),
        option("what", "text: At night."),
    ]
    await play.retry_until(
        lambda: play.run_command("prompts add", options=given),
        lambda: play.rows("SELECT 1 FROM prompts WHERE content = 'text: At night.'"),
        "a prompt at night",
    )
    await change_prompt_setting(play, "quiet_until", 8 * 60, option("quiet", "22:00-08:00"))
    await play.settle(DAY)
    await change_prompt_setting(play, "quiet_until", None, option("quiet", "none"))
    await command(play, "prompts pause", "paused")
    await play.settle(DAY)
    await command(play, "prompts resume", "are resumed")
    await play.settle(DAY)
    await command(play, "prompts digest", "digest", when="none")
    await play.settle(DAY)


async def a_prompt_waits_for_a_permission(play: ScenePlay) -> None:
    """The admins are told; what it says is decided anew once it may be said."""
    await play.bot.start()
    await play.settle()
    admins = play.channel("admins")
    await set_up(play, "alerts_channel_id", admins, "notices", admins)
    await publish(play)
    await allow(play, "essays", deny=_SEND)
    await play.settle(DAY + 7200)
    await allow(play, "essays")
    await play.settle(DAY)


async def a_prompt_cannot_be_sent_for_hours(play: ScenePlay) -> None:
    """What may have got through is looked for, and what did not is decided anew."""
    await play.bot.start()
    await play.settle()
    await publish(play)
    await play.settle(DAY - 600)
    await fault(play, "POST", "/channels/*/messages", status=503, times=4)
    await play.settle(DAY)


SCENES = (
    the_prompt_settings_change,
    a_prompt_waits_for_a_permission,
    a_prompt_cannot_be_sent_for_hours,
)
