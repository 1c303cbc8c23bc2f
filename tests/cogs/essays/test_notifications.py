"""A new essay pings a role, its card is pinned, and a channel's followers are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.emulator.world.models import Channel
from bot.emulator.world.permissions import Permission
from tests.cogs.setup.test_panel import chosen, text_of, use
from tests.support.running_bot import ESSAY, RunningBot, form_data, running_bot

ROLE, CHANNEL = 8, 7  # docs: Application Commands › Application Command Option Type


async def make_role(running: RunningBot, *, mentionable: bool = True, name: str = "Readers") -> int:
    body = {"name": name, "mentionable": mentionable}
    path = f"/guilds/{running.server_id}/roles"
    role = await running.call_as(running.member(), "POST", path, body)
    await running.settle()
    return int(role["id"])


async def make_news_channel(running: RunningBot) -> int:
    path = f"/guilds/{running.server_id}/channels"
    body = {"name": "news", "type": 5}
    channel = await running.call_as(running.member(), "POST", path, body)
    await running.settle()
    return int(channel["id"])


async def draft(
    running: RunningBot, *options: tuple[int, str, int], essay: str = ESSAY
) -> dict[str, Any]:
    given = [{"type": kind, "name": name, "value": str(value)} for kind, name, value in options]
    shown = await running.run_command(
        "essay publish", file=("essay.md", essay.encode()), options=given
    )
    await running.settle()
    return shown


async def notify(
    running: RunningBot, *, ping: int | None = None, pin: str = "no", followers: str = "no"
) -> dict[str, Any]:
    panel = await running.run_command("setup")
    form = await use(running, panel, "notifications")
    entered = {
        "Role to ping": "" if ping is None else str(ping),
        "Pin the card": pin,
        "Tell followers": followers,
    }
    await running.interact(5, form_data(form["answer"], entered))
    await running.settle()
    return panel


def get_channel(running: RunningBot, channel_id: int) -> Channel:
    return running.emulator.world.channels[channel_id]


def get_pinned(running: RunningBot, channel_id: int) -> list[int]:
    world = running.emulator.world
    return [one for one in world.timelines[channel_id] if world.messages[one].pinned]


@pytest.mark.smoke
async def test_only_the_card_pings_and_only_the_role_that_was_named(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        role, other = await make_role(running), await make_role(running, name="Others")
        await make_role(running)
        essay = ESSAY.replace("Slow bread", f"Slow bread <@&{other}> @everyone")
        shown = await draft(running, (ROLE, "ping", role), essay=essay)
        assert f"**Pings** <@&{role}>, with the card." in await running.answer_text(shown)
        assert await running.bot_messages() == []
        await running.press(shown, "Publish")
        await running.settle()
        card, *rest = await running.bot_messages()
        assert (card["mention_roles"], card["mention_everyone"]) == ([str(role)], False)
        assert all(not one["mention_roles"] and not one["mentions"] for one in rest)


async def test_the_role_in_the_settings_is_used_unless_a_draft_has_another_or_none(
    tmp_path: Path,
) -> None:
    async with running_bot(tmp_path) as running:
        role, other = await make_role(running), await make_role(running, name="Others")
        panel = await notify(running, ping=role)
        assert f"cards of new drafts ping <@&{role}>" in await text_of(running, panel)
        shown = await draft(running)
        assert f"**Pings** <@&{role}>" in await running.answer_text(shown)
        for entered in (str(other), ""):
            form = (await running.press(shown, "Ping …"))["answer"]
            await running.interact(5, form_data(form, {"Role to ping": entered}))
            told = await running.answer_text(shown)
            assert (f"**Pings** <@&{other}>" in told) == bool(entered)
        await running.press(shown, "Publish")
        await running.settle()
        card, *_ = await running.bot_messages()
        assert card["mention_roles"] == []


async def test_the_preview_says_why_a_role_cannot_be_mentioned(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        role = await make_role(running, mentionable=False)
        shown = await draft(running, (ROLE, "ping", role))
        told = await running.answer_text(shown)
        assert f"<@&{role}> can't be mentioned, so nobody will be pinged." in told
        path = f"/guilds/{running.server_id}/roles/{role}"
        await running.call_as(running.member(), "DELETE", path)
        await running.settle()
        shown = await running.run_command(
            "essay show", options=[{"type": 3, "name": "essay", "value": "1"}]
        )
        assert "The role was deleted, so nobody will be pinged." in await running.answer_text(shown)
        await running.press(shown, "Publish")
        await running.settle()
        assert len(await running.bot_messages()) == 3, "it is published all the same"


async def test_everyone_is_never_pinged(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        shown = await draft(running, (ROLE, "ping", running.server_id))
        assert "I never ping everyone." in await running.answer_text(shown)


async def test_an_edit_of_the_essay_does_not_ping_again(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        role = await make_role(running)
        shown = await draft(running, (ROLE, "ping", role))
        await running.press(shown, "Publish")
        await running.settle()
        essay = [{"type": 3, "name": "essay", "value": "1"}]
        same = await running.run_command(
            "essay edit", options=essay, file=("essay.md", ESSAY.encode())
        )
        assert "Nothing changes." in await running.answer_text(same)
        text = ESSAY.replace("# Slow bread", "# Slower bread")
        edit = await running.run_command(
            "essay edit", options=essay, file=("essay.md", text.encode())
        )
        await running.press(edit, "Apply")
        await running.settle()
        card, *_ = await running.bot_messages()
        assert card["mention_roles"] == []


async def test_a_card_is_pinned_while_its_discussion_is_open(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        panel = await notify(running, pin="yes")
        assert "cards of open discussions are pinned." in await text_of(running, panel)
        assert (await chosen(running)).pins_cards
        shown = await draft(running)
        assert "**Pinned** while the discussion is open." in await running.answer_text(shown)
        await running.press(shown, "Publish")
        await running.settle()
        card, *_ = await running.bot_messages()
        essays, essay = running.channel(), [{"type": 3, "name": "essay", "value": "1"}]
        assert get_pinned(running, essays) == [int(card["id"])]
        for command, pinned in (("close", []), ("reopen", [int(card["id"])]), ("close", [])):
            await running.run_command(f"essay {command}", options=essay)
            await running.settle()
            assert get_pinned(running, essays) == pinned


async def test_pins_are_off_by_default_and_a_forum_post_is_not_pinned(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        await running.publish()
        assert get_pinned(running, running.channel()) == []
        await notify(running, pin="yes")
        shown = await draft(running, (CHANNEL, "channel", running.channel("essay-forum")))
        assert "**Pinned**" not in await running.answer_text(shown)


async def test_without_the_permission_to_pin_it_is_named_and_pinned_once_it_is_given(
    tmp_path: Path,
) -> None:
    async with running_bot(tmp_path) as running:
        essays, admins = running.channel(), running.channel("admins")
        path = f"/channels/{essays}/permissions/{running.salon.own_id}"
        denied = {"type": 1, "allow": "0", "deny": str(int(Permission.PIN_MESSAGES))}
        await running.call_as(running.member(), "PUT", path, denied)
        await running.settle()
        panel = await notify(running, pin="yes")
        await use(running, panel, "channel", essays)
        await use(running, panel, "notices", admins)
        assert "Give me *Pin Messages*" in await text_of(running, panel)
        shown = await draft(running)
        assert "I can't pin cards in" in await running.answer_text(shown)
        await running.press(shown, "Publish")
        await running.settle()
        card, *_ = await running.bot_messages()
        alerts = [one["content"] for one in await running.bot_messages(admins)]
        assert any("I can't pin cards in" in alert for alert in alerts)
        await running.call_as(running.member(), "DELETE", path)
        await running.settle(24 * 3600)
        assert get_pinned(running, essays) == [int(card["id"])]


async def fill_pins(running: RunningBot, channel_id: int, most: int = 250) -> None:
    world = running.emulator.world
    for number in range(most):
        written = await running.write("Ann", f"Pin {number}.", channel_id=channel_id)
        message = world.messages[written]
        message.pinned, message.pinned_at = True, world.now()


async def test_where_the_pins_are_full_only_a_closed_discussions_card_is_unpinned(
    tmp_path: Path,
) -> None:
    async with running_bot(tmp_path) as running:
        essays, admins = running.channel(), running.channel("admins")
        old, *_ = await running.publish()
        await running.run_command(
            "essay close", options=[{"type": 3, "name": "essay", "value": "1"}]
        )
        path = f"/channels/{essays}/messages/pins/{old['id']}"
        await running.call_as(running.member(), "PUT", path)
        await fill_pins(running, essays, 249)
        panel = await notify(running, pin="yes")
        await use(running, panel, "notices", admins)
        second, *_ = await running.publish("# Two\n\nSecond text.\n")
        await running.settle(3600)
        pinned = get_pinned(running, essays)
        assert (int(old["id"]) in pinned, int(second["id"]) in pinned) == (False, True)
        third, *_ = await running.publish("# Three\n\nThird text.\n")
        await running.settle(3600)
        pinned = get_pinned(running, essays)
        assert (int(second["id"]) in pinned, int(third["id"]) in pinned) == (True, False)
        assert len(pinned) == 250
        alerts = [one["content"] for one in await running.bot_messages(admins)]
        assert sum("as many pinned messages as Discord allows" in alert for alert in alerts) == 1


async def test_followers_get_a_plain_message_with_title_author_and_link(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        news = await make_news_channel(running)
        panel = await notify(running, followers="yes")
        assert "Followers of announcement channels get a message." in await text_of(running, panel)
        shown = await draft(running, (CHANNEL, "channel", news))
        assert "**Followers** of the channel" in await running.answer_text(shown)
        await running.press(shown, "Publish")
        await running.settle()
        card, *_, told = await running.bot_messages(news)
        link = f"https://discord.com/channels/{running.server_id}/{news}/{card['id']}"
        assert told["content"] == f"**Slow bread**\nBy Ann Baker\n{link}"
        assert told["components"] == []
        published = [one["id"] for one in await running.bot_messages(news) if one["flags"] & 1]
        assert published == [told["id"]], "never the card itself"
        withdrawn = await running.run_command(
            "essay withdraw", options=[{"type": 3, "name": "essay", "value": "1"}]
        )
        await running.press(withdrawn, "Withdraw")
        await running.settle()
        (left,) = await running.bot_messages(news)
        assert left["id"] == told["id"]
        assert left["content"] == "The essay that was announced here was withdrawn."


@pytest.mark.parametrize("followers", ["yes", "no"])
async def test_followers_are_told_only_if_that_was_chosen_and_the_channel_has_some(
    tmp_path: Path, followers: str
) -> None:
    async with running_bot(tmp_path) as running:
        await notify(running, followers=followers)
        await running.publish()
        news = running.channel() if followers == "yes" else await make_news_channel(running)
        if followers == "no":
            shown = await draft(running, (CHANNEL, "channel", news), essay="# B\n\nWords.\n")
            await running.press(shown, "Publish")
            await running.settle()
        contents = [one["content"] for one in await running.bot_messages(news)]
        assert not any("discord.com/channels" in content for content in contents)


async def test_at_most_ten_messages_an_hour_are_published_to_followers(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        news = await make_news_channel(running)
        await notify(running, followers="yes")
        for number in range(12):
            essay = f"# Essay {number}\n\nWords of essay {number}.\n"
            shown = await draft(running, (CHANNEL, "channel", news), essay=essay)
            await running.press(shown, "Publish")
            await running.settle()

        async def count() -> int:
            return sum(bool(one["flags"] & 1) for one in await running.bot_messages(news))

        assert await count() == 10
        await running.settle(3600 + 60)
        assert await count() == 12
