"""Prompts, end to end: planned, decided, sent once, answered; and what admins say to them."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.clock import Clock
from bot.emulator.faults.steps import NeverArrivedError, Step
from tests.support.bot_process import staged
from tests.support.running_bot import ESSAY, House, a_house, a_world, lived_in

HOUR, DAY = 3600, 86400
CREATE = "/channels/*/messages"
TWO = ESSAY.replace("Slow bread", "Fast bread").replace("wait a night for", "hurry")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as opened:
        yield opened


async def prompts(house: House, command: str, **options: Any) -> str:
    """What ``/prompts COMMAND`` says in the end."""
    kinds = {str: 3, int: 4, bool: 5}
    given = []
    for name, value in options.items():
        if name in ("channel", "notices"):
            given.append({"type": 7, "name": name, "value": str(value)})
        else:
            given.append({"type": kinds[type(value)], "name": name, "value": value})
    return await house.said(await house.run(f"prompts {command}", options=given))


async def came(house: House, before: list[dict[str, Any]]) -> list[str]:
    """What the bot has said in the channel since."""
    return [message["content"] for message in (await house.ours())[len(before) :]]


async def rows(house: House, kind: str = "step") -> list[tuple[str, str | None]]:
    """Every prompt of a kind, as (state, reason)."""

    async def look(tx: Any) -> list[tuple[str, str | None]]:
        found = await tx.rows(
            "SELECT state, reason FROM prompts WHERE kind = :kind ORDER BY id", {"kind": kind}
        )
        return [(row["state"], row["reason"]) for row in found]

    return await house.database.read(look)


async def fault(house: House, **more: Any) -> None:
    body = {"kind": "http", "method": "POST", "path": CREATE, "times": 1, "after_effect": False}
    await house.control("faults", body | more)


async def close(house: House, essay: int = 1) -> None:
    await house.database.write(
        lambda tx: tx.run("UPDATE discussions SET state = 'closed' WHERE id = :id", {"id": essay})
    )


# -- the plan ---------------------------------------------------------------------------------


async def test_the_default_plan_brings_the_essay_back_after_one_and_three_days(
    house: House,
) -> None:
    posted = await house.publish()
    await house.settle(DAY - HOUR)
    assert await came(house, posted) == []
    await house.settle(2 * HOUR)
    (first,) = await came(house, posted)
    assert "Would you wait a night for bread?" in first
    await house.settle(2 * DAY)
    _, second = await came(house, posted)
    assert "What do you think?" in second, "the essay's own question is not asked twice"
    await house.settle(30 * DAY)
    assert len(await came(house, posted)) == 2
    assert await rows(house) == [
        ("sent", None),
        ("sent", None),
        ("skipped", "nobody has answered the last two prompts"),
    ]


async def test_a_lively_talk_is_left_alone_and_the_last_call_names_its_liveliest_thread(
    house: House,
) -> None:
    posted = await house.publish()
    head = await house.write("Ann", "I would.", to=posted[-1]["id"])
    await house.settle(3 * DAY - 1.5 * HOUR)
    await house.write("Ben", "Me too.", channel_id=head)
    await house.settle(4 * DAY + 2 * HOUR)
    _, last = await came(house, posted)
    assert f"<#{head}>" in last
    assert "**Ann**" in last
    states = await rows(house)
    assert states[1] == ("skipped", "somebody wrote 1 h ago, and it asks for 24 h of quiet")
    message = (await house.ours())[-1]
    assert message["mentions"] == []


async def test_a_reply_to_a_prompt_heads_a_thread_and_the_list_counts_it(house: House) -> None:
    await house.publish()
    await house.settle(DAY + HOUR)
    prompt = (await house.ours())[-1]
    reply = await house.write("Ann", "A night is nothing.", to=prompt["id"])
    await house.settle()
    assert any(thread["id"] == str(reply) for thread in (await house.world())["threads"])
    (kept,) = (await house.export())["replies"]
    assert kept["parent"] is None
    told = await prompts(house, "list")
    assert "“Would you wait a night for bread?”: 1 answer" in told
    assert prompt["id"] in told


async def test_quiet_hours_put_a_prompt_off_to_their_end(house: House) -> None:
    posted = await house.publish()
    due = house.clock.now() + timedelta(days=1)
    quiet = f"{due - timedelta(hours=2):%H:%M}-{due + timedelta(hours=3):%H:%M}"
    assert "Europe" not in await prompts(house, "manners", quiet=quiet)
    told = await prompts(house, "list")
    assert "quiet hours" in told
    await house.settle(DAY + 2 * HOUR)
    assert await came(house, posted) == []
    await house.settle(2 * HOUR)
    assert len(await came(house, posted)) == 1


async def test_two_essays_in_one_channel_are_prompted_on_two_days(house: House) -> None:
    await house.publish()
    posted = await house.publish(TWO, "fast.md")
    before = await house.ours()
    await house.settle(DAY + HOUR)
    assert len(await came(house, before)) == 1
    await house.settle(DAY)
    second = await came(house, before)
    assert len(second) == 2
    assert "Fast bread" in second[1]
    assert posted


async def test_a_discussion_that_has_closed_gets_no_prompt(house: House) -> None:
    posted = await house.publish()
    await close(house)
    await house.settle(8 * DAY)
    assert await came(house, posted) == []
    assert await rows(house) == [("skipped", "the discussion is closed")] * 3


# -- nudges and digest ------------------------------------------------------------------------


async def test_a_thread_that_nobody_answered_is_nudged_once(house: House) -> None:
    posted = await house.publish()
    lonely = await house.write("Ann", "Waiting is *everything*.", to=posted[-1]["id"])
    answered = await house.write("Ben", "I would not.", to=posted[-1]["id"])
    await house.settle(HOUR)
    await house.write("Chloe", "Why?", channel_id=answered)
    await house.write("Ann", "Or is it?", channel_id=lonely)
    await house.settle(30 * DAY)
    (nudge,) = await house.ours(lonely)
    assert "> Waiting is \\*everything\\*." in nudge["content"]
    assert nudge["mentions"] == []
    assert await house.ours(answered) == []
    assert await rows(house, "nudge") == [("sent", None), ("skipped", "the thread was answered")]


async def test_the_digest_comes_weekly_where_there_is_something_to_say(house: House) -> None:
    admins = house.channel("admins")
    # About five days after the essay is published, when two prompts have come.
    day = house.emulator.world.now() + timedelta(days=13)
    told = await prompts(house, "digest", when=f"{day:%A} 18:00", channel=admins)
    assert "The digest comes into" in told
    await house.settle(8 * DAY)
    assert await house.ours(admins) == []
    posted = await house.publish()
    await house.write("Ann", "I would.", to=posted[-1]["id"])
    await house.settle(7 * DAY)
    (digest,) = await house.ours(admins)
    assert "Slow bread" in digest["content"]
    assert datetime.fromisoformat(digest["timestamp"]).weekday() == day.weekday()
    assert datetime.fromisoformat(digest["timestamp"]).hour == 18
    # What was asked after Ann wrote waits for an answer, and is told by its words.
    asked = [
        line.partition("Slow bread:")[2].partition(" — ")[0].strip()
        for line in digest["content"].partition("Still waiting for an answer")[2].splitlines()
        if line.startswith("- ")
    ]
    assert all(asked)
    assert len(set(asked)) == len(asked) > 1
    await house.settle(28 * DAY)
    assert len(await house.ours(admins)) <= 2
    assert "There is no digest" in await prompts(house, "digest", when="none")


async def test_the_digest_tells_nothing_of_a_channel_that_was_deleted(house: House) -> None:
    admins = house.channel("admins")
    day = house.emulator.world.now() + timedelta(days=4)
    await prompts(house, "digest", when=f"{day:%A} 18:00", channel=admins)
    posted = await house.publish()
    await house.write("Ann", "I would.", to=posted[-1]["id"])
    await house.settle(2 * DAY)
    assert len(await came(house, posted)) == 1, "a question that nobody has answered"
    await house.act(house.member(), "DELETE", f"/channels/{house.channel()}")
    await house.settle(5 * DAY)
    assert await house.ours(admins) == []
    assert ("skipped", "there was nothing to say") in await rows(house, "digest")


# -- once, whatever happens -------------------------------------------------------------------


@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("status", [500, 503, None])
async def test_a_prompt_whose_call_fails_stands_once(
    house: House, status: int | None, after_effect: bool
) -> None:
    posted = await house.publish()
    await fault(house, status=status, after_effect=after_effect)
    await house.settle(DAY + HOUR)
    assert len(await came(house, posted)) == 1
    assert (await rows(house))[0] == ("sent", None)


async def test_a_prompt_is_tried_six_times_at_most(house: House) -> None:
    posted = await house.publish()
    await fault(house, status=503, times=1000)
    await house.settle(DAY + 11 * HOUR)
    assert await came(house, posted) == []
    state, reason = (await rows(house))[0]
    assert state == "failed"
    assert reason == "Discord answered 503. It was tried 6 times."


async def test_a_prompt_that_cannot_be_sent_by_day_is_not_sent_in_the_night(house: House) -> None:
    posted = await house.publish()
    due = house.clock.now() + timedelta(days=1)
    quiet = f"{due + timedelta(minutes=5):%H:%M}-{due + timedelta(hours=6):%H:%M}"
    await prompts(house, "manners", quiet=quiet)
    await fault(house, status=503, times=3)
    await house.settle(DAY + 5 * HOUR)
    assert await came(house, posted) == [], "its fourth attempt would have been in quiet hours"
    await house.settle(2 * HOUR)
    assert len(await came(house, posted)) == 1


@pytest.mark.parametrize("late", [6 * HOUR, 20 * HOUR])
async def test_what_was_due_while_the_bot_was_down_is_late_within_the_tolerance_or_skipped(
    tmp_path: Path, late: int
) -> None:
    async with a_world() as emulator:
        async with lived_in(tmp_path, emulator) as house:
            posted = await house.publish()
        emulator.world.clock.advance_to(emulator.world.now() + timedelta(seconds=DAY + late))
        async with lived_in(tmp_path, emulator) as house:
            await house.settle(60)
            in_time = late < 12 * HOUR
            assert len(await came(house, posted)) == in_time
            told = await prompts(house, "list")
            assert ("too late" in told) != in_time


async def test_what_was_said_while_the_bot_was_down_is_heard_before_a_prompt_is_decided(
    tmp_path: Path,
) -> None:
    async with a_world() as emulator:
        async with lived_in(tmp_path, emulator) as house:
            await house.publish()
            await prompts(house, "plan", steps="after 1 day, if quiet for 24 hours: questions")
            posted = await house.publish(TWO, "fast.md")
        async with house_without_bot(house) as outside:
            emulator.world.clock.advance_to(emulator.world.now() + timedelta(hours=25))
            await outside.write("Ann", "I would hurry.", to=posted[-1]["id"])
        async with lived_in(tmp_path, emulator) as house:
            await house.settle(60)
            states = await rows(house)
            assert ("skipped", "somebody wrote 0 h ago, and it asks for 24 h of quiet") in states


class house_without_bot:  # noqa: N801 - reads as what it is
    """Members act while no bot is there."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def __aenter__(self) -> House:
        self._house.session = aiohttp.ClientSession()
        return self._house

    async def __aexit__(self, *_: object) -> None:
        await self._house.session.close()


