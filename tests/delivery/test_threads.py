"""Replies find their threads: pointed at, adopted, opened again, refused, made room for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.core.text.coded_text import read_coded
from bot.emulator.faults.steps import Step
from tests.support.running_bot import RunningBot, running_bot, wait_until
from tests.support.waits import set_wait

_A_WEEK = 7 * 86_400


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningBot]:
    async with running_bot(tmp_path) as opened:
        yield opened


async def set_state(running: RunningBot, state: str) -> None:
    await running.database.write(
        lambda tx: tx.run("UPDATE discussions SET state = :state", {"state": state})
    )


async def thread_ids(running: RunningBot) -> set[str]:
    return {thread["id"] for thread in (await running.world())["threads"]}


async def kept(running: RunningBot) -> dict[str, dict[str, Any]]:
    return {reply["id"]: reply for reply in (await running.export())["replies"]}


async def test_a_channel_reply_to_a_threads_first_message_gets_a_temporary_link(
    running: RunningBot,
) -> None:
    *_, closing = await running.publish()
    head = await running.write("Ann", "I would.", to=closing["id"])
    await running.settle()
    beside = await running.write("Ben", "Why?", to=head)
    await running.settle()
    pointer = (await running.bot_messages())[-1]
    assert f"<#{head}>" in pointer["content"]
    assert pointer["message_reference"]["message_id"] == str(beside)
    to_pointer = await running.write("Chloe", "I see.", to=pointer["id"])
    await running.settle(11 * 60)
    assert pointer["id"] not in {message["id"] for message in await running.bot_messages()}
    replies = await kept(running)
    assert replies[str(beside)]["parent"] == str(head)
    assert replies[str(to_pointer)]["parent"] == str(beside)
    assert await thread_ids(running) == {str(head)}


async def test_a_closed_discussion_opens_no_thread_and_says_so_once(running: RunningBot) -> None:
    *_, closing = await running.publish()
    await set_state(running, "closed")
    before = len(await running.bot_messages())
    for text in ("Too late?", "Still here?"):
        await running.write("Ann", text, to=closing["id"])
    await running.settle()
    said = (await running.bot_messages())[before:]
    assert len(said) == 1
    assert "closed" in said[0]["content"]
    assert len(await kept(running)) == 2
    assert await thread_ids(running) == set()


async def test_each_closed_discussion_in_a_channel_names_its_essay(running: RunningBot) -> None:
    *_, closing = await running.publish()
    *_, other = await running.publish(
        "# \\*Rye\\* [now]\n\nRye takes two nights.\n\nWould you wait for rye?\n", "rye.md"
    )
    await set_state(running, "closed")
    before = len(await running.bot_messages())
    for message in (closing, other):
        await running.write("Ann", "Too late?", to=message["id"])
    await running.settle()
    said = [message["content"] for message in (await running.bot_messages())[before:]]
    assert [line.partition(" is closed.")[0] for line in said] == [
        "-# The discussion of “Slow bread”",
        "-# The discussion of “\\*Rye\\* \\[now]”",
    ]


@pytest.mark.smoke
async def test_a_thread_a_member_opened_first_is_adopted(running: RunningBot) -> None:
    *_, closing = await running.publish()
    await running.control(
        "faults",
        {"kind": "http", "method": "POST", "path": "/channels/*/messages/*/threads"}
        | {"status": 503, "times": 1, "after_effect": False},
    )
    head = await running.write("Ann", "I would.", to=closing["id"])
    path = f"/channels/{running.channel()}/messages/{head}/threads"
    await running.call_as(running.member("Ben"), "POST", path, {"name": "Mine"})
    await running.write("Ben", "In here.", channel_id=head)
    await running.settle(60)
    (row,) = await running.database.read(lambda tx: tx.rows("SELECT state FROM threads"))
    assert row["state"] == "ready"
    assert [reply["parent"] for reply in (await kept(running)).values()] == [None, str(head)]


async def test_messages_in_a_members_thread_on_a_part_belong_to_the_discussion(
    running: RunningBot,
) -> None:
    *_, closing = await running.publish()
    path = f"/channels/{running.channel()}/messages/{closing['id']}/threads"
    await running.call_as(running.member("Ben"), "POST", path, {"name": "Aside"})
    there = await running.write("Ben", "In here.", channel_id=int(closing["id"]))
    beside = await running.write("Ann", "Out here.", to=closing["id"])
    await running.settle()
    replies = await kept(running)
    assert replies[str(there)]["parent"] is None
    assert replies[str(beside)]["thread_id"] == str(beside)


async def test_an_answer_to_a_deleted_link_keeps_its_parent(
    running: RunningBot,
) -> None:
    *_, closing = await running.publish()
    head = await running.write("Ann", "I would.", to=closing["id"])
    await running.settle()
    beside = await running.write("Ben", "Why?", to=head)
    await running.settle()
    answer = await running.write("Chloe", "I see.", to=(await running.bot_messages())[-1]["id"])
    await running.settle(11 * 60)
    assert (await kept(running))[str(answer)]["parent"] == str(beside)
    await running.salon.services.catch_up.catch_up_server(running.server_id)
    assert (await kept(running))[str(answer)]["parent"] == str(beside)


async def test_a_thread_whose_call_gets_no_response_does_not_delay_others(
    running: RunningBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_wait(monkeypatch, "thread creation", 0.2)
    *_, closing = await running.publish()
    held: list[Step] = []
    go_on = asyncio.Event()

    async def hold(step: Step) -> None:
        if step.what.endswith("/threads") and step.moment == "before" and not held:
            held.append(step)
            await go_on.wait()

    running.emulator.steps.hook = hold
    first = await running.write("Ann", "I would.", to=closing["id"])
    second = await running.write("Ben", "I would not.", to=closing["id"])

    async def opened() -> bool:
        return str(second) in await thread_ids(running)

    await wait_until(opened, "the second thread")
    assert str(first) not in await thread_ids(running)
    go_on.set()
    await running.settle(10)
    assert {str(first), str(second)} <= await thread_ids(running)
    replies = await kept(running)
    assert replies[str(first)]["thread_id"] == str(first)


async def test_a_full_server_makes_room_for_a_new_thread(running: RunningBot) -> None:
    *_, closing = await running.publish()
    heads = [await running.write("Ann", f"Point {n}.", to=closing["id"]) for n in range(3)]
    await running.settle()
    running.emulator.world.thread_limit = 3
    new = await running.write("Ben", "One more.", to=closing["id"])
    await running.settle(60)
    states = {
        thread["id"]: thread["thread_metadata"]["archived"]
        for thread in (await running.world())["threads"]
    }
    assert states[str(new)] is False
    assert any(states[str(head)] for head in heads)
    (told,) = await running.database.read(
        lambda tx: tx.rows("SELECT alert FROM alerts WHERE about = 'too many threads'")
    )
    assert "active threads" in str(read_coded(told["alert"]))


@pytest.mark.parametrize("number", [0, 1, -1], ids=["card", "part", "closing question"])
async def test_a_reply_to_any_message_of_the_essay_opens_a_thread(
    running: RunningBot, number: int
) -> None:
    ours = await running.publish()
    reply = await running.write("Ann", "I would.", to=ours[number]["id"])
    await running.settle()
    assert await thread_ids(running) == {str(reply)}
    assert (await kept(running))[str(reply)]["parent"] is None


async def test_a_reply_to_a_prompt_opens_a_thread(running: RunningBot) -> None:
    await running.publish()
    await running.settle(25 * 3600)
    prompt = (await running.bot_messages())[-1]
    assert prompt["content"].startswith("Back to")
    reply = await running.write("Ann", "I would.", to=prompt["id"])
    await running.settle()
    assert await thread_ids(running) == {str(reply)}


async def test_a_reply_to_a_reply_that_was_deleted_keeps_its_place(running: RunningBot) -> None:
    *_, closing = await running.publish()
    head = await running.write("Ann", "I would.", to=closing["id"])
    await running.settle()
    beside = await running.write("Ben", "Why?", to=head)
    await running.call_as(
        running.member("Ann"), "DELETE", f"/channels/{running.channel()}/messages/{head}"
    )
    await running.settle()
    replies = await kept(running)
    assert (replies[str(head)]["text"], replies[str(head)]["deleted"]) == ("", True)
    assert (replies[str(beside)]["parent"], replies[str(beside)]["text"]) == (str(head), "Why?")


async def test_a_reply_to_a_withdrawn_essay_is_saved_silently(
    running: RunningBot,
) -> None:
    *_, closing = await running.publish()
    await set_state(running, "withdrawn")
    before = len(await running.bot_messages())
    reply = await running.write("Ann", "Too bad.", to=closing["id"])
    await running.settle()
    assert len(await running.bot_messages()) == before
    assert await thread_ids(running) == set()
    assert (await kept(running))[str(reply)]["text"] == "Too bad."


async def test_a_webhooks_message_opens_no_thread(running: RunningBot) -> None:
    await running.publish()
    here = f"/channels/{running.channel()}"
    webhook = await running.call_as(running.member(), "POST", f"{here}/webhooks", {"name": "News"})
    path = f"/webhooks/{webhook['id']}/{webhook['token']}"
    await running.call_as(running.member(), "POST", path, {"content": "Read all about it."})
    await running.settle()
    assert await thread_ids(running) == set()
    assert await kept(running) == {}


async def test_only_the_bots_oldest_quiet_threads_are_archived_in_a_full_server(
    running: RunningBot,
) -> None:
    *_, closing = await running.publish()
    heads = [await running.write("Ann", f"Point {n}.", to=closing["id"]) for n in range(12)]
    await running.settle()
    own = await running.write("Ben", "My own talk.")
    path = f"/channels/{running.channel()}/messages/{own}/threads"
    await running.call_as(running.member("Ben"), "POST", path, {"name": "Members' own"})
    # The first is the oldest, and the one last spoken in.
    await running.write("Ben", "Still here.", channel_id=heads[0])
    await running.settle()
    running.emulator.world.thread_limit = 13
    new = await running.write("Ben", "One more.", to=closing["id"])
    await running.settle(60)
    archived = {
        int(thread["id"])
        for thread in (await running.world())["threads"]
        if thread["thread_metadata"]["archived"]
    }
    assert archived == set(heads[1:11])
    assert new in {int(one) for one in await thread_ids(running)}
    told = await running.database.read(
        lambda tx: tx.rows("SELECT alert FROM alerts WHERE about = 'too many threads'")
    )
    assert len(told) == 1


async def test_a_thread_that_somebody_locked_stays_locked(running: RunningBot) -> None:
    *_, closing = await running.publish()
    await running.control(
        "faults",
        {"kind": "http", "method": "POST", "path": "/channels/*/messages/*/threads"}
        | {"status": 503, "times": 1, "after_effect": False},
    )
    head = await running.write("Ann", "I would.", to=closing["id"])
    path = f"/channels/{running.channel()}/messages/{head}/threads"
    await running.call_as(running.member("Ben"), "POST", path, {"name": "Mine"})
    shut = {"locked": True, "archived": True}
    await running.call_as(running.member(), "PATCH", f"/channels/{head}", shut)
    await running.settle(120)
    (thread,) = (await running.world())["threads"]
    assert thread["thread_metadata"]["locked"] is True
    assert thread["thread_metadata"]["archived"] is True
    (row,) = await running.database.read(lambda tx: tx.rows("SELECT state FROM threads"))
    assert row["state"] == "ready", "nothing is left to do there"


async def test_a_deleted_thread_is_hidden_at_once_and_erased_after_a_week(
    running: RunningBot,
) -> None:
    *_, closing = await running.publish()
    head = await running.write("Ann", "I would.", to=closing["id"])
    await running.settle()
    there = await running.write("Ben", "Why?", channel_id=head)
    await running.settle()
    await running.call_as(running.member(), "DELETE", f"/channels/{head}")
    await running.settle()
    replies = await kept(running)
    assert (replies[str(there)]["text"], replies[str(there)]["deleted"]) == ("", True)
    assert replies[str(head)]["text"] == "I would."
    sql = "SELECT text FROM replies WHERE channel_id = :id"

    async def text() -> str:
        rows = await running.database.read(lambda tx: tx.rows(sql, {"id": head}))
        return str(rows[0]["text"])

    assert await text() == "Why?"
    await running.settle(_A_WEEK + 3600)
    assert await text() == ""


async def test_passages_are_recognized_by_quote_and_by_number(running: RunningBot) -> None:
    *_, closing = await running.publish()
    quoting = await running.write(
        "Ann", "> The dough does not care how busy we are.\nIt should.", to=closing["id"]
    )
    naming = await running.write("Ben", "¶1 is the heart of it.", to=closing["id"])
    await running.settle()
    replies = await kept(running)
    (dough,) = await running.database.read(
        lambda tx: tx.rows("SELECT number FROM passages WHERE text LIKE 'The dough%'")
    )
    assert replies[str(quoting)]["passages"] == [dough["number"]]
    assert replies[str(naming)]["passages"] == [1]
