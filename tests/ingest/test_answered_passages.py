"""Where the words are that a reply quotes: saved with it, changed and erased with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.cogs.members.test_answers import press_answer, submit
from tests.delivery.test_reply_moves import kept
from tests.support.running_bot import RunningBot, running_bot

ESSAY = """# Grain

Rye is slower still, and nobody has ever hurried it.

Oats are slower still, and nobody has ever hurried it.

The dough does not care how busy we are; it rises when it rises.

Is it worth it?
"""
OPTIONS = [{"type": 3, "name": "essay", "value": "1"}]


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningBot]:
    async with running_bot(tmp_path) as opened:
        yield opened


async def edit(running: RunningBot, text: str) -> None:
    shown = await running.run_command("essay edit", options=OPTIONS, file=("a.md", text.encode()))
    await running.press(shown, "Apply")
    await running.settle()


async def quotes_of(running: RunningBot, reply_id: int) -> list[dict[str, Any]]:
    await running.settle()
    found: list[dict[str, Any]] = (await kept(running))[str(reply_id)]["quotes"]
    return found


async def test_the_words_that_a_reply_quotes_are_saved_changed_and_deleted_with_it(
    running: RunningBot,
) -> None:
    _, part, *_ = await running.publish(ESSAY)
    reply = await running.write("Ann", "> the dough does not care\nIt does.", to=part["id"])
    assert await quotes_of(running, reply) == [
        {
            "revision": 1,
            "passage": 3,
            "start": 0,
            "end": 23,
            "exact": "The dough does not care",
            "before": "",
            "after": " how busy we are; it rises when ",
        }
    ]
    path = f"/channels/{running.channel()}/messages/{reply}"
    body = {"content": "> it rises when it rises\nIt does."}
    await running.call_as(running.member("Ann"), "PATCH", path, body)
    (quote,) = await quotes_of(running, reply)
    assert (quote["exact"], quote["after"]) == ("it rises when it rises", ".")
    await running.call_as(running.member("Ann"), "DELETE", path)
    assert await quotes_of(running, reply) == []
    rows = await running.database.read(lambda tx: tx.rows("SELECT 1 FROM reply_anchors"))
    assert rows == []


async def test_a_quote_of_a_passage_that_was_removed_is_not_taken_for_one_that_is_like_it(
    running: RunningBot,
) -> None:
    _, part, *_ = await running.publish(ESSAY)
    await edit(running, ESSAY.replace("Oats are slower still, and nobody has ever hurried it.", ""))
    oats = await running.write(
        "Ann", "> Oats are slower still, and nobody has ever hurried it.", to=part["id"]
    )
    rye = await running.write("Ben", "> Rye is slower still, and nobody", to=part["id"])
    (quote,) = await quotes_of(running, oats)
    assert (quote["revision"], quote["passage"]) == (1, 2)
    (quote,) = await quotes_of(running, rye)
    assert (quote["revision"], quote["passage"]) == (2, 1)


async def test_nothing_is_saved_of_what_somebody_quotes_who_opted_out(
    running: RunningBot,
) -> None:
    _, part, *_ = await running.publish(ESSAY)
    ann = running.member("Ann")
    before = await running.write("Ann", "> the dough does not care", to=part["id"])
    assert len(await quotes_of(running, before)) == 1
    asked = await running.run_command("privacy forget-me", who=ann)
    await running.press(asked, "Delete and stop saving", who=ann)
    await running.settle()
    await running.write("Ann", "> it rises when it rises", to=part["id"])
    await running.settle()
    rows = await running.database.read(lambda tx: tx.rows("SELECT 1 FROM reply_anchors"))
    assert rows == []


async def test_an_answer_that_quotes_another_passage_is_about_both(running: RunningBot) -> None:
    *_, closing = await running.publish(ESSAY)
    ann = running.member("Ann")
    form = await press_answer(running, ann, closing)
    await submit(running, ann, form, "“it rises when it rises” says the same.", "1")
    await running.settle()
    (reply,) = (await kept(running)).values()
    assert reply["passages"] == [1, 3]
    assert [quote["exact"] for quote in reply["quotes"]] == ["it rises when it rises"]