async def test_a_closed_discussion_gets_no_second_attempt(house: House) -> None:
    posted = await house.publish()
    await fault(house, status=503, times=3)
    await house.settle(DAY + 30)
    assert await came(house, posted) == []
    await close(house)
    await house.settle(DAY)
    assert await came(house, posted) == []
    assert (await rows(house))[0] == ("skipped", "the discussion is closed")


# -- problem ----------------------------------------------------------------------------------


async def test_a_missing_permission_is_told_once_and_the_prompt_waits(house: House) -> None:
    admins = house.channel("admins")
    await prompts(house, "manners", notices=admins)
    posted = await house.publish()
    await fault(house, path=f"/channels/{house.channel()}/messages", status=403, times=10)
    await house.settle(DAY + 4 * HOUR)
    assert await came(house, posted) == []
    (notice,) = await house.ours(admins)
    assert f"<#{house.channel()}>" in notice["content"]
    assert "waits: " in await prompts(house, "list")
    await house.settle(DAY)
    assert len(await came(house, posted)) == 1
    assert len(await house.ours(admins)) == 1


async def test_a_prompt_of_a_deleted_channel_waits_is_listed_and_ends_with_it(house: House) -> None:
    admins = house.channel("admins")
    await prompts(house, "manners", notices=admins)
    await house.publish()
    await house.act(house.member(), "DELETE", f"/channels/{house.channel()}")
    await house.settle(2 * DAY)
    assert (await rows(house))[0] == ("planned", "its channel was deleted")
    told = await house.said(await house.run("prompts list", channel_id=admins))
    assert "its channel was deleted" in told
    words = {"essay": "1", "what": "text: Still here?"}
    options = [{"type": 3, "name": name, "value": value} for name, value in words.items()]
    told = await house.said(await house.run("prompts now", channel_id=admins, options=options))
    assert "Nothing was sent: its channel was deleted." in told
    await house.settle(6 * DAY)
    assert set(await rows(house)) == {("skipped", "its channel was deleted")}
    tried = "SELECT id FROM planned_messages WHERE purpose = 'prompt'"
    assert await house.database.read(lambda tx: tx.rows(tried)) == []
    (notice,) = await house.ours(admins)
    assert "Its prompts end then" in notice["content"]


