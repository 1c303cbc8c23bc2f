"""Prompts, end to end: planned, decided, sent once, answered; and what admins say to them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.core.text.coded_text import read_coded
from bot.emulator.faults.steps import NeverArrivedError, Step
from tests.support.archive_queries import query
from tests.support.running_bot import (
    ESSAY,
    EmulatorClient,
    RunningBot,
    run_bot,
    run_emulator,
    running_bot,
)
from tests.support.spawned_bot import spawned_bot

HOUR, DAY = 3600, 86400
CREATE = "/channels/*/messages"
TWO = ESSAY.replace("Slow bread", "Fast bread").replace("wait a night for", "hurry")


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningBot]:
    async with running_bot(tmp_path) as opened:
        yield opened


async def prompts(running: RunningBot, command: str, **options: Any) -> str:
    """What ``/prompts COMMAND`` says in the end."""
    kinds = {str: 3, int: 4, bool: 5}
    given = []
    for name, value in options.items():
        if name in ("channel", "notices"):
            given.append({"type": 7, "name": name, "value": str(value)})
        else:
            given.append({"type": kinds[type(value)], "name": name, "value": value})
    return await running.answer_text(await running.run_command(f"prompts {command}", options=given))


async def came(running: RunningBot, before: list[dict[str, Any]]) -> list[str]:
    """What the bot has said in the channel since."""
    return [message["content"] for message in (await running.bot_messages())[len(before) :]]


async def rows(running: RunningBot, kind: str = "step") -> list[tuple[str, str | None]]:
    """Every prompt of a kind, as (state, reason)."""

    async def look(tx: Any) -> list[tuple[str, str | None]]:
        found = await tx.rows(
            "SELECT state, reason FROM prompts WHERE kind = :kind ORDER BY id", {"kind": kind}
        )
        return [
            (row["state"], str(read_coded(row["reason"])) if row["reason"] else None)
            for row in found
        ]

    return await running.database.read(look)


async def fault(running: RunningBot, **more: Any) -> None:
    body = {"kind": "http", "method": "POST", "path": CREATE, "times": 1, "after_effect": False}
    await running.control("faults", body | more)


async def close(running: RunningBot, essay: int = 1) -> None:
    await running.database.write(
        lambda tx: tx.run("UPDATE discussions SET state = 'closed' WHERE id = :id", {"id": essay})
    )


# -- the plan ---------------------------------------------------------------------------------


@pytest.mark.smoke
async def test_the_default_plan_brings_the_essay_back_after_one_and_three_days(
    running: RunningBot,
) -> None:
    posted = await running.publish()
    await running.settle(DAY - HOUR)
    assert await came(running, posted) == []
    await running.settle(2 * HOUR)
    (first,) = await came(running, posted)
    assert "Would you wait a night for bread?" in first
    await running.settle(2 * DAY)
    _, second = await came(running, posted)
    assert "What do you think?" in second, "the essay's own question is not asked twice"
    await running.settle(30 * DAY)
    assert len(await came(running, posted)) == 2
    assert await rows(running) == [
        ("sent", None),
        ("sent", None),
        ("skipped", "the last two prompts got no replies"),
    ]


async def test_an_active_discussion_gets_no_prompt_and_the_last_call_names_its_busiest_thread(
    running: RunningBot,
) -> None:
    posted = await running.publish()
    head = await running.write("Ann", "I would.", to=posted[-1]["id"])
    await running.settle(3 * DAY - 1.5 * HOUR)
    await running.write("Ben", "Me too.", channel_id=head)
    await running.settle(4 * DAY + 2 * HOUR)
    _, last = await came(running, posted)
    assert f"<#{head}>" in last
    assert "**Ann**" in last
    states = await rows(running)
    assert states[1] == ("skipped", "the last reply is 1 h old, and the prompt needs 24 h of quiet")
    message = (await running.bot_messages())[-1]
    assert message["mentions"] == []


async def test_a_reply_to_a_prompt_opens_a_thread_and_the_list_counts_it(
    running: RunningBot,
) -> None:
    await running.publish()
    await running.settle(DAY + HOUR)
    prompt = (await running.bot_messages())[-1]
    reply = await running.write("Ann", "A night is nothing.", to=prompt["id"])
    await running.settle()
    assert any(thread["id"] == str(reply) for thread in (await running.world())["threads"])
    (kept,) = (await running.export())["replies"]
    assert kept["parent"] is None
    told = await prompts(running, "list")
    assert "asked “Would you wait a night for bread?” — 1 reply" in told
    assert prompt["id"] in told


async def test_quiet_hours_postpone_a_prompt_to_their_end(running: RunningBot) -> None:
    posted = await running.publish()
    due = running.clock.now() + timedelta(days=1)
    quiet = f"{due - timedelta(hours=2):%H:%M}-{due + timedelta(hours=3):%H:%M}"
    assert "Europe" not in await prompts(running, "settings", quiet=quiet)
    told = await prompts(running, "list")
    assert "quiet hours" in told
    await running.settle(DAY + 2 * HOUR)
    assert await came(running, posted) == []
    await running.settle(2 * HOUR)
    assert len(await came(running, posted)) == 1


async def test_two_essays_in_one_channel_are_prompted_on_two_days(running: RunningBot) -> None:
    await running.publish()
    posted = await running.publish(TWO, "fast.md")
    before = await running.bot_messages()
    await running.settle(DAY + HOUR)
    assert len(await came(running, before)) == 1
    await running.settle(DAY)
    second = await came(running, before)
    assert len(second) == 2
    assert "Fast bread" in second[1]
    assert posted


async def test_a_discussion_that_has_closed_gets_no_prompt(running: RunningBot) -> None:
    posted = await running.publish()
    await close(running)
    await running.settle(8 * DAY)
    assert await came(running, posted) == []
    assert await rows(running) == [("skipped", "the discussion is closed")] * 3


# -- nudges and digest ------------------------------------------------------------------------


async def test_a_thread_that_nobody_answered_is_nudged_once(running: RunningBot) -> None:
    posted = await running.publish()
    lonely = await running.write("Ann", "Waiting is *everything*.", to=posted[-1]["id"])
    answered = await running.write("Ben", "I would not.", to=posted[-1]["id"])
    await running.settle(HOUR)
    await running.write("Chloe", "Why?", channel_id=answered)
    await running.write("Ann", "Or is it?", channel_id=lonely)
    await running.settle(30 * DAY)
    (nudge,) = await running.bot_messages(lonely)
    assert "> Waiting is everything." in nudge["content"]
    assert nudge["mentions"] == []
    assert await running.bot_messages(answered) == []
    assert await rows(running, "nudge") == [("sent", None), ("skipped", "the thread was answered")]


async def test_the_digest_comes_weekly_where_there_is_something_to_say(running: RunningBot) -> None:
    admins = running.channel("admins")
    # About five days after the essay is published, when two prompts have come.
    day = running.emulator.world.now() + timedelta(days=13)
    told = await prompts(running, "digest", when=f"{day:%A} 18:00", channel=admins)
    assert "The digest is posted in" in told
    await running.settle(8 * DAY)
    assert await running.bot_messages(admins) == []
    posted = await running.publish()
    await running.write("Ann", "I would.", to=posted[-1]["id"])
    await running.settle(7 * DAY)
    (digest,) = await running.bot_messages(admins)
    assert "Slow bread" in digest["content"]
    assert datetime.fromisoformat(digest["timestamp"]).weekday() == day.weekday()
    assert datetime.fromisoformat(digest["timestamp"]).hour == 18
    # What was asked after Ann wrote waits for an answer, and is told by its words.
    asked = [
        line.partition("Slow bread:")[2].partition(" — ")[0].strip()
        for line in digest["content"].partition("Open questions")[2].splitlines()
        if line.startswith("- ")
    ]
    assert all(asked)
    assert len(set(asked)) == len(asked) > 1
    await running.settle(28 * DAY)
    assert len(await running.bot_messages(admins)) <= 2
    assert "There is no digest" in await prompts(running, "digest", when="none")


async def test_the_digest_leaves_out_a_deleted_channel(running: RunningBot) -> None:
    admins = running.channel("admins")
    day = running.emulator.world.now() + timedelta(days=4)
    await prompts(running, "digest", when=f"{day:%A} 18:00", channel=admins)
    posted = await running.publish()
    await running.write("Ann", "I would.", to=posted[-1]["id"])
    await running.settle(2 * DAY)
    assert len(await came(running, posted)) == 1, "a question that nobody has answered"
    await running.call_as(running.member(), "DELETE", f"/channels/{running.channel()}")
    await running.settle(5 * DAY)
    assert await running.bot_messages(admins) == []
    assert ("skipped", "there was nothing to report") in await rows(running, "digest")


# -- once, whatever happens -------------------------------------------------------------------


@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("status", [500, 503, None])
async def test_a_prompt_whose_call_fails_is_posted_once(
    running: RunningBot, status: int | None, after_effect: bool
) -> None:
    posted = await running.publish()
    await fault(running, status=status, after_effect=after_effect)
    await running.settle(DAY + HOUR)
    assert len(await came(running, posted)) == 1
    assert (await rows(running))[0] == ("sent", None)


async def test_a_prompt_is_attempted_six_times_at_most(running: RunningBot) -> None:
    posted = await running.publish()
    await fault(running, status=503, times=1000)
    await running.settle(DAY + 11 * HOUR)
    assert await came(running, posted) == []
    state, reason = (await rows(running))[0]
    assert state == "failed"
    assert reason == "Discord answered 503. It was tried 6 times."


async def test_a_prompt_that_cannot_be_sent_by_day_is_not_sent_in_the_night(
    running: RunningBot,
) -> None:
    posted = await running.publish()
    due = running.clock.now() + timedelta(days=1)
    quiet = f"{due + timedelta(minutes=5):%H:%M}-{due + timedelta(hours=6):%H:%M}"
    await prompts(running, "settings", quiet=quiet)
    await fault(running, status=503, times=3)
    await running.settle(DAY + 5 * HOUR)
    assert await came(running, posted) == [], "its fourth attempt would have been in quiet hours"
    await running.settle(2 * HOUR)
    assert len(await came(running, posted)) == 1


@pytest.mark.parametrize("late", [6 * HOUR, 20 * HOUR])
async def test_a_prompt_due_during_an_outage_is_late_within_the_tolerance_or_skipped(
    tmp_path: Path, late: int
) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            posted = await running.publish()
        emulator.world.clock.advance_to(emulator.world.now() + timedelta(seconds=DAY + late))
        async with run_bot(tmp_path, emulator) as running:
            await running.settle(60)
            in_time = late < 12 * HOUR
            assert len(await came(running, posted)) == in_time
            told = await prompts(running, "list")
            assert ("too late" in told) != in_time


async def test_messages_of_an_outage_are_read_before_a_prompt_is_decided(
    tmp_path: Path,
) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            await running.publish()
            await prompts(running, "plan", steps="after 1 day, if quiet for 24 hours: questions")
            posted = await running.publish(TWO, "fast.md")
        async with house_without_bot(running) as outside:
            emulator.world.clock.advance_to(emulator.world.now() + timedelta(hours=25))
            await outside.write("Ann", "I would hurry.", to=posted[-1]["id"])
        async with run_bot(tmp_path, emulator) as running:
            await running.settle(60)
            states = await rows(running)
            assert (
                "skipped",
                "the last reply is 0 h old, and the prompt needs 24 h of quiet",
            ) in states


class house_without_bot:  # noqa: N801 - reads as what it is
    """Members act while no bot is there."""

    def __init__(self, running: RunningBot) -> None:
        self._running = running

    async def __aenter__(self) -> RunningBot:
        self._running.session = aiohttp.ClientSession()
        return self._running

    async def __aexit__(self, *_: object) -> None:
        await self._running.session.close()


async def test_a_closed_discussion_gets_no_second_attempt(running: RunningBot) -> None:
    posted = await running.publish()
    await fault(running, status=503, times=3)
    await running.settle(DAY + 30)
    assert await came(running, posted) == []
    await close(running)
    await running.settle(DAY)
    assert await came(running, posted) == []
    assert (await rows(running))[0] == ("skipped", "the discussion is closed")


# -- problem ----------------------------------------------------------------------------------


async def test_a_missing_permission_alerts_the_admins_once_and_the_prompt_waits(
    running: RunningBot,
) -> None:
    admins = running.channel("admins")
    await prompts(running, "settings", notices=admins)
    posted = await running.publish()
    await fault(running, path=f"/channels/{running.channel()}/messages", status=403, times=10)
    await running.settle(DAY + 4 * HOUR)
    assert await came(running, posted) == []
    (notice,) = await running.bot_messages(admins)
    assert f"<#{running.channel()}>" in notice["content"]
    assert "waits: " in await prompts(running, "list")
    await running.settle(DAY)
    assert len(await came(running, posted)) == 1
    assert len(await running.bot_messages(admins)) == 1


async def test_a_prompt_of_a_deleted_channel_waits_is_listed_and_ends_with_it(
    running: RunningBot,
) -> None:
    admins = running.channel("admins")
    await prompts(running, "settings", notices=admins)
    await running.publish()
    await running.call_as(running.member(), "DELETE", f"/channels/{running.channel()}")
    await running.settle(2 * DAY)
    assert (await rows(running))[0] == ("planned", "its channel was deleted")
    told = await running.answer_text(await running.run_command("prompts list", channel_id=admins))
    assert "its channel was deleted" in told
    words = {"essay": "1", "what": "text: Still here?"}
    options = [{"type": 3, "name": name, "value": value} for name, value in words.items()]
    told = await running.answer_text(
        await running.run_command("prompts now", channel_id=admins, options=options)
    )
    assert "Nothing was sent: its channel was deleted." in told
    await running.settle(6 * DAY)
    assert set(await rows(running)) == {("skipped", "its channel was deleted")}
    tried = "SELECT id FROM planned_messages WHERE purpose = 'prompt'"
    assert await running.database.read(lambda tx: tx.rows(tried)) == []
    (notice,) = await running.bot_messages(admins)
    assert "Its prompts end then" in notice["content"]


# -- what admins say --------------------------------------------------------------------------


async def test_an_admin_adds_edits_previews_and_cancels_a_prompt(running: RunningBot) -> None:
    posted = await running.publish()
    told = await prompts(
        running,
        "add",
        essay="1",
        when="in 3 hours",
        what="passage 3: Is it?",
        condition="if fewer than 5 replies",
        force=True,
    )
    assert "Prompt 4 for “Slow bread” is planned for <t:" in told
    assert "> The dough does not care how busy we are." in await prompts(
        running, "preview", essay="Slow bread"
    )
    told = await prompts(running, "edit", prompt="4", when="in 5 hours", what="text: Come back!")
    assert "text: Come back!, if fewer than 5 replies" in told
    await running.settle(4 * HOUR)
    assert await came(running, posted) == []
    await running.settle(2 * HOUR)
    (said,) = await came(running, posted)
    assert "Come back!" in said
    assert "can't be changed: it was sent" in await prompts(running, "cancel", prompt="4")
    assert "is cancelled" in await prompts(running, "cancel", prompt="1")
    await running.settle(DAY)
    assert len(await came(running, posted)) == 1
    assert "cancelled by Ada" in await prompts(running, "list", essay="1")


async def test_a_prompt_an_admin_sends_at_once_is_not_counted(running: RunningBot) -> None:
    posted = await running.publish()
    for what in ("next question", "poll: Rye or wheat? | Rye | Wheat"):
        assert "goes out" in await prompts(running, "now", essay="1", what=what)
    question, poll = (await running.bot_messages())[len(posted) :]
    assert "Would you wait a night" in question["content"]
    assert poll["poll"]["question"]["text"] == "Rye or wheat?"
    assert "goes out" in await prompts(running, "now", essay="1")
    assert "Nothing was sent: every question" in await prompts(running, "now", essay="1")
    await running.settle(DAY + HOUR)
    assert (await rows(running))[0] == ("skipped", "every question of the essay has been asked")


async def test_a_pause_holds_prompts_and_a_resume_in_time_sends_them(running: RunningBot) -> None:
    posted = await running.publish()
    assert "are paused" in await prompts(running, "pause", essay="1")
    await running.settle(DAY + HOUR)
    assert await came(running, posted) == []
    assert "Prompts are paused" in await prompts(running, "list", essay="1")
    assert "are resumed" in await prompts(running, "resume", essay="1")
    assert len(await came(running, posted)) == 1
    await prompts(running, "pause")
    await running.settle(10 * DAY)
    await prompts(running, "resume")
    assert len(await came(running, posted)) == 1, "what was due ten days ago is too late"


async def test_the_servers_plan_applies_to_new_essays(running: RunningBot) -> None:
    assert "after 1 day: questions" in await prompts(running, "plan")
    told = await prompts(running, "plan", steps="after 2 hours: default; after 2 days: last call")
    assert "after 2 hours: default" in told
    posted = await running.publish()
    await running.settle(3 * HOUR)
    assert len(await came(running, posted)) == 1
    assert "understand the condition" in await prompts(
        running, "plan", steps="after 1 day, if ever: default"
    )
    assert "get no prompts" in await prompts(running, "plan", steps="none")
    assert "the built-in one" in await prompts(running, "plan", steps="default")


async def test_a_local_time_follows_the_servers_time_zone(running: RunningBot) -> None:
    await running.publish()
    day = f"{running.clock.now() + timedelta(days=400):%Y-%m-%d}"
    await prompts(running, "add", essay="1", when=f"{day} 18:00", what="default")
    await prompts(running, "settings", zone="Asia/Tokyo")

    async def look(tx: Any) -> int:
        row = await tx.row("SELECT max(due_at) AS at FROM prompts")
        return int(row["at"])

    at = datetime.fromtimestamp(await running.database.read(look) / 1000, UTC)
    assert at.hour == 9
    assert "more than two years" in await prompts(
        running, "add", essay="1", when="1 July 2099 18:00", what="default"
    )


@pytest.mark.parametrize(
    ("command", "options", "says"),
    [
        ("add", {"essay": "9", "when": "in 1 hour", "what": "default"}, "no essay"),
        ("add", {"essay": "1", "when": "soon", "what": "default"}, "don't understand the time"),
        ("add", {"essay": "1", "when": "in 1 hour", "what": "qestions"}, "can't post"),
        ("edit", {"prompt": "77", "when": "in 1 hour"}, "no prompt"),
        ("cancel", {"prompt": "x"}, "no prompt"),
        ("now", {"essay": "1", "what": "passage 99"}, "no passage 99"),
        ("settings", {"zone": "Mars/Olympus"}, "know the time zone"),
        ("settings", {"quiet": "night"}, "understand the hours"),
        ("digest", {"when": "monthly"}, "isn't a time of the week"),
    ],
)
async def test_an_impossible_command_is_rejected_with_a_sentence(
    running: RunningBot, command: str, options: dict[str, str], says: str
) -> None:
    await running.publish()
    assert says in await prompts(running, command, **options)


async def test_an_admin_is_offered_essays_prompts_times_and_zones(running: RunningBot) -> None:
    await running.publish()
    offered = {
        ("list", "essay", "bread"): "1",
        ("cancel", "prompt", ""): "1",
        ("add", "when", "tomorrow 9am"): "tomorrow 9am",
        ("settings", "zone", "berl"): "Europe/Berlin",
    }
    known = next(c for c in running.emulator.world.commands.values() if c.name == "prompts")
    for (command, option, typed), value in offered.items():
        data = {
            "id": str(known.id),
            "name": "prompts",
            "type": 1,
            "version": str(known.version),
            "options": [
                {
                    "type": 1,
                    "name": command,
                    "options": [{"type": 3, "name": option, "value": typed, "focused": True}],
                }
            ],
        }
        interaction = await running.interact(4, data)
        choices = interaction["answer"]["data"]["choices"]
        assert choices[0]["value"] == value, (command, choices)


# -- killed -----------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [0, 3, 20])
@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_kill_while_sending_neither_loses_nor_repeats_a_prompt(
    tmp_path: Path, moment: str, hours: float
) -> None:
    async with spawned_bot(tmp_path, forked=True) as spawned, aiohttp.ClientSession() as session:
        running = EmulatorClient(spawned.emulator, session)
        await spawned.bot.start()
        await running.settle()
        await running.start_publishing()
        await running.settle()
        killed = False

        async def strike(step: Step) -> None:
            nonlocal killed
            if step.what == "POST /channels/{id}/messages" and step.moment == moment and not killed:
                killed = True
                spawned.kill(timedelta(hours=hours))
                if moment == "before":
                    raise NeverArrivedError

        spawned.emulator.steps.hook = strike
        await running.settle(DAY + 30)  # no more: while no bot runs, time is not waited with
        await asyncio.gather(*spawned.restarts)
        await running.settle(HOUR)
        own = str(spawned.emulator.world.application.bot_id)
        asked = [
            message["content"]
            for message in await running.messages()
            if message["author"]["id"] == own and message["content"].startswith("Back to")
        ]
        (prompt, *_) = query(spawned.database, "SELECT state, reason FROM prompts ORDER BY id")
        assert killed
        if hours == 20 and moment == "before":
            assert asked == []
            assert prompt["state"] == "skipped"
            assert json.loads(prompt["reason"]) == {"code": "too-late-offline"}
        else:
            assert len(asked) == 1
            assert prompt["state"] == "sent"


# -- side by side -----------------------------------------------------------------------------


async def test_a_prompt_an_admin_sends_at_once_does_not_wait_behind_others(
    running: RunningBot,
) -> None:
    posted = await running.publish()
    due = running.clock.now() + timedelta(days=1)
    quiet = f"{due + timedelta(minutes=5):%H:%M}-{due + timedelta(hours=6):%H:%M}"
    await prompts(running, "settings", quiet=quiet)
    await fault(running, status=503, times=3)
    await running.settle(DAY + HOUR)
    assert await came(running, posted) == []
    assert "goes out" in await prompts(running, "now", essay="1", what="text: Read it tonight.")
    (said,) = await came(running, posted)
    assert "Read it tonight." in said


async def test_a_prompt_and_nudges_due_together_are_all_sent(running: RunningBot) -> None:
    posted = await running.publish()
    heads = [
        await running.write(who, "I would.", to=posted[-1]["id"]) for who in ("Ann", "Ben", "Chloe")
    ]
    await running.settle(DAY)
    await prompts(running, "add", essay="1", when="in 20 hours", what="default", force=True)
    # The bot is kept from sending until all of them are due.
    await fault(running, status=503, times=12)
    await running.settle(DAY + 2 * HOUR)
    assert [len(await running.bot_messages(head)) for head in heads] == [1, 1, 1]
    assert [state for state, _ in await rows(running, "nudge")] == ["sent"] * 3


async def test_no_prompt_is_decided_while_the_gateway_is_disconnected(running: RunningBot) -> None:
    posted = await running.publish()
    await running.control("faults", {"kind": "gateway_close", "code": 4000})
    await running.settle(DAY + HOUR)
    assert len(await came(running, posted)) == 1, "it came once the session was resumed"
