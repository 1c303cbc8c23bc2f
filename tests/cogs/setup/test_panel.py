"""/setup: an admin chooses how essays are hosted, and sees what the bot lacks for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.emulator.world.models import Channel, Overwrite, OverwriteType
from bot.emulator.world.permissions import Permission
from storage.servers import settings
from storage.servers.settings import ServerSettings
from tests.support.running_bot import (
    ESSAY,
    RunningBot,
    component_texts,
    run_bot,
    run_emulator,
    running_bot,
)


async def chosen(running: RunningBot) -> ServerSettings:
    return await running.database.read(lambda tx: settings.get_settings(tx, running.server_id))


async def use(
    running: RunningBot, panel: dict[str, Any], what: str, *values: object
) -> dict[str, Any]:
    """Press a button, or choose in a select, of a panel; the new interaction."""
    answer = await running.answer_message(panel)
    parts = {part["custom_id"]: part for part in flat(answer["components"]) if "custom_id" in part}
    part = parts[f"salon:setup:{what}"]
    data: dict[str, Any] = {"component_type": part["type"], "custom_id": part["custom_id"]}
    if part["type"] != 2:
        data["values"] = [str(value) for value in values]
    return await running.interact(3, data, message_id=answer["id"], message_flags=answer["flags"])


def flat(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = list(components)
    for component in components:
        found += flat(component.get("components", []))
        if "accessory" in component:
            found.append(component["accessory"])
    return found


async def text_of(running: RunningBot, panel: dict[str, Any]) -> str:
    """What a panel says now."""
    await running.settle()
    return component_texts((await running.answer_message(panel))["components"])


async def fill_in(
    running: RunningBot, panel: dict[str, Any], zone: str, quiet: str
) -> dict[str, Any]:
    """Fill in the form for zone and quiet hours; the submission's interaction."""
    return await submit(running, await use(running, panel, "time"), zone, quiet)


async def submit(
    running: RunningBot, opened: dict[str, Any], zone: str, quiet: str
) -> dict[str, Any]:
    form = opened["answer"]["data"]
    fields = [
        {
            "type": 18,
            "component": {
                "type": 4,
                "custom_id": label["component"]["custom_id"],
                "value": value,
            },
        }
        for label, value in zip(form["components"], (zone, quiet), strict=True)
    ]
    return await running.interact(
        5, {"id": opened["id"], "custom_id": form["custom_id"], "components": fields}
    )


def forbid(running: RunningBot, channel_id: int, denied: Permission) -> Channel:
    """Take rights away from the bot in a channel."""
    channel = running.emulator.world.channels[channel_id]
    kept = [one for one in channel.overwrites if one.id != running.salon.own_id]
    channel.overwrites = [
        *kept,
        Overwrite(running.salon.own_id, OverwriteType.MEMBER, deny=int(denied)),
    ]
    return channel