# -- what admins say --------------------------------------------------------------------------


async def test_an_admin_adds_edits_previews_and_cancels_a_prompt(house: House) -> None:
    posted = await house.publish()
    told = await prompts(
        house,
        "add",
        essay="1",
        when="in 3 hours",
        what="passage 3: Is it?",
        condition="if fewer than 5 replies",
        anyway=True,
    )
    assert "Prompt 4 for “Slow bread” comes <t:" in told
    assert "> The dough does not care how busy we are." in await prompts(
        house, "preview", essay="Slow bread"
    )
    told = await prompts(house, "edit", prompt="4", when="in 5 hours", what="text: Come back!")
    assert "text: Come back!, if fewer than 5 replies" in told
    await house.settle(4 * HOUR)
    assert await came(house, posted) == []
    await house.settle(2 * HOUR)
    (said,) = await came(house, posted)
    assert "Come back!" in said
    assert "no longer to come: it is sent" in await prompts(house, "cancel", prompt="4")
    assert "is cancelled" in await prompts(house, "cancel", prompt="1")
    await house.settle(DAY)
    assert len(await came(house, posted)) == 1
    assert "cancelled by Ada" in await prompts(house, "list", essay="1")


async def test_what_an_admin_sends_at_once_counts_for_nothing(house: House) -> None:
    posted = await house.publish()
    for what in ("next question", "poll: Rye or wheat? | Rye | Wheat"):
        assert "goes out" in await prompts(house, "now", essay="1", what=what)
    question, poll = (await house.ours())[len(posted) :]
    assert "Would you wait a night" in question["content"]
    assert poll["poll"]["question"]["text"] == "Rye or wheat?"
    assert "goes out" in await prompts(house, "now", essay="1")
    assert "Nothing was sent: every question" in await prompts(house, "now", essay="1")
    await house.settle(DAY + HOUR)
    assert (await rows(house))[0] == ("skipped", "every question of the essay has been asked")


