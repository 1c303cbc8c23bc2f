"""Replies find their threads: pointed at, adopted, opened again, refused, made room for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.emulator.faults.steps import Step
from tests.support.running_bot import House, a_house, until

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


async def test_an_answer_to_a_line_that_was_taken_away_keeps_its_parent(house: House) -> None:
    *_, closing = await house.publish()
    head = await house.write("Ann", "I would.", to=closing["id"])
    await house.settle()
    beside = await house.write("Ben", "Why?", to=head)
    await house.settle()
    answer = await house.write("Chloe", "I see.", to=(await house.ours())[-1]["id"])
    await house.settle(11 * 60)
    assert (await kept(house))[str(answer)]["parent"] == str(beside)
    await house.salon.services.catch_up.catch_up_server(house.server_id)
    assert (await kept(house))[str(answer)]["parent"] == str(beside)


async def test_a_thread_that_discord_never_answers_for_holds_no_other_up(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.delivery.threads._ANSWERED_WITHIN", 0.2)
    *_, closing = await house.publish()
    held: list[Step] = []
    go_on = asyncio.Event()

    async def hold(step: Step) -> None:
        if step.what.endswith("/threads") and step.moment == "before" and not held:
            held.append(step)
            await go_on.wait()

    house.emulator.steps.hook = hold
    first = await house.write("Ann", "I would.", to=closing["id"])
    second = await house.write("Ben", "I would not.", to=closing["id"])

    async def opened() -> bool:
        return str(second) in await thread_ids(house)

    await until(opened, "the second thread")
    assert str(first) not in await thread_ids(house)
    go_on.set()
    await house.settle(10)
    assert {str(first), str(second)} <= await thread_ids(house)
    replies = await kept(house)
    assert replies[str(first)]["thread_id"] == str(first)


async def test_a_full_server_makes_room_for_a_new_thread(house: House) -> None:
    *_, closing = await house.publish()
    heads = [await house.write("Ann", f"Point {n}.", to=closing["id"]) for n in range(3)]
    await house.settle()
    house.emulator.world.thread_limit = 3
    new = await house.write("Ben", "One more.", to=closing["id"])
    await house.settle(60)
    states = {
        thread["id"]: thread["thread_metadata"]["archived"]
        for thread in (await house.world())["threads"]
    }
    assert states[str(new)] is False
    assert any(states[str(head)] for head in heads)
    (told,) = await house.database.read(
        lambda tx: tx.rows("SELECT text FROM alerts WHERE about = 'too many threads'")
    )
    assert "active threads" in told["text"]


@pytest.mark.parametrize("number", [0, 1, -1], ids=["card", "part", "closing question"])
async def test_a_reply_to_any_message_of_the_essay_heads_a_thread(
    house: House, number: int
) -> None:
    ours = await house.publish()
    reply = await house.write("Ann", "I would.", to=ours[number]["id"])
    await house.settle()
    assert await thread_ids(house) == {str(reply)}
    assert (await kept(house))[str(reply)]["parent"] is None


async def test_a_reply_to_a_prompt_heads_a_thread(house: House) -> None:
    await house.publish()
    await house.settle(25 * 3600)
    prompt = (await house.ours())[-1]
    assert prompt["content"].startswith("Back to")
    reply = await house.write("Ann", "I would.", to=prompt["id"])
    await house.settle()
    assert await thread_ids(house) == {str(reply)}


async def test_a_reply_to_a_reply_that_was_deleted_keeps_its_place(house: House) -> None:
    *_, closing = await house.publish()
    head = await house.write("Ann", "I would.", to=closing["id"])
    await house.settle()
    beside = await house.write("Ben", "Why?", to=head)
    await house.act(house.member("Ann"), "DELETE", f"/channels/{house.channel()}/messages/{head}")
    await house.settle()
    replies = await kept(house)
    assert (replies[str(head)]["text"], replies[str(head)]["deleted"]) == ("", True)
    assert (replies[str(beside)]["parent"], replies[str(beside)]["text"]) == (str(head), "Why?")


async def test_a_reply_to_a_withdrawn_essay_is_kept_and_nothing_is_said(house: House) -> None:
    *_, closing = await house.publish()
    await set_state(house, "withdrawn")
    before = len(await house.ours())
    reply = await house.write("Ann", "Too bad.", to=closing["id"])
    await house.settle()
    assert len(await house.ours()) == before
    assert await thread_ids(house) == set()
    assert (await kept(house))[str(reply)]["text"] == "Too bad."


async def test_what_a_webhook_says_opens_nothing(house: House) -> None:
    await house.publish()
    here = f"/channels/{house.channel()}"
    webhook = await house.act(house.member(), "POST", f"{here}/webhooks", {"name": "News"})
    path = f"/webhooks/{webhook['id']}/{webhook['token']}"
    await house.act(house.member(), "POST", path, {"content": "Read all about it."})
    await house.settle()
    assert await thread_ids(house) == set()
    assert await kept(house) == {}


async def test_a_full_server_loses_only_our_oldest_quiet_threads(house: House) -> None:
    *_, closing = await house.publish()
    heads = [await house.write("Ann", f"Point {n}.", to=closing["id"]) for n in range(12)]
    await house.settle()
    own = await house.write("Ben", "My own talk.")
    path = f"/channels/{house.channel()}/messages/{own}/threads"
    await house.act(house.member("Ben"), "POST", path, {"name": "Members' own"})
    # The first is the oldest, and the one last spoken in.
    await house.write("Ben", "Still here.", channel_id=heads[0])
    await house.settle()
    house.emulator.world.thread_limit = 13
    new = await house.write("Ben", "One more.", to=closing["id"])
    await house.settle(60)
    archived = {
        int(thread["id"])
        for thread in (await house.world())["threads"]
        if thread["thread_metadata"]["archived"]
    }
    assert archived == set(heads[1:11])
    assert new in {int(one) for one in await thread_ids(house)}
    told = await house.database.read(
        lambda tx: tx.rows("SELECT text FROM alerts WHERE about = 'too many threads'")
    )
    assert len(told) == 1


async def test_a_thread_that_somebody_locked_stays_locked(house: House) -> None:
    *_, closing = await house.publish()
    await house.control(
        "faults",
        {"kind": "http", "method": "POST", "path": "/channels/*/messages/*/threads"}
        | {"status": 503, "times": 1, "after_effect": False},
    )
    head = await house.write("Ann", "I would.", to=closing["id"])
    path = f"/channels/{house.channel()}/messages/{head}/threads"
    await house.act(house.member("Ben"), "POST", path, {"name": "Mine"})
    shut = {"locked": True, "archived": True}
    await house.act(house.member(), "PATCH", f"/channels/{head}", shut)
    await house.settle(120)
    (thread,) = (await house.world())["threads"]
    assert thread["thread_metadata"]["locked"] is True
    assert thread["thread_metadata"]["archived"] is True
    (row,) = await house.database.read(lambda tx: tx.rows("SELECT state FROM threads"))
    assert row["state"] == "ready", "nothing is left to do there"


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