@pytest.mark.smoke
async def test_each_choice_is_saved_and_shown(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        panel = await running.run_command("setup")
        assert "Passage numbers** are hidden" in await text_of(running, panel)
        essays, admins = running.channel(), running.channel("admins")
        for what, value in [
            ("channel", essays),
            ("notices", admins),
            ("style", "thread"),
            ("bring", "move"),
            ("loose", "join"),
            ("numbers", None),
        ]:
            await use(running, panel, what, value)
            await running.settle()
        found = await chosen(running)
        assert (found.channel, found.alerts_channel) == (essays, admins)
        assert (found.style, found.channel_replies, found.plain_messages) == (
            "thread",
            "move",
            "join",
        )
        assert found.show_passage_numbers
        assert "are shown in small print" in await text_of(running, panel)
        picked = {
            part["custom_id"].rsplit(":", 1)[1]: [
                *(one["id"] for one in part.get("default_values", [])),
                *(one["value"] for one in part.get("options", []) if one["default"]),
            ]
            for part in flat((await running.answer_message(panel))["components"])
            if part["type"] in (3, 8)
        }
        assert picked == {
            "channel": [str(essays)],
            "notices": [str(admins)],
            "style": ["thread"],
            "bring": ["move"],
            "loose": ["join"],
            "language": ["discord"],
        }
        await use(running, panel, "numbers")
        await use(running, panel, "channel")
        await running.settle()
        found = await chosen(running)
        assert (found.show_passage_numbers, found.channel) == (False, None), (
            "the second time takes it back"
        )


async def test_the_panel_works_after_a_restart(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            panel = await running.run_command("setup")
            await use(running, panel, "style", "thread")
            await running.settle()
        async with run_bot(tmp_path, emulator) as again:
            assert (await chosen(again)).style == "thread"
            await use(again, panel, "numbers")
            assert "are shown in small print" in await text_of(again, panel)
            form = await use(again, panel, "time")
        async with run_bot(tmp_path, emulator) as third:
            await submit(third, form, "Berlin", "")
            assert "Europe/Berlin" in await text_of(third, panel)


async def test_time_zone_and_quiet_hours_are_read_as_people_write_them(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        panel = await running.run_command("setup")
        await fill_in(running, panel, "new york", "10 pm to 8 am")
        told = await text_of(running, panel)
        assert "America/New_York, where it's" in told
        assert "22:00 to 08:00" in told
        found = await chosen(running)
        assert found.zone_name == "America/New_York"
        await fill_in(running, panel, "America/New_York", "")
        assert "**Quiet hours** none" in await text_of(running, panel)


@pytest.mark.parametrize(
    ("zone", "quiet", "said"),
    [
        ("Berlim", "", "Did you mean Europe/Berlin"),
        ("Berlin", "late", "Try “22:00-08:00”"),
        ("Berlin", "22:00-22:00", "write “none”"),
    ],
)
async def test_invalid_input_is_reported_and_changes_nothing(
    tmp_path: Path, zone: str, quiet: str, said: str
) -> None:
    async with running_bot(tmp_path) as running:
        panel = await running.run_command("setup")
        submitted = await fill_in(running, panel, zone, quiet)
        assert said in await running.answer_text(submitted)
        found = await chosen(running)
        assert (found.zone_name, found.quiet) == ("UTC", None)


async def test_missing_permissions_are_named_for_the_chosen_settings(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        panel = await running.run_command("setup")
        essays, admins = running.channel(), running.channel("admins")
        await use(running, panel, "channel", essays)
        assert f"✅ <#{essays}>: I have all permissions I need." in await text_of(running, panel)
        forbid(running, essays, Permission.CREATE_PUBLIC_THREADS | Permission.MANAGE_WEBHOOKS)
        forbid(running, admins, Permission.SEND_MESSAGES)
        for name in ("essays", "admins"):
            channel_id = running.channel(name)
            await running.call_as(
                running.member(), "PATCH", f"/channels/{channel_id}", {"topic": "x"}
            )
        await running.settle()
        await use(running, panel, "notices", admins)
        told = await text_of(running, panel)
        assert f"Give me *Create Public Threads* in <#{essays}>" in told
        assert f"Give me *Send Messages* in <#{admins}>" in told
        assert "Manage Webhooks" not in told, "nothing is moved, so it is not needed"
        await use(running, panel, "bring", "move")
        assert "I need it to move replies under their author's name" in await text_of(
            running, panel
        )


async def test_a_forum_has_its_own_style(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        panel = await running.run_command("setup")
        forum = running.channel("essay-forum")
        await use(running, panel, "channel", forum)
        told = await text_of(running, panel)
        assert "In a forum, each essay is a post" in told
        ids = [
            part.get("custom_id")
            for part in flat((await running.answer_message(panel))["components"])
        ]
        assert "salon:setup:style" not in ids
        assert f"<#{forum}>: I have all permissions" in told


async def test_a_deleted_channel_is_reported(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        panel = await running.run_command("setup")
        made = await running.call_as(
            running.member(), "POST", f"/guilds/{running.server_id}/channels", {"name": "old"}
        )
        await running.settle()
        await use(running, panel, "channel", made["id"])
        await use(running, panel, "notices", made["id"])
        await running.settle()
        await running.call_as(running.member(), "DELETE", f"/channels/{made['id']}")
        await running.settle()
        await use(running, panel, "look")
        told = await text_of(running, panel)
        assert told.count("The chosen channel was deleted. Choose another one.") == 2
        refused = await running.run_command("essay publish", file=("bread.md", ESSAY.encode()))
        assert "was deleted. Choose another one in `/setup`" in await running.answer_text(refused)


async def test_essays_go_where_the_server_has_chosen(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        panel = await running.run_command("setup")
        essays = running.channel()
        await use(running, panel, "channel", essays)
        await running.settle()
        shown = await running.run_command(
            "essay publish",
            file=("bread.md", ESSAY.encode()),
            channel_id=running.channel("admins"),
        )
        assert f"in <#{essays}>" in await running.answer_text(shown)


async def test_passages_show_their_numbers_in_preview_and_post(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        panel = await running.run_command("setup")
        await use(running, panel, "numbers")
        await running.settle()
        shown = await running.run_command("essay publish", file=("bread.md", ESSAY.encode()))
        assert "1 part" in await running.answer_text(shown)
        text = await running.press(shown, "Full text")
        assert "-# ¶2\nIt takes a night" in await running.answer_text(text)
        await running.press(shown, "Publish")
        await running.settle()
        _, part, *_ = await running.bot_messages()
        assert part["content"].startswith("-# ¶2\nIt takes a night"), "the card shows the byline"
        assert "-# ¶3\nThe dough" in part["content"]
        reply = await running.write("Ann", "¶3 is so true.", to=part["id"])
        await running.settle()
        (kept,) = (await running.export())["replies"]
        assert (kept["id"], kept["passages"]) == (str(reply), [3])


async def test_plain_messages_join_the_newest_essay_from_then_on(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        before = await running.write("Ann", "Before any essay.")
        await running.publish()
        left = await running.write("Ann", "Nobody asked it to join.")
        await running.settle()
        panel = await running.run_command("setup")
        await use(running, panel, "loose", "join")
        await running.settle(1)
        joined = await running.write("Ben", "I would wait for it, too.")
        aside = await running.write("Chloe", "Hello Ann!", to=left)
        await running.settle()
        exported = await running.export()
        assert [reply["id"] for reply in exported["replies"]] == [str(joined)]
        (reply,) = exported["replies"]
        assert (reply["parent"], reply["thread_id"]) == (None, str(joined))
        threads = [thread["id"] for thread in (await running.world())["threads"]]
        assert threads == [str(joined)]
        # A reading of the history finds the same.
        await running.salon.services.catch_up.catch_up_channel(running.channel())
        await running.publish("# Another\n\nOne more.\n\nIs it?", "another.md")
        second = await running.write("Dev", "About the other one, I mean.")
        await running.settle()
        assert {reply["id"] for reply in (await running.export())["replies"]} == {str(joined)}
        assert [r["id"] for r in (await running.export("2"))["replies"]] == [str(second)]
        ids = {str(before), str(left), str(aside)}
        assert not ids & {thread["id"] for thread in (await running.world())["threads"]}


async def test_plain_messages_of_an_outage_join_as_well(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            await running.publish()
            panel = await running.run_command("setup")
            await use(running, panel, "loose", "join")
            await running.settle(1)
            await running.salon.close()
            await running.write("Ann", "Nobody was there to hear it.")
        async with run_bot(tmp_path, emulator) as again:
            (reply,) = (await again.export())["replies"]
            assert reply["text"] == "Nobody was there to hear it."
            assert reply["thread_id"] == reply["id"]