async def test_a_pause_holds_prompts_and_a_resume_in_time_brings_them(house: House) -> None:
    posted = await house.publish()
    assert "are paused" in await prompts(house, "pause", essay="1")
    await house.settle(DAY + HOUR)
    assert await came(house, posted) == []
    assert "Prompts are paused" in await prompts(house, "list", essay="1")
    assert "come again" in await prompts(house, "resume", essay="1")
    assert len(await came(house, posted)) == 1
    await prompts(house, "pause")
    await house.settle(10 * DAY)
    await prompts(house, "resume")
    assert len(await came(house, posted)) == 1, "what was due ten days ago is too late"


async def test_the_servers_plan_holds_for_new_essays(house: House) -> None:
    assert "after 1 day: questions" in await prompts(house, "plan")
    told = await prompts(house, "plan", steps="after 2 hours: default; after 2 days: last call")
    assert "after 2 hours: default" in told
    posted = await house.publish()
    await house.settle(3 * HOUR)
    assert len(await came(house, posted)) == 1
    assert "no condition" in await prompts(house, "plan", steps="after 1 day, if ever: default")
    assert "get no prompts" in await prompts(house, "plan", steps="none")
    assert "comes with me" in await prompts(house, "plan", steps="default")


async def test_a_time_on_the_wall_moves_with_the_servers_zone(house: House) -> None:
    await house.publish()
    day = f"{house.clock.now() + timedelta(days=400):%Y-%m-%d}"
    await prompts(house, "add", essay="1", when=f"{day} 18:00", what="default")
    await prompts(house, "manners", zone="Asia/Tokyo")

    async def look(tx: Any) -> int:
        row = await tx.row("SELECT max(due_at) AS at FROM prompts")
        return int(row["at"])

    at = datetime.fromtimestamp(await house.database.read(look) / 1000, UTC)
    assert at.hour == 9
    assert "more than two years" in await prompts(
        house, "add", essay="1", when="1 July 2099 18:00", what="default"
    )


