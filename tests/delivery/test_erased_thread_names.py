"""What names of threads still say of a member who asked to be forgotten, or to be kept out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.core.conversation.thread_names import ERASED_THREAD_NAME
from storage.delivery.threads import ERASED_MEMBER
from tests.cogs.members.test_privacy import forget
from tests.delivery.test_reply_moves import fault, kept
from tests.support.running_bot import RunningBot, running_bot

KEEP_OUT = "Delete and stop saving"


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningBot]:
    async with running_bot(tmp_path) as opened:
        yield opened


async def open_thread(running: RunningBot, who: str, message_id: int, name: str) -> None:
    path = f"/channels/{running.channel()}/messages/{message_id}/threads"
    await running.call_as(running.member(who), "POST", path, {"name": name})
    await running.settle()


async def names(running: RunningBot) -> list[str]:
    return [thread["name"] for thread in (await running.world())["threads"]]


async def recorded(running: RunningBot) -> list[tuple[int, str]]:
    rows = await running.database.read(
        lambda tx: tx.rows("SELECT member_id, name FROM threads ORDER BY id")
    )
    return [(row["member_id"], row["name"]) for row in rows]


async def close(running: RunningBot) -> None:
    """From now on the bot opens no threads, so that members may."""
    await running.run_command("essay close", options=[{"type": 3, "name": "essay", "value": "1"}])
    await running.settle()


async def test_a_thread_whose_opening_was_not_seen_has_no_erased_words(
    running: RunningBot,
) -> None:
    *_, closing = await running.publish()
    path = "/channels/*/messages/*/threads"
    await fault(running, "POST", path, status=503, after_effect=True)
    await running.write("Ann", "A heliotrope secret.", to=closing["id"])
    await running.settle()
    assert await names(running) == ["Ann: A heliotrope secret"]
    await forget(running, "Ann")
    await running.settle(600)
    assert await names(running) == [ERASED_THREAD_NAME]


async def test_a_thread_that_another_member_named_with_erased_words_is_renamed(
    running: RunningBot,
) -> None:
    *_, closing = await running.publish()
    await close(running)
    one = await running.write("Ann", "A heliotrope secret of mine.", to=closing["id"])
    other = await running.write("Ann", "Another.", to=closing["id"])
    await running.settle()
    await open_thread(running, "Ben", one, "A heliotrope secret…")
    await open_thread(running, "Ben", other, "Of rye")
    await forget(running, "Ann")
    await running.settle(600)
    assert sorted(await names(running)) == [ERASED_THREAD_NAME, "Of rye"]
    ben = running.member("Ben").id
    assert await recorded(running) == [(ben, ERASED_THREAD_NAME), (ben, "Of rye")]


async def test_the_name_of_a_thread_opened_by_an_opted_out_member_is_not_saved(
    running: RunningBot,
) -> None:
    *_, closing = await running.publish()
    await forget(running, "Ann", KEEP_OUT)
    await open_thread(running, "Ann", int(closing["id"]), "A heliotrope secret")
    said = await running.write("Ben", "Hm.", channel_id=int(closing["id"]))
    await running.settle()
    assert await recorded(running) == [(ERASED_MEMBER, ERASED_THREAD_NAME)]
    assert (await kept(running))[str(said)]["thread_id"] == closing["id"]


async def test_threads_that_an_erased_member_opens_later_are_saved(running: RunningBot) -> None:
    *_, closing = await running.publish()
    await forget(running, "Ann")
    await open_thread(running, "Ann", int(closing["id"]), "Anew")
    assert await recorded(running) == [(running.member("Ann").id, "Anew")]


async def test_a_reply_that_is_not_saved_opens_no_thread(running: RunningBot) -> None:
    *_, closing = await running.publish()
    await forget(running, "Ann", KEEP_OUT)
    said = await running.write("Ann", "Not for the record.", to=closing["id"])
    await running.settle()
    after = await running.write("Ben", "As you like.", to=said)
    await running.settle(600)
    replies: dict[str, Any] = await kept(running)
    assert replies[str(said)]["thread_id"] is None
    assert (replies[str(after)]["parent"], replies[str(after)]["thread_id"]) == (str(said), None)
    waiting = await running.database.read(lambda tx: tx.rows("SELECT 1 FROM reply_moves"))
    assert waiting == [], "there is no thread to bring it into"
