"""Replies find their threads: pointed at, adopted, opened again, refused, made room for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.house import House, a_house

_A_WEEK = 7 * 86_400


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as opened:
        yield opened


async def set_state(house: House, state: str) -> None:
    await house.database.write(
        lambda tx: tx.run("UPDATE discussions SET state = :state", {"state": state})
    )


async def thread_ids(house: House) -> set[str]:
    return {thread["id"] for thread in (await house.world())["threads"]}


async def kept(house: House) -> dict[str, dict[str, Any]]:
    return {reply["id"]: reply for reply in (await house.export())["replies"]}


async def test_a_channel_reply_to_a_head_is_pointed_into_the_thread_for_a_while(
    house: House,
) -> None:
    *_, closing = await house.publish()
    head = await house.write("Ann", "I would.", to=closing["id"])
    await house.settle()
    beside = await house.write("Ben", "Why?", to=head)
    await house.settle()
    pointer = (await house.ours())[-1]
    assert f"<#{head}>" in pointer["content"]
    assert pointer["message_reference"]["message_id"] == str(beside)
    to_pointer = await house.write("Chloe", "I see.", to=pointer["id"])
    await house.settle(11 * 60)
    assert pointer["id"] not in {message["id"] for message in await house.ours()}
    replies = await kept(house)
    assert replies[str(beside)]["parent"] == str(head)
    assert replies[str(to_pointer)]["parent"] == str(beside)
    assert await thread_ids(house) == {str(head)}


async def test_a_closed_discussion_opens_no_thread_and_says_so_once(house: House) -> None:
    *_, closing = await house.publish()
    await set_state(house, "closed")
    before = len(await house.ours())
    for text in ("Too late?", "Still here?"):
        await house.write("Ann", text, to=closing["id"])
    await house.settle()
    said = (await house.ours())[before:]
    assert len(said) == 1
    assert "closed" in said[0]["content"]
    assert len(await kept(house)) == 2
    assert await thread_ids(house) == set()


async def test_a_thread_a_member_opened_first_is_adopted(house: House) -> None:
    *_, closing = await house.publish()
    await house.control(
        "faults",
        {"kind": "http", "method": "POST", "path": "/channels/*/messages/*/threads"}
        | {"status": 503, "times": 1, "after_effect": False},
    )
    head = await house.write("Ann", "I would.", to=closing["id"])
    path = f"/channels/{house.channel()}/messages/{head}/threads"
    await house.act(house.member("Ben"), "POST", path, {"name": "Mine"})
    await house.write("Ben", "In here.", channel_id=head)
    await house.settle(60)
    (row,) = await house.database.read(lambda tx: tx.rows("SELECT state FROM threads"))
    assert row["state"] == "ready"
    assert [reply["parent"] for reply in (await kept(house)).values()] == [None, str(head)]


async def test_talk_in_a_members_thread_on_a_part_is_the_discussions(house: House) -> None:
    _, closing = await house.publish()
    path = f"/channels/{house.channel()}/messages/{closing['id']}/threads"
    await house.act(house.member("Ben"), "POST", path, {"name": "Aside"})
    there = await house.write("Ben", "In here.", channel_id=int(closing["id"]))
    beside = await house.write("Ann", "Out here.", to=closing["id"])
    await house.settle()
    replies = await kept(house)
    assert replies[str(there)]["parent"] is None
    assert replies[str(beside)]["thread_id"] == str(beside)


async def test_a_full_server_makes_room_for_a_new_thread(house: House) -> None:
    *_, closing = await house.publish()
    heads = [await house.write("Ann", f"Point {n}.", to=closing["id"]) for n in range(3)]
    await house.settle()
    house.standin.world.thread_limit = 3
    new = await house.write("Ben", "One more.", to=closing["id"])
    await house.settle(60)
    states = {
        thread["id"]: thread["thread_metadata"]["archived"]
        for thread in (await house.world())["threads"]
    }
    assert states[str(new)] is False
    assert any(states[str(head)] for head in heads)
    (told,) = await house.database.read(
        lambda tx: tx.rows("SELECT text FROM notices WHERE about = 'too many threads'")
    )
    assert "active threads" in told["text"]


async def test_a_deleted_thread_is_hidden_at_once_and_erased_after_a_week(house: House) -> None:
    *_, closing = await house.publish()
    head = await house.write("Ann", "I would.", to=closing["id"])
    await house.settle()
    there = await house.write("Ben", "Why?", channel_id=head)
    await house.settle()
    await house.act(house.member(), "DELETE", f"/channels/{head}")
    await house.settle()
    replies = await kept(house)
    assert (replies[str(there)]["text"], replies[str(there)]["deleted"]) == ("", True)
    assert replies[str(head)]["text"] == "I would."
    sql = "SELECT text FROM replies WHERE channel_id = :id"

    async def text() -> str:
        rows = await house.database.read(lambda tx: tx.rows(sql, {"id": head}))
        return str(rows[0]["text"])

    assert await text() == "Why?"
    await house.settle(_A_WEEK + 3600)
    assert await text() == ""


async def test_passages_are_named_by_quote_and_by_number(house: House) -> None:
    _, closing = await house.publish()
    quoting = await house.write(
        "Ann", "> The dough does not care how busy we are.\nIt should.", to=closing["id"]
    )
    naming = await house.write("Ben", "¶1 is the heart of it.", to=closing["id"])
    await house.settle()
    replies = await kept(house)
    (dough,) = await house.database.read(
        lambda tx: tx.rows("SELECT number FROM passages WHERE text LIKE 'The dough%'")
    )
    assert replies[str(quoting)]["passages"] == [dough["number"]]
    assert replies[str(naming)]["passages"] == [1]
