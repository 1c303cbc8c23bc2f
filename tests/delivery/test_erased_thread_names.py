"""What names of threads still say of a member who asked to be forgotten, or to be kept out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from storage.privacy import erasure
from tests.cogs.members.test_privacy import forget
from tests.delivery.test_reply_moves import fault, kept
from tests.support.running_bot import House, a_house

KEEP_OUT = "Erase, and keep me out"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as opened:
        yield opened


async def open_thread(house: House, who: str, message_id: int, name: str) -> None:
    path = f"/channels/{house.channel()}/messages/{message_id}/threads"
    await house.act(house.member(who), "POST", path, {"name": name})
    await house.settle()


async def names(house: House) -> list[str]:
    return [thread["name"] for thread in (await house.world())["threads"]]


async def recorded(house: House) -> list[tuple[int, str]]:
    rows = await house.database.read(
        lambda tx: tx.rows("SELECT member_id, name FROM threads ORDER BY id")
    )
    return [(row["member_id"], row["name"]) for row in rows]


async def close(house: House) -> None:
    """From now on the bot opens no threads, so that members may."""
    await house.run("essay close", options=[{"type": 3, "name": "essay", "value": "1"}])
    await house.settle()


async def test_a_thread_that_came_to_stand_unseen_bears_no_forgotten_words(house: House) -> None:
    *_, closing = await house.publish()
    path = "/channels/*/messages/*/threads"
    await fault(house, "POST", path, status=503, after_effect=True)
    await house.write("Ann", "A heliotrope secret.", to=closing["id"])
    await house.settle()
    assert await names(house) == ["Ann: A heliotrope secret"]
    await forget(house, "Ann")
    await house.settle(600)
    assert await names(house) == [erasure.THREAD_NAME]


async def test_a_thread_that_another_member_called_by_their_words_is_renamed(house: House) -> None:
    *_, closing = await house.publish()
    await close(house)
    one = await house.write("Ann", "A heliotrope secret of mine.", to=closing["id"])
    other = await house.write("Ann", "Another.", to=closing["id"])
    await house.settle()
    await open_thread(house, "Ben", one, "A heliotrope secret…")
    await open_thread(house, "Ben", other, "Of rye")
    await forget(house, "Ann")
    await house.settle(600)
    assert sorted(await names(house)) == [erasure.THREAD_NAME, "Of rye"]
    ben = house.member("Ben").id
    assert await recorded(house) == [(ben, erasure.THREAD_NAME), (ben, "Of rye")]


async def test_of_a_thread_that_a_member_opens_who_is_kept_out_no_name_is_kept(
    house: House,
) -> None:
    *_, closing = await house.publish()
    await forget(house, "Ann", KEEP_OUT)
    await open_thread(house, "Ann", int(closing["id"]), "A heliotrope secret")
    said = await house.write("Ben", "Hm.", channel_id=int(closing["id"]))
    await house.settle()
    assert await recorded(house) == [(erasure.NO_MEMBER, erasure.THREAD_NAME)]
    assert (await kept(house))[str(said)]["thread_id"] == closing["id"]


async def test_who_was_forgotten_once_may_open_threads_that_are_kept(house: House) -> None:
    *_, closing = await house.publish()
    await forget(house, "Ann")
    await open_thread(house, "Ann", int(closing["id"]), "Anew")
    assert await recorded(house) == [(house.member("Ann").id, "Anew")]


async def test_a_reply_of_which_nothing_is_kept_has_no_thread(house: House) -> None:
    *_, closing = await house.publish()
    await forget(house, "Ann", KEEP_OUT)
    said = await house.write("Ann", "Not for the record.", to=closing["id"])
    await house.settle()
    after = await house.write("Ben", "As you like.", to=said)
    await house.settle(600)
    replies: dict[str, Any] = await kept(house)
    assert replies[str(said)]["thread_id"] is None
    assert (replies[str(after)]["parent"], replies[str(after)]["thread_id"]) == (str(said), None)
    waiting = await house.database.read(lambda tx: tx.rows("SELECT 1 FROM reply_moves"))
    assert waiting == [], "there is no thread to bring it into"
