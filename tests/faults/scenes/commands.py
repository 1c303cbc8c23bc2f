"""What admins choose and look at: the panel, prompts of every kind, the doctor."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import bot.cli.doctor
from bot.app.client import load_command_set
from bot.clock import Clock
from tests.faults.scene_play import ScenePlay
from tests.faults.scenes import actions
from tests.faults.scenes.actions import DAY, command, option, publish, set_up, submit

__all__ = ["SCENES"]


async def an_admin_sets_the_server_up(play: ScenePlay) -> None:
    """Each choice of the panel, the form for the hours, the commands that set the same."""
    await play.bot.start()
    await play.settle()
    essays, admins = play.channel(), play.channel("admins")
    await set_up(play, "channel_id", essays, "channel", essays)
    await set_up(play, "alerts_channel_id", admins, "notices", admins)
    await set_up(play, "style", "thread", "style", "thread")
    await set_up(play, "plain_messages", "join", "loose", "join")
    await set_up(play, "show_passage_numbers", 1, "numbers")
    await set_up(play, "books", "admins", "books")
    await set_up(play, "language", "de", "language", "de")
    await set_up(play, "language", None, "language", "discord")

    async def hours() -> None:
        panel = await play.run_command("setup")
        await play.settle()
        answer = await play.answer_message(panel)
        data = {"component_type": 2, "custom_id": "salon:setup:time"}
        form = await play.interact(3, data, message_id=answer["id"], message_flags=answer["flags"])
        await submit(
            play, form, {"Time zone": "Berlin", "Quiet hours (22:00-08:00)": "23:00-07:00"}
        )

    def kept() -> bool:
        rows = play.rows("SELECT time_zone FROM server_settings")
        return bool(rows) and rows[0]["time_zone"] == "Europe/Berlin"

    await play.retry_until(hours, kept, "zone and quiet hours")

    async def proxies() -> None:
        panel = await play.run_command("setup")
        await play.settle()
        answer = await play.answer_message(panel)
        data = {"component_type": 2, "custom_id": "salon:setup:proxies"}
        form = await play.interact(3, data, message_id=answer["id"], message_flags=answer["flags"])
        await submit(play, form, {"Ids of the apps": "466378653216014359"})

    await play.retry_until(
        proxies,
        lambda: play.rows("SELECT 1 FROM server_settings WHERE proxy_apps <> ''"),
        "proxies",
    )
    await command(play, "prompts settings", "Berlin")
    await command(play, "doctor", "connection")


async def prompts_are_scheduled_by_hand(play: ScenePlay) -> None:
    """A plan; prompts added, changed, cancelled, sent early, sent at once; pause and digest."""
    await play.bot.start()
    await play.settle()
    await command(play, "prompts plan", "next question", steps="after 2 days: next question")
    await command(play, "prompts digest", "every week", when="Sunday 18:00")
    await publish(play)

    def planned(what: str) -> Any:
        return lambda: play.rows(
            "SELECT 1 FROM prompts WHERE content LIKE :content", content=f"%{what}%"
        )

    def state(what: str, *states: str) -> Any:
        return lambda: any(
            row["state"] in states
            for row in play.rows("SELECT state FROM prompts WHERE content LIKE :w", w=f"%{what}%")
        )

    def run(name: str, **options: Any) -> Any:
        given = [option(key, value) for key, value in options.items()]
        return lambda: play.run_command(name, options=given)

    await play.retry_until(
        run("prompts add", essay="1", when="in 5 hours", what="text: Added."),
        planned("Added."),
        "a prompt",
    )
    number = str(play.rows("SELECT id FROM prompts WHERE content LIKE '%Added.%'")[0]["id"])
    await command(play, "prompts list", "Slow bread")
    await play.retry_until(
        run("prompts edit", prompt=number, what="text: Changed."), planned("Changed."), "a change"
    )
    await command(play, "prompts preview", "Changed.", essay="1")
    await play.retry_until(
        run("prompts cancel", prompt=number), state("Changed.", "skipped"), "cancelled"
    )
    await play.retry_until(
        run("prompts add", essay="1", when="in 6 hours", what="text: Early."),
        planned("Early."),
        "another prompt",
    )
    early = play.rows("SELECT id FROM prompts WHERE content LIKE '%Early.%'")[0]["id"]

    async def send_early() -> None:
        panel = await play.run_command("prompts list")
        await play.settle()
        for custom_id, values in (
            ("salon:prompts:choose:1:0", [str(early)]),
            (f"salon:prompts:now:1:{early}", None),
        ):
            answer = await play.answer_message(panel)
            data: dict[str, Any] = {"component_type": 2, "custom_id": custom_id}
            if values is not None:
                data |= {"component_type": 3, "values": values}
            await play.interact(3, data, message_id=answer["id"], message_flags=answer["flags"])
            await play.settle()

    await play.retry_until(send_early, state("Early.", "claimed", "sent"), "one sent early")
    await play.retry_until(
        run("prompts now", essay="1", what="text: At once."),
        state("At once.", "claimed", "sent"),
        "one at once",
    )
    await play.retry_until(
        run("prompts now", essay="1", what="poll: Rye or wheat? | Rye | Wheat"),
        state("Rye", "claimed", "sent"),
        "a poll",
    )
    await play.settle(60)
    await command(play, "prompts pause", "paused", essay="1")
    await command(play, "prompts resume", "are resumed", essay="1")
    head = await actions.head_of(play, text="Who answers?")
    await play.settle(3 * DAY)
    await play.write("Ben", "I do.", channel_id=head)
    await play.settle(8 * DAY)


async def the_operator_asks_the_doctor(play: ScenePlay) -> None:
    """Beside the running bot; the doctor changes nothing, and may be asked again."""
    await play.bot.start()
    await play.settle()
    await publish(play)
    found: list[Any] = []

    async def ask() -> None:
        values = {
            "DISCORD_TOKEN": play.emulator.world.bot.token,
            "DISCORD_API_BASE": play.emulator.api,
            "DISCORD_GATEWAY_URL": play.emulator.gateway,
            "SALON_DATABASE": play.database,
        }
        told = await bot.cli.doctor.examine(values, Clock(), load_command_set)
        subjects = {one.subject for one in told if one.is_ok}
        if {"token", "intents", "commands"} <= subjects:
            found.append(told)

    await play.retry_until(ask, lambda: found, "a doctor who is answered")
    await play.settle(timedelta(hours=1).total_seconds())


SCENES = (
    an_admin_sets_the_server_up,
    prompts_are_scheduled_by_hand,
    the_operator_asks_the_doctor,
)
