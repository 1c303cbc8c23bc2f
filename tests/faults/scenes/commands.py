"""What admins choose and look at: the panel, prompts of every kind, the doctor."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import bot.cli.doctor
from bot.clock import Clock
from tests.faults.scenes import acts
from tests.faults.scenes.acts import DAY, command, option, publish, set_up, submit
from tests.faults.stage import Stage

__all__ = ["SCENES"]


async def an_admin_sets_the_server_up(stage: Stage) -> None:
    """Each choice of the panel, the form for the hours, the commands that set the same."""
    await stage.bot.start()
    await stage.settle()
    essays, admins = stage.channel(), stage.channel("admins")
    await set_up(stage, "channel_id", essays, "channel", essays)
    await set_up(stage, "alerts_channel_id", admins, "notices", admins)
    await set_up(stage, "style", "thread", "style", "thread")
    await set_up(stage, "plain_messages", "join", "loose", "join")
    await set_up(stage, "show_passage_numbers", 1, "numbers")

    async def hours() -> None:
        panel = await stage.run("setup")
        await stage.settle()
        answer = await stage.seen(panel)
        data = {"component_type": 2, "custom_id": "salon:setup:time"}
        form = await stage.interact(3, data, message_id=answer["id"], message_flags=answer["flags"])
        await submit(
            stage, form, {"Time zone": "Berlin", "Quiet hours (22:00-08:00)": "23:00-07:00"}
        )

    def kept() -> bool:
        rows = stage.rows("SELECT time_zone FROM server_settings")
        return bool(rows) and rows[0]["time_zone"] == "Europe/Berlin"

    await stage.insist(hours, kept, "zone and quiet hours")
    await command(stage, "prompts manners", "Berlin")
    await command(stage, "doctor", "connection")


async def prompts_come_as_planned_by_hand(stage: Stage) -> None:
    """A plan, a prompt added, changed, cancelled, sent at once, a poll, a pause, a digest."""
    await stage.bot.start()
    await stage.settle()
    await command(stage, "prompts plan", "next question", steps="after 2 days: next question")
    await command(stage, "prompts digest", "every week", when="Sunday 18:00")
    await publish(stage)

    def planned(what: str) -> Any:
        return lambda: stage.rows(
            "SELECT 1 FROM prompts WHERE content LIKE :content", content=f"%{what}%"
        )

    def state(what: str, *states: str) -> Any:
        return lambda: any(
            row["state"] in states
            for row in stage.rows("SELECT state FROM prompts WHERE content LIKE :w", w=f"%{what}%")
        )

    def run(name: str, **options: Any) -> Any:
        given = [option(key, value) for key, value in options.items()]
        return lambda: stage.run(name, options=given)

    await stage.insist(
        run("prompts add", essay="1", when="in 5 hours", what="text: Added."),
        planned("Added."),
        "a prompt",
    )
    number = str(stage.rows("SELECT id FROM prompts WHERE content LIKE '%Added.%'")[0]["id"])
    await command(stage, "prompts list", "Slow bread")
    await stage.insist(
        run("prompts edit", prompt=number, what="text: Changed."), planned("Changed."), "a change"
    )
    await command(stage, "prompts preview", "Changed.", essay="1")
    await stage.insist(
        run("prompts cancel", prompt=number), state("Changed.", "skipped"), "cancelled"
    )
    await stage.insist(
        run("prompts now", essay="1", what="text: At once."),
        state("At once.", "claimed", "sent"),
        "one at once",
    )
    await stage.insist(
        run("prompts now", essay="1", what="poll: Rye or wheat? | Rye | Wheat"),
        state("Rye", "claimed", "sent"),
        "a poll",
    )
    await stage.settle(60)
    await command(stage, "prompts pause", "paused", essay="1")
    await command(stage, "prompts resume", "come again", essay="1")
    head = await acts.head_of(stage, text="Who answers?")
    await stage.settle(3 * DAY)
    await stage.write("Ben", "I do.", channel_id=head)
    await stage.settle(8 * DAY)


async def the_operator_asks_the_doctor(stage: Stage) -> None:
    """Beside the running bot; the doctor changes nothing, and may be asked again."""
    await stage.bot.start()
    await stage.settle()
    await publish(stage)
    found: list[Any] = []

    async def ask() -> None:
        values = {
            "DISCORD_TOKEN": stage.emulator.world.bot.token,
            "DISCORD_API_BASE": stage.emulator.api,
            "DISCORD_GATEWAY_URL": stage.emulator.gateway,
            "SALON_DATABASE": str(stage.path),
        }
        told = await bot.cli.doctor.examine(values, Clock())
        subjects = {one.subject for one in told if one.is_ok}
        if {"token", "intents", "commands"} <= subjects:
            found.append(told)

    await stage.insist(ask, lambda: found, "a doctor who is answered")
    await stage.settle(timedelta(hours=1).total_seconds())


SCENES = (
    an_admin_sets_the_server_up,
    prompts_come_as_planned_by_hand,
    the_operator_asks_the_doctor,
)
