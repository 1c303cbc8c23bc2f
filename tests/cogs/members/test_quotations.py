"""What quotes a reply goes with its words: thread names, nudges, alerts; in Discord, too."""

from __future__ import annotations

from pathlib import Path

from bot.emulator.world.seed import add_application, invite_bot
from tests.cogs.events.test_guilds import removed
from tests.cogs.members.test_privacy import forget
from tests.delivery.test_reply_moves import let_move
from tests.support.archive_bytes import files_with
from tests.support.running_bot import RunningBot, run_bot, run_emulator, running_bot

SECRET, NUDGED = "heliotrope", 49 * 3600


async def heads(running: RunningBot, *texts: str) -> list[int]:
    *_, closing = await running.publish()
    ids = [await running.write("Ann", text, to=closing["id"]) for text in texts]
    await running.settle()
    return ids


async def change(running: RunningBot, message_id: int, text: str | None) -> None:
    path = f"/channels/{running.channel()}/messages/{message_id}"
    body = None if text is None else {"content": text}
    await running.call_as(running.member("Ann"), "DELETE" if body is None else "PATCH", path, body)
    await running.settle(5)


async def names(running: RunningBot) -> list[str]:
    return [thread["name"] for thread in (await running.world())["threads"]]


async def ours(running: RunningBot) -> str:
    """Everything the bot still shows in Discord."""
    own = str(running.emulator.world.bot.id)
    found = [m for m in (await running.world())["messages"] if not m["deleted"]]
    return "\n".join(m["content"] for m in found if m["author"]["id"] == own)


async def test_what_quotes_a_deleted_or_edited_head_goes_with_its_words(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        deleted, edited, kept = await heads(
            running, f"A {SECRET} loaf.", f"My {SECRET} number.", "Nothing to hide."
        )
        await running.settle(NUDGED)
        assert (await ours(running)).count(SECRET) == 2, "the nudges quote them"
        await change(running, deleted, None)
        await change(running, edited, "My other number.")
        await change(running, kept, "Nothing to hide. Really!")
        await running.settle(59)
        plain = "A reply to Slow bread"
        assert await names(running) == [plain, plain, "Ann: Nothing to hide"]
        assert SECRET not in await ours(running)
        assert await running.bot_messages(deleted) == []
        assert "> My other number." in (await running.bot_messages(edited))[0]["content"]
        assert files_with(tmp_path, SECRET.encode(), without=("salon-backups",)) == []
        # Another edit renames nothing.
        await change(running, edited, "Again another.")
        assert await names(running) == [plain, plain, "Ann: Nothing to hide"]


async def test_a_thread_that_a_moderator_renamed_keeps_its_name(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        (head,) = await heads(running, f"A {SECRET} loaf.")
        await running.call_as(running.member(), "PATCH", f"/channels/{head}", {"name": "Loaves"})
        await change(running, head, None)
        assert await names(running) == ["Loaves"]


async def test_a_thread_that_is_opened_while_its_head_is_edited_is_renamed(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        body = {"kind": "http", "method": "POST", "path": "/channels/*/messages/*/threads"}
        await running.control("faults", body | {"status": 503, "times": 1, "after_effect": True})
        (head,) = await heads(running, f"A {SECRET} loaf.")
        await change(running, head, "A loaf.")
        await running.settle(600)
        assert await names(running) == ["A reply to Slow bread"]


async def test_alerts_about_a_deleted_thread_lose_its_name_with_its_words(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        await let_move(running)
        (head,) = await heads(running, f"A {SECRET} loaf.")
        await running.call_as(running.member(), "DELETE", f"/channels/{head}")
        await running.settle()
        assert SECRET in await ours(running)
        await change(running, head, None)
        await running.settle(59)
        assert SECRET not in await ours(running)
        assert files_with(tmp_path, SECRET.encode(), without=("salon-backups",)) == []


async def test_nothing_of_a_deleted_channel_is_left_after_a_week(tmp_path: Path) -> None:
    async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:
        await let_move(running)
        (head,) = await heads(running, f"A {SECRET} loaf.")
        await running.write("Ben", f"Why {SECRET}?", channel_id=head)
        await running.settle(NUDGED)
        await running.call_as(running.member(), "DELETE", f"/channels/{running.channel()}")
        await running.settle(8 * 86_400)
        assert files_with(tmp_path, SECRET.encode(), without=("salon-backups",)) == []


async def test_forget_me_and_bulk_deletion_leave_no_words_files_or_names(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        world, path = running.emulator.world, f"/guilds/{running.server_id}/members/@me"
        for who, nick in (("Ann", "Philomena"), ("Dev", "Philo")):
            await running.call_as(running.member(who), "PATCH", path, {"nick": nick})
        ann, dev = running.member("Ann").id, running.member("Dev").id
        *_, closing = await running.publish()
        forgotten = await running.write(
            "Ann", f"A {SECRET} loaf.", to=closing["id"], file=("begonia.png", b"png")
        )
        many = [
            await running.write("Ben", f"{one} verbena", to=closing["id"], file=("iris.png", b"x"))
            for one in ("One", "Two")
        ]
        asked = await running.write("Chloe", f"<@{ann}> <@{dev}>?", to=closing["id"])
        await running.write("Dev", "Here.", to=closing["id"])
        await running.settle(NUDGED)
        assert "@Philomena @Philo?" in (await running.bot_messages(asked))[0]["content"]
        await forget(running, "Ann")
        moderator = world.users[add_application(world, running.member(), "Moderator").bot_id]
        invite_bot(world, next(iter(world.guilds.values())), moderator)
        async with running.session.post(
            f"{running.emulator.api}/channels/{running.channel()}/messages/bulk-delete",
            json={"messages": [str(one) for one in many]},
            headers={"Authorization": f"Bot {moderator.token}"},
        ) as response:
            assert response.status < 300
        await running.settle(59)
        assert sorted(await names(running)) == [
            "A reply",
            *2 * ["A reply to Slow bread"],
            "Chloe: … …?",
            "Philo: Here.",
        ]
        nudge = (await running.bot_messages(asked))[0]["content"]
        assert "@somebody @Philo?" in nudge, "only who is forgotten loses their name"
        assert await running.bot_messages(forgotten) == []
        erased = (SECRET, "verbena", "begonia", "iris.png", "Philomena")
        shown = await ours(running)
        assert [word for word in erased if word in shown] == []
        words = [word.encode() for word in erased]
        assert files_with(tmp_path, *words, without=("salon-backups",)) == []


async def test_nothing_of_a_server_that_was_left_remains_after_its_retention(
    tmp_path: Path,
) -> None:
    async with running_bot(tmp_path) as running:
        await heads(running, f"A {SECRET} loaf.")
        await running.settle(NUDGED)
        await removed(running, running.server_id)
        await running.settle(30 * 86_400)
        await running.settle(60)
        assert files_with(tmp_path, SECRET.encode(), without=("salon-backups",)) == []
