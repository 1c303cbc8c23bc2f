"""Who is notified of an essay: a role that its card pings, a pin, and a channel's followers."""

from __future__ import annotations

from typing import Any

from tests.faults.scene_play import ScenePlay
from tests.faults.scenes import actions
from tests.faults.scenes.actions import ESSAY, command, fault, option, press_on, submit

__all__ = ["SCENES"]

_CROSSPOST = "/channels/*/messages/*/crosspost"


async def an_essay_is_pinged_pinned_and_announced(play: ScenePlay) -> None:
    """From a draft that gets another text and channel, to its withdrawal."""
    await play.bot.start()
    await play.settle()
    await _set_up_news(play)
    await _make_draft(play)
    await _publish(play)
    await play.settle(60)
    news = play.channel("news")
    *_, told = await play.bot_messages(news)
    await play.write("Ann", "> The dough does not care\nIt does.", to=told["id"], channel_id=news)
    await play.settle(60)
    for name, words in (("close", "closed"), ("reopen", "open")):
        await command(play, f"essay {name}", words, essay="1")
        await play.settle(60)
    await _withdraw(play)
    await play.settle(actions.DAY)


async def an_essay_is_withdrawn_before_its_announcement_is_published(play: ScenePlay) -> None:
    """Discord may have published it, so the message stays and loses its text."""
    await play.bot.start()
    await play.settle()
    await _set_up_news(play)
    await fault(play, "POST", _CROSSPOST, status=503, times=100_000)
    await _make_draft(play)
    await _publish(play)
    await play.retry_until(
        lambda: play.settle(60),
        lambda: play.rows("SELECT 1 FROM message_edits WHERE requested_at IS NOT NULL"),
        "an attempt to publish it to followers",
    )
    await _withdraw(play)
    play.emulator.faults.clear()
    await play.settle(actions.DAY)


async def _set_up_news(play: ScenePlay) -> None:
    """An announcement channel; essays ping a role, are pinned, and published to followers."""
    admin, server = play.member(), f"/guilds/{play.server_id}"
    role = await play.call_as(
        admin, "POST", f"{server}/roles", {"name": "Readers", "mentionable": True}
    )
    await play.call_as(admin, "POST", f"{server}/channels", {"name": "news", "type": 5})
    await play.settle()
    await _choose_notifications(play, role["id"])


async def _publish(play: ScenePlay) -> None:
    await press_on(
        play,
        "essay show",
        "Publish",
        lambda: actions.state_of(play, "Slow bread") not in ("", "draft"),
        "published",
        essay="1",
    )


async def _withdraw(play: ScenePlay) -> None:
    await press_on(
        play,
        "essay withdraw",
        "Withdraw",
        lambda: actions.state_of(play, "Slow bread") == "withdrawn",
        "withdrawn",
        essay="1",
    )


async def _choose_notifications(play: ScenePlay, role: str) -> None:
    async def attempt() -> None:
        panel = await play.run_command("setup")
        form = await play.press(panel, "Notifications …")
        entered = {
            "Role to ping": role,
            "Pin the card": "yes",
            "Tell followers": "yes",
        }
        await submit(play, form, entered)

    await play.retry_until(
        attempt,
        lambda: play.rows("SELECT 1 FROM server_settings WHERE ping_role_id IS NOT NULL"),
        "notifications chosen",
    )


async def _make_draft(play: ScenePlay) -> None:
    """A draft that is moved to the announcement channel, and then gets another text."""
    await play.retry_until(
        lambda: play.run_command("essay publish", file=("a.md", b"# Slow bread\n\nOld words.\n")),
        lambda: actions.state_of(play, "Slow bread") == "draft",
        "a draft",
    )

    async def press(label: str) -> dict[str, Any]:
        shown = await play.run_command("essay show", options=[option("essay", "1")])
        return await play.press(shown, label)

    async def move() -> None:
        form = await press("Text and channel …")
        await submit(play, form, {"Channel": str(play.channel("news"))})

    await play.retry_until(
        move, lambda: play.rows("SELECT 1 FROM discussions WHERE has_followers = 1"), "moved"
    )

    async def replace() -> None:
        await submit(play, await press("Text and channel …"), {"Or the text": ESSAY})

    await play.retry_until(
        replace, lambda: play.rows("SELECT 1 FROM passages WHERE text LIKE 'The dough%'"), "new"
    )


SCENES = (
    an_essay_is_pinged_pinned_and_announced,
    an_essay_is_withdrawn_before_its_announcement_is_published,
)