@pytest.mark.parametrize(
    ("command", "options", "says"),
    [
        ("add", {"essay": "9", "when": "in 1 hour", "what": "default"}, "no essay"),
        ("add", {"essay": "1", "when": "soon", "what": "default"}, "no time I understand"),
        ("add", {"essay": "1", "when": "in 1 hour", "what": "dance"}, "nothing I can say"),
        ("edit", {"prompt": "77", "when": "in 1 hour"}, "no prompt"),
        ("cancel", {"prompt": "x"}, "no prompt"),
        ("now", {"essay": "1", "what": "passage 99"}, "no passage 99"),
        ("manners", {"zone": "Mars/Olympus"}, "no time zone"),
        ("manners", {"quiet": "night"}, "are no hours"),
        ("digest", {"when": "monthly"}, "no time of the week"),
    ],
)
async def test_what_cannot_be_done_is_refused_with_a_sentence(
    house: House, command: str, options: dict[str, str], says: str
) -> None:
    await house.publish()
    assert says in await prompts(house, command, **options)


async def test_an_admin_is_offered_essays_prompts_times_and_zones(house: House) -> None:
    await house.publish()
    offered = {
        ("list", "essay", "bread"): "1",
        ("cancel", "prompt", ""): "1",
        ("add", "when", "tomorrow 9am"): "tomorrow 9am",
        ("manners", "zone", "berl"): "Europe/Berlin",
    }
    known = next(c for c in house.emulator.world.commands.values() if c.name == "prompts")
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
        interaction = await house.interact(4, data)
        choices = interaction["answer"]["data"]["choices"]
        assert choices[0]["value"] == value, (command, choices)


# -- killed -----------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [0, 3, 20])
@pytest.mark.parametrize("moment", ["before", "after"])
async def test_killed_around_its_sending_a_prompt_is_neither_lost_nor_doubled(
    tmp_path: Path, moment: str, hours: float
) -> None:
    async with staged(tmp_path) as stage, aiohttp.ClientSession() as session:
        nothing: Any = None  # the bot is a process of its own: no client, no archive in this one
        house = House(stage.emulator, nothing, nothing, Clock(), session)
        await stage.bot.start()
        await house.settle()
        await house.publishing()
        await house.settle()
        killed = False

        async def strike(step: Step) -> None:
            nonlocal killed
            if step.what == "POST /channels/{id}/messages" and step.moment == moment and not killed:
                killed = True
                stage.kill(timedelta(hours=hours))
                if moment == "before":
                    raise NeverArrivedError

        stage.emulator.steps.hook = strike
        await house.settle(DAY + 30)  # no more: while no bot runs, time is not waited with
        await asyncio.gather(*stage.restarts)
        await house.settle(HOUR)
        own = str(stage.emulator.world.application.bot_id)
        asked = [
            message["content"]
            for message in await house.messages()
            if message["author"]["id"] == own and message["content"].startswith("Back to")
        ]
        archive = sqlite3.connect(stage.database)
        state, reason = archive.execute("SELECT state, reason FROM prompts ORDER BY id").fetchone()
        archive.close()
        assert killed
        if hours == 20 and moment == "before":
            assert asked == []
            assert state == "skipped"
            assert reason == "it was due while I was away, and is too late now"
        else:
            assert len(asked) == 1
            assert state == "sent"


# -- side by side -----------------------------------------------------------------------------


async def test_what_an_admin_sends_at_once_does_not_wait_behind_what_waits(house: House) -> None:
    posted = await house.publish()
    due = house.clock.now() + timedelta(days=1)
    quiet = f"{due + timedelta(minutes=5):%H:%M}-{due + timedelta(hours=6):%H:%M}"
    await prompts(house, "manners", quiet=quiet)
    await fault(house, status=503, times=3)
    await house.settle(DAY + HOUR)
    assert await came(house, posted) == []
    assert "goes out" in await prompts(house, "now", essay="1", what="text: Read it tonight.")
    (said,) = await came(house, posted)
    assert "Read it tonight." in said


async def test_a_prompt_and_nudges_due_together_all_come(house: House) -> None:
    posted = await house.publish()
    heads = [
        await house.write(who, "I would.", to=posted[-1]["id"]) for who in ("Ann", "Ben", "Chloe")
    ]
    await house.settle(DAY)
    await prompts(house, "add", essay="1", when="in 20 hours", what="default", anyway=True)
    # The bot is kept from sending until all of them are due.
    await fault(house, status=503, times=12)
    await house.settle(DAY + 2 * HOUR)
    assert [len(await house.ours(head)) for head in heads] == [1, 1, 1]
    assert [state for state, _ in await rows(house, "nudge")] == ["sent"] * 3


async def test_while_the_gateway_is_lost_no_prompt_is_decided(house: House) -> None:
    posted = await house.publish()
    await house.control("faults", {"kind": "gateway_close", "code": 4000})
    await house.settle(DAY + HOUR)
    assert len(await came(house, posted)) == 1, "it came once the session was resumed"
