"""A play with an app that reposts members' messages under other names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.core import limits
from bot.emulator.world.seed import add_application, invite_bot
from tests.support.running_bot import RunningBot, form_data, run_bot, run_emulator, running_bot

pytestmark = pytest.mark.slow


async def call_app(running: RunningBot, method: str, path: str, token: str, body: Any) -> Any:
    headers = {"Authorization": f"Bot {token}"}
    async with running.session.request(
        method, f"{running.emulator.api}{path}", json=body, headers=headers
    ) as response:
        assert response.status < 300, await response.text()
        return await response.json() if response.status != 204 else None


async def enter_app(running: RunningBot, text: str) -> str:
    panel = await running.run_command("setup")
    answer = await running.answer_message(panel)
    opened = await running.interact(
        3,
        {"component_type": 2, "custom_id": "salon:setup:proxies"},
        message_id=answer["id"],
        message_flags=answer["flags"],
    )
    form = form_data(opened["answer"], {"Ids of the apps": text})
    entered = await running.interact(5, {"id": opened["id"], **form})
    return await running.answer_text(entered) + await running.answer_text(panel)


async def test_a_proxied_reply_gets_its_thread_and_its_author_can_erase_it(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        world = running.emulator.world
        guild = next(iter(world.guilds.values()))
        app = add_application(world, running.member(), "Proxy")
        user = world.users[app.bot_id]
        invite_bot(world, guild, user)
        assert "isn't an app id" in await enter_app(running, "PluralKit")
        assert f"<@{app.id}>" in await enter_app(running, f"{app.id}")

        _, part, *_ = await running.publish()
        hook = await call_app(
            running, "POST", f"/channels/{running.channel()}/webhooks", user.token, {"name": "P"}
        )
        original = await running.write("Ben", "L: I would wait.", to=part["id"])
        reposted = await call_app(
            running,
            "POST",
            f"/webhooks/{hook['id']}/{hook['token']}?wait=true",
            user.token,
            {"content": "I would wait.", "username": "Luna"},
        )
        await call_app(
            running,
            "DELETE",
            f"/channels/{running.channel()}/messages/{original}",
            user.token,
            None,
        )
        await running.settle(10)
        (reply,) = (await running.export())["replies"]
        assert (reply["id"], reply["author"]["name"]) == (reposted["id"], "Luna")
        assert (reply["text"], reply["thread_id"]) == ("I would wait.", reposted["id"])
        ben = running.member("Ben").id
        assert str(ben) not in str(await running.export())
        threads = [channel for channel in world.channels.values() if channel.thread is not None]
        assert [thread.name for thread in threads] == ["Luna: I would wait"]
        assert threads[0].thread is not None
        assert ben not in threads[0].thread.members

        # A message that nobody reposts gets its thread, a little later.
        await running.write("Dev", "So would I.", to=part["id"])
        await running.settle(10)
        assert len([one for one in world.channels.values() if one.thread is not None]) == 2

        interaction = await running.run_command("privacy forget-me", who=running.member("Ben"))
        answer = await running.answer_message(interaction)
        label = next(
            button["label"]
            for row in answer["components"]
            for button in row.get("components", [])
            if button["type"] == 2
        )
        await running.press(interaction, label, who=running.member("Ben"))
        await running.settle(10)
        kept = {one["id"]: one for one in (await running.export())["replies"]}
        assert kept[reposted["id"]]["author"] is None
        assert kept[reposted["id"]]["text"] == ""
        assert not any("Luna" in channel.name for channel in world.channels.values())


async def test_a_message_reposted_during_an_outage_is_replaced_wherever_a_page_of_history_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deletion of the original is seen on an earlier page than the message that replaces it."""
    monkeypatch.setattr(limits, "HISTORY_PAGE", 2)
    async with run_emulator() as emulator:
        world = emulator.world
        async with run_bot(tmp_path, emulator) as running:
            app = add_application(world, running.member(), "Proxy")
            user = world.users[app.bot_id]
            invite_bot(world, next(iter(world.guilds.values())), user)
            await enter_app(running, f"{app.id}")
            *_, closing = await running.publish()
            hook = await call_app(
                running,
                "POST",
                f"/channels/{running.channel()}/webhooks",
                user.token,
                {"name": "P"},
            )
            originals = [
                await running.write("Ben", f"L: I would wait {number}.", to=closing["id"])
                for number in range(3)
            ]
            await running.settle()
            await running.salon.close()
            for number in range(3):
                for word in ("So", "And")[: number + 1]:
                    await running.write("Dev", f"{word} would I {number}.", to=closing["id"])
            reposted = [
                await call_app(
                    running,
                    "POST",
                    f"/webhooks/{hook['id']}/{hook['token']}?wait=true",
                    user.token,
                    {"content": f"I would wait {number}.", "username": "Luna"},
                )
                for number in range(3)
            ]
            for original in originals:
                path = f"/channels/{running.channel()}/messages/{original}"
                await call_app(running, "DELETE", path, user.token, None)
        async with run_bot(tmp_path, emulator) as running:
            await running.settle(10)
            kept = (await running.export())["replies"]
    assert [one["id"] for one in kept if one["author"]["name"] == "Luna"] == [
        one["id"] for one in reposted
    ]
    assert not {str(one) for one in originals} & {one["id"] for one in kept}
